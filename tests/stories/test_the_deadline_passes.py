"""J9: nobody decides in 14 days, and the last second counts."""

from backhaul.marketplace import queries as marketplace_queries
from backhaul.partner import queries as partner_queries
from backhaul.world import World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow

LUMITEK = (2093311, "CN")
ARRIVAL = moscow(10, 3, 16, 42)
BOUND = moscow(10, 18)


def shelved(world: World, posting: str) -> int:
    """A hub of 2,300 roubles on the partner's shelf since 3 October 16:42, by everybody's own hands."""
    stage = world.stage
    return_id, _ = world.request("CN", "did_not_fit", "One port too few.", lambda line: line.posting_number == posting)
    chen = Caller(stage.marketplace_web.url, "chen")
    assert chen.post(f"/returns/{return_id}/approve").status_code == 200
    oleg = Caller(stage.marketplace_web.url, "oleg")
    photos = oleg.photos(world._pictures[:2])  # noqa: SLF001
    checklist = {"point_id": "77-0412", "same_product": True, "used": False, "photos": photos}
    assert oleg.post(f"/returns/{return_id}/check-in", checklist).status_code == 200
    assert oleg.post(f"/returns/{return_id}/dispatch", {"carrier": "Linehaul"}).status_code == 200
    stage.pump()
    return return_id


def arrive(world: World, *return_ids: int) -> None:
    world.stage.turn_to(ARRIVAL)
    darya = Caller(world.stage.partner_web.url, "darya")
    for return_id in return_ids:
        body = {"warehouse": "MSK-2", "arrived_at_us": int(ARRIVAL.timestamp()) * 1_000_000, "weight_gram": 210}
        assert darya.post(f"/parcels/{return_id}/arrive", body).status_code == 200
    world.stage.pump()


def test_a_decision_in_the_last_second_counts_and_one_at_midnight_does_not(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 20, 10))
    stage = world.stage
    for n in (1, 2):
        deliver(world, "USB hub", 2300, 210, seller=LUMITEK, posting=f"7000000{n}-0001-1")
    link_seller(world, "CN")
    first, second = shelved(world, "70000001-0001-1"), shelved(world, "70000002-0001-1")
    arrive(world, first, second)
    stage.turn_to(moscow(10, 17, 23, 59, 58))
    chen = Caller(stage.partner_web.url, "chen@example.com")

    in_time = chen.post(
        f"/parcels/{first}/decide", {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}
    )
    assert 200 == in_time.status_code

    stage.clock.turn_to(BOUND)  # type: ignore[attr-defined]
    too_late = chen.post(
        f"/parcels/{second}/decide", {"decision": "ship_hk", "destination_id": world.destinations["CN-HK"]}
    )
    assert 409 == too_late.status_code
    assert "decision_window_closed" == too_late.json()["code"]
    assert "2024-10-17T21:00:00Z" == too_late.json()["decide_by"]
    assert "17 Oct 2024, 23:59 Moscow time" in too_late.json()["detail"]

    stage.pump()
    with stage.partner.database.read() as tx:
        assert "disposal_due" == partner_queries.one(tx, second).status  # type: ignore[union-attr]
        assert "ship_hk" == partner_queries.one(tx, first).decision  # type: ignore[union-attr]
        reminders = [h.at for h in partner_queries.history(tx, second) if h.kind == "Reminded"]
    assert [moscow(10, 10, 10), moscow(10, 14, 10), moscow(10, 16, 10), moscow(10, 17, 20)] == reminders


def test_an_undecided_product_is_destroyed_on_the_next_working_day_without_compensation(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 20, 10))
    stage = world.stage
    deliver(world, "USB hub", 2300, 210, seller=LUMITEK)
    link_seller(world, "CN")
    return_id = shelved(world, "70000001-0001-1")
    arrive(world, return_id)
    stage.turn_to(moscow(10, 17, 23, 0))
    darya = Caller(stage.partner_web.url, "darya")

    too_early = darya.post(f"/parcels/{return_id}/start-disposal")
    assert 409 == too_early.status_code

    stage.turn_to(moscow(10, 18, 11))
    started = darya.post(f"/parcels/{return_id}/start-disposal")
    assert 200 == started.status_code, started.text
    proof = {"method": "Shredded", "witness": "N. Orlova", "photos": darya.photos(world._pictures[:1])}  # noqa: SLF001
    destroyed = darya.post(f"/parcels/{return_id}/destroy", proof)
    assert 200 == destroyed.status_code, destroyed.text

    stage.pump()
    with stage.marketplace.database.read() as tx:
        it = marketplace_queries.one(tx, return_id)
        assert it is not None
        assert it.parcel is not None
        assert ("disposed", True) == (it.parcel.status, it.parcel.undecided)
        assert "none" == it.compensation.status
        accounts = {e.debit for e in marketplace_queries.entries(tx, return_id)}
    assert not any("compensation" in account for account in accounts)


def test_workers_stopped_for_three_days_fire_every_deadline_once_with_its_own_instant(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 20, 10))
    stage = world.stage
    deliver(world, "USB hub", 2300, 210, seller=LUMITEK)
    link_seller(world, "CN")
    return_id = shelved(world, "70000001-0001-1")
    arrive(world, return_id)
    stage.turn_to(moscow(10, 15, 12))

    stage.clock.turn_to(moscow(10, 18, 12))  # type: ignore[attr-defined]
    for _ in range(3):
        stage.pump()

    with stage.partner.database.read() as tx:
        told = [(h.kind, h.at, h.recorded_at) for h in partner_queries.history(tx, return_id) if h.role == "calendar"]
    late = [entry for entry in told if entry[2] == moscow(10, 18, 12)]
    missed = [at for kind, at, _ in late if kind == "DeadlineMissed"]
    assert [BOUND] == missed
    assert [moscow(10, 16, 10), moscow(10, 17, 20)] == [at for kind, at, _ in late if kind == "Reminded"]
