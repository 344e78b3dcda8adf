"""What the marketplace will owe to sellers: the forecast of the reserve (8.3). Pure: sums come in."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from backhaul.kit.days import days_left, end_of_day

RESERVE_DAYS = 14


class Owed(msgspec.Struct, frozen=True):
    """Alike amounts: `by` is the bound of compensation that accrued, or the instant at which a refund leaves that it waits for."""

    by: datetime
    count: int
    minor: int


class ReserveDay(msgspec.Struct, frozen=True):
    """What has to be paid by the end of a day. `expected`: once the refunds that it waits for have left as planned."""

    last_day: datetime
    accrued: int = 0
    accrued_minor: int = 0
    expected: int = 0
    expected_minor: int = 0


def due_after(refund_at: datetime, due_days: int, now: datetime) -> datetime:
    """By when a compensation is due whose refund leaves then; a refund that should have left already leaves today."""
    return end_of_day(max(refund_at, now), due_days)


def by_day(accrued: Iterable[Owed], expected: Iterable[Owed], due_days: int, now: datetime) -> tuple[ReserveDay, ...]:
    """Today and the 13 days after it. What is overdue has to be paid today."""
    sums = [[0] * 4 for _ in range(RESERVE_DAYS)]
    dated = [(max(one.by, end_of_day(now, 0)), 0, one) for one in accrued]
    dated += [(due_after(one.by, due_days, now), 2, one) for one in expected]
    for bound, at, one in dated:
        left = days_left(bound, now)
        if left < RESERVE_DAYS:
            sums[left][at] += one.count
            sums[left][at + 1] += one.minor
    first = end_of_day(now, 0) - timedelta(microseconds=1)
    return tuple(ReserveDay(first + timedelta(days=n), *one) for n, one in enumerate(sums))
