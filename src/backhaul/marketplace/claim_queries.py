"""SQL that only looks: open claims, the shortest time first; how they stand by kind and carrier; how those of a period ended."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import end_of_day, to_us
from backhaul.kit.money import Money
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.filters import EVER_US
from backhaul.marketplace.places import START, Place
from backhaul.marketplace.queue_filters import ClaimFilter
from backhaul.marketplace.rules.returns import Return

TIMES_MAX = 5_000
CARRIERS_MAX = 200

_c = t.return_claims.c
_count = sa.func.count()


def _or_any(name: str, column: sa.Column[Any], nothing: Any) -> sa.ColumnElement[bool]:
    said = bindparam(name, type_=column.type)
    return sa.or_(said == nothing, column == said)


_after_us = bindparam("after_us", type_=sa.BigInteger())
SOONEST = Statement(
    sa.select(_c.return_id, _c.due_us)
    .where(
        _c.due_us >= _after_us,
        _c.due_us <= bindparam("until_us", type_=sa.BigInteger()),
        sa.or_(_c.due_us > _after_us, _c.return_id > bindparam("after_id")),
        _or_any("kind", _c.kind, ""),
        _or_any("status", _c.status, ""),
        _or_any("carrier", _c.carrier, ""),
        _or_any("seller", _c.seller_id, 0),
    )
    .order_by(_c.due_us, _c.return_id)
    .limit(bindparam("most"))
)
_late = sa.func.sum(sa.case((_c.due_us <= bindparam("now_us"), 1), else_=0))
OPEN = Statement(
    sa.select(_c.kind, _c.carrier, _count, sa.func.sum(_c.amount_minor), _late)
    .where(_c.due_us.is_not(None))
    .group_by(_c.kind, _c.carrier)
    .order_by(sa.func.sum(_c.amount_minor).desc(), _c.kind, _c.carrier)
    .limit(CARRIERS_MAX)
)
_drafted = (_c.drafted_us >= bindparam("from_us"), _c.drafted_us <= bindparam("until_us"))
ENDED = Statement(
    sa.select(_c.kind, _c.carrier, _c.status, _count, sa.func.sum(_c.amount_minor))
    .where(*_drafted, _c.due_us.is_(None))
    .group_by(_c.kind, _c.carrier, _c.status)
    .order_by(_c.kind, _c.carrier, _c.status)
    .limit(4 * CARRIERS_MAX)
)
TIMES = Statement(
    sa.select(_c.kind, _c.carrier, _c.settled_us - _c.filed_us)
    .where(*_drafted, _c.status == "paid", _c.filed_us.is_not(None), _c.settled_us.is_not(None))
    .order_by(_c.drafted_us.desc())
    .limit(TIMES_MAX)
)


class OpenClaims(msgspec.Struct, frozen=True):
    """Claims of a kind on a carrier that are not over; `late`: whose bound has passed."""

    kind: str
    carrier: str
    count: int
    amount: Money
    late: int


class EndedClaims(msgspec.Struct, frozen=True):
    """Claims of a kind on a carrier that were drafted in a period and are over. `days`: from filing to the money, of paid ones."""

    kind: str
    carrier: str
    won: int
    ended: int
    paid: Money
    seconds: tuple[int, ...]


def soonest(tx: Tx, wanted: ClaimFilter, at: datetime, after: Place = START,
            most: int = queries.PAGE_ROWS) -> tuple[list[Return], Place | None]:  # fmt: skip
    """Open claims that match, the shortest time first; those without a bound come last. And where more stands."""
    until_us = EVER_US if wanted.within_days is None else to_us(end_of_day(at, wanted.within_days))
    rows = tx.rows(
        SOONEST, after_us=after.bound_us, after_id=after.id, until_us=until_us, kind=wanted.kind or "",
        status=wanted.state or "", carrier=wanted.carrier or "", seller=wanted.seller or 0, most=most + 1,
    )  # fmt: skip
    onward = Place(rows[most - 1][1], rows[most - 1][0]) if len(rows) > most else None
    return queries.in_order(tx, [row[0] for row in rows[:most]]), onward


def open_claims(tx: Tx, at: datetime) -> list[OpenClaims]:
    """By kind and carrier, the most money first."""
    rows = tx.rows(OPEN, now_us=to_us(at))
    return [OpenClaims(kind, carrier, int(n), Money(int(minor)), int(late)) for kind, carrier, n, minor, late in rows]


def ended_claims(tx: Tx, since: datetime, until: datetime) -> list[EndedClaims]:
    """By kind and carrier: how many were won, what they brought, how long the money took."""
    period = {"from_us": to_us(since), "until_us": to_us(until)}
    times: dict[tuple[str, str], list[int]] = {}
    for kind, carrier, took_us in tx.rows(TIMES, **period):
        times.setdefault((kind, carrier), []).append(int(took_us) // 1_000_000)
    sums: dict[tuple[str, str], list[int]] = {}
    for kind, carrier, status, count, minor in tx.rows(ENDED, **period):
        won, ended, paid = sums.setdefault((kind, carrier), [0, 0, 0])
        is_paid = status == "paid"
        sums[kind, carrier] = [won + is_paid * int(count), ended + int(count), paid + is_paid * int(minor)]
    return [
        EndedClaims(kind, carrier, won, ended, Money(paid), tuple(sorted(times.get((kind, carrier), ()))))
        for (kind, carrier), (won, ended, paid) in sums.items()
    ]
