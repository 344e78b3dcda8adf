"""T31 at the doors of both houses: who tries too often rests, nobody learns who has an account, and a session is a new one each time.

What T31 asks, and where it is held (`HELD`): each line names a test that is there.
"""

import importlib
import math
import random
import time
from datetime import timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pwdlib import PasswordHash

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.kit.server import Served
from backhaul.kit.sign_in_brake import FAILS_OF_LOGIN_MAX
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


@pytest.mark.parametrize("house", HOUSES)
def test_another_sites_form_signs_nobody_in_though_it_knew_the_token(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, door.client() as client:
        client.get("/sign-in")
        [token] = [value for name, value in client.cookies.items() if name.endswith("_csrf")]
        form = {"login": door.login, "password": PASSWORD, "_csrf_token": token}
        for site in ("cross-site", "same-site"):
            answer = client.post("/sign-in", data=form, headers={"sec-fetch-site": site})
            assert (403, True) == (answer.status_code, "form_from_elsewhere" in answer.text)
            assert door.cookie not in client.cookies
        for site in ("same-origin", "none"):
            assert 303 == client.post("/sign-in", data=form, headers={"sec-fetch-site": site}).status_code


def test_other_rights_begin_with_another_session(tmp_path: Path) -> None:
    with entrance("marketplace", tmp_path) as door:
        owner, liu = (door.api(login, PASSWORD).json()["token"] for login in ("chen", "liu"))

        def call(token: str, path: str, body: object = None) -> httpx2.Response:
            with door.client() as client:
                headers = {"authorization": f"Bearer {token}"}
                return client.request("GET" if body is None else "POST", path, json=body, headers=headers)

        [number] = [one["id"] for one in call(owner, "/api/v1/users").json() if one["login"] == "liu"]
        rights = f"/api/v1/users/{number}/rights"
        assert 200 == call(owner, rights, {"rights": "operator"}).status_code  # as before: nothing ends
        assert 200 == call(liu, "/api/v1/account").status_code
        assert 200 == call(owner, rights, {"rights": "analyst"}).status_code
        assert 401 == call(liu, "/api/v1/account").status_code
        assert "analyst" == call(door.api("liu", PASSWORD).json()["token"], "/api/v1/account").json()["rights"]
        assert 200 == call(owner, "/api/v1/account").status_code


def test_a_link_to_set_a_password_works_once(tmp_path: Path) -> None:
    with entrance("marketplace", tmp_path) as door, door.client() as client:
        owner = door.api("chen", PASSWORD).json()["token"]
        client.headers["authorization"] = f"Bearer {owner}"
        said = {"login": "zhao", "name": "Zhao", "language": "en", "rights": "operator"}
        link = client.post("/api/v1/users", json=said).json()["link"].rpartition("/")[2]
        answers = [
            client.post(
                f"/api/v1/invitations/{link}/accept", json={"password": f"horse battery number {n}"}
            ).status_code
            for n in (1, 2)
        ]
        signs_in = [door.api("zhao", f"horse battery number {n}").status_code for n in (1, 2)]

    assert ([204, 404], [201, 401]) == (answers, signs_in)


LOOKS = 500  # four minutes of a processor


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("house", HOUSES)
def test_the_time_tells_nobody_who_has_an_account(house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many looks at a password of somebody and of nobody (Mann-Whitney), at what a real one costs: a quicker answer would be one or the other."""
    real = PasswordHash.recommended()
    with entrance(house, tmp_path) as door, monkeypatch.context() as patched:
        nobody, somebody = real.hash("nobody's"), real.hash(PASSWORD)
        patched.setattr(keys, "_passwords", lambda: real)
        patched.setattr(keys, "_nobody", lambda: nobody)
        accounts = importlib.import_module(f"backhaul.{house}.tables").accounts
        real_one = Statement(accounts.update().where(accounts.c.login == door.login).values(password=somebody))
        door.opened.errand(lambda tx, _: tx.run(real_one))
        access = importlib.import_module(f"backhaul.{house}.access")
        took: dict[str, list[float]] = {door.login: [], "nobody@example.com": []}
        for _ in range(LOOKS):
            for login, times in sorted(took.items(), key=lambda _: random.random()):
                with door.office.database.read() as tx:
                    began = time.perf_counter()
                    assert access.account_of_login(tx, login, "wrong") is None
                    times.append(time.perf_counter() - began)
        control = [one / 2 for one in took[door.login]]  # as if one hash less were made for nobody

    assert p_value(*took.values()) > 0.01
    assert p_value(took[door.login], control) < 0.01


def p_value(one: list[float], other: list[float]) -> float:
    """How likely two samples of one kind differ so much in their ranks (two sides, by the normal curve)."""
    ranks = sorted((value, of) for of, values in enumerate((one, other)) for value in values)
    n, m = len(one), len(other)
    u = sum(place for place, (_, of) in enumerate(ranks, 1) if of == 0) - n * (n + 1) / 2
    z = abs(u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(z / math.sqrt(2))


HELD = {
    "a new session at each sign-in, fixation, sign-out on the server": "test_signing_in.py::test_a_session_is_new_at_each_sign_in_and_the_one_before_is_over",
    "a new session with other rights": "test_signing_in.py::test_other_rights_begin_with_another_session",
    "a new session with a second factor, and the end of all others": "test_second_factor.py::test_setting_it_up_ends_every_session_and_begins_a_new_one",
    "the token of a form": "test_signing_in.py::test_a_form_without_its_token_signs_nobody_in",
    "Sec-Fetch-Site": "test_signing_in.py::test_another_sites_form_signs_nobody_in_though_it_knew_the_token",
    "ten tries, a hundred of an address": "kit/test_sign_in_brake.py::test_a_hundred_wrong_passwords_of_an_address_are_enough_for_an_hour",
    "the same content and status for all": "test_signing_in.py::test_who_tries_too_often_rests_and_nobody_learns_who_has_an_account",
    "the same, with a second factor": "test_second_factor.py::test_who_guesses_codes_rests_and_nobody_learns_who_has_one",
    "the same time for all": "test_signing_in.py::test_the_time_tells_nobody_who_has_an_account",
    "argon2id": "kit/test_passwords.py::test_a_house_hashes_with_the_cost_that_is_asked_for",
    "a password is set once by a link": "test_signing_in.py::test_a_link_to_set_a_password_works_once",
    "a code is not taken twice": "test_second_factor.py::test_of_two_processes_with_the_same_code_one_gets_in",
    "keys by hash, compared in equal time": "test_signing_in.py::test_a_key_is_compared_by_its_hash_in_equal_time",
}


def test_what_t31_asks_is_held_by_tests_that_are_there() -> None:
    here = Path(__file__).parent
    missing = [
        one
        for one in HELD.values()
        if f"def {one.partition('::')[2]}" not in (here / one.partition("::")[0]).read_text(encoding="utf-8")
    ]

    assert [] == missing


@pytest.mark.parametrize("house", HOUSES)
def test_a_key_is_compared_by_its_hash_in_equal_time(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by its public part, then compared as a whole by `compare_digest`: no other comparison of secrets is in `access.py`."""
    access = importlib.import_module(f"backhaul.{house}.access")
    key, other = keys.make_key(read_only=False), keys.make_key(read_only=False)
    compared: list[tuple[bytes, bytes]] = []

    def same(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return compare_digest(one, two)

    monkeypatch.setattr(keys, "same", same)
    found = access._key(caller(access, house, key.text), {key.public_id: (*(0,) * 9, other.digest)}, 0)  # noqa: SLF001

    assert ("wrong_key", [(other.digest, keys.digest(key.text))]) == (found.code, compared)


def caller(access: Any, house: str, text: str) -> Any:
    return access.KeyCaller(None, text) if house == "marketplace" else access.KeyCaller(text)
