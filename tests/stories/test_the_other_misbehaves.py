"""Both houses keep working when the other answers slowly, wrongly or never; afterwards everything has arrived, once.

Over real sockets, through a gate that misbehaves by script. Calls end after a quarter of a second here, after ten in a house.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from backhaul import wire
from backhaul.kit import outside
from backhaul.kit.clock import TurnedClock
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import instructing
from backhaul.marketplace import queries as m_queries
from backhaul.marketplace import tables as m_tables
from backhaul.partner import linking, polling, queries, reconciling, sync_queries, tables
from backhaul.partner.rules.words import LinkState
from backhaul.stage import introduce
from backhaul.world import WAREHOUSE, World
from tests.misbehaving import WAYS, Gate, Talk, gate, hangs, says
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, moscow
from tests.stories.test_both_houses_agree import LUMITEK, link_seller_of, sent_off

SECONDS = 0.25
SLOW = 4.0  # a call that ends in time, on a machine that has other things to do
NOWHERE = {"no TLS": "https://127.0.0.1:{port}", "no such name": "http://no-such-house.invalid:{port}"}
RECEIPTS = ("says wrong types",)  # any JSON object says that a letter was taken: none is sent meanwhile
ONCE = Counter({"Expected": 1, "DispatchNoted": 1})


def impatient(office: Any) -> None:
    """Its calls end after a quarter of a second."""
    office.line.close()
    office.line = outside.open_line(SECONDS)
    office.mailroom.client = office.line.own


@contextmanager
def in_time(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SLOW, what


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as found:
        act()
    return found.value.code


def turn(world: World, by: timedelta) -> None:
    """Time passes, and nobody works meanwhile."""
    assert isinstance(world.stage.clock, TurnedClock)
    world.stage.clock.turn(by)


def told(world: World, house: str, return_ids: list[int]) -> list[Counter[str]]:
    """How often each thing happened at a house because the other one said so."""
    office: Any = getattr(world.stage, house)
    shelf: Any = m_queries if house == "marketplace" else queries
    by = "partner" if house == "marketplace" else "marketplace"
    with office.database.read() as tx:
        return [Counter(h.kind for h in shelf.history(tx, one) if h.role == by) for one in return_ids]


def meet(world: World, through: Gate, caller: str, url: str = "") -> None:
    """The caller finds the other house behind the gate, or at a strange address."""
    stage = world.stage
    urls = {"marketplace": stage.marketplace_web.url, "partner": stage.partner_web.url}
    urls["partner" if caller == "marketplace" else "marketplace"] = url.format(port=through.port) or through.url
    introduce(stage.marketplace, stage.partner, urls["marketplace"], urls["partner"])


def each_way(world: World, through: Gate, caller: str) -> Iterator[str]:
    """Every way to misbehave, one after the other; a day lies between, so that whatever waits for its time is due."""
    for way, talk in WAYS.items():
        turn(world, timedelta(hours=4))
        through.goes(talk)
        yield way
    for way, url in NOWHERE.items():
        turn(world, timedelta(hours=4))
        meet(world, through, caller, url)
        yield way
    meet(world, through, caller)
    through.goes(None)
    through.loses_answers = True
    turn(world, timedelta(hours=4))
    yield "loses its answers"
    through.loses_answers = False


def test_the_marketplace_keeps_working_beside_a_partner_that_misbehaves(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    stage, office = world.stage, world.stage.marketplace
    link_seller_of(world)
    stage.pump()
    return_ids = [sent_off(world, number) for number in range(3)]
    impatient(office)
    support = Caller(stage.marketplace_web.url, "marina")
    wanted = wire.PhotoWanted(return_ids[0], "0" * 64)
    with gate(stage.partner_web.url) as through:
        meet(world, through, "marketplace")
        for way in each_way(world, through, "marketplace"):
            before = through.asked
            with in_time(way):
                assert way in RECEIPTS or (0, 0) == (office.send_letters(), office.send_letters()), way
            if way not in {"fails", "loses its answers"}:
                assert through.asked - before <= 1, way  # one call finds out, not one for each message
            with in_time(way):
                assert "partner_away" == refused(lambda: instructing.ask(office, "pickups", wanted, wire.Units)), way
            with in_time(way):
                assert 200 == support.http.get(f"/returns/{return_ids[0]}").status_code, way
                office.work()
            if way != "loses its answers":
                assert [Counter()] * 3 == told(world, "partner", return_ids), way
        turn(world, timedelta(minutes=5))
        stage.pump()

    assert [ONCE] * 3 == told(world, "partner", return_ids)
    with office.database.read() as tx:
        assert (0, None) == m_tables.journal.letters_waiting(tx)


def test_the_partner_keeps_working_beside_a_marketplace_that_misbehaves(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(9, 1, 10))
    stage, office = world.stage, world.stage.partner
    link_seller_of(world)
    stage.in_step = True
    return_ids = [sent_off(world, number) for number in range(3)]
    stage.turn_to(moscow(9, 4, 11))
    darya, chen = Caller(stage.partner_web.url, "darya"), Caller(stage.partner_web.url, "chen@example.com")
    for one in return_ids:
        body = {"warehouse": WAREHOUSE, "arrived_at_us": to_us(stage.clock.now())}
        assert 200 == darya.post(f"/parcels/{one}/arrive", body).status_code
    impatient(office)
    with gate(stage.marketplace_web.url) as through:
        meet(world, through, "partner")
        for way in each_way(world, through, "partner"):
            with in_time(way):
                assert way in RECEIPTS or (0, 0) == (office.send_letters(), office.send_letters()), way
            with in_time(way):
                assert return_ids == office.held_at_the_marketplace(return_ids), way  # nothing is deleted meanwhile
            with in_time(way):
                assert (0, 0) == (linking.check_links(office), polling.poll_due(office)), way
            with in_time(way):
                reconciling.reconcile(office)
            with in_time(way):
                assert 200 == chen.http.get(f"/parcels/{return_ids[0]}").status_code, way
                office.work()
            with office.database.read() as tx:
                assert [] == [row for row in sync_queries.differences(tx) if row.healed_at is None], way
            if way != "loses its answers":
                assert [Counter()] * 3 == told(world, "marketplace", return_ids), way
        turn(world, timedelta(minutes=11))
        stage.pump()

    assert [Counter({"Arrived": 1})] * 3 == told(world, "marketplace", return_ids)
    with office.database.read() as tx:
        assert (0, None) == tables.journal.letters_waiting(tx)
        assert [] == [row for row in sync_queries.differences(tx) if row.healed_at is None]
        assert [LinkState.ACTIVE] == [row.state for row in queries.links_of_seller(tx, LUMITEK[0])]


@pytest.mark.parametrize("talk", [hangs, says(500, b"{}")], ids=["hangs", "fails"])
def test_a_message_that_the_other_cannot_take_holds_up_no_other_return(raise_curtain: Raise, talk: Talk) -> None:
    """Only what is about this very return is not answered; its back-off grows, the others arrive meanwhile."""
    world = raise_curtain(moscow(9, 1, 10))
    stage, office = world.stage, world.stage.marketplace
    link_seller_of(world)
    stage.pump()
    bad, *good = [sent_off(world, number) for number in range(3)]
    impatient(office)
    with gate(stage.partner_web.url) as through:
        meet(world, through, "marketplace")
        through.way = lambda body: talk if f'"return_id":{bad},'.encode() in body else None
        others: list[Counter[str]] = []
        for _ in range(10):  # on a busy machine the partner may answer too late as well
            office.send_letters()
            turn(world, timedelta(seconds=20))
            others = told(world, "partner", [bad, *good])
            if others[1:] == [ONCE, ONCE]:
                break
        through.goes(None)
        for _ in range(3):  # on a busy machine the real one may answer too late as well: it is asked again
            turn(world, timedelta(minutes=5))
            stage.pump()

    assert [Counter(), ONCE, ONCE] == others
    assert [ONCE] * 3 == told(world, "partner", [bad, *good])


def test_who_comes_when_all_lines_are_taken_is_told_so(raise_curtain: Raise) -> None:
    """Eight wait for a partner that hangs; the ninth hears that it is away, and what asks nobody is answered as ever."""
    world = raise_curtain(moscow(9, 1, 10))
    office = world.stage.marketplace
    support = Caller(world.stage.marketplace_web.url, "marina")
    with ExitStack() as lines, gate(world.stage.partner_web.url) as through:
        meet(world, through, "marketplace")
        for _ in range(outside.LINES):
            lines.enter_context(office.lines.one("partner_away"))
        with in_time("a ninth"):
            assert "partner_away" == refused(lambda: instructing.ask(office, "pickups", wire.SendAgain(()), wire.Units))
        assert 0 == through.asked
        assert 200 == support.http.get("/returns").status_code
