"""Reports through API v1 and the Seller API: who may ask, who may fetch, and what the public contract answers."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from ozon_sdk import SellerAPI as SdkAPI
from ozon_sdk.seller_api.basic.models import V2ReportReturnsCreateRequestFilter
from ozonapi.seller.schemas.reports import (  # type: ignore[import-untyped]  # it ships no types
    ReportInfoResponse,
    ReportListResponse,
    ReportReturnsCreateResponse,
)

from backhaul.kit.database import Statement
from backhaul.marketplace import queries, report_doors
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, CHEN, ELIF, LUMITEK, MORNING, Market, market, served

CREATE, INFO, LIST = "/v2/report/returns/create", "/v1/report/info", "/v1/report/list"
V1 = "/api/v1/returns-reports"
SEPTEMBER = {"first_day": "2024-09-01", "last_day": "2024-09-30"}
FILTER = {
    "delivery_schema": "fbs", "date_from": "2024-09-01T00:00:00.000Z", "date_to": "2024-09-19T23:59:59.999Z",
    "status": "OnSellerApproval",
}  # fmt: skip
# The 34 visual statuses of the contract.
STATUSES = [
    "DisputeOpened",
    "OnSellerApproval",
    "ArrivedAtReturnPlace",
    "OnSellerClarification",
    "OnSellerClarificationAfterPartialCompensation",
    "OfferedPartialCompensation",
    "ReturnMoneyApproved",
    "PartialCompensationReturned",
    "CancelledDisputeNotOpen",
    "Rejected",
    "CrmRejected",
    "Cancelled",
    "Approved",
    "ApprovedByOzon",
    "ReceivedBySeller",
    "MovingToSeller",
    "ReturnCompensated",
    "ReturningToSellerByCourier",
    "Utilizing",
    "Utilized",
    "MoneyReturned",
    "PartialCompensationInProcess",
    "DisputeYouOpened",
    "CompensationRejected",
    "DisputeOpening",
    "CompensationOffered",
    "WaitingCompensation",
    "SendingError",
    "CompensationRejectedBySla",
    "CompensationRejectedBySeller",
    "MovingToOzon",
    "ReturnedToOzon",
    "MoneyReturnedBySystem",
    "WaitingShipment",
]

Call = Callable[..., httpx2.Response]


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def line(bazaar: Market) -> Iterator[httpx2.Client]:
    with served(bazaar) as url, httpx2.Client(base_url=url) as client:
        yield client


def v1(line: httpx2.Client, key: str) -> Call:
    def call(verb: str, path: str = "", **more: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key}", **more.pop("headers", {})}
        return line.request(verb, f"{V1}{path}", headers=headers, **more)

    return call


def work(bazaar: Market) -> None:
    while bazaar.office.tick():
        pass


def numbers(raw: bytes) -> list[str]:
    return [row["return_number"] for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))]


# -- API v1 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_only", [False, True])
def test_a_key_asks_watches_and_fetches(read_only: bool, bazaar: Market, line: httpx2.Client) -> None:  # noqa: FBT001
    """R101: a key that only reads may have reports too."""
    bazaar.in_status(Status.SELLER_REVIEW)
    call = v1(line, bazaar.key(read_only=read_only))
    asked = call("POST", json={**SEPTEMBER, "tab": "requests"})
    assert asked.status_code == 201
    report = asked.json()
    assert (report["state"], report["rows_found"], report["href"], report["kind"]) == ("waiting", 0, "", "csv")
    early = call("GET", f"/{report['id']}/file")
    assert (early.status_code, early.json()["code"]) == (409, "report_not_ready")
    work(bazaar)
    ready = call("GET", f"/{report['id']}").json()
    assert ready == call("GET").json()[0]
    assert (ready["state"], ready["rows_done"], ready["rows_total"], ready["rows_found"]) == ("ready", 1, 1, 1)
    file = line.get(ready["href"], headers={"Authorization": f"Bearer {bazaar.key(name='other', read_only=True)}"})
    assert (file.status_code, numbers(file.content)) == (200, ["R-100001"])
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="returns-2024-09-01-2024-09-30.csv"' == file.headers["content-disposition"]
    assert (file.headers["cache-control"], file.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert len(file.content) == ready["size_bytes"]


def test_a_report_is_deleted_as_it_was_seen_while_it_is_being_made_and_not_when_it_is_ready(
    bazaar: Market, line: httpx2.Client
) -> None:
    bazaar.in_status(Status.SELLER_REVIEW)
    call = v1(line, bazaar.key())
    one, other = (call("POST", json={**SEPTEMBER, "kind": kind}).json()["id"] for kind in ("csv", "xlsx"))
    seen = {report: {"If-Match": call("GET", f"/{report}").headers["etag"]} for report in (one, other)}
    made = Statement(t.reports.update().values(state="running", rows_done=1, rows_total=2, rows_found=1))
    bazaar.errand(lambda tx, _: tx.run(made))
    meanwhile = call("GET", f"/{one}")
    deleted = call("DELETE", f"/{one}", headers=seen[one])
    back = Statement(t.reports.update().where(t.reports.c.id == other).values(state="waiting"))
    bazaar.errand(lambda tx, _: tx.run(back))
    work(bazaar)
    refused = call("DELETE", f"/{other}", headers=seen[other])

    assert 1 == meanwhile.json()["rows_done"]
    assert meanwhile.headers["etag"] != seen[one]["If-Match"]  # else If-None-Match would hide how far it has come
    assert 204 == deleted.status_code
    assert (409, "changed_meanwhile") == (refused.status_code, refused.json()["code"])
    assert 204 == call("DELETE", f"/{other}", headers={"If-Match": refused.json()["etag"]}).status_code


def test_the_same_order_twice_is_one_report(bazaar: Market, line: httpx2.Client) -> None:
    call = v1(line, bazaar.key(read_only=True))
    answers = [call("POST", json=SEPTEMBER, headers={"Idempotency-Key": "nightly"}).json()["id"] for _ in range(3)]
    other = call("POST", json={**SEPTEMBER, "kind": "xlsx"}, headers={"Idempotency-Key": "nightly"})

    assert answers == answers[:1] * 3
    assert (other.status_code, other.json()["code"]) == (422, "key_used_for_another_request")
    assert len(call("GET").json()) == 1


def test_another_sellers_report_looks_like_none_at_all(bazaar: Market, line: httpx2.Client) -> None:
    elif_, chen = v1(line, bazaar.key(ELIF)), v1(line, bazaar.key(CHEN))
    report_id = elif_("POST", json=SEPTEMBER).json()["id"]
    work(bazaar)
    for verb, rest in (("GET", ""), ("GET", "/file"), ("POST", "/links"), ("DELETE", "")):
        foreign, none = chen(verb, f"/{report_id}{rest}"), chen(verb, f"/{'0' * 24}{rest}")
        assert (foreign.status_code, foreign.content) == (404, none.content)
    assert chen("GET").json() == []
    assert elif_("GET", f"/{report_id}/file").status_code == 200


def test_nobody_without_a_good_key_comes_near(bazaar: Market, line: httpx2.Client) -> None:
    key = bazaar.key()
    report_id = v1(line, key)("POST", json=SEPTEMBER).json()["id"]
    work(bazaar)
    bazaar.revoke(key)
    for text, status in (("nonsense", 401), ("bh_rw_nonsense", 401), (key, 403)):
        call = v1(line, text)
        told = {
            call("POST", json=SEPTEMBER).status_code, call("GET").status_code, call("GET", f"/{report_id}").status_code,
            call("GET", f"/{report_id}/file").status_code, call("POST", f"/{report_id}/links").status_code,
        }  # fmt: skip
        assert told == {status}
    entrance = f"/sign-in?back=%2Freports%2F{report_id}%2Ffile"
    assert line.get(f"/reports/{report_id}/file", follow_redirects=False).headers["location"] == entrance


def test_a_link_needs_no_session_and_opens_once(bazaar: Market, line: httpx2.Client) -> None:
    bazaar.in_status(Status.SELLER_REVIEW)
    call = v1(line, bazaar.key(read_only=True))
    report_id = call("POST", json=SEPTEMBER).json()["id"]
    assert call("POST", f"/{report_id}/links").json()["code"] == "report_not_ready"
    work(bazaar)
    link, late = (call("POST", f"/{report_id}/links").json() for _ in range(2))
    assert datetime.fromisoformat(link["until"]) == MORNING + timedelta(minutes=5)
    assert len(link["url"].rpartition("/")[2]) == 48

    assert numbers(line.get(link["url"]).content) == ["R-100001"]
    assert line.get(link["url"]).status_code == 404
    bazaar.clock.turn(timedelta(minutes=5))
    assert line.get(late["url"]).status_code == 404
    assert line.get(f"/report-files/{'0' * 48}").status_code == 404


def test_after_seven_days_there_is_no_file_even_before_the_worker_came(bazaar: Market, line: httpx2.Client) -> None:
    call = v1(line, bazaar.key())
    report_id = call("POST", json=SEPTEMBER).json()["id"]
    work(bazaar)
    bazaar.clock.turn_to(MORNING + timedelta(days=7) - timedelta(seconds=1))
    assert call("GET", f"/{report_id}/file").status_code == 200
    link = call("POST", f"/{report_id}/links").json()["url"]
    bazaar.clock.turn(timedelta(seconds=1))
    answer = call("GET", f"/{report_id}/file")

    assert (answer.status_code, answer.json()["code"]) == (404, "report_expired")
    assert line.get(link).status_code == 404
    assert call("GET", f"/{report_id}").json()["state"] == "expired"


UNFIT: list[tuple[dict[str, Any], str, str | None]] = [
    ({"last_day": "2024-12-01"}, "period_too_long", "last_day"),
    ({"last_day": "2024-08-31"}, "period_backwards", "last_day"),
    ({"first_day": "1024-09-01"}, "day_unreadable", "first_day"),
    ({"last_day": "9999-12-31"}, "day_unreadable", "last_day"),
    ({"states": ["new"]}, "not_in_the_list", "states"),
    ({"states": ["lost_and_found"]}, "field_invalid", None),
    ({"kind": "pdf"}, "field_invalid", None),
    ({"first_day": "yesterday"}, "field_invalid", None),
    ({"seller_id": LUMITEK}, "field_invalid", None),
]


def test_an_order_that_does_not_fit_is_refused(bazaar: Market, line: httpx2.Client) -> None:
    call = v1(line, bazaar.key())
    for body, code, field in UNFIT:
        answer = call("POST", json={**SEPTEMBER, **body})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert field in (None, answer.json().get("field"))
    assert call("GET").json() == []


def test_the_operations_stand_in_openapi(line: httpx2.Client) -> None:
    paths = line.get("/api/v1/openapi.json").json()["paths"]

    assert {V1: {"get", "post"}, f"{V1}/{{report_id}}": {"get", "delete"}, f"{V1}/{{report_id}}/file": {"get"},
            f"{V1}/{{report_id}}/links": {"post"}} == {
        path: set(operations) for path, operations in paths.items() if "returns-reports" in path
    }  # fmt: skip


# -- The Seller API ---------------------------------------------------------------------------------------------------


class Program:
    """A seller's program."""

    def __init__(self, bazaar: Market, line: httpx2.Client, client_id: int, key: str) -> None:
        self.bazaar, self.line, self.headers = bazaar, line, {"Client-Id": str(client_id), "Api-Key": key}

    def post(self, path: str, body: object) -> httpx2.Response:
        self.bazaar.clock.turn(timedelta(milliseconds=25))
        return self.line.post(path, json=body, headers=self.headers)

    def gets(self, path: str, body: object) -> Any:
        answer = self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, **filters: str) -> str:
        code: str = self.gets(CREATE, {"filter": {**FILTER, **filters}})["result"]["code"]
        return code

    def is_refused(self, path: str, body: object) -> tuple[int, int, str]:
        answer = self.post(path, body)
        told = answer.json()
        assert list(told) == ["code", "message", "details"]
        return answer.status_code, told["code"], told["message"]


@pytest.fixture(params=[False, True], ids=["writes", "read-only"])
def program(request: pytest.FixtureRequest, bazaar: Market, line: httpx2.Client) -> Program:
    return Program(bazaar, line, ANADOLU, bazaar.key(read_only=request.param))


def rows_of(raw: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        return book.read("xl/worksheets/sheet1.xml").count(b"<row ") - 1


def test_create_info_and_list_are_as_the_contract_has_them(
    program: Program, bazaar: Market, line: httpx2.Client
) -> None:
    bazaar.in_status(Status.SELLER_REVIEW)
    bazaar.in_status(Status.APPROVED)
    code = program.create()
    waiting = program.gets(INFO, {"code": code})["result"]
    assert (waiting["status"], waiting["file"], waiting["error"]) == ("waiting", "", "")
    bazaar.office.reports.work()
    assert program.gets(INFO, {"code": code})["result"]["status"] == "processing"
    work(bazaar)
    ready = program.gets(INFO, {"code": code})["result"]

    assert set(ready) == {"code", "status", "error", "file", "report_type", "params", "created_at", "expires_at"}
    assert {**ready, "file": "", "created_at": "", "expires_at": ""} == {
        "code": code, "status": "success", "error": "", "file": "", "report_type": "SELLER_RETURNS", "created_at": "",
        "expires_at": "",
        "params": {
            "delivery_schema": "FBS", "date_from": "2024-09-01T00:00:00+00:00",
            "date_to": "2024-09-19T23:59:59.999000+00:00", "status": "OnSellerApproval",
        },
    }  # fmt: skip
    assert ready["created_at"].endswith("Z")
    file = line.get(ready["file"])
    assert (file.status_code, rows_of(file.content)) == (200, 1)
    assert line.get(ready["file"]).status_code == 404
    listed = program.gets(LIST, {"page": 1, "page_size": 100, "report_type": "SELLER_RETURNS"})["result"]
    assert (listed["total"], [one["code"] for one in listed["reports"]]) == (1, [code])
    assert rows_of(line.get(listed["reports"][0]["file"]).content) == 1


def test_two_clients_of_other_people_understand_the_answers(
    program: Program, bazaar: Market, line: httpx2.Client
) -> None:
    """The models of both packages from PyPI are the schemas of the contract."""
    bazaar.in_status(Status.SELLER_REVIEW)
    made = ReportReturnsCreateResponse.model_validate(program.gets(CREATE, {"filter": FILTER, "language": "EN"}))
    work(bazaar)
    info = ReportInfoResponse.model_validate(program.gets(INFO, {"code": made.result.code}))
    listed = ReportListResponse.model_validate(program.gets(LIST, {"page": 1, "page_size": 1000}))
    assert ("success", made.result.code) == (info.result.status, info.result.code)
    assert (1, made.result.code) == (listed.result.total, listed.result.reports[0].code)

    async def story() -> None:
        url = str(line.base_url)
        async with SdkAPI(str(ANADOLU), program.headers["Api-Key"], base_url=url, max_retries=0) as api:
            asked = V2ReportReturnsCreateRequestFilter(**{**FILTER, "delivery_schema": "ALL"})
            again: Any = await api.report_returns_create(filter_=asked)
            seen: Any = await api.report_info(code=again.result.code)
            assert seen.result.status == "waiting"
            many: Any = await api.report_list(page=1, page_size=10)
            assert many.result.total == 2

    asyncio.run(story())


def test_each_visual_status_is_known_and_takes_its_own(program: Program, bazaar: Market) -> None:
    for status in (Status.SELLER_REVIEW, Status.OFFER_SENT, Status.ON_THE_WAY, Status.DISPOSED_BY_MARKETPLACE):
        bazaar.in_status(status)
    found = {}
    for visual in STATUSES:
        report_id = program.create(status=visual).rpartition("_")[2]
        work(bazaar)
        with bazaar.office.database.read() as tx:
            found[visual] = report_doors.own(tx, report_id, ELIF).rows_found
        bazaar.office.desk.perform_now(report_doors.ending(report_id, ELIF))
    assert {visual: count for visual, count in found.items() if count} == {
        "OfferedPartialCompensation": 1, "OnSellerApproval": 1, "Utilized": 1, "MovingToOzon": 1,
    }  # fmt: skip


def test_there_are_no_returns_of_the_other_schema(program: Program, bazaar: Market, line: httpx2.Client) -> None:
    bazaar.in_status(Status.SELLER_REVIEW)
    codes = {schema: program.create(delivery_schema=schema) for schema in ("FBO", "ALL", "FBS")}
    work(bazaar)

    files = {schema: program.gets(INFO, {"code": code})["result"]["file"] for schema, code in codes.items()}
    assert {"FBO": 0, "ALL": 1, "FBS": 1} == {schema: rows_of(line.get(url).content) for schema, url in files.items()}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "Filter"),
    ({"filter": {**FILTER, "status": "Lost"}}, "Filter.Status"),
    ({"filter": {k: v for k, v in FILTER.items() if k != "status"}}, "Filter.Status"),
    ({"filter": {**FILTER, "delivery_schema": "RFBS"}}, "Filter.DeliverySchema"),
    ({"filter": {**FILTER, "date_from": "yesterday"}}, "Filter.DateFrom"),
    ({"filter": {k: v for k, v in FILTER.items() if k != "date_to"}}, "Filter.DateTo"),
    ({"filter": {**FILTER, "date_to": "2024-08-01T00:00:00Z"}}, "Filter.DateTo"),
    ({"filter": {**FILTER, "date_to": "2024-12-01T00:00:01Z"}}, "Filter.DateTo"),
    ({"filter": {**FILTER, "date_to": "9999-12-31T23:59:59.999999Z"}}, "Filter.DateTo"),
    ({"filter": FILTER, "language": "FR"}, "Language"),
]


def test_a_wrong_field_is_named_as_the_service_does(program: Program) -> None:
    for body, field in WRONG:
        status, code, message = program.is_refused(CREATE, body)
        assert (400, 3) == (status, code)
        assert message.startswith(f"Request validation error: invalid ReportReturnsCreateRequest.{field}: ")
    assert program.gets(LIST, {"page": 1, "page_size": 10})["result"]["total"] == 0


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("1999-12-31T23:59:59Z", "2000-01-31T00:00:00Z", "Filter.DateFrom"),
        ("2000-01-01T00:00:00Z", "2000-01-31T00:00:00Z", ""),
        ("2200-12-01T00:00:00Z", "2200-12-31T23:59:59Z", ""),
        ("2200-12-01T00:00:00Z", "2201-01-01T00:00:00Z", "Filter.DateTo"),
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", "Filter.DateFrom"),
    ],
)
def test_a_period_lies_in_the_years_from_2000_to_2200(program: Program, first: str, last: str, field: str) -> None:
    body = {"filter": {**FILTER, "date_from": first, "date_to": last}}
    if not field:
        assert program.gets(CREATE, body)["result"]["code"]
        return
    message = f"Request validation error: invalid ReportReturnsCreateRequest.{field}: value must be a date of our time"
    assert (400, 3, message) == program.is_refused(CREATE, body)


def test_a_code_with_a_sign_that_nothing_stores_is_a_wrong_field(program: Program) -> None:
    status, code, message = program.is_refused(INFO, {"code": "REPORT_SELLER_RETURNS_\0"})

    assert (400, 3) == (status, code)
    assert message.startswith("Request validation error: invalid ReportInfoRequest.Code: ")


def test_what_is_not_ones_own_is_not_found(program: Program, bazaar: Market, line: httpx2.Client) -> None:
    code = program.create()
    chen = Program(bazaar, line, LUMITEK, bazaar.key(CHEN))
    for unknown in ("", "REPORT_SELLER_RETURNS_", "nonsense", code.rpartition("_")[2], f"{code}0"):
        assert program.is_refused(INFO, {"code": unknown}) == (404, 5, "Not Found")
    assert chen.is_refused(INFO, {"code": code}) == (404, 5, "Not Found")
    assert chen.gets(LIST, {"page": 1, "page_size": 10}) == {"result": {"reports": [], "total": 0}}
    bazaar.clock.turn(timedelta(days=7))
    assert program.is_refused(INFO, {"code": code}) == (404, 5, "Not Found")
    assert program.gets(LIST, {"page": 1, "page_size": 10}) == {"result": {"reports": [], "total": 0}}


def test_pages_of_the_list(program: Program) -> None:
    codes = [program.create() for _ in range(5)]

    def page(number: int, size: int = 2, **more: str) -> list[str]:
        answer = program.gets(LIST, {"page": number, "page_size": size, **more})["result"]
        return [one["code"] for one in answer["reports"]]

    assert codes[::-1] == [*page(1), *page(2), *page(3)]
    assert [] == page(4)
    assert [] == page(1, report_type="SELLER_PRODUCTS")
    for body, field in (
        ({"page": 0, "page_size": 10}, "Page"), ({"page": 1, "page_size": 1001}, "PageSize"), ({"page": 1}, "PageSize"),
        ({"page": 1, "page_size": 10, "report_type": "X"}, "ReportType"),
    ):  # fmt: skip
        status, code, message = program.is_refused(LIST, body)
        assert (400, 3) == (status, code)
        assert f"invalid ReportListRequest.{field}: " in message


def test_the_twenty_first_is_a_conflict(program: Program) -> None:
    for _ in range(20):
        program.create()

    assert program.is_refused(CREATE, {"filter": FILTER}) == (409, 9, "At most 20 reports are kept at a time")


@pytest.mark.parametrize("path", [CREATE, INFO, LIST])
def test_a_key_that_is_none_is_refused_first(path: str, bazaar: Market, line: httpx2.Client) -> None:
    good = bazaar.key()
    for client_id, key in ((LUMITEK, good), (ANADOLU, "nonsense")):
        program = Program(bazaar, line, client_id, key)
        assert program.is_refused(path, {})[:2] == (404, 5)
    bazaar.revoke(good)
    assert Program(bazaar, line, ANADOLU, good).is_refused(path, {})[:2] == (403, 7)
    assert line.get(path, headers={"Client-Id": "1", "Api-Key": "x"}).status_code == 405
    with bazaar.office.database.read() as tx:
        assert {"wrong_key", "key_revoked"} == {attempt.code for attempt in queries.attempts(tx)}
