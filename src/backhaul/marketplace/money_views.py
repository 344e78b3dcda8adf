"""Where money stands, as pages and API v1 show it: a seller's, and all of it for support."""

from datetime import date, datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, at_hour
from backhaul.kit.money import Money
from backhaul.marketplace import money_queries, reserve_queries
from backhaul.marketplace.money_queries import Cell, Day, Page, Sum
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.reserve import by_day
from backhaul.marketplace.rules.words import ClaimStatus, RefundStatus

OPEN_REFUNDS = (RefundStatus.HELD, RefundStatus.SENT, RefundStatus.FAILED, RefundStatus.IN_DOUBT)
DONE_REFUNDS = (RefundStatus.CONFIRMED, RefundStatus.CANCELLED)
OPEN_CLAIMS = (ClaimStatus.DRAFT, ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED)
CELLS_OF_DAYS = 90
DONE_OF_DAYS = 30
DUE_WITHIN_DAYS = 7


class SellerMoney(msgspec.Struct, frozen=True):
    """A seller's totals. `accrued` has a date, `expected` gets one when the customer's refund is sent."""

    accrued: Sum
    expected: Sum
    credited: Sum
    claims_open: Sum
    claims_paid: Sum
    refunds: dict[str, Sum]


class FinanceMoney(msgspec.Struct, frozen=True):
    """What the marketplace owes for disposed products, and to customers. `alarm`: day 5 has begun and nothing is credited."""

    due: Sum
    alarm: Sum
    overdue: Sum
    days: tuple[Day, ...]
    cells: tuple[Cell, ...]
    refunds: dict[str, Sum]


class ReserveRow(msgspec.Struct, frozen=True):
    """What has to be paid to sellers by the end of a day: what accrued, and what does once refunds have left as planned."""

    day: date
    accrued: Sum
    expected: Sum


class ReserveView(msgspec.Struct, frozen=True):
    """The forecast of the reserve: all that accrued or will, claims that are not settled, and 14 days of it.

    `taken_back`: compensation that was reversed, of what was due in the last 90 days.
    """

    total: Money
    accrued: Sum
    expected: Sum
    claims: Sum
    taken_back: Sum
    days: tuple[ReserveRow, ...]


def of_seller(tx: Tx, seller_id: int) -> SellerMoney:
    """A seller's totals."""
    compensations, claims, refunds = money_queries.sums_of_seller(tx, seller_id)
    return SellerMoney(
        accrued=compensations.get("accrued", Sum()),
        expected=compensations.get("expected", Sum()),
        credited=compensations.get("credited", Sum()),
        claims_open=_together(claims, OPEN_CLAIMS),
        claims_paid=claims.get(ClaimStatus.PAID, Sum()),
        refunds={state: one for state, one in refunds.items() if state != RefundStatus.NONE},
    )


def alarm_until(now: datetime, policy: Policy) -> datetime:
    """Bounds up to this one are those of day 5 and later: day 0 was so many days ago that the alarm's day has begun."""
    return at_hour(now, policy.compensation_due_days - policy.compensation_alarm_day + 1, 0)


def finance(tx: Tx, now: datetime, policy: Policy) -> FinanceMoney:
    """All totals."""
    days = money_queries.due_by_day(tx, at_hour(now, DUE_WITHIN_DAYS + 1, 0))
    overdue = [day for day in days if day.due_by <= now]
    ahead = [day for day in days if day.due_by > now]
    alarmed = [day for day in ahead if day.due_by <= alarm_until(now, policy)]
    refunds = money_queries.refunds(tx, [state.value for state in OPEN_REFUNDS], now - timedelta(days=36_500))
    refunds |= money_queries.refunds(tx, [state.value for state in DONE_REFUNDS], now - timedelta(days=DONE_OF_DAYS))
    return FinanceMoney(
        due=_of(ahead),
        alarm=_of(alarmed),
        overdue=_of(overdue),
        days=tuple(ahead),
        cells=tuple(money_queries.by_cell(tx, now - timedelta(days=CELLS_OF_DAYS))),
        refunds=refunds,
    )


def reserve(tx: Tx, now: datetime, policy: Policy) -> ReserveView:
    """What the marketplace will owe to sellers."""
    accrued, expected = reserve_queries.accrued(tx), reserve_queries.expected(tx)
    claims = reserve_queries.claims(tx, tuple(state.value for state in OPEN_CLAIMS))
    sums = [Sum(sum(one.count for one in them), Money(sum(one.minor for one in them))) for them in (accrued, expected)]
    total = Money(sum(one.amount.minor for one in (*sums, claims)))
    taken_back = reserve_queries.taken_back(tx, now - timedelta(days=CELLS_OF_DAYS))
    days = tuple(
        ReserveRow(
            one.last_day.astimezone(MOSCOW).date(), Sum(one.accrued, Money(one.accrued_minor)),
            Sum(one.expected, Money(one.expected_minor)),
        )
        for one in by_day(accrued, expected, policy.compensation_due_days, now)
    )  # fmt: skip
    return ReserveView(total, sums[0], sums[1], claims, taken_back, days)


def waiting(tx: Tx, now: datetime, policy: Policy, which: str, after: str = "") -> Page:
    """Compensations that are due: `overdue`, `alarm` (with the overdue ones), or all of the next seven days; `reversed` ones."""
    if which == "reversed":
        return reserve_queries.taken_back_rows(tx, after)
    until = {"overdue": now, "alarm": alarm_until(now, policy)}.get(which, at_hour(now, DUE_WITHIN_DAYS + 1, 0))
    return money_queries.due(tx, until, after)


def _of(days: list[Day]) -> Sum:
    return Sum(sum(day.count for day in days), Money(sum(day.amount.minor for day in days)))


def _together(sums: dict[str, Sum], states: tuple[ClaimStatus, ...]) -> Sum:
    found = [sums[state] for state in states if state in sums]
    return Sum(sum(one.count for one in found), Money(sum(one.amount.minor for one in found)))
