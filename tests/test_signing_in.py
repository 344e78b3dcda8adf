"""T31 at the doors of both houses: who tries too often rests, nobody learns who has an account, and a session is a new one each time."""

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from backhaul.kit.server import Served
from tests import webs
from tests.entrances import HOUSES, entrance, seen
from tests.marketplace.cast import market
from tests.partner.house import PASSWORD


@pytest.mark.parametrize("house", HOUSES)
def test_who_tries_too_often_rests_and_nobody_learns_who_has_an_account(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, door.client() as client:
        known, unknown = door.api(door.login, "wrong"), door.api("nobody@example.com", "wrong")
        of_page = [seen(door.page(client, login, "wrong")) for login in (door.login, "nobody@example.com")]
        assert (401, "sign_in_failed") == (known.status_code, known.json()["code"])
        assert known.content == unknown.content
        assert of_page[0] == of_page[1]
        assert 401 == of_page[0][0]

        for login in (door.login, "nobody@example.com"):
            for _ in range(8):
                assert 401 == door.api(login, "wrong").status_code
        rests, guessed = door.api(door.login, "wrong"), door.api("nobody@example.com", "wrong")
        right, by_page = door.api(door.login, PASSWORD), door.page(client, door.login, PASSWORD)
        assert (429, "too_many_sign_ins", "900") == (
            rests.status_code,
            rests.json()["code"],
            rests.headers["retry-after"],
        )
        assert rests.content == guessed.content == right.content
        assert 429 == by_page.status_code
        assert "Try again in 15 min." in by_page.text

        door.clock.turn(timedelta(minutes=15))
        assert 201 == door.api(door.login, PASSWORD).status_code


def test_behind_a_proxy_a_network_of_ipv6_is_one_address(tmp_path: Path) -> None:
    """A guesser with 2^64 addresses is one: a hundred logins, each from another address of theirs, and the next one rests."""
    url = f"sqlite:///{tmp_path / 'database.sqlite'}"
    with market(url, tmp_path) as shop:
        server = Served(webs.marketplace(shop.office), proxies="127.0.0.1").start()
        try:
            with httpx2.Client(base_url=server.url) as client:

                def tries(login: str, address: str) -> int:
                    said = {"login": login, "password": "wrong"}
                    return client.post("/api/v1/sessions", json=said, headers={"x-forwarded-for": address}).status_code

                known = [tries(f"login {n}", f"2001:db8:1:2:{n:x}::1") for n in range(100)]
                rests, neighbour = tries("login 100", "2001:db8:1:2::ffff"), tries("login 100", "2001:db8:1:3::1")
        finally:
            server.stop()

    assert [401] * 100 == known
    assert (429, 401) == (rests, neighbour)


@pytest.mark.parametrize("house", HOUSES)
def test_a_session_is_new_at_each_sign_in_and_the_one_before_is_over(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, door.client() as client, door.client() as thief:
        client.cookies.set(door.cookie, "0" * 48, domain="127.0.0.1")  # one that somebody else chose
        assert 303 == door.page(client, door.login, PASSWORD).status_code
        first = client.cookies.get(door.cookie)
        assert first not in {None, "0" * 48}
        thief.cookies.set(door.cookie, str(first), domain="127.0.0.1")
        assert 200 == thief.get("/messages").status_code

        assert 303 == door.page(client, door.login, PASSWORD).status_code
        second = client.cookies.get(door.cookie)
        assert second != first
        assert 303 == thief.get("/messages").status_code  # the first one is over on the server
        assert 200 == client.get("/messages").status_code

        thief.cookies.set(door.cookie, str(second), domain="127.0.0.1")
        [token] = [value for name, value in client.cookies.items() if name.endswith("_csrf")]
        client.post("/sign-out", data={"_csrf_token": token})
        assert 303 == thief.get("/messages").status_code


@pytest.mark.parametrize("house", HOUSES)
def test_the_password_of_before_is_counted_too_when_a_new_one_is_chosen(house: str, tmp_path: Path) -> None:
    """Whoever found an open browser must not guess it there."""
    with entrance(house, tmp_path) as door, door.client() as client:
        token = door.api(door.login, PASSWORD).json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        said = [
            client.post("/api/v1/account/password", json={"current": f"guess {n}", "password": "another horse battery"})
            for n in range(11)
        ]

    assert [422] * 10 + [429] == [answer.status_code for answer in said]


@pytest.mark.parametrize("house", HOUSES)
def test_a_form_without_its_token_signs_nobody_in(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, door.client() as client:
        client.get("/sign-in")
        answer = client.post("/sign-in", data={"login": door.login, "password": PASSWORD})

    assert 403 == answer.status_code
    assert door.cookie not in client.cookies
