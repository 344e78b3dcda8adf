"""API v1 of time: deadlines with what then and by which number, why, acts with their deadlines, and tags of what was read (issue 6)."""

from typing import Any

import httpx2

from backhaul.partner import consignment_errands
from backhaul.partner.shapes import Signed
from tests.partner.cast import RUSLAN, moscow
from tests.partner.doors import Call
from tests.partner.house import CHEN, ELIF, ID, VIEWER, House


def acts(view: dict[str, Any]) -> dict[str, Any]:
    """Open acts with their deadlines, closed ones with their codes."""
    now = {one["act"]: one.get("deadline", "") for one in view["available_actions"]}
    return now | {one["act"]: one["code"] for one in view["not_available"]}


def test_a_seller_reads_every_deadline_with_its_reason_and_what_comes_then(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    house.clock.turn_to(moscow("2024-10-07 12:00"))
    chen = call(CHEN)

    told = chen.get(f"/parcels/{ID}/clocks").json()
    clocks = {one["name"]: one for one in reversed(told["clocks"])}
    window = clocks["decision"]

    assert ("quiet", ID) == (told["policy_version"], told["parcel_id"])
    assert ["reminder", "reminder", "media_order", "reminder", "reminder", "decision"] == [
        one["name"] for one in told["clocks"]
    ]
    assert ("2024-10-03T13:42:00Z", "2024-10-17T21:00:00Z", 10) == (
        window["started_at"], window["due_at"], window["days_left"],
    )  # fmt: skip
    assert ("MissDeadline", "Without a decision the unit is disposed of.") == (window["then"], window["then_text"])
    [rule] = window["rules"]
    assert ("decision_days", 14) == (rule["field"], rule["value"])
    russian = chen.get(f"/parcels/{ID}/clocks", headers={"accept-language": "ru"}).json()["clocks"]
    assert [one["name"] for one in russian] == [one["name"] for one in told["clocks"]]
    assert 404 == call(ELIF).get(f"/parcels/{ID}/clocks").status_code

    why = chen.get(f"/parcels/{ID}/explain").json()
    assert (["counted_from_scan", "window"], "now_undecided") == (why["codes"], why["now_code"])
    assert "It waits for the seller's decision." == why["now"]
    assert 2 == len(why["steps"])


def test_acts_say_until_when_and_why_not_in_lists_too(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    chen, ruslan, viewer = call(CHEN), call("ruslan"), call(VIEWER)
    until = "2024-10-17T21:00:00Z"

    one, [listed] = chen.get(f"/parcels/{ID}").json(), chen.get("/parcels").json()
    assert (
        {"decide": until, "order-media": until, "dispose-on-arrival": "not_in_this_state"} == acts(one) == acts(listed)
    )
    [decide] = [act for act in one["available_actions"] if act["act"] == "decide"]
    assert ("POST", f"/api/v1/parcels/{ID}/decide", "Decide") == (decide["method"], decide["href"], decide["title"])
    [shut] = one["not_available"]
    assert "At the warehouse" in shut["detail"]
    assert {"link_view_only"} == set(acts(viewer.get(f"/parcels/{ID}").json()).values())

    hands = acts(ruslan.get("/parcels").json()[0])
    assert ("not_decided_so", "not_in_this_state", "") == (hands["hand-over"], hands["arrive"], hands["put-away"])
    assert 200 == chen.post(decide["href"].removeprefix("/api/v1"), json={"decision": "dispose"}).status_code
    assert "undo_hold" == acts(ruslan.get("/parcels").json()[0])["start-disposal"]
    assert "2024-10-03T15:42:00Z" == acts(chen.get(f"/parcels/{ID}").json())["decide"]  # two hours to think again


def test_a_consignment_and_an_orphan_say_what_can_be_done(house: House, call: Call) -> None:
    to, terms = consignment_errands.NewConsignment(house.hong_kong), house.office.house.terms
    house.errand(lambda tx, at: consignment_errands.begin(tx, to, terms, Signed(RUSLAN, at)))
    ruslan, chen = call("ruslan"), call(CHEN)

    found = acts(ruslan.get("/consignments/1001").json())
    assert ("", "consignment_not_in_this_state") == (found["pack-unit"], found["dispatch-consignment"])
    [listed] = ruslan.get("/consignments").json()
    assert found == acts(listed)
    assert {} == acts(chen.get("/consignments/1001").json())


def test_what_is_known_already_is_not_sent_again(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    chen = call(CHEN)

    def read(tag: str, **headers: str) -> httpx2.Response:
        return chen.get(f"/parcels/{ID}", headers={"if-none-match": tag, **headers})

    first = chen.get(f"/parcels/{ID}")
    tag = first.headers["etag"]
    assert (304, b"", tag) == ((same := read(tag)).status_code, same.content, same.headers["etag"])
    assert 304 == read(f'"old", W/{tag}').status_code
    invoices = chen.get("/invoices").headers["etag"]
    assert 304 == chen.get("/invoices", headers={"if-none-match": invoices}).status_code  # lists too
    assert "etag" not in chen.get("/draws/1").headers  # what is streamed is never held
    assert 200 == read(tag, **{"accept-language": "tr"}).status_code  # other words are another answer
    house.clock.turn_to(moscow("2024-10-05 12:00"))
    assert (200, 12) == ((later := read(tag)).status_code, later.json()["days_left"])  # and so are other days left


def test_who_acts_on_an_earlier_version_is_told_the_one_there_is(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    chen = call(CHEN)
    tag = chen.get(f"/parcels/{ID}").headers["etag"]

    def decide(decision: str, tag: str) -> httpx2.Response:
        return chen.post(f"/parcels/{ID}/decide", json={"decision": decision}, headers={"if-match": tag})

    assert 200 == decide("pickup", tag).status_code
    stale = decide("dispose", tag)
    assert (409, "version_conflict", 3, 2) == (
        stale.status_code, (said := stale.json())["code"], said["version"], said["seen"],
    )  # fmt: skip
    assert (409, 200) == (decide("dispose", '"2"').status_code, decide("dispose", '"3"').status_code)
    assert "dispose" == house.it().decision
