"""The dock through its real doors: scan, gate, shelves, labels, the orphan bay, by page and by API v1."""

import re
import threading
from typing import Any

import httpx2
import pytest
from msgspec.structs import replace

from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.partner import access, draw_queries, errands, orphan_errands, orphan_queries, queries
from backhaul.partner.access import Known
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import GateStatus, InspectionStatus, Role, Status
from tests.partner.cast import MARKETPLACE, QUIET, RUSLAN, moscow
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ID, House, hashed, picture

GTIN = "04600000000015"


def registered(http: httpx2.Client, **changes: Any) -> int:
    """An orphan of 350 grams on shelf U-1."""
    photo = http.post("/photos", content=picture("navy")).json()["id"]
    usual = {"warehouse": "MSK-2", "weight_gram": 350, "shelf": "U-1", "photos": [photo], "note": "A small usb thing"}
    answer = http.post("/orphans", json={**usual, **changes})
    assert 201 == answer.status_code, answer.text
    found: int = answer.json()["orphan_id"]
    return found


def policy(house: House, **changes: Any) -> None:
    """Another version of the policy, in force from now."""
    at = house.clock.now()
    house.errand(lambda tx, _: errands.put_terms(tx, "policy", "2", Policy(**changes), at))
    house.office.house._terms_read_at = None  # noqa: SLF001 -- read again at once


# -- The station ------------------------------------------------------------------------------------------------------


def test_a_scan_receives_the_parcel_and_a_second_one_says_that_it_is_here(house: House, enter: Door) -> None:
    house.expects()
    ruslan = enter("ruslan").open("/receiving")
    ruslan.press("/receiving/scan", {"code": " r 100017 "})

    assert ("Received." in ruslan.text, Status.ARRIVED, GateStatus.DUE) == (
        True,
        house.it().status,
        house.it().gate.status,
    )
    ruslan.press("/receiving/scan", {"code": house.it().number})
    assert "It is here already." in ruslan.text
    assert house.it().arrived_at == house.clock.now()


def test_a_code_of_the_product_alone_receives_nothing_before_somebody_chose(house: House, enter: Door) -> None:
    house.expects(gtin=GTIN)
    house.expects(return_id=ID + 1, return_number="R-100018", gtin=GTIN)
    ruslan = enter("ruslan").open("/receiving")
    ruslan.press("/receiving/scan", {"code": "4600000000015"})

    assert "Which one is it?" in ruslan.text
    assert [Status.EXPECTED] * 2 == [house.it().status, house.it(ID + 1).status]
    ruslan.send(ruslan.form("/receiving/scan", parcel=str(ID + 1)))
    assert [Status.EXPECTED, Status.ARRIVED] == [house.it().status, house.it(ID + 1).status]


def test_what_lies_in_the_orphan_bay_is_not_received_beside_it(house: House, enter: Door, call: Call) -> None:
    """Its waybill became known after it was registered: the label in hand may be the orphan's."""
    orphan = registered(call("ruslan"), codes="WB-77")
    house.expects()
    house.gives(MARKETPLACE, do.NoteDispatch("Linehaul", "WB-77"))
    ruslan = enter("ruslan").open("/receiving")
    ruslan.press("/receiving/scan", {"code": "wb 77"})

    assert Status.EXPECTED is house.it().status
    assert "A parcel with this code lies in the orphan bay." in ruslan.text
    assert f"/receiving/orphans/{orphan}" in ruslan.page.links
    ruslan.send(ruslan.form("/receiving/scan", parcel=str(ID)))  # a person says that it is the other one
    assert Status.ARRIVED is house.it().status


def test_an_unknown_code_leads_to_the_orphan_bay_with_the_code_kept(enter: Door) -> None:
    ruslan = enter("ruslan").open("/receiving")
    ruslan.press("/receiving/scan", {"code": "XX-404"})

    assert "Unknown code" in ruslan.text
    ruslan.open("/receiving/orphans?code=XX-404")
    assert ["XX-404"] == ruslan.form("/receiving/orphans").values["codes"]


def test_what_has_left_is_not_received_again(house: House, enter: Door) -> None:
    house.expects()
    house.arrives()
    house.gives(house.account(CHEN).by(), do.Decide("pickup"))
    house.gives(RUSLAN, do.HandOver("Ivan P.", house.code()))
    ruslan = enter("ruslan").open("/receiving")
    ruslan.press("/receiving/scan", {"code": "R-100017"})

    assert "It has left already." in ruslan.text


def test_open_parcels_stand_before_finished_ones(house: House, call: Call) -> None:
    """The newest of three with one SKU is gone, so it comes last."""
    for n in range(3):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
    house.arrives(parcel=ID + 2)
    house.gives(house.account(CHEN).by(), do.Decide("pickup"), ID + 2)
    house.gives(RUSLAN, do.HandOver("Ivan P.", house.code(ID + 2)), ID + 2)
    found = call("ruslan").get("/resolve", params={"code": "700100"}).json()

    assert [ID + 1, ID, ID + 2] == [it["id"] for it in found["parcels"]]


def test_the_dock_is_for_the_dock(house: House, enter: Door, call: Call) -> None:
    house.expects()
    for path in ("/resolve?code=R-100017", "/expected-parcels", "/gate-checks", "/receiving", "/shelves", "/orphans"):
        assert [403, 403] == [call(login).get(path).status_code for login in (CHEN, "vera")]
    for path in ("/receiving", "/receiving/expected", "/receiving/gate", "/receiving/shelves", "/receiving/orphans"):
        assert 403 == enter(CHEN).open(path).status


@pytest.mark.parametrize(("at_us", "status", "code"), [
    (0, 200, None), (-1, 422, "field_invalid"), (10**16, 422, "scanner_clock_is_ahead"), (10**16 + 1, 422, "field_invalid"),
    (-(10**18), 422, "field_invalid"), (2**63, 422, "field_invalid"),
])  # fmt: skip
def test_a_scanner_that_claims_an_impossible_instant_is_told_so(
    house: House, call: Call, at_us: int, status: int, code: str | None
) -> None:
    house.expects()
    answer = call("ruslan").post(f"/parcels/{ID}/arrive", json={"warehouse": "MSK-2", "arrived_at_us": at_us})

    assert (status, code) == (answer.status_code, answer.json().get("code"))


# -- What will come ---------------------------------------------------------------------------------------------------


def test_what_will_come_is_told_by_day_carrier_and_lateness(house: House, enter: Door, call: Call) -> None:
    for n, eta in enumerate(("2024-09-23 12:00", "2024-09-24 23:59", "2024-09-25 00:00")):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}", eta_us=to_us(moscow(eta)))
    house.gives(MARKETPLACE, do.NoteDispatch("Linehaul", "WB-1"), ID + 1)
    ruslan = call("ruslan")

    def ids(**params: str) -> list[int]:
        return [it["id"] for it in ruslan.get("/expected-parcels", params=params).json()]

    assert [ID, ID + 1, ID + 2] == ids()
    assert [ID + 1] == ids(day="2024-09-24")
    assert [ID + 1] == ids(carrier="Linehaul")
    assert [ID] == ids(late="true")
    assert [ID + 1, ID + 2] == ids(after=f"{to_us(moscow('2024-09-23 12:00'))}-{ID}")
    for bad in ("soon", "0001-01-01", "1999-12-31", "2101-01-01", "9999-12-31"):
        refused = ruslan.get("/expected-parcels", params={"day": bad})
        assert (422, "field_invalid") == (refused.status_code, refused.json()["code"])
        assert 200 == enter("ruslan").open(f"/receiving/expected?day={bad}").status
    assert [200, 200] == [
        ruslan.get("/expected-parcels", params={"day": day}).status_code for day in ("2000-01-01", "2100-12-31")
    ]
    page = enter("ruslan").open("/receiving/expected?carrier=Linehaul")
    assert ("WB-1" in page.text, f"R-{ID}" in page.text) == (True, False)


# -- The gate ---------------------------------------------------------------------------------------------------------


def test_the_gates_queue_names_what_is_late_until_it_is_checked(house: House, enter: Door, call: Call) -> None:
    house.expects()
    house.arrives("2024-10-03 16:42", weight_gram=None)
    house.clock.turn_to(moscow("2024-10-04 16:43"))
    ruslan = enter("ruslan").open("/receiving/gate")
    assert "Late" in ruslan.text
    api = call("ruslan")
    assert {"gate_due": 1, "gate_late": 1} == {
        k: v for k, v in api.get("/receiving").json().items() if k.startswith("gate")
    }

    ruslan.open(f"/parcels/{ID}").press(
        f"/parcels/{ID}/check-gate",
        {"label_matches": "yes", "item_code": "700100", "weight_gram": "500", "photos": [picture("teal")]},
    )
    assert (GateStatus.MISMATCH, ("weight",)) == (house.it().gate.status, house.it().gate.findings)
    assert [] == api.get("/gate-checks").json()
    assert "the weight is off" in ruslan.open("/receiving").text
    assert 1 == api.get("/receiving").json()["mismatches"]


def test_who_works_at_the_dock_is_told_of_late_gate_checks_in_one_message(
    house: House, enter: Door, call: Call
) -> None:
    """Two units of one hour are one message; it is a mail to whoever signs in with an address. Sellers read nothing of it."""
    house.errand(lambda tx, _: errands.add_account(tx, "dock@backhaul.example", hashed(), Role.RECEIVER, "Dock", "en"))
    for n, at in enumerate(("16:05", "16:42")):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        house.arrives(f"2024-10-03 {at}", parcel=ID + n, weight_gram=None)
    house.clock.turn_to(moscow("2024-10-04 16:59"))
    house.office.tick()
    assert [] == call("ruslan").get("/messages").json()
    house.clock.turn_to(moscow("2024-10-04 17:00"))
    for _ in range(2):
        house.office.tick()

    told = call("ruslan").get("/messages").json()
    assert [("gate_late", "/receiving/gate")] == [(one["kind"], one["href"]) for one in told]
    assert "P-100001 (MSK-2), P-100002 (MSK-2). Units: 2." in told[0]["text"]
    page = enter("sonia").open("/messages")
    assert "Gate check is late" in page.text
    assert [] == call("vera").get("/messages").json()
    assert 403 == enter("vera").open("/messages").status
    assert "gate_late" not in {one["kind"] for one in call(CHEN).get("/messages").json()}
    assert "GateAlarmed" not in {it["kind"] for it in call(CHEN).get(f"/parcels/{ID}/events").json()}
    assert "GateAlarmed" in {it["kind"] for it in call("ruslan").get(f"/parcels/{ID}/events").json()}
    with house.office.database.read() as tx:
        boxes = access.mailboxes(tx, ["role:receiver", "role:supervisor"])
    assert {"role:receiver": ["dock@backhaul.example"]} == {
        name: [box.address for box in them] for name, them in boxes.items()
    }


# -- Shelves ----------------------------------------------------------------------------------------------------------


def test_shelf_then_parcels_puts_them_away(house: House, enter: Door, call: Call) -> None:
    for n in range(2):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        house.arrives(parcel=ID + n)
    ruslan = enter("ruslan").open("/receiving/put-away")
    ruslan.press("/receiving/put-away", {"code": "R-100017"})
    assert "Scan the shelf first" in ruslan.text
    ruslan.open("/receiving/put-away")
    for code in ("LOC-B-01", f"R-{ID}", "LOC-B-02", f"R-{ID + 1}"):
        ruslan.press("/receiving/put-away", {"code": code})

    assert ["B-01", "B-02"] == [house.it(ID).shelf, house.it(ID + 1).shelf]
    assert "A-1 → B-02" in ruslan.open(f"/parcels/{ID + 1}").text
    assert "Put on a shelf" not in enter(CHEN).open(f"/parcels/{ID + 1}").text
    shelves = call("sonia").get("/shelves").json()
    assert [("B-01", 1, [1, 0, 0, 0, 0, 0]), ("B-02", 1, [1, 0, 0, 0, 0, 0])] == [
        (one["shelf"], one["units"], one["ages"]) for one in shelves
    ]
    assert f"R-{ID}" in ruslan.open("/receiving/shelves?warehouse=MSK-2&shelf=B-01").text


def test_a_code_of_a_unit_and_of_an_orphan_is_asked_about(house: House, enter: Door, call: Call) -> None:
    house.expects()
    house.arrives()
    orphan = registered(call("ruslan"), codes=f"R-{ID}")
    ruslan = enter("ruslan").open("/receiving/put-away")
    ruslan.press("/receiving/put-away", {"code": "LOC-B-01"})
    ruslan.press("/receiving/put-away", {"code": f"R-{ID}"})

    assert "Which one is it?" in ruslan.text
    assert house.it().shelf == "A-1"
    ruslan.send(ruslan.form("/receiving/put-away", orphan=str(orphan)))
    assert f"U-{orphan} → B-01" in ruslan.text
    ruslan.press("/receiving/put-away", {"code": f"R-{ID}"})
    ruslan.send(ruslan.form("/receiving/put-away", parcel=str(ID)))
    assert house.it().shelf == "B-01"


def test_a_full_shelf_takes_no_more(house: House, call: Call) -> None:
    for n in range(2):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
        house.arrives(parcel=ID + n)
    policy(house, shelf_units_max_by_shelf={"B-01": 1})
    ruslan = call("ruslan")

    assert 200 == ruslan.post(f"/parcels/{ID}/put-away", json={"shelf": "B-01"}).status_code
    full = ruslan.post(f"/parcels/{ID + 1}/put-away", json={"shelf": "B-01"})
    assert (409, "shelf_full") == (full.status_code, full.json()["code"])
    assert "A-1" == house.it(ID + 1).shelf


# -- Labels -----------------------------------------------------------------------------------------------------------


def test_labels_are_printed_for_one_and_for_many_and_every_print_is_written_down(
    house: House, enter: Door, call: Call
) -> None:
    for n in range(2):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}", name="Hub ^XZ~JR_n")
        house.arrives(parcel=ID + n)
    ruslan = call("ruslan")
    orphan = registered(ruslan)
    made = ruslan.post("/labels", json={"parcel_ids": [ID, ID + 1], "orphan_ids": [orphan], "form": "zpl"})
    paper = ruslan.post("/labels", json={"parcel_ids": [ID]})

    assert (200, 3, 3) == (made.status_code, made.text.count("^XA"), made.text.count("^XZ"))
    assert "Hub _5EXZ_7EJR_5Fn" in made.text
    assert (b"%PDF-", "application/pdf") == (paper.content[:5], paper.headers["content-type"])
    assert [2, 1] == [house.it(ID).labels_printed, house.it(ID + 1).labels_printed]
    page = enter("ruslan").open(f"/parcels/{ID}")
    page.press("/receiving/labels")
    assert 3 == house.it(ID).labels_printed


def test_a_print_that_is_asked_for_again_under_its_key_is_the_same_whatever_became_of_the_unit(
    house: House, call: Call
) -> None:
    """Its unit lies elsewhere now, then it has left. Under this key no other labels are printed, and nothing else is done."""
    house.expects()
    house.arrives()
    ruslan, body, named = call("ruslan"), {"parcel_ids": [ID], "form": "zpl"}, {"idempotency-key": "print 1"}
    first = ruslan.post("/labels", json=body, headers=named)
    ruslan.post(f"/parcels/{ID}/put-away", json={"shelf": "B-02"})
    moved = ruslan.post("/labels", json=body, headers=named)
    house.gives(house.account(CHEN).by(), do.Decide("ship_hk", house.hong_kong))
    house.gives(RUSLAN, do.PrintLabel())
    house.gives(RUSLAN, do.Dispatch("PF-1"))
    house.gives(RUSLAN, do.ConfirmDelivery())
    gone = ruslan.post("/labels", json=body, headers=named)
    other = ruslan.post("/labels", json={**body, "form": "pdf"}, headers=named)

    assert "A-1" in first.text
    assert [(200, first.content)] * 2 == [(one.status_code, one.content) for one in (moved, gone)]
    assert 1 == house.it().labels_printed
    assert (422, "key_used_for_another_request") == (other.status_code, other.json()["code"])
    assert 409 == ruslan.post("/labels", json=body).status_code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "nothing_chosen"),
        ({"parcel_ids": [ID], "form": "doc"}, 422, "unknown_label_form"),
        ({"parcel_ids": [ID]}, 409, "no_label_now"),
        ({"parcel_ids": [1]}, 404, "not_found"),
        ({"orphan_ids": [1]}, 404, "not_found"),
        ({"parcel_ids": list(range(51))}, 422, "field_invalid"),
    ],
)
def test_what_cannot_be_printed_is_said(house: House, call: Call, body: Any, status: int, code: str) -> None:
    house.expects()
    answer = call("ruslan").post("/labels", json=body)

    assert (status, code) == (answer.status_code, answer.json()["code"])


# -- The orphan bay ---------------------------------------------------------------------------------------------------


def test_an_orphan_is_registered_recognised_and_arrives_when_it_is_matched(
    house: House, enter: Door, call: Call
) -> None:
    """D8: the days begin at the later of the claim, when it was registered, and the receipt, when it was matched."""
    house.expects(eta_us=to_us(moscow("2024-09-25 12:00")))
    house.expects(return_id=ID + 1, return_number="R-100018", name="Iron", weight_gram=2100, sku=1, offer_id="I")
    ruslan = enter("ruslan").open("/receiving/orphans")
    ruslan.press(
        "/receiving/orphans",
        {
            "weight_gram": "352",
            "codes": "WB-77",
            "note": "USB hub in a bag",
            "shelf": "U-1",
            "photos": [picture("navy")],
        },
    )
    assert re.search(r"/receiving/orphans/\d+$", ruslan.path)
    assert ("the weight is near" in ruslan.text, "R-100018" in ruslan.text) == (True, False)
    house.clock.turn_to(moscow("2024-09-27 10:00"))
    ruslan.open(ruslan.path).press(f"{ruslan.path}/match")

    it = house.it()
    assert (Status.ARRIVED, "U-1", 352, GateStatus.DUE) == (it.status, it.shelf, it.weight_gram, it.gate.status)
    assert (moscow("2024-09-24 12:00"), moscow("2024-09-27 10:00")) == (it.claimed_at, it.arrived_at)
    assert moscow("2024-10-12 00:00") == it.decide_by
    assert "It is this unit now:" in ruslan.text
    resolved = call("ruslan").get("/resolve", params={"code": "WB-77"}).json()
    assert ["matched"] == [one["status"] for one in resolved["orphans"]]
    assert [] == call("ruslan").get("/orphans").json()


def test_what_is_matched_draws_like_every_other_arrival(house: House, call: Call) -> None:
    """An epoch runs and its share is 0 %: it is in the log, not drawn. Its photos were taken without a code."""
    house.follows(replace(QUIET, photo_codes=True, photos_once=True), "evidence")
    house.expects()
    ruslan = call("ruslan")
    answer = ruslan.post(f"/orphans/{registered(ruslan)}/match", json={"parcel_id": ID})

    it = house.it()
    assert (200, InspectionStatus.NONE, ()) == (answer.status_code, it.inspection.status, it.inspection.reasons)
    assert (1, False) == (it.draw and it.draw.epoch, it.draw and it.draw.drawn)
    with house.office.database.read() as tx:
        assert {1: (1, 0)} == draw_queries.counts(tx, [1])


def test_one_photo_does_not_show_two_orphans_nor_an_orphan_and_another_unit(house: House, call: Call) -> None:
    house.follows(replace(QUIET, photos_once=True), "once")
    house.expects()
    house.expects(return_id=ID + 1, return_number="R-100018")
    ruslan = call("ruslan")
    orphan = registered(ruslan)
    photo = ruslan.get(f"/orphans/{orphan}").json()["orphan"]["photos"]
    again = ruslan.post("/orphans", json={"warehouse": "MSK-2", "weight_gram": 350, "photos": photo})
    arrive = {"warehouse": "MSK-2", "arrived_at_us": to_us(house.clock.now()), "photos": photo}
    other = ruslan.post(f"/parcels/{ID + 1}/arrive", json=arrive)
    matched = ruslan.post(f"/orphans/{orphan}/match", json={"parcel_id": ID})
    kept = ruslan.post("/orphans", json={"warehouse": "MSK-2", "weight_gram": 350, "photos": photo})

    assert [(422, "photo_used_elsewhere")] * 3 == [(it.status_code, it.json()["code"]) for it in (again, other, kept)]
    assert (200, Status.ARRIVED, Status.EXPECTED) == (matched.status_code, house.it().status, house.it(ID + 1).status)
    assert 0 == len(ruslan.get("/orphans").json())


def test_candidates_are_ranked_by_what_tells_most(house: House, call: Call) -> None:
    house.expects(eta_us=to_us(moscow("2024-09-24 12:00")))
    house.expects(return_id=ID + 1, return_number="R-100018", name="Kettle", gtin=GTIN, weight_gram=1500)
    house.expects(return_id=ID + 2, return_number="R-100019", name="Lamp", weight_gram=3000)
    house.gives(MARKETPLACE, do.NoteDispatch("Linehaul", "LH-2024-776655"), ID + 2)
    ruslan = call("ruslan")
    orphan = registered(ruslan, codes="4600000000015\nLH-20Z4-776655", note="grey")
    found = ruslan.get(f"/orphans/{orphan}").json()

    assert [(ID + 1, ["item"]), (ID + 2, ["waybill"]), (ID, ["weight", "days"])] == [
        (one["parcel"]["id"], one["reasons"]) for one in found["candidates"]
    ]
    assert ["move", "match", "return-to-carrier", "hand-to-marketplace"] == [
        one["act"] for one in found["available_actions"]
    ]


def test_an_orphan_is_matched_once_and_a_unit_too(house: House, call: Call) -> None:
    for n in range(2):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
    ruslan = call("ruslan")
    first, second = registered(ruslan), registered(ruslan)

    assert 200 == ruslan.post(f"/orphans/{first}/match", json={"parcel_id": ID}).status_code
    again = ruslan.post(f"/orphans/{first}/match", json={"parcel_id": ID + 1})
    same = ruslan.post(f"/orphans/{second}/match", json={"parcel_id": ID})
    nobody = ruslan.post(f"/orphans/{second}/match", json={"parcel_id": 1})
    assert [(409, "orphan_is_closed"), (409, "parcel_is_here"), (422, "unknown_parcel")] == [
        (answer.status_code, answer.json()["code"]) for answer in (again, same, nobody)
    ]
    assert [Status.ARRIVED, Status.EXPECTED] == [house.it(ID).status, house.it(ID + 1).status]


def test_of_many_who_match_at_once_one_does(house: House, call: Call) -> None:
    """Two orphans, two units, eight hands: each orphan becomes one unit, each unit comes from one orphan."""
    for n in range(2):
        house.expects(return_id=ID + n, return_number=f"R-{ID + n}")
    ruslan = call("ruslan")
    orphans = [registered(ruslan), registered(ruslan)]
    terms, desk = house.office.house.terms, house.office.desk
    results: list[str] = []

    def match(orphan_id: int, parcel_id: int) -> None:
        command = o.Match(parcel_id)

        def run(tx: Any, at: Any) -> bytes:
            orphan_errands.act(tx, desk, orphan_id, command, RUSLAN, terms, at)
            return b""

        try:
            desk.perform_now(Errand(run, Known(RUSLAN)))
            results.append("matched")
        except Refused as refused:
            results.append(refused.code)

    pairs = [(orphan, ID + n) for orphan in orphans for n in range(2)] * 2
    threads = [threading.Thread(target=match, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with house.office.database.read() as tx:
        found = [orphan_queries.one(tx, orphan) for orphan in orphans]
        assert all(orphan_queries.replay(tx, it.id) == (it, True) for it in found if it is not None)
        assert all(queries.replay(tx, ID + n) == (house.it(ID + n), True) for n in range(2))
    matched = [it.parcel_id for it in found if it is not None and it.parcel_id is not None]
    assert (len(matched), results.count("matched")) == (len(set(matched)), len(matched))
    assert set(results) <= {"matched", "orphan_is_closed", "parcel_is_here", "version_conflict"}


def test_an_orphan_leaves_with_a_note_and_is_destroyed_only_late_and_by_a_supervisor(house: House, call: Call) -> None:
    ruslan, sonia = call("ruslan"), call("sonia")
    back, kept = registered(ruslan), registered(ruslan)
    note = {"note": "Driver Petrov took it back."}

    assert 422 == ruslan.post(f"/orphans/{back}/return-to-carrier", json={"note": "Petrov"}).status_code
    assert "returned_to_carrier" == ruslan.post(f"/orphans/{back}/return-to-carrier", json=note).json()["status"]
    assert 403 == ruslan.post(f"/orphans/{kept}/dispose", json=note).status_code
    early = sonia.post(f"/orphans/{kept}/dispose", json=note)
    assert (409, "orphan_too_young") == (early.status_code, early.json()["code"])
    house.clock.turn_to(moscow("2024-10-24 12:00"))
    assert "disposed" == call("sonia").post(f"/orphans/{kept}/dispose", json=note).json()["status"]


def test_an_orphan_that_is_dangerous_stays_in_quarantine(house: House, call: Call) -> None:
    ruslan = call("ruslan")
    orphan = registered(ruslan, hazard=True)
    moved = ruslan.post(f"/orphans/{orphan}/move", json={"shelf": "A-1"})

    assert (409, "quarantine_only") == (moved.status_code, moved.json()["code"])
    house.expects()
    ruslan.post(f"/orphans/{orphan}/match", json={"parcel_id": ID})
    assert ("QUARANTINE", "held") == (house.it().shelf, house.it().quarantine.status)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"photos": []}, "photos_needed"),
        ({"photos": ["0" * 64]}, "photos_unknown"),
        ({"warehouse": "SPB-1"}, "unknown_warehouse"),
        ({"weight_gram": 0}, "field_invalid"),
        ({"codes": "\n".join(f"X{n}" for n in range(21))}, "field_invalid"),
    ],
)
def test_what_is_missing_of_an_orphan_is_said(house: House, call: Call, changes: Any, code: str) -> None:
    ruslan = call("ruslan")
    photo = ruslan.post("/photos", content=picture("navy")).json()["id"]
    usual = {"warehouse": "MSK-2", "weight_gram": 350, "photos": [photo]}
    answer = ruslan.post("/orphans", json={**usual, **changes})

    assert (422, code) == (answer.status_code, answer.json()["code"])
    assert house.url


def test_a_registration_that_comes_twice_makes_one_orphan(house: House, call: Call) -> None:
    ruslan = call("ruslan")
    photo = ruslan.post("/photos", content=picture("navy")).json()["id"]
    body = {"warehouse": "MSK-2", "weight_gram": 350, "photos": [photo]}
    ids = {ruslan.post("/orphans", json=body, headers={"idempotency-key": "o-1"}).json()["orphan_id"] for _ in range(2)}

    assert (1, 1) == (len(ids), len(ruslan.get("/orphans").json()))
    assert house.url
