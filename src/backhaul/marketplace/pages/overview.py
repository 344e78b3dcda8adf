"""The seller's overview: what was refunded and came back, what does come back and why, how long it takes, what is due."""

from datetime import date, timedelta
from typing import Any

import msgspec
from babel.dates import format_skeleton
from litestar import Response, get

from backhaul.kit import http, i18n, plots
from backhaul.kit.days import MOSCOW
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import metric_files, metric_texts
from backhaul.marketplace import metric_views as views
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.metric_views import ForecastView, MoneyView, Period
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.metrics import MONTHS, MONTHS_SHOWN, StageTime
from backhaul.marketplace.rules.words import Role


class StageRow(msgspec.Struct, frozen=True):
    """A stage in its reader's words."""

    label: str
    count: int
    median: str
    p90: str


def routes(office: Office) -> list[Any]:
    """The handlers of the overview."""

    @get("/overview", include_in_schema=False)
    @http.in_thread
    def overview(request: Req) -> Response[Any]:
        who, over = asked(office, request)
        seller_id, route = int(who.by.subject), request.query_params.get("route", "")
        with office.look(who.by) as tx:
            money = views.money(tx, seller_id, over)
            rates = views.rates(tx, seller_id, over)
            stages = views.stages(tx, seller_id, over)
            marks = views.marks(tx, seller_id, over)
            forecast = views.forecast(tx, seller_id, over.now)
        route = route if route in metric_texts.ROUTES else ""
        return page(
            request,
            "overview.html",
            who,
            here=f"/overview?months={over.months}",
            section="/overview",
            months=over.months,
            periods=[(count, i18n.length_of_time(count, "month", who.language)) for count in MONTHS],
            route=route,
            short_routes=metric_texts.ROUTES,
            money=money,
            money_plot=_money_plot(money, over, route, who.language),
            forecast_plot=_forecast_plot(forecast, who.language),
            month_labels={row.month: _month(row.month, who.language) for row in money.months},
            passed_labels=metric_texts.PASSED,
            option_labels=metric_texts.OPTIONS,
            credits_plot=_credits_plot(forecast, who.language),
            rates=rates,
            most_pct=max((one.rate_pct or 0 for one in rates.products), default=0),
            stages=[_stage(one, who.language) for one in stages.stages],
            marks=marks,
        )

    @get([f"/overview/{name}.csv" for name in metric_files.COLUMNS], include_in_schema=False)
    @http.in_thread
    def table(request: Req) -> Response[Any]:
        who, over = asked(office, request)
        name = request.url.path.removeprefix("/overview/").removesuffix(".csv")
        with office.look(who.by) as tx:
            content = metric_files.csv_of(tx, name, int(who.by.subject), over)
        return http.file_answer(content, "text/csv; charset=utf-8", f"{name}-{over.months}.csv", inline=False)

    return [overview, table]


def asked(office: Office, request: Req) -> tuple[Visitor, Period]:
    """The seller who looks, and the months that the address asks for."""
    who = visitor(office, request)
    if who.by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    said = request.query_params.get("months", "")
    months = next((count for count in MONTHS if str(count) == said), MONTHS_SHOWN)
    return who, views.period(office.clock.now(), months, office.house.terms.policy, office.categories)


def _month(month: date, language: str) -> str:
    return format_skeleton("yMMM", month, locale=i18n.locale(language))


def _money_plot(money: MoneyView, over: Period, route: str, language: str) -> plots.Plot:
    """Recovered, open and lost on each other: what was refunded, month by month; of one route or of all."""
    months = [since.astimezone(MOSCOW).date() for since, _ in over.bounds]
    chosen = [row for row in money.months if route in {"", row.route}]
    series = []
    for name, label in (("recovered", N_("Recovered")), ("open", N_("Not settled yet")), ("lost", N_("Loss"))):
        sums = [sum(getattr(row.amounts, name).minor for row in chosen if row.month == month) for month in months]
        shown = [i18n.money(Money(one), language) for one in sums]
        series.append(plots.Series(i18n.gettext(language, label), [one / 100 for one in sums], shown))
    return plots.bars([_month(month, language) for month in months], series)


def _forecast_plot(forecast: ForecastView, language: str) -> plots.Plot:
    """What the products cost whose time ends on each day: requests to answer, products at the partner."""
    asked = plots.Series(
        i18n.gettext(language, N_("Requests to answer")),
        [day.requests_worth.minor / 100 for day in forecast.days],
        [f"{i18n.money(day.requests_worth, language)} · {day.requests}" for day in forecast.days],
    )
    units = plots.Series(
        i18n.gettext(language, N_("Products at the partner")),
        [day.units_worth.minor / 100 for day in forecast.days],
        [f"{i18n.money(day.units_worth, language)} · {day.units}" for day in forecast.days],
    )
    labels = [i18n.day(day.day, language) for day in forecast.days]
    short = [format_skeleton("MMMd", day.day, locale=i18n.locale(language)) for day in forecast.days]
    return plots.bars(labels, [asked, units], short)


def _credits_plot(forecast: ForecastView, language: str) -> plots.Plot:
    """Compensation that accrued, by the day by whose end it is credited."""
    shown = [f"{i18n.money(day.credits_amount, language)} · {day.credits}" for day in forecast.days]
    amounts = [day.credits_amount.minor / 100 for day in forecast.days]
    labels = [i18n.day(day.day, language) for day in forecast.days]
    short = [format_skeleton("MMMd", day.day, locale=i18n.locale(language)) for day in forecast.days]
    return plots.bars(labels, [plots.Series(i18n.gettext(language, N_("Compensation")), amounts, shown)], short)


def _stage(it: StageTime, language: str) -> StageRow:
    median, p90 = (_length(seconds, language) for seconds in (it.median_seconds, it.p90_seconds))
    return StageRow(metric_texts.STAGES[it.stage], it.count, median, p90)


def _length(seconds: int | None, language: str) -> str:
    return "" if seconds is None else i18n.age(timedelta(seconds=seconds), language)
