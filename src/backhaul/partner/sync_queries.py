"""Looks at how well both houses agree: contact, comparisons, differences. Every list has a limit."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us
from backhaul.partner import tables as t
from backhaul.partner.loads import decode_parcel
from backhaul.partner.rules.parcels import Parcel

PAGE_ROWS = 50
ROWS_MAX = 500


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


_y, _d, _m = t.reconciliations.c, t.differences.c, t.marketplaces.c
_d, _m = t.differences.c, t.marketplaces.c
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
OPEN_DIFFERENCES = Statement(
    sa.select(*_d)
    .where(_d.healed_us.is_(None), _d.return_id > bindparam("after"), _d.return_id <= bindparam("until"))
    .order_by(_d.return_id, _d.what)
    .limit(ROWS_MAX * 4)
)
ALL_OPEN = Statement(sa.select(*_d).where(_d.healed_us.is_(None)).order_by(_d.last_us).limit(ROWS_MAX))
DIFFERENCES = Statement(
    sa.select(*_d)
    .where(_d.first_us < bindparam("before_us"))
    .order_by(_d.first_us.desc(), _d.return_id)
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


def open_differences(tx: Tx, after: int, until: int) -> list[DifferenceRow]:
    """What is not healed yet among these ids."""
    return [_difference(row) for row in tx.rows(OPEN_DIFFERENCES, after=after, until=until)]


def all_open(tx: Tx) -> list[DifferenceRow]:
    """What is not healed yet, longest unseen first."""
    return [_difference(row) for row in tx.rows(ALL_OPEN)]


def count_open(tx: Tx) -> int:
    """How many are not healed yet."""
    row = tx.one(COUNT_OPEN)
    return 0 if row is None else int(row[0])


def differences(tx: Tx, before_us: int) -> list[DifferenceRow]:
    """A page of all of them, newest first."""
    return [_difference(row) for row in tx.rows(DIFFERENCES, before_us=before_us)]


def _run(row: tuple[Any, ...]) -> Run:
    return Run(row[0], from_us(row[1]), row[2], row[3], _at(row[4]), row[5], row[6])


def _difference(row: tuple[Any, ...]) -> DifferenceRow:
    return DifferenceRow(row[0], row[1], from_us(row[2]), row[3], row[4], row[5], row[6], from_us(row[7]), _at(row[8]),
                         _at(row[9]))  # fmt: skip


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(int(us))
