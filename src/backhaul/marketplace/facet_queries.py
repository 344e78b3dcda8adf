"""SQL that only looks: which returns of a seller match a filter, and how much waits by days left and value.

First the ids, out of indexes that hold all that is filtered by; then the documents of one page.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import end_of_day, to_us
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.facet_store import folded
from backhaul.marketplace.filters import ALL, EVER_US, Filter
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Status

COUNTED_MAX = 1000
ONCE: list[dict[str, Any]] = [{}]  # what a single keyset is asked beside the filter
# Bands of the heat map: days left (first, last), value in roubles (from, below).
DAY_BANDS: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 7), (8, None))
VALUE_BANDS: tuple[tuple[int, int | None], ...] = (
    (0, 1_000),
    (1_000, 3_000),
    (3_000, 10_000),
    (10_000, 30_000),
    (30_000, None),
)

_f = t.return_facets.c


def _or_any(name: str, column: sa.Column[Any], nothing: Any) -> sa.ColumnElement[bool]:
    said = bindparam(name, type_=column.type)
    return sa.or_(said == nothing, column == said)


_matches = (
    _f.seller_id == bindparam("seller"),
    _or_any("mark", _f.mark, ""),
    _or_any("reason_group", _f.reason_group, ""),
    _or_any("route", _f.route, ""),
    _or_any("sku", _f.sku, 0),
    _f.price_minor >= bindparam("price_low"),
    _f.price_minor < bindparam("price_high"),
    among(_f.status, "statuses"),
)
_low, _high = bindparam("low_us", type_=sa.BigInteger()), bindparam("high_us", type_=sa.BigInteger())
_days = sa.or_(sa.and_(_low == -1, _high == EVER_US), sa.and_(_f.decide_us > _low, _f.decide_us <= _high))
_waits = (_f.decide_us > _low, _f.decide_us <= _high)
_sought = _f.words.like(bindparam("pattern"), escape="\\")
_after_us = bindparam("after_us", type_=sa.BigInteger())
_after = sa.or_(
    _f.decide_us > _after_us,
    sa.and_(
        _f.decide_us == _after_us,
        sa.or_(
            _f.price_minor < bindparam("after_minor"),
            sa.and_(_f.price_minor == bindparam("after_minor"), _f.return_id > bindparam("after_id")),
        ),
    ),
)
_most: sa.BindParameter[int] = bindparam("most")
_soonest = (
    sa.select(_f.return_id, _f.decide_us, _f.price_minor)
    .where(*_matches, *_waits, _f.decide_us >= _after_us, _after)
    .order_by(_f.decide_us, _f.price_minor.desc(), _f.return_id)
    .limit(_most)
)
# What a list begins with, each with an index in the order of the returns behind it: a page reads rows that match, and none before them.
BEGINNINGS: dict[str, tuple[sa.ColumnElement[bool], ...]] = {
    "sku": (_f.sku == bindparam("sku"),),
    "waits": (_f.decide_us.is_not(None), *_waits),
    "mark": (_f.mark == bindparam("mark"), _f.mark != sa.literal_column("''")),  # said as the index says it
    "route": (_f.route == bindparam("route"), _f.route != sa.literal_column("''")),
    "status": (_f.status == bindparam("status"),),
    "": (),
}


def _newest(name: str, *conditions: sa.ColumnElement[bool]) -> Any:
    # What waits is little: it is sorted, rather than all of the seller's looked at in the order of an index.
    place = _f.return_id + sa.literal_column("0") if name == "waits" else _f.return_id
    where = (*_matches, _days, *BEGINNINGS[name], *conditions, place < bindparam("before"))
    return sa.select(_f.return_id).where(*where).order_by(place.desc()).limit(_most)


def _counted(*conditions: sa.ColumnElement[bool], order: Any = _f.return_id) -> Any:
    """Up to a bound. In the order of an index: else PostgreSQL gathers all that match before it counts the first."""
    some = sa.select(_f.return_id).where(*_matches, *conditions).order_by(order).limit(_most).subquery()
    return sa.select(sa.func.count()).select_from(some)


# By the beginning, and by whether letters are sought: those are not in the indexes.
NEWEST = {
    (name, sought): Statement(_newest(name, *(_sought,) * sought)) for name in BEGINNINGS for sought in (False, True)
}
COUNT = {
    (name, sought): Statement(
        _counted(_days, *begins, *(_sought,) * sought, order=_f.decide_us if name == "waits" else _f.return_id)
    )
    for name, begins in BEGINNINGS.items()
    for sought in (False, True)
}
SOONEST = {False: Statement(_soonest), True: Statement(_soonest.where(_sought))}
COUNT_WAITING = {
    sought: Statement(_counted(*_waits, *(_sought,) * sought, order=_f.decide_us)) for sought in (False, True)
}
COUNT_IN_STATUS = Statement(
    sa.select(sa.func.count()).select_from(
        sa.select(_f.return_id)
        .where(_f.seller_id == bindparam("seller"), _f.status == bindparam("status"))
        .order_by(_f.return_id)
        .limit(_most)
        .subquery()
    )
)
BY_STATUS = Statement(
    sa.select(_f.status, sa.func.count())
    .where(_f.seller_id == bindparam("seller"))
    .group_by(_f.status)
    .order_by(_f.status)
)
_day_band = sa.case(
    *((_f.decide_us <= bindparam(f"day_{n}"), n) for n in range(len(DAY_BANDS) - 1)), else_=len(DAY_BANDS) - 1
)
_value_band = sa.case(
    *((_f.price_minor < sa.literal_column(str(100 * below)), n) for n, (_, below) in enumerate(VALUE_BANDS) if below),
    else_=len(VALUE_BANDS) - 1,
)


def _map(*conditions: sa.ColumnElement[bool]) -> Any:
    banded = (
        sa.select(_day_band.label("day"), _value_band.label("value"), _f.price_minor.label("minor"))
        .where(*_matches, *_waits, *conditions)
        .subquery()
    )
    b = banded.c
    return (
        sa.select(b.day, b.value, sa.func.count(), sa.func.sum(b.minor))
        .group_by(b.day, b.value)
        .order_by(b.day, b.value)
    )


WAITING_BY_BAND = {False: Statement(_map()), True: Statement(_map(_sought))}


class Waiting(msgspec.Struct, frozen=True):
    """How many returns of a band of days and of value wait, and their value in kopecks. Bands by their place."""

    day: int
    value: int
    count: int
    minor: int


class Place(msgspec.Struct, frozen=True):
    """Where a list went on to: the keys of its last row."""

    return_id: int
    decide_us: int = -1
    price_minor: int = 0

    def __str__(self) -> str:
        return f"{self.decide_us}-{self.price_minor}-{self.return_id}"


START = Place(0, -1, EVER_US)


def place(text: str) -> Place:
    """A place as it came from outside; nonsense is the start."""
    parts = text.split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        return Place(int(parts[2]), int(parts[0]), int(parts[1]))
    return START


def newest(tx: Tx, seller_id: int, wanted: Filter, at: datetime, statuses: Sequence[Status] = ALL, before: int = EVER_US,
           most: int = queries.PAGE_ROWS) -> list[Return]:  # fmt: skip
    """What matches, newest first: one keyset, or one for each state, merged."""
    values = _values(seller_id, wanted, at, statuses)
    name, each = _begins(wanted, values["statuses"])
    statement = NEWEST[name, bool(wanted.q)]
    ids = [row[0] for more in each for row in tx.rows(statement, **values, **more, before=before, most=most)]
    return queries.in_order(tx, sorted(ids, reverse=True)[:most])


def soonest(tx: Tx, seller_id: int, wanted: Filter, at: datetime, statuses: Sequence[Status] = ALL, after: Place = START,
            most: int = queries.PAGE_ROWS) -> tuple[list[Return], Place | None]:  # fmt: skip
    """What waits for the seller and matches: the shortest time first, of one deadline the dearest; and where more stands."""
    rows = tx.rows(SOONEST[bool(wanted.q)], **_values(seller_id, wanted, at, statuses), after_us=after.decide_us,
                   after_minor=after.price_minor, after_id=after.return_id, most=most + 1)  # fmt: skip
    ids = [row[0] for row in rows[:most]]
    return queries.in_order(tx, ids), Place(*rows[most - 1]) if len(rows) > most else None


def count(tx: Tx, seller_id: int, wanted: Filter, at: datetime, statuses: Sequence[Status] = ALL, *,
          waiting: bool = False) -> int:  # fmt: skip
    """How many match; more than `COUNTED_MAX` are not told apart."""
    values = _values(seller_id, wanted, at, statuses)
    name, each = ("waits", ONCE) if waiting else _begins(wanted, values["statuses"])
    statement = COUNT_WAITING[bool(wanted.q)] if waiting else COUNT[name, bool(wanted.q)]
    found = 0
    for more in each:
        if found <= COUNTED_MAX:
            row = tx.one(statement, **values, **more, most=COUNTED_MAX + 1 - found)
            found += 0 if row is None else int(row[0])
    return found


def by_status(tx: Tx, seller_id: int) -> dict[str, int]:
    """How many of a seller's returns stand in each status, all of them."""
    return {row[0]: row[1] for row in tx.rows(BY_STATUS, seller=seller_id)}


def some_by_status(tx: Tx, seller_id: int, statuses: Sequence[Status] = ALL) -> dict[Status, int]:
    """The same, but nobody counts beyond `COUNTED_MAX` + 1 of a status."""
    found = {}
    for status in statuses:
        row = tx.one(COUNT_IN_STATUS, seller=seller_id, status=status.value, most=COUNTED_MAX + 1)
        if row is not None and row[0]:
            found[status] = int(row[0])
    return found


def by_band(tx: Tx, seller_id: int, wanted: Filter, at: datetime) -> list[Waiting]:
    """What waits by days left and value; the filter's own days and prices do not count here."""
    values = _values(seller_id, wanted.without("days_from", "days_to", "price_from", "price_below"), at, ALL)
    edges = {f"day_{n}": to_us(end_of_day(at, last or 0)) for n, (_, last) in enumerate(DAY_BANDS[:-1])}
    return [Waiting(*map(int, row)) for row in tx.rows(WAITING_BY_BAND[bool(wanted.q)], **values, **edges)]


def _begins(wanted: Filter, statuses: Sequence[Status]) -> tuple[str, list[dict[str, Any]]]:
    """The beginning that leaves fewest to look at, and what it asks each time."""
    if wanted.sku:
        return "sku", ONCE
    if wanted.days_from is not None or wanted.days_to is not None:
        return "waits", ONCE
    if wanted.mark:
        return "mark", ONCE
    if wanted.route:
        return "route", ONCE
    if len(statuses) < len(ALL):
        return "status", [{"status": status.value} for status in statuses]
    return "", ONCE


def _values(seller_id: int, wanted: Filter, at: datetime, statuses: Sequence[Status]) -> dict[str, Any]:
    low_us, high_us = wanted.decided_between_us(at)
    chosen = [wanted.state] if wanted.state else list(statuses)
    values: dict[str, Any] = {
        "seller": seller_id, "mark": wanted.mark or "", "reason_group": wanted.reason_group or "",
        "route": wanted.route or "", "sku": wanted.sku or 0, "price_low": 100 * (wanted.price_from or 0),
        "price_high": EVER_US if wanted.price_below is None else 100 * wanted.price_below,
        "statuses": [status for status in chosen if status in statuses], "low_us": low_us, "high_us": high_us,
    }  # fmt: skip
    return values | {"pattern": _pattern(wanted.q)} if wanted.q else values


def _pattern(letters: str) -> str:
    escaped = folded(letters).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
