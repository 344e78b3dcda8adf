"""The clerk: takes what waits to the desk, batch by batch, in a thread of its own. Nobody waits for company, nobody for a time.

Orders from an event loop are decided on that loop, and the clerk only commits them, where that waits for nobody (`Desk.opened`):
two threads of one interpreter that take turns at every statement lose more time than they save. While the disk takes a batch, the
loop reads the next requests. Whatever else waits, or cannot be had at once, is the clerk's from beginning to end.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from backhaul.kit.machine import Refused

if TYPE_CHECKING:
    from backhaul.kit.desk import Answer, Result, Work

BATCH_MAX = 256
ON_THE_LOOP_MAX = 32  # works: so long no other request of the loop is looked at


class Waiting(NamedTuple):
    """A piece of work, when it came, who waits for it, and the loop that may decide it; None: the clerk must."""

    work: "Work"
    at: datetime
    waiter: Any
    loop: asyncio.AbstractEventLoop | None


class Opened(Protocol):
    """A batch that is decided and written, and not committed."""

    def finish(self) -> "list[Result]":
        """Commit, and the answers. Never raises."""


class Handler(Protocol):
    """The desk, as the clerk sees it."""

    def handle(self, works: "Sequence[tuple[Work, datetime]]") -> "list[Result]":
        """The answers of a batch that is decided, written and committed. Never raises."""

    def opened(self, works: "Sequence[tuple[Work, datetime]]") -> Opened | None:
        """A batch as far as it comes without waiting for anybody; None: nothing was done."""


class Clerk:
    """Whoever has `_bell` may look at what waits; whoever is `_busy` has the desk: the clerk, or the loop that it was called from."""

    def __init__(self, desk: Handler) -> None:
        self._desk = desk
        self._bell = threading.Condition()
        self._waiting: deque[Waiting] = deque()
        self._in_hand: list[Waiting] = []
        self._busy = False
        self._called = False  # a loop has been asked to come, and will
        self._given: list[Opened | None] = []  # what a loop hands over to the clerk: at most one
        self._thread: threading.Thread | None = None
        self._closed = False
        self.died = False
        self.on_death: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Go to work, in a thread."""
        self._thread = threading.Thread(target=self._serve, name="desk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._bell:
            self._closed = True
            self._bell.notify()
        if self._thread is not None:
            self._thread.join(timeout=30)

    @property
    def is_there(self) -> bool:
        """Whether a thread was started."""
        return self._thread is not None

    @property
    def is_alive(self) -> bool:
        """Whether there is somebody to take work."""
        return not self._closed and self._thread is not None and self._thread.is_alive()

    def queue(self) -> tuple[int, datetime | None]:
        """How many pieces of work wait, and since when the oldest does."""
        try:
            return len(self._waiting), self._waiting[0].at
        except IndexError:
            return 0, None

    def put(self, entry: Waiting) -> None:
        """Let something wait; `Refused` when it would wait for ever."""
        with self._bell:
            if self._closed:
                raise Refused("house_is_closing", "away")
            self._waiting.append(entry)
            if entry.loop is None:
                self._called = False
                self._bell.notify()
            elif not self._busy and not self._called:
                self._called = True
                entry.loop.call_soon(self._attend, entry.loop)

    def _attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the loop, when the requests that it has read are here: decide what waits, and give it to the clerk."""
        with self._bell:
            self._called = False
            if self._busy or self._closed or not self._waiting:
                return
            if any(entry.loop is not loop for entry in self._waiting):
                self._bell.notify()
                return
            self._busy = True
            batch = self._in_hand = self._take(ON_THE_LOOP_MAX)
        opened: Opened | None = None
        try:
            opened = self._desk.opened([(entry.work, entry.at) for entry in batch])
        finally:
            with self._bell:
                self._given.append(opened)
                self._bell.notify()

    def _serve(self) -> None:
        try:
            while self._turn():
                pass
        finally:
            self._abandon()

    def _turn(self) -> bool:
        """Sleep until there is something to do, and do it; False: there will be nothing more."""
        with self._bell:
            while not self._given and (self._busy or not self._is_called_for()):
                self._bell.wait()
            opened = self._given.pop() if self._given else None
            if not self._busy:
                if not self._waiting:
                    return False
                self._busy = True
                self._in_hand = self._take(BATCH_MAX)
            batch = self._in_hand
        results = self._desk.handle([(e.work, e.at) for e in batch]) if opened is None else opened.finish()
        with self._bell:
            self._in_hand = []
            self._busy = False
        hand_out([entry.waiter for entry in batch], results)
        self._call_the_loop()
        return True

    def _is_called_for(self) -> bool:
        return self._closed or (bool(self._waiting) and not self._called)

    def _call_the_loop(self) -> None:
        """What came meanwhile may be for a loop: it comes when it has written the answers."""
        with self._bell:
            loop = self._waiting[0].loop if self._waiting else None
            if loop is None or loop.is_closed() or self._called or self._closed:
                return
            self._called = True
            loop.call_soon_threadsafe(loop.call_soon, self._attend, loop)

    def _take(self, most: int) -> list[Waiting]:
        """What waits, at most one for a case and for a key; the others stay, in their order."""
        batch: list[Waiting] = []
        left: list[Waiting] = []
        seen: set[object] = set()
        while self._waiting and len(batch) < most:
            entry = self._waiting.popleft()
            names = entry.work.names()
            if names & seen:
                left.append(entry)
            else:
                batch.append(entry)
            seen |= names
        self._waiting.extendleft(reversed(left))
        return batch

    def _abandon(self) -> None:
        with self._bell:
            self.died = not self._closed
            self._closed = True
            waiters = [entry.waiter for entry in (*self._in_hand, *self._waiting)]
            self._waiting.clear()
        hand_out(waiters, [Refused("house_is_closing", "away")] * len(waiters))
        if self.died:
            self.on_death()


def hand_out(waiters: list[Any], results: "Sequence[Result]") -> None:
    """Wake everybody who waits, with one wake-up for each event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answer], Result]]] = {}
    for waiter, result in zip(waiters, results, strict=True):
        if isinstance(waiter, Future):
            _settle(waiter, result)
        else:
            loops.setdefault(waiter.get_loop(), []).append((waiter, result))
    for loop, pairs in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, pairs)


def _settle_all(pairs: "list[tuple[asyncio.Future[Answer], Result]]") -> None:
    for future, result in pairs:
        if not future.done():
            _settle(future, result)


def _settle(future: Any, result: "Result") -> None:
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
