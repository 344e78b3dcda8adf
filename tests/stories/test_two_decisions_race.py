"""J12: two decisions race, and one with the calendar; a retry of the same request changes nothing."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.kit.days import MICROSECOND, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.partner import access, errands, queries, tables
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.standing import Wanted
from backhaul.partner.rules.words import Role
from backhaul.world import PASSWORD, World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow

LUMITEK = (2093311, "CN")
ARRIVAL = moscow(9, 12, 11)
BOUND = moscow(9, 27)  # 26 September 23:59:59 is the last moment
CHEN, LIU = "chen@example.com", "liuna@example.com"


def at_the_partner(world: World, price_rub: int = 7900) -> int:
    """A headset of Lumitek on its way to the partner; Chen and Liu Na both act for the company there."""
    deliver(world, "Headset", price_rub, 350, seller=LUMITEK)
    link_seller(world, "CN")
    with world.stage.partner.database.read() as tx:
        chen = access.account_of_login(tx, CHEN, PASSWORD)
    assert chen is not None
    person = (LIU, keys.hash_password(PASSWORD), Role.SELLER, "Liu Na", "en", chen.company_id)
    world.partner_errand(lambda tx, _: errands.add_account(tx, *person))
    return_id, _ = world.request("CN", "did_not_fit", "Too tight.")
    assert Caller(world.stage.marketplace_web.url, "liu").post(f"/returns/{return_id}/approve").status_code == 200
    world.stored(return_id)
    return return_id


def arrived(world: World, price_rub: int = 7900) -> int:
    """12 September 11:00: scanned in."""
    return_id = at_the_partner(world, price_rub)
    world.stage.turn_to(ARRIVAL)
    darya = Caller(world.stage.partner_web.url, "darya")
    scan = {"warehouse": "MSK-2", "arrived_at_us": to_us(ARRIVAL), "weight_gram": 350}
    assert darya.post(f"/parcels/{return_id}/arrive", scan).status_code == 200
    world.stage.pump()
    return return_id


def parcel(world: World, parcel_id: int) -> Parcel:
    with world.stage.partner.database.read() as tx:
        it = queries.one(tx, parcel_id)
    assert it is not None
    return it


def kinds(world: World, parcel_id: int) -> list[str]:
    with world.stage.partner.database.read() as tx:
        return [h.kind for h in queries.history(tx, parcel_id)]


def sends(caller: Caller, parcel_id: int, body: dict[str, object], version: int, key: str) -> httpx2.Response:
    return caller.post(f"/parcels/{parcel_id}/decide", body, If_Match=f'"{version}"', Idempotency_Key=key)


def test_the_first_wins_and_the_second_learns_what_was_decided_by_whom_and_when(raise_curtain: Raise) -> None:
    """J12, P27, R96: 10:00:00.000 Liu Na ships, 10:00:00.040 Chen disposes on the same version."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    parcel_id = arrived(world)
    stage.turn_to(moscow(9, 20, 10))
    liu, chen = Caller(stage.partner_web.url, LIU), Caller(stage.partner_web.url, CHEN)
    version = liu.get(f"/parcels/{parcel_id}")["version"]
    hong_kong = {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}

    won = sends(liu, parcel_id, hong_kong, version, "liu-1")
    stage.turn(timedelta(milliseconds=40))
    lost = sends(chen, parcel_id, {"decision": "dispose"}, version, "chen-1")

    assert (won.status_code, won.json()["version"], won.headers["etag"]) == (200, version + 1, f'"{version + 1}"')
    assert lost.status_code == 409
    told = lost.json()
    assert (told["code"], told["version"], told["seen"]) == ("version_conflict", version + 1, version)
    assert (told["decision"], told["decided_by"]) == ("ship_hk", "Liu Na")
    assert told["decided_at"] == "2024-09-20T07:00:00Z"
    assert parcel(world, parcel_id).decision == "ship_hk"
    log = tables.journal.access_log
    with stage.partner.database.read() as tx:
        losers = [row[0] for row in tx.rows(Statement(log.select().with_only_columns(log.c.what)))]
    assert any(f"Decide {parcel_id}" in what and "dispose" in what for what in losers)

    again = sends(chen, parcel_id, {"decision": "dispose"}, version + 1, "chen-2")
    assert (again.status_code, parcel(world, parcel_id).decision) == (200, "dispose")


def test_a_network_retry_gets_the_first_answer_and_makes_no_second_event_or_label(raise_curtain: Raise) -> None:
    """J12, R96: the same key answers the same, also after the label; with another body it is refused."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    parcel_id = arrived(world)
    stage.turn_to(moscow(9, 20, 10))
    liu, darya = Caller(stage.partner_web.url, LIU), Caller(stage.partner_web.url, "darya")
    version = liu.get(f"/parcels/{parcel_id}")["version"]
    hong_kong = {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}
    label = f"/parcels/{parcel_id}/print-label"

    first = sends(liu, parcel_id, hong_kong, version, "liu-1")
    second = sends(liu, parcel_id, hong_kong, version, "liu-1")
    printed = [darya.post(label, {"carrier": "Pearl Freight"}, Idempotency_Key="label-1") for _ in range(2)]
    third = sends(liu, parcel_id, hong_kong, version, "liu-1")
    other = sends(liu, parcel_id, {"decision": "dispose"}, version, "liu-1")

    assert [answer.status_code for answer in (first, second, third)] == [200, 200, 200]
    assert first.content == second.content == third.content
    assert (other.status_code, other.json()["code"]) == (422, "key_used_for_another_request")
    assert [answer.status_code for answer in printed] == [200, 200]
    assert printed[0].content == printed[1].content
    assert (kinds(world, parcel_id).count("Decided"), kinds(world, parcel_id).count("LabelPrinted")) == (1, 1)


def test_of_many_decisions_at_the_same_moment_exactly_one_counts(raise_curtain: Raise) -> None:
    """J12: eight requests on one version over eight connections: one event, seven refusals, no lost update."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    parcel_id = arrived(world)
    stage.turn_to(moscow(9, 20, 10))
    callers = [Caller(stage.partner_web.url, login) for login in (CHEN, LIU) * 4]
    version = callers[0].get(f"/parcels/{parcel_id}")["version"]
    gate = threading.Barrier(len(callers))

    def decide(n: int, caller: Caller) -> int:
        decision = "dispose" if n % 2 else "pickup"
        gate.wait(30)
        return sends(caller, parcel_id, {"decision": decision}, version, f"race-{n}").status_code

    with ThreadPoolExecutor(len(callers)) as pool:
        codes = sorted(pool.map(decide, range(len(callers)), callers))

    assert codes == [200, *[409] * 7]
    assert kinds(world, parcel_id).count("Decided") == 1
    assert parcel(world, parcel_id).version == version + 1


def busy(desk: Desk[Any]) -> Callable[[], None]:
    """Give the clerk work that lasts until the returned function is called: what comes meanwhile is one batch."""
    begun, go_on = threading.Event(), threading.Event()

    def wait(_tx: object, _at: object) -> bytes:
        begun.set()
        assert go_on.wait(30)
        return b""

    holder = threading.Thread(target=desk.perform_now, args=(Errand(wait),))
    holder.start()
    assert begun.wait(30)

    def release() -> None:
        go_on.set()
        holder.join(30)

    return release


def until_waiting(desk: Desk[Any], count: int) -> None:
    deadline = time.monotonic() + 30
    while len(desk.clerk._waiting) < count and time.monotonic() < deadline:  # noqa: SLF001 -- nothing outside tells
        time.sleep(0.005)
    assert len(desk.clerk._waiting) == count  # noqa: SLF001


@pytest.mark.parametrize(
    ("early", "answer", "status", "happened"),
    [
        (MICROSECOND, 200, "arrived", "Decided"),
        (timedelta(0), 409, "disposal_due", "DeadlineMissed"),
    ],
)
def test_a_decision_and_the_sweep_in_one_batch_have_exactly_one_outcome(
    raise_curtain: Raise, early: timedelta, answer: int, status: str, happened: str
) -> None:
    """J12, P3, P14: the decision arrives in the last microsecond, or at the bound; the deadline job right behind it."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    parcel_id = arrived(world)
    stage.turn_to(BOUND - early)
    liu, desk = Caller(stage.partner_web.url, LIU), stage.partner.desk
    hong_kong = {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}

    release = busy(desk)
    with ThreadPoolExecutor(2) as pool:
        decided = pool.submit(liu.post, f"/parcels/{parcel_id}/decide", hong_kong)
        until_waiting(desk, 1)
        stage.clock.turn_to(BOUND)  # type: ignore[attr-defined]
        swept = pool.submit(desk._sweep_some, 100)  # noqa: SLF001 -- a sweep that has looked already
        until_waiting(desk, 2)
        release()
        told = decided.result(30)
        swept.result(30)
    desk.sweep()

    assert told.status_code == answer
    assert parcel(world, parcel_id).status == status
    outcomes = [kind for kind in kinds(world, parcel_id) if kind in {"Decided", "DeadlineMissed"}]
    assert outcomes == [happened]


def test_a_person_changes_what_the_standing_rule_decided_while_the_disposal_is_held(raise_curtain: Raise) -> None:
    """J12, P25: the rule `below 1,500 RUB` disposes at the scan; within the two hours Chen keeps the product."""
    world = raise_curtain(moscow(9, 1, 10))
    stage = world.stage
    parcel_id = at_the_partner(world, 1400)
    with stage.partner.database.read() as tx:
        account = access.account_of_login(tx, CHEN, PASSWORD)
    assert account is not None
    world.partner_errand(lambda tx, at: errands.add_rule(tx, account, LUMITEK[0], Wanted(below_rub=1500), Policy(), at))
    stage.turn_to(ARRIVAL)
    darya, chen = Caller(stage.partner_web.url, "darya"), Caller(stage.partner_web.url, CHEN)
    scan = {"warehouse": "MSK-2", "arrived_at_us": to_us(ARRIVAL), "weight_gram": 350}
    darya.post(f"/parcels/{parcel_id}/arrive", {**scan, "photos": darya.photos([world.partner_picture(0, "A")])})
    by_rule = parcel(world, parcel_id)
    stage.turn(timedelta(hours=1, minutes=59))

    kept = sends(chen, parcel_id, {"decision": "pickup"}, by_rule.version, "keep-1")
    stage.turn(timedelta(hours=3))

    assert (by_rule.decision, by_rule.decided_by) == ("dispose", "rule")
    assert kept.status_code == 200
    it = parcel(world, parcel_id)
    assert (it.status, it.decision, it.decided_by, it.disposal.status) == ("arrived", "pickup", "seller", "none")
