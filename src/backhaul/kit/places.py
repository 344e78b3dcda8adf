"""Places of its own for work that takes long: it holds none of the threads that draw pages, and no owner holds two places."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

import anyio
from anyio import to_thread

from backhaul.kit.machine import Refused

R = TypeVar("R")


class Places:
    """Room for so many at once. Who comes later waits, behind the others of its owner first."""

    def __init__(self, most: int) -> None:
        self._limiter = anyio.CapacityLimiter(most)
        self._turns: dict[int, anyio.Lock] = {}

    async def run(self, owner: int, work: Callable[[], R]) -> R:
        """Do it in a thread, when there is a place."""
        async with self._turns.setdefault(owner, anyio.Lock()):
            return await to_thread.run_sync(work, limiter=self._limiter)


class Counters:
    """The same for callers that run in a thread already: who finds no place is refused."""

    def __init__(self, most: int, code: str) -> None:
        self.most = most
        self.code = code
        self._owners: set[int] = set()
        self._lock = Lock()

    @contextmanager
    def at(self, owner: int) -> Iterator[None]:
        """A place for as long as it lasts."""
        with self._lock:
            if owner in self._owners or len(self._owners) >= self.most:
                raise Refused(self.code, "away")
            self._owners.add(owner)
        try:
            yield
        finally:
            with self._lock:
                self._owners.discard(owner)
