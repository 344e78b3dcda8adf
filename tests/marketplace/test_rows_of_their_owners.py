"""D28: on PostgreSQL a look of a seller or a customer sees their own rows, also where the query has lost its WHERE.

Tried by taking `seller_id = …` and `customer_ref = …` out of the text of every statement, and the law's question out of the doors.
With the rows held nothing of others comes out; with them let go (the control) it does.
"""

import re
import uuid
from collections.abc import Iterator

import httpx2
import pytest
import sqlalchemy as sa

from backhaul.kit.database import DatabaseError, Statement
from backhaul.marketplace import access, returns_api, seller_api, tables
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, CHEN, ELIF, IRINA, KETTLE, LUMITEK, MARINA, THROW, Market, market, served
from tests.marketplace.people import PEOPLE, let_in
from tests.postgres import Postgres

HELD = re.compile(r"(\w+\.)?(seller_id|customer_ref) = (%\(\w+\)s(::\w+)?)")
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


def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement loses its words about whose rows it wants, and the doors do not ask the law whom a return concerns."""
    for door in (returns_api, seller_api):
        monkeypatch.setattr(door, "concerns", lambda *_: True)
    text = Statement.text

    def without(self: Statement, dialect: str) -> tuple[str, dict[str, object]]:
        said, constants = text(self, dialect)
        return HELD.sub(r"(\3 IS NOT NULL OR TRUE)", said), constants

    monkeypatch.setattr(Statement, "text", without)


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
        forgetful(monkeypatch)
        held = sellers_told(url, key)
        monkeypatch.setattr(access, "hold_to_own", lambda *_: None)
        let_go = sellers_told(url, key)

    assert as_it_is == held == ({"R-100002"}, {"R-100002"})
    assert ({"R-100001", "R-100002"},) * 2 == let_go
