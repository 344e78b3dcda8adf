"""What was answered survives a power cut: every connection that writes has the settings for it (reliability.md, F1 to F3).

A killed process cannot show this, because the system keeps what it wrote; so the settings themselves are looked at.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database
from backhaul.marketplace import tables
from backhaul.marketplace.office import open_office as open_marketplace
from backhaul.partner.office import open_office as open_partner
from tests import templates

FULL = 2  # SQLite's number for `PRAGMA synchronous=FULL`
OPENED: dict[str, Any] = {"marketplace": open_marketplace, "partner": open_partner}


def setting(connection: Any, name: str) -> Any:
    """One setting of an open connection, as the database itself tells it."""
    asked = "SHOW" if "psycopg" in type(connection).__module__ else "PRAGMA"
    return connection.execute(f"{asked} {name}").fetchone()[0]


@contextlib.contextmanager
def writers(database_url: str, count: int) -> Iterator[list[Any]]:
    templates.fill(database_url, "backhaul.marketplace", tables.metadata)
    database = Database(database_url)
    connections = [database.writer() for _ in range(count)]
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()
        database.close()


def told(connection: Any) -> dict[str, Any]:
    """The settings that decide whether a commit is on the disk when it is answered."""
    names = ("synchronous_commit",)
    if "psycopg" not in type(connection).__module__:
        names = ("journal_mode", "synchronous", "foreign_keys")  # type: ignore[assignment]
    return {name: setting(connection, name) for name in names}


def wanted(database_url: str) -> dict[str, Any]:
    if database_url.startswith("sqlite"):
        return {"journal_mode": "wal", "synchronous": FULL, "foreign_keys": 1}
    return {"synchronous_commit": "on"}


def test_every_writing_connection_waits_for_the_disk(database_url: str) -> None:
    """F2, F3. The server of the tests has `synchronous_commit=off`: that it is on is our own doing."""
    with writers(database_url, 3) as connections:
        found = [told(connection) for connection in connections]

    assert [wanted(database_url)] * 3 == found


@pytest.mark.parametrize("house", OPENED)
def test_the_desk_of_a_house_writes_on_such_a_connection(database_url: str, tmp_path: Path, house: str) -> None:
    """Also on the one that it opens when the server went away under the first (D34)."""
    office: Any = OPENED[house](database_url, tmp_path / house, Clock())
    found = told(office.desk._connection)  # noqa: SLF001 -- the connection that every command is written on
    office.close()

    assert wanted(database_url) == found


def test_nobody_but_the_server_says_how_it_syncs(database_url: str) -> None:
    """`fsync` and `full_page_writes` are the server's own: the tests' server has them off, and no connection says so."""
    if database_url.startswith("sqlite"):
        with writers(database_url, 1) as (connection,):
            assert 0 == setting(connection, "writable_schema")
            assert 0 == setting(connection, "read_uncommitted")
        return
    asked = "SELECT name, source FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
    with writers(database_url, 1) as (connection,):
        sources = dict(connection.execute(asked).fetchall())

    assert {"fsync": "command line", "full_page_writes": "command line", "synchronous_commit": "client"} == sources
