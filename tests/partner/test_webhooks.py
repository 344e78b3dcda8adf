"""Webhooks and events of the partner over real HTTP: who is told what, in which order, and who may change where it goes.

How messages are tried, given up and sent again is the kit's: tests/marketplace/test_webhooks.py.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.kit import egress
from backhaul.kit.days import to_us
from backhaul.partner import errands
from backhaul.partner.rules import commands as do
from tests.partner.cast import LUMITEK, RUSLAN, moscow
from tests.partner.doors import Call
from tests.partner.house import CHEN, ELIF, ID, LIU, STRANGER, VIEWER, House, picture
from tests.receiving import Receiver, receiving, verifies

FIVE = ["parcel.expected", "parcel.arrived", "parcel.media_ordered", "parcel.media_delivered", "parcel.decided"]


@pytest.fixture
def receiver(house: House) -> Iterator[Receiver]:
    sender = house.office.webhooks
    sender.way = msgspec.structs.replace(sender.way, inside=egress.networks("127.0.0.0/8"))
    sender.jitter = lambda: 1.0
    with receiving() as one:
        yield one


def made(client: httpx2.Client, url: str, *types: str) -> Any:
    answer = client.post("/webhooks", json={"url": url, "name": "ERP", "types": types})
    assert answer.status_code == 201, answer.text
    return answer.json()


def events(client: httpx2.Client, **more: Any) -> list[Any]:
    answer = client.get("/events", params=more)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["events"]
    return found


def rounds(house: House) -> None:
    """Until the worker has nothing more to do at this instant."""
    while house.office.events.place_due() + house.office.webhooks.send_now():
        pass


def photographed_and_decided(house: House, call: Call) -> None:
    """A unit of Lumitek arrives, its photos are ordered and made, its owner decides; a person types a note on the way."""
    house.expects()
    house.arrives()
    chen = house.account(CHEN).by()
    house.gives(chen, do.OrderMedia())
    house.gives(RUSLAN, do.PutAway("CANARY-7f3a"))
    photo = call("ruslan").post("/photos", content=picture("teal")).json()["id"]
    house.gives(RUSLAN, do.DeliverMedia((photo,)))
    house.gives(chen, do.Decide("ship_hk", house.hong_kong))


def test_a_unit_is_told_to_each_company_that_is_linked_to_its_seller_signed_in_order_and_the_same_by_get(
    house: House, call: Call, receiver: Receiver
) -> None:
    chen, now = call(CHEN), moscow("2024-10-03 16:42")
    secret = made(chen, receiver.url)["secrets"][0]["secret"]
    with receiving() as of_elif:
        made(call(ELIF), of_elif.url)
        photographed_and_decided(house, call)
        rounds(house)
        told, got = events(chen), receiver.got
        of_viewer = events(call(VIEWER))

    assert FIVE == [one["type"] for one in told]
    assert told == [one.said for one in got]
    assert [one["id"] for one in told] == receiver.ids
    assert all(verifies(secret, one.headers, one.body, to_us(now) // 1_000_000) for one in got)
    assert ([], []) == (of_elif.got, events(call(ELIF)))
    assert FIVE == [one["type"] for one in of_viewer]
    assert [one["data"] for one in told] == [one["data"] for one in of_viewer]
    assert set() == {one["id"] for one in told} & {one["id"] for one in of_viewer}
    assert b"CANARY" not in b"".join(one.body for one in got)


def test_a_message_says_where_the_unit_stands_until_when_to_decide_and_the_facts_of_the_event(
    house: House, call: Call
) -> None:
    house.expects()
    house.arrives()
    rounds(house)
    key = call(house.key(CHEN, read_only=True))
    [arrived] = events(key, types="parcel.arrived")

    assert ("parcel.arrived", "2024-10-03T13:42:00Z") == (arrived["type"], arrived["timestamp"])
    assert {
        "about": "parcel", "parcel_id": ID, "parcel_number": "P-100001", "return_number": "R-100017", "version": 2, "status": "arrived",
        "seller_id": LUMITEK, "posting_number": "12345678-0001-1", "offer_id": "HUB-1", "sku": 700_100,
        "decide_by": "2024-10-17T21:00:00Z",
        "facts": {
            "warehouse": "MSK-2", "at": "2024-10-03T13:42:00Z", "decide_by": "2024-10-17T21:00:00Z", "weight_gram": 350,
            "packaging_intact": True, "hazard": False, "fee": {"minor": 600, "currency": "CNY"},
        },
    } == arrived["data"]  # fmt: skip


def test_a_page_ends_where_it_was_asked_to_and_goes_on_after_its_last_event(house: House, call: Call) -> None:
    photographed_and_decided(house, call)
    rounds(house)
    chen = call(CHEN)
    first = chen.get("/events", params={"limit": 2}).json()
    rest = chen.get("/events", params={"after": first["last"]}).json()
    wrong = chen.get("/events", params={"types": "return.approved"})
    gone = call(VIEWER).get("/events", params={"after": first["last"]})

    assert (FIVE[:2], True) == ([one["type"] for one in first["events"]], first["more"])
    assert (FIVE[2:], False) == ([one["type"] for one in rest["events"]], rest["more"])
    assert (422, "unknown_event_type", "types") == (wrong.status_code, wrong.json()["code"], wrong.json()["field"])
    assert (410, "event_unknown") == (gone.status_code, gone.json()["code"])  # another company's


def test_who_reads_one_type_stands_behind_the_others_at_the_end(house: House, call: Call) -> None:
    photographed_and_decided(house, call)
    rounds(house)
    page = call(CHEN).get("/events", params={"types": "parcel.arrived"}).json()

    assert ["parcel.arrived"] == [one["type"] for one in page["events"]]
    assert events(call(CHEN))[-1]["id"] == page["last"]


def test_the_payer_of_an_invoice_is_told_of_it_in_order(house: House, call: Call, receiver: Receiver) -> None:
    chen = call(CHEN)
    made(chen, receiver.url, "invoice.issued", "invoice.reminded", "invoice.paid")
    house.expects()
    house.arrives()
    for day in ("2024-11-01 00:00", "2024-11-10 12:00", "2024-11-13 12:00"):
        house.clock.turn_to(moscow(day))
        while house.office.tick():
            pass
    payment = {
        "invoice": "INV-000001",
        "date": "2024-11-13",
        "amount_minor": 600,
        "currency": "CNY",
        "reference": "B-1",
    }
    assert 201 == call("sonia").post("/payments", json=payment).status_code
    rounds(house)
    got = [one.said for one in receiver.got]
    due, amount = "2024-11-10T21:00:00Z", {"minor": 600, "currency": "CNY"}

    assert [
        ("invoice.issued", {"amount": amount, "due": due}),
        ("invoice.reminded", {"amount": amount, "due": due, "overdue": False}),
        ("invoice.reminded", {"amount": amount, "due": due, "overdue": True}),
        ("invoice.paid", {"amount": amount}),
    ] == [(one["type"], one["data"]["facts"]) for one in got]
    assert {("INV-000001", LUMITEK, "2024-10")} == {
        (one["data"]["invoice_number"], one["data"]["seller_id"], one["data"]["month"]) for one in got
    }
    assert [1, 2, 3, 4] == [one["data"]["version"] for one in got]
    assert "invoice.issued" not in {one["type"] for one in events(call(VIEWER))}


def test_only_the_owner_changes_webhooks_and_another_companys_do_not_exist(
    house: House, call: Call, receiver: Receiver
) -> None:
    path = f"/webhooks/{made(call(CHEN), receiver.url)['id']}"
    wanted = {"url": receiver.url, "name": "Mine"}
    changing = ("/pause", "/resume", "/remove", "/ping")
    liu, key = call(LIU), call(house.key(CHEN, read_only=False))
    of_liu, of_key = ([who.post(path + end) for end in changing] + [who.put(path, json=wanted)] for who in (liu, key))
    of_stranger = [call(STRANGER).get(path), call(STRANGER).post(f"{path}/remove")]

    assert [200] * 6 == [who.get(path + end).status_code for who in (liu, key) for end in ("", "/deliveries", "")]
    assert {(403, "webhook_rights_needed")} == {(one.status_code, one.json()["code"]) for one in of_liu}
    assert {(403, "not_your_role")} == {(one.status_code, one.json()["code"]) for one in of_key}
    assert [404, 404] == [one.status_code for one in of_stranger]
    assert {403} == {call(who).get("/webhooks").status_code for who in ("ruslan", "sonia")}
    assert (422, "address_inside") == _told(call(CHEN).post("/webhooks", json={**wanted, "url": "https://10.0.0.1/"}))
    assert {422} == {call(CHEN).get(f"{path}/deliveries", params={"before": n}).status_code for n in (-1, 10**30)}
    assert "active" == call(CHEN).get(path).json()["state"]


def test_the_same_key_does_an_act_once_and_is_refused_for_another_act(call: Call, receiver: Receiver) -> None:
    chen = call(CHEN)
    path, key = f"/webhooks/{made(chen, receiver.url)['id']}", {"idempotency-key": "one"}
    once, again = (chen.post(f"{path}/pause", headers=key) for _ in range(2))
    other = chen.post(f"{path}/resume", headers=key)

    assert (200, 200) == (once.status_code, again.status_code)
    assert (422, "key_used_for_another_request") == _told(other)
    assert "paused" == chen.get(path).json()["state"]


def test_a_receiver_that_takes_nothing_for_three_days_is_told_to_the_owner_and_gets_it_again_when_asked(
    house: House, call: Call, receiver: Receiver
) -> None:
    chen = call(CHEN)
    path = f"/webhooks/{made(chen, receiver.url)['id']}"
    receiver.answers(500)
    house.expects()
    rounds(house)
    for wait in (timedelta(days=3), timedelta(minutes=5)):
        house.clock.turn(wait)
        rounds(house)
    [delivery] = chen.get(f"{path}/deliveries").json()["deliveries"]
    receiver.answers(204)
    queued = chen.post(f"{path}/deliveries/{delivery['event_id']}/redeliver")
    rounds(house)
    said = chen.get("/messages").json()[0]

    assert "dead" == delivery["state"]
    assert "Messages to your program were given up" == said["subject"]
    assert (202, "delivered") == (
        queued.status_code,
        chen.get(f"{path}/deliveries/{delivery['event_id']}").json()["state"],
    )


def test_a_company_that_is_not_linked_any_more_hears_no_more(house: House, call: Call) -> None:
    house.expects()
    chen = house.account(CHEN)
    house.errand(lambda tx, _: errands.unlink(tx, chen, LUMITEK))
    house.arrives()
    rounds(house)

    assert ["parcel.expected"] == [one["type"] for one in events(call(CHEN))]
    assert ["parcel.expected", "parcel.arrived"] == [one["type"] for one in events(call(VIEWER))]


def _told(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
