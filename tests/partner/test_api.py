"""The partner's API v1 over real HTTP: persons and keys, races, countries, who may see what."""

from typing import Any

import httpx2
import pytest

from backhaul.kit.days import to_us
from backhaul.kit.money import Money
from backhaul.partner import errands, platform_errands, queries
from backhaul.partner.doors import ACTS
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Decision, LinkState, Status
from tests.partner.cast import ANADOLU, moscow
from tests.partner.doors import Call
from tests.partner.house import CHEN, ELIF, ID, LIU, STRANGER, VIEWER, House, picture


def told(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def to_hong_kong(house: House) -> dict[str, Any]:
    return {"decision": "ship_hk", "destination_id": house.hong_kong}


# -- One whole life ---------------------------------------------------------------------------------------------------


def test_a_unit_is_received_marked_decided_labelled_and_delivered(house: House, call: Call) -> None:
    ruslan, vera, chen = call("ruslan"), call("vera"), call(CHEN)
    house.expects(price=Money(12_000_00))
    house.clock.turn_to(moscow("2024-10-03 16:42"))

    [found] = ruslan.get("/parcels", params={"code": "r-100017"}).json()
    assert [act["act"] for act in found["available_actions"]] == ["arrive"]
    scan = {"warehouse": "MSK-2", "arrived_at_us": to_us(house.clock.now()), "weight_gram": 350, "shelf": "A-1"}
    assert ruslan.post(f"/parcels/{ID}/arrive", json=scan).json()["status"] == "arrived"

    photo = vera.post("/photos", content=picture("teal")).json()["id"]
    mark = {"mark": "partially_damaged", "defect": "Scratch on the lid", "photos": [photo]}
    assert vera.post(f"/parcels/{ID}/mark", json=mark).status_code == 200

    answer = chen.get(f"/parcels/{ID}")
    seen = answer.json()
    assert answer.headers["etag"].startswith(f'"{seen["version"]}-')
    assert (seen["days_left"], seen["decide_by"]) == (14, "2024-10-17T21:00:00Z")
    assert seen["inspection"]["reasons"] == ["price"]
    assert {"decide"} <= {act["act"] for act in seen["available_actions"]}
    hong_kong = next(choice for choice in seen["choices"] if choice["decision"] == "ship_hk")
    assert hong_kong["price"] == {"minor": 6800, "currency": "CNY"}
    assert [house.hong_kong] == hong_kong["destination_ids"]
    assert "MissDeadline" in {clock["does"] for clock in seen["clocks"]}
    assert chen.get(f"/parcels/{ID}/photos/{photo}").content[:3] == b"\xff\xd8\xff"

    decided = chen.post(f"/parcels/{ID}/decide", json=to_hong_kong(house), headers={"if-match": answer.headers["etag"]})
    assert decided.json()["decision"] == "ship_hk"
    assert ruslan.post(f"/parcels/{ID}/print-label", json={"carrier": "Line", "tracking": "T-1"}).status_code == 200
    assert told(chen.post(f"/parcels/{ID}/decide", json={"decision": "pickup"})) == (409, "decision_locked")
    assert ruslan.post(f"/parcels/{ID}/confirm-delivery").json()["status"] == "delivered"

    lines = chen.get(f"/parcels/{ID}/events").json()
    assert lines[-1]["kind"] == "Delivered"
    assert {"Chen Wei", ""} == {line["name"] for line in lines}


def test_a_substitution_is_a_secret_until_a_second_person_confirms_it(house: House, call: Call) -> None:
    vera, timur, chen = call("vera"), call("timur"), call(CHEN)
    house.expects(serial="SN-1")
    house.arrives()
    photos = [vera.post("/photos", content=picture(colour)).json()["id"] for colour in ("red", "blue", "green")]
    said = {"mark": "substituted", "comparison": "Another serial number", "photos": photos}

    assert vera.post(f"/parcels/{ID}/mark", json=said).status_code == 200
    assert chen.get(f"/parcels/{ID}").json()["inspection"]["status"] == "queued"
    assert "MarkProposed" not in {line["kind"] for line in chen.get(f"/parcels/{ID}/events").json()}
    assert told(chen.get(f"/parcels/{ID}/photos/{photos[0]}")) == (404, "not_found")
    assert told(vera.post(f"/parcels/{ID}/confirm-mark")) == (403, "second_person_needed")

    assert timur.post(f"/parcels/{ID}/confirm-mark").status_code == 200
    inspection = chen.get(f"/parcels/{ID}").json()["inspection"]
    assert (inspection["status"], inspection["mark"]) == ("done", "substituted")
    assert "vera" not in str(inspection)


# -- Races (J12) ------------------------------------------------------------------------------------------------------


def test_who_decides_second_on_the_same_version_is_told_what_was_decided_by_whom_and_when(
    house: House, call: Call
) -> None:
    liu, chen = call(LIU), call(CHEN)
    house.expects()
    house.arrives()
    house.clock.turn_to(moscow("2024-10-05 10:00"))
    version = {"if-match": chen.get(f"/parcels/{ID}").headers["etag"]}

    first = liu.post(f"/parcels/{ID}/decide", json=to_hong_kong(house), headers=version)
    second = chen.post(f"/parcels/{ID}/decide", json={"decision": "dispose"}, headers=version)

    assert first.status_code == 200
    assert told(second) == (409, "version_conflict")
    lost = second.json()
    assert (lost["decision"], lost["decided_by"], lost["decided_how"]) == ("ship_hk", "Liu Na", "seller")
    assert lost["decided_at"] == "2024-10-05T07:00:00Z"
    assert "Liu Na decided meanwhile, on 5 Oct 2024, 10:00 Moscow time: Ship to Hong Kong." in lost["detail"]
    assert any(f"Decide {ID}" in line and "dispose" in line for line in house.refused_attempts())

    again = chen.post(
        f"/parcels/{ID}/decide", json={"decision": "dispose"}, headers={"if-match": f'"{lost["version"]}"'}
    )
    assert again.status_code == 200
    assert house.it().decision is Decision.DISPOSE


def test_a_retry_of_the_same_request_gets_the_first_answer_and_nothing_happens_twice(house: House, call: Call) -> None:
    liu = call(LIU)
    house.expects()
    house.arrives()
    headers = {"idempotency-key": "one", "if-match": liu.get(f"/parcels/{ID}").headers["etag"]}

    first = liu.post(f"/parcels/{ID}/decide", json=to_hong_kong(house), headers=headers)
    again = liu.post(f"/parcels/{ID}/decide", json=to_hong_kong(house), headers=headers)
    other = liu.post(f"/parcels/{ID}/decide", json={"decision": "pickup"}, headers=headers)

    assert (200, first.content) == (again.status_code, again.content)
    assert told(other) == (422, "key_used_for_another_request")
    assert first.json()["version"] == house.it().version


def test_a_version_that_cannot_be_read_is_refused(house: House, call: Call) -> None:
    house.expects()
    house.arrives()

    answer = call(CHEN).post(f"/parcels/{ID}/decide", json={"decision": "pickup"}, headers={"if-match": "latest"})

    assert told(answer) == (422, "version_unreadable")
    assert house.it().decision is Decision.NONE


# -- Countries (J10) --------------------------------------------------------------------------------------------------


def test_a_turkish_seller_cannot_send_to_turkey_nor_to_hong_kong(house: House, call: Call) -> None:
    elif_ = call(ELIF)
    house.expects(seller_id=ANADOLU, seller_country="TR", variant="T")
    house.arrives()

    assert {"", "RU"} == {choice.get("country", "") for choice in elif_.get(f"/parcels/{ID}").json()["choices"]}
    turkey = elif_.post(f"/parcels/{ID}/decide", json={"decision": "ship_tr", "destination_id": house.kazan})
    assert told(turkey) == (422, "destination_not_allowed")
    assert "Neither the marketplace nor its partners ship to Turkey." in turkey.json()["detail"]
    hong_kong = elif_.post(f"/parcels/{ID}/decide", json={"decision": "ship_hk", "destination_id": house.kazan})
    assert told(hong_kong) == (422, "destination_not_in_your_variant")
    assert "Russia" in hong_kong.json()["detail"]
    assert house.it().decision is Decision.NONE


@pytest.mark.parametrize(
    ("country", "city", "code"),
    [
        ("TR", "Istanbul", "destination_not_allowed"),
        ("HK", "Hong Kong", "destination_not_in_your_variant"),
        ("RU", "Istanbul", "address_contradicts_country"),
    ],
)
@pytest.mark.usefixtures("house")
def test_an_address_is_checked_before_it_is_kept(call: Call, country: str, city: str, code: str) -> None:
    elif_ = call(ELIF)
    before = elif_.get("/destinations").json()

    answer = elif_.post("/destinations", json={"country": country, "city": city, "street": "OOO Volga Depo"})

    assert (422, code) == told(answer)
    assert before == elif_.get("/destinations").json()


@pytest.mark.usefixtures("house")
def test_the_right_address_is_kept_and_confirmed_by_somebody_else(call: Call) -> None:
    elif_, sonia = call(ELIF), call("sonia")
    kazan = {"country": "RU", "city": "Kazan", "street": "OOO Volga Depo"}

    number = elif_.post("/destinations", json=kazan).json()["id"]

    assert told(elif_.post(f"/destinations/{number}/confirm")) == (403, "second_person_needed")
    assert sonia.post(f"/destinations/{number}/confirm").status_code == 204
    assert elif_.get("/destinations").json()[-1]["confirmed_at"] is not None


# -- Who may (J11) ----------------------------------------------------------------------------------------------------


def test_somebody_elses_parcel_does_not_exist(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    stranger = call(STRANGER)

    assert stranger.get("/parcels").json() == []
    assert stranger.get("/parcels", params={"code": "R-100017"}).json() == []
    assert told(stranger.get(f"/parcels/{ID}")) == (404, "not_found")
    assert told(stranger.get(f"/parcels/{ID}/events")) == (404, "not_found")
    assert told(stranger.post(f"/parcels/{ID}/decide", json={"decision": "dispose"})) == (404, "not_found")


def test_a_view_only_link_looks_and_does_not_decide(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    viewer = call(VIEWER)

    assert tuple(viewer.get(f"/parcels/{ID}").json()["available_actions"]) == ()
    assert told(viewer.post(f"/parcels/{ID}/decide", json={"decision": "dispose"})) == (403, "link_view_only")


def test_a_lost_authorization_shows_the_last_data_and_decides_nothing(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    company = house.account(CHEN).company_id or 0
    with house.office.database.read() as tx:
        link = queries.links_of_company(tx, company)[0]
    house.errand(lambda tx, at: platform_errands.mark_link(tx, link, LinkState.AUTHORIZATION_LOST, Policy(), at))

    assert call(CHEN).get(f"/parcels/{ID}").json()["days_left"] == 14
    assert told(call(CHEN).post(f"/parcels/{ID}/decide", json={"decision": "pickup"})) == (403, "authorization_lost")


def test_keys_decide_or_only_read_and_a_revoked_one_does_neither(house: House, call: Call) -> None:
    house.expects()
    house.arrives()
    writing, reading = house.key(CHEN, read_only=False), house.key(CHEN, read_only=True)
    chen = house.account(CHEN)

    assert call(reading).get("/parcels").json()[0]["id"] == ID
    assert told(call(reading).post(f"/parcels/{ID}/decide", json={"decision": "pickup"})) == (403, "role_read_only")
    assert any("role_read_only" in line for line in house.refused_attempts())
    assert call(writing).post(f"/parcels/{ID}/decide", json={"decision": "dispose"}).status_code == 200
    assert house.it().decided_by == "api_key"
    address = {"country": "RU", "city": "Kazan", "street": "Depo 1"}
    assert told(call(writing).post("/destinations", json=address)) == (403, "not_your_role")

    house.errand(lambda tx, at: errands.revoke_key(tx, chen, writing.split("_")[2], at))
    assert told(call(writing).get("/parcels")) == (403, "key_revoked")
    assert told(call(writing[:-1] + "!").get("/parcels")) == (401, "wrong_key")


def test_the_photos_of_others_cannot_be_named(house: House, call: Call) -> None:
    house.expects(serial="SN-1")
    house.arrives()
    photo = call("ruslan").post("/photos", content=picture("red")).json()["id"]
    said = {"mark": "completely_damaged", "defect": "Broken", "photos": [photo]}

    assert told(call("vera").post(f"/parcels/{ID}/mark", json=said)) == (422, "photos_unknown")


def test_nobody_gets_in_by_a_cookie_or_without_anything(house: House) -> None:
    with httpx2.Client(base_url=f"{house.url}/api/v1", cookies={"partner_session": "x"}) as client:
        assert told(client.get("/parcels")) == (401, "credentials_missing")
        assert told(client.post("/sessions", json={"login": CHEN, "password": "guess"})) == (401, "sign_in_failed")
        assert told(client.post("/sessions", json={"login": CHEN})) == (422, "field_invalid")


# -- The rest ---------------------------------------------------------------------------------------------------------


def test_the_collector_is_handed_the_unit_for_the_code_that_only_the_seller_reads(house: House, call: Call) -> None:
    ruslan, chen = call("ruslan"), call(CHEN)
    house.expects()
    house.arrives()
    chen.post(f"/parcels/{ID}/decide", json={"decision": "pickup"})

    code = chen.get(f"/parcels/{ID}").json()["pickup_code"]
    assert house.code() == code
    assert "pickup_code" not in ruslan.get(f"/parcels/{ID}").json()
    assert "pickup_code" not in call(VIEWER).get(f"/parcels/{ID}").json()
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert told(ruslan.post(f"/parcels/{ID}/hand-over", json={"collector": "Ivan P.", "code": wrong})) == (
        403,
        "wrong_code",
    )
    assert ruslan.post(f"/parcels/{ID}/hand-over", json={"collector": "Ivan P.", "code": code}).status_code == 200
    assert house.it().status is Status.PICKED_UP


def test_health_and_tariff_answer_everybody(house: House) -> None:
    assert httpx2.get(f"{house.url}/api/v1/health").json() == {"status": "ok"}
    assert httpx2.get(f"{house.url}/api/v1/tariff").json()["prices_minor"]["ship_hk"] == 6800


def test_every_act_of_every_role_is_one_operation_of_the_description(house: House) -> None:
    paths = httpx2.get(f"{house.url}/api/v1/openapi.json").json()["paths"]

    assert {f"/api/v1/parcels/{{parcel_id}}/{word}" for word in ACTS} <= set(paths)
