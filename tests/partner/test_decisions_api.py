"""API v1 over real HTTP: many decisions at once (R108, J10, J11), standing rules (P25), why (R115), the breaker (D9)."""

from datetime import timedelta
from typing import Any

import httpx2

from backhaul.kit.money import Money
from backhaul.partner import errands
from backhaul.partner.rules.words import BusinessType, DisposalStatus, LinkMode, Role, Status
from tests.partner.cast import ANADOLU, LUMITEK, moscow
from tests.partner.doors import Call
from tests.partner.house import CHEN, ELIF, ID, STRANGER, VIEWER, House, hashed


def arrived(house: House, count: int, **changes: Any) -> list[int]:
    """So many units of Lumitek on the shelf."""
    ids = [ID + n for n in range(count)]
    for parcel_id in ids:
        house.expects(return_id=parcel_id, return_number=f"R-{parcel_id}", **changes)
        house.arrives(parcel=parcel_id)
    return ids


def test_each_decision_of_a_bulk_has_a_result_of_its_own(house: House, call: Call) -> None:
    first, second, third, fourth = arrived(house, 4)
    house.expects(return_id=200_001, return_number="R-200001", seller_id=ANADOLU, seller_country="TR", variant="T")
    house.arrives(parcel=200_001)
    items: list[dict[str, Any]] = [
        {"parcel_id": first, "decision": "ship_hk", "destination_id": house.hong_kong},
        {"parcel_id": second, "decision": "ship_tr"},
        {"parcel_id": third, "decision": "dispose", "seen": 1},
        {"parcel_id": 200_001, "decision": "dispose"},
        {"parcel_id": fourth, "decision": "pickup"},
    ]

    told = call(CHEN).post("/decisions", json={"items": items}).json()

    assert 2 == told["done"]
    assert [first, second, third, 200_001, fourth] == [one["parcel_id"] for one in told["results"]]
    assert ["", "destination_not_allowed", "version_conflict", "not_found", ""] == [
        one.get("code", "") for one in told["results"]
    ]
    assert ["ship_hk", "none", "none", "pickup"] == [house.it(i).decision for i in (first, second, third, fourth)]
    assert "Turkey" in told["results"][1]["detail"]


def test_a_bulk_that_is_sent_again_does_nothing_twice(house: House, call: Call) -> None:
    ids = arrived(house, 3)
    body = {"items": [{"parcel_id": i, "decision": "pickup"} for i in ids]}
    chen = call(CHEN)

    answers = [chen.post("/decisions", json=body, headers={"idempotency-key": "bulk-1"}).json() for _ in range(2)]
    other = chen.post(
        "/decisions", headers={"idempotency-key": "bulk-1"},
        json={"items": [{"parcel_id": ids[0], "decision": "dispose"}]},
    )  # fmt: skip

    assert answers[0] == answers[1]
    assert [3, 3, 3] == [house.it(i).version for i in ids]  # announced, arrived, decided
    assert (422, "key_used_for_another_request") == refusal(other)


def test_a_bulk_through_a_read_only_key_changes_nothing(house: House, call: Call) -> None:
    ids = arrived(house, 2)
    body = {"items": [{"parcel_id": i, "decision": "pickup"} for i in ids]}

    told = call(house.key(CHEN, read_only=True)).post("/decisions", json=body).json()

    assert (0, {"role_read_only"}) == (told["done"], {one["code"] for one in told["results"]})
    assert [2, 2] == [house.it(i).version for i in ids]


def test_a_bulk_has_one_to_five_hundred_items(call: Call) -> None:
    chen = call(CHEN)
    none: dict[str, Any] = {"items": []}
    many = {"items": [{"parcel_id": n, "decision": "pickup"} for n in range(501)]}

    for body in (none, many):
        answer = chen.post("/decisions", json=body)
        assert (422, "bulk_size") == (answer.status_code, answer.json()["code"])


def test_a_parcel_that_is_there_twice_is_decided_about_not_at_all(house: House, call: Call) -> None:
    [first] = arrived(house, 1)
    items = [{"parcel_id": first, "decision": decision} for decision in ("pickup", "dispose")]
    answer = call(CHEN).post("/decisions", json={"items": items})

    assert (422, "item_repeated") == refusal(answer)
    assert "none" == house.it(first).decision


def test_each_decision_of_a_bulk_holds_for_the_price_that_was_seen(house: House, call: Call) -> None:
    first, second = arrived(house, 2)
    items = [
        {"parcel_id": first, "decision": "dispose", "price_minor": 3_00},  # J14: 3.00
        {"parcel_id": second, "decision": "dispose", "price_minor": 2_99},
    ]
    told = call(CHEN).post("/decisions", json={"items": items}).json()

    assert ["", "price_changed"] == [one.get("code", "") for one in told["results"]]
    assert ["dispose", "none"] == [house.it(i).decision for i in (first, second)]


# -- Standing rules ---------------------------------------------------------------------------------------------------


def test_a_rule_is_added_applied_at_the_scan_and_ended(house: House, call: Call) -> None:
    chen = call(CHEN)
    made = chen.post("/standing-rules", json={"seller_id": LUMITEK, "below_rub": 3000, "reason": "did_not_fit"})
    assert 201 == made.status_code
    [rule] = chen.get("/standing-rules").json()
    assert (made.json()["id"], LUMITEK, 3000, "did_not_fit") == (
        rule["id"], rule["seller_id"], rule["below_rub"], rule["reason"],
    )  # fmt: skip
    house.expects(return_id=ID, return_number=f"R-{ID}")
    assert rule["id"] == chen.get(f"/parcels/{ID}").json()["rule_on_arrival"]["id"]
    house.arrives(photos=("gate",))
    first = ID
    assert ("dispose", "rule") == (house.it(first).decision, house.it(first).decided_by)
    assert 204 == chen.delete(f"/standing-rules/{rule['id']}").status_code

    house.expects(return_id=ID + 9, return_number="R-9")
    house.arrives("2024-10-03 17:00", parcel=ID + 9)
    assert ("none", []) == (house.it(ID + 9).decision, chen.get("/standing-rules").json())
    assert "dispose" == house.it(first).decision  # what the rule has decided stays decided


def test_a_rule_may_be_for_units_with_or_without_a_defect(house: House, call: Call) -> None:
    chen = call(CHEN)
    wanted = {"seller_id": LUMITEK, "below_rub": 3000, "is_defect": True}
    assert 201 == chen.post("/standing-rules", json=wanted).status_code
    assert 409 == chen.post("/standing-rules", json=wanted).status_code
    assert 201 == chen.post("/standing-rules", json={**wanted, "is_defect": False}).status_code
    alone = chen.post("/standing-rules", json={"seller_id": LUMITEK, "is_defect": True})
    assert (422, "rule_without_condition") == (alone.status_code, alone.json()["code"])
    assert [True, False] == [rule["is_defect"] for rule in chen.get("/standing-rules").json()]
    house.expects(return_id=ID, return_number=f"R-{ID}")
    house.arrives(photos=("gate",))
    assert ("dispose", "rule") == (house.it(ID).decision, house.it(ID).decided_by)


def test_who_may_not_decide_makes_no_rule(house: House, call: Call) -> None:
    house.links(house.account(STRANGER), LUMITEK, BusinessType.CANCEL_ORDERS, LinkMode.VIEW_ONLY)
    wanted = {"seller_id": LUMITEK, "below_rub": 3000}
    tries = {
        VIEWER: (403, "link_view_only"), ELIF: (404, "not_found"), "ruslan": (403, "not_your_role"),
        house.key(CHEN, read_only=False): (403, "not_your_role"),
    }  # fmt: skip

    for who, expected in tries.items():
        answer = call(who).post("/standing-rules", json=wanted)
        assert expected == (answer.status_code, answer.json()["code"]), who
    mine = call(CHEN).post("/standing-rules", json=wanted).json()["id"]
    assert 404 == call(VIEWER).delete(f"/standing-rules/{mine}").status_code


# -- Why --------------------------------------------------------------------------------------------------------------


def test_why_is_told_in_the_callers_language_and_to_nobody_else(house: House, call: Call) -> None:
    arrived(house, 1)
    chen = call(CHEN)

    english = chen.get(f"/parcels/{ID}/explain").json()["steps"]
    russian = chen.get(f"/parcels/{ID}/explain", headers={"accept-language": "ru"}).json()["steps"]

    assert [
        "The unit was scanned in on 3 Oct 2024, 16:42 Moscow time: the time counts from then.",
        "There are 14 days to decide after the day of the arrival, counted in Moscow: until 17 Oct 2024, 23:59 Moscow time.",
    ] == english
    assert len(english) == len(russian)
    assert "14 дней" in russian[1]
    assert 404 == call(ELIF).get(f"/parcels/{ID}/explain").status_code


# -- The breaker ------------------------------------------------------------------------------------------------------


def test_a_storm_of_disposals_stops_at_fifty_and_goes_on_after_two_people(house: House, call: Call) -> None:
    """T38 in small: 60 deadlines pass in the same instant; all are `disposal_due`, fifty may be destroyed, ten wait."""
    house.errand(lambda tx, _: add_supervisor(tx))
    ids = arrived(house, 60, price=Money(900_00))
    house.clock.turn_to(moscow("2024-10-18 00:00"))
    house.office.desk.sweep()
    house.office.desk.sweep()
    sonia, boris = call("sonia"), call("boris")
    stopped = sonia.get("/breaker").json()

    assert {Status.DISPOSAL_DUE} == {house.it(i).status for i in ids}
    assert {DisposalStatus.INSTRUCTED: 50, DisposalStatus.HELD: 10} == count(house, ids)
    assert (True, 50, 50) == (stopped["is_open"], stopped["this_hour"], stopped["limit"])
    assert ["tripped"] == [turn["turn"] for turn in stopped["turns"]]
    photoless = call("ruslan").post(f"/parcels/{ids[0]}/start-disposal", json={})
    assert (409, "breaker_open") == (photoless.status_code, photoless.json()["code"])

    assert 204 == sonia.post("/breaker/propose-release", json={"reason": "A week of deadlines at once."}).status_code
    for who in (sonia, boris):
        again = who.post("/breaker/propose-release", json={"reason": "A week of deadlines at once."})
        assert (409, "release_waits") == refusal(again)
    assert (403, "second_person_needed") == refusal(sonia.post("/breaker/release"))
    assert 204 == boris.post("/breaker/release").status_code
    house.clock.turn_to(house.clock.now() + timedelta(hours=4))
    house.office.desk.sweep()
    assert {DisposalStatus.INSTRUCTED: 60} == count(house, ids)
    assert 200 == call("ruslan").post(f"/parcels/{ids[0]}/start-disposal", json={}).status_code
    assert (403, "not_your_role") == refusal(call("ruslan").post("/breaker/release"))


def add_supervisor(tx: Any) -> None:
    errands.add_account(tx, "boris", hashed(), Role.SUPERVISOR, "Boris", "en")


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def count(house: House, ids: list[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for parcel_id in ids:
        status = house.it(parcel_id).disposal.status
        found[status] = found.get(status, 0) + 1
    return found
