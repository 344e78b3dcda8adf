"""Idempotency-Key at every door that changes something: the same request once, another one with its key not at all (issue 6)."""

from typing import Any

import httpx2
import pytest

from backhaul.kit.in_hand import one_at_a_time
from backhaul.partner.app import make_app
from tests.doors import READING, Door, doors
from tests.partner.cast import LUMITEK
from tests.partner.doors import Call
from tests.partner.house import CHEN, ID, LIU, House, picture
from tests.partner.test_api_v1_access import (
    CONSIGNED,
    ELSEWHERE,
    OF_SELLERS,
    OF_THE_WAREHOUSE,
    PARCEL,
    UNSIGNED,
    send,
)

NAMED = {"idempotency-key": "k-1"}
# What needs no key of this kind: each with what holds instead.
WITHOUT_KEY: dict[Door, str] = {
    ("POST", "/api/v1/sessions"): "nobody is known yet; each sign-in is a session of its own",
    ("DELETE", "/api/v1/sessions/current"): "ending a session again changes nothing and answers the same",
    ("POST", "/api/v1/admin/platforms"): "the operator's own command: registering again moves the platform",
    ("POST", "/api/v1/admin/second-factor-resets"): "the operator's own command: what is off is not switched off again",
    ("POST", "/api/v1/companies"): "nobody is known yet; the same login again is told that it is taken",
    ("POST", "/api/v1/companies/confirm"): "the token of the mail counts once",
    **{("POST", f"/api/v1/{path}"): "reads only" for path in (
        "decisions/preview", "decisions/file", "policy/preview", "tariff/preview",
    )},
    **{door: "signed by the marketplace: the message id is the key" for door, (told, _) in ELSEWHERE.items()
       if told == UNSIGNED},
}  # fmt: skip
PLACES: dict[str, object] = {
    "parcel_id": ID, "destination_id": 1, "number": "INV-000001", "dispute_id": 1, "rule_id": 1, "orphan_id": 1001,
    "consignment_id": CONSIGNED, "platform": "marketplace", "seller_id": LUMITEK, "public_id": "unknown",
    "webhook_id": "hook_0", "event_id": "evt_1_1_1",
}  # fmt: skip


def bodies() -> dict[Door, Any]:
    """A body that fits, for every door that changes something."""
    acts = {("POST", f"{PARCEL}/{word}"): body for word, (_, body) in (OF_THE_WAREHOUSE | OF_SELLERS).items()}
    decisions = {("POST", "/api/v1/decisions"): {"items": [{"parcel_id": ID, "decision": "pickup"}]}}
    return acts | decisions | {door: body for door, (_, body) in ELSEWHERE.items()}


@pytest.fixture
def everybody(house: House, call: Call) -> dict[str, httpx2.Client]:
    """People of every role, each of whom has used the key already."""
    clients = {login: call(login) for login in (CHEN, "ruslan", "vera", "sonia")}
    for client in clients.values():
        client.headers.update(NAMED)
        assert 204 == client.post("/messages/read", json={"until": 0}).status_code
        client.base_url = house.url
    return clients


def test_every_door_that_changes_something_refuses_the_key_of_another_request(
    house: House, everybody: dict[str, httpx2.Client]
) -> None:
    house.expects()
    house.arrives()
    app = make_app(house.office)
    found = {door for door in doors(app, "/api/v1") if door[0] not in READING} - set(WITHOUT_KEY)
    said = bodies()

    def codes(door: Door) -> set[str]:
        answers = (send(client, door, PLACES, said[door]) for client in everybody.values())
        return {answer.json().get("code", "") for answer in answers if answer.status_code == 422}

    assert [] == sorted(door for door in found if "key_used_for_another_request" not in codes(door))
    assert one_at_a_time in app.middleware
    # The control: a door that knows no key answers otherwise.
    unnamed = [
        send(one, ("POST", "/api/v1/sessions"), {}, {"login": "x", "password": "y"}) for one in everybody.values()
    ]
    assert {"sign_in_failed"} == {answer.json()["code"] for answer in unnamed}


def twice(client: httpx2.Client, method: str, path: str, **said: Any) -> httpx2.Response:
    """The same request under one key, sent two times: the second answer, which is the first one."""
    first, again = (client.request(method, path, headers={"idempotency-key": f"{method} {path}"}, **said) for _ in "ab")
    assert (first.status_code, first.content) == (again.status_code, again.content), again.text
    return again


def test_what_was_done_is_answered_as_before_and_done_once(house: House, call: Call) -> None:
    chen, liu, ruslan, sonia = call(CHEN), call(LIU), call("ruslan"), call("sonia")
    house.expects()
    house.arrives()

    address = {"country": "HK", "city": "Hong Kong", "street": "Unit 7, Kwai Chung"}
    made = twice(chen, "POST", "/destinations", json=address).json()["id"]
    assert [made] == [one["id"] for one in chen.get("/destinations").json() if one["street"].startswith("Unit 7")]
    assert 204 == twice(liu, "POST", f"/destinations/{made}/confirm").status_code
    rule = twice(chen, "POST", "/standing-rules", json={"seller_id": LUMITEK, "below_rub": 1500}).json()["id"]
    assert 204 == twice(chen, "DELETE", f"/standing-rules/{rule}").status_code
    assert 204 == twice(sonia, "POST", "/breaker/propose-release", json={"reason": "A week stood still."}).status_code
    assert 1 == len(sonia.get("/breaker").json()["turns"])
    assert 200 == twice(ruslan, "POST", "/labels", json={"parcel_ids": [ID], "form": "zpl"}).status_code
    assert 1 == house.it().labels_printed
    csv = b"number,status\r\nC-1002,lost\r\n"
    taken = twice(ruslan, "POST", "/carrier-files/import?name=line.csv", content=csv).json()
    assert (1, "consignment_unknown") == (taken["lines"], taken["problems"][0]["code"])
    lost = {"statuses": [{"number": "C-1001", "status": "lost"}]}
    assert not twice(ruslan, "POST", "/carrier-files", json=lost).json().get("again")
    csv = b"date,amount,currency,reference\r\n2024-11-01,1.00,CNY,B-1\r\n"
    assert ["unmatched"] == [one["outcome"] for one in twice(sonia, "POST", "/payments/import", content=csv).json()]
    assert 1 == len(sonia.get("/payments/unmatched").json())


def test_another_request_under_the_same_key_is_refused_as_a_whole(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    chen = call(CHEN)

    def bulk(decision: str) -> httpx2.Response:
        items = [{"parcel_id": ID, "decision": decision}]
        return chen.post("/decisions", json={"items": items}, headers={"idempotency-key": "bulk"})

    first, other, again = bulk("pickup"), bulk("dispose"), bulk("pickup")
    assert (422, "key_used_for_another_request") == (other.status_code, other.json()["code"])
    assert (200, first.json()) == (again.status_code, again.json())
    assert "pickup" == house.it().decision

    photo = twice(chen, "POST", "/photos", content=picture("red"))
    other = chen.post("/photos", content=picture("blue"), headers={"idempotency-key": "POST /photos"})
    assert 201 == photo.status_code
    assert (422, "key_used_for_another_request") == (other.status_code, other.json()["code"])

    # A refusal is no answer to keep: when what stood in the way is gone, the same request is done.
    link = {"platform": "unknown", "business_type": "CANCEL_ORDERS", "seller_id": LUMITEK, "key": "bh_rw_x"}
    assert (422, "unknown_platform") == (
        (refused := twice(chen, "POST", "/authorizations", json=link)).status_code, refused.json()["code"],
    )  # fmt: skip
    with house.office.database.read() as tx:
        assert {} == house.office.house.journal.known_answers(tx, ["POST /authorizations"])
