"""A back-test over stored returns: which period, and never more of them than one look may cost. Only reads."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.marketplace import term_queries
from backhaul.marketplace.rules.back_tests import BackTest, Past
from backhaul.marketplace.rules.compensation import RateCard

DAYS_MAX = 366
DAYS_USUAL = 90
FIRST_YEAR = 2000
RETURNS_MAX = 100_000


def usual_period(at: datetime) -> tuple[date, date]:
    """The last days until today, where nobody said which."""
    today = at.astimezone(MOSCOW).date()
    return today - timedelta(days=DAYS_USUAL), today


def period_of(first: str, last: str, at: datetime) -> tuple[date, date]:
    """Two days as they were typed; both belong to the period."""
    usual = usual_period(at)
    try:
        period = date.fromisoformat(first) if first else usual[0], date.fromisoformat(last) if last else usual[1]
    except ValueError as error:
        raise Refused("period_invalid", "invalid", "first_day", days_max=DAYS_MAX) from error
    if not timedelta(0) <= period[1] - period[0] < timedelta(days=DAYS_MAX):
        raise Refused("period_invalid", "invalid", "first_day", days_max=DAYS_MAX)
    years = FIRST_YEAR, at.year + 1
    if not years[0] <= period[0].year <= period[1].year <= years[1]:
        raise Refused("period_out_of_range", "invalid", "first_day", first_year=years[0], last_year=years[1])
    return period


def tested(tx: Tx, card: RateCard, period: tuple[date, date]) -> BackTest:
    """The card over the returns that pick-up points accepted for disposal in these days, Moscow's."""
    from backhaul.marketplace.rules.reckoning import back_test  # noqa: PLC0415 -- arrays take memory in every process

    low, high = (_midnight(day) for day in (period[0], period[1] + timedelta(days=1)))
    looked_at = Counted(term_queries.past_returns(tx, low, high, RETURNS_MAX))
    return msgspec.structs.replace(back_test(card, looked_at), complete=looked_at.count < RETURNS_MAX)


class Counted:
    """An iterator that knows how much went through it."""

    def __init__(self, items: Iterator[Past]) -> None:
        self.items, self.count = items, 0

    def __iter__(self) -> Iterator[Past]:
        for it in self.items:
            self.count += 1
            yield it


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=MOSCOW)
