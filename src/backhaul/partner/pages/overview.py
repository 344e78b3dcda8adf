"""The supervisor's overview: how old what lies on the shelves is, and which promises were kept."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from backhaul.kit import http, i18n, plots
from backhaul.kit.i18n import N_
from backhaul.partner import metric_views as views
from backhaul.partner import workload_views
from backhaul.partner.doors import Req, visitor
from backhaul.partner.metric_views import AgesView
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.metrics import PERIOD_DAYS_SHOWN, PERIODS_DAYS
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Role

SHELVES_SHOWN = 30
# Behind each number: how it is counted, with the number of the policy.
PROMISES = {
    "gate": (N_("Gate check"), "hour", "gate_check_hours"),
    "inspection": (N_("Inspection"), "working_day", "inspect_working_days"),
    "media": (N_("Photos and video"), "working_day", "media_working_days"),
    "shipping": (N_("Shipping"), "working_day", "ship_working_days"),
}


def routes(office: Office) -> list[Any]:
    """The handlers of the overview."""

    @get("/overview", include_in_schema=False)
    @http.in_thread
    def overview(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        days, now, policy = _days(request), office.clock.now(), office.house.terms.policy
        with office.look(who.by) as tx:
            ages = views.aging(tx, policy, now)
            kept = views.promises(tx, policy, now, days)
            load = workload_views.workload(tx, policy, now)
        return page(
            request, office, "overview.html", who, here=f"/overview?days={days}", section="/overview", days=days,
            periods=[(count, i18n.length_of_time(count, "day", who.language)) for count in PERIODS_DAYS],
            ages=ages, map=_map(ages, who.language), more=max(0, sum(one.units > 0 for one in ages.shelves) - SHELVES_SHOWN),
            load=load, pickup_days=workload_views.PICKUP_DAYS,
            promises=[(one, *_told(one.promise, policy, who.language)) for one in kept.promises],
        )  # fmt: skip

    @get([f"/overview/{name}.csv" for name in views.COLUMNS], include_in_schema=False)
    @http.in_thread
    def table(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        name = request.url.path.removeprefix("/overview/").removesuffix(".csv")
        with office.look(who.by) as tx:
            content = views.csv_of(tx, name, office.house.terms.policy, office.clock.now(), _days(request))
        return http.file_answer(content, "text/csv; charset=utf-8", f"{name}.csv", inline=False)

    return [overview, table]


def _days(request: Req) -> int:
    asked = request.query_params.get("days", "")
    return next((count for count in PERIODS_DAYS if str(count) == asked), PERIOD_DAYS_SHOWN)


def _told(promise: str, policy: Policy, language: str) -> tuple[str, str]:
    label, unit, name = PROMISES[promise]
    count = int(getattr(policy, name))
    if unit == "hour":
        return i18n.gettext(language, label), i18n.length_of_time(count, "hour", language)
    text = i18n.translations(language).ngettext("{n} working day", "{n} working days", count)
    return i18n.gettext(language, label), text.format(n=count)


def _map(ages: AgesView, language: str) -> plots.HeatMap:
    """All shelves together, then those with the oldest units first; a field leads to its shelf."""
    columns = ("0–3", "4–7", "8–10", "11–13", "14", "> 14")
    ordered = sorted(
        ages.shelves, key=lambda one: (*(-count for count in reversed(one.ages)), one.warehouse, one.shelf)
    )
    most = max((count for one in ordered for count in one.ages), default=0)
    nameless = i18n.gettext(language, N_("Not put away yet"))
    rows = [(i18n.gettext(language, N_("All shelves")), _cells(ages.ages, max(ages.ages, default=0), columns, ""))]
    for one in ordered[:SHELVES_SHOWN]:
        path = f"/receiving/shelves?{urlencode({'warehouse': one.warehouse, 'shelf': one.shelf})}"
        rows.append((f"{one.warehouse} · {one.shelf or nameless}", _cells(one.ages, most, columns, path)))
    return plots.HeatMap(columns, rows)


def _cells(ages: tuple[int, ...], most: int, columns: tuple[str, ...], path: str) -> list[plots.Cell]:
    """The older, the darker: a field of over 14 days is never pale."""
    return [
        plots.Cell(
            str(count), plots.shade(count * (n + 1), most * len(columns)) if count else 0, f"{column}: {count}", path
        )
        for n, (count, column) in enumerate(zip(ages, columns, strict=True))
    ]
