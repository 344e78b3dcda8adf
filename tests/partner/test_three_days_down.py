"""R95, D9: the partner's worker is down from before a deadline until three days after it: each fires once, with its own instant."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from backhaul.partner import queries
from backhaul.partner.access import Account
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import Role
from tests.partner.cast import moscow
from tests.partner.house import CHEN, ID, House, opened


class Timer(msgspec.Struct, frozen=True):
    """What begins it after the arrival of 3 October, 16:42, and the events it must bring, each with its instant by hand."""

    name: str
    begin: Callable[[House, Account], object]
    brings: tuple[tuple[str, str], ...]


def decides(decision: str) -> Callable[[House, Account], object]:
    return lambda house, chen: house.gives(chen.by(), do.Decide(decision))


TIMERS = (
    # Day 14 after 3 October is the 17th; a missed deadline waits for the next working day, Friday the 18th (P14).
    Timer("14 days", lambda _house, _chen: None,
          (("DeadlineMissed", "2024-10-18 00:00"), ("DisposalInstructed", "2024-10-18 00:00"))),
    Timer("disposal by a person", decides("dispose"), (("DisposalInstructed", "2024-10-03 18:42"),)),  # 2 hours, D9
    # Kept until the end of day 14, then another round of notice of 14 days (P13).
    Timer("kept for pick-up", decides("pickup"), (("KeepingExpired", "2024-10-18 00:00"),)),
)  # fmt: skip


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as house:
        house.expects()
        house.arrives("2024-10-03 16:42")
        yield house


def happened(house: House, kind: str) -> list[tuple[str, datetime]]:
    with house.office.database.read() as tx:
        return [(line.role, line.at) for line in queries.history(tx, ID) if line.kind == kind]


@pytest.mark.parametrize("timer", TIMERS, ids=lambda timer: timer.name)
def test_a_timer_fires_once_with_its_own_instant_after_three_days_without_a_worker(house: House, timer: Timer) -> None:
    timer.begin(house, house.account(CHEN))
    due = moscow(timer.brings[0][1])
    house.clock.turn_to(due - timedelta(seconds=1))
    house.office.desk.sweep()
    before = [happened(house, kind) for kind, _ in timer.brings]
    house.clock.turn_to(due + timedelta(days=3))
    swept = house.office.desk.sweep()
    again = house.office.desk.sweep()

    assert [[]] * len(timer.brings) == before
    assert (1, 0) == (swept, again)
    assert [[(Role.CALENDAR, moscow(at))] for _, at in timer.brings] == [
        happened(house, kind) for kind, _ in timer.brings
    ]
