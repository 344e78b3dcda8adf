"""API v1 does what pages do: settings, sellers, points, the policy, queues of staff, one-time links, papers, the dry run of a bulk."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.days import MOSCOW
from backhaul.marketplace import queries, users
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import CHEN, ELIF, KETTLE, MUG, OLEG, THROW, Market, market
from tests.marketplace.people import Call, account, calling, let_in, told


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def at(client: httpx2.Client, path: str, **asked: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_owner_changes_the_settings_and_what_does_not_fit_is_refused(call: Call) -> None:
    elif_, umut, chen = call("elif"), call("umut"), call("chen")
    before = at(elif_, "settings")

    assert ("TR", "", True, "RUB", False) == (
        before["country"], before["default_route"], before["chooses_route"], before["payout_currency"],
        before["moderation"]["on"],
    )  # fmt: skip
    assert "A" == elif_.put("/api/v1/settings/default-route", json={"route": "A"}).json()["default_route"]
    assert "" == elif_.put("/api/v1/settings/default-route", json={"route": None}).json()["default_route"]
    assert "TRY" == elif_.put("/api/v1/settings/payout-currency", json={"currency": "TRY"}).json()["payout_currency"]
    assert (422, "route_not_yours_to_choose") == told(chen.put("/api/v1/settings/default-route", json={"route": "A"}))
    assert (422, "unknown_currency") == told(elif_.put("/api/v1/settings/payout-currency", json={"currency": "XXX"}))
    assert (403, "owner_only") == told(umut.put("/api/v1/settings/default-route", json={"route": "A"}))
    assert (403, "not_your_role") == told(call("irina").get("/api/v1/settings"))


def test_support_switches_the_moderation_on_the_seller_agrees_to_its_price_and_switches_it_off(
    shop: Market, call: Call
) -> None:
    marina, elif_ = call("marina"), call("elif")
    path, wanted = f"/api/v1/sellers/{ELIF.subject}/moderation", {"ticket": "T-7", "rules": "Photos of the label."}
    price = shop.office.house.terms.policy.premoderation_price_version

    assert (409, "moderation_is_switched_on_by_support") == told(
        elif_.post("/api/v1/settings/moderation/consent", json={"price_version": price})
    )
    on = marina.put(path, json=wanted).json()["moderation"]
    assert (True, "T-7", "Photos of the label.", "") == (on["on"], on["ticket"], on["rules"], on["consented"])
    assert (422, "field_invalid") == told(marina.put(path, json={**wanted, "ticket": "T" * 41}))
    assert (404, "not_found") == told(marina.put("/api/v1/sellers/999/moderation", json=wanted))
    agreed = elif_.post("/api/v1/settings/moderation/consent", json={"price_version": price}).json()
    assert price == agreed["moderation"]["consented"]
    assert (409, "price_changed") == told(
        elif_.post("/api/v1/settings/moderation/consent", json={"price_version": "1999"})
    )
    assert not elif_.post("/api/v1/settings/moderation/off").json()["moderation"]["on"]
    assert {int(ELIF.subject), int(CHEN.subject)} == {seller["seller_id"] for seller in at(marina, "sellers")}


def test_support_tries_and_publishes_a_policy_and_every_number_has_its_words(shop: Market, call: Call) -> None:
    """A version between looking and publishing is not written over; what does not fit is named by its field."""
    marina = call("marina")
    soon = (shop.clock.now() + timedelta(days=1)).isoformat()
    wanted = {"valid_from": soon, "why": "More time for sellers.", "changes": {"answer_days": 4}}

    assert (3, "1") == (at(marina, "policy")["numbers"]["answer_days"]["value"], at(marina, "policy")["version"])
    tried = marina.post("/api/v1/policy/preview", json=wanted).json()
    [change] = tried["changes"]
    assert (0, 0) == (tried["open_returns"], change["open_returns"])
    assert ("answer_days", 3, 4) == (change["name"], change["before"], change["after"])
    made = marina.post("/api/v1/policy", json={**wanted, "seen": 0})
    assert (201, "2") == (made.status_code, made.json()["version"])
    assert (409, "policy_changed") == told(
        marina.post("/api/v1/policy", json={**wanted, "changes": {"answer_days": 5}, "seen": 0})
    )
    for changes, code in (
        ({"answer_days": -1}, "policy_value_invalid"), ({"answer_days": "4"}, "policy_value_invalid"),
        ({"no_such_days": 4}, "field_invalid"), ({"payout_hour": 24}, "policy_value_invalid"),
        ({}, "nothing_changes"),
    ):  # fmt: skip
        assert (422, code) == told(marina.post("/api/v1/policy/preview", json={**wanted, "changes": changes})), changes
    assert 4 == at(marina, "policy/versions/2")["numbers"]["answer_days"]["value"]
    shop.clock.turn_to(shop.clock.now() + timedelta(days=1))
    shop.office.read_terms_again()
    assert ["2", "1"] == [one["version"] for one in at(marina, "policy/versions")]
    told_of = at(marina, "policy/versions/2/differences")
    assert ("2", "1", "marina") == (
        told_of["version"]["version"],
        told_of["against"]["version"],
        told_of["version"]["published_by"],
    )
    [different] = told_of["changes"]
    assert ("answer_days", 3, 4) == (different["name"], different["before"], different["after"])
    assert (404, "not_found") == told(marina.get("/api/v1/policy/versions/2/differences?against=7"))
    assert "2" == at(marina, "policy")["version"]


def test_points_clerks_and_the_act_of_a_hand_over(shop: Market, call: Call) -> None:
    shop.in_status(Status.ON_THE_WAY, THROW)
    marina, oleg = call("marina"), call("oleg")
    [point] = at(marina, "points")

    assert [{"id": "77-0412", "address": "Moscow, Tverskaya 1"}] == at(call("irina"), "pickup-points")
    assert ("77-0412", 1, 0, 0) == (point["id"], point["accepted"], point["refused"], point["waiting"])
    assert ["oleg"] == [one["login"] for one in at(marina, "clerks")]
    act = oleg.get(
        "/api/v1/counter/handover.pdf", params={"day": "2024-09-02", "carrier": "Linehaul", "waybill": "W-1"}
    )
    assert (200, "application/pdf", b"%PDF") == (act.status_code, act.headers["content-type"], act.content[:4])
    assert (404, "not_found") == told(
        oleg.get("/api/v1/counter/handover.pdf", params={"day": "2024-09-03", "carrier": "Linehaul"})
    )
    assert (422, "field_invalid") == told(
        oleg.get("/api/v1/counter/handover.pdf", params={"day": "soon", "carrier": "Linehaul"})
    )


def test_an_act_names_all_goods_of_its_waybill_however_much_left_after_them(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act is looked for by its carrier and waybill, not among the latest of the day."""
    monkeypatch.setattr(queries, "ACT_GOODS_MAX", 2)
    loads = (("Linehaul", "W-1"), ("Linehaul", "W-1"), ("Linehaul", ""), ("Other", "W-1"), ("Other", "W-2"))
    ids = [shop.in_status(Status.ACCEPTED_AT_PVZ) for _ in loads]
    for return_id, (carrier, waybill) in zip(ids, loads, strict=True):
        shop.does(OLEG, return_id, do.Dispatch(carrier=carrier, waybill=waybill))
    day = shop.clock.now().astimezone(MOSCOW).replace(hour=0, minute=0, second=0, microsecond=0)
    with shop.office.database.read() as tx:
        found = {load: [it.id for it in queries.handed_over(tx, OLEG.subject, day, day + timedelta(days=1), *load)]
                 for load in loads}  # fmt: skip
    oleg = call("oleg")

    assert [ids[1], ids[0]] == found["Linehaul", "W-1"]
    assert [[ids[2]], [ids[3]], [ids[4]]] == [found[load] for load in loads[2:]]
    for carrier, waybill in loads:
        asked = {"day": day.date().isoformat(), "carrier": carrier, "waybill": waybill}
        assert 200 == oleg.get("/api/v1/counter/handover.pdf", params=asked).status_code


def test_staff_see_their_queues_attempts_and_the_agreement_with_the_partner(shop: Market, call: Call) -> None:
    dispute = shop.in_status(Status.DISPUTE, THROW)
    held = shop.in_status(Status.REFUNDED_WITHOUT_RETURN, MUG)
    nadia, marina = call("nadia"), call("marina")
    refused = call("irina").get("/api/v1/support")

    assert [dispute] == [one["return_id"] for one in at(nadia, "moderation")["disputes"]]
    assert [held] == [one["return_id"] for one in at(marina, "support")["held"]]
    assert (403, "not_your_role") == told(refused)
    assert (403, "not_your_role") == told(nadia.get("/api/v1/support"))
    assert (403, "not_your_role") == told(marina.get("/api/v1/moderation"))
    assert not at(marina, "sync")["silent"]
    known = {one["code"] for one in at(call("irina"), "errors")}
    assert {"not_found", "version_conflict", "request_in_progress"} <= known


def test_a_key_has_a_page_and_a_log_for_its_seller_and_for_support(shop: Market, call: Call) -> None:
    text = shop.key(ELIF)
    public_id = keys.public_id_of(text)
    call(text).get("/api/v1/returns")
    call(text).get("/api/v1/keys")

    for who in ("elif", "marina"):
        assert public_id == at(call(who), f"keys/{public_id}")["id"]
        assert {"used", "session_needed"} == {one["code"] for one in at(call(who), f"keys/{public_id}/log")}
    for path in (f"keys/{public_id}", f"keys/{public_id}/log"):
        assert (404, "not_found") == told(call("chen").get(f"/api/v1/{path}"))
        assert (403, "session_needed") == told(call(text).get(f"/api/v1/{path}"))
        assert (403, "not_your_role") == told(call("irina").get(f"/api/v1/{path}"))
    assert {"session_needed"} <= {one["code"] for one in at(call("marina"), "attempts", key=public_id)}


def test_a_one_time_link_lets_its_user_in_once(call: Call) -> None:
    wanted = {"login": "wu.min", "name": "Wu Min", "language": "zh", "rights": "operator"}
    link = call("elif").post("/api/v1/users", json=wanted).json()["link"].rpartition("/")[2]
    nobody, path = call(""), f"/api/v1/invitations/{link}"
    password = {"password": "another horse battery"}

    assert ("wu.min", "zh") == (nobody.get(path).json()["login"], nobody.get(path).json()["language"])
    assert 422 == nobody.post(f"{path}/accept", json={"password": "short"}).status_code
    assert 204 == nobody.post(f"{path}/accept", json=password).status_code
    assert 201 == nobody.post("/api/v1/sessions", json={"login": "wu.min", **password}).status_code
    assert (404, "link_expired") == told(nobody.post(f"{path}/accept", json=password))
    assert (404, "link_expired") == told(nobody.get(path))


def test_papers_are_drawn_for_those_who_see_what_is_on_them(shop: Market, call: Call) -> None:
    waits = shop.in_status(Status.AWAITING_DROPOFF, THROW)
    gone = shop.in_status(Status.DISPOSED_BY_MARKETPLACE, THROW)
    for path, who, other in (
        (f"returns/{waits}/pass.pdf", "irina", "elif"), (f"returns/{gone}/certificate.pdf", "elif", "chen"),
    ):  # fmt: skip
        paper = call(who).get(f"/api/v1/{path}")
        assert (200, "application/pdf", b"%PDF") == (
            paper.status_code, paper.headers["content-type"], paper.content[:4],
        )  # fmt: skip
        assert (404, "not_found") == told(call(other).get(f"/api/v1/{path}"))


def test_a_bulk_is_looked_at_before_it_is_given(shop: Market, call: Call) -> None:
    """Totals are those of the page; what is another's is like what is not there; nothing changes."""
    first, second = (shop.in_status(Status.SELLER_REVIEW, line) for line in (THROW, MUG))
    over, others = shop.in_status(Status.CANCELLED, THROW), shop.in_status(Status.SELLER_REVIEW, KETTLE)
    elif_, path = call("elif"), "/api/v1/returns/bulk/preview"
    items = [{"return_id": number} for number in (first, second, over, others)]
    before = shop.dump()
    seen = elif_.post(path, json={"act": "refund-without-return", "items": items}).json()

    assert [first, second] == [one["return_id"] for one in seen["ready"]]
    assert [(over, "not_in_this_state"), (others, "not_found")] == [
        (one["return_id"], one["code"]) for one in seen["not_ready"]
    ]
    assert (13_600_00, 13_600_00) == (seen["refunds"]["minor"], seen["worth"]["minor"])
    waiting = elif_.post(path, json={"act": "approve", "all": True}).json()
    assert {first, second} == {one["return_id"] for one in waiting["ready"]}
    assert 0 == waiting["refunds"]["minor"]
    assert (422, "unknown_act") == told(elif_.post(path, json={"act": "cancel", "all": True}))
    assert (422, "bulk_size") == told(elif_.post(path, json={"act": "approve"}))
    assert before == shop.dump()


def test_a_seller_finds_returns_by_tab_status_and_number(shop: Market, call: Call) -> None:
    waits, comes = shop.in_status(Status.SELLER_REVIEW, THROW), shop.in_status(Status.ON_THE_WAY, THROW)
    others = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    elif_ = call("elif")

    def found(**asked: str) -> list[int]:
        return [one["id"] for one in at(elif_, "returns", **asked)]

    assert [waits] == found(tab="requests")
    assert [comes] == found(tab="on_the_road") == found(status="on_the_way")
    assert [comes, waits] == found()
    assert [waits] == found(number=f"R-{waits}")
    assert [] == found(number=f"R-{others}")
    counts = at(elif_, "returns/counts")
    assert (1, 1) == (counts["tabs"]["requests"], counts["statuses"]["on_the_way"])
    assert (422, "field_invalid") == told(elif_.get("/api/v1/returns", params={"tab": "attic"}))
    assert (422, "field_invalid") == told(elif_.get("/api/v1/returns", params={"status": "lost_in_space"}))
    assert at(elif_, f"returns/{waits}/quote")["amount"]["minor"] > 0


def test_customers_and_staff_find_returns_by_status(shop: Market, call: Call) -> None:
    """What a filter leaves out still leads on to what is behind it."""
    draft, over = shop.draft(THROW), shop.in_status(Status.CANCELLED, THROW)
    dispute = shop.in_status(Status.DISPUTE, MUG)

    def found(who: str, **asked: str | int) -> list[int]:
        return [one["id"] for one in at(call(who), "returns", **asked)]

    assert [dispute, over, draft] == found("irina")
    assert [draft] == found("irina", status="new")
    first = call("irina").get("/api/v1/returns", params={"status": "new", "limit": 2})
    assert ([], [draft]) == (first.json(), [one["id"] for one in call("irina").get(first.links["next"]["url"]).json()])
    assert [dispute, over] == found("marina")
    assert [dispute] == found("nadia") == found("marina", status="dispute")


def test_a_customer_reads_what_happened_without_what_is_the_sellers(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    kinds = {one["kind"] for one in at(call("irina"), f"returns/{return_id}/events")}
    all_kinds = {one["kind"] for one in at(call("chen"), f"returns/{return_id}/events")}

    assert "Arrived" in all_kinds - kinds
    assert {"Requested", "Approved", "CheckedIn"} <= kinds


def test_a_password_is_changed_once_with_a_key(shop: Market, call: Call) -> None:
    """The same again is answered though the password is another one now; nothing of the words is kept."""
    hashed = keys.hash_password("first horse battery")
    with shop.office.database.read() as tx:
        number = account(tx, "elif").id
    shop.errand(lambda tx, _: tx.run(users.SET_PASSWORD, account=number, hashed=hashed))
    elif_, headers = call("elif"), {"idempotency-key": "p-1"}
    wanted = {"current": "first horse battery", "password": "second horse battery"}

    for _ in range(2):
        assert 204 == elif_.post("/api/v1/account/password", json=wanted, headers=headers).status_code
    other = elif_.post("/api/v1/account/password", json={**wanted, "password": "third horse battery"}, headers=headers)
    assert (422, "key_used_for_another_request") == told(other)
    assert "horse" not in str([rows for name, rows in shop.dump().items() if name == "answers"])
