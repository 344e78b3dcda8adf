"""Returns reports in API v1: ask for one, watch it, fetch its file.

They stand at `/returns-reports`: at `/reports` the partner reports what its warehouse saw.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec
from anyio import to_thread
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import File, Response

from backhaul.kit import http
from backhaul.kit.conditional import check_unchanged, tag_of
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import IfMatch
from backhaul.marketplace import report_doors
from backhaul.marketplace.doors import IdempotencyKey, Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.returns_report import queries
from backhaul.marketplace.returns_report.wanted import KINDS, Wanted, start_of
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import ReasonGroup, Route, Status

Tab = Literal["requests", "on_the_road", "resolved"]
Language = Literal["en", "ru", "zh", "tr"]


class OrderReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests of these Moscow days, both included, at most three calendar months. Filters left out let everything through."""

    first_day: date
    last_day: date
    kind: Literal["csv", "xlsx"] = "csv"
    tab: Tab | None = None
    states: tuple[Status, ...] = ()
    reason_group: ReasonGroup | None = None
    route: Route | None = None
    language: Language = "en"

    def wanted(self) -> Wanted:
        if not 2000 <= self.first_day.year <= self.last_day.year <= 2200:
            field = "first_day" if not 2000 <= self.first_day.year <= 2200 else "last_day"
            raise Refused("day_unreadable", "invalid", field)
        return Wanted(
            start_of(self.first_day), start_of(self.last_day + timedelta(days=1)), self.kind, self.language,
            self.states, self.tab or "", self.reason_group or "", self.route or "",
        )  # fmt: skip


class ReportView(msgspec.Struct, frozen=True):
    """A report. `rows_done` of `rows_total` returns were looked through, `rows_found` stand in the file."""

    id: str
    state: Literal["waiting", "running", "ready", "failed", "expired"]
    kind: str
    first_day: date
    last_day: date
    tab: str
    states: tuple[Status, ...]
    reason_group: str
    route: str
    asked_by: str
    created_at: datetime
    expires_at: datetime
    rows_done: int
    rows_total: int
    rows_found: int
    size_bytes: int
    sha256: str
    href: str


class ReportLink(msgspec.Struct, frozen=True):
    """Opens the file once, without a session or key."""

    url: str
    until: datetime


Calling = Callable[[Office, Req], By]


def handlers(office: Office, caller: Calling) -> list[Any]:
    """The operations on reports. `caller` tells who holds the token of a request."""
    return [*_reports(office, caller), *_files(office, caller)]


def _reports(office: Office, caller: Calling) -> list[Any]:
    @post("/returns-reports", status_code=201, summary="Ask for a returns report", tags=["returns reports"])
    async def order(request: Req, data: JSONBody[OrderReport], key: IdempotencyKey = None) -> ReportView:
        by = await to_thread.run_sync(caller, office, request)
        answer = await office.desk.perform(report_doors.ordering(office, data.wanted(), by, key or ""))
        return await to_thread.run_sync(_seen, office, answer.body.decode(), by)

    @get("/returns-reports", summary="The seller's reports, newest first, at most 100", tags=["returns reports"])
    @http.in_thread
    def reports(request: Req) -> list[ReportView]:
        by = caller(office, request)
        with office.look(by) as tx:
            found = queries.of_seller(tx, report_doors.seller_of(by))
        return [_view(report, office.clock.now()) for report in found]

    @get("/returns-reports/{report_id:str}", summary="One report", tags=["returns reports"])
    @http.in_thread
    def report(request: Req, report_id: FromPath[str]) -> Response[ReportView]:
        view = _seen(office, report_id, caller(office, request))
        return Response(view, headers={"etag": tag_of(_decided(view))})

    @delete("/returns-reports/{report_id:str}", status_code=204, summary="Delete a report", tags=["returns reports"])
    async def remove(request: Req, report_id: FromPath[str], key: IdempotencyKey = None, seen: IfMatch = None) -> None:
        by = await to_thread.run_sync(caller, office, request)

        def check(tx: Tx, at: datetime) -> None:
            check_unchanged(seen, _decided(_view(report_doors.own(tx, report_id, by), at)) if seen else None)

        await office.desk.perform(report_doors.ending(report_id, by, key or "", check))

    return [order, reports, report, remove]


def _files(office: Office, caller: Calling) -> list[Any]:
    @get("/returns-reports/{report_id:str}/file", summary="The file of a ready report", tags=["returns reports"],
         opt=door(gives=tuple(KINDS.values()), refuses=(409,)))  # fmt: skip
    @http.in_thread
    def report_file(request: Req, report_id: FromPath[str]) -> File:
        by = caller(office, request)
        with office.look(by) as tx:
            found = report_doors.own(tx, report_id, by)
        return report_doors.file_of(office, found)

    @post("/returns-reports/{report_id:str}/links", status_code=201, tags=["returns reports"],
          summary="A link that opens the file once, within minutes, without a session")  # fmt: skip
    async def link(request: Req, report_id: FromPath[str], key: IdempotencyKey = None) -> ReportLink:
        by = await to_thread.run_sync(caller, office, request)
        found = await to_thread.run_sync(ready, report_id, by)
        paths, errand = report_doors.linking(office, [found], by, key or "")
        answer = await office.desk.perform(errand)
        until = datetime.fromisoformat(answer.body.decode())
        return ReportLink(f"{str(request.base_url).rstrip('/')}{paths[report_id]}", until)

    def ready(report_id: str, by: By) -> queries.Report:
        with office.look(by) as tx:
            found = report_doors.own(tx, report_id, by)
        report_doors.file_of(office, found)
        return found

    return [report_file, link]


def _seen(office: Office, report_id: str, by: By) -> ReportView:
    with office.look(by) as tx:
        return _view(report_doors.own(tx, report_id, by), office.clock.now())


def _decided(view: ReportView) -> ReportView:
    """The report without how far it has come: that it is being made meanwhile changes nothing of it."""
    state = "waiting" if view.state == "running" else view.state
    return msgspec.structs.replace(view, state=state, rows_done=0, rows_total=0, rows_found=0)


def _view(report: queries.Report, at: datetime) -> ReportView:
    wanted = report.wanted
    return ReportView(
        report.id, report.state_at(at), wanted.kind, wanted.first_day, wanted.last_day, wanted.tab, wanted.states,
        wanted.reason_group, wanted.route, report.asked_by, report.created_at, report.expires_at, report.rows_done,
        report.rows_total, report.rows_found, report.size_bytes, report.sha256,
        f"/api/v1/returns-reports/{report.id}/file" if report.is_ready(at) else "",
    )  # fmt: skip
