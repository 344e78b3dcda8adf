"""SQL that only looks, for the dock: what will come, what came today, what the gate still owes, what lies where."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import at_hour, end_of_day, to_us
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.queries import PAGE_ROWS
from backhaul.partner.rules.orphans import OrphanStatus
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import GateStatus, Status

COUNT_MAX = 1000
SHELVES_MAX = 500
CARRIERS_MAX = 50
DAY_US = 86_400_000_000
# Days since the arrival: up to so many, and over the last (8.2).
AGES = (3, 7, 10, 13, 14)

_p, _o = t.parcels.c, t.orphans.c
_here = t.one_of(_p.status, Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK)
_coming = (
    sa.select(_p.doc)
    .where(
        _p.status == Status.EXPECTED.value,
        _p.eta_us < bindparam("until_us"),
        sa.or_(
            _p.eta_us > bindparam("from_us"),
            sa.and_(_p.eta_us == bindparam("from_us"), _p.id > bindparam("after")),
        ),
    )
    .order_by(_p.eta_us, _p.id)
    .limit(PAGE_ROWS)
)
COMING = Statement(_coming)
COMING_BY = Statement(_coming.where(_p.carrier == bindparam("carrier")))
CARRIERS = Statement(
    sa.select(_p.carrier, sa.func.count())
    .where(_p.status == Status.EXPECTED.value)
    .group_by(_p.carrier)
    .order_by(_p.carrier)
    .limit(CARRIERS_MAX)
)
GATE = Statement(
    sa.select(_p.doc)
    .where(
        _p.gate == bindparam("gate"),
        sa.or_(
            _p.arrived_us > bindparam("from_us"),
            sa.and_(_p.arrived_us == bindparam("from_us"), _p.id > bindparam("after")),
        ),
    )
    .order_by(_p.arrived_us, _p.id)
    .limit(PAGE_ROWS)
)
MISMATCHES = Statement(
    sa.select(_p.doc)
    .where(
        _p.gate == GateStatus.MISMATCH.value,
        sa.or_(
            _p.arrived_us < bindparam("until_us"),
            sa.and_(_p.arrived_us == bindparam("until_us"), _p.id < bindparam("before")),
        ),
    )
    .order_by(_p.arrived_us.desc(), _p.id.desc())
    .limit(PAGE_ROWS)
)
ARRIVALS = Statement(
    sa.select(_p.doc)
    .where(_p.arrived_us >= bindparam("from_us"))
    .order_by(_p.arrived_us.desc(), _p.id.desc())
    .limit(PAGE_ROWS)
)


def counted(*where: Any, order: Any) -> Statement:
    """How many, but nobody counts beyond `COUNT_MAX`. In the order of an index: else PostgreSQL gathers all before the first."""
    some = sa.select(_p.id).where(*where).order_by(order).limit(COUNT_MAX).subquery()
    return Statement(sa.select(sa.func.count()).select_from(some))


_eta_between = (
    _p.status == Status.EXPECTED.value,
    _p.eta_us >= bindparam("from_us"),
    _p.eta_us < bindparam("until_us"),
)
COUNT_COMING = counted(*_eta_between, order=_p.eta_us)
COUNT_ARRIVALS = counted(_p.arrived_us >= bindparam("from_us"), order=_p.arrived_us)
COUNT_GATE = counted(_p.gate == bindparam("gate"), _p.arrived_us < bindparam("until_us"), order=_p.arrived_us)


def _age(days: int) -> Any:
    """1 for a unit that has been here for at most so many days."""
    return sa.func.sum(sa.case((_p.arrived_us >= bindparam("now_us") - days * DAY_US, 1), else_=0))


SHELVES = Statement(
    sa.select(_p.warehouse, _p.shelf, sa.func.count(), *(_age(days + 1) for days in AGES))
    .where(_here, _p.warehouse == bindparam("warehouse"))
    .group_by(_p.warehouse, _p.shelf)
    .order_by(_p.shelf)
    .limit(SHELVES_MAX)
)
ORPHANS_ON = Statement(
    sa.select(_o.shelf, sa.func.count())
    .where(_o.status == OrphanStatus.OPEN.value, _o.warehouse == bindparam("warehouse"))
    .group_by(_o.shelf)
    .limit(SHELVES_MAX)
)
ON_SHELF = Statement(
    sa.select(_p.doc)
    .where(
        _here,
        _p.warehouse == bindparam("warehouse"),
        _p.shelf == bindparam("shelf"),
        _p.arrived_us >= bindparam("from_us"),
        _p.arrived_us < bindparam("until_us"),
        _p.id > bindparam("after"),
    )
    .order_by(_p.id)
    .limit(PAGE_ROWS)
)


class Shelf(msgspec.Struct, frozen=True):
    """A shelf with what lies on it. `ages`: units by days since arrival, as `AGES` says, the last number those over them."""

    warehouse: str
    shelf: str
    units: int
    ages: tuple[int, ...]
    orphans: int = 0

    @property
    def oldest(self) -> int:
        """The age of the unit that has lain here longest, as its place in `ages`; 0 for a shelf of orphans alone."""
        return max((place for place, count in enumerate(self.ages) if count), default=0)


class Counts(msgspec.Struct, frozen=True):
    """The figures of the receiving page. None goes beyond `COUNT_MAX`."""

    expected_today: int
    late: int
    arrived_today: int
    gate_due: int
    gate_late: int
    mismatches: int


def expected(tx: Tx, at: datetime, day: datetime | None = None, carrier: str | None = None, *, late: bool = False,
             before: datetime | None = None, after: tuple[int, int] = (0, 0)) -> list[Parcel]:  # fmt: skip
    """What will come, the earliest first, after (eta, id): on one day of Moscow, before one, by one carrier, or what is late."""
    from_us, until_us = 0, 2**62
    if day is not None:
        from_us, until_us = to_us(at_hour(day, 0, 0)), to_us(end_of_day(day, 0))
    if before is not None:
        until_us = min(until_us, to_us(at_hour(before, 0, 0)))
    if late:
        until_us = min(until_us, to_us(at))
    since = max((from_us - 1, 2**62), after)
    facts: dict[str, object] = {"from_us": since[0], "after": since[1], "until_us": until_us}
    if carrier is None:
        return _decoded(tx.rows(COMING, **facts))
    return _decoded(tx.rows(COMING_BY, carrier=carrier, **facts))


def carriers(tx: Tx) -> list[tuple[str, int]]:
    """Who brings something, and how many units."""
    return [(row[0], int(row[1])) for row in tx.rows(CARRIERS)]


def gate_due(tx: Tx, after: tuple[int, int] = (0, 0)) -> list[Parcel]:
    """Units whose gate check is still owed, the longest first, after (arrival, id)."""
    return _decoded(tx.rows(GATE, gate=GateStatus.DUE.value, from_us=after[0], after=after[1]))


def mismatches(tx: Tx, before: tuple[int, int] = (2**62, 0)) -> list[Parcel]:
    """Units with which something was off at the gate, the newest first, before the one with this arrival and id."""
    return _decoded(tx.rows(MISMATCHES, until_us=before[0], before=before[1]))


def arrived_today(tx: Tx, at: datetime) -> list[Parcel]:
    """What came since midnight in Moscow, the newest first."""
    return _decoded(tx.rows(ARRIVALS, from_us=to_us(at_hour(at, 0, 0))))


def counts(tx: Tx, at: datetime, gate_hours: int) -> Counts:
    """The figures of the receiving page. Late at the gate is what arrived longer ago than the check may take."""
    today_us, tomorrow_us = to_us(at_hour(at, 0, 0)), to_us(end_of_day(at, 0))
    late_us = to_us(at - timedelta(hours=gate_hours))
    due, mismatch = GateStatus.DUE.value, GateStatus.MISMATCH.value
    return Counts(
        expected_today=_count(tx, COUNT_COMING, from_us=today_us, until_us=tomorrow_us),
        late=_count(tx, COUNT_COMING, from_us=0, until_us=to_us(at)),
        arrived_today=_count(tx, COUNT_ARRIVALS, from_us=today_us),
        gate_due=_count(tx, COUNT_GATE, gate=due, until_us=2**62),
        gate_late=_count(tx, COUNT_GATE, gate=due, until_us=late_us),
        mismatches=_count(tx, COUNT_GATE, gate=mismatch, until_us=2**62),
    )


def shelves(tx: Tx, warehouses: Sequence[str], at: datetime) -> list[Shelf]:
    """Every shelf on which something lies, with units by age, orphans among them."""
    found: dict[tuple[str, str], Shelf] = {}
    for house in warehouses:
        for row in tx.rows(SHELVES, warehouse=house, now_us=to_us(at)):
            upto = [int(n) for n in row[3:]]
            between = [one - before for before, one in zip([0, *upto], upto, strict=False)]
            found[house, row[1]] = Shelf(house, row[1], int(row[2]), (*between, int(row[2]) - upto[-1]))
        for shelf, count in tx.rows(ORPHANS_ON, warehouse=house):
            empty = Shelf(house, shelf, 0, (0,) * (len(AGES) + 1))
            here = found.get((house, shelf), empty)
            found[house, shelf] = msgspec.structs.replace(here, orphans=int(count))
    return [found[place] for place in sorted(found)]


def on_shelf(tx: Tx, warehouse: str, shelf: str, after: int = 0, arrived: tuple[int, int] = (0, 2**62)) -> list[Parcel]:
    """The units on one shelf, or those that arrived from the first instant on and before the second."""
    facts: dict[str, object] = {"from_us": arrived[0], "until_us": arrived[1]}
    return _decoded(tx.rows(ON_SHELF, warehouse=warehouse, shelf=shelf, after=after, **facts))


def arrivals_of(age: int | None, at: datetime) -> tuple[int, int]:
    """When the units of an age arrived, as a place in `Shelf.ages`: from, and before; all for none, nothing beyond the last."""
    if age is None:
        return 0, 2**62
    bounds = [2**62, *(to_us(at) - (days + 1) * DAY_US for days in AGES), 0, 0]
    last = len(AGES) + 1
    place = age if 0 <= age < last else last
    return bounds[place + 1] if place < last else 0, bounds[place]


def _count(tx: Tx, statement: Statement, **facts: object) -> int:
    row = tx.one(statement, **facts)
    return 0 if row is None else int(row[0])


def _decoded(rows: list[tuple[Any, ...]]) -> list[Parcel]:
    return [decode_parcel(row[0]) for row in rows]
