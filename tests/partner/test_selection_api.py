"""API v1 of a selection: what waits, as a list and a file; a dry run says what it would cost and what would be refused (R108, J11)."""

import httpx2

from backhaul.partner import queries
from backhaul.partner.rules import commands as do
from tests.partner.cast import LUMITEK
from tests.partner.doors import Call, Door
from tests.partner.house import CHEN, ELIF, House
from tests.partner.test_decisions_api import arrived, refusal


def test_a_dry_run_says_what_it_costs_and_what_stands_in_the_way_and_decides_nothing(house: House, call: Call) -> None:
    first, second, third = arrived(house, 3)
    chen = call(CHEN)
    items = [
        {"parcel_id": first, "decision": "ship_hk", "destination_id": house.hong_kong},
        {"parcel_id": second, "decision": "dispose"},
        {"parcel_id": third, "decision": "ship_ru", "destination_id": house.hong_kong},
        {"parcel_id": 1, "decision": "dispose"},  # nobody's: left out
    ]

    told = chen.post("/decisions/preview", json={"items": items}).json()

    assert [(first, 68_00), (second, 3_00)] == [
        (one["item"]["parcel_id"], one["price"]["minor"]) for one in told["ready"]
    ]
    assert [(third, "destination_in_another_country")] == [
        (one["item"]["parcel_id"], one["code"]) for one in told["refused"]
    ]
    totals = told["totals"]
    assert ({"dispose": 1, "ship_hk": 1}, 71_00, 0) == (totals["decisions"], totals["price"]["minor"], totals["kept"])
    assert (2 * 2_300_00, 1_50) == (totals["worth"]["minor"], totals["per_day"]["minor"])
    assert {"none"} == {house.it(one).decision for one in (first, second, third)}

    given = chen.post("/decisions", json={"items": [one["item"] for one in told["ready"]]}).json()
    assert 2 == given["done"]  # with the version and the price that were seen
    assert (422, "bulk_size") == refusal(chen.post("/decisions/preview", json={"items": []}))
    assert (403, "not_your_role") == refusal(call("ruslan").post("/decisions/preview", json={"items": items}))


def test_what_waits_is_a_list_with_pages_and_a_file_that_comes_back(house: House, call: Call) -> None:
    ids = arrived(house, 51)
    chen = call(CHEN)

    page = chen.get("/parcels/to-decide").json()
    rest = chen.get("/parcels/to-decide", params={"after": page["next"]}).json()
    assert (50, ids[50:], "") == (len(page["items"]), [one["parcel_id"] for one in rest["items"]], rest.get("next", ""))
    assert [] == chen.get("/parcels/to-decide", params={"sku": 1}).json()["items"]
    assert {"decide": 51, "decided": 0, "work": 0, "done": 0, "coming": 0} == chen.get("/parcels/counts").json()
    assert [] == call(ELIF).get("/parcels/to-decide").json()["items"]

    table = chen.get("/parcels/to-decide.csv").text.lstrip("\ufeff").splitlines()
    assert ("number,decision,destination_id", 52) == (table[0][:30], len(table))
    rows = [table[0], table[1].replace(",,,", ",dispose,,", 1), table[2].replace(",,,", ",eat,,", 1), "P-0,dispose,"]
    said = chen.post("/decisions/file", content="\n".join(rows).encode()).json()
    assert [(2, ids[0])] == [(one["line"], one["item"]["parcel_id"]) for one in said["ready"]]
    assert [(3, "unknown_decision")] == [(one["line"], one["code"]) for one in said["refused"]]
    assert [(4, "code_unknown")] == [(one["line"], one["code"]) for one in said["faults"]]


def test_what_waits_is_filtered_by_days_left_and_seller_and_what_is_decided_by_country(
    house: House, call: Call, enter: Door
) -> None:
    first, second = arrived(house, 2)
    chen, left = call(CHEN), queries.days_left(house.it(first), house.clock.now())
    assert left is not None

    def found(**asked: int) -> list[int]:
        items = chen.get("/parcels/to-decide", params=asked).json()["items"]
        return [one["parcel_id"] for one in items]

    assert [[], [first, second]] == [found(days_to=days) for days in (left - 1, left)]
    assert [[first, second], []] == [found(seller=seller) for seller in (LUMITEK, 1)]
    assert 422 == chen.get("/parcels/to-decide", params={"days_to": -1}).status_code
    page = enter(CHEN).open(f"/parcels?tab=decide&days_to={left - 1}")
    assert "No parcel matches the filter." in page.text

    house.gives(house.account(CHEN).by(), do.Decide("ship_hk", house.hong_kong), parcel=first)
    shown = {
        land: house.it(first).number in page.open(f"/parcels?tab=decided&country={land}").text for land in ("HK", "CN")
    }
    assert {"HK": True, "CN": False} == shown


def test_a_file_that_is_none_is_refused(call: Call) -> None:
    chen = call(CHEN)

    def code(content: bytes) -> tuple[int, str]:
        answer: httpx2.Response = chen.post("/decisions/file", content=content)
        return refusal(answer)

    assert [(422, "file_empty"), (422, "file_columns_missing"), (422, "file_not_utf8")] == [
        code(b""), code(b"a,b\n1,2\n"), code(b"\xff\xfe"),
    ]  # fmt: skip
