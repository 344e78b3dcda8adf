"""T34: every answer says what it must (`tests/answer_headers.py` listens to every web of every test); here every door, and what no door answers."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import safe_headers
from tests.access.asking import read, word
from tests.access.test_access_matrix import HERE, HOUSES, world
from tests.answer_headers import EAR, faults
from tests.marketplace.cast import Market, market, served


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    folder = tmp_path_factory.mktemp("headers")
    with market(f"sqlite:///{folder / 'database.sqlite'}", folder) as opened:
        yield opened


def wrong(answer: httpx2.Response) -> list[str]:
    return faults(answer.request.url.path, answer.headers.raw)


ODD: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "no such page": ("GET", "/nothing-here", {}, 404),
    "no such door of the API": ("GET", "/api/v1/nothing-here", {}, 404),
    "no such door of the Seller API": ("POST", "/v1/nothing-here", {}, 404),
    "another verb": ("DELETE", "/sign-in", {}, 405),
    "another verb of the API": ("PUT", "/api/v1/returns", {}, 405),
    "options": ("OPTIONS", "/sign-in", {}, 204),
    "head": ("HEAD", "/sign-in", {}, 405),
    "no JSON": ("POST", "/api/v1/sessions", {"content": b"{"}, 400),
    "nested too deeply": ("POST", "/api/v1/sessions", {"content": b"[" * 100_000}, 400),
    "too large": ("POST", "/api/v1/sessions", {"content": b" " * 2_000_000}, 413),
    "a form without its token": ("POST", "/sign-in", {"data": {"login": "x"}}, 403),
    "a door for people": ("GET", "/returns", {}, 303),
    "an asset that is not there": ("GET", "/assets/nothing.css", {}, 404),
    "alive": ("GET", "/healthz", {}, 200),
    "a link of a code": ("GET", "/.well-known/gs1resolver", {}, 200),
}


def test_what_no_door_answers_says_it_too(shop: Market) -> None:
    with served(shop) as url, httpx2.Client(base_url=url) as client:
        answers = {name: client.request(verb, path, **more) for name, (verb, path, more, _) in ODD.items()}

    assert {} == {name: found for name, answer in answers.items() if (found := wrong(answer))}
    assert {name: status for name, (_, _, _, status) in ODD.items()} == {n: a.status_code for n, a in answers.items()}


def test_an_act_by_a_key_says_it_on_the_short_way_and_on_the_long_one(shop: Market) -> None:
    key = {"authorization": f"Bearer bh_{secrets.token_hex(20)}"}
    with served(shop) as url, httpx2.Client(base_url=url, headers=key) as client:
        short = client.post("/api/v1/returns/1/approve", json={"route": "A"})
        long = client.post("/api/v1/returns/1/approve?lang=ru", json={"route": "A"})

    assert [401, 401] == [short.status_code, long.status_code]
    assert [[], []] == [wrong(short), wrong(long)]


def test_a_web_without_them_is_noticed(shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: one header after the other is forgotten."""
    noticed = []
    with served(shop) as url, httpx2.Client(base_url=url) as client:
        for forgotten in safe_headers.ALWAYS:
            monkeypatch.setattr(safe_headers, "ALWAYS", [one for one in safe_headers.ALWAYS if one is not forgotten])
            noticed.append(forgotten[0].decode() in " ".join(wrong(client.get("/api/v1/nothing-here"))))
            monkeypatch.undo()
    heard = EAR.told()

    assert [True] * 6 == noticed
    assert len(heard) >= 6


@pytest.mark.parametrize(
    ("cookie", "is_wrong"),
    [
        (b"a=1; HttpOnly; SameSite=Lax", False),
        (b"a=1; SameSite=Lax", True),
        (b"a=1; HttpOnly; SameSite=None", True),
        (b"a=1; HttpOnly; SameSite=Lax; Domain=example.com", True),
    ],
)
def test_a_cookie_that_scripts_or_other_sites_could_use_is_noticed(cookie: bytes, *, is_wrong: bool) -> None:
    assert is_wrong == any(b"set-cookie" in one.encode() for one in faults("/", [(b"set-cookie", cookie)]))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("house", HOUSES)
def test_every_door_says_it_to_whom_it_lets_in_and_to_whom_it_does_not(house: str, tmp_path: Path) -> None:
    _, table = read(HERE / f"{house}.txt")
    with world(house, f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as here:
        EAR.heard.clear()
        answers = 0
        for name in here.questions:
            let_in = [by for by in here.who if table[name, by] == "in"]
            kept_out = [by for by in here.who if table[name, by] != "in"]
            for by in (*let_in[:2], *let_in[-1:], *kept_out[:1], *kept_out[-1:]):
                assert word(here.ask(name, by)) != "500"
                answers += 1
        missing = set(here.questions) - EAR.heard
    print(f"{house}: {answers} answers of {len(here.questions)} doors")

    assert answers >= 2 * len(here.questions)
    assert set() == missing
