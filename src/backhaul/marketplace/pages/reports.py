"""The seller's page of returns reports: ask for one, see how far it is, download it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import File

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.marketplace import report_doors, texts
from backhaul.marketplace.doors import Req, Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.returns_report import queries
from backhaul.marketplace.returns_report.wanted import KINDS, STATES, TABS, of_form
from backhaul.marketplace.rules.words import Role, Route

FIELDS = ("first_day", "last_day", "tab", "state", "reason_group", "route", "kind")
PERIOD_DAYS = 30
REFRESH_SECONDS = 3
TONES = {queries.READY: "good", queries.FAILED: "bad", queries.RUNNING: "warn", queries.WAITING: "warn"}


class Row(msgspec.Struct, frozen=True):
    """A report in the list."""

    report: queries.Report
    state: str
    tone: str
    is_ready: bool


def routes(office: Office) -> list[Any]:
    """The handlers of the page."""

    @get("/reports", include_in_schema=False)
    @http.in_thread
    def reports(request: Req) -> Response[Any]:
        return _draw(request, office, _seller(office, request))

    @post("/reports", include_in_schema=False)
    async def order(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_seller, office, request)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in FIELDS}
        token = str(form.get("form_token", ""))[:80]
        try:
            await office.desk.perform(
                report_doors.ordering(office, of_form(values, who.language), who.by, token and f"report-{token}")
            )
        except Refused as refused:
            return await to_thread.run_sync(partial(_draw, request, office, who, refused=refused, values=values))
        return http.see_other("/reports")

    @post("/reports/{report_id:str}/delete", include_in_schema=False)
    async def remove(request: Req, report_id: FromPath[str]) -> Response[Any]:
        who = await to_thread.run_sync(_seller, office, request)
        await office.desk.perform(report_doors.ending(report_id, who.by))
        return http.see_other("/reports")

    @get("/reports/{report_id:str}/file", include_in_schema=False)
    @http.in_thread
    def report_file(request: Req, report_id: FromPath[str]) -> File:
        who = _seller(office, request)
        with office.look(who.by) as tx:
            found = report_doors.own(tx, report_id, who.by)
        return report_doors.file_of(office, found)

    @get(f"{report_doors.LINK_PATH}/{{token:str}}", include_in_schema=False)
    async def file_by_link(token: FromPath[str]) -> File:
        """The link is used up with the answer, so it leads to one download."""
        found: list[queries.Report] = []

        def use(tx: Tx, at: datetime) -> None:
            found.append(report_doors.report_by_link(tx, token, at))

        await office.desk.perform(Errand(use))
        return await to_thread.run_sync(report_doors.file_of, office, found[0])

    return [reports, order, remove, report_file, file_by_link]


def _seller(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _draw(request: Req, office: Office, who: Visitor, *, refused: Refused | None = None,
          values: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    """The form and the list. While a report is being made the page loads itself anew, without the form: nothing typed is lost."""
    now, policy = office.clock.now(), office.house.terms.policy
    with office.look(who.by) as tx:
        found = queries.of_seller(tx, report_doors.seller_of(who.by))
    rows = [
        Row(report, report.state_at(now), TONES.get(report.state_at(now), ""), report.is_ready(now)) for report in found
    ]
    moves = any(row.state in (queries.WAITING, queries.RUNNING) for row in rows)
    asks = refused is not None or "new" in request.query_params or not moves
    today = now.astimezone(MOSCOW).date()
    return page(
        request,
        "reports.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/reports",
        rows=rows,
        asks=asks,
        refresh_seconds=REFRESH_SECONDS if moves and not asks else 0,
        values=values
        or {"first_day": str(today - timedelta(days=PERIOD_DAYS)), "last_day": str(today), "kind": "xlsx"},
        field=refused.field if refused else "",
        states=texts.REPORT_STATES,
        state_choices=[(state, texts.STATUS_LABELS[state]) for state in STATES],
        tab_choices=[(tab, texts.TABS[tab]) for tab in TABS],
        group_choices=list(texts.REASON_GROUPS.items()),
        route_choices=[(route, texts.ROUTE_LABELS[route]) for route in Route],
        kinds=[(kind, texts.REPORT_KINDS[kind]) for kind in KINDS],
        months_max=policy.report_months_max,
        days=policy.report_days,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )
