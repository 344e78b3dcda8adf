"""Webhooks over real HTTP: what is sent, how it is signed, what happens when the other side fails, and the same set by GET."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.kit.noticeboard import Message
from backhaul.marketplace import tables as t
from backhaul.marketplace import telling
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, ELIF, EXPLAINED, IRINA, KETTLE, MORNING
from tests.marketplace.hooks import Hooks, hooks
from tests.receiving import Answer, Got, receiving, verifies


@pytest.fixture
def there(database_url: str, tmp_path: Path) -> Iterator[Hooks]:
    with hooks(database_url, tmp_path) as opened:
        yield opened


def now_seconds(there: Hooks) -> int:
    return to_us(there.shop.clock.now()) // 1_000_000


def messages(there: Hooks) -> list[Message]:
    """What the owner is told, newest first."""
    with there.shop.office.database.read() as tx:
        return there.shop.office.house.board.page(tx, [f"owner:{ANADOLU}"])


# -- What is sent -----------------------------------------------------------------------------------------------------


def test_everything_that_happens_is_delivered_signed_in_order_and_the_same_as_by_get(there: Hooks) -> None:
    made = there.make()
    secret = made["secrets"][0]["secret"]
    there.shop.in_status(Status.ACCEPTED_AT_PVZ)
    there.rounds()
    got, told = there.receiver.got, there.events()

    assert ["return.submitted", "return.approved", "return.checked_in", "return.refund_held"] == [
        one["type"] for one in told
    ]
    assert [one["id"] for one in told] == there.receiver.ids
    assert told == [one.said for one in got]
    assert [True] * 4 == [verifies(secret, one.headers, one.body, now_seconds(there)) for one in got]
    assert all(one.headers["content-type"] == "application/json" for one in got)


def test_no_message_names_the_customer_or_repeats_what_anybody_typed(there: Hooks) -> None:
    there.make()
    shop, canary = there.shop, "CANARY-7f3a"
    return_id = shop.draft(comment=f"Please call me, {canary}, 12 Lime Street")
    shop.does(IRINA, return_id, do.Submit())
    shop.does(ELIF, return_id, do.Reject("looks_used", f"{EXPLAINED} {canary}"))
    shop.does(IRINA, return_id, do.OpenDispute(f"{EXPLAINED} {canary}"))
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    there.rounds()
    said = b"".join(one.body + str(one.headers).encode() for one in there.receiver.got)

    assert 7 == len(there.receiver.got)
    for word in (canary, "C-1001", "irina", "Lime", shop.photo, "example.com", "77-0412", "oleg", EXPLAINED[:20]):
        assert word.encode() not in said


def test_a_draft_is_its_customers_alone(there: Hooks) -> None:
    there.make()
    return_id = there.shop.draft()
    there.shop.does(IRINA, return_id, do.Cancel())
    there.rounds()

    assert [] == there.receiver.got
    assert [] == there.events()


def test_only_chosen_events_are_sent_and_only_to_the_seller_whose_they_are(there: Hooks) -> None:
    there.make(types=("return.approved",))
    with receiving() as other, receiving() as everything:
        there.make(other.url, client=there.call("chen"))
        there.make(everything.url)
        there.shop.in_status(Status.APPROVED)
        there.shop.in_status(Status.SELLER_REVIEW, KETTLE)
        there.rounds()
        kinds = [[one.said["type"] for one in where.got] for where in (there.receiver, other, everything)]
        of_chen = there.events(there.call("chen"))

    assert [["return.approved"], ["return.submitted"], ["return.submitted", "return.approved"]] == kinds
    assert ["return.submitted"] == [one["type"] for one in of_chen]


# -- Secrets ----------------------------------------------------------------------------------------------------------


def test_while_two_secrets_sign_the_receiver_may_know_either_and_then_the_new_one_alone(there: Hooks) -> None:
    made = there.make()
    first = made["secrets"][0]["secret"]
    rotated = there.post(f"/{made['id']}/secrets", {"keep_hours": 24}).json()
    second = rotated["secrets"][0]["secret"]

    def fits() -> tuple[bool, bool]:
        there.post(f"/{made['id']}/ping")
        there.rounds()
        last = there.receiver.got[-1]
        checks = [verifies(one, last.headers, last.body, now_seconds(there)) for one in (first, second)]
        return checks[0], checks[1]

    at_once = fits()
    there.shop.clock.turn(timedelta(hours=24) - timedelta(seconds=1))
    shortly_before = fits()
    there.shop.clock.turn(timedelta(seconds=1))
    afterwards = fits()
    third = there.post(f"/{made['id']}/secrets", {"keep_hours": 0}).json()
    ended = fits()

    assert [(True, True), (True, True), (False, True), (False, False)] == [at_once, shortly_before, afterwards, ended]
    assert "secret" not in rotated["secrets"][1]
    assert [3] == [one["number"] for one in third["secrets"]]


def test_a_secret_is_shown_once_and_sealed_where_it_is_kept(there: Hooks) -> None:
    wanted = {"url": there.receiver.url, "name": "ERP"}
    made, again = (
        there.owner.post("/api/v1/webhooks", json=wanted, headers={"idempotency-key": "one"}).json() for _ in range(2)
    )
    secret = made["secrets"][0]["secret"]
    stored = str(there.shop.dump()["webhook_secrets"])

    assert secret.startswith("whsec_")
    assert made["id"] == again["id"]
    assert "secret" not in again["secrets"][0]
    assert secret not in str([there.get(""), there.get(f"/{made['id']}"), there.events()])
    assert secret not in stored
    assert secret[6:20] not in str(there.shop.dump())


def test_at_most_five_secrets_hold_at_once(there: Hooks) -> None:
    path = f"/{there.make()['id']}/secrets"
    codes = [there.post(path, {"keep_hours": 168}).status_code for _ in range(5)]
    ended = there.post(path, {"keep_hours": 0})

    assert [201, 201, 201, 201, 409] == codes
    assert (201, 1) == (ended.status_code, len(ended.json()["secrets"]))


# -- The other side fails ---------------------------------------------------------------------------------------------


def test_a_receiver_that_was_down_for_days_gets_everything_within_ten_minutes_in_the_order_of_each_return(
    there: Hooks,
) -> None:
    """T26: back-off with jitter, at least 14 tries, nothing lost, and GET gives the same set."""
    made = there.make()
    there.receiver.answers(500, b"we are down")
    first, second = there.shop.in_status(Status.APPROVED), there.shop.in_status(Status.APPROVED)
    for n in range(140):  # 70 hours
        there.rounds()
        if n == 70:
            there.shop.does(IRINA, first, do.ChoosePoint("77-0412"))
        there.shop.clock.turn(timedelta(minutes=30))
    tried = there.get(f"/{made['id']}/deliveries/evt_{first}_2")["tries"]
    failing = there.get(f"/{made['id']}")
    down, there.receiver.got = there.receiver.got, []
    there.receiver.answers(204)
    there.shop.clock.turn(timedelta(minutes=5))
    there.rounds()
    taken = there.receiver.ids

    assert len(down) >= 140
    assert tried >= 14
    assert ("failing", True) == (failing["state"], failing["failures_in_a_row"] >= 140)
    assert sorted(one["id"] for one in there.events()) == sorted(taken)
    assert [f"evt_{first}_2", f"evt_{first}_3", f"evt_{first}_4"] == [one for one in taken if f"_{first}_" in one]
    assert [f"evt_{second}_2", f"evt_{second}_3"] == [one for one in taken if f"_{second}_" in one]
    assert ("active", 0) == (
        there.get(f"/{made['id']}")["state"],
        there.get(f"/{made['id']}").get("failures_in_a_row", 0),
    )


def test_a_message_that_is_never_taken_holds_back_its_return_for_three_days_and_then_its_owner_is_told(
    there: Hooks,
) -> None:
    made = there.make()
    stuck = there.shop.in_status(Status.APPROVED)
    poison = f"evt_{stuck}_2"
    there.receiver.answer = lambda one: (500, {}, b"no") if one.id == poison else (204, {}, b"")
    there.rounds()
    other = there.shop.in_status(Status.APPROVED)
    for _ in range(100):
        there.shop.clock.turn(timedelta(minutes=1))
        there.rounds()
    others_at_once = [one for one in there.receiver.ids if f"_{other}_" in one]
    before = [one.kind for one in messages(there)]
    there.shop.clock.turn_to(MORNING + timedelta(days=3) - timedelta(seconds=1))
    there.rounds()
    waiting = there.get(f"/{made['id']}/deliveries/{poison}")["state"]
    there.shop.clock.turn(timedelta(hours=1))
    for _ in range(3):
        there.rounds()
        there.shop.clock.turn(timedelta(minutes=5))
    dead = there.get(f"/{made['id']}/deliveries?state=dead")["deliveries"]
    told = messages(there)[0]

    assert [f"evt_{other}_2", f"evt_{other}_3"] == others_at_once
    assert "webhook_dead" not in before
    assert "waiting" == waiting
    assert [poison] == [one["event_id"] for one in dead]
    assert f"evt_{stuck}_3" in there.receiver.ids  # what came after it goes on
    assert ("webhook_dead", "ERP") == (told.kind, told.facts["name"])


def test_a_receiver_that_takes_nothing_for_five_days_is_paused_and_nothing_is_lost(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(503)
    there.shop.in_status(Status.APPROVED)
    there.rounds()
    for hours in (24, 24, 24, 24, 23):
        there.shop.clock.turn(timedelta(hours=hours))
        there.rounds()
    shortly_before = there.get(f"/{made['id']}")["state"]
    there.shop.clock.turn(timedelta(hours=1))
    there.rounds()
    paused = there.get(f"/{made['id']}")
    there.receiver.got = []
    there.shop.in_status(Status.REJECTED)
    there.shop.clock.turn(timedelta(days=2))
    there.rounds()
    quiet = list(there.receiver.got)
    there.receiver.answers(204)
    resumed = there.post(f"/{made['id']}/resume").json()
    again = there.post(f"/{made['id']}/redeliver", {
        "since": MORNING.isoformat(), "until": there.shop.clock.now().isoformat(), "undelivered": True}).json()  # fmt: skip
    there.rounds()

    assert "failing" == shortly_before
    assert ("paused", "failing") == (paused["state"], paused["why"])
    assert "webhook_paused_failing" in [one.kind for one in messages(there)]
    assert [] == quiet
    assert "active" == resumed["state"]
    assert 4 == again["count"]
    assert sorted(one["id"] for one in there.events()) == sorted(there.receiver.ids)


def test_what_waits_for_a_paused_webhook_waits_longer_than_events_are_kept(there: Hooks) -> None:
    """Paused for 40 days; events are kept for 30. What came before the pause goes, what waits and all behind it stays."""
    made = there.make()
    before = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    there.post(f"/{made['id']}/pause")
    waits = there.shop.in_status(Status.APPROVED)
    there.rounds()
    there.shop.clock.turn(timedelta(days=40))
    while there.shop.office.tick():
        pass
    there.owner = there.call("elif")  # her session is over
    kept = [one["id"] for one in there.events()]
    there.receiver.got = []
    there.post(f"/{made['id']}/resume")
    there.rounds()

    assert [f"evt_{waits}_2", f"evt_{waits}_3"] == [one for one in kept if one.startswith(f"evt_{waits}_")][:2]
    assert f"evt_{before}_2" not in kept
    assert kept == sorted(there.receiver.ids, key=kept.index)
    there.shop.clock.turn(timedelta(days=40))
    while there.shop.office.tick():
        pass
    assert [] == there.events(there.call("elif"))


def test_what_stopped_to_wait_between_two_rounds_leaves_no_gap(there: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first round leaves what waits; when it has been taken, the second one leaves what stands behind it. The next pass takes all."""
    events, few = there.shop.office.events, Statement(telling.events.written_before.core.limit(None).limit(2))
    monkeypatch.setattr(telling.events, "written_before", few)
    made = there.make()
    there.post(f"/{made['id']}/pause")
    for _ in range(4):
        there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    there.shop.clock.turn(timedelta(days=31))
    there.owner = there.call("elif")  # her session is over
    first = events.delete_due(30)
    there.post(f"/{made['id']}/resume")
    there.rounds()
    rest = [events.delete_due(30) for _ in range(2)]
    kept = there.events()
    there.shop.clock.turn(timedelta(minutes=10))
    there.rounds()
    after = [events.delete_due(30) for _ in range(3)]

    assert (1, [1, 0], 4) == (first, rest, len(kept))  # each looked at two events and deleted none
    assert ([3, 3, 0], []) == (after, there.events())


def test_after_a_pause_a_message_has_all_its_tries_again(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(503)
    return_id = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    there.post(f"/{made['id']}/pause")
    there.shop.clock.turn(timedelta(days=10))
    there.post(f"/{made['id']}/resume")
    there.rounds()
    there.shop.clock.turn(timedelta(days=3) - timedelta(seconds=1))
    there.rounds()
    before = there.get(f"/{made['id']}/deliveries/evt_{return_id}_2")["state"]
    there.shop.clock.turn(timedelta(minutes=5))
    there.rounds()

    assert ("waiting", "dead") == (before, there.get(f"/{made['id']}/deliveries/evt_{return_id}_2")["state"])


def test_a_failure_days_after_the_last_message_was_given_up_is_the_first_of_its_row(there: Hooks) -> None:
    """The only message is given up after three days; nothing waits. A failure five days later pauses nothing yet."""
    made = there.make()
    there.receiver.answers(503)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    there.shop.clock.turn(timedelta(days=3))
    there.rounds()
    idle = there.get(f"/{made['id']}")
    there.shop.clock.turn(timedelta(days=5))
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    failing = there.get(f"/{made['id']}")

    assert ("active", 0) == (idle["state"], idle.get("failures_in_a_row", 0))
    assert ("failing", 1) == (failing["state"], failing["failures_in_a_row"])


def test_a_ping_is_asked_once_and_its_failure_is_of_no_row(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(503)
    ping = there.post(f"/{made['id']}/ping").json()["event_id"]
    there.rounds()
    there.shop.clock.turn(timedelta(days=1))
    there.rounds()

    assert [ping] == there.receiver.ids
    assert "dead" == there.get(f"/{made['id']}/deliveries/{ping}")["state"]
    assert "active" == there.get(f"/{made['id']}")["state"]
    assert [] == messages(there)


def test_who_answers_410_is_paused_at_once(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(410)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    paused = there.get(f"/{made['id']}")
    there.shop.clock.turn(timedelta(days=1))

    assert ("paused", "gone") == (paused["state"], paused["why"])
    assert ["webhook_paused_gone"] == [one.kind for one in messages(there)][:1]
    assert 0 == there.rounds()


def test_a_redirect_is_a_failure_and_is_not_followed(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(302, location=f"{there.receiver.url}/elsewhere")
    return_id = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    attempt = there.get(f"/{made['id']}/deliveries/evt_{return_id}_2")["attempts"][0]

    assert ["/hooks"] == [one.path for one in there.receiver.got]
    assert (302, "waiting") == (
        attempt["status"], there.get(f"/{made['id']}/deliveries/evt_{return_id}_2")["state"],
    )  # fmt: skip


def test_a_name_that_leads_inside_by_the_time_of_the_call_is_not_called(there: Hooks) -> None:
    made = there.make()
    there.shop.office.webhooks.way = type(there.shop.office.webhooks.way)()  # nothing stands open any more
    return_id = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    attempt = there.get(f"/{made['id']}/deliveries/evt_{return_id}_2")["attempts"][0]

    assert [] == there.receiver.got
    assert ("address_not_https", 0) == (attempt["error"], attempt.get("status", 0))


def test_what_came_back_is_written_down_with_what_was_sent(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(422, b"x" * 5000)
    return_id = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    one = there.get(f"/{made['id']}/deliveries/evt_{return_id}_2")
    attempt, got = one["attempts"][0], there.receiver.got[0]

    assert (422, "x" * 1000, there.receiver.url) == (attempt["status"], attempt["answer"], attempt["url"])
    assert attempt["milliseconds"] >= 0
    assert (got.headers["webhook-timestamp"], got.headers["webhook-signature"]) == (
        attempt["webhook_timestamp"], attempt["webhook_signature"],
    )  # fmt: skip
    assert got.body.decode() == one["body"]
    assert (1, "waiting") == (one["tries"], one["state"])


def test_a_slow_receiver_keeps_nobody_else_waiting(there: Hooks) -> None:
    release, entered = Event(), Event()

    def slow(_: Got) -> Answer:
        entered.set()
        release.wait(5)
        return 204, {}, b""

    with receiving() as stuck:
        stuck.answer = slow
        there.make(stuck.url)
        there.make()
        there.shop.in_status(Status.SELLER_REVIEW)
        office = there.shop.office
        office.events.place_due()
        office.webhooks.send_due()
        assert entered.wait(5)
        there.shop.in_status(Status.SELLER_REVIEW)
        office.events.place_due()
        until = time.monotonic() + 5
        while len(there.receiver.got) < 2 and time.monotonic() < until:
            office.webhooks.send_due()
            time.sleep(0.02)
        meanwhile = len(there.receiver.got), len(stuck.got)
        release.set()
        there.shop.office.webhooks.close()

    assert (2, 1) == meanwhile


def test_names_that_answer_slowly_keep_no_other_seller_from_making_a_webhook(there: Hooks) -> None:
    """Six webhooks of one seller at once, more than names are asked at once: another seller's is made meanwhile."""
    asked, over = Event(), Event()

    def resolve(host: str, _port: int) -> list[str]:
        if host == "slow.example":
            asked.set()
            over.wait()
        return ["127.0.0.1"]

    sender = there.shop.office.webhooks
    sender.way = msgspec.structs.replace(sender.way, resolve=resolve)
    chen = there.call("chen")
    with ThreadPoolExecutor(6) as elsewhere:
        slow = [elsewhere.submit(there.make, "http://slow.example:9000/in") for _ in range(6)]
        assert asked.wait(5)
        made = there.make(client=chen)
        early = [one.done() for one in slow]
        over.set()
        urls = [one.result()["url"] for one in slow]

    assert "active" == made["state"]
    assert ([False] * 6, ["http://slow.example:9000/in"] * 6) == (early, urls)


def test_a_sellers_webhooks_take_turns_when_more_waits_than_goes_out_in_a_round(there: Hooks) -> None:
    """Two are served at once, twenty messages each; who was served stands behind who was not."""
    with receiving() as second, receiving() as third:
        for url in (there.receiver.url, second.url, third.url):
            there.make(url)
        for _ in range(21):
            there.shop.in_status(Status.SELLER_REVIEW)
        there.shop.office.events.place_due()
        sent = []
        for _ in range(2):
            there.shop.office.webhooks.send_now()
            sent.append(sorted(len(one.got) for one in (there.receiver, second, third)))

    assert [0, 20, 20] == sent[0]
    assert sent[1] in ([20, 20, 20], [20, 20, 21])  # the third one and one of the others, in which one message was left


def test_two_workers_never_send_to_one_webhook_at_once(there: Hooks) -> None:
    made = there.make()
    there.shop.in_status(Status.SELLER_REVIEW)
    there.shop.office.events.place_due()
    lease = Statement(t.webhooks.update().values(lease_us=to_us(there.shop.clock.now() + timedelta(seconds=90))))
    there.shop.errand(lambda tx, _: tx.run(lease))  # another worker has it, and dies
    meanwhile = there.rounds()
    there.shop.clock.turn(timedelta(seconds=90))

    assert 0 == meanwhile
    assert 1 == there.rounds()
    assert "delivered" == there.get(f"/{made['id']}/deliveries")["deliveries"][0]["state"]


# -- Again, pings, pause, remove --------------------------------------------------------------------------------------


def test_one_message_and_a_span_are_sent_again_with_the_same_ids(there: Hooks) -> None:
    before = there.shop.in_status(Status.APPROVED)  # when there was no webhook yet
    there.rounds()
    made = there.make()
    there.shop.clock.turn(timedelta(hours=1))
    after = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    first_time = there.receiver.ids
    one = there.post(f"/{made['id']}/deliveries/evt_{after}_2/redeliver")
    there.rounds()
    end = (there.shop.clock.now() + timedelta(seconds=1)).isoformat()
    all_again = there.post(f"/{made['id']}/redeliver", {"since": MORNING.isoformat(), "until": end}).json()
    there.rounds()
    rest = there.post(f"/{made['id']}/redeliver", {"since": MORNING.isoformat(), "until": end, "undelivered": True})

    assert [f"evt_{after}_2"] == first_time
    assert 202 == one.status_code
    assert {"count": 3} == all_again
    assert [f"evt_{after}_2"] * 2 == there.receiver.ids[:2]
    assert sorted([f"evt_{before}_2", f"evt_{before}_3", f"evt_{after}_2"]) == sorted(there.receiver.ids[2:])
    assert {"count": 0} == rest.json()


def test_a_ping_goes_to_a_paused_webhook_too_and_is_no_event(there: Hooks) -> None:
    made = there.make()
    there.post(f"/{made['id']}/pause")
    there.shop.in_status(Status.SELLER_REVIEW)
    ping_id = there.post(f"/{made['id']}/ping").json()["event_id"]
    there.rounds()
    paused = there.receiver.got[:]
    there.post(f"/{made['id']}/resume")
    there.rounds()

    assert [(ping_id, "webhook.ping", {"webhook_id": made["id"]})] == [
        (one.id, one.said["type"], one.said["data"]) for one in paused
    ]
    assert ["webhook.ping", "return.submitted"] == [one.said["type"] for one in there.receiver.got]
    assert ["return.submitted"] == [one["type"] for one in there.events()]


def test_of_pings_the_latest_twenty_are_kept(there: Hooks) -> None:
    made = there.make()
    for _ in range(23):
        there.post(f"/{made['id']}/ping")
        there.rounds()

    assert 20 == len(there.get(f"/{made['id']}/deliveries")["deliveries"])
    assert 20 == len(there.shop.dump()["webhook_attempts"])


def test_a_removed_webhook_gets_nothing_any_more(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(500)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    gone = there.post(f"/{made['id']}/remove")
    there.receiver.answers(204)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.shop.clock.turn(timedelta(days=1))

    assert 204 == gone.status_code
    assert 0 == there.rounds()
    assert 404 == there.owner.get(f"/api/v1/webhooks/{made['id']}").status_code
    assert [] == there.get("")
    assert [] == there.shop.dump()["webhook_secrets"]


def test_another_address_gets_what_waits(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(500)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    with receiving() as other:
        wanted = {"url": other.url, "name": "Elsewhere", "types": ["return.submitted"]}
        changed = there.owner.put(f"/api/v1/webhooks/{made['id']}", json=wanted).json()
        there.shop.clock.turn(timedelta(minutes=5))
        there.rounds()
        got = [one.said["type"] for one in other.got]

    assert (other.url, "Elsewhere", ["return.submitted"]) == (changed["url"], changed["name"], changed["types"])
    assert ["return.submitted"] == got


def meanwhile(there: Hooks, act: Callable[[], object]) -> None:
    """While the receiver thinks about the next message, its owner does something."""
    sender = there.shop.office.webhooks
    go = sender.post

    def post(call: Any, at: Any) -> Any:
        sender.post = go
        reply = go(call, at)
        act()
        return reply

    sender.post = post


def test_what_the_address_before_said_pauses_nothing_and_counts_for_nothing(there: Hooks) -> None:
    """It answers 410 after its owner has given another one."""
    made = there.make()
    there.receiver.answers(410)
    there.shop.in_status(Status.SELLER_REVIEW)
    with receiving() as other:
        path, wanted = f"/api/v1/webhooks/{made['id']}", {"url": other.url, "name": "ERP"}
        meanwhile(there, lambda: there.owner.put(path, json=wanted))
        there.rounds()
        after = there.get(f"/{made['id']}")
        got = [one.said["type"] for one in other.got]

    assert 1 == len(there.receiver.got)
    assert ("active", other.url) == (after["state"], after["url"])
    assert ["return.submitted"] == got
    assert [] == [one.kind for one in messages(there) if one.kind.startswith("webhook_")]


def test_of_a_webhook_that_was_removed_meanwhile_nobody_is_told_anything(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(410)
    there.shop.in_status(Status.SELLER_REVIEW)
    meanwhile(there, lambda: there.post(f"/{made['id']}/remove"))
    there.rounds()
    deliveries = [dict(zip(t.telling.deliveries.c.keys(), row, strict=True))
                  for row in there.shop.dump()["webhook_deliveries"]]  # fmt: skip

    assert 1 == len(there.receiver.got)
    assert [("dropped", None)] == [(one["state"], one["next_us"]) for one in deliveries]
    assert [] == [one.kind for one in messages(there) if one.kind.startswith("webhook_")]


def test_a_webhook_that_its_owner_paused_meanwhile_is_paused_by_its_owner(there: Hooks) -> None:
    made = there.make()
    there.receiver.answers(410)
    there.shop.in_status(Status.SELLER_REVIEW)
    meanwhile(there, lambda: there.post(f"/{made['id']}/pause"))
    there.rounds()

    assert "owner" == there.get(f"/{made['id']}")["why"]
    assert [] == [one.kind for one in messages(there) if one.kind.startswith("webhook_")]


def test_another_address_begins_without_the_failures_of_the_one_before(there: Hooks) -> None:
    """Five days without a success would pause it at its first failure."""
    made = there.make()
    there.receiver.answers(500)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    there.shop.clock.turn(timedelta(days=2, hours=23))
    there.rounds()
    with receiving() as other:
        there.owner.put(f"/api/v1/webhooks/{made['id']}", json={"url": other.url, "name": "ERP"})
        changed = there.get(f"/{made['id']}")
        there.rounds()  # at once
        got = [one.said["type"] for one in other.got]

    assert "failing_since" not in changed
    assert ["return.submitted"] == got


# -- Who may, and what is refused -------------------------------------------------------------------------------------


def told(answer: Any) -> tuple[int, str, str]:
    said = answer.json()
    return answer.status_code, said["code"], said.get("field", "")


def test_what_cannot_be_is_refused_with_its_reason_and_field(there: Hooks) -> None:
    good = {"url": there.receiver.url, "name": "ERP"}

    def refusal(**other: Any) -> tuple[int, str, str]:
        return told(there.post("", {**good, **other}))

    made = there.make()
    span = {"since": "2024-09-02T10:00:00+03:00", "until": "2024-09-02T10:00:00+03:00"}

    assert (422, "address_inside", "url") == refusal(url="https://10.0.0.1/in")
    assert (422, "address_not_https", "url") == refusal(url="ftp://example.com/")
    assert (422, "address_unusable", "url") == refusal(url="https://me:secret@example.com/")
    assert (422, "address_unknown", "url") == refusal(url="https://nobody.invalid/in")
    assert (422, "port_unusable", "url") == refusal(url="https://example.com:25/")
    assert (422, "webhook_name_length", "name") == refusal(name=" ")
    assert (422, "unknown_event_type", "types") == refusal(types=["return.eaten"])
    assert (422, "span_empty", "until") == told(there.post(f"/{made['id']}/redeliver", span))
    assert (422, "zone_needed", "since") == told(
        there.post(f"/{made['id']}/redeliver", {**span, "since": "2024-09-02T10:00:00"})
    )
    assert (409, "webhook_not_paused", "") == told(there.post(f"/{made['id']}/resume"))
    assert (422, "field_invalid", "keep_hours") == told(there.post(f"/{made['id']}/secrets", {"keep_hours": 169}))
    assert (404, "not_found", "") == told(there.post(f"/{made['id']}/deliveries/evt_1_1/redeliver"))


def test_a_seller_has_ten_webhooks_at_most(there: Hooks) -> None:
    for _ in range(10):
        there.make()

    assert (409, "too_many_webhooks", "") == told(there.post("", {"url": there.receiver.url, "name": "One more"}))


def test_webhooks_are_the_owners_and_nobody_elses(there: Hooks) -> None:
    made = there.make()
    path, wanted = f"/api/v1/webhooks/{made['id']}", {"url": there.receiver.url, "name": "Mine"}
    key = there.call(there.shop.key())

    assert (403, "webhook_rights_needed", "") == told(there.call("umut").post("/api/v1/webhooks", json=wanted))
    assert (403, "webhook_rights_needed", "") == told(there.call("umut").post(f"{path}/pause"))
    assert 200 == there.call("umut").get(path).status_code
    assert (404, "not_found", "") == told(there.call("chen").get(path))
    assert (404, "not_found", "") == told(there.call("chen").put(path, json=wanted))
    assert (404, "not_found", "") == told(there.call("chen").get(f"{path}/deliveries"))
    assert (200, 403) == (key.get(path).status_code, key.put(path, json=wanted).status_code)
    assert (403, "session_needed", "") == told(key.post(f"{path}/ping"))
    assert (403, "not_your_role", "") == told(there.call("irina").get(path))
    assert 401 == there.call("").get(path).status_code


# -- GET /events ------------------------------------------------------------------------------------------------------


def test_events_are_read_page_by_page_with_any_key_and_go_on_after_the_last(there: Hooks) -> None:
    for _ in range(3):
        there.shop.in_status(Status.APPROVED)
    there.rounds()
    reader = there.call(there.shop.key(read_only=True))
    by_ones, at_once = there.events(reader, limit=1), there.events()
    end = at_once[-1]["id"]
    nothing = reader.get("/api/v1/events", params={"after": end}).json()
    there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    chosen = reader.get("/api/v1/events", params={"types": ["return.approved"]}).json()

    assert 6 == len(at_once)
    assert at_once == by_ones
    assert {"events": [], "last": end, "more": False} == nothing
    assert ["return.submitted"] == [one["type"] for one in there.events(reader, after=end)]
    assert {"return.approved"} == {one["type"] for one in chosen["events"]}
    assert 3 == len(chosen["events"])


def test_an_event_that_is_unknown_or_anothers_or_not_kept_any_more_is_no_place_to_go_on_from(there: Hooks) -> None:
    there.make()
    mine = there.shop.in_status(Status.REJECTED)
    there.rounds()
    path, after = "/api/v1/events", f"evt_{mine}_2"
    answers = [
        there.owner.get(path, params={"after": "evt_1_1"}), there.call("chen").get(path, params={"after": after}),
    ]  # fmt: skip
    there.shop.clock.turn(timedelta(days=30))
    there.shop.office.tick()
    kept = there.call("elif").get(path, params={"after": after}).status_code  # her first session is over
    there.shop.clock.turn(timedelta(minutes=11))
    there.shop.office.tick()
    answers.append(there.call("elif").get(path, params={"after": after}))

    assert [(410, "event_unknown", "after")] * 3 == [told(one) for one in answers]
    assert 1 == len({json.dumps({**one.json(), "detail": ""}) for one in answers})
    assert 200 == kept
    assert after not in str([there.shop.dump()[name] for name in ("seller_events", "webhook_deliveries")])
    assert [] == there.shop.dump()["webhook_attempts"]


def test_who_has_read_everything_may_be_quiet_for_longer_than_events_are_kept(there: Hooks) -> None:
    """Nothing after their last event is gone. Of two events the first is no place to go on from: the second is gone."""
    first, second = there.shop.in_status(Status.REJECTED), there.shop.in_status(Status.REJECTED)
    there.rounds()
    path, told_all = "/api/v1/events", there.events()
    last, before = told_all[-1]["id"], told_all[-2]["id"]
    there.shop.clock.turn(timedelta(days=30, minutes=11))
    for _ in range(3):
        there.shop.office.tick()
    elif_ = there.call("elif")
    quiet = elif_.get(path, params={"after": last})
    refused = [elif_.get(path, params={"after": before}), there.call("chen").get(path, params={"after": last})]
    third = there.shop.in_status(Status.SELLER_REVIEW)
    there.rounds()
    missed_nothing = elif_.get(path, params={"after": last}).json()["events"]

    assert {first, second} == {one["data"]["return_id"] for one in told_all}
    assert (200, {"events": [], "last": last, "more": False}) == (quiet.status_code, quiet.json())
    assert [(410, "event_unknown", "after")] * 2 == [told(one) for one in refused]
    assert [f"evt_{third}_2"] == [one["id"] for one in missed_nothing]
    assert [f"evt_{third}_2"] == [one[1] for one in there.shop.dump()["seller_events"]]


def test_who_reads_one_type_may_be_quiet_for_longer_than_the_other_types_are_kept(there: Hooks) -> None:
    """Of submitted, approved, submitted only the first and the last are theirs; the page that goes on stands at what it shows."""
    there.shop.in_status(Status.APPROVED)
    there.shop.in_status(Status.SELLER_REVIEW)
    there.shop.in_status(Status.APPROVED)
    there.rounds()
    path, wanted, newest = "/api/v1/events", {"types": "return.submitted"}, there.events()[-1]["id"]
    first = there.owner.get(path, params={**wanted, "limit": 1}).json()
    rest = there.owner.get(path, params={**wanted, "after": first["last"]}).json()
    steps = there.owner.get("/api/v1/epcis").headers["last-event-id"]
    there.shop.clock.turn(timedelta(days=30, minutes=11))
    for _ in range(3):
        there.shop.office.tick()
    quiet = there.call("elif").get(path, params={**wanted, "after": rest["last"]})

    assert (True, first["events"][0]["id"]) == (first["more"], first["last"])
    assert (False, newest, newest) == (rest["more"], rest["last"], steps)
    assert "return.submitted" == rest["events"][-1]["type"]
    assert (200, [], False) == (quiet.status_code, quiet.json()["events"], quiet.json()["more"])


def test_a_row_that_is_committed_late_appears_behind_no_readers_back(there: Hooks) -> None:
    """Numbers are taken before the commit. The place is given after it, so what was passed over comes later, not never."""
    office = there.shop.office
    there.shop.in_status(Status.SELLER_REVIEW)
    row = dict(zip(t.seller_events.c.keys(), there.shop.dump()["seller_events"][0], strict=True))
    late = {**row, "id": row["id"] - 1, "event_id": "evt_9_9"}  # its number was taken before, its commit comes after
    office.events.place_due()
    seen = there.events()
    there.shop.errand(lambda tx, _: tx.run(Statement(t.seller_events.insert()), **late))
    office.events.place_due()
    behind = there.events(after=seen[-1]["id"])

    assert (1, 1) == (len(seen), len(behind))
    assert [1, 2] == sorted(one[-1] for one in there.shop.dump()["seller_events"])
