"""D28: who sees the rows of every owner is written down, reader by reader, table by table."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from backhaul.kit.database import Database
from backhaul.marketplace import access as marketplace_access
from backhaul.marketplace import tables as marketplace_tables
from backhaul.marketplace.rules.words import Role as MarketplaceRole
from backhaul.partner import tables as partner_tables
from backhaul.partner.rules.words import Role as PartnerRole
from tests import crossing, templates
from tests.postgres import Postgres

TABLES: dict[str, Any] = {"marketplace": marketplace_tables, "partner": partner_tables}
OWNERS: dict[str, set[str]] = {"marketplace": set(marketplace_access.OWNERS_OF_ROWS), "partner": {PartnerRole.SELLER}}
ROLES: dict[str, set[str]] = {"marketplace": {*MarketplaceRole}, "partner": {*PartnerRole}}


@pytest.mark.parametrize("part", crossing.READERS)
def test_a_reader_that_sees_every_owners_rows_is_written_down_with_its_reason(part: str) -> None:
    assert set(crossing.READERS[part]) == set(crossing.readers(crossing.SOURCE / part))


@pytest.mark.parametrize("part", ["marketplace", "partner"])
def test_nobody_is_made_up_to_see_more(part: str) -> None:
    """Only `look_for`, which says an owner."""
    assert ["office.py:Office.look_for"] == list(crossing.borrowed(crossing.SOURCE / part))


def test_a_planted_reader_is_found(tmp_path: Path) -> None:
    """The control: whichever way it opens its look."""
    planted = """
        def plain(office):
            with office.database.read() as tx: ...
        class Of:
            def another_name(self, db):
                with db.read() as tx: ...
        def routes(office):
            def inside():
                with replica.look(office.database, "") as tx: ...
        def held(office, by):
            with office.look(by) as tx: ...
        def pretends(office):
            with office.look(By(Role.SUPPORT, "x")) as tx: ...
    """
    (tmp_path / "planted.py").write_text(textwrap.dedent(planted))

    assert ["planted.py:plain", "planted.py:Of.another_name", "planted.py:routes.inside"] == list(
        crossing.readers(tmp_path)
    )
    assert ["planted.py:pretends"] == list(crossing.borrowed(tmp_path))


@pytest.mark.parametrize("house", TABLES)
def test_every_role_owns_rows_or_has_a_reason_to_see_all(house: str) -> None:
    assert ROLES[house] == OWNERS[house] | set(crossing.STAFF[house])
    assert set() == OWNERS[house] & set(crossing.STAFF[house])


@pytest.fixture(scope="module", params=TABLES)
def policies(request: pytest.FixtureRequest, postgres_server: Postgres) -> Iterator[tuple[str, dict[str, bool]]]:
    """A house, and which of its tables hold rows apart."""
    house = request.param
    name = f"crossing_{house}"
    postgres_server.create_database(name)
    url = postgres_server.url(name)
    templates.fill(url, f"backhaul.{house}", TABLES[house].metadata)
    engine = Database(url).engine()
    asked = "SELECT relname, relrowsecurity FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    with engine.connect() as connection:
        found = {row[0]: bool(row[1]) for row in connection.execute(sa.text(asked))}
    engine.dispose()
    yield house, found
    postgres_server.drop_database(name)


def test_every_table_holds_its_rows_apart_or_is_nobodys(policies: tuple[str, dict[str, bool]]) -> None:
    house, found = policies
    tables = set(TABLES[house].metadata.tables)

    assert set(crossing.NOBODYS[house]) == {one for one in tables if not found[one]}
    assert set(TABLES[house].metadata.info["secret_tables"]) == {
        table for table, why in crossing.NOBODYS[house].items() if why == "secret"
    }
