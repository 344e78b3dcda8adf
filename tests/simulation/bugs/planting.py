"""The register of planted bugs: each replaces something of the product while a simulation runs. Nothing of them is in `src`."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import msgspec

from backhaul.kit.machine import Refused
from backhaul.marketplace.perform import Marketplace
from backhaul.partner.perform import Partner

HOUSES: dict[str, Any] = {"marketplace": Marketplace, "partner": Partner}


class Plant:
    """Where a bug is put in. What it replaces comes back when the simulation ends."""

    def __init__(self, simulation: Any) -> None:
        self.simulation = simulation

    def instead(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put what `make` makes of the original in its place."""
        self.simulation.stack.enter_context(patch.object(owner, name, make(getattr(owner, name))))

    def value(self, owner: Any, name: str, value: Any) -> None:
        """Put a value in the place of another."""
        self.simulation.stack.enter_context(patch.object(owner, name, value))

    def events(self, house: str, change: Callable[[Any, Any, list[Any]], list[Any]]) -> None:
        """Change what follows from a command: `change(case, command, events)`."""

        def make(original: Any) -> Any:
            def decide(self: Any, it: Any, command: Any, by: Any, at: Any, around: Any) -> list[Any]:
                return change(it, command, original(self, it, command, by, at, around))

            return decide

        self.instead(HOUSES[house], "decide", make)

    def seen_as(self, house: str, look: Callable[[Any, Any], Any]) -> None:
        """The law looks at another case than the one that is there: `look(case, command)`."""

        def make(original: Any) -> Any:
            def decide(self: Any, it: Any, command: Any, by: Any, at: Any, around: Any) -> Any:
                return original(self, look(it, command), command, by, at, around)

            return decide

        self.instead(HOUSES[house], "decide", make)

    def never_refused(self, owner: Any, *codes: str) -> None:
        """What stands in the way is overlooked."""

        def make(original: Any) -> Any:
            def looks(*given: Any) -> Refused | None:
                found: Refused | None = original(*given)
                return None if found is not None and found.code in codes else found

            return looks

        self.instead(owner, "_stands_in_the_way", make)

    def at_start(self, run: Callable[[Any], None]) -> None:
        """Something that is done to each house now, and at each of its starts."""
        for house in (self.simulation.marketplace, self.simulation.partner):
            house.besides = lambda house=house: run(house)
            run(house)

    def sql(self, statement: str) -> None:
        """A change of both databases themselves."""
        for house in (self.simulation.marketplace, self.simulation.partner):
            house.office.desk._connection.execute(statement)


class Bug(msgspec.Struct, frozen=True):
    """A bug: its number in the register of the programme (2.6), what it is, and the guard that hides it alone.

    `pair`: the bug that takes the guard away, too, and is caught.
    """

    name: str
    number: int
    what: str
    put: Callable[[Plant], None]
    masked_by: str = ""
    pair: str = ""

    def plant(self, simulation: Any) -> None:
        """Put it into this simulation."""
        self.put(Plant(simulation))


REGISTER: dict[str, Bug] = {}


def bug(
    number: int, masked_by: str = "", pair: str = ""
) -> Callable[[Callable[[Plant], None]], Callable[[Plant], None]]:
    """Enter a bug; its name and its description are the function's."""

    def enter(put: Callable[[Plant], None]) -> Callable[[Plant], None]:
        name = put.__name__.replace("_", "-")
        REGISTER[name] = Bug(name, number, (put.__doc__ or "").strip(), put, masked_by, pair)
        return put

    return enter


def replaced(events: list[Any], kind: Any, **changes: Any) -> list[Any]:
    """These events, those of a kind with other values; a callable makes the value of the event."""
    found = []
    for event in events:
        it: Any = event
        if isinstance(event, kind):
            values = {name: value(event) if callable(value) else value for name, value in changes.items()}
            found.append(msgspec.structs.replace(it, **values))
        else:
            found.append(event)
    return found


def without(events: list[Any], kind: type) -> list[Any]:
    """These events but those of a kind."""
    return [event for event in events if not isinstance(event, kind)]
