"""The warehouse's workload as page and API v1 show it: what is due, how full the shelves are, whose units, what comes when."""

from datetime import date, datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, at_hour, end_of_day
from backhaul.partner import receiving_queries, workload_queries
from backhaul.partner.receiving_queries import Shelf
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.receiving import room
from backhaul.partner.workload_queries import PLAN_DAYS, Due, OfSeller

# Pick-ups whose collector's time ends today or on the two days after it.
PICKUP_DAYS = 3


class Capacity(msgspec.Struct, frozen=True):
    """Shelves that hold only so many units: how many lie on them, how many could, and how many shelves are full."""

    shelves: int
    units: int
    units_max: int
    full: int


class WorkloadView(msgspec.Struct, frozen=True):
    """What is due in the warehouse, how full it is, and whose units lie here, the 50 sellers with the most days together."""

    due: Due
    capacity: Capacity
    sellers: tuple[OfSeller, ...]


class PlanRow(msgspec.Struct, frozen=True):
    """Units that a carrier brings: late ones, and day by day. No carrier: not handed over yet."""

    carrier: str
    late: int
    days: tuple[int, ...]


class PlanView(msgspec.Struct, frozen=True):
    """The plan of the dock: what is on the road by carrier, for today and the six days after it."""

    days: tuple[date, ...]
    rows: tuple[PlanRow, ...]


def workload(tx: Tx, policy: Policy, now: datetime) -> WorkloadView:
    """The supervisor's first figures."""
    due = workload_queries.due(tx, end_of_day(now, PICKUP_DAYS - 1))
    shelves = receiving_queries.shelves(tx, policy.warehouses, now)
    return WorkloadView(due, capacity(shelves, policy), tuple(workload_queries.by_seller(tx, now)))


def capacity(shelves: list[Shelf], policy: Policy) -> Capacity:
    """How full those shelves are on which something lies and that have a limit."""
    limited = [(one.units, most) for one in shelves if one.shelf and (most := room(one.shelf, policy))]
    units, units_max = (sum(pair[n] for pair in limited) for n in (0, 1))
    return Capacity(len(limited), units, units_max, sum(units >= most for units, most in limited))


def plan(tx: Tx, now: datetime) -> PlanView:
    """What will come, by carrier and day."""
    today = at_hour(now, 0, 0).astimezone(MOSCOW).date()
    rows = [
        PlanRow(carrier, counts.get(-1, 0), tuple(counts.get(day, 0) for day in range(PLAN_DAYS)))
        for carrier, counts in workload_queries.plan(tx, now).items()
    ]
    return PlanView(tuple(today + timedelta(days=n) for n in range(PLAN_DAYS)), tuple(rows))
