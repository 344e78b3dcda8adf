"""Two desks on one database, each with its own connection, as two processes have them; both begin at the same instant."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backhaul.kit.clock import TurnedClock
from backhaul.kit.desk import Answer
from backhaul.kit.machine import Refused
from backhaul.marketplace.office import Office

Act = Callable[[Office], Any]


@dataclass(frozen=True)
class Side:
    """One of two: whose desk, whose clock."""

    office: Office
    clock: TurnedClock


@dataclass(frozen=True)
class Told:
    """What both sides got: an `Answer`, a number of moved cases, or the `Refused`."""

    first: Any
    second: Any

    @property
    def both(self) -> tuple[Any, Any]:
        return self.first, self.second

    @property
    def won(self) -> int:
        """How many were answered, and not refused."""
        return sum(not isinstance(one, Refused) for one in self.both)

    @property
    def refusals(self) -> list[Refused]:
        return [one for one in self.both if isinstance(one, Refused)]

    @property
    def bodies(self) -> set[bytes]:
        return {one.body for one in self.both if isinstance(one, Answer)}


class Track:
    """A second runner beside the caller's thread; `race` lets both go at once."""

    def __init__(self, first: Side, second: Side) -> None:
        self.sides = (first, second)
        self._barrier = threading.Barrier(2)

    def race(self, acts: tuple[Act, Act]) -> Told:
        told: list[Any] = [None, None]

        def run(n: int) -> None:
            self._barrier.wait(30)
            try:
                told[n] = acts[n](self.sides[n].office)
            except Refused as refused:
                told[n] = refused

        other = threading.Thread(target=run, args=(1,))
        other.start()
        run(0)
        other.join()
        return Told(*told)
