"""Two groups of sellers in schemas of their own, what is shared in a third: every statement runs as it is (ADR 0025)."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from backhaul.kit import migrations
from backhaul.kit.database import Database
from backhaul.marketplace import tables
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import KETTLE, MARINA, THROW, Market, market
from tests.postgres import Postgres
from tests.scale.houses import MARKETPLACE

pytestmark = pytest.mark.slow
HOMES = ("home_1", "home_2")
SHARED = [name for name, place in MARKETPLACE.items() if not place.group]


@pytest.fixture
def database_url(postgres_server: Postgres) -> Iterator[str]:
    """PostgreSQL only: SQLite has no schemas, there a home is a file."""
    name = f"homes_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def connection(database_url: str) -> Iterator["psycopg.Connection[tuple[int]]"]:
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def run(connection: "psycopg.Connection[tuple[int]]", text: str, *names: str) -> None:
    connection.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def divided(connection: "psycopg.Connection[tuple[int]]", database_url: str) -> list[str]:
    """The migrations once for each home; the shared tables of the first serve both. The URL of each home's login."""
    run(connection, "CREATE SCHEMA shared")
    for home in HOMES:
        migrations.upgrade(Database(database_url), "backhaul.marketplace", tables.metadata)
        run(connection, "ALTER SCHEMA public RENAME TO {}", home)
        run(connection, "CREATE SCHEMA public")
        for table in SHARED:
            if home == HOMES[0]:
                run(connection, "ALTER TABLE {}.{} SET SCHEMA shared", home, table)
            else:
                run(connection, "DROP TABLE {}.{}", home, table)
        run(connection, "DROP ROLE IF EXISTS {}", home)
        run(connection, "CREATE ROLE {} SUPERUSER LOGIN", home)
        run(connection, "ALTER ROLE {} SET search_path = {}, shared", home, home)
    for role in ("backhaul_desk", "backhaul_reader"):
        run(connection, "GRANT USAGE ON SCHEMA shared TO {}", role)
    return [make_url(database_url).set(username=home).render_as_string(hide_password=False) for home in HOMES]


def count(connection: "psycopg.Connection[tuple[int]]", schema: str, table: str) -> int:
    row = connection.execute(
        sql.SQL("SELECT count(*) FROM {}.{}").format(sql.Identifier(schema), sql.Identifier(table))
    ).fetchone()
    assert row is not None
    return row[0]


def test_a_home_is_a_schema_and_no_statement_knows(
    connection: "psycopg.Connection[tuple[int]]", database_url: str, tmp_path: Path
) -> None:
    urls = divided(connection, database_url)
    with ExitStack() as stack:
        shops: list[Market] = [
            stack.enter_context(market(url, tmp_path / home)) for url, home in zip(urls, HOMES, strict=True)
        ]
        first = shops[0].in_status(Status.AT_PARTNER, KETTLE)
        shops[0].does(MARINA, first, do.SendRefund())
        for _ in range(2):
            shops[1].in_status(Status.SELLER_REVIEW, THROW)

        assert [count(connection, home, "returns") for home in HOMES] == [1, 2]
        assert [count(connection, home, "entries") > 0 for home in HOMES] == [True, False]
        assert [count(connection, home, "seller_events") > 0 for home in HOMES] == [True, True]
        assert count(connection, "shared", "sellers") == 2
        assert shops[0].now_is(first).refund.status == "sent"
        assert [len(shop.entries(first)) for shop in shops][1] == 0
