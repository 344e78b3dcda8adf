"""The tools stand: requirement files, ./bh, both databases, the browser."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy
from playwright.sync_api import Page
from pytest_socket import SocketConnectBlockedError

from tests.postgres import Postgres, start

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", ["uv", "run", "dev", "older-client", "ha"])
def test_a_requirement_file_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()

    assert "://" not in text
    assert "--index" not in text
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert pins
    assert all(line.endswith("\\") for line in pins), "a pin without a hash"


def test_what_runs_is_a_part_of_what_is_developed_with() -> None:
    run, dev = ((ROOT / "requirements" / f"{name}.txt").read_text().splitlines() for name in ("run", "dev"))
    pins = {line for line in run if "==" in line}

    assert pins <= set(dev)


def test_bh_alone_lists_its_commands() -> None:
    result = subprocess.run([sys.executable, ROOT / "bh"], capture_output=True, text=True, check=True)

    for command in ("demo", "test", "lint", "check", "bench", "soak", "ha", "lock", "backhaul"):
        assert f"  ./bh {command} " in result.stdout


def test_bh_refuses_a_command_it_does_not_know() -> None:
    result = subprocess.run([sys.executable, ROOT / "bh", "fly"], capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "there is no command 'fly'" in result.stderr


def test_postgres_answers_with_its_version(postgres_server: Postgres) -> None:
    postgres_server.create_database("version")
    engine = sqlalchemy.create_engine(postgres_server.url("version"))
    with engine.connect() as connection:
        version = connection.scalar(sqlalchemy.text("SELECT version()"))
    engine.dispose()
    postgres_server.drop_database("version")

    assert str(version).startswith("PostgreSQL 18")


def test_a_database_is_empty_and_ours_alone(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.execute(sqlalchemy.text("CREATE TABLE parcel (number INTEGER)"))
        connection.execute(sqlalchemy.text("INSERT INTO parcel VALUES (7)"))
        assert connection.scalar(sqlalchemy.text("SELECT number FROM parcel")) == 7
    engine.dispose()


@pytest.mark.postgres
def test_postgres_keeps_its_data_over_a_restart_and_ends_with_its_parent(tmp_path: Path) -> None:
    """The parent is killed, not stopped: nothing of it can tidy up."""
    program = (
        "import os, signal, sys; from pathlib import Path; from tests.postgres import start;"
        "server = start(Path(sys.argv[1]), durable=True); server.create_database('kept');"
        "print(server.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "postgres")]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert killed.returncode < 0, killed.stderr
    watcher = int(killed.stdout)
    wait_until_gone(watcher)
    server = start(tmp_path / "postgres", durable=True)
    try:
        engine = sqlalchemy.create_engine(server.url("kept"))
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SHOW fsync")) == "on"
        engine.dispose()
    finally:
        server.discard()


def wait_until_gone(process: int) -> None:
    """The watcher leaves after its server has."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("PostgreSQL outlived its parent")


@pytest.mark.browser
def test_chromium_renders_a_page_in_the_languages_we_speak(page: Page) -> None:
    page.goto("data:text/html;charset=utf-8,<h1>Return Возврат 退货 İade</h1>")

    assert page.inner_text("h1") == "Return Возврат 退货 İade"
    wide = page.evaluate("document.querySelector('h1').getClientRects()[0].width")
    assert wide > 0


def test_no_test_talks_to_another_machine() -> None:
    with (
        socket.socket() as probe,
        pytest.warns(UserWarning, match="tried to use socket"),
        pytest.raises(SocketConnectBlockedError),
    ):
        probe.connect(("192.0.2.1", 9))
