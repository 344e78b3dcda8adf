"""R99: asking by the sellers' keys while servers fail, keys are replaced and links go: nothing is lost, and nobody waits for another."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from backhaul.kit.database import Statement
from backhaul.kit.days import from_us
from backhaul.kit.running import Worker
from backhaul.partner import (
    errands,
    linking,
    platform_errands,
    platform_queries,
    platforms,
    polling,
    sync_errands,
    sync_queries,
)
from backhaul.partner import tables as t
from backhaul.partner.pages.authorizations import links_of, watched_of
from backhaul.partner.platform_queries import OURS, Poll
from backhaul.partner.rules.agreement import Gap, Remedy, What
from backhaul.partner.rules.words import BusinessType, LinkMode
from backhaul.partner.shapes import LinkRow, WatchedRow
from backhaul.serving import HOUSES
from tests.partner import foreign as f
from tests.partner.cast import LUMITEK
from tests.partner.doors import Call, Door
from tests.partner.foreign import Recorded, foreign, row
from tests.partner.house import CHEN, STRANGER, VIEWER, House, opened

NAME = "other-market"
UNITS = "/api/v1/partner/units"
TEN_MINUTES = timedelta(minutes=10)
NEXT_KEY = "7b0c3c0e-77aa-4c1e-9a57-0a4f2a1d9c11"
Said = tuple[int, Any] | None


@pytest.fixture
def there() -> Iterator[Recorded]:
    with foreign(Recorded()) as recorded:
        yield recorded


@pytest.fixture
def house(database_url: str, tmp_path: Path, there: Recorded) -> Iterator[House]:
    with opened(database_url, tmp_path) as house:
        house.errand(lambda tx, at: platform_errands.register_platform(tx, NAME, "Other Market", there.url, at))
        yield house


def link(house: House, there: Recorded, login: str = STRANGER) -> None:
    account, seller_id = house.account(login), int(there.client_id)
    linking.link(house.office, account, NAME, BusinessType.CANCEL_ORDERS, seller_id, there.key)


def links(house: House) -> list[LinkRow]:
    with house.office.database.read() as tx:
        return links_of(tx, house.account(STRANGER).company_id or 0)


def seen(house: House) -> dict[int, WatchedRow]:
    with house.office.database.read() as tx:
        rows = watched_of(tx, links_of(tx, house.account(STRANGER).company_id or 0))
    return {row.return_id: row for row in rows}


def place(house: House, there: Recorded, platform: str = NAME) -> Poll | None:
    with house.office.database.read() as tx:
        return platform_queries.poll_of(tx, platform, int(there.client_id))


def poll(house: House) -> int:
    house.clock.turn(TEN_MINUTES)
    return polling.poll_due(house.office)


def once(path: str, act: Callable[[], None]) -> Callable[[str, dict[str, Any]], Said]:
    """While the server has the first question of a kind, somebody does something."""
    done: list[str] = []

    def meanwhile(asked: str, _: dict[str, Any]) -> Said:
        if asked == path and not done:
            done.append(asked)
            act()
        return None

    return meanwhile


# -- Answers that nobody promised -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [[5], {"number": 5}, "5", None, 5.5])
def test_an_error_whose_code_is_no_number_is_a_fault_of_the_server(house: House, there: Recorded, code: Any) -> None:
    link(house, there)
    there.instead = {f.LIST: (404, {"code": code, "message": "key"}), f.ROLES: (404, {"code": code, "message": "key"})}

    assert 0 == poll(house)
    found = place(house, there)
    assert found is not None
    assert (1, "Unusable 404") == (found.faults, found.fault)
    assert 0 == linking.check_links(house.office)  # and says nothing of the key
    assert ["active"] == [one.state for one in links(house)]


def test_a_return_that_a_page_names_twice_counts_once_and_the_page_is_as_long_as_it_was_sent(
    house: House, there: Recorded
) -> None:
    """99 returns and one of them again make a full page of 100: there is a next one."""
    there.rows = [*(row(n) for n in range(1, 100)), row(99, "checkout", "PassedToPartner"), row(100)]
    link(house, there)

    assert set(range(1, 101)) == seen(house).keys()
    assert "PassedToPartner" == seen(house)[99].state
    there.rows += [row(101), row(101)]
    assert 1 == poll(house)
    assert set(range(1, 102)) == seen(house).keys()


# -- Returns that are older than is asked back --------------------------------------------------------------------------


def test_an_alive_return_older_than_is_asked_back_stays_and_moves_until_it_is_closed(
    house: House, there: Recorded
) -> None:
    """`poll_days` is 365: linking showed a return of three years ago and one that does not say when it was created."""
    there.rows = [row(1, created_at="2021-09-01T10:00:00Z"), row(2), row(3, created_at=None)]
    link(house, there)
    assert 1 == poll(house)
    assert {1, 2, 3} == seen(house).keys()
    del there.rows[2]
    assert 1 == poll(house)
    assert {1, 2} == seen(house).keys()
    there.rows[0] = row(1, "checkout", "PassedToPartner", created_at="2021-09-01T10:00:00Z")
    there.asked.clear()
    assert 1 == poll(house)
    assert "PassedToPartner" == seen(house)[1].state
    assert ["2021-08-31T10:00:00Z"] == since(there)
    there.rows[0] = row(1, "rejected", "Rejected", created_at="2021-09-01T10:00:00Z")
    assert 1 == poll(house)
    there.asked.clear()
    assert 1 == poll(house)

    assert {2} == seen(house).keys()
    year_ago = house.clock.now() - timedelta(days=365)
    assert [year_ago.strftime("%Y-%m-%dT%H:%M:%SZ")] == since(there)


def test_an_alive_return_that_does_not_say_when_it_was_created_counts_from_its_first_sight(
    house: House, there: Recorded
) -> None:
    """Else each walk would ask for all returns there ever were. What it says later holds, and is not lost again."""
    there.rows = [row(1, created_at=None), row(2)]
    link(house, there)
    year_ago = (house.clock.now() - timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
    created = [made(house)]
    for moved in (row(1, created_at="soon"), row(1, "checkout", "PassedToPartner", created_at=None),
                  row(1, created_at="2024-01-05T10:00:00Z"), row(1, created_at=None)):  # fmt: skip
        there.rows[0] = moved
        there.asked.clear()
        assert 1 == poll(house)
        assert [year_ago[:10]] == [day[:10] for day in since(there)]
        created.append(made(house))

    assert created[0] is not None
    assert [created[0]] * 3 + [datetime(2024, 1, 5, 10, tzinfo=UTC)] * 2 == created
    assert {1, 2} == seen(house).keys()


def made(house: House) -> datetime | None:
    """When the first return was created, as far as it is known."""
    look = Statement(sa.select(t.watched.c.created_us).where(t.watched.c.return_id == 1))
    with house.office.database.read() as tx:
        row = tx.one(look)
    return None if row is None or row[0] is None else from_us(row[0])


def since(there: Recorded) -> list[str]:
    return [body["filter"]["created_at"]["from"] for path, body in there.asked if path == f.LIST]


def test_more_pages_than_linking_reads_are_read_by_the_first_walk(
    house: House, there: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.rows = [row(n, created_at="2021-09-01T10:00:00Z") for n in range(1, 151)]
    monkeypatch.setattr(platforms, "PULL_PAGES_MAX", 1)
    link(house, there)
    first, found = len(seen(house)), place(house, there)
    assert found is not None
    assert (100, None) == (first, found.polled_us)
    polled = polling.poll_due(house.office), polling.poll_due(house.office)

    assert (0, 1) == polled
    assert 150 == len(seen(house))


# -- Single looks -----------------------------------------------------------------------------------------------------


def looked_at(there: Recorded) -> list[int]:
    return [body["return_id"] for path, body in there.asked if path == f.GET]


def test_one_bad_return_does_not_stop_the_looks_at_the_others(house: House, there: Recorded) -> None:
    """One fails, and is asked for again; of one that is no more to be had nothing is asked again."""
    there.rows = [row(1), row(2), row(3), row(4)]
    link(house, there)
    bad: dict[int, tuple[int, Any]] = {4: (500, {"code": 13, "message": "Internal error"}), 3: (404, {"code": 5, "message": "Not Found"})}  # fmt: skip
    there.meanwhile = lambda path, body: bad.get(body["return_id"]) if path == f.GET else None
    assert 1 == poll(house)
    assert [4, 3, 2, 1] == looked_at(there)
    assert ["", "", "RU2CN", "RU1CN"] == [seen(house)[one].tracking for one in (4, 3, 2, 1)]
    bad.clear()
    there.asked.clear()
    assert 1 == poll(house)

    assert [4] == looked_at(there)
    assert "RU4CN" == seen(house)[4].tracking


def test_a_round_of_looks_that_all_fail_is_followed_by_one_at_the_others(house: House, there: Recorded) -> None:
    """20 looks a round: the newest 20 fail, so the next round begins with the others, and comes back to them then."""
    there.rows = [row(n) for n in range(1, 24)]
    link(house, there)
    there.meanwhile = lambda path, body: (500, {}) if path == f.GET and body["return_id"] > 3 else None
    assert 1 == poll(house)
    assert list(range(23, 3, -1)) == looked_at(there)
    there.asked.clear()
    assert 1 == poll(house)
    assert [3, 2, 1, *range(23, 6, -1)] == looked_at(there)
    there.meanwhile = lambda _path, _body: None
    there.asked.clear()
    assert 1 == poll(house)

    assert [6, 5, 4] == looked_at(there)[:3]  # tried longest ago
    assert {f"RU{n}CN" for n in range(1, 24)} == {one.tracking for one in seen(house).values()}


def test_a_return_whose_look_sounds_like_a_wrong_key_stops_the_others_for_one_round_only(
    house: House, there: Recorded
) -> None:
    there.rows = [row(1), row(2)]
    link(house, there)
    there.meanwhile = lambda path, body: f.WRONG_KEY if path == f.GET and body["return_id"] == 2 else None
    assert 1 == poll(house)
    assert 1 == poll(house)

    assert [2, 1, 2] == looked_at(there)
    assert ("RU1CN", "") == (seen(house)[1].tracking, seen(house)[2].tracking)


@pytest.mark.parametrize("answer", [f.DEACTIVATED, f.NO_ROLE, f.TOO_MANY])
def test_a_refused_key_or_a_busy_server_says_nothing_of_a_return(
    house: House, there: Recorded, answer: tuple[int, Any]
) -> None:
    there.rows = [row(1), row(2)]
    link(house, there)
    there.instead = {f.GET: answer}
    assert 1 == poll(house)
    assert [2] == looked_at(there)  # the other one would hear the same
    there.instead = {}
    assert 1 == poll(house)

    assert ["RU1CN", "RU2CN"] == [seen(house)[one].tracking for one in (1, 2)]


# -- Links that change meanwhile --------------------------------------------------------------------------------------


def test_a_link_that_goes_while_its_returns_are_asked_for_stays_gone(house: House, there: Recorded) -> None:
    there.rows = [row(n) for n in range(1, 151)]
    link(house, there)
    account, seller_id = house.account(STRANGER), int(there.client_id)
    there.meanwhile = once(f.LIST, lambda: linking.unlink(house.office, account, NAME, seller_id))

    assert 0 == poll(house)
    assert [] == links(house)
    assert place(house, there) is None
    with house.office.database.read() as tx:
        assert [] == platform_queries.watched(tx, NAME, [seller_id])
    there.asked.clear()
    assert 0 == poll(house)
    assert [] == there.asked


def test_a_late_answer_about_the_old_key_says_nothing_of_the_next_one(house: House, there: Recorded) -> None:
    """The seller replaces a revoked key while we still hear of it, in the same instant of the clock."""
    link(house, there)

    def replace() -> None:
        there.key = NEXT_KEY
        link(house, there)

    house.clock.turn(TEN_MINUTES)
    there.meanwhile = once(f.ROLES, replace)
    linking.check_links(house.office)

    assert [("active", None)] == [(one.state, one.lost_us) for one in links(house)]
    house.clock.turn(TEN_MINUTES)
    there.key = "a third one"
    assert 1 == linking.check_links(house.office)  # the key that is there is still marked
    assert ["authorization_lost"] == [one.state for one in links(house)]


def test_a_link_that_goes_while_its_key_is_asked_about_stops_nobody(house: House, there: Recorded) -> None:
    link(house, there)
    link(house, there, CHEN)
    house.clock.turn(TEN_MINUTES)
    gone = house.account(STRANGER)
    there.meanwhile = once(f.ROLES, lambda: linking.unlink(house.office, gone, NAME, int(there.client_id)))
    there.key = NEXT_KEY

    assert 1 <= linking.check_links(house.office)
    with house.office.database.read() as tx:
        left = platform_queries.foreign_links_of_company(tx, house.account(CHEN).company_id or 0)
    assert ["authorization_lost"] == [one.state for one in left]


# -- Units of our marketplace -----------------------------------------------------------------------------------------


def ours(house: House, there: Recorded) -> None:
    """The server is our marketplace, and Lumitek is linked to it by a key that opens it."""
    there.client_id = str(LUMITEK)
    seal = house.office.seal.close
    secret = seal("whsec_" + "A" * 44)
    house.errand(lambda tx, _: errands.register_marketplace(tx, OURS, "Marketplace", there.url, secret, secret))
    made = errands.NewLink(LUMITEK, "Lumitek", BusinessType.CANCEL_ORDERS, LinkMode.RETURNS, seal(there.key), 2**50)
    house.errand(lambda tx, at: errands.save_link(tx, house.account(CHEN), made, at))
    house.errand(lambda tx, at: platform_errands.start_poll(tx, OURS, LUMITEK, at, TEN_MINUTES))


def asked_for(there: Recorded) -> set[int]:
    """The units that the marketplace was asked about."""
    return {one for path, body in there.asked if path == UNITS for one in body.get("ids", ())}


def test_a_page_that_fails_loses_nothing_of_the_pages_before_it(house: House, there: Recorded) -> None:
    """150 units that no message announced, in two pages; the second one fails at first."""
    there.rows = [row(n) for n in range(1, 151)]
    there.instead = {UNITS: (200, {"units": [], "until": None, "letters_waiting": 0, "waiting_since_us": None})}
    ours(house, there)
    busy = [True]
    there.meanwhile = lambda path, body: f.TOO_MANY if path == f.LIST and body["last_id"] and busy else None
    assert 0 == poll(house)
    assert set(range(1, 101)) == asked_for(there)
    busy.clear()
    there.asked.clear()
    assert 1 == poll(house)

    assert set(range(101, 151)) == asked_for(there)
    there.asked.clear()
    assert 1 == poll(house)
    assert set() == asked_for(there)  # nothing moved


def test_units_are_asked_for_again_when_the_marketplace_was_away_meanwhile(house: House, there: Recorded) -> None:
    there.rows = [row(1)]
    there.instead = {UNITS: (503, {})}
    ours(house, there)
    assert 0 == poll(house)
    found = place(house, there, OURS)
    assert found is not None
    assert (1, "platform_away") == (found.faults, found.fault)
    there.instead = {UNITS: (200, {"units": [], "until": None, "letters_waiting": 0, "waiting_since_us": None})}
    there.asked.clear()

    assert 1 == poll(house)
    assert {1} == asked_for(there)


def test_a_platform_that_hangs_keeps_no_comparison_waiting(house: House, there: Recorded) -> None:
    """Each round of work that asks others has a worker of its own."""
    link(house, there)
    ours(house, there)
    there.instead = {UNITS: (503, {})}
    hangs, hung = Event(), Event()

    def meanwhile(path: str, _: dict[str, Any]) -> Said:
        if path == f.LIST:
            hung.set()
            hangs.wait(20)
        return None

    there.meanwhile = meanwhile
    house.clock.turn(TEN_MINUTES)
    workers = [Worker(partial(one, house.office)) for one in HOUSES["partner"].apart]
    for worker in workers:
        worker.start()
    try:
        assert hung.wait(20)
        until, tried_at = time.monotonic() + 20, None
        while tried_at is None and time.monotonic() < until:
            with house.office.database.read() as tx:
                contact = sync_queries.contact(tx, OURS)
            tried_at = contact and contact.tried_at
            time.sleep(0.02)
    finally:
        hangs.set()
        for worker in workers:
            worker.stop()

    assert house.clock.now() == tried_at


def test_a_platform_that_hangs_keeps_no_other_platform_waiting(house: House, there: Recorded) -> None:
    """Six sellers of a platform are due, and none is answered before a seller of another platform was asked for."""
    asked_elsewhere, waits = Event(), []

    def meanwhile(path: str, _: dict[str, Any]) -> Said:
        if path == f.LIST:
            waits.append(asked_elsewhere.wait(5))
        return None

    def elsewhere(path: str, _: dict[str, Any]) -> Said:
        if path == f.LIST:
            asked_elsewhere.set()
        return None

    with foreign(Recorded()) as quick:
        house.errand(lambda tx, at: platform_errands.register_platform(tx, "quick", "Quick Market", quick.url, at))
        for n in range(6):
            there.client_id = str(77001122 + n)
            link(house, there)
        linking.link(
            house.office, house.account(STRANGER), "quick", BusinessType.CANCEL_ORDERS, int(quick.client_id), quick.key
        )
        there.meanwhile, quick.meanwhile = meanwhile, elsewhere
        answered = poll(house)

    assert 5 == len(waits)  # of a platform so many a round
    assert all(waits)
    assert 1 == answered  # the slow server knows the last of its sellers only, whose turn is in the next round


# -- What is told -----------------------------------------------------------------------------------------------------


def test_where_one_seller_was_never_seen_whole_nobody_says_since_when_all_were(house: House, call: Call) -> None:
    """The page says "All were seen since": the oldest of all, and nothing while one is missing."""

    def since() -> str | None:
        platforms = {one["id"]: one for one in call("sonia").get("/agreement").json()["platforms"]}
        said: str | None = platforms[NAME]["polled_at"]
        return said

    for seller_id in (1, 2):
        house.errand(lambda tx, at, n=seller_id: platform_errands.start_poll(tx, NAME, n, at, TEN_MINUTES))
    assert since() is not None
    never = Poll(NAME, 2, 0, None, 0, None, 0, "")
    house.errand(
        lambda tx, _: platform_errands.note_poll(tx, never, next_us=0, started_us=None, after_id=0, polled_us=None)
    )

    assert since() is None


def test_the_short_name_of_our_marketplace_is_taken_whether_it_is_registered_or_not(
    house: House, there: Recorded
) -> None:
    house.office.admin_token = "the operator's"
    wanted = {"id": OURS, "name": "Market", "url": "https://api.example.com"}

    def register() -> tuple[int, str]:
        headers = {"authorization": "Bearer the operator's"}
        answer = httpx2.post(f"{house.url}/api/v1/admin/platforms", json=wanted, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert (409, "platform_is_ours") == register()
    ours(house, there)
    assert (409, "platform_is_ours") == register()


def test_a_link_to_another_platform_decides_nothing_about_our_parcels(
    house: House, there: Recorded, enter: Door
) -> None:
    """The viewer's key at our marketplace only shows; a full key elsewhere changes nothing of that."""
    house.expects()
    house.arrives()
    there.roles = {"roles": [{"name": "Returns", "methods": [f.LIST, f.GET, f.ACTION]}]}
    link(house, there, VIEWER)
    page = enter(VIEWER).open("/parcels?tab=decide").answer.text

    assert house.it().number in page
    assert "/parcels/selected" not in page
    assert 'name="decision"' not in page
    assert "/parcels/selected" in enter(CHEN).open("/parcels?tab=decide").answer.text


def test_differences_of_one_instant_are_all_to_be_read_page_by_page(house: House, call: Call, enter: Door) -> None:
    """One comparison writes all that it finds in one instant: 60 units, 50 a page."""
    gap = Gap(What.MARK, "", "serviceable 1", Remedy.PERSON)
    found = {n: (f"RET-{n:05}", [(gap, False)]) for n in range(1, 61)}
    house.errand(lambda tx, at: sync_errands.write_differences(tx, [], found, at))
    sonia = call("sonia")
    first = sonia.get("/differences").json()
    last = first[-1]
    after = {"before": last["first_at"], "before_id": last["return_id"], "before_what": last["what"]}
    second = sonia.get("/differences", params=after).json()

    assert (50, 10) == (len(first), len(second))
    assert set(range(1, 61)) == {one["return_id"] for one in first + second}
    last = second[-1]
    after = {"before": last["first_at"], "before_id": last["return_id"], "before_what": last["what"]}
    assert [] == sonia.get("/differences", params=after).json()
    for wrong in ({"before_id": -1}, {"before_id": 2**60}, {"before_what": "x" * 41}, {"before": "yesterday"},
                  {"before": "2024-09-24T09:00:00"}):  # fmt: skip
        assert 422 == sonia.get("/differences", params={**after, **wrong}).status_code, wrong
    page = enter("sonia").open("/sync")
    [older] = [one for one in page.page.links if one.startswith("/sync?before=")]
    shown = page.open(older).text
    assert {f"RET-{n:05}" for n in range(1, 11)} == {f"RET-{n:05}" for n in range(1, 61) if f"RET-{n:05}" in shown}
    for wrong_place in ("1-2", "x-1-mark", f"{'9' * 30}-1-mark", "-", "1-2-" + "x" * 99):
        assert 200 == page.open(f"/sync?before={wrong_place}").status
