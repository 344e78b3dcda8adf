"""`ozon-api-client` 0.1.15 as PyPI has it, in an environment of its own: every method it has for returns, and what each leaves."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from backhaul.kit.money import Money
from backhaul.marketplace.returns_report.queries import alive_of_seller
from backhaul.marketplace.rules.words import Status
from backhaul.marketplace.seller_schemes import warehouse_id
from backhaul.partner import queries
from backhaul.partner.rules import commands as p
from backhaul.partner.rules.words import Status as ParcelStatus
from backhaul.world import make_key
from tests.clients.conftest import TRUCK, Raise, announced
from tests.marketplace.cast import ANADOLU, CHEN, EXPLAINED, LUMITEK, Market
from tests.stories.telling import moscow
from tests.stories.test_seller_api_reaches_the_partner import (
    RECEIVER,
    chen_decides,
    in_stock,
    linked,
    read_off,
)

ROOT = Path(__file__).resolve().parent.parent.parent
RFBS, GIVEOUT, PASS = "RFBSReturnsAPIApi", "ReturnAPIApi", "PassApi"


def interpreter() -> Path:
    """Where `./bh test` has made the environment."""
    digest = hashlib.sha256((ROOT / "requirements" / "older-client.txt").read_bytes()).hexdigest()
    found = ROOT / ".tools" / f"older-client-{digest[:12]}" / "bin" / "python"
    assert found.exists(), "its environment is not there: `./bh test` makes it"
    return found


def calls(url: str, client_id: int, key: str, *said: tuple[str, str, Any]) -> list[Any]:
    """What the client gave back for each call, as (status, object)."""
    asked = {"url": url, "client_id": str(client_id), "key": key, "calls": said}
    command = [str(interpreter()), str(Path(__file__).with_name("older_client.py"))]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


def rfbs(word: str) -> str:
    return f"r_fbs_returns_api_returns_rfbs_{word}_v2"


def test_it_reads_and_decides(bazaar: Market, url: str) -> None:
    approved, rejected, offered, refunded = (bazaar.in_status(Status.SELLER_REVIEW) for _ in range(4))
    delivered = bazaar.delivered_by_partner()
    every = {"V2ReturnsRfbsFilter": {"group_state": ["ALL"]}}
    told = calls(
        url, ANADOLU, bazaar.key(),
        (RFBS, rfbs("list"), {"V2ReturnsRfbsListRequest": {"limit": 10, "last_id": 0, "filter": every}}),
        (RFBS, rfbs("get"), {"V2ReturnsRfbsGetRequest": {"return_id": approved}}),
        (RFBS, rfbs("verify"), {"V2ReturnsRfbsVerifyRequest": {"return_id": approved}}),
        (RFBS, rfbs("reject"), {"V2ReturnsRfbsRejectRequest": {"return_id": rejected, "rejection_reason_id": 11, "comment": EXPLAINED}}),
        (RFBS, rfbs("compensate"), {"V2ReturnsRfbsCompensateRequest": {"return_id": offered, "compensation_amount": "500"}}),
        (RFBS, rfbs("return_money"), {"V2ReturnsRfbsReturnMoneyRequest": {"return_id": refunded, "return_for_back_way": 0}}),
        (RFBS, rfbs("verify"), {"V2ReturnsRfbsVerifyRequest": {"return_id": approved}}),
        (RFBS, rfbs("get"), {"V2ReturnsRfbsGetRequest": {"return_id": 1}}),
    )  # fmt: skip
    [received] = calls(
        url, LUMITEK, bazaar.key(CHEN),
        (RFBS, rfbs("receive_return"), {"V2ReturnsRfbsReceiveReturnRequest": {"return_id": delivered}}),
    )  # fmt: skip

    # Its schema has an object where the service sends an array: of a page it keeps nothing.
    assert [status for status, _ in told] == [200, 200, 200, 200, 200, 200, 409, 404]
    assert set(told[0][1]["returns"].values()) == {None}
    one = told[1][1]["returns"]
    assert (one["return_number"], one["state"]["state"]) == (f"R-{approved}", "OnSellerApproval")
    assert [act["id"] for act in one["available_actions"]] == [1000, -1, 1020, 1030]
    assert one["product"]["price"] == "4585"  # its schema has a string, and it makes one of the number
    assert [told[6][1]["code"], told[7][1]["code"]] == [9, 5]
    assert received == [200, {}]
    assert bazaar.now_is(approved).status is Status.APPROVED
    assert bazaar.now_is(rejected).status is Status.REJECTED
    assert bazaar.now_is(offered).offers == (Money(500_00),)
    assert bazaar.now_is(refunded).status is Status.REFUNDED_WITHOUT_RETURN
    parcel = bazaar.now_is(delivered).parcel
    assert parcel is not None
    assert parcel.received


def test_it_reads_lists_of_other_schemes_has_a_report_made_and_asks_in_vain_for_what_was_switched_off(
    bazaar: Market, url: str
) -> None:
    bazaar.in_status(Status.CANCELLED)
    first, reports = "CancellationAPIApi", "ReportAPIApi"
    period = {
        "date_from": "2024-09-01T00:00:00Z", "date_to": "2024-09-30T00:00:00Z", "delivery_schema": "FBS", "status": "Cancelled",
    }  # fmt: skip
    wanted = {"filter": {"V2ReportReturnsCreateRequestFilter": period}, "language": "EN"}
    told = calls(
        url, ANADOLU, bazaar.key(),
        ("ReturnsAPIApi", "returns_list", {"V1GetReturnsListRequest": {"limit": 500}}),
        (first, "cancellation_api_get_conditional_cancellation_list", {"V1GetConditionalCancellationListRequest": {"limit": 10}}),
        (reports, "report_api_report_returns_create", {"V2ReportReturnsCreateRequest": wanted}),
        (reports, "report_api_report_list", {"ReportReportListRequest": {"page": 1, "page_size": 100}}),
    )  # fmt: skip
    with bazaar.office.database.read() as tx:
        [report] = alive_of_seller(tx, ANADOLU, bazaar.clock.now())

    assert told[0] == [200, {"returns": [], "has_next": False}]
    assert (told[1][0], told[1][1]["code"]) == (404, 5)  # the first version of cancellations ended on 2025-08-03
    assert told[2] == [200, {"code": None}]  # its schema has no `result` around the code, so it keeps nothing
    assert [one["report_type"] for one in told[3][1]["result"]["reports"]] == ["SELLER_RETURNS"]
    assert report.wanted.looks == ("Cancelled",)


def test_it_shows_a_bar_code_and_reads_give_outs(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    company = linked(world)
    world.stage.turn_to(moscow(9, 2, 12))
    return_id = in_stock(world, "70000001-0001-1")
    chen_decides(world, company, return_id, "pickup")
    key, url = make_key(world, "CN", "ERP", read_only=False), world.stage.marketplace_web.url
    place = warehouse_id("MSK-2")
    page = {"ReturnsCompanyFbsInfoRequestPagination": {"limit": 500}}
    there = {"ArrivalpassArrivalPassCreateRequestArrivalPass": {"dropoff_point_id": place, "warehouse_id": 20, **TRUCK}}
    van = {
        "ArrivalpassArrivalPassUpdateRequestArrivalPass": {
            "arrival_pass_id": 1,
            **TRUCK,
            "vehicle_license_plate": "VAN",
        }
    }
    told = calls(
        url, LUMITEK, key,
        (GIVEOUT, "return_api_giveout_is_enabled", None),
        (GIVEOUT, "return_api_giveout_get_barcode", None),
        (GIVEOUT, "return_api_giveout_get_png", None),
        (GIVEOUT, "return_api_giveout_get_pdf", None),
        (GIVEOUT, "return_api_giveout_barcode_reset", None),
        (GIVEOUT, "return_api_giveout_list", {"V1GiveoutListRequest": {"limit": 500}}),
        (GIVEOUT, "return_api_giveout_info", {"V1GiveoutInfoRequest": {"giveout_id": return_id}}),
        (GIVEOUT, "returns_company_fbs_info", {"V1ReturnsCompanyFbsInfoRequest": {"pagination": page}}),
        (PASS, "return_pass_create", {"ArrivalpassArrivalPassCreateRequest": {"arrival_passes": [there, there]}}),
        (PASS, "return_pass_update", {"ArrivalpassArrivalPassUpdateRequest": {"arrival_passes": [van]}}),
        (PASS, "return_pass_delete", {"ArrivalpassArrivalPassDeleteRequest": {"arrival_pass_ids": [2]}}),
    )  # fmt: skip

    assert [status for status, _ in told] == [200] * 11
    assert told[8][1] == {"arrival_pass_ids": ["1", "2"]}
    assert announced(world) == [(1, "MSK-2", "VAN")]
    assert told[0][1] == {"enabled": True}
    assert read_off(told[2][1]["file_content"]) == told[1][1]["barcode"]
    assert base64.b64decode(told[3][1]["file_content"]).startswith(b"%PDF")
    [row] = told[5][1]["giveouts"]
    assert (row["giveout_id"], row["giveout_status"]) == (return_id, "GIVEOUT_STATUS_CREATED")
    assert told[6][1]["articles"][0]["name"] == "Headset"
    assert told[7][1]["drop_off_points"][0]["returns_count"] == 1
    world.partner_act(return_id, p.HandOver("Ivan Orlov", read_off(told[4][1]["file_content"])), RECEIVER)
    with world.stage.partner.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    assert it.status is ParcelStatus.PICKED_UP
