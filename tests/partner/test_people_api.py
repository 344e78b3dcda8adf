"""API v1 of people at the partner: sign up, confirm, one's own account, keys that are shown once (D19, D23)."""

import json
from typing import Any

import httpx2
import pytest

from backhaul.kit.database import Statement
from backhaul.partner import tables
from tests.cut_off import cut_off_before
from tests.partner.doors import Call
from tests.partner.house import CHEN, ID, LIU, PASSWORD, House
from tests.partner.test_decisions_api import refusal

COMPANY = {
    "company": "Bosphorus Ltd", "country": "TR", "name": "Deniz Ak", "login": "Deniz@Bosphorus.tr", "password": PASSWORD,
}  # fmt: skip


def test_a_company_signs_up_confirms_and_signs_in(house: House) -> None:
    with httpx2.Client(base_url=f"{house.url}/api/v1", timeout=30) as nobody:
        made = nobody.post("/companies", json=COMPANY)
        assert (201, {"login": "deniz@bosphorus.tr", "confirm_within_days": 3}) == (made.status_code, made.json())
        session = {"login": COMPANY["login"], "password": PASSWORD}
        assert (403, "email_not_confirmed") == refusal(nobody.post("/sessions", json=session))
        assert (404, "confirmation_unknown_or_expired") == refusal(
            nobody.post("/companies/confirm", json={"token": "no"})
        )
        mails = tables.board.mails
        with house.office.database.read() as tx:
            rows = tx.rows(Statement(mails.select().where(mails.c.address == "deniz@bosphorus.tr")))
        token = json.loads(rows[0][5])["token"]
        assert 204 == nobody.post("/companies/confirm", json={"token": token}).status_code
        nobody.headers["authorization"] = f"Bearer {nobody.post('/sessions', json=session).json()['token']}"
        assert {
            "login": "deniz@bosphorus.tr", "name": "Deniz Ak", "role": "seller", "language": "zh", "owner": True,
            "company": "Bosphorus Ltd", "country": "TR",
        } == nobody.get("/account").json()  # fmt: skip
        assert (409, "login_taken") == refusal(nobody.post("/companies", json=COMPANY))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"password": "short"}, (422, "password_too_short")),
        ({"password": " " * 10}, (422, "password_guessable")),
        ({"login": "nobody"}, (422, "form_incomplete")),
        ({"country": "tr"}, (422, "unknown_country")),
        ({"language": "en"}, (422, "unknown_language")),  # the form is in Chinese only (D23)
        ({"company": "x" * 201}, (422, "field_invalid")),
        ({"role": "supervisor"}, (422, "field_invalid")),
    ],
)
def test_what_does_not_fit_a_sign_up_is_said(house: House, changes: dict[str, Any], expected: tuple[int, str]) -> None:
    answer = httpx2.post(f"{house.url}/api/v1/companies", json={**COMPANY, **changes})
    assert expected == refusal(answer)


def test_a_person_changes_language_and_password_and_other_sessions_end(house: House, call: Call) -> None:
    here, elsewhere = call(CHEN), call(CHEN)

    assert "tr" == here.post("/account/language", json={"language": "tr"}).json()["language"]
    assert "tr" == house.account(CHEN).language
    assert (422, "unknown_language") == refusal(here.post("/account/language", json={"language": "xx"}))
    said = {"current": PASSWORD, "password": "a better one than before"}
    assert (422, "password_wrong") == refusal(here.post("/account/password", json={**said, "current": "wrong"}))
    assert (422, "password_too_short") == refusal(here.post("/account/password", json={**said, "password": "short"}))
    named = {"idempotency-key": "once"}
    for _ in range(2):  # the second is answered as before, though the current password is another one now
        assert 204 == here.post("/account/password", json=said, headers=named).status_code
    other = here.post("/account/password", json={**said, "password": "another one again"}, headers=named)
    assert (422, "key_used_for_another_request") == refusal(other)
    assert 200 == here.get("/account").status_code
    assert (401, "sign_in_needed") == refusal(elsewhere.get("/account"))
    again = here.post("/sessions", json={"login": CHEN, "password": said["password"]})
    assert 201 == again.status_code


def test_a_password_is_changed_with_the_answer_or_not_at_all(house: House, call: Call) -> None:
    """The house ends before the answer is remembered: the same request again is done, not refused for the old password."""
    here, said = call(CHEN), {"current": PASSWORD, "password": "a better one than before"}
    named = {"idempotency-key": "once"}
    with cut_off_before(house.office.database, "answers"):
        broken = here.post("/account/password", json=said, headers=named)
    again = [here.post("/account/password", json=said, headers=named) for _ in range(2)]

    assert 503 == broken.status_code
    assert [204, 204] == [one.status_code for one in again]
    assert 201 == here.post("/sessions", json={"login": CHEN, "password": said["password"]}).status_code


def test_a_key_is_shown_once_works_and_stops_when_it_is_revoked(house: House, call: Call) -> None:
    chen = call(CHEN)
    wanted, named = {"name": "ERP", "role": "returns"}, {"idempotency-key": "one"}
    house.expects()

    made = chen.post("/keys", json=wanted, headers=named)
    again = chen.post("/keys", json=wanted, headers=named)
    key = made.json()["key"]

    assert (201, 201, made.json()["id"], None) == (
        made.status_code, again.status_code, again.json()["id"], again.json().get("key"),
    )  # fmt: skip
    program = call(key)
    assert 200 == program.get(f"/parcels/{ID}").status_code
    assert ["active"] == [one["status"] for one in chen.get("/keys").json()]
    assert key not in chen.get("/keys").text
    assert (409, "key_name_taken") == refusal(chen.post("/keys", json=wanted))
    assert (403, "owner_only") == refusal(call(LIU).post("/keys", json={**wanted, "name": "mine"}))
    assert (403, "not_your_role") == refusal(program.get("/keys"))
    assert "revoked" == chen.post(f"/keys/{made.json()['id']}/revoke").json()["status"]
    assert (403, "key_revoked") == refusal(program.get(f"/parcels/{ID}"))
    assert (404, "not_found") == refusal(chen.post("/keys/unknown/revoke"))
