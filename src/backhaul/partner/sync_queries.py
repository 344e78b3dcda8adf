"""Looks at how well both houses agree: contact, comparisons, differences. Every list has a limit."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.rules.parcels import Parcel

PAGE_ROWS = 50
ROWS_MAX = 500
BETWEEN_MAX = 2000


class Contact(msgspec.Struct, frozen=True):
    """Our marketplace as the comparison knows it: when it last answered, and how far it said that it is behind."""

    tried_at: datetime | None
    heard_at: datetime | None
    letters_waiting: int
    waiting_since: datetime | None


class Run(msgspec.Struct, frozen=True):
    """A comparison of all units of both houses."""

    id: str
    started_at: datetime
    next_us: int
    after_id: int
    finished_at: datetime | None
    units: int
    differences: int


class DifferenceRow(msgspec.Struct, frozen=True):
    """One thing that the houses do not hold alike, from when to when."""

    return_id: int
    what: str
    first_at: datetime
    number: str
    ours: str
    theirs: str
    remedy: str
    last_at: datetime
    tried_at: datetime | None
    healed_at: datetime | None


class Place(msgspec.Struct, frozen=True):
    """The last row of a page of differences: one transaction gives all of its rows the same instant."""

    first_us: int = 2**62
    return_id: int = 0
    what: str = ""


NEWEST = Place()

_y, _d, _m = t.reconciliations.c, t.differences.c, t.marketplaces.c
CONTACT = Statement(
    sa.select(_m.tried_us, _m.heard_us, _m.letters_waiting, _m.waiting_since_us).where(_m.id == bindparam("id"))
)
OPEN_RUN = Statement(sa.select(*_y).where(_y.finished_us.is_(None)).order_by(_y.started_us).limit(1))
RUN = Statement(sa.select(*_y).where(_y.id == bindparam("id")))
RUNS = Statement(sa.select(*_y).order_by(_y.started_us.desc()).limit(14))
PARCELS_BETWEEN = Statement(
    sa.select(t.parcels.c.doc)
    .where(t.parcels.c.id > bindparam("after"), t.parcels.c.id <= bindparam("until"))
    .order_by(t.parcels.c.id)
    .limit(bindparam("most"))
)
OPEN_BETWEEN = Statement(
    sa.select(*_d)
    .where(_d.healed_us.is_(None), _d.return_id > bindparam("after"), _d.return_id <= bindparam("until"))
    .order_by(_d.return_id, _d.what)
    .limit(bindparam("most"))
)
OPEN_OF = Statement(sa.select(*_d).where(_d.healed_us.is_(None), among(_d.return_id, "ids")))
ALL_OPEN = Statement(sa.select(*_d).where(_d.healed_us.is_(None)).order_by(_d.last_us).limit(ROWS_MAX))
DIFFERENCES = Statement(
    sa.select(*_d)
    .where(
        sa.tuple_(_d.first_us, _d.return_id, _d.what)
        < sa.tuple_(bindparam("first_us"), bindparam("return_id"), bindparam("what"))
    )
    .order_by(_d.first_us.desc(), _d.return_id.desc(), _d.what.desc())
    .limit(PAGE_ROWS)
)
COUNT_OPEN = Statement(sa.select(sa.func.count()).where(_d.healed_us.is_(None)))


def contact(tx: Tx, marketplace_id: str) -> Contact | None:
    """What is known of our marketplace; None: it is not registered."""
    row = tx.one(CONTACT, id=marketplace_id)
    return None if row is None else Contact(_at(row[0]), _at(row[1]), row[2], _at(row[3]))


def open_run(tx: Tx) -> Run | None:
    """The comparison that is under way."""
    row = tx.one(OPEN_RUN)
    return None if row is None else _run(row)


def run(tx: Tx, run_id: str) -> Run | None:
    """One of them."""
    row = tx.one(RUN, id=run_id)
    return None if row is None else _run(row)


def runs(tx: Tx) -> list[Run]:
    """The latest ones, newest first."""
    return [_run(row) for row in tx.rows(RUNS)]


def parcels_between(tx: Tx, after: int, until: int, most: int) -> list[Parcel]:
    """The parcels after an id, up to another one."""
    return [decode_parcel(row[0]) for row in tx.rows(PARCELS_BETWEEN, after=after, until=until, most=most)]


def open_between(tx: Tx, after: int, until: int, most: int = BETWEEN_MAX) -> list[DifferenceRow]:
    """What is not healed yet of the units after an id, up to another one, in their order."""
    return [_difference(row) for row in tx.rows(OPEN_BETWEEN, after=after, until=until, most=most)]


def open_of(tx: Tx, ids: list[int]) -> list[DifferenceRow]:
    """What is not healed yet of these units: all of it, for what is not known would begin anew."""
    return [_difference(row) for row in tx.rows(OPEN_OF, ids=ids)] if ids else []


def all_open(tx: Tx) -> list[DifferenceRow]:
    """What is not healed yet, longest unseen first."""
    return [_difference(row) for row in tx.rows(ALL_OPEN)]


def count_open(tx: Tx) -> int:
    """How many are not healed yet."""
    row = tx.one(COUNT_OPEN)
    return 0 if row is None else int(row[0])


def differences(tx: Tx, before: Place = NEWEST) -> list[DifferenceRow]:
    """A page of all of them, newest first."""
    found = tx.rows(DIFFERENCES, first_us=before.first_us, return_id=before.return_id, what=before.what)
    return [_difference(row) for row in found]


def older(rows: list[DifferenceRow]) -> Place | None:
    """Where the next page begins; None: there is none."""
    last = rows[-1] if len(rows) == PAGE_ROWS else None
    return None if last is None else Place(to_us(last.first_at), last.return_id, last.what)


def _run(row: tuple[Any, ...]) -> Run:
    return Run(row[0], from_us(row[1]), row[2], row[3], _at(row[4]), row[5], row[6])


def _difference(row: tuple[Any, ...]) -> DifferenceRow:
    return DifferenceRow(row[0], row[1], from_us(row[2]), row[3], row[4], row[5], row[6], from_us(row[7]), _at(row[8]),
                         _at(row[9]))  # fmt: skip


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(int(us))
