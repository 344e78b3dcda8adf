"""SQL that only looks: the warehouse's units by state, seller, mark and days left, out of an index that holds all of it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.partner import queries
from backhaul.partner import tables as t
from backhaul.partner.queries import PAGE_ROWS
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Decision
from backhaul.partner.unit_filter import UnitFilter

COUNT_MAX = 1000

_p = t.parcels.c
_mark, _bound = bindparam("mark", type_=sa.Text()), bindparam("bound_us", type_=sa.BigInteger())
_matches = (
    _p.status == bindparam("state"),
    sa.or_(_mark == "", _p.mark == _mark),
    sa.or_(_bound == 0, sa.and_(_p.decision == Decision.NONE.value, _p.decide_by_us <= _bound)),
)
_of_seller = _p.seller_id == bindparam("seller")
_page = sa.select(_p.id).where(*_matches, _p.id > bindparam("after")).order_by(_p.id).limit(bindparam("most"))
# By whether a seller is named: each has its index.
UNITS = {False: Statement(_page), True: Statement(_page.where(_of_seller))}


def _counted(*conditions: sa.ColumnElement[bool]) -> Statement:
    """Up to a bound. In the order of an index: else PostgreSQL gathers all that match before it counts the first."""
    some = sa.select(_p.id).where(*_matches, *conditions).order_by(_p.id).limit(COUNT_MAX + 1).subquery()
    return Statement(sa.select(sa.func.count()).select_from(some))


COUNT = {False: _counted(), True: _counted(_of_seller)}


def units(tx: Tx, wanted: UnitFilter, at: datetime, after: int = 0, most: int = PAGE_ROWS) -> list[Parcel]:
    """What matches, the oldest first, after this one."""
    statement = UNITS[wanted.seller is not None]
    found = [row[0] for values in _values(wanted, at) for row in tx.rows(statement, **values, after=after, most=most)]
    return queries.by_ids(tx, sorted(found)[:most])


def count(tx: Tx, wanted: UnitFilter, at: datetime) -> int:
    """How many match; more than `COUNT_MAX` are not told apart."""
    rows = [tx.one(COUNT[wanted.seller is not None], **values) for values in _values(wanted, at)]
    return min(sum(int(row[0]) for row in rows if row is not None), COUNT_MAX + 1)


def _values(wanted: UnitFilter, at: datetime) -> list[dict[str, object]]:
    """What is asked of each state, for each is a keyset of its own."""
    asked: dict[str, object] = {"mark": wanted.mark or "", "bound_us": wanted.decide_by_us(at)}
    if wanted.seller is not None:
        asked["seller"] = wanted.seller
    return [{**asked, "state": status.value} for status in wanted.statuses]
