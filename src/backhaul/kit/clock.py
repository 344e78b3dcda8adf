"""The only place that asks the time. Everywhere else an instant is an argument."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from backhaul.kit.days import from_us


class Clock:
    """The real time, UTC, to the microsecond."""

    def now(self) -> datetime:
        """This instant."""
        return from_us(time.time_ns() // 1000)


class TurnedClock(Clock):
    """A clock that stands still until somebody turns it: stories, the demo's world."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant it was last turned to."""
        return self.at

    def turn_to(self, at: datetime) -> None:
        """Set the hands; only forward."""
        if at < self.at:
            msg = f"a clock turns forward only: {self.at} -> {at}"
            raise ValueError(msg)
        self.at = at

    def turn(self, by: timedelta) -> None:
        """Turn forward by a duration."""
        self.turn_to(self.at + by)


class RunningClock(TurnedClock):
    """The sandbox's: goes on by itself from wherever it was turned to, and stands while the houses catch up.

    `keep` is told at each turn how far ahead of the real time it is, so that it is not behind its houses after a new start.
    """

    def __init__(self, ahead: timedelta, keep: Callable[[timedelta], None]) -> None:
        self._real = Clock()
        self._since = self._real.now()
        self._stands = False
        self._keep = keep
        super().__init__(self._since + ahead)

    def now(self) -> datetime:
        """Where the hands are."""
        return self.at if self._stands else self.at + (self._real.now() - self._since)

    def turn_to(self, at: datetime) -> None:
        """Set the hands; only forward."""
        self.at, self._since = self.now(), self._real.now()
        super().turn_to(at)
        self._keep(self.at - self._since)

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the real time."""
        return self.now() - self._real.now()

    @contextmanager
    def standing(self) -> Iterator[None]:
        """No time passes but by turns: each deadline is met before the next day begins."""
        self.at, self._stands = self.now(), True
        try:
            yield
        finally:
            self._since, self._stands = self._real.now(), False
            self._keep(self.at - self._since)
