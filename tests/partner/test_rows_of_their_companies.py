"""D28: on PostgreSQL a look of a seller's company sees what is its own and its sellers', also where a query has lost its WHERE."""

import uuid
from collections.abc import Iterator

import httpx2
import pytest
import sqlalchemy as sa

from backhaul.kit import keys
from backhaul.kit.database import DatabaseError, Statement
from backhaul.partner import access, errands, tables
from backhaul.partner.doors import SESSION_COOKIE
from backhaul.partner.rules.around import By
from backhaul.partner.rules.words import BusinessType, LinkMode
from tests import crossing, planted
from tests.partner.cast import ANADOLU, LUMITEK, SONIA
from tests.partner.house import CHEN, ELIF, ID, STRANGER, House, opened
from tests.postgres import Postgres

THEIRS = ID + 1


@pytest.fixture(scope="module")
def house(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A unit of each of two sellers on its shelf."""
    name = f"companies_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    with opened(postgres_server.url(name), tmp_path_factory.mktemp("companies")) as house:
        house.expects()
        house.expects(
            return_id=THEIRS, return_number=f"R-{THEIRS}", seller_id=ANADOLU, variant="T", seller_country="TR"
        )
        house.arrives()
        house.arrives(parcel=THEIRS)
        for login in (CHEN, ELIF):
            house.key(login, read_only=True)
        yield house
    postgres_server.drop_database(name)


def by(house: House, login: str) -> By:
    return house.account(login).by()


def seen_by(house: House, who: By, everything: Statement) -> set[object]:
    with house.office.look(who) as tx:
        return planted.seen(tx, everything)


def test_a_statement_without_a_where_sees_one_companys_rows_in_every_table(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And everybody's when the look is not held: the control."""
    theirs: set[str] = set()
    for table, everything in planted.whole(tables.metadata, set(crossing.NOBODYS["partner"])):
        chen, elif_, stranger = (seen_by(house, by(house, login), everything) for login in (CHEN, ELIF, STRANGER))
        with house.office.database.read() as tx:
            all_of_it = planted.seen(tx, everything)
        assert set() == chen & elif_ == (chen | elif_) & stranger, table
        assert chen | elif_ <= all_of_it == seen_by(house, SONIA, everything), table
        if chen and elif_:
            theirs.add(table)
        with monkeypatch.context() as let_go:
            let_go.setattr(access, "hold_to_own", lambda *_: None)
            assert all_of_it == seen_by(house, by(house, STRANGER), everything), table

    assert {
        "accounts", "api_keys", "charges", "companies", "destinations", "events", "links", "notices", "parcel_codes",
        "parcels",
    } <= theirs  # fmt: skip


def test_a_link_that_is_made_or_ended_opens_and_shuts_the_rows_of_its_seller(house: House) -> None:
    """What is seen follows from the links of now."""
    parcels = Statement(tables.parcels.select().with_only_columns(tables.parcels.c.seller_id))
    stranger = house.account(STRANGER)
    before = seen_by(house, stranger.by(), parcels)
    link = errands.NewLink(LUMITEK, "Lumitek", BusinessType.CANCEL_ORDERS, LinkMode.RETURNS, b"sealed", 2**50)
    house.errand(lambda tx, at: errands.save_link(tx, stranger, link, at))
    linked = seen_by(house, stranger.by(), parcels)
    house.errand(lambda tx, _: errands.unlink(tx, stranger, LUMITEK))

    assert [set(), {(str(LUMITEK),)}, set()] == [before, linked, seen_by(house, stranger.by(), parcels)]


def test_secrets_are_no_columns_of_theirs_and_nothing_is_written(house: House) -> None:
    for asked in ("SELECT digest FROM api_keys", "SELECT password FROM accounts", "SELECT * FROM sessions",
                  "SELECT secret_out FROM marketplaces", "UPDATE parcels SET version = 9"):  # fmt: skip
        with pytest.raises(DatabaseError), house.office.look(by(house, CHEN)) as tx:
            tx.rows(Statement(sa.text(asked)))


PAGES = ("/parcels", "/destinations", "/api-keys", "/messages", "/invoices", "/statement", "/start", "/consignments")
API = ("/api/v1/parcels", "/api/v1/keys", "/api/v1/authorizations", "/api/v1/messages", "/api/v1/events")
OF_ELIF = (f"R-{THEIRS}", str(THEIRS), "Kazan", str(ANADOLU))


def test_pages_and_lists_that_forget_their_where_show_a_company_nothing_of_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, chen = keys.session_token(house.office.chance), house.account(CHEN)
    house.errand(lambda tx, at: errands.sign_in(tx, chen, token, at))
    with httpx2.Client(base_url=house.url, cookies={SESSION_COOKIE: token}, timeout=30) as client:
        client.headers["authorization"] = f"Bearer {token}"
        planted.forgetful(monkeypatch)
        held = {door: client.get(door) for door in (*PAGES, *API)}
        monkeypatch.setattr(access, "hold_to_own", lambda *_: None)
        let_go = {door: client.get(door) for door in (*PAGES, *API)}

    assert {200} == {answer.status_code for answer in held.values()}, held
    assert {} == told_of_elif(held)
    assert {"/parcels", "/statement", "/api/v1/authorizations"} <= set(told_of_elif(let_go))


def told_of_elif(answers: dict[str, httpx2.Response]) -> dict[str, list[str]]:
    found = {door: [words for words in OF_ELIF if words in answer.text] for door, answer in answers.items()}
    return {door: words for door, words in found.items() if words}
