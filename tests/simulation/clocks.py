"""The one true time of a simulation, and what each house takes for it."""

import itertools
from datetime import datetime, timedelta
from types import SimpleNamespace

from backhaul.kit.clock import Clock


class World:
    """The true time. It only goes forward."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def go_on(self, by: timedelta) -> None:
        self.at += by


class WrongClock(Clock):
    """The clock of a house: off by so much."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.off_by = timedelta(0)

    def now(self) -> datetime:
        return self.world.at + self.off_by


def stopwatch() -> SimpleNamespace:
    """In place of the module `time` where a house measures how long its own work took: a millisecond between any two looks."""
    ticks = itertools.count()
    return SimpleNamespace(perf_counter=lambda: next(ticks) / 1000, monotonic=lambda: 0.0, sleep=lambda _: None)
