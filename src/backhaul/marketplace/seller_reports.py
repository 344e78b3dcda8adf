"""The Seller API's report methods: create, info, list, by the public contract. The file is XLSX, its link opens it once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Response, post
from litestar.params import RawBody

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import MICROSECOND
from backhaul.kit.machine import Refused
from backhaul.marketplace import report_doors
from backhaul.marketplace import seller_wire as wire
from backhaul.marketplace.access import ApiKey
from backhaul.marketplace.doors import Req
from backhaul.marketplace.office import Office
from backhaul.marketplace.returns_report import queries
from backhaul.marketplace.returns_report.wanted import Wanted
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.wire_states import VISUAL_STATUSES
from backhaul.marketplace.seller_door import LookUp, Made

CREATE, INFO, LIST = "/v2/report/returns/create", "/v1/report/info", "/v1/report/list"
METHODS = (CREATE, INFO, LIST)
SCHEMAS = ("FBS", "FBO", "ALL")
LANGUAGES = {"DEFAULT": wire.RUSSIAN, "RU": wire.RUSSIAN, "EN": "en"}
REPORT_TYPE = "SELLER_RETURNS"
REPORT_TYPES = (
    "ALL", "SELLER_PRODUCTS", "SELLER_STOCK", REPORT_TYPE, "SELLER_POSTINGS", "SELLER_DISCOUNTED", "MUTUAL_SETTLEMENT",
    "DOCUMENT_B2B_SALES", "COMPENSATION_REPORT", "DECOMPENSATION_REPORT", "MARKED_PRODUCTS_SALES",
    "SELLER_PLACEMENT_BY_PRODUCTS", "SELLER_PLACEMENT_BY_SUPPLIES",
)  # fmt: skip
STATUSES = {
    queries.WAITING: "waiting",
    queries.RUNNING: "processing",
    queries.READY: "success",
    queries.FAILED: "failed",
}
CODE_PREFIX = f"REPORT_{REPORT_TYPE}_"
PAGE_SIZE_MAX = 1000
FIELDS = {"last_day": "filter.date_to"}
FIRST_YEAR, LAST_YEAR = 2000, 2200


class Filter(msgspec.Struct, frozen=True):
    """The period by request date, both ends included, and one visual status."""

    date_from: datetime
    date_to: datetime
    status: str
    delivery_schema: str | None = None


class ReportReturnsCreateRequest(msgspec.Struct, frozen=True):
    """A returns report. Ours are returns of the schema FBS; there are none of FBO."""

    filter: Filter
    language: str | None = None

    def wanted(self) -> Wanted:
        """What it comes to here."""
        asked = self.filter
        schema, language = (asked.delivery_schema or "ALL").upper(), (self.language or "DEFAULT").upper()
        for path, value, known in (
            ("filter.delivery_schema", schema, SCHEMAS),
            ("filter.status", asked.status, tuple(VISUAL_STATUSES)),
            ("language", language, tuple(LANGUAGES)),
        ):
            if value not in known:
                raise wire.wrong(type(self), path, f"value must be in list [{', '.join(known)}]")
        try:
            from_at, until = _instant(asked.date_from), _instant(asked.date_to) + MICROSECOND
        except OverflowError:
            raise wire.wrong(type(self), "filter.date_to", "value must be a date of our time") from None
        for path, at in (("filter.date_from", from_at), ("filter.date_to", until)):
            if not FIRST_YEAR <= at.year <= LAST_YEAR:
                raise wire.wrong(type(self), path, "value must be a date of our time")
        return Wanted(
            from_at, until, "xlsx", LANGUAGES[language],
            looks=() if schema == "FBO" else VISUAL_STATUSES[asked.status],
            params={
                "delivery_schema": schema, "date_from": asked.date_from.isoformat(),
                "date_to": asked.date_to.isoformat(), "status": asked.status,
            },
        )  # fmt: skip


class ReportInfoRequest(msgspec.Struct, frozen=True):
    """One report by its code."""

    code: wire.Words


class ReportListRequest(msgspec.Struct, frozen=True):
    """A page of the reports that have not expired."""

    page: int
    page_size: int
    report_type: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.page <= wire.INT64_MAX:
            raise wire.wrong(type(self), "page", "value must be greater than 0")
        if not 1 <= self.page_size <= PAGE_SIZE_MAX:
            raise wire.wrong(type(self), "page_size", f"value must be inside range [1, {PAGE_SIZE_MAX}]")
        if (self.report_type or "ALL") not in REPORT_TYPES:
            raise wire.wrong(type(self), "report_type", f"value must be in list [{', '.join(REPORT_TYPES)}]")


def handlers(office: Office, look_up: LookUp) -> list[Any]:
    """The three methods. `look_up` checks the key, whatever its role, and opens the database for reading."""

    @post(CREATE, status_code=200)
    @http.in_thread
    def create(request: Req, body: RawBody) -> Response[bytes]:
        def find(_tx: Tx, by: By, _key: ApiKey, _at: datetime) -> Made:
            wanted = wire.read(ReportReturnsCreateRequest, body).wanted()
            try:
                answer = office.desk.perform_now(report_doors.ordering(office, wanted, by))
            except Refused as refused:
                raise _named(refused, office) from refused
            return {"result": {"code": CODE_PREFIX + answer.body.decode()}}

        return look_up(request, find)

    @post(INFO, status_code=200)
    @http.in_thread
    def info(request: Req, body: RawBody) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, at: datetime) -> Made:
            code = wire.read(ReportInfoRequest, body).code
            report = report_doors.own(tx, code.removeprefix(CODE_PREFIX), by)
            if not code.startswith(CODE_PREFIX) or report.state_at(at) == queries.EXPIRED:
                raise Refused("not_found", "missing")
            return {"result": _shown(office, request, [report], by, at)[0]}

        return look_up(request, find)

    @post(LIST, status_code=200)
    @http.in_thread
    def reports(request: Req, body: RawBody) -> Response[bytes]:
        def find(tx: Tx, by: By, _key: ApiKey, at: datetime) -> Made:
            asked = wire.read(ReportListRequest, body)
            ours = asked.report_type in (None, "", "ALL", REPORT_TYPE)
            alive = queries.alive_of_seller(tx, report_doors.seller_of(by), at) if ours else []
            start = (asked.page - 1) * asked.page_size
            shown = _shown(office, request, alive[start : start + asked.page_size], by, at)
            return {"result": {"reports": shown, "total": len(alive)}}

        return look_up(request, find)

    return [create, info, reports]


def _shown(office: Office, request: Req, reports: Sequence[queries.Report], by: By, at: datetime
           ) -> list[dict[str, object]]:  # fmt: skip
    """Reports on the wire; each ready one with a fresh link, as every answer of the contract has."""
    ready = [report for report in reports if report.is_ready(at)]
    paths, errand = report_doors.linking(office, ready, by)
    if ready:
        office.desk.perform_now(errand)
    host = str(request.base_url).rstrip("/")
    return [_one(report, f"{host}{paths[report.id]}" if report.id in paths else "") for report in reports]


def _one(report: queries.Report, file: str) -> dict[str, object]:
    wanted = report.wanted
    dates = {"date_from": wanted.from_at.isoformat(), "date_to": wanted.last_moment.isoformat()}
    return {
        "code": CODE_PREFIX + report.id,
        "status": STATUSES[report.state],
        "error": "The report could not be made" if report.state == queries.FAILED else "",
        "file": file,
        "report_type": REPORT_TYPE,
        "params": wanted.params or dates,
        "created_at": report.created_at,
        "expires_at": report.expires_at,
    }


def _named(refused: Refused, office: Office) -> Refused:
    """A refusal of the period under the contract's name of the field."""
    path = FIELDS.get(refused.field or "")
    if path is None:
        return refused
    months_max = office.house.terms.policy.report_months_max
    rules = {
        "period_backwards": "value must be after date_from",
        "period_too_long": f"value must be within {months_max} months after date_from",
    }
    return wire.wrong(ReportReturnsCreateRequest, path, rules.get(refused.code, refused.code))


def _instant(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
