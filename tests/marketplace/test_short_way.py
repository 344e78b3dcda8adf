"""The short way of acts by keys: every answer is the one that the framework's way gives, and it takes only what it knows."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar import Litestar

from backhaul.marketplace.rules.words import Status
from backhaul.marketplace.short_way import Web
from tests import webs
from tests.marketplace.cast import CHEN, ELIF, EXPLAINED, Market, market

JSON = ("content-type", "application/json")
REJECT = {"reason": "looks_used", "comment": EXPLAINED}


class Told(NamedTuple):
    status: int
    headers: dict[str, str]
    body: dict[str, Any]


class Asked(NamedTuple):
    act: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = b"{}"
    query: bytes = b""
    who: str = "elif"
    return_id: int = 0  # 0: a new one that waits for its seller


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


class Doors:
    """Both ways to the acts of one marketplace."""

    def __init__(self, shop: Market) -> None:
        web = webs.marketplace(shop.office)
        assert isinstance(web, Web)
        self.web = web
        self.shop = shop
        self.keys = {"elif": shop.key(), "chen": shop.key(CHEN), "reader": shop.key(ELIF, "reads", read_only=True)}
        self.keys["revoked"] = shop.key(ELIF, "old")
        shop.revoke(self.keys["revoked"])
        self.keys["wrong"] = self.keys["elif"][:-1] + ("a" if self.keys["elif"][-1] != "a" else "b")

    def waiting(self) -> int:
        return self.shop.in_status(Status.SELLER_REVIEW)

    def short(self, asked: Asked, return_id: int) -> Told | None:
        """None where the call is not for the short way; then it must have left the body to be read."""

        async def take() -> Told | None:
            sent: list[Any] = []
            assert self.web.short_way is not None
            scope: Any = self._scope(asked, return_id)
            send = self.web._wrap_send(_into(sent), scope)  # noqa: SLF001 -- as the web itself calls it
            rest = await self.web.short_way.take(scope, _reads(asked.body or b""), send)
            if rest is None:
                return _told(sent)
            left: Any = await rest()
            assert left["body"] == (asked.body or b"")
            assert sent == []
            return None

        return asyncio.run(take())

    def long(self, asked: Asked, return_id: int) -> Told:
        async def walk() -> Told:
            sent: list[Any] = []
            await Litestar.__call__(self.web, self._scope(asked, return_id), _reads(asked.body or b""), _into(sent))
            return _told(sent)

        return asyncio.run(walk())

    def _scope(self, asked: Asked, return_id: int) -> Any:
        path = f"/api/v1/returns/{return_id}/{asked.act}"
        lines = [("host", "x"), ("authorization", f"Bearer {self.keys[asked.who]}"), *asked.headers]
        if asked.body is not None:
            lines += [
                ("content-length", str(len(asked.body))),
                *([] if "content-type" in dict(asked.headers) else [JSON]),
            ]
        return {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": asked.query, "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in lines],
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip


def _reads(body: bytes) -> Any:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _into(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


def _told(sent: list[Any]) -> Told:
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Told(sent[0]["status"], headers, json.loads(b"".join(one.get("body", b"") for one in sent[1:])))


# What each asks, and (status, code or state) that the specification gives it.
KNOWN: dict[str, tuple[Asked, tuple[int, str]]] = {
    "an act without words": (Asked("approve"), (200, "approved")),
    "no body at all": (Asked("refund-without-return", body=None), (200, "refunded_without_return")),
    "an act with words": (Asked("reject", body=json.dumps(REJECT).encode()), (200, "rejected")),
    "a named request": (Asked("refund-without-return", (("idempotency-key", "k"),)), (200, "refunded_without_return")),
    "the version that stands": (Asked("approve", (("if-match", '"2-abc"'),)), (200, "approved")),
    "an old version": (Asked("approve", (("if-match", '"1"'),)), (409, "version_conflict")),
    "the wrong key": (Asked("approve", who="wrong"), (401, "wrong_key")),
    "a revoked key": (Asked("approve", who="revoked"), (403, "key_revoked")),
    "a read-only key": (Asked("approve", who="reader"), (403, "role_read_only")),
    "another seller's": (Asked("approve", who="chen"), (404, "not_found")),
    "nobody's": (Asked("approve", return_id=999_999), (404, "not_found")),
    "a reader of Russian": (Asked("approve", (("accept-language", "ru"),), who="chen"), (404, "not_found")),
    "a reason that is none": (Asked("reject", body=b'{"reason":"x","comment":"y"}'), (422, "unknown_reason")),
    "an act of others": (Asked("open-dispute", body=b'{"comment":"Worn through and without laces."}'), (403, "not_your_role")),
}  # fmt: skip
ELSEWHERE: dict[str, tuple[Asked, int]] = {
    "a query": (Asked("approve", query=b"lang=tr", who="chen"), 404),
    "a header twice": (Asked("approve", (("x-request-id", "a"), ("x-request-id", "b"))), 200),
    "another media type": (Asked("approve", (("content-type", "text/plain"),)), 200),
    "a body that is no JSON": (Asked("reject", body=b"{"), 400),
    "a field too many": (Asked("approve", body=b'{"why":"x"}'), 422),
    "a field of another kind": (Asked("reject", body=b'{"reason":"looks_used","comment":7}'), 422),
    "a version that cannot be read": (Asked("approve", (("if-match", '"x"'),)), 422),
    "a name that is too long": (Asked("approve", (("idempotency-key", "k" * 256),)), 422),
    "no act": (Asked("frobnicate"), 404),
}


def test_both_ways_give_one_answer(shop: Market) -> None:
    doors = Doors(shop)
    for what, (asked, (status, word)) in KNOWN.items():
        first, second = asked.return_id or doors.waiting(), asked.return_id or doors.waiting()

        short, long = doors.short(asked, first), doors.long(_renamed(asked), second)

        assert short is not None, what
        assert (short.status, short.body.get("code", short.body.get("status"))) == (status, word), what
        assert _without_numbers(short) == _without_numbers(long), what


def test_what_is_otherwise_goes_the_long_way_untouched(shop: Market) -> None:
    doors = Doors(shop)
    for what, (asked, status) in ELSEWHERE.items():
        return_id = doors.waiting()
        before = shop.dump()

        assert doors.short(asked, return_id) is None, what
        assert before == shop.dump(), what
        assert doors.long(asked, return_id).status == status, what


def test_a_session_goes_the_long_way(shop: Market) -> None:
    doors = Doors(shop)
    doors.keys["elif"] = "0123456789abcdef"

    assert doors.short(Asked("approve"), doors.waiting()) is None


def test_the_same_again_by_the_other_way_is_answered_from_memory(shop: Market) -> None:
    """One name is one name by both ways: a repeat is not another act, another body under it is refused."""
    doors = Doors(shop)
    return_id = doors.waiting()
    named = Asked("approve", (("idempotency-key", "k-1"),))
    first = doors.short(named, return_id)
    before = shop.dump()

    again = doors.long(named, return_id)
    other = doors.short(named._replace(act="refund-without-return"), return_id)

    assert first is not None
    assert (200, first.body) == (again.status, again.body)
    assert other is not None
    assert (422, "key_used_for_another_request") == (other.status, other.body["code"])
    assert before == shop.dump()


def test_a_name_that_the_long_way_is_answering_waits_by_the_short_way(shop: Market) -> None:
    doors = Doors(shop)
    return_id = doors.waiting()
    named = Asked("approve", (("idempotency-key", "k-2"),))

    async def meanwhile() -> tuple[Told, Told]:
        long: list[Any] = []
        short: list[Any] = []
        free = asyncio.Event()

        async def slow() -> Any:
            await free.wait()
            return {"type": "http.request", "body": b"{}", "more_body": False}

        walking = asyncio.create_task(
            Litestar.__call__(doors.web, doors._scope(named, return_id), slow, _into(long))  # noqa: SLF001 -- this file's
        )
        await asyncio.sleep(0.05)
        await doors.web(doors._scope(named, return_id), _reads(b"{}"), _into(short))  # noqa: SLF001
        free.set()
        await walking
        return _told(long), _told(short)

    long, short = asyncio.run(meanwhile())

    assert (200, 409) == (long.status, short.status)
    assert short.body["code"] == "request_in_progress"


def _renamed(asked: Asked) -> Asked:
    """The same under another `Idempotency-Key`: the second return's act is no repeat of the first one's."""
    return asked._replace(headers=tuple((n, "other" if n == "idempotency-key" else v) for n, v in asked.headers))


def _without_numbers(told: Told) -> tuple[int, dict[str, str], dict[str, Any]]:
    body = {name: value for name, value in told.body.items() if name not in {"return_id", "return_number"}}
    return told.status, told.headers, body
