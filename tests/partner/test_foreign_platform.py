"""D18: the partner at a server that speaks the published Seller API only: linking, listing, mirroring, its quirks, its refusals."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.partner import linking, platform_errands, platform_queries, polling, queries, tables
from backhaul.partner.pages.authorizations import links_of, watched_of
from backhaul.partner.shapes import LinkRow, WatchedRow
from tests.partner import foreign as f
from tests.partner.cast import LUMITEK
from tests.partner.foreign import Recorded, foreign, row
from tests.partner.house import CHEN, ELIF, ID, PASSWORD, STRANGER, House, opened
from tests.web.forms import Visit

ADD = "/system-settings/authorizations"
NAME = "other-market"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def there() -> Iterator[Recorded]:
    with foreign(Recorded()) as recorded:
        yield recorded


@pytest.fixture
def house(database_url: str, tmp_path: Path, there: Recorded) -> Iterator[House]:
    with opened(database_url, tmp_path) as house:
        house.errand(lambda tx, at: platform_errands.register_platform(tx, NAME, "Other Market", there.url, at))
        yield house


@pytest.fixture
def stranger(house: House) -> Iterator[Visit]:
    """A company from China that is linked to nothing yet."""
    with Visit(house.url) as visit:
        yield visit.sign_in(STRANGER, PASSWORD).read_in("en")


def entries(there: Recorded, **changes: str) -> dict[str, str]:
    said = {"platform": NAME, "business_type": "CANCEL_ORDERS", "seller_id": there.client_id, "key": there.key}
    return said | changes


def told(visit: Visit, typed: dict[str, str]) -> tuple[int, str]:
    """The answer to the form, and the field that is wrong."""
    visit.open(ADD).press(ADD, typed)
    found = re.search(r'id="authorizations-(\w+)-wrong"', visit.answer.text)
    return visit.status, found[1] if found else ""


def links(house: House, login: str = STRANGER) -> list[LinkRow]:
    with house.office.database.read() as tx:
        return links_of(tx, house.account(login).company_id or 0)


def seen(house: House, login: str = STRANGER) -> list[WatchedRow]:
    with house.office.database.read() as tx:
        return watched_of(tx, links_of(tx, house.account(login).company_id or 0))


def waits_until(house: House, there: Recorded) -> int:
    with house.office.database.read() as tx:
        poll = platform_queries.poll_of(tx, NAME, int(there.client_id))
    assert poll is not None
    return poll.next_us


def poll(house: House, later: timedelta) -> int:
    house.clock.turn(later)
    return polling.poll_due(house.office)


def test_an_account_is_linked_its_returns_listed_and_what_moves_there_is_mirrored(
    house: House, there: Recorded, stranger: Visit
) -> None:
    """150 returns in two pages by last_id; the closed ones are left out; a state that moves is seen at the next poll."""
    there.rows = [row(n) for n in range(1, 149)]
    there.rows += [row(149, "Rejected", "Rejected"), row(150, "approved", "MoneyReturned")]

    assert (200, "") == told(stranger, entries(there))
    assert "Other Market" in stranger.text
    assert there.key not in stranger.answer.text
    assert set(range(1, 149)) == {one.return_id for one in seen(house)}
    assert [0, 100] == [body["last_id"] for path, body in there.asked if path == f.LIST]
    with house.office.database.read() as tx:
        assert not queries.all_ids(tx, 0)  # D17: what a key shows is no parcel
    there.rows[6] = row(7, "checkout", "PassedToPartner")
    there.rows[7] = row(8, "Utilization", "UtilizedByProvider")
    assert 1 == poll(house, 10 * MINUTE)
    moved = {one.return_id: one for one in seen(house)}
    assert "PassedToPartner" == moved[7].state
    assert 8 not in moved
    stranger.open("/parcels?tab=coming")
    assert "RET-2026-00007" in stranger.text
    assert "Товар не подошёл" in stranger.text  # stands in a single look only
    assert "RU148CN" in stranger.text


def test_the_quirks_of_real_servers_are_survived(house: House, there: Recorded, stranger: Visit) -> None:
    """seller_api.md, section 6: nulls, what is missing, what nobody knows, texts for numbers, any case of letters."""
    there.rows = [
        row(1, "DELIVERING", "OnWay", return_number=None, product=None, created_at=None, extra={"deep": [1]}),
        row(2, "New", "OnSellerApproval", product={"price": "1600.5000", "currency_code": "RUB"}) | {"return_id": "2"},
        row(3) | {"state": {"state": "CheckingStatus", "group_state": None}},
        {"return_id": 4},
        row(5, "REJECTED", "CrmRejected"),
    ]
    assert (200, "") == told(stranger, entries(there))
    by_id = {one.return_id: one for one in seen(house)}
    assert {1, 2, 3, 4} == by_id.keys()
    assert ("delivering", "", "") == (by_id[1].group_state, by_id[1].number, by_id[1].name)
    assert "1600.5000 RUB" == by_id[2].price
    there.rows, there.object_of_one = [row(9)], True  # `returns` as the schema says it: an object
    assert 1 == poll(house, 10 * MINUTE)
    assert {9} == {one.return_id for one in seen(house)}
    there.rows = []  # and `{}` when there is nothing
    assert 1 == poll(house, 10 * MINUTE)
    assert [] == seen(house)
    there.rows, there.heeds_last_id = [row(n) for n in range(1, 151)], False  # some do not heed last_id
    assert 1 == poll(house, 10 * MINUTE)
    assert 100 == len(seen(house))


def test_each_mistake_has_its_own_sentence_as_far_as_the_contract_tells(
    house: House, there: Recorded, stranger: Visit
) -> None:
    cases: list[tuple[dict[str, tuple[int, Any]], dict[str, str], str, str]] = [
        ({}, {"key": "6a0c3c0e-77aa-4c1e-9a57-0a4f2a1d9c11"}, "key", "does not know this key for this seller ID"),
        ({}, {"seller_id": "77001123"}, "key", "does not know this key for this seller ID"),
        ({}, {"business_type": "RETURN_PRODUCT"}, "business_type", "Choose: Cancel the orders."),
        ({f.ROLES: f.BAD_CLIENT}, {}, "seller_id", "does not take this seller ID"),
        ({f.ROLES: f.DEACTIVATED}, {}, "key", "revoked or has expired"),
        ({f.ROLES: f.NO_ROLE}, {}, "key", "does not open the returns"),
        ({f.ROLES: f.NETWORK}, {}, "key", "its allowed networks leave ours out"),
        ({f.ROLES: f.UNSIGNED}, {}, "key", "sign its current contract"),
        ({f.ROLES: (200, {"roles": [{"name": "Posting FBS", "methods": ["/v1/posting"]}]})}, {}, "key", "does not open the returns"),
        ({f.ROLES: (200, {"expires_at": "2024-01-01T00:00:00Z", "roles": None})}, {}, "key", "This key has expired."),
        ({f.ROLES: (404, {"code": 5, "message": "Not Found"})}, {}, "", "The platform does not answer now."),
        ({f.ROLES: (200, b"<html>Sign in to this network</html>")}, {}, "", "The platform does not answer now."),
        ({f.LIST: f.TOO_MANY}, {}, "", "The platform does not answer now."),
        ({f.LIST: (500, {"code": 13, "message": "Internal error"})}, {}, "", "The platform does not answer now."),
        ({f.LIST: f.NO_ROLE}, {}, "key", "does not open the returns"),
    ]  # fmt: skip
    for instead, changes, field, sentence in cases:
        there.instead = instead
        status, wrong = told(stranger, entries(there, **changes))
        assert (422 if field else 503, field) == (status, wrong), sentence
        assert sentence in stranger.text
    assert [] == links(house)


@pytest.mark.parametrize(
    ("roles", "mode"),
    [
        ({"roles": [{"name": "Returns read-only", "methods": [f.LIST, f.GET]}]}, "view_only"),
        ({"roles": [{"name": "Returns", "methods": [f.LIST, f.GET, "/v2/returns/rfbs/verify"]}]}, "returns"),
        ({}, "view_only"),  # who does not say what a key opens is not believed to open everything
    ],
)
def test_a_key_may_do_what_its_methods_say(
    house: House, there: Recorded, stranger: Visit, roles: dict[str, Any], mode: str
) -> None:
    there.roles = roles

    assert (200, "") == told(stranger, entries(there))
    assert [(NAME, int(there.client_id), mode)] == [(one.platform, one.seller_id, one.mode) for one in links(house)]


def test_a_busy_server_is_left_alone_as_long_as_it_says_and_the_walk_goes_on_where_it_was(
    house: House, there: Recorded, stranger: Visit
) -> None:
    """429 with retry-after; without it we wait longer each time; nothing that was seen is forgotten meanwhile."""
    there.rows = [row(n) for n in range(1, 251)]
    told(stranger, entries(there))
    there.asked.clear()
    there.rows[249] = row(250, "checkout", "PassedToPartner")
    there.instead, there.retry_after = {f.LIST: f.TOO_MANY}, "90"
    assert 0 == poll(house, 10 * MINUTE)
    assert to_us(house.clock.now() + timedelta(seconds=90)) == waits_until(house, there)
    assert 0 == poll(house, timedelta(seconds=89))
    assert 1 == len(there.asked)
    there.instead = {}
    there.retry_after = ""
    assert 1 == poll(house, timedelta(seconds=1))
    assert [0, 100, 200] == [body["last_id"] for path, body in there.asked if path == f.LIST][1:]
    assert "PassedToPartner" == {one.return_id: one.state for one in seen(house)}[250]
    there.instead = {f.LIST: f.TOO_MANY}
    poll(house, 10 * MINUTE)
    first = waits_until(house, there) - to_us(house.clock.now())
    poll(house, MINUTE)
    assert (60_000_000, 120_000_000) == (first, waits_until(house, there) - to_us(house.clock.now()))
    assert 250 == len(seen(house))


def test_a_key_that_is_revoked_there_is_authorization_lost_data_stay_and_relinking_heals(
    house: House, there: Recorded, stranger: Visit
) -> None:
    there.rows = [row(1)]
    told(stranger, entries(there))
    there.instead = {f.ROLES: (503, {})}
    house.clock.turn(MINUTE)
    assert 0 == linking.check_links(house.office)  # away says nothing of the key
    there.instead = {f.ROLES: f.DEACTIVATED}
    house.clock.turn(MINUTE)
    assert 1 == linking.check_links(house.office)
    assert ["authorization_lost"] == [one.state for one in links(house)]
    assert [1] == [one.return_id for one in seen(house)]
    stranger.open("/messages")
    assert there.client_id in stranger.text
    there.instead, there.key = {}, "7b0c3c0e-77aa-4c1e-9a57-0a4f2a1d9c11"
    assert (200, "") == told(stranger, entries(there))
    assert ["active"] == [one.state for one in links(house)]
    stranger.press(f"{ADD}/{NAME}/{there.client_id}/remove")
    assert ([], []) == (links(house), seen(house))


def test_the_same_number_at_another_platform_opens_nothing_of_our_marketplace(
    house: House, there: Recorded, stranger: Visit
) -> None:
    """A seller id means what the platform means by it: Lumitek's parcels are not for whoever has this number elsewhere."""
    house.expects(seller_id=LUMITEK)
    there.client_id = str(LUMITEK)
    there.rows = [row(ID)]
    assert (200, "") == told(stranger, entries(there))

    assert [ID] == [one.return_id for one in seen(house)]
    assert 404 == stranger.client.get(f"/parcels/{ID}").status_code
    assert [] == seen(house, ELIF)
    with house.office.database.read() as tx:
        assert {LUMITEK} == {one.seller_id for one in links_of(tx, house.account(CHEN).company_id or 0)}
        assert [] == queries.parcels_of_company(tx, house.account(STRANGER).company_id or 0, (), 2**62)


def test_a_foreign_key_is_sealed_and_stands_nowhere_else(house: House, there: Recorded, stranger: Visit) -> None:
    """D18: not in the database, not on a page, not in the log of refused attempts."""
    there.rows = [row(1)]
    told(stranger, entries(there))
    told(stranger, entries(there, seller_id="1"))
    poll(house, 10 * MINUTE)
    with house.office.database.read() as tx:
        dump = [repr(tx.rows(Statement(table.select()))) for table in tables.metadata.sorted_tables]

    assert not [text for text in dump if there.key in text]
    assert there.key not in "".join(house.refused_attempts())
    for path in (ADD, "/parcels?tab=coming", "/messages", "/start"):
        assert there.key not in stranger.open(path).answer.text
