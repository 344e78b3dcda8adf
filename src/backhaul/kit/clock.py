"""The only place that asks the time. Everywhere else an instant is an argument."""

import time
from datetime import datetime, timedelta

from backhaul.kit.days import from_us


class Clock:
    """The real time, UTC, to the microsecond."""

    def now(self) -> datetime:
        """This instant."""
        return from_us(time.time_ns() // 1000)


class TurnedClock(Clock):
    """A clock that stands still until somebody turns it: stories, the demo's world, the sandbox."""

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
