"""API v1 of the dock's stations, the queues and what a supervisor publishes: scans of programs do what scans of people do."""

from datetime import timedelta
from typing import Any

from tests.partner.cast import moscow
from tests.partner.doors import Call
from tests.partner.house import CHEN, ID, House, picture
from tests.partner.test_decisions_api import refusal


def test_a_scan_receives_once_and_says_what_is_here_gone_or_unknown(house: House, call: Call) -> None:
    house.expects()
    house.clock.turn_to(moscow("2024-10-03 16:42"))
    ruslan = call("ruslan")

    def scan(code: str, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = ruslan.post("/receiving/scan", json={"code": code}, **more).json()
        return found

    unknown = scan("who knows")
    assert ("choose", None, None) == (unknown["did"], unknown.get("parcel"), unknown.get("candidates"))
    named = {"idempotency-key": "scan-1"}
    received = scan("r-100017", headers=named)
    house.clock.turn_to(moscow("2024-10-03 16:43"))
    assert ("received", "arrived", "MSK-2") == (
        received["did"], received["parcel"]["status"], received["parcel"]["warehouse"],
    )  # fmt: skip
    assert received == scan("r-100017", headers=named)
    assert "here" == scan("R-100017")["did"]
    assert moscow("2024-10-03 16:42") == house.it().arrived_at
    assert 2 == house.it().version
    assert (422, "unknown_warehouse") == refusal(
        ruslan.post("/receiving/scan", json={"code": house.expects(return_id=ID + 1, return_number="R-2").number,
                                             "warehouse": "MARS"})
    )  # fmt: skip
    assert (403, "not_your_role") == refusal(call("vera").post("/receiving/scan", json={"code": "R-100017"}))


def test_what_a_code_names_is_put_on_a_shelf(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    ruslan = call("ruslan")
    photo = ruslan.post("/photos", content=picture("navy")).json()["id"]
    body = {"warehouse": "MSK-2", "weight_gram": 350, "photos": [photo], "codes": "XYZ-1"}
    orphan = ruslan.post("/orphans", json=body).json()["orphan_id"]

    put = ruslan.post("/receiving/put-away", json={"code": "R-100017", "shelf": "b-07"}).json()
    bay = ruslan.post("/receiving/put-away", json={"code": "XYZ-1", "shelf": "C-01"}).json()

    assert ("put", "B-07", "B-07") == (put["did"], put["parcel"]["shelf"], house.it().shelf)
    assert ("put", "C-01") == (bay["did"], bay["orphan"]["shelf"])
    assert [ID] == [
        one["id"] for one in ruslan.get("/shelf-units", params={"warehouse": "MSK-2", "shelf": "B-07"}).json()
    ]
    assert b"\xff\xd8\xff" == ruslan.get(f"/orphans/{orphan}/photos/{photo}").content[:3]
    kinds = [one["kind"] for one in ruslan.get(f"/orphans/{orphan}/events").json()]
    assert (["Registered", "Moved"], "Ruslan") == (kinds, ruslan.get(f"/orphans/{orphan}/events").json()[0]["name"])
    assert ["Moved"] == [one["kind"] for one in ruslan.get(f"/orphans/{orphan}/events", params={"after": 1}).json()]
    assert (
        200 == ruslan.post(f"/orphans/{orphan}/return-to-carrier", json={"note": "Driver Petrov took it."}).status_code
    )
    assert [orphan] == [one["id"] for one in ruslan.get("/closed-orphans").json()]
    assert [] == ruslan.get("/closed-orphans", params={"before": orphan}).json()
    assert "choose" == ruslan.post("/receiving/put-away", json={"code": "nobody", "shelf": "B-07"}).json()["did"]
    assert (422, "code_needed") == refusal(ruslan.post("/receiving/put-away", json={"code": " ", "shelf": "B-07"}))


def test_each_of_the_warehouse_has_queues_and_the_supervisor_what_waits_for_them(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    ruslan, vera, sonia, chen = call("ruslan"), call("vera"), call("sonia"), call(CHEN)

    assert 200 == vera.post(f"/parcels/{ID}/queue-inspection", json={"reason": "by hand"}).status_code
    counts = {one["name"]: one["count"] for one in vera.get("/queues").json()}
    assert (1, None, None) == (counts["inspect"], counts.get("claims"), counts.get("expected"))
    [queued] = vera.get("/queues/inspect").json()
    assert ID == queued["parcel"]["id"]
    assert "mark" in {one["act"] for one in queued["parcel"]["available_actions"]}
    assert [] == vera.get("/queues/inspect", params={"after": ID}).json()
    assert (404, "not_found") == refusal(vera.get("/queues/claims"))
    assert (403, "not_your_role") == refusal(chen.get("/queues"))

    address = {"country": "HK", "city": "Hong Kong", "street": "Unit 7, Kwai Chung"}
    made = chen.post("/destinations", json=address).json()["id"]
    [waiting] = sonia.get("/unconfirmed-destinations").json()
    assert (made, "Lumitek", house.clock.now() + timedelta(hours=48)) == (
        waiting["destination"]["id"], waiting["company"], moscow("2024-10-05 16:42"),
    )  # fmt: skip
    assert [] == sonia.get("/unconfirmed-destinations", params={"after": made}).json()
    assert (403, "not_your_role") == refusal(chen.post(f"/parcels/{ID}/put-away", json={"shelf": "B-01"}))
    [attempt] = sonia.get("/attempts").json()
    assert (f"PutAway {ID}", "not_your_role") == (attempt["what"], attempt["code"])
    assert [] == sonia.get("/attempts", params={"before": attempt["id"]}).json()
    assert (403, "not_your_role") == refusal(ruslan.get("/attempts"))
    assert {"charges": [{"service": "receipt", "amount": {"minor": 6_00, "currency": "CNY"}}]}.items() <= (
        chen.get(f"/parcels/{ID}/charges").json().items()
    )


def test_a_supervisor_publishes_changes_of_policy_and_tariff(house: House, call: Call) -> None:
    sonia = call("sonia")
    seen = sonia.get("/policy/versions").json()["seen"]
    said = {
        "changes": {"decision_days": 21},
        "valid_from": "2024-11-01T00:00:00Z",
        "why": "A longer autumn.",
        "seen": seen,
    }

    told = sonia.post("/policy/preview", json=said).json()
    made = sonia.post("/policy/versions", json=said, headers={"idempotency-key": "p"})
    again = sonia.post("/policy/versions", json=said, headers={"idempotency-key": "p"})

    assert [{"field": "decision_days", "before": 14, "after": 21}] == told["differences"]
    assert (201, made.content) == (again.status_code, again.content)
    version = made.json()["version"]
    assert 21 == sonia.get(f"/policy/versions/{version}").json()["decision_days"]
    assert 14 == sonia.get("/policy").json()["decision_days"]
    assert "coming" in {one["state"] for one in sonia.get("/policy/versions").json()["versions"]}
    prices = {**sonia.get("/tariff").json()["prices_minor"], "media": 7_00}
    tariff = {
        "changes": {"prices_minor": prices},
        "valid_from": "2024-11-01T01:00:00Z",
        "why": "Dearer photos.",
        "seen": "0",
    }
    assert 201 == sonia.post("/tariff/versions", json=tariff).status_code

    def refused(**changes: Any) -> tuple[int, str, str]:
        answer = sonia.post("/policy/preview", json={**said, "valid_from": "2025-01-01T00:00:00Z", **changes})
        return *refusal(answer), answer.json().get("field", "")

    assert (422, "policy_value_invalid", "decision_days") == refused(changes={"decision_days": 0})
    assert (422, "policy_value_invalid", "keep_days") == refused(changes={"keep_days": 10**7})
    assert (422, "field_invalid", "keep_days") == refused(changes={"keep_days": "many"})
    assert (422, "field_invalid", "no_such") == refused(changes={"no_such": 1})
    assert (422, "nothing_changes", "") == refused(changes={})
    stale = sonia.post(
        "/policy/versions", json={**said, "valid_from": "2025-01-01T00:00:00Z", "changes": {"keep_days": 20}}
    )
    assert (409, "policy_changed") == refusal(stale)
    house.clock.turn_to(moscow("2024-11-01 04:00"))
    house.office.desk.sweep()
    assert 21 == call("sonia").get("/policy").json()["decision_days"]


def test_a_shelf_tells_its_units_by_age_on_both_sides_of_a_day(house: House, call: Call) -> None:
    """Ages are 0-3, 4-7, ... days: the fourth day is over when four times 24 hours have passed."""
    house.expects()
    house.arrives()  # on 2024-10-03 at 16:42
    ruslan = call("ruslan")

    def of_age(age: int) -> list[int]:
        params: dict[str, Any] = {"warehouse": "MSK-2", "shelf": house.it().shelf, "age": age}
        return [one["id"] for one in ruslan.get("/shelf-units", params=params).json()]

    arrived = house.it().arrived_at
    assert arrived is not None
    house.clock.turn_to(arrived + timedelta(days=4))
    assert ([ID], []) == (of_age(0), of_age(1))
    house.clock.turn_to(arrived + timedelta(days=4, microseconds=1))
    assert ([], [ID], []) == (of_age(0), of_age(1), of_age(9))
    house.clock.turn_to(arrived + timedelta(days=15, microseconds=1))
    assert ([], [ID]) == (of_age(4), of_age(5))


def test_a_queue_says_what_is_late_and_an_inspector_what_today_asks(house: House, call: Call) -> None:
    """Two working days after Thursday the 3rd end with Monday the 7th."""
    house.expects()
    house.arrives()
    vera, ruslan = call("vera"), call("ruslan")
    assert 200 == vera.post(f"/parcels/{ID}/queue-inspection", json={"reason": "by hand"}).status_code

    def today() -> tuple[int, int, int]:
        told = vera.get("/inspections-today").json()
        return told["to_inspect"], told["due_today"], told["late"]

    def late() -> int:
        return int(next(one["late"] for one in vera.get("/queues").json() if one["name"] == "inspect"))

    assert ((1, 0, 0), 0) == (today(), late())
    house.clock.turn_to(moscow("2024-10-07 23:59"))
    assert ((1, 1, 0), 0) == (today(), late())
    house.clock.turn_to(moscow("2024-10-08 00:00"))
    assert ((1, 0, 1), 1) == (today(), late())
    assert (403, "not_your_role") == refusal(ruslan.get("/inspections-today"))
