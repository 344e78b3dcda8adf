"""The clerk: takes what waits to the desk, batch by batch, in a thread of its own.

Who comes alone waits for nobody. After a batch of several the clerk lingers, for an eighth of the time that the batch took and never for
more than a hundredth of a second, until as many are there again: programs ask on when they are answered, and without that the first
of them would be a batch of its own.

Orders from an event loop are decided on that loop, and the clerk only commits them, where that waits for nobody (`Desk.opened`):
two threads of one interpreter that take turns at every statement lose more time than they save. While the disk takes a batch, the
loop reads the next requests. Whatever else waits, or cannot be had at once, is the clerk's from beginning to end.
"""

import asyncio
import threading
import time
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
COMPANY_MIN, LINGER_SHARE, LINGER_SECONDS_MAX = 4, 8, 0.01


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
        self._has_own = False  # something waits that only the clerk may take; then it takes all
        self._company = 0  # so many works had the last batch; until `_linger_until` as many may come again
        self._began = self._linger_until = 0.0
        self._lingers = False  # the clerk does
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
            self._has_own |= entry.loop is None
            if entry.loop is None or self._has_own:
                if not self._lingers or len(self._waiting) >= self._company:
                    self._bell.notify()
            elif not self._busy and (not self._called or len(self._waiting) == self._company):
                self._called = True
                self._call(entry.loop)

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask the loop, on it, to come when it has read what is there, or when it has lingered."""
        left = self._linger()
        if left > 0:
            loop.call_later(left, self._attend, loop)
        else:
            loop.call_soon(self._attend, loop)

    def _linger(self) -> float:
        """Seconds for which more are worth waiting for."""
        alone = self._company < COMPANY_MIN or len(self._waiting) >= self._company
        return 0.0 if alone or self._closed else self._linger_until - time.perf_counter()

    def _attend(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the loop, when the requests that it has read are here: decide what waits, and give it to the clerk."""
        with self._bell:
            self._called = False
            if self._busy or self._closed or not self._waiting:
                return
            if self._has_own or any(entry.loop is not loop for entry in self._waiting):
                self._bell.notify()
                return
            self._busy = True
            self._began = time.perf_counter()
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
            while not self._given:
                if self._busy or not self._is_called_for():
                    self._bell.wait()
                elif (left := self._linger()) > 0:
                    self._lingers = True
                    self._bell.wait(left)
                    self._lingers = False
                else:
                    break
            opened = self._given.pop() if self._given else None
            if not self._busy:
                if not self._waiting:
                    return False
                self._busy = True
                self._in_hand = self._take(BATCH_MAX)
                self._began = time.perf_counter()
            batch = self._in_hand
        results = self._desk.handle([(e.work, e.at) for e in batch]) if opened is None else opened.finish()
        now = time.perf_counter()
        with self._bell:
            self._in_hand = []
            self._busy = False
            self._company = len(batch)
            self._linger_until = now + min((now - self._began) / LINGER_SHARE, LINGER_SECONDS_MAX)
        hand_out([entry.waiter for entry in batch], results)
        self._call_the_loop()
        return True

    def _is_called_for(self) -> bool:
        return self._closed or self._has_own or (bool(self._waiting) and not self._called)

    def _call_the_loop(self) -> None:
        """What came meanwhile may be for a loop: it comes when it has written the answers."""
        with self._bell:
            loop = self._waiting[0].loop if self._waiting and not self._has_own else None
            if loop is None or loop.is_closed() or self._called or self._closed:
                return
            self._called = True
            loop.call_soon_threadsafe(loop.call_soon, self._call, loop)

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
        self._called = False
        self._has_own = any(entry.loop is None for entry in self._waiting)
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
