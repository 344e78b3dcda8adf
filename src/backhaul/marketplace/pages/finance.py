"""The marketplace's money: compensation that is due, by day and by cell of the rate card; refunds by state; balances."""

from typing import Any

from babel.dates import format_skeleton
from litestar import Response, get

from backhaul.kit import http, i18n, plots
from backhaul.kit.days import last_moment
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import ledger_doors, ledger_texts, money_queries, money_views
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.money_queries import Cell, Day, Sum
from backhaul.marketplace.money_views import CELLS_OF_DAYS, DONE_OF_DAYS, DONE_REFUNDS, OPEN_REFUNDS, ReserveView
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.version_texts import price_band, weight_band

TABS = {"due": N_("Due in 7 days"), "alarm": N_("Day 5 and later"), "overdue": N_("Overdue"),
        "reversed": N_("Taken back")}  # fmt: skip
TABS_EMPTY = {
    "due": N_("No compensation is due in the next seven days."),
    "alarm": N_("Nothing has reached day 5 without being credited."),
    "overdue": N_("Nothing is overdue."),
    "reversed": N_("Nothing was taken back."),
}


def routes(office: Office) -> list[Any]:
    """The handler of finance."""

    @get("/finance", include_in_schema=False)
    @http.in_thread
    def finance(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        now, policy = office.clock.now(), office.house.terms.policy
        tab = request.query_params.get("tab", "due")
        tab = tab if tab in TABS else "due"
        after = request.query_params.get("after", "")
        with office.look(who.by) as tx:
            totals = money_views.finance(tx, now, policy)
            found = money_views.waiting(tx, now, policy, tab, after)
            reserve = money_views.reserve(tx, now, policy)
            balances = ledger_doors.balances(tx)
            objections = money_queries.weights_objected(tx)
        return page(
            request,
            "finance.html",
            who,
            here=f"/finance?tab={tab}",
            section="/finance",
            now=now,
            tab=tab,
            tabs=TABS,
            nothing=TABS_EMPTY[tab],
            totals=totals,
            counts={"due": totals.due.count, "alarm": totals.alarm.count + totals.overdue.count,
                    "overdue": totals.overdue.count},
            reserve=reserve,
            reserve_plot=_reserve_plot(reserve, who.language),
            returns=found.returns,
            after=after,
            following=found.next,
            due=due(totals.days, who.language),
            cells=[_cell(cell, who.language) for cell in totals.cells],
            cells_of_days=CELLS_OF_DAYS,
            done_of_days=DONE_OF_DAYS,
            refund_states=(*OPEN_REFUNDS, *DONE_REFUNDS),
            balances=[(one, ledger_texts.account_name(one.account.code, who.language)) for one in balances],
            objections=objections,
            alarm_day=policy.compensation_alarm_day,
        )  # fmt: skip

    return [finance]


def due(days: tuple[Day, ...], language: str) -> plots.Plot:
    """What is due by each day."""
    labels = [i18n.day(last_moment(day.due_by), language) for day in days]
    amounts = plots.Series(
        i18n.gettext(language, N_("Amount")),
        [day.amount.minor / 100 for day in days],
        [f"{i18n.money(day.amount, language)} · {day.count}" for day in days],
    )
    return plots.bars(labels, [amounts])


def _reserve_plot(reserve: ReserveView, language: str) -> plots.Plot:
    """What has to be paid by each day: accrued, and expected after refunds."""
    series = []
    for name, label in (("accrued", N_("Accrued")), ("expected", N_("After the refund"))):
        sums: list[Sum] = [getattr(day, name) for day in reserve.days]
        shown = [f"{i18n.money(one.amount, language)} · {one.count}" for one in sums]
        series.append(plots.Series(i18n.gettext(language, label), [one.amount.minor / 100 for one in sums], shown))
    labels = [i18n.day(day.day, language) for day in reserve.days]
    short = [format_skeleton("MMMd", day.day, locale=i18n.locale(language)) for day in reserve.days]
    return plots.bars(labels, series, short)


def _cell(cell: Cell, language: str) -> dict[str, Any]:
    return {
        "quality": cell.quality,
        "weight": weight_band(cell.weight_low_gram, cell.weight_high_gram, language),
        "price": price_band(cell.price_low_minor, cell.price_high_minor, language),
        "count": cell.count,
        "amount": cell.amount,
    }
