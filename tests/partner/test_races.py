"""Two act on one unit at the partner at the same instant, through two desks on one database: one decision stands (T18)."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.clock import TurnedClock
from backhaul.kit.desk import Order
from backhaul.partner import queries
from backhaul.partner.access import Known
from backhaul.partner.office import open_office
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import Mark
from tests.partner.cast import VERA
from tests.partner.house import CHEN, ID, LIU, House, opened
from tests.racing import Act, Side, Told, Track

FEW, MANY = 1, int(os.environ.get("BACKHAUL_RACES", "2000"))


class Races:
    """A partner with a second desk beside its own; its units arrive one after another."""

    def __init__(self, house: House, beside: Side) -> None:
        self.house = house
        self.track = Track(Side(house.office, house.clock), beside)  # type: ignore[arg-type]
        self.beside = beside
        self.count = 0
        chen = house.account(CHEN)
        self.chen, self.liu = chen.by(), house.account(LIU).by()
        self.addresses = (house.hong_kong, house.address(chen, "HK", "Hong Kong", "Tsing Yi, Unit 2"))

    def arrived(self) -> int:
        """Another unit on the shelf; its id."""
        self.count += 1
        parcel_id = ID + self.count
        self.house.expects(return_id=parcel_id, return_number=f"R-{parcel_id}", serial=None, seal=f"S-{parcel_id}")
        self.house.arrives(parcel=parcel_id, shelf="")
        self.beside.clock.turn_to(self.house.clock.now())
        return parcel_id

    def order(self, by: By, parcel_id: int, command: do.Command, *, seen: bool = True) -> Act:
        """By somebody who looked at the unit before, as pages and programs do: a decision may be changed, but not unseen."""
        version = self.house.it(parcel_id).version if seen else None
        return lambda office: office.desk.perform_now(Order(parcel_id, command, Known(by), seen=version))

    def race(self, *acts: Act) -> Told:
        told = self.track.race((acts[0], acts[1]))
        assert {one.kind for one in told.refusals} <= {"conflict"}, told
        return told

    def kinds(self, parcel_id: int) -> Counter[str]:
        with self.house.office.database.read() as tx:
            return Counter(one.kind for one in queries.history(tx, parcel_id))


@pytest.fixture
def races(database_url: str, tmp_path: Path) -> Iterator[Races]:
    with opened(database_url, tmp_path) as house:
        clock = TurnedClock(house.clock.now())
        office: Any = open_office(database_url, tmp_path / "data", clock)
        office.desk.start()
        yield Races(house, Side(office, clock))
        office.close()


def two_users_decide(races: Races) -> None:
    unit = races.arrived()
    told = races.race(
        races.order(races.chen, unit, do.Decide("ship_hk", races.addresses[0])),
        races.order(races.liu, unit, do.Decide("dispose")),
    )
    assert told.won == 1, told
    assert races.kinds(unit)["Decided"] == 1


def an_address_and_another(races: Races) -> None:
    """Released to one address, never to two."""
    unit = races.arrived()
    told = races.race(*(races.order(races.chen, unit, do.Decide("ship_hk", where)) for where in races.addresses))
    assert told.won == 1, told
    destination = races.house.it(unit).destination
    assert destination is not None
    assert destination.id == races.addresses[0 if told.both[0] is not told.refusals[0] else 1]


def an_inspection_and_a_decision(races: Races) -> None:
    """Both may be: then each is there once, and the row is what the events say."""
    unit = races.arrived()
    races.race(
        races.order(VERA, unit, do.Mark(Mark.SERVICEABLE), seen=False),
        races.order(races.chen, unit, do.Decide("ship_hk", races.addresses[0]), seen=False),
    )
    with races.house.office.database.read() as tx:
        again, chained = queries.replay(tx, unit)
        assert chained
        assert again == queries.one(tx, unit)
    assert races.kinds(unit)["Decided"] <= 1


KINDS = (two_users_decide, an_address_and_another, an_inspection_and_a_decision)


def run(races: Races, count: int) -> None:
    for kind in KINDS:
        for _ in range(count):
            kind(races)


def test_of_two_at_the_same_instant_one_wins_at_the_partner(races: Races) -> None:
    run(races, FEW)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_of_two_thousand_races_at_the_partner_one_wins(races: Races) -> None:
    run(races, MANY)
