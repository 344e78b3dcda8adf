"""API v1 says why: clocks, explanations, acts with their deadlines; and what somebody has already seen is not sent again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul.kit import egress, keys
from backhaul.kit.days import end_of_day
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, ELIF, MARINA, MORNING, OLEG, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def instant(said: str) -> datetime:
    return datetime.fromisoformat(said)


def test_every_act_says_until_when_and_why_and_what_is_not_possible_says_why_not(shop: Market, call: Call) -> None:
    """In the list as for one return; to somebody who may only read everything is closed."""
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    bound = end_of_day(MORNING, 3)
    listed, one = call("elif").get("/api/v1/returns").json()[0], call("elif").get(f"/api/v1/returns/{return_id}").json()
    by_word = {act["act"]: act for act in one["available_actions"]}
    closed = {act["act"]: act for act in one["not_available"]}

    assert listed["available_actions"] == one["available_actions"]
    assert listed["not_available"] == one["not_available"]
    assert {"approve", "reject", "offer", "refund-without-return"} == by_word.keys()
    assert (f"/api/v1/returns/{return_id}/approve", "POST", True, bound) == (
        by_word["approve"]["href"], by_word["approve"]["method"], by_word["approve"]["allowed"],
        instant(by_word["approve"]["deadline"]),
    )  # fmt: skip
    assert "approved automatically" in by_word["approve"]["reason"]
    assert {"confirm-receipt", "file-claim", "keep-money", "object-to-weight", "take-product"} == closed.keys()
    assert {"not_in_this_state"} == {act["code"] for act in closed.values()}
    assert all(act["detail"] for act in closed.values())
    reader = call("aysel").get(f"/api/v1/returns/{return_id}").json()
    assert [] == reader["available_actions"]
    assert {"role_read_only"} == {act["code"] for act in reader["not_available"]}


def test_an_act_whose_time_is_over_is_closed_as_too_late(shop: Market, call: Call) -> None:
    """The last microsecond counts; at the bound, before the calendar has come, the answer of the act is that of the list."""
    return_id = shop.in_status(Status.REJECTED, THROW)
    irina, bound = call("irina"), end_of_day(MORNING, 5)
    path = f"/api/v1/returns/{return_id}"

    shop.clock.turn_to(bound - timedelta(microseconds=1))
    assert ["open-dispute"] == [act["act"] for act in irina.get(path).json()["available_actions"]]
    shop.clock.turn_to(bound)
    shown = irina.get(path).json()
    assert [] == shown["available_actions"]
    assert ["too_late"] == [act["code"] for act in shown["not_available"] if act["act"] == "open-dispute"]
    assert (409, "too_late") == told(irina.post(f"{path}/open-dispute", json={"comment": "x" * 40}))


def test_clocks_say_what_runs_what_ran_and_which_number_rules_it(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    bound = end_of_day(MORNING, 3)
    shop.clock.turn_to(bound + timedelta(hours=1))
    shop.office.desk.sweep()
    clocks = {one["code"]: one for one in call("elif").get(f"/api/v1/returns/{return_id}/clocks").json()}
    answer, drop_off = clocks["seller_answer"], clocks["drop_off"]

    assert ["draft", "seller_answer", "drop_off"] == list(clocks)
    assert ("met", "passed", "running") == tuple(one["state"] for one in clocks.values())
    assert (bound, "Approve", "Approved") == (instant(answer["due_at"]), answer["does"], answer["ended_by"])
    assert [
        {"name": "answer_days", "value": 3, "title": "Days that a seller or moderator has to answer a request"}
    ] == answer["policy"]
    assert ("end_of_day", "Europe/Moscow") == (answer["counted"]["by"], answer["counted"]["zone"])
    assert "end of day 3" in answer["counted"]["detail"]
    assert (bound, end_of_day(bound, 5), 5) == (
        instant(drop_off["started_at"]), instant(drop_off["due_at"]), drop_off["days_left"],
    )  # fmt: skip


def test_a_reader_is_told_of_their_own_clocks(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ, THROW)

    def codes(who: str) -> set[str]:
        return {one["code"] for one in call(who).get(f"/api/v1/returns/{return_id}/clocks").json()}

    assert {"drop_off", "point_dwell"} == codes("oleg")
    assert {"draft", "seller_answer", "drop_off", "refund_run", "refund_ceiling"} == codes("irina")
    assert codes("irina") | codes("oleg") == codes("marina")


def test_an_explanation_names_the_cause_the_next_hand_and_the_amounts(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.APPROVED, THROW)
    path = f"/api/v1/returns/{return_id}/explain"
    why = call("elif").get(path).json()

    assert ("approved", "Approved", "seller", "customer") == (
        why["status"], why["because"]["event"], why["because"]["role"], why["waits_for"],
    )  # fmt: skip
    assert ["drop_off"] == [clock["code"] for clock in why["next"]]
    assert [] == why["available_actions"]
    photos = (shop.photo, shop.photo)
    shop.does(OLEG, return_id, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos))
    assert {"refund", "compensation"} == {one["what"] for one in call("elif").get(path).json()["amounts"]}
    assert ["refund"] == [one["what"] for one in call("irina").get(path).json()["amounts"]]
    assert [] == call("oleg").get(path).json()["amounts"]


def test_what_the_calendar_did_is_explained_by_the_clock_that_passed(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    shop.clock.turn_to(end_of_day(MORNING, 3))
    shop.office.desk.sweep()
    because = call("irina").get(f"/api/v1/returns/{return_id}/explain").json()["because"]

    assert ("Approved", "calendar", "seller_answer") == (because["event"], because["role"], because["clock"])
    assert "Answer of the seller" in because["detail"]


def test_the_words_are_in_the_callers_language_and_the_codes_are_not(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)

    def acts(language: str) -> list[dict[str, Any]]:
        found = call("elif").get(f"/api/v1/returns/{return_id}", headers={"accept-language": language}).json()
        return list(found["available_actions"])

    assert [act["act"] for act in acts("en")] == [act["act"] for act in acts("ru")]
    assert not {act["title"] for act in acts("en")} & {act["title"] for act in acts("ru")}


# -- What was seen already --------------------------------------------------------------------------------------------


def test_what_is_unchanged_is_not_sent_again(shop: Market, call: Call) -> None:
    """A return, a list and a file of settings; another language or another version is sent."""
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    elif_ = call("elif")
    for path in (f"/api/v1/returns/{return_id}", "/api/v1/returns", "/api/v1/users", "/api/v1/account"):
        etag = elif_.get(path).headers["etag"]
        seen = elif_.get(path, headers={"if-none-match": f'"other", {etag}'})
        assert (304, b"", etag) == (seen.status_code, seen.content, seen.headers["etag"]), path
    one = f"/api/v1/returns/{return_id}"
    known = {"if-none-match": elif_.get(one).headers["etag"]}
    assert 200 == elif_.get(one, headers={**known, "accept-language": "ru"}).status_code
    shop.does(ELIF, return_id, do.Approve())
    assert 200 == elif_.get(one, headers=known).status_code


def test_the_tag_of_what_was_seen_is_the_version_of_a_decision(shop: Market, call: Call) -> None:
    """Stale: 409 with the version that there is now (J12), whichever form of the tag was sent."""
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    elif_, path = call("elif"), f"/api/v1/returns/{return_id}"
    seen = elif_.get(path)
    assert seen.headers["etag"].startswith(f'"{seen.json()["version"]}-')
    offered = elif_.post(f"{path}/offer", json={"amount_rub": 500}, headers={"if-match": seen.headers["etag"]})
    assert 200 == offered.status_code
    irina = call("irina")
    for tag in (seen.headers["etag"], f'"{seen.json()["version"]}"'):
        stale = irina.post(f"{path}/accept-offer", headers={"if-match": tag})
        assert (409, "version_conflict") == told(stale)
        assert offered.json()["version"] == stale.json()["version"]
    assert (422, "version_unreadable") == told(irina.post(f"{path}/accept-offer", headers={"if-match": '"seven"'}))


def test_what_has_no_version_is_decided_by_the_tag_of_what_was_seen(shop: Market, call: Call) -> None:
    """A webhook and a payout file; each is 304 for who has seen it, and 409 when it is another one meanwhile."""
    way = shop.office.webhooks.way
    shop.office.webhooks.way = msgspec.structs.replace(way, inside=egress.networks("127.0.0.1"))
    shop.does(MARINA, shop.in_status(Status.REFUNDED_WITHOUT_RETURN, THROW), do.SendRefund())
    shop.office.payouts.work(shop.office.house.terms.policy)
    elif_, marina, hook = call("elif"), call("marina"), {"url": "http://127.0.0.1:9999/in", "name": "ERP"}
    made = f"/api/v1/webhooks/{elif_.post('/api/v1/webhooks', json=hook).json()['id']}"
    report = elif_.post("/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-01"})

    for client, path in (
        (elif_, made), (marina, "/api/v1/payouts/files/1"), (elif_, f"/api/v1/returns-reports/{report.json()['id']}"),
    ):  # fmt: skip
        tag = client.get(path).headers["etag"]
        assert 304 == client.get(path, headers={"if-none-match": tag}).status_code, path
    seen = {"if-match": elif_.get(made).headers["etag"]}
    assert 200 == elif_.put(made, json={**hook, "name": "Other"}, headers=seen).status_code
    assert (409, "changed_meanwhile") == told(elif_.put(made, json=hook, headers=seen))
    assert (409, "changed_meanwhile") == told(elif_.post(f"{made}/remove", headers=seen))
    assert 204 == elif_.post(f"{made}/remove", headers={"if-match": elif_.get(made).headers["etag"]}).status_code
    again = "/api/v1/payouts/files/1/hand-over"
    assert (409, "changed_meanwhile") == told(marina.post(again, headers={"if-match": '"0123456789abcdef"'}))
    known = {"if-match": marina.get("/api/v1/payouts/files/1").headers["etag"]}
    assert told(marina.post(again, headers=known))[1] != "changed_meanwhile"


@pytest.mark.parametrize(
    ("shown", "change", "acts"),
    [
        (
            "settings", ("PUT", "settings/payout-currency", {"currency": "USD"}),
            [("PUT", "settings/payout-currency", {"currency": "CNY"}), ("PUT", "settings/default-route", {"route": "A"}),
             ("POST", "settings/moderation/consent", {"price_version": "2024-1"}), ("POST", "settings/moderation/off", None)],
        ),
        (
            "keys/{key}", ("PUT", "keys/{key}/networks", {"networks": ["10.0.0.0/8"]}),
            [("PUT", "keys/{key}/networks", {"networks": []}), ("POST", "keys/{key}/revoke", {})],
        ),
        (
            "users/{user}", ("POST", "users/{user}/rights", {"rights": "analyst"}),
            [("POST", "users/{user}/rights", {"rights": "owner"}), ("POST", "users/{user}/link", None),
             ("POST", "users/{user}/restore", None), ("POST", "users/{user}/deactivate", None)],
        ),
    ],
)  # fmt: skip
def test_what_somebody_else_has_changed_meanwhile_is_not_changed_by_who_saw_it_before(
    shop: Market, call: Call, shown: str, change: Any, acts: Any
) -> None:
    """J12 for settings, users and keys: 409 with the ETag that there is now, which may be sent again."""
    elif_, key = call("elif"), shop.key(ELIF)
    names = {
        "key": keys.public_id_of(key),
        "user": next(u["id"] for u in elif_.get("/api/v1/users").json() if u["login"] == "umut"),
    }

    def asked(act: Any, tag: str) -> httpx2.Response:
        verb, path, body = act
        return elif_.request(verb, f"/api/v1/{path.format(**names)}", json=body, headers={"if-match": tag})

    seen = elif_.get(f"/api/v1/{shown.format(**names)}").headers["etag"]
    call(key).get("/api/v1/returns")  # that a key is used changes nothing of it
    assert 200 == asked(change, seen).status_code
    for act in acts:
        stale = asked(act, seen)
        assert (409, "changed_meanwhile", "If-Match") == (*told(stale), stale.json()["field"]), act
    assert 200 == asked(acts[0], stale.json()["etag"]).status_code
    assert 200 == asked(change, "*").status_code
    again = elif_.get(f"/api/v1/{shown.format(**names)}").headers["etag"]
    assert 200 == asked(acts[0], f'"{"0" * 16}", {again}').status_code


def test_sellers_switches_and_reports_that_changed_meanwhile_are_told(shop: Market, call: Call) -> None:
    marina, elif_ = call("marina"), call("elif")
    seller, switch = f"/api/v1/sellers/{ANADOLU}", {"ticket": "T-1", "rules": "Look at the photos."}
    seen = marina.get(seller).headers["etag"]
    assert 200 == elif_.put("/api/v1/settings/payout-currency", json={"currency": "USD"}).status_code
    stale = marina.put(f"{seller}/moderation", json=switch, headers={"if-match": seen})
    assert (409, "changed_meanwhile") == told(stale)
    assert (
        200 == marina.put(f"{seller}/moderation", json=switch, headers={"if-match": stale.json()["etag"]}).status_code
    )
    days = {"first_day": "2024-09-01", "last_day": "2024-09-01"}
    report = f"/api/v1/returns-reports/{elif_.post('/api/v1/returns-reports', json=days).json()['id']}"
    waiting = elif_.get(report).headers["etag"]
    while shop.office.reports.work():  # it is ready meanwhile
        pass

    assert (409, "changed_meanwhile") == told(elif_.delete(report, headers={"if-match": waiting}))
    assert 204 == elif_.delete(report, headers={"if-match": elif_.get(report).headers["etag"]}).status_code


def test_a_customer_reads_how_far_it_has_come_and_what_is_next(shop: Market, call: Call) -> None:
    """As on the page; whoever decides reads clocks instead."""
    return_id = shop.in_status(Status.APPROVED, THROW)
    path = f"/api/v1/returns/{return_id}"
    irina, elif_ = call("irina").get(path).json(), call("elif").get(path).json()

    assert [("requested", "done"), ("approved", "done"), ("handed_in", "now"), ("refunded", "ahead")] == [
        (one["step"], one["state"]) for one in irina["progress"]
    ]
    assert MORNING == instant(irina["progress"][0]["at"])
    assert "Choose a pick-up point and bring the product." == irina["next"]["text"]
    assert (True, end_of_day(MORNING, 5)) == (irina["next"]["yours"], instant(irina["next"]["at"]))
    assert {"progress", "next"}.isdisjoint(elif_)
