"""Reports read from a real streaming replica, and nothing else does; while it lags, is away or was promoted the database itself answers."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from backhaul.kit import replica
from backhaul.kit.database import Database, Statement
from backhaul.marketplace.jobs import exports, steps
from backhaul.marketplace.returns_report import making
from backhaul.marketplace.rules.words import Status
from tests import postgres
from tests.marketplace.cast import THROW, market
from tests.postgres import Postgres

IN_RECOVERY = Statement(sa.text("SELECT pg_is_in_recovery(), (SELECT count(*) FROM returns)"))
SECONDS = 30


def asks(server: Postgres, said: str) -> None:
    with psycopg.connect(host=str(server.home), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(said)


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Postgres]]:
    """A server, and another one that follows it."""
    first = postgres.start(tmp_path_factory.mktemp("primary"))
    behind = tmp_path_factory.mktemp("replica")
    home = postgres.prepared(behind)
    copy = [*(postgres.identity() or []), str(postgres.wheel() / "pginstall" / "bin" / "pg_basebackup")]
    copy += ["-h", str(first.home), "-U", "postgres", "-D", str(home / "data"), "-R", "-X", "stream", "-c", "fast"]
    subprocess.run(copy, check=True, capture_output=True)
    second = postgres.start(behind)
    yield first, second
    second.discard()
    first.discard()


def found(database: Database, since: str) -> tuple[bool, int]:
    """Whether a look was at the replica, and how many returns it saw."""
    with replica.look(database, since) as tx:
        row = tx.one(IN_RECOVERY)
    assert row is not None
    return bool(row[0]), int(row[1])


def caught_up(database: Database, since: str) -> bool:
    ends = time.monotonic() + SECONDS
    assert database.replica is not None
    while not replica.has_seen(database.replica, since) and time.monotonic() < ends:
        time.sleep(0.02)
    return replica.has_seen(database.replica, since)


@pytest.mark.slow
def test_a_report_is_read_from_the_replica_once_it_has_seen_what_was_there_when_it_was_asked_for(
    two: tuple[Postgres, Postgres], tmp_path: Path
) -> None:
    first, second = two
    first.create_database("house")
    with market(first.url("house"), tmp_path) as shop:
        shop.in_status(Status.APPROVED)
        database = Database(f"{first.url('house')}&replica={second.home}")
        one = replica.mark(database)
        is_there = caught_up(database, one)
        looks = [found(database, one)]

        asks(second, "SELECT pg_wal_replay_pause()")  # it lags from now on
        shop.in_status(Status.APPROVED, THROW)
        later = replica.mark(database)
        looks += [found(database, later), found(database, one)]  # what must be newer, and what need not

        with database.read() as tx:  # a page, or what decides
            row = tx.one(IN_RECOVERY)
        asks(second, "SELECT pg_wal_replay_resume()")
        looks.append((caught_up(database, later), found(database, later)[1]))
        asks(second, "SELECT pg_promote()")
        looks.append(found(database, later))  # no replica any more: what it holds may be another history
        second.stop()
        looks.append(found(database, later))
        database.close()

    assert is_there
    assert [(True, 1), (False, 2), (True, 1), (True, 2), (False, 2), (False, 2)] == looks
    assert (False, 2) == row


def test_without_a_replica_nothing_is_asked_for_a_mark(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")

    assert (None, "") == (database.replica, replica.mark(database))


def test_only_makers_of_reports_and_exports_look_there() -> None:
    """No door, no desk, no round that decides: the word stands in two files, and of all kinds of work exports alone give the mark."""
    root = Path(making.__file__).parents[3]
    users = {
        path.relative_to(root).as_posix() for path in root.rglob("*.py") if "replica.look(" in path.read_text("utf-8")
    }

    with_mark = {
        path.name for path in Path(steps.__file__).parent.glob("*.py") if "look(job, mark)" in path.read_text("utf-8")
    }

    assert {str(Path(one.__file__ or "").relative_to(root)) for one in (making, steps)} == users
    assert {Path(exports.__file__).name} == with_mark


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("replica=other:6000", "postgresql+psycopg://me:x@other:6000/house?reader=r%3Ap"),
        ("replica=other", "postgresql+psycopg://me:x@other:5433/house?reader=r%3Ap"),
        ("replica=/run/pg", "postgresql+psycopg://me:x@here:5433/house?host=%2Frun%2Fpg&reader=r%3Ap"),
    ],
)
def test_a_replica_has_the_same_logins_on_another_host(given: str, told: str) -> None:
    database = Database(f"postgresql+psycopg://me:x@here:5433/house?reader=r:p&{given}")

    assert database.replica is not None
    reader = database.replica._reader_url.render_as_string(hide_password=False)  # noqa: SLF001
    assert "r:p@" in reader
    assert told.partition("?")[0].partition("@")[2] == reader.partition("@")[2].partition("?")[0]
    assert database.url.render_as_string(hide_password=False) == "postgresql+psycopg://me:x@here:5433/house"
