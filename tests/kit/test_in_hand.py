"""Two requests of one name at once: the second is told to come back, and after the first was answered nobody waits."""

import asyncio
from typing import Any, cast

import pytest
from litestar.types import ASGIApp, Receive, Scope, Send

from backhaul.kit.in_hand import one_at_a_time
from backhaul.kit.machine import Refused

NOTHING: Any = None


def request(key: str, *, method: str = "POST", caller: str = "Bearer a") -> Scope:
    headers = [(b"idempotency-key", key.encode()), (b"authorization", caller.encode())]
    return cast(
        "Scope",
        {"type": "http", "path": "/api/v1/returns", "method": method, "headers": headers if key else headers[1:]},
    )


async def told(door: ASGIApp, wanted: Scope) -> str:
    try:
        await door(wanted, NOTHING, NOTHING)
    except Refused as refused:
        return refused.code
    return "done"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (request("k"), "request_in_progress"),
        (request("another"), "done"),
        (request("k", caller="Bearer b"), "done"),  # somebody else's key of the same name
        (request("k", method="GET"), "done"),
        (request(""), "done"),
    ],
)
def test_a_second_request_of_the_same_caller_and_key_waits_outside(second: Scope, expected: str) -> None:
    async def both() -> tuple[str, str, str]:
        answered = asyncio.Event()

        async def work(_scope: Scope, _receive: Receive, _send: Send) -> None:
            await answered.wait()

        door = one_at_a_time(work)
        first = asyncio.create_task(told(door, request("k")))
        await asyncio.sleep(0)
        other = asyncio.create_task(told(door, second))
        await asyncio.sleep(0)
        answered.set()
        return await first, await other, await told(door, request("k"))

    assert ("done", expected, "done") == asyncio.run(both())


def test_a_request_that_fails_leaves_its_name_free() -> None:
    async def failing(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise Refused("not_found", "missing")

    async def twice() -> list[str]:
        door = one_at_a_time(failing)
        return [await told(door, request("k")) for _ in range(2)]

    assert ["not_found", "not_found"] == asyncio.run(twice())
