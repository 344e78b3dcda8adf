"""SQL of the warehouse's workload: what is due, whose units lie here for how long, what will come on which day. Index-backed."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import at_hour, from_us, to_us
from backhaul.partner import tables as t
from backhaul.partner.receiving_queries import COUNT_MAX, DAY_US, counted
from backhaul.partner.rules.words import Decision, Status
from backhaul.partner.unit_filter import HERE

SELLERS_MAX = 50
PLAN_DAYS = 7
PLAN_ROWS_MAX = 500

_p = t.parcels.c
_here = t.one_of(_p.status, *HERE)
DISPOSAL_DUE = counted(_p.status == Status.DISPOSAL_DUE.value, order=_p.id)
PICKUPS = counted(_p.status == Status.ARRIVED.value, _p.decision == Decision.PICKUP.value, order=_p.id)
PICKUPS_DUE = counted(_p.collect_by_us <= bindparam("until_us"), order=_p.collect_by_us)
_days = sa.func.sum((bindparam("now_us", type_=sa.BigInteger()) - _p.arrived_us) // DAY_US)
BY_SELLER = Statement(
    sa.select(_p.seller_id, sa.func.count(), _days, sa.func.min(_p.arrived_us))
    .where(_here, _p.arrived_us.is_not(None))
    .group_by(_p.seller_id)
    .order_by(_days.desc(), _p.seller_id)
    .limit(SELLERS_MAX)
)
_day = (_p.eta_us - bindparam("from_us", type_=sa.BigInteger())) // DAY_US
_coming = (
    sa.select(_p.carrier.label("carrier"), sa.case((_p.eta_us < bindparam("from_us"), -1), else_=_day).label("day"))
    .where(_p.status == Status.EXPECTED.value, _p.eta_us < bindparam("until_us"))
    .subquery()
)
PLAN = Statement(
    sa.select(_coming.c.carrier, _coming.c.day, sa.func.count())
    .group_by(_coming.c.carrier, _coming.c.day)
    .order_by(_coming.c.carrier, _coming.c.day)
    .limit(PLAN_ROWS_MAX)
)


class OfSeller(msgspec.Struct, frozen=True):
    """Units of a seller that are here: how many, their whole days since arrival together, and the oldest one's arrival."""

    seller_id: int
    units: int
    days: int
    oldest_at: datetime


class Due(msgspec.Struct, frozen=True):
    """What waits for the warehouse. None goes beyond `COUNT_MAX`."""

    disposals: int
    pickups: int
    pickups_due: int
    most: int = COUNT_MAX


def due(tx: Tx, until: datetime) -> Due:
    """Disposals that nobody decided against, units kept for collectors, and those of them whose time ends until an instant."""
    rows = (tx.one(DISPOSAL_DUE), tx.one(PICKUPS), tx.one(PICKUPS_DUE, until_us=to_us(until)))
    return Due(*(0 if row is None else int(row[0]) for row in rows))


def by_seller(tx: Tx, at: datetime) -> list[OfSeller]:
    """Whose units lie here, the most days together first."""
    rows = tx.rows(BY_SELLER, now_us=to_us(at))
    return [OfSeller(int(row[0]), int(row[1]), int(row[2]), from_us(int(row[3]))) for row in rows]


def plan(tx: Tx, at: datetime) -> dict[str, dict[int, int]]:
    """Units on the road by carrier and day: 0 is today, the last one day 6; -1: they should have come before today."""
    found: dict[str, dict[int, int]] = {}
    bounds = {"from_us": to_us(at_hour(at, 0, 0)), "until_us": to_us(at_hour(at, PLAN_DAYS, 0))}
    for carrier, day, count in tx.rows(PLAN, **bounds):
        found.setdefault(carrier, {})[int(day)] = int(count)
    return found
