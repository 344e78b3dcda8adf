"""D28: on PostgreSQL a look of a seller or a customer sees their own rows, also where the query has lost its WHERE.

Tried by taking `seller_id = …` and `customer_ref = …` out of the text of every statement, and the law's question out of the doors.
With the rows held nothing of others comes out; with them let go (the control) it does.
"""

import uuid
from collections.abc import Iterator

import httpx2
import pytest
import sqlalchemy as sa

from backhaul.kit.database import DatabaseError, Statement
from backhaul.marketplace import access, returns_api, seller_api, tables
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Status
from tests import crossing, planted
from tests.marketplace.cast import ANADOLU, CHEN, ELIF, IRINA, KETTLE, LUMITEK, MARINA, THROW, Market, market, served
from tests.marketplace.people import PEOPLE, let_in, session
from tests.postgres import Postgres

PAVEL = By(IRINA.role, "pavel", "C-1002")
OF_SELLERS = ("returns", "order_lines", "return_money", "return_facets", "return_outcomes", "seller_events")


@pytest.fixture(scope="module")
def shop(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    name = f"owners_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    with market(postgres_server.url(name), tmp_path_factory.mktemp("owners")) as opened:
        opened.errand(let_in)
        opened.in_status(Status.REFUNDED_WITHOUT_RETURN, THROW)
        opened.in_status(Status.AT_PARTNER, KETTLE)
        opened.in_status(Status.SELLER_REVIEW, THROW)
        yield opened
    postgres_server.drop_database(name)


def seen(shop: Market, by: By, table: str, column: str = "seller_id") -> set[object]:
    """Whose rows of a table somebody sees who asks for all of them."""
    with shop.office.look(by) as tx:
        return {row[0] for row in tx.rows(Statement(sa.text(f"SELECT {column} FROM {table}")))}  # noqa: S608


@pytest.mark.parametrize("table", OF_SELLERS)
def test_a_seller_sees_their_own_rows_and_staff_see_all(shop: Market, table: str) -> None:
    assert [{ANADOLU}, {LUMITEK}, {ANADOLU, LUMITEK}] == [seen(shop, by, table) for by in (ELIF, CHEN, MARINA)]


@pytest.mark.parametrize("table", ["events", "entries"])
def test_what_a_return_left_behind_is_its_sellers_and_its_customers(shop: Market, table: str) -> None:
    """Entries: the refund that Anadolu's return brought; the other one moved no money."""
    mine, theirs, all_of_it, strangers = (seen(shop, by, table, "case_id") for by in (ELIF, CHEN, MARINA, PAVEL))

    assert mine | theirs == all_of_it == seen(shop, IRINA, table, "case_id")
    assert (set(), set()) == (mine & theirs, strangers)
    assert mine


def test_a_customer_sees_their_own_rows(shop: Market) -> None:
    found = [seen(shop, by, table, "customer_ref") for by in (IRINA, PAVEL) for table in ("returns", "order_lines")]

    assert [{"C-1001"}, {"C-1001"}, set(), set()] == found


def test_of_accounts_everybody_sees_their_own_people(shop: Market) -> None:
    found = [seen(shop, by, "accounts", "login") for by in (ELIF, CHEN, IRINA, MARINA)]

    assert [{"elif", "umut", "aysel"}, {"chen", "zhao"}, {"irina"}, {login for login, *_ in PEOPLE}] == found


def test_secrets_are_no_table_of_theirs_and_nothing_is_written(shop: Market) -> None:
    for asked in ("SELECT digest FROM api_keys", "SELECT * FROM sessions", "UPDATE returns SET version = 9"):
        with pytest.raises(DatabaseError), shop.office.look(ELIF) as tx:
            tx.rows(Statement(sa.text(asked)))


def test_the_next_look_on_the_same_connection_is_held_to_nobody(shop: Market) -> None:
    seen(shop, ELIF, "returns")
    with shop.office.database.read() as tx:
        found = {row[0] for row in tx.rows(Statement(sa.select(tables.returns.c.seller_id)))}

    assert {ANADOLU, LUMITEK} == found


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement says whose rows it wants, and the doors do not ask the law whom a return concerns."""
    for door in (returns_api, seller_api):
        monkeypatch.setattr(door, "concerns", lambda *_: True)
    planted.forgetful(monkeypatch)


def sellers_told(url: str, key: str) -> tuple[set[str], set[str]]:
    """Whose returns the two lists tell a seller's key: by API v1 and by the Seller API, as numbers of returns."""
    api = httpx2.get(f"{url}/api/v1/returns", headers={"authorization": f"Bearer {key}"})
    assert api.status_code == 200, api.text
    headers = {"client-id": str(LUMITEK), "api-key": key}
    contract = httpx2.post(
        f"{url}/v2/returns/rfbs/list", headers=headers, json={"limit": 100, "last_id": 0, "filter": {}}
    )
    assert contract.status_code == 200, contract.text
    return {one["number"] for one in api.json()}, {one["return_number"] for one in contract.json()["returns"]}


def test_lists_that_forget_their_where_tell_nothing_of_others(shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    key = shop.key(CHEN)
    with served(shop) as url:
        as_it_is = sellers_told(url, key)
        forget(monkeypatch)
        held = sellers_told(url, key)
        monkeypatch.setattr(access, "hold_to_own", lambda *_: None)
        let_go = sellers_told(url, key)

    assert as_it_is == held == ({"R-100002"}, {"R-100002"})
    assert ({"R-100001", "R-100002", "R-100003"},) * 2 == let_go


def test_a_statement_without_a_where_sees_one_sellers_rows_in_every_table(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And everybody's when the look is not held: the control."""
    theirs: set[str] = set()
    for table, everything in planted.whole(tables.metadata, set(crossing.NOBODYS["marketplace"])):
        elif_, chen, pavel = (seen_by(shop, by, everything) for by in (ELIF, CHEN, PAVEL))
        with shop.office.database.read() as tx:
            all_of_it = planted.seen(tx, everything)
        assert elif_ & chen == set(), table
        assert elif_ | chen | pavel <= all_of_it, table
        if elif_ and chen:
            theirs.add(table)
        with monkeypatch.context() as let_go:
            let_go.setattr(access, "hold_to_own", lambda *_: None)
            assert all_of_it == seen_by(shop, PAVEL, everything), table

    assert {"accounts", "entries", "events", "notices", "order_lines", "returns", "seller_events", "sellers"} <= theirs


def seen_by(shop: Market, by: By, everything: Statement) -> set[object]:
    with shop.office.look(by) as tx:
        return planted.seen(tx, everything)


PAGES = ("/to-decide", "/returns", "/overview", "/money", "/ledger", "/quality", "/messages", "/settings/users", "/keys",
         "/search?q=R-100003", "/reports")  # fmt: skip
OF_ELIF = ("R-100001", "R-100003", "Woven throw", "WOVEN-THROW", "Umut", THROW.posting_number)


def test_pages_that_forget_their_where_show_a_seller_nothing_of_another(
    shop: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(shop) as url, httpx2.Client(base_url=url, cookies={SESSION_COOKIE: session(shop, "chen")}) as chen:
        forget(monkeypatch)
        held = {page: chen.get(page) for page in PAGES}
        monkeypatch.setattr(access, "hold_to_own", lambda *_: None)
        let_go = {page: chen.get(page) for page in PAGES}

    assert {200} == {answer.status_code for answer in held.values()}
    assert {} == told_of_elif(held)
    assert {"/to-decide", "/returns", "/settings/users"} <= set(told_of_elif(let_go))


def told_of_elif(answers: dict[str, httpx2.Response]) -> dict[str, list[str]]:
    """What pages say of Elif's shop, beside the words that were looked for (a page says them again)."""
    said = {page: answer.text.replace(page.partition("?q=")[2] or "\0", "") for page, answer in answers.items()}
    found = {page: [words for words in OF_ELIF if words in text] for page, text in said.items()}
    return {page: words for page, words in found.items() if words}
