"""R99, GDS-5: each house is down for three days of the turned clock, messages are lost for good, and afterwards both agree."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from backhaul import wire
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.kit.server import Served
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import queries as m_queries
from backhaul.marketplace import tables as m_tables
from backhaul.marketplace.perform import THE_PARTNER
from backhaul.marketplace.rules import commands as m
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Mark, Role
from backhaul.partner import app as partner_app
from backhaul.partner import linking, polling, queries, reconciling, sync_errands, sync_queries, tables
from backhaul.partner.pages.authorizations import watched_of
from backhaul.partner.platforms import say
from backhaul.partner.rules import commands as p
from backhaul.partner.rules.agreement import Gap, Remedy, What
from backhaul.partner.rules.words import InspectionStatus
from backhaul.partner.rules.words import Mark as InspectedAs
from backhaul.world import INSPECTOR, WAREHOUSE, World, link_seller
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow
from tests.stories.test_ship_to_hong_kong import browse

LUMITEK = (2093311, "CN")
CYCLE = timedelta(minutes=10)
DAY = timedelta(days=1)


def opened(raise_curtain: Raise, at: datetime) -> World:
    """Both houses in step, Lumitek linked."""
    world = raise_curtain(at)
    link_seller_of(world)
    world.stage.in_step = True
    world.stage.pump()
    return world


def link_seller_of(world: World) -> None:
    deliver(world, "Headset 0", 7900, 350, seller=LUMITEK, posting="70000010-0001-1")
    link_seller(world, "CN")


def sent_off(world: World, number: int) -> int:
    """A headset that is accepted at the point and leaves it; nobody has told the partner yet."""
    posting = f"7000001{number}-0001-1"
    if number:
        deliver(world, f"Headset {number}", 7900, 350, seller=LUMITEK, posting=posting)
    return_id, _ = world.request("CN", "did_not_fit", "", lambda line: line.posting_number == posting)
    world.act(return_id, m.Approve(), world.seller("CN"))
    world.take_in(return_id)
    world.act(return_id, m.Dispatch("Linehaul North", f"WB-{return_id}"), world.people["clerk"])
    return int(return_id)


def scanned(world: World, return_id: int, *, marked: bool = False) -> None:
    """The warehouse scans a unit in, and inspects it; nobody has told the marketplace yet."""
    darya = Caller(world.stage.partner_web.url, "darya")
    at_us = to_us(world.stage.clock.now())
    assert (
        200 == darya.post(f"/parcels/{return_id}/arrive", {"warehouse": WAREHOUSE, "arrived_at_us": at_us}).status_code
    )
    if marked:
        with world.stage.partner.database.read() as tx:
            it = queries.one(tx, return_id)
        assert it is not None
        if it.inspection.status is InspectionStatus.NONE:  # no rule of 8.1 wants it
            world.partner_act(return_id, p.QueueInspection("The box was opened."), INSPECTOR)
        world.partner_act(return_id, p.Mark(InspectedAs.SERVICEABLE), INSPECTOR)


def turn_only(world: World, house: str, days: int) -> None:
    """Days on which one house works alone."""
    clock = world.stage.clock
    assert isinstance(clock, TurnedClock)
    for _ in range(days * 4):
        clock.turn(timedelta(hours=6))
        if house == "marketplace":
            world.stage.marketplace.tick()
            continue
        world.stage.partner.tick()
        linking.check_links(world.stage.partner)
        polling.poll_due(world.stage.partner)
        reconciling.reconcile(world.stage.partner)


def one_cycle(world: World) -> None:
    """Both are back: at most ten minutes, in which both work."""
    clock = world.stage.clock
    assert isinstance(clock, TurnedClock)
    world.stage.pump()
    clock.turn(CYCLE)
    world.stage.pump()


def kinds(world: World, return_id: int, role: str) -> Counter[str]:
    """How often each thing happened to a return at the marketplace by the partner, or to a parcel by the marketplace."""
    if role == "partner":
        with world.stage.marketplace.database.read() as tx:
            return Counter(h.kind for h in m_queries.history(tx, return_id) if h.role == role)
    with world.stage.partner.database.read() as tx:
        return Counter(h.kind for h in queries.history(tx, return_id) if h.role == role)


def differences(world: World, *, healed: bool) -> list[sync_queries.DifferenceRow]:
    with world.stage.partner.database.read() as tx:
        found = sync_queries.differences(tx)
    return [row for row in found if (row.healed_at is not None) is healed]


def waiting(world: World) -> int:
    """Letters that wait, in both houses."""
    with world.stage.partner.database.read() as ours, world.stage.marketplace.database.read() as theirs:
        return tables.journal.letters_waiting(ours)[0] + m_tables.journal.letters_waiting(theirs)[0]


def lose_letters(journal: Any, errand: Any, *topics: str) -> None:
    """What waits to be sent is gone for good, as after a restore from an older copy."""
    box = journal.outbox
    lost = Statement(
        box.update()
        .where(box.c.next_us.is_not(None), sa.or_(*(box.c.topic == topic for topic in topics)))
        .values(next_us=sa.null())
    )
    errand(lambda tx, _: tx.run(lost))


def compared(world: World) -> list[str]:
    """What both houses hold differently now, asked afresh."""
    office = world.stage.partner
    assert reconciling.start(office, f"asked {office.clock.now()}") is not None
    world.stage.pump()
    return [row.what for row in differences(world, healed=False)]


def test_the_partner_is_down_for_three_days_and_both_agree_within_one_cycle(raise_curtain: Raise) -> None:
    world = opened(raise_curtain, moscow(9, 1, 10))
    before = sent_off(world, 0)
    world.stage.pump()
    port = world.stage.partner_web.port
    world.stage.partner_web.stop()
    away = [sent_off(world, 1), sent_off(world, 2)]
    turn_only(world, "marketplace", 3)
    assert 4 == waiting(world)
    world.stage.partner_web = Served(partner_app.make_app(world.stage.partner), port=port).start()
    one_cycle(world)

    for return_id in (before, *away):
        assert Counter(Expected=1, DispatchNoted=1) == kinds(world, return_id, "marketplace")
    assert 0 == waiting(world)
    assert [] == compared(world)


def test_the_marketplace_is_down_for_three_days_and_both_agree_within_one_cycle(raise_curtain: Raise) -> None:
    """D11: decisions are taken all the same; the reports wait, and count once and in order."""
    world = opened(raise_curtain, moscow(9, 1, 10))
    ids = [sent_off(world, number) for number in range(3)]
    world.stage.pump()
    port = world.stage.marketplace_web.port
    world.stage.marketplace_web.stop()
    turn_only(world, "partner", 1)
    for return_id in ids:
        scanned(world, return_id, marked=return_id == ids[0])
    chen = Caller(world.stage.partner_web.url, "chen@example.com")
    assert 200 == chen.post(f"/parcels/{ids[1]}/decide", {"decision": "pickup"}).status_code
    turn_only(world, "partner", 2)
    vera = browse(world.stage.partner_web.url, "vera").open("/sync")
    assert "The marketplace does not answer." in vera.text
    world.stage.marketplace_web = Served(marketplace_app.make_app(world.stage.marketplace), port=port).start()
    one_cycle(world)

    assert Counter(Arrived=1, Marked=1) == kinds(world, ids[0], "partner")
    assert Counter(Arrived=1, DecisionMirrored=1) == kinds(world, ids[1], "partner")
    assert Counter(Arrived=1) == kinds(world, ids[2], "partner")
    assert 0 == waiting(world)
    assert [] == compared(world)
    vera.open("/sync")
    assert "The marketplace does not answer." not in vera.text


def test_messages_that_are_lost_for_good_are_found_at_night_and_told_again_once(raise_curtain: Raise) -> None:
    """The announcement of one unit, the reports of another: each difference has its beginning and its end."""
    world = opened(raise_curtain, moscow(9, 1, 10))
    here = sent_off(world, 0)
    world.stage.pump()
    missing = sent_off(world, 1)
    lose_letters(m_tables.journal, world.errand, wire.EXPECTED, wire.DISPATCHED)
    scanned(world, here, marked=True)
    lose_letters(tables.journal, world.partner_errand, wire.ARRIVED, wire.MARKED)
    world.stage.in_step = False
    world.stage.turn_to(moscow(9, 2, 2, 59))
    assert [] == differences(world, healed=False)
    assert Counter() == kinds(world, here, "partner")
    world.stage.turn_to(moscow(9, 2, 3, 0))
    assert 0 < reconciling.reconcile(world.stage.partner)  # the night's comparison, without the polls
    found = {(row.return_id, row.what, row.remedy) for row in differences(world, healed=False)}
    assert {(here, "arrival", "tell"), (missing, "missing_here", "ask")} == found
    world.stage.in_step = True
    one_cycle(world)

    assert Counter(Arrived=1, Marked=1) == kinds(world, here, "partner")
    assert Counter(Expected=1, DispatchNoted=1) == kinds(world, missing, "marketplace")
    assert [] == differences(world, healed=False)
    assert {(moscow(9, 2, 3), moscow(9, 2, 3, 10))} == {
        (row.first_at, row.healed_at) for row in differences(world, healed=True)
    }
    assert [] == compared(world)


def test_what_no_message_can_heal_waits_for_a_person_and_nobody_invents_a_mark(raise_curtain: Raise) -> None:
    """D17: the marketplace has a mark that the warehouse never made. The page says so; the parcel stays unmarked."""
    world = opened(raise_curtain, moscow(9, 1, 10))
    return_id = sent_off(world, 0)
    world.stage.pump()
    scanned(world, return_id)
    world.stage.pump()
    mark = m.RecordMark(Mark.SERVICEABLE, 1, "", ())
    world.act(return_id, mark, By(Role.PARTNER, THE_PARTNER))
    world.stage.turn(2 * DAY)

    [row] = differences(world, healed=False)
    assert (return_id, "mark", "", "serviceable 1", "person") == (
        row.return_id,
        row.what,
        row.ours,
        row.theirs,
        row.remedy,
    )
    with world.stage.partner.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    assert it.inspection.mark is None
    vera = browse(world.stage.partner_web.url, "vera").open("/sync")
    assert it.unit.return_number in vera.text
    assert "Somebody must look at it" in vera.text
    assert "Serviceable 1" in vera.text
    api = Caller(world.stage.partner_web.url, "vera")
    assert [(return_id, "mark", None)] == [(d["return_id"], d["what"], d["healed_at"]) for d in api.get("/differences")]
    assert 1 == api.get("/agreement")["open_differences"]
    marina = browse(world.stage.marketplace_web.url, "marina").open("/support/sync")
    assert "Differences 1" in marina.text


def test_however_much_differs_each_difference_has_one_row_and_its_end(raise_curtain: Raise) -> None:
    """2,044 open rows of units that neither house has any more stand before the one whose mark differs."""
    world = opened(raise_curtain, moscow(9, 1, 10))
    return_id = sent_off(world, 0)
    world.stage.pump()
    scanned(world, return_id)
    world.stage.pump()
    world.act(return_id, m.RecordMark(Mark.SERVICEABLE, 1, "", ()), By(Role.PARTNER, THE_PARTNER))
    things = (What.ARRIVAL, What.STATUS, What.DECISION, What.DEADLINE)
    gaps = [(Gap(what, "", "1", Remedy.PERSON), False) for what in things]
    gone = dict.fromkeys(range(1, 512), ("RET-GONE", gaps))
    world.partner_errand(lambda tx, at: sync_errands.write_differences(tx, [], gone, at))
    partner = world.stage.partner

    def count() -> int:
        with partner.database.read() as tx:
            return sync_queries.count_open(tx)

    assert return_id > 5500
    assert 1 == reconciling.compare(partner, [*range(5000, 5500), return_id])  # in two messages, each of 500 at most
    assert 2045 == count()
    assert 1 == reconciling.compare(partner, [1, return_id])
    assert 2041 == count()
    assert ["mark"] == compared(world)
    assert 1 == count()


def test_each_night_is_compared_once_and_after_downtime_too(raise_curtain: Raise) -> None:
    """At three o'clock in Moscow; of nights that nobody was there for only the last one, late."""
    world = opened(raise_curtain, moscow(9, 1, 10))

    def nights() -> list[tuple[str, bool]]:
        with world.stage.partner.database.read() as tx:
            return [(run.id, run.finished_at is not None) for run in sync_queries.runs(tx)]

    assert [("2024-09-01", True)] == nights()
    world.stage.turn_to(moscow(9, 2, 2, 59, 59))
    assert [("2024-09-01", True)] == nights()
    world.stage.turn_to(moscow(9, 2, 3))
    world.stage.turn_to(moscow(9, 2, 12))
    assert [("2024-09-02", True), ("2024-09-01", True)] == nights()
    clock = world.stage.clock
    assert isinstance(clock, TurnedClock)
    clock.turn_to(moscow(9, 6, 1))  # nobody was there; the night of the 5th is the last one
    world.stage.pump()
    world.stage.turn_to(moscow(9, 6, 4))

    assert ["2024-09-06", "2024-09-05", "2024-09-02", "2024-09-01"] == [night for night, _ in nights()]


def test_polling_and_messages_give_the_same_set(raise_curtain: Raise) -> None:
    """What the messages announced, and what the seller's key shows, are the same returns; without messages the poll brings them."""
    world = opened(raise_curtain, moscow(9, 1, 10))
    told = {sent_off(world, 0)}
    world.stage.pump()
    lost = {sent_off(world, 1)}
    lose_letters(m_tables.journal, world.errand, wire.EXPECTED, wire.DISPATCHED)
    clock = world.stage.clock
    assert isinstance(clock, TurnedClock)
    clock.turn(CYCLE)
    assert 1 == polling.poll_due(world.stage.partner)  # shows it, and asks for the message
    with world.stage.partner.database.read() as tx:
        company = next(row for row in queries.all_links(tx) if row.seller_id == LUMITEK[0])
        shown = {row.return_id for row in watched_of(tx, [company])}
        assert told == set(dict(queries.all_ids(tx)))
    assert lost == shown
    one_cycle(world)

    with world.stage.partner.database.read() as tx:
        assert told | lost == set(dict(queries.all_ids(tx)))
        assert [] == watched_of(tx, [company])


def test_the_lag_is_shown_in_both_houses(raise_curtain: Raise) -> None:
    world = opened(raise_curtain, moscow(9, 1, 10))
    return_id = sent_off(world, 0)
    world.stage.pump()
    port = world.stage.marketplace_web.port
    world.stage.marketplace_web.stop()
    scanned(world, return_id)
    turn_only(world, "partner", 1)
    api = Caller(world.stage.partner_web.url, "vera")
    lag = api.get("/agreement")["lag"]
    assert (1, "2024-09-01T07:00:00Z", True) == (lag["to_waiting"], lag["to_since"], lag["silent"])
    vera = browse(world.stage.partner_web.url, "vera").open("/sync")
    assert "To the marketplace 1" in vera.text
    world.stage.marketplace_web = Served(marketplace_app.make_app(world.stage.marketplace), port=port).start()
    marina = browse(world.stage.marketplace_web.url, "marina").open("/support/sync")
    assert "2024" in marina.text  # when the partner last asked
    one_cycle(world)
    assert 0 == api.get("/agreement")["lag"]["to_waiting"]


def test_a_question_for_less_than_nothing_is_refused(raise_curtain: Raise) -> None:
    """A page has 0 units or more; -1 is no number of rows."""
    world = opened(raise_curtain, moscow(9, 1, 10))
    for wrong in (wire.UnitsAsked(most=-1), wire.UnitsAsked(after=-1, most=1)):
        with pytest.raises(httpx2.HTTPError, match="422"):
            say(world.stage.partner, "units", wrong)
    assert b"" != say(world.stage.partner, "units", wire.UnitsAsked(most=0))
