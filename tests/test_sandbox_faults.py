"""Faults on demand through the sandbox's doors: each strikes what it was asked for, so often, and nothing else."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit.calls import Call
from backhaul.kit.clock import TurnedClock
from backhaul.kit.egress import Reply, Way, networks
from backhaul.kit.machine import Refused
from backhaul.sandbox import Sandbox
from backhaul.sandbox_answers import door_of
from backhaul.sandbox_faults import Door, Faults, Kind, Wanted
from backhaul.sandbox_post import Post
from backhaul.stage import Stage
from backhaul.wire import HoldCheck
from backhaul.world import World, make_key, people
from tests.receiving import Answer, Got, Receiver, receiving, verifies
from tests.test_sandbox import SCRIPTS, empty, run

LIST = "/v2/returns/rfbs/list"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


# -- What strikes when ------------------------------------------------------------------------------------------------


def faults_at(at: datetime = NOW) -> tuple[Faults, TurnedClock]:
    clock = TurnedClock(at)
    return Faults(clock.now), clock


def strikes(faults: Faults, times: int, path: str = LIST, door: Door = Door.SELLER_API) -> list[bool]:
    return [faults.struck(door, "marketplace", path) is not None for _ in range(times)]


def test_the_next_two_are_struck_and_no_third() -> None:
    faults, _ = faults_at()
    faults.add(Wanted(Door.SELLER_API, Kind.FAILED, next=2))

    assert [True, True, False] == strikes(faults, 3)
    assert [(2, 2, True)] == [(one.met, one.struck, one.is_over) for one in faults.all()]


def test_only_its_door_its_house_and_its_path_are_struck() -> None:
    faults, _ = faults_at()
    faults.add(Wanted(Door.API_V1, Kind.FAILED, next=9, house="partner", path="/api/v1/parcels"))

    assert None is faults.struck(Door.SELLER_API, "partner", "/api/v1/parcels")
    assert None is faults.struck(Door.API_V1, "marketplace", "/api/v1/parcels")
    assert None is faults.struck(Door.API_V1, "partner", "/api/v1/links")
    assert faults.struck(Door.API_V1, "partner", "/api/v1/parcels/7") is not None
    assert [1] == [one.met for one in faults.all()]


def test_a_share_strikes_the_same_requests_for_the_same_seed() -> None:
    found = []
    for seed in (7, 7, 8):
        faults, _ = faults_at()
        faults.add(Wanted(Door.SELLER_API, Kind.FAILED, share_pct=25, seed=seed))
        found.append(strikes(faults, 400))

    assert found[0] == found[1] != found[2]
    assert 70 <= sum(found[0]) <= 130
    faults, _ = faults_at()
    faults.add(Wanted(Door.SELLER_API, Kind.FAILED, share_pct=100, next=3))
    assert [True, True, True, False] == strikes(faults, 4)


def test_for_a_time_is_by_the_sandboxs_clock_and_its_last_microsecond_counts() -> None:
    faults, clock = faults_at()
    faults.add(Wanted(Door.SELLER_API, Kind.FAILED, lasting="2h"))
    clock.turn(timedelta(hours=2) - timedelta(microseconds=1))
    inside = strikes(faults, 2)
    clock.turn(timedelta(microseconds=1))

    assert ([True, True], [False]) == (inside, strikes(faults, 1))
    assert [True] == [one.is_over for one in faults.all()]


def test_the_first_that_strikes_counts_and_when_it_is_over_the_second_does() -> None:
    faults, _ = faults_at()
    faults.add(Wanted(Door.SELLER_API, Kind.TOO_MANY, next=1))
    faults.add(Wanted(Door.SELLER_API, Kind.FAILED, next=1))
    found = [faults.struck(Door.SELLER_API, "marketplace", LIST) for _ in range(3)]

    assert [Kind.TOO_MANY, Kind.FAILED, None] == [one and one.fault for one in found]


def test_fifty_stand_at_most_and_those_that_are_over_make_room() -> None:
    faults, _ = faults_at()
    for _ in range(50):
        faults.add(Wanted(Door.SELLER_API, Kind.FAILED, next=1))
    with pytest.raises(Refused, match="too_many_faults"):
        faults.add(Wanted(Door.SELLER_API, Kind.FAILED, next=1))
    strikes(faults, 1)
    kept = faults.add(Wanted(Door.SELLER_API, Kind.FAILED, next=1))

    assert (50, 51, 2) == (len(faults.all()), kept.id, faults.all()[0].id)
    faults.clear()
    assert ([], [False]) == (faults.all(), strikes(faults, 1))


DOORS = {
    ("marketplace", LIST): Door.SELLER_API,
    ("marketplace", "/v1/roles"): Door.SELLER_API,
    ("partner", "/v1/roles"): None,
    ("marketplace", "/api/v1/returns"): Door.API_V1,
    ("marketplace", "/api/v1/events"): Door.API_V1,
    ("marketplace", "/api/v1/reports"): Door.BETWEEN_HOUSES,
    ("marketplace", "/api/v1/partner/units"): Door.BETWEEN_HOUSES,
    ("partner", "/api/v1/events"): Door.BETWEEN_HOUSES,
    ("partner", "/api/v1/marked-photos"): Door.BETWEEN_HOUSES,
    ("partner", "/api/v1/pickup-barcode"): Door.BETWEEN_HOUSES,
    ("partner", "/api/v1/disposal-ceilings/set"): Door.BETWEEN_HOUSES,
    ("partner", "/api/v1/parcels"): Door.API_V1,
    ("marketplace", "/api/v1/admin/orders"): None,
    ("marketplace", "/returns"): None,
    ("marketplace", "/static/style.css"): None,
}


@pytest.mark.parametrize(("where", "door"), DOORS.items())
def test_each_address_has_its_door(where: tuple[str, str], door: Door | None) -> None:
    assert door is door_of(*where)


# -- Messages that leave ----------------------------------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def call(receiver: Receiver, name: str) -> Call:
    """A message that tells when it was signed."""
    way = Way(inside=networks("127.0.0.0/8"), seconds_max=2)
    return Call(way, receiver.url, name.encode(), lambda at: {"signed": at.isoformat()})


def bodies(receiver: Receiver) -> list[str]:
    return [one.body.decode() for one in receiver.got]


def test_a_message_comes_twice(receiver: Receiver) -> None:
    faults, _ = faults_at()
    post = Post(faults)
    faults.add(Wanted(Door.WEBHOOKS, Kind.DUPLICATED, next=1))
    replies = [post.webhook(call(receiver, name), NOW) for name in "ab"]

    assert ["a", "a", "b"] == bodies(receiver)
    assert all(one.is_success for one in replies)


def test_a_message_comes_late_and_is_signed_when_it_leaves(receiver: Receiver) -> None:
    faults, clock = faults_at()
    post = Post(faults)
    faults.add(Wanted(Door.WEBHOOKS, Kind.LATE, next=1, by="2h"))
    kept, other = (post.webhook(call(receiver, name), NOW) for name in "ab")
    clock.turn(timedelta(hours=2) - timedelta(microseconds=1))
    early = post.send_due(clock.now())
    clock.turn(timedelta(microseconds=1))

    assert (True, True, 0, 1, 0) == (
        kept.is_success, other.is_success, early, post.send_due(clock.now()), post.send_due(clock.now()),
    )  # fmt: skip
    assert ["b", "a"] == bodies(receiver)
    assert (NOW + timedelta(hours=2)).isoformat() == receiver.got[1].headers["signed"]


def test_messages_change_places_or_come_after_ten_minutes_when_no_other_follows(receiver: Receiver) -> None:
    faults, clock = faults_at()
    post = Post(faults)
    faults.add(Wanted(Door.PUSHES, Kind.REORDERED, next=1))
    for name in "ab":
        assert post.push(call(receiver, name), NOW).is_success
    post.send_due(NOW)
    faults.add(Wanted(Door.PUSHES, Kind.REORDERED, next=1))
    post.push(call(receiver, "c"), NOW)
    clock.turn(timedelta(minutes=10) - timedelta(seconds=1))
    alone = post.send_due(clock.now())
    clock.turn(timedelta(seconds=1))

    assert (0, 1) == (alone, post.send_due(clock.now()))
    assert ["b", "a", "c"] == bodies(receiver)


def test_what_is_kept_back_leaves_at_once_when_it_is_let_go(receiver: Receiver) -> None:
    faults, _ = faults_at()
    post = Post(faults)
    faults.add(Wanted(Door.WEBHOOKS, Kind.LATE, next=1, by="3d"))
    faults.add(Wanted(Door.WEBHOOKS, Kind.REORDERED, next=1))
    for name in "ab":
        post.webhook(call(receiver, name), NOW)
    before = post.send_due(NOW)
    post.let_go(NOW)

    assert (0, 2) == (before, post.send_due(NOW))
    assert {"a", "b"} == set(bodies(receiver))


def test_what_is_kept_back_and_not_taken_is_tried_again(receiver: Receiver) -> None:
    faults, _ = faults_at()
    post = Post(faults)
    faults.add(Wanted(Door.WEBHOOKS, Kind.LATE, next=1, by="1s"))
    post.webhook(call(receiver, "a"), NOW)
    receiver.answers(500)
    first = post.send_due(NOW + timedelta(seconds=1))
    receiver.answers(204)

    assert (0, 0, 1) == (first, post.send_due(NOW + timedelta(seconds=2)), post.send_due(NOW + timedelta(seconds=61)))
    assert ["a", "a"] == bodies(receiver)


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (Kind.TOO_MANY, (429, "")),
        (Kind.FAILED, (500, "")),
        (Kind.AWAY, (503, "")),
        (Kind.SLOW, (0, "too_slow")),
        (Kind.CUT, (0, "broken_off")),
    ],
)
@pytest.mark.parametrize("done", [True, False])
def test_a_receiver_seems_to_fail_whether_it_got_the_message_or_not(
    receiver: Receiver, kind: Kind, reply: tuple[int, str], *, done: bool
) -> None:
    faults, _ = faults_at()
    faults.add(Wanted(Door.WEBHOOKS, kind, next=1, done=done))
    found: Reply = Post(faults).webhook(call(receiver, "a"), NOW)

    assert reply == (found.status, found.error)
    assert (["a"] if done else []) == bodies(receiver)


# -- Through the doors ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with its people; its worker works only when a test wants it."""
    directory = tmp_path_factory.mktemp("faults")
    empty(directory)
    played: dict[str, Any] = {}
    box = Sandbox(directory, played)
    world = World(box.stage, box.clock.now())
    cast = people(world)
    played.update(marketplace=cast.marketplace, partner=cast.partner)
    world.sandbox = box  # type: ignore[attr-defined]
    yield world
    box.close()


@pytest.fixture
def http(world: World) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=world.stage.marketplace_web.url, timeout=20) as client:
        yield client
        assert client.delete("/sandbox/faults").status_code == 204


@pytest.fixture(scope="module")
def seller(world: World) -> dict[str, str]:
    return {"Client-Id": "1180457", "Api-Key": make_key(world, "TR", "ERP", read_only=False)}


def wants(http: httpx2.Client, **wanted: Any) -> dict[str, Any]:
    answer = http.post("/sandbox/faults", json=wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_lines_of_the_page_are_true(world: World, http: httpx2.Client) -> None:
    found = run(SCRIPTS[1], {"at": world.stage.marketplace_web.url})

    assert [0, False, 0, None] == [found[1], *found[3:]]
    assert (type(found[0]), datetime.fromisoformat(found[2]) > NOW) == (int, True)
    assert [] == http.get("/sandbox/faults").json()


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        ("429", 8, "You have reached request rate limit per second"),
        ("500", 13, "Internal error"),
        ("503", 14, "Service is unavailable, please try again later"),
    ],
)
def test_the_seller_api_fails_in_its_own_words(
    http: httpx2.Client, seller: dict[str, str], fault: str, code: int, message: str
) -> None:
    wants(http, door="seller_api", fault=fault, next=1, retry_after=3)
    bad, good = (http.post(LIST, json={"limit": 1, "filter": {}}, headers=seller) for _ in range(2))

    assert (int(fault), {"code": code, "message": message, "details": []}) == (bad.status_code, bad.json())
    assert (None if fault == "500" else "3") == bad.headers.get("retry-after")
    assert ("0" if fault == "429" else None) == bad.headers.get("ratelimit-remaining")
    assert (200, 32) == (good.status_code, len(bad.headers["x-o3-trace-id"]))
    assert [(1, 1, True)] == [(one["met"], one["struck"], one["is_over"]) for one in http.get("/sandbox/faults").json()]


@pytest.mark.parametrize(("fault", "code"), [("429", "too_many_requests"), ("500", "failed"), ("503", "away")])
def test_api_v1_fails_as_problem_json_in_the_callers_language(http: httpx2.Client, fault: str, code: str) -> None:
    wants(http, door="api_v1", fault=fault, next=1, path="/api/v1/health")
    bad = http.get("/api/v1/health", headers={"Accept-Language": "tr"})

    assert (int(fault), "application/problem+json", code) == (
        bad.status_code, bad.headers["content-type"], bad.json()["code"],
    )  # fmt: skip
    assert 200 == http.get("/api/v1/health").status_code


def test_an_answer_is_slow_cut_or_a_page(http: httpx2.Client) -> None:
    wants(http, door="api_v1", fault="slow", next=1, seconds=1)
    began = time.monotonic()
    slow = http.get("/api/v1/health")
    took = time.monotonic() - began
    wants(http, door="api_v1", fault="cut", next=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        http.get("/api/v1/health")
    wants(http, door="api_v1", fault="wrong_body", next=1)
    page = http.get("/api/v1/health")

    assert (200, True) == (slow.status_code, 1 <= took < 5)
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])


def test_what_was_done_while_its_answer_was_lost_counts_once(http: httpx2.Client) -> None:
    """An Idempotency-Key is for this: the webhook exists, and the same request again tells of it and makes no second one."""
    token = http.post("/sandbox/sign-in", json={"as": "seller"}).json()["token"]
    owner = {"Authorization": f"Bearer {token}", "Idempotency-Key": "a webhook"}
    wanted = {"url": "http://127.0.0.1:9009/hooks", "name": "ERP", "types": []}
    wants(http, door="api_v1", fault="cut", next=1, done=True, path="/api/v1/webhooks")
    with pytest.raises(httpx2.RemoteProtocolError):
        http.post("/api/v1/webhooks", json=wanted, headers=owner)
    again = http.post("/api/v1/webhooks", json=wanted, headers=owner)

    assert 201 == again.status_code, again.text
    assert 1 == len(http.get("/api/v1/webhooks", headers=owner).json())


def test_webhooks_of_a_sandbox_go_through_its_faults(world: World, http: httpx2.Client, receiver: Receiver) -> None:
    """A ping that comes twice, and one that comes an hour late by the sandbox's clock, signed for its own time."""
    token = http.post("/sandbox/sign-in", json={"as": "seller"}).json()["token"]
    owner = {"Authorization": f"Bearer {token}"}
    made = http.post("/api/v1/webhooks", json={"url": receiver.url, "name": "late", "types": []}, headers=owner).json()
    hook = f"/api/v1/webhooks/{made['webhook']['id']}" if "webhook" in made else f"/api/v1/webhooks/{made['id']}"
    times: list[int] = []

    def take(_: Got) -> Answer:
        times.append(int(world.stage.clock.now().timestamp()))
        return 204, {}, b""

    receiver.answer = take
    wants(http, door="webhooks", fault="duplicated", next=1)
    assert http.post(f"{hook}/ping", headers=owner).status_code in {200, 201, 202}
    world.stage.pump()
    twice = list(receiver.ids)
    wants(http, door="webhooks", fault="late", next=1, by="1h")
    http.post(f"{hook}/ping", headers=owner)
    world.stage.pump()
    early = len(receiver.got)
    assert http.post("/sandbox/clock", json={"advance": "61m"}).status_code == 200

    assert (2, 1) == (len(twice), len(set(twice)))
    assert (2, 3) == (early, len(receiver.got))
    last = receiver.got[-1]
    assert verifies(_secret(made), last.headers, last.body, times[-1])


def test_a_fault_of_one_house_strikes_only_its_webhooks(world: World, http: httpx2.Client, receiver: Receiver) -> None:
    wants(http, door="webhooks", fault="500", next=1, house="partner")
    stage = world.stage
    marketplaces, partners = (
        office.webhooks.post(call(receiver, "a"), NOW).status for office in (stage.marketplace, stage.partner)
    )

    assert (204, 500) == (marketplaces, partners)


def _secret(made: dict[str, Any]) -> str:
    return str(re.findall(r"whsec_[A-Za-z0-9+/=]+", json.dumps(made))[0])


def test_between_the_houses_messages_fail_and_arrive_later(world: World, http: httpx2.Client) -> None:
    wants(http, door="between_houses", fault="503", next=1, house="marketplace")
    box: Sandbox = world.sandbox  # type: ignore[attr-defined]
    partner = world.stage.partner
    lost = partner.ask_marketplace("hold-check", HoldCheck(()))
    found = partner.ask_marketplace("hold-check", HoldCheck(()))

    assert lost is not None
    assert found is not None
    assert (503, 200) == (lost.status, found.status)
    assert [1] == [one.struck for one in box.faults.all()]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "door", "field_invalid"),
    ({"door": "front", "fault": "429", "next": 1}, "door", "field_invalid"),
    ({"door": "api_v1", "fault": "418", "next": 1}, "fault", "field_invalid"),
    ({"door": "api_v1", "fault": "429"}, "next", "fault_needs_bound"),
    ({"door": "api_v1", "fault": "late", "next": 1}, "fault", "fault_of_messages_only"),
    ({"door": "webhooks", "fault": "wrong_body", "next": 1}, "fault", "fault_of_answers_only"),
    ({"door": "api_v1", "fault": "429", "next": -1}, "next", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "next": 10_001}, "next", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "share_pct": 101}, "share_pct", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "for": "soon"}, "for", "duration_unreadable"),
    ({"door": "api_v1", "fault": "429", "for": "101d"}, "for", "duration_unreadable"),
    ({"door": "webhooks", "fault": "late", "next": 1, "by": "0m"}, "by", "duration_unreadable"),
    ({"door": "api_v1", "fault": "slow", "next": 1, "seconds": 61}, "seconds", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "next": 1, "house": "pub"}, "house", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "next": 1, "retry_after": 0}, "retry_after", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "next": "1"}, "next", "field_invalid"),
    ({"door": "api_v1", "fault": "429", "often": 1}, "often", "field_invalid"),
]


@pytest.mark.parametrize(("wanted", "field", "code"), WRONG)
def test_a_fault_that_is_none_is_refused_with_its_field(
    http: httpx2.Client, wanted: dict[str, Any], field: str, code: str
) -> None:
    answer = http.post("/sandbox/faults", json=wanted)

    assert (422, code, field) == (answer.status_code, answer.json()["code"], answer.json()["field"])
    assert "{" not in answer.json()["detail"]


def test_one_fault_less_and_one_that_is_not_there(http: httpx2.Client) -> None:
    number = wants(http, door="api_v1", fault="429", next=1)["id"]

    assert [204, 404] == [http.delete(f"/sandbox/faults/{number}").status_code for _ in range(2)]
    assert "not_found" == http.delete("/sandbox/faults/999").json()["code"]
    assert 403 == http.post("/sandbox/faults", json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code


def test_the_doors_describe_themselves(http: httpx2.Client) -> None:
    document = http.get("/sandbox/openapi.json").json()
    wanted = document["paths"]["/sandbox/faults"]["post"]["requestBody"]["content"]["application/json"]

    assert {"/sandbox/clock", "/sandbox/sign-in", "/sandbox/reset", "/sandbox/faults"} <= document["paths"].keys()
    assert "Wanted" in json.dumps(wanted)
    assert {"for", "next", "share_pct"} <= document["components"]["schemas"]["Wanted"]["properties"].keys()


def test_a_house_that_is_no_sandbox_has_no_faults(tmp_path: Path) -> None:
    stage = Stage(tmp_path, empty(tmp_path), TurnedClock(NOW))
    try:
        for web in (stage.marketplace_web, stage.partner_web):
            asked = [httpx2.get(f"{web.url}/sandbox/faults"), httpx2.delete(f"{web.url}/sandbox/faults"),
                     httpx2.post(f"{web.url}/sandbox/faults", json={"door": "api_v1", "fault": "429", "next": 9}),
                     httpx2.get(f"{web.url}/sandbox/openapi.json")]  # fmt: skip
            assert [404] * 4 == [one.status_code for one in asked]
            assert 200 == httpx2.get(f"{web.url}/api/v1/health").status_code
    finally:
        stage.close()
