"""On PostgreSQL the house and its worker are processes of their own (D29): without the one nothing fires, with it all does."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from backhaul.kit.database import Database
from backhaul.marketplace import queries
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import market, moscow
from tests.postgres import Postgres

SECONDS = 60


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """On SQLite the worker cannot be apart: `work` refuses, and `--no-worker` changes nothing there."""
    name = f"apart_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@contextlib.contextmanager
def running(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """A command of ours that has said its first line; told to end at the end, which it must do well."""
    command = [sys.executable, "-m", "backhaul.cli", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        try:
            assert process.poll() is None, said + process.stderr.read()
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
            ended = process.wait(SECONDS)
        assert (0, "") == (ended, rest), said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def overdue(url: str, directory: Path) -> int:
    """A request of 2 September 2024 that nobody has answered since; its id."""
    with market(url, directory) as shop:
        return shop.in_status(Status.SELLER_REVIEW)


def approvals(url: str, return_id: int) -> list[tuple[str, datetime]]:
    """Who approved, and when it counts."""
    database = Database(url)
    with database.read() as tx:
        found = [(line.role, line.at) for line in queries.history(tx, return_id) if line.kind == "Approved"]
    database.close()
    return found


def fired(url: str, return_id: int) -> list[tuple[str, datetime]]:
    """The same, once there is one."""
    until = time.monotonic() + SECONDS
    while not (found := approvals(url, return_id)) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def test_a_deadline_fires_with_the_worker_beside_the_house_and_not_without_it(
    postgres_url: str, tmp_path: Path
) -> None:
    """D29, R95: a house that serves with its own worker has done a round before it ends; this one has none."""
    return_id, port = overdue(postgres_url, tmp_path), free_port()
    places = ["marketplace", "--database", postgres_url, "--data", str(tmp_path / "data")]
    house = ["serve", *places, "--no-worker", "--port", str(port)]
    health = f"http://127.0.0.1:{port}/api/v1/health"

    with running(*house):
        alone = httpx2.get(health).json()["status"]
    untouched = approvals(postgres_url, return_id)
    with running(*house), running("work", *places):
        worked = fired(postgres_url, return_id)
        beside = httpx2.get(health).json()["status"]

    assert ("ok", "ok") == (alone, beside)
    assert [] == untouched
    assert [("calendar", moscow("2024-09-06 00:00"))] == worked
    assert worked == approvals(postgres_url, return_id)


def test_a_house_with_its_own_worker_fires_it_before_it_ends(postgres_url: str, tmp_path: Path) -> None:
    """The control of the test above: the very same house without `--no-worker`."""
    return_id = overdue(postgres_url, tmp_path)
    places = ["marketplace", "--database", postgres_url, "--data", str(tmp_path / "data")]
    with running("serve", *places, "--port", str(free_port())):
        pass

    assert [("calendar", moscow("2024-09-06 00:00"))] == approvals(postgres_url, return_id)


def test_on_sqlite_there_is_no_worker_of_its_own(tmp_path: Path) -> None:
    """D29: SQLite has one writer, the house."""
    words = [sys.executable, "-m", "backhaul.cli", "work", "marketplace", "--data", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert (2, "") == (done.returncode, done.stdout)
    assert "on SQLite the worker runs inside the house" in done.stderr
    assert [] == list(tmp_path.iterdir())
