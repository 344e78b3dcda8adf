"""The partner's finances as page and API v1 show them."""

from datetime import date, datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.money import Money
from backhaul.partner import earnings_queries
from backhaul.partner.earnings_queries import Sums
from backhaul.partner.rules.earnings import Earned, earned
from backhaul.partner.rules.invoices import month_before, month_bound, month_of, month_start
from backhaul.partner.rules.policy import Terms

MONTHS_SHOWN = 6


class Total(msgspec.Struct, frozen=True):
    """How many, and how much together, currency by currency."""

    count: int
    amounts: tuple[Money, ...]


class MonthEarned(msgspec.Struct, frozen=True):
    """What a month's charges come to, in the currency of the tariff."""

    month: date
    revenue: Money


class Waiting(msgspec.Struct, frozen=True):
    """What waits in billing."""

    unbilled: Total
    overdue: Total
    disputed: Total


class BillingFigures(Waiting, frozen=True):
    """What waits in billing, and what services earned: the last six months, the present one with them, and this month's margin."""

    months: tuple[MonthEarned, ...]
    services: tuple[Earned, ...]


def waiting(tx: Tx, now: datetime) -> Waiting:
    """What waits in billing."""
    sums = (earnings_queries.unbilled(tx), earnings_queries.overdue(tx, now), earnings_queries.disputed(tx))
    unbilled, overdue, disputed = (_total(one) for one in sums)
    return Waiting(unbilled, overdue, disputed)


def figures(tx: Tx, terms: Terms, now: datetime) -> BillingFigures:
    """All figures of billing. The months are sums over all their charges: for who asks for them."""
    month = month_of(now)
    names = [month]
    while len(names) < MONTHS_SHOWN:
        names.append(month_before(names[-1]))
    names.reverse()
    currency, months = terms.tariff.currency, []
    services: tuple[Earned, ...] = ()
    for name in names:
        charges = earnings_queries.charged(tx, month_start(name), month_bound(name))
        revenue = sum(one.minor for one in charges if one.currency == currency)
        months.append(MonthEarned(month_start(name).astimezone(MOSCOW).date(), Money(revenue, currency)))
        services = earned(charges, terms.policy, currency)
    waits = waiting(tx, now)
    return BillingFigures(waits.unbilled, waits.overdue, waits.disputed, tuple(months), services)


def _total(sums: Sums) -> Total:
    count, amounts = sums
    return Total(count, amounts)
