"""The Seller API around returns over real HTTP: withdrawn returns, returns of other schemes, and what only others know."""

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit.i18n import gettext
from backhaul.marketplace import errands, texts
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import CHEN, IRINA, KETTLE, LUMITEK, MUG, Market, market, served
from tests.marketplace.test_seller_api import (
    AROUND,
    DEACTIVATED,
    MORE_ACTS,
    NO_ROLE,
    NOT_FOUND,
    WRONG_KEY,
    Shop,
    invalid,
)

LIST, APPROVE, REJECT = (f"/v2/conditional-cancellation/{word}" for word in ("list", "approve", "reject"))
OTHERS, POINTS = "/v1/returns/list", "/v1/returns/company/fbs/info"
AWAY = (503, 14, "Service is unavailable, please try again later")
ASKS_PARTNER = [
    path for path in (*AROUND, *MORE_ACTS) if path.startswith("/v1/return") and path != OTHERS and "enabled" not in path
]
TRUCK = {
    "arrival_time": "2024-09-05T08:00:00Z", "driver_name": "Ivan Orlov", "driver_phone": "+79990000000",
    "vehicle_license_plate": "A123BC77", "vehicle_model": "GAZelle",
}  # fmt: skip
PASS, SETTINGS = "/v1/return/pass", "/v1/delivery-method/return/settings/get"
GOOD: dict[str, dict[str, Any]] = {
    f"{PASS}/create": {"arrival_passes": [{**TRUCK, "dropoff_point_id": 1, "warehouse_id": 2}]},
    f"{PASS}/update": {"arrival_passes": [{**TRUCK, "arrival_pass_id": 1}]},
    f"{PASS}/delete": {"arrival_pass_ids": ["1"]},
    POINTS: {"pagination": {"limit": 1}},
    "/v1/return/giveout/list": {"limit": 1},
    "/v1/return/giveout/info": {"giveout_id": 100_001},
    "/v1/returns/settings/utilization/update": {
        "utilization_price": {"enabled": False}, "utilization_price_defects": {"enabled": True, "value": 5},
    },
}  # fmt: skip


@pytest.fixture
def bazaar(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def line(bazaar: Market) -> Iterator[httpx2.Client]:
    with served(bazaar) as url, httpx2.Client(base_url=url) as client:
        yield client


@pytest.fixture
def elif_(bazaar: Market, line: httpx2.Client) -> Shop:
    return Shop(bazaar, line, 1180457, bazaar.key())


@pytest.fixture
def reader(bazaar: Market, line: httpx2.Client) -> Shop:
    return Shop(bazaar, line, 1180457, bazaar.key(name="BI", read_only=True))


def ids(shop: Shop, **request: Any) -> list[int]:
    return [row["cancellation_id"] for row in shop.gets(LIST, {"limit": 500, **request})["result"]]


def test_a_return_that_its_customer_withdrew_is_a_cancellation_that_is_confirmed(bazaar: Market, reader: Shop) -> None:
    return_id = bazaar.in_status(Status.APPROVED)
    bazaar.does(IRINA, return_id, do.Cancel(), "2024-09-03 12:30")

    row = {
        "cancellation_id": return_id,
        "posting_number": "10000001-0001-1",
        "cancellation_initiator": "CLIENT",
        "cancellation_reason": {"id": 508, "name": gettext("ru", texts.STATUS_LABELS["cancelled"])},
        "cancellation_reason_message": "",
        "cancelled_at": "2024-09-03T09:30:00Z",
        "order_date": "2024-08-20T00:00:00+03:00",
        "approve_comment": "",
        "approve_date": "2024-09-03T09:30:00Z",
        "auto_approve_date": "2024-09-03T09:30:00Z",
        "source_id": 0,
        "state": {"id": 2, "name": gettext("ru", "Confirmed"), "state": "APPROVED"},
        "tpl_integration_type": "",
    }
    page = reader.gets(LIST, {"limit": 500, "with": {"counter": True}})
    assert page == {"result": [row], "last_id": return_id, "counter": 1}


def test_cancellations_are_those_of_the_customer_and_of_the_calendar_and_no_drafts(bazaar: Market, elif_: Shop) -> None:
    draft = bazaar.draft()
    bazaar.does(IRINA, draft, do.Cancel())
    bazaar.in_status(Status.CANCELLED, KETTLE)  # another seller's
    bazaar.in_status(Status.REJECTED)
    expired = bazaar.in_status(Status.APPROVED)
    withdrawn = bazaar.in_status(Status.CANCELLED)
    of_mug = bazaar.in_status(Status.CANCELLED, MUG)
    it = bazaar.now_is(expired)
    assert it.act_by is not None
    bazaar.clock.turn_to(it.act_by)
    bazaar.office.desk.sweep()
    assert bazaar.now_is(expired).status is Status.DROPOFF_EXPIRED

    assert ids(elif_) == [expired, withdrawn, of_mug]
    assert ids(elif_, filters=None, last_id=None, **{"with": None}) == [expired, withdrawn, of_mug]
    assert ids(elif_, filters={"cancellation_initiator": ["SYSTEM"]}) == [expired]
    assert ids(elif_, filters={"cancellation_initiator": ["client", "DELIVERY"]}) == [withdrawn, of_mug]
    assert ids(elif_, filters={"cancellation_initiator": ["SELLER"]}) == []
    assert ids(elif_, filters={"state": "APPROVED", "cancellation_initiator": []}) == [expired, withdrawn, of_mug]
    assert ids(elif_, filters={"state": "ON_APPROVAL"}) == ids(elif_, filters={"state": "REJECTED"}) == []
    assert ids(elif_, filters={"posting_number": [MUG.posting_number, "0-0-0"]}) == [of_mug]
    assert ids(elif_, limit=1, last_id=str(expired)) == [withdrawn]
    assert ids(elif_, last_id=of_mug) == []
    asked = {"limit": 1, "filters": {"posting_number": [MUG.posting_number]}, "with": {"counter": True}}
    assert elif_.gets(LIST, asked)["counter"] == 1
    assert elif_.gets(LIST, {"limit": 1, "with": {"counter": True}})["counter"] == 3


def test_nothing_is_left_to_decide_about_a_cancellation(bazaar: Market, elif_: Shop, reader: Shop) -> None:
    withdrawn, open_ = bazaar.in_status(Status.CANCELLED), bazaar.in_status(Status.SELLER_REVIEW)
    foreign, draft = bazaar.in_status(Status.CANCELLED, KETTLE), bazaar.draft()
    bazaar.does(IRINA, draft, do.Cancel())
    too_late = (409, 9, "Cancellation request is not in state ON_APPROVAL")
    before = bazaar.dump()
    for path in (APPROVE, REJECT):
        assert elif_.is_refused(path, {"cancellation_id": withdrawn, "comment": "Good."}) == too_late
        for unknown in (open_, foreign, draft, 999_999):
            assert elif_.is_refused(path, {"cancellation_id": unknown, "comment": None}) == NOT_FOUND
        assert reader.is_refused(path, {"cancellation_id": withdrawn}) == NO_ROLE
        missing = invalid("ConditionalCancellationMoveV2Request.CancellationId", "value is required")
        assert elif_.is_refused(path) == missing
    assert bazaar.dump() == before
    request = "GetConditionalCancellationListV2Request"
    limits = invalid(f"{request}.Limit", "value must be inside range [1, 500]")
    assert [elif_.is_refused(LIST, {"limit": limit}) for limit in (0, 501)] == [limits] * 2
    for filters, field in (({"state": "OPEN"}, "State"), ({"cancellation_initiator": ["ME"]}, "CancellationInitiator")):
        assert f"invalid {request}.Filters.{field}: " in elif_.is_refused(LIST, {"limit": 1, "filters": filters})[2]


def test_of_the_other_schemes_there_are_no_returns_and_wrong_questions_are_named(bazaar: Market, elif_: Shop) -> None:
    bazaar.in_status(Status.ON_THE_WAY)
    whole = {"time_from": "2024-09-01T00:00:00Z", "time_to": "2024-09-30T00:00:00Z"}
    nothing = {"returns": [], "has_next": False}
    for filters in (None, {}, {"logistic_return_date": whole, "return_schema": "Fbs", "visual_status_name": "Approved"},
                    {"order_id": "0", "posting_numbers": ["1-1-1"], "warehouse_id": 911, "compensation_status_id": 4}):  # fmt: skip
        assert elif_.gets(OTHERS, {"limit": 500, "last_id": 0, "filter": filters}) == nothing
    request = "GetReturnsListRequest"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"limit": 501}, "Limit"), ({"limit": 0}, "Limit"), ({}, "Limit"),
        ({"limit": 1, "filter": {"logistic_return_date": whole, "visual_status_change_moment": whole}}, "Filter"),
        ({"limit": 1, "filter": {"return_schema": "DBS"}}, "Filter.ReturnSchema"),
        ({"limit": 1, "filter": {"visual_status_name": "Gone"}}, "Filter.VisualStatusName"),
        ({"limit": 1, "filter": {"compensation_status_id": 5}}, "Filter.CompensationStatusId"),
        ({"limit": 1, "filter": {"posting_numbers": ["1"] * 51}}, "Filter.PostingNumbers"),
    ]  # fmt: skip
    for body, field in wrong:
        status, code, message = elif_.is_refused(OTHERS, body)
        assert (status, code, message.partition(": ")[2].partition(":")[0]) == (400, 3, f"invalid {request}.{field}")


@pytest.mark.parametrize("path", [*AROUND, *MORE_ACTS])
def test_who_has_no_good_key_is_refused_before_anything_else(path: str, bazaar: Market, line: httpx2.Client) -> None:
    key, ended, reading = bazaar.key(), bazaar.key(name="old"), bazaar.key(name="BI", read_only=True)
    bazaar.revoke(ended)
    before = bazaar.dump()
    for body in ({}, GOOD.get(path, {"limit": 1, "cancellation_id": 5})):
        assert Shop(bazaar, line, LUMITEK, key).is_refused(path, body) == WRONG_KEY
        assert Shop(bazaar, line, 1180457, ended).is_refused(path, body) == DEACTIVATED
        if path in MORE_ACTS:
            assert Shop(bazaar, line, 1180457, reading).is_refused(path, body) == NO_ROLE
    assert Shop(bazaar, line, 1180457, key).send("GET", path).status_code == 405
    assert bazaar.dump() == before


class Partner:
    """A server under the partner's address that answers as it is told."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = (200, b"{}")
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                status, body = partner.answer
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.send_header("location", "http://127.0.0.1:9/")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def partner(bazaar: Market) -> Iterator[Partner]:
    running, secret = Partner(), bazaar.office.seal.close("whsec_" + base64.b64encode(b"s" * 32).decode())
    bazaar.errand(lambda tx, _: errands.register_partner(tx, "partner", "Partner", running.url, secret, secret))
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_a_partner_that_answers_wrongly_or_slowly_is_away_and_holds_up_nobody(
    bazaar: Market, elif_: Shop, partner: Partner
) -> None:
    info, page = "/v1/returns/settings/utilization/info", {"limit": 5}
    for answer in ((500, b""), (503, b'{"code":"failed"}'), (401, b'{"code":"bad_signature"}'), (302, b""), (200, b""),
                   (200, b"not json"), (200, b"[]"), (200, b'{"ceilings":{"proper_below_rub":"x"},"changes":[]}'),
                   (409, b"\xff"), (409, b'{"code":"strange"}'), (200, b'{"x":"' + b"x" * 1_000_001 + b'"}')):  # fmt: skip
        partner.answer = answer
        assert elif_.is_refused(info) == AWAY, answer[:2]
    for code, message in (
        ("not_linked", "The seller is not linked to the logistics partner"),
        ("disposal_not_in_your_variant", "Disposal by price is not offered to sellers from this country"),
    ):
        partner.answer = (409, f'{{"code":"{code}"}}'.encode())
        assert elif_.is_refused(
            "/v1/returns/settings/utilization/update", GOOD["/v1/returns/settings/utilization/update"]
        ) == (409, 9, message)
    partner.answer = (200, b'{"ceilings":{},"changes":[]}')
    assert elif_.gets(info)["utilization_settings"]["utilization_price"] == {"amount": "0", "currency": "RUB"}

    with ExitStack() as busy:
        for _ in range(8):  # as many as may wait for it at a time
            busy.enter_context(bazaar.office.lines.one("partner_away"))
        assert elif_.is_refused(info) == AWAY
        assert elif_.gets(LIST, page) == {"result": [], "last_id": 0}
    assert elif_.gets("/v1/returns/settings/utilization/history") == {"history": []}


def test_without_a_partner_what_only_the_partner_knows_is_away(bazaar: Market, line: httpx2.Client) -> None:
    chen = Shop(bazaar, line, LUMITEK, bazaar.key(CHEN))
    for path in ASKS_PARTNER:
        answer = chen.post(path, GOOD.get(path, {}))
        assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == AWAY, path
        assert answer.headers["retry-after"] == "1"
    assert chen.gets("/v1/return/giveout/is-enabled") == {"enabled": False}
    bazaar.clock.turn(timedelta(seconds=1))
    limits = invalid("ReturnsCompanyFbsInfoRequest.Pagination.Limit", "value must be inside range [1, 500]")
    assert chen.is_refused(POINTS, {"pagination": {"limit": 501}}) == limits
    assert chen.is_refused("/v1/return/giveout/list", {"limit": 501}) == invalid(
        "GiveoutListRequest.Limit", "value must be inside range [1, 500]"
    )


def test_a_pass_names_its_vehicle_and_a_reading_key_gives_none(elif_: Shop, reader: Shop) -> None:
    for word in ("create", "update", "delete"):
        assert reader.is_refused(f"{PASS}/{word}", GOOD[f"{PASS}/{word}"]) == NO_ROLE
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("create", {"arrival_passes": []}, "ArrivalPassCreateRequest.ArrivalPasses"),
        ("create", {"arrival_passes": [{**TRUCK, "warehouse_id": 2}]}, "ArrivalPasses.DropoffPointId"),
        (
            "update",
            {"arrival_passes": [{**TRUCK, "arrival_pass_id": 1, "driver_name": ""}]},
            "ArrivalPasses.DriverName",
        ),
        ("update", {"arrival_passes": [{**TRUCK, "arrival_pass_id": 1, "arrival_time": "soon"}]}, "ArrivalTime"),
        ("delete", {"arrival_pass_ids": ["x"]}, "ArrivalPassDeleteRequest.ArrivalPassIds"),
        ("delete", {"arrival_pass_ids": list(range(1, 52))}, "ArrivalPassDeleteRequest.ArrivalPassIds"),
    )
    for word, body, field in wrong:
        status, code, message = elif_.is_refused(f"{PASS}/{word}", body)
        assert (status, code) == (400, 3)
        assert f"{field}: " in message


def test_no_delivery_method_has_a_way_back_of_its_own(reader: Shop) -> None:
    assert reader.gets(SETTINGS, {"delivery_method_id": "7"}) == {"settings": {}}
    assert reader.is_refused(SETTINGS, {})[:2] == (400, 3)
