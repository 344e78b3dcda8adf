"""T31 at the doors of both houses: who tries too often rests, nobody learns who has an account, and a session is a new one each time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit.sign_in_brake import FAILS_OF_LOGIN_MAX
from tests.marketplace.cast import market, served
from tests.partner.house import CHEN, PASSWORD, opened
from tests.web.company import let_in

HOUSES = ("marketplace", "partner")


class Entrance:
    """A house's entrance: `login` has an account with PASSWORD, and a clock that can be turned."""

    def __init__(self, url: str, clock: Any, login: str, cookie: str) -> None:
        self.url, self.clock, self.login, self.cookie = url, clock, login, cookie

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=30)

    def api(self, login: str, password: str) -> httpx2.Response:
        with self.client() as client:
            return client.post("/api/v1/sessions", json={"login": login, "password": password})

    def page(self, client: httpx2.Client, login: str, password: str) -> httpx2.Response:
        client.get("/sign-in")
        [token] = [value for name, value in client.cookies.items() if name.endswith("_csrf")]
        return client.post("/sign-in", data={"login": login, "password": password, "_csrf_token": token})


@contextmanager
def entrance(house: str, directory: Path) -> Iterator[Entrance]:
    url = f"sqlite:///{directory / 'database.sqlite'}"
    if house == "marketplace":
        with market(url, directory) as shop:
            shop.errand(let_in)
            with served(shop) as at:
                yield Entrance(at, shop.clock, "chen", "marketplace_session")
    else:
        with opened(url, directory) as house_:
            yield Entrance(house_.url, house_.clock, CHEN, "partner_session")


def seen(answer: httpx2.Response) -> tuple[int, str]:
    """What somebody who guesses can compare: the page without its nonces, tokens and what they typed."""
    text = re.sub(r'nonce="[^"]*"|name="_csrf_token" value="[^"]*"|value="[^"]*"', "", answer.text)
    return answer.status_code, text


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
def test_a_page_that_rests_says_until_when(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, door.client() as client:
        answers = [door.page(client, door.login, "wrong") for _ in range(FAILS_OF_LOGIN_MAX + 1)]

    assert (401, False) == (answers[0].status_code, "retry-after" in answers[0].headers)
    assert (429, True) == (answers[-1].status_code, 60 <= int(answers[-1].headers["retry-after"]) <= 16 * 60)


@pytest.mark.parametrize("house", HOUSES)
def test_a_form_without_its_token_signs_nobody_in(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, door.client() as client:
        client.get("/sign-in")
        answer = client.post("/sign-in", data={"login": door.login, "password": PASSWORD})

    assert 403 == answer.status_code
    assert door.cookie not in client.cookies
