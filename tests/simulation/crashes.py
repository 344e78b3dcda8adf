"""What a simulated fault raises, and who is being run when a fault point is reached."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from backhaul.kit import fault_points


class Crashed(BaseException):
    """The process of a house is gone: nothing after this line runs in it."""

    def __init__(self, house: str, place: str) -> None:
        super().__init__(f"{house} at {place}")
        self.house = house
        self.place = place


class Faults:
    """Draws what happens at each fault point. `chances` are per thousand, by the name of the place."""

    def __init__(self, rng: Random, chances: dict[str, int], happened: Callable[[str], None]) -> None:
        self.rng = rng
        self.chances = chances
        self.happened = happened
        self.running: list[str] = []  # whose code runs now: the innermost last
        self.armed = False
        self.full: set[str] = set()  # whose disk takes nothing
        self.reached = 0
        self.broken: list[str] = []  # what failed in a house to which nothing had been done

    def at(self, place: str) -> None:
        """A house has come to a place."""
        if not self.armed or not self.running:
            return
        self.reached += 1
        house = self.running[-1]
        if place == "commit.before" and house in self.full:
            self.happened("the database is full")
            raise sqlite3.OperationalError("database or disk is full")
        chance = self.chances.get(place, 0)
        if chance and self.rng.randrange(1000) < chance:
            self.happened(f"a crash at {place}")
            raise Crashed(house, place)

    def blame(self, house: str, what: str) -> None:
        """RUN-1: something failed in a house. It may while its disk is full, and at no other time."""
        if house not in self.full:
            self.broken.append(f"{house}: {what}")

    @contextmanager
    def of(self, house: str) -> Iterator[None]:
        """While the code of this house runs."""
        self.running.append(house)
        try:
            yield
        finally:
            self.running.pop()

    @contextmanager
    def standing(self) -> Iterator[None]:
        """While the simulation runs."""
        fault_points.put(self.at)
        try:
            yield
        finally:
            fault_points.put()
