"""The figures of a seller as page, API v1 and files show them: sums of the database under the definitions of `rules/metrics`."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, end_of_day
from backhaul.kit.money import Money
from backhaul.marketplace import metric_queries
from backhaul.marketplace.category_rates import CategoryRates
from backhaul.marketplace.metric_queries import CategorySums, Product
from backhaul.marketplace.rules import metrics, quality
from backhaul.marketplace.rules.metrics import FORECAST_DAYS, Balance, Group, StageTime, tenths
from backhaul.marketplace.rules.options import OPTIONS
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Mark

ROUTES = ("A", "B", "")
PASSED = ("answer", "decision")


class Period(msgspec.Struct, frozen=True):
    """The last months, the present one with them: [since, until). By `policy`, the one in force, and `categories` products are compared."""

    months: int
    now: datetime
    bounds: tuple[tuple[datetime, datetime], ...]
    policy: Policy
    categories: CategoryRates

    @property
    def since(self) -> datetime:
        """The first instant of the first month."""
        return self.bounds[0][0]

    @property
    def until(self) -> datetime:
        """The end of today."""
        return self.bounds[-1][1]


def share_pct(part: int, whole: int) -> float | None:
    """A share in percent, with one digit behind the point."""
    found = tenths(part, whole)
    return None if found is None else found / 10


def period(now: datetime, months: int, policy: Policy, categories: CategoryRates) -> Period:
    """So many months until now."""
    return Period(months, now, tuple(metrics.months_from(now, months)), policy, categories)


class Amounts(msgspec.Struct, frozen=True):
    """refunded = recovered + open + lost, but where more came back than was refunded. `recovery_pct` = recovered ÷ refunded."""

    returns: int
    refunded: Money
    recovered: Money
    open: Money
    lost: Money
    recovery_pct: float | None


class MoneyRow(msgspec.Struct, frozen=True):
    """Returns whose refund left in a month, by route. Without a route: the customer kept the product."""

    month: date
    route: str
    amounts: Amounts


class PassedRow(msgspec.Struct, frozen=True):
    """Returns whose seller let a deadline pass: to answer the request, or to decide about the unit. `lost` is what it cost."""

    deadline: str
    amounts: Amounts


class OptionRow(msgspec.Struct, frozen=True):
    """What an option brought: compensation of the marketplace, shipping, picking up, or disposal by the partner."""

    option: str
    amounts: Amounts


class MoneyView(msgspec.Struct, frozen=True):
    """Refunded, recovered and lost by the month of the refund and by route; deadlines that passed; options compared. Sums of today."""

    since: datetime
    until: datetime
    total: Amounts
    months: tuple[MoneyRow, ...]
    missed: tuple[PassedRow, ...]
    missed_pct: float | None
    options: tuple[OptionRow, ...]


class ReasonShare(msgspec.Struct, frozen=True):
    """How many came back for reasons of a group."""

    reason_group: str
    returned: int


class ProductRate(msgspec.Struct, frozen=True):
    """Units of a product delivered in the period, and how many of them pick-up points accepted back until now.

    `category_rate_pct`: the same of its category, of all sellers together, if they are three or more; `many`: more come back than that explains.
    """

    sku: int
    offer_id: str
    name: str
    category: str
    delivered: int
    returned: int
    rate_pct: float | None
    category_rate_pct: float | None
    many: bool
    reasons: tuple[ReasonShare, ...]


class RatesView(msgspec.Struct, frozen=True):
    """Return rate = units accepted back ÷ units delivered, by the day of delivery. The 20 products of which most came back.

    `categories_at`: when the rates of their categories were summed.
    """

    since: datetime
    until: datetime
    delivered: int
    returned: int
    rate_pct: float | None
    reasons: tuple[ReasonShare, ...]
    products: tuple[ProductRate, ...]
    categories_at: datetime | None


class StagesView(msgspec.Struct, frozen=True):
    """Stage times of the returns that were asked for in the period, of the latest 5,000."""

    since: datetime
    until: datetime
    stages: tuple[StageTime, ...]


class MarkRow(msgspec.Struct, frozen=True):
    """How many products the partner marked so. `disagreeing`: the mark says another thing than the customer's reason."""

    mark: str
    count: int
    share_pct: float | None
    disagreeing: int


class MarksView(msgspec.Struct, frozen=True):
    """The mix of marks of the returns that were asked for in the period."""

    since: datetime
    until: datetime
    inspected: int
    disagreeing: int
    disagreeing_pct: float | None
    marks: tuple[MarkRow, ...]


class ForecastRow(msgspec.Struct, frozen=True):
    """What must be decided by the end of a day: requests to answer, units at the partner, and what the products cost.

    `credits`: compensation that accrued and is credited by the end of the day.
    """

    day: date
    requests: int
    requests_worth: Money
    units: int
    units_worth: Money
    credits: int
    credits_amount: Money


class ForecastView(msgspec.Struct, frozen=True):
    """The seller's deadlines of 14 days, today with them."""

    days: tuple[ForecastRow, ...]


def money(tx: Tx, seller_id: int, over: Period) -> MoneyView:
    """Refunded, recovered, open and lost; deadlines that passed, and what they cost."""
    found = [(since, metric_queries.refunded(tx, seller_id, since, until)) for since, until in over.bounds]
    every = [one for _, groups in found for one in groups]
    rows = [
        MoneyRow(since.astimezone(MOSCOW).date(), route, _amounts(of_route))
        for since, groups in found
        for route in ROUTES
        if (of_route := [one for one in groups if one.route == route])
    ]
    options = tuple(
        OptionRow(option, _amounts(took))
        for option in OPTIONS
        if (took := [one for one in every if one.choice == option])
    )
    missed = tuple(PassedRow(which, _amounts(one for one in every if one.passed == which)) for which in PASSED)
    total = _amounts(every)
    passed = sum(row.amounts.returns for row in missed)
    share = share_pct(passed, total.returns)
    return MoneyView(over.since, over.until, total, tuple(rows), missed, share, options)


def rates(tx: Tx, seller_id: int, over: Period) -> RatesView:
    """Return rates of the units delivered in the period."""
    at = (tx, seller_id, over.since, over.until)
    delivered, returned, most_returned = metric_queries.products(*at)
    by_product: dict[int, dict[str, int]] = {}
    in_all: dict[str, int] = {}
    for sku, group, count in metric_queries.reasons(*at):
        of_product = by_product.setdefault(sku, {})
        of_product[group] = of_product.get(group, 0) + count
        in_all[group] = in_all.get(group, 0) + count
    shown = [one for one in most_returned if one.accepted]
    names = [one.category for one in shown]
    of_categories = over.categories.of(names, over.since, over.until, over.now)
    products = [
        _product(one, of_categories.get(one.category), by_product.get(one.sku, {}), over.policy) for one in shown
    ]
    return RatesView(
        over.since,
        over.until,
        delivered,
        returned,
        share_pct(returned, delivered),
        _shares(in_all),
        tuple(products),
        min((one.at for one in of_categories.values()), default=None),
    )


def stages(tx: Tx, seller_id: int, over: Period) -> StagesView:
    """How long each stage took."""
    moments = metric_queries.moments(tx, seller_id, over.since, over.until)
    return StagesView(over.since, over.until, metrics.stage_times(moments))


def marks(tx: Tx, seller_id: int, over: Period) -> MarksView:
    """The mix of marks."""
    counts: dict[str, list[int]] = {}
    for mark, group, count in metric_queries.marks(tx, seller_id, over.since, over.until):
        sums = counts.setdefault(mark, [0, 0])
        sums[0] += count
        sums[1] += count if metrics.disagrees(mark, group) else 0
    inspected, disagreeing = (sum(sums[n] for sums in counts.values()) for n in (0, 1))
    rows = [
        MarkRow(mark.value, counts[mark][0], share_pct(counts[mark][0], inspected), counts[mark][1])
        for mark in Mark
        if mark in counts
    ]
    return MarksView(over.since, over.until, inspected, disagreeing, share_pct(disagreeing, inspected), tuple(rows))


def forecast(tx: Tx, seller_id: int, now: datetime) -> ForecastView:
    """What must be decided in the next 14 days."""
    dues = metric_queries.dues(tx, seller_id, now, end_of_day(now, FORECAST_DAYS - 1))
    return ForecastView(tuple(
        ForecastRow(
            day.last_day.astimezone(MOSCOW).date(), day.requests, Money(day.requests_minor), day.units,
            Money(day.units_minor), day.credits, Money(day.credits_minor),
        )
        for day in metrics.forecast(dues, now)
    ))  # fmt: skip


def _amounts(groups: Iterable[Group]) -> Amounts:
    it: Balance = metrics.balance(groups)
    amounts = (Money(it.refunded), Money(it.recovered), Money(it.open), Money(it.lost))
    return Amounts(it.count, *amounts, share_pct(it.recovered, it.refunded))


def _product(it: Product, category: CategorySums | None, reasons: dict[str, int], policy: Policy) -> ProductRate:
    of_category = (0, 0) if category is None else (category.delivered, category.accepted)
    return ProductRate(
        it.sku, it.offer_id, it.name, it.category, it.delivered, it.accepted, share_pct(it.accepted, it.delivered),
        share_pct(of_category[1], of_category[0]),
        quality.comes_back_too_often(*it.in_category, of_category, policy), _shares(reasons),
    )  # fmt: skip


def _shares(counts: dict[str, int]) -> tuple[ReasonShare, ...]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(ReasonShare(group, count) for group, count in ordered)
