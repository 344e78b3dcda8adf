"""The real web of a house, asked in this process: the ASGI application, without sockets and without threads of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from litestar import Litestar

from tests import webs

MAKERS: dict[str, Callable[[Any], Litestar]] = {"marketplace": webs.marketplace, "partner": webs.partner}


class Inline(ThreadPoolExecutor):
    """Does at once, in the caller's thread, what is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 -- a crash of a house goes the same way
            future.set_exception(error)
        return future

    def map(self, fn: Callable[..., Any], *iterables: Any, **_: Any) -> Iterator[Any]:
        return iter([fn(*given) for given in zip(*iterables, strict=False)])


async def _inline(func: Callable[..., Any], *args: Any, **_: Any) -> Any:
    return func(*args)


@contextmanager
def without_threads() -> Iterator[None]:
    """Everything that doors hand to threads is done where it stands."""
    with patch("anyio.to_thread.run_sync", _inline), patch("backhaul.partner.polling.ThreadPoolExecutor", Inline):
        yield


class Doors:
    """The web of one house, which is built once a process (`tests/webs`). Closed, it is free for the next house."""

    def __init__(self, house: str) -> None:
        self.house = house
        self.app: Any = None
        self.seat: Any = None
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(Inline(1))

    def sit_down(self, office: Any) -> None:
        """From now on these are the doors of this office; its desk does at once what a coroutine hands in."""
        if self.seat is None:
            self.app = MAKERS[self.house](office)
            self.seat = next(seat for _, seat, app in webs._taken if app is self.app)  # noqa: SLF001
        object.__setattr__(self.seat, "office", office)
        if "house" in self.app.state:
            self.app.state.house = office.house

        async def perform(work: Any) -> Any:
            return office.desk.perform_now(work)

        office.desk.perform = perform

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """One request; status, headers and body of the answer."""
        answer: dict[str, Any] = {"status": 0, "headers": {}, "body": b""}
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("10.0.0.1", 40_000), "server": (f"{self.house}.example", 80),
        }  # fmt: skip
        said = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return said.pop() if said else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                answer["headers"] = {name.decode(): value.decode() for name, value in message["headers"]}
            elif message["type"] == "http.response.body":
                answer["body"] += message.get("body", b"")

        application: Callable[..., Awaitable[None]] = self.app
        self._run(application(scope, receive, send))
        return answer["status"], answer["headers"], answer["body"]

    def _run(self, asked: Any) -> None:
        """A house may ask the other one while it answers: then the loop of the moment waits."""
        outer = asyncio._get_running_loop()  # noqa: SLF001 -- no public way to leave it
        asyncio._set_running_loop(None)  # noqa: SLF001
        try:
            self.loop.run_until_complete(asked)
        finally:
            asyncio._set_running_loop(outer)  # noqa: SLF001

    def close(self) -> None:
        self.loop.close()
        if self.seat is not None:
            webs.all_free()
            self.seat = None
