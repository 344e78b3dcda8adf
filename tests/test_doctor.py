"""`backhaul doctor`, and that `serve` and `work` do not start over what it finds (T12)."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from backhaul import doctor
from backhaul.cli import app
from backhaul.kit import keys, safe_databases
from backhaul.kit.database import Database
from backhaul.kit.safety import Doors
from backhaul.marketplace import tables
from backhaul.marketplace.app import make_app
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import MUG, Market, market
from tests.postgres import Postgres


@pytest.fixture(autouse=True)
def _on_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' directories may be in memory, which is a fault of its own."""
    monkeypatch.setattr(safe_databases, "disk_of", lambda *_: "ext4")
    monkeypatch.delenv("BACKHAUL_TRIAL")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)


def unsafe(url: str, data: Path) -> set[str]:
    return {fault.code for fault in doctor.examine(doctor.House("marketplace", data, url)) if fault.stops}


def test_a_house_with_a_file_is_safe_until_one_thing_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    url = f"sqlite:///{data / 'marketplace.db'}"
    assert set() == unsafe(url, data)  # nothing is there yet

    with market(url, tmp_path) as shop:
        shop.in_status(Status.SELLER_REVIEW, MUG)
    data.chmod(0o700)
    assert set() == unsafe(url, data)

    with sqlite3.connect(data / "marketplace.db") as connection:
        [latest] = connection.execute("SELECT max(recorded_us) FROM events").fetchone()
    connection.close()
    written = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=latest)
    monkeypatch.setattr("backhaul.kit.clock.Clock.now", lambda _: written - timedelta(seconds=31))
    assert {"clock_back", "clock_wrong"} == unsafe(url, data)
    monkeypatch.undo()
    monkeypatch.setattr(safe_databases, "disk_of", lambda *_: "ext4")

    as_it_is = Database.writer

    def careless(self: Database) -> object:
        connection = as_it_is(self)
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    monkeypatch.setattr(Database, "writer", careless)
    assert {"sqlite_synchronous"} == unsafe(url, data)


def let_in_by_the_demo(shop: Market) -> None:
    with shop.office.database.engine().begin() as connection:
        chen = {"login": "chen", "role": "seller", "subject": "1", "name": "Chen", "language": "zh", "owner": True}
        connection.execute(tables.accounts.insert().values(password=keys.hash_password("backhaul-demo"), **chen))


def test_accounts_of_the_demo_are_found(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop:
        let_in_by_the_demo(shop)
    house = doctor.House("marketplace", tmp_path / "data", database_url)
    beyond = msgspec.structs.replace(house, doors=Doors("192.0.2.1", "https://returns.example.com", secure=True))
    assert {True} == {one.stops for one in doctor.examine(beyond) if one.code == "demo_password"}
    assert {False} == {
        one.stops for one in doctor.examine(house) if one.code == "demo_password"
    }  # as serve, which does not look
    with Database(database_url).engine().begin() as connection:
        connection.exec_driver_sql("UPDATE accounts SET password = ''")
    assert "demo_password" not in {one.code for one in doctor.examine(beyond)}


@pytest.mark.parametrize("words", [["serve", "marketplace"], ["work", "marketplace"], ["doctor", "marketplace"]])
def test_a_server_that_a_power_cut_would_break_is_refused_with_what_to_do(
    words: list[str], postgres_server: Postgres, tmp_path: Path
) -> None:
    """The tests' own server is such a one."""
    url = postgres_server.url("postgres")
    told = CliRunner().invoke(app, [*words, "--data", str(tmp_path / "data"), "--database", url])

    assert 1 == told.exit_code
    for code in ("postgres_fsync", "postgres_full_page_writes", "postgres_synchronous_commit"):
        assert f"unsafe  {code}\n" in told.output
    assert "ALTER SYSTEM SET fsync = on" in told.output
    assert "postgres_data_checksums" not in told.output
    assert ("--trial" in told.output) is (words[0] != "doctor")
    assert not (tmp_path / "data").exists()  # nothing was opened


def test_on_trial_a_house_says_so_in_its_first_line(tmp_path: Path) -> None:
    house = doctor.House("marketplace", tmp_path, f"sqlite:///{tmp_path / 'm.db'}", Doors(proxies="*"))

    said = doctor.examined(house, trial=True)
    assert said is not None
    assert said.startswith(
        f", on trial (1 settings are not safe: backhaul doctor marketplace --data {tmp_path}, with all "
    )


def test_doctor_takes_a_whole_line_of_serve_and_says_what_serve_says(tmp_path: Path) -> None:
    """Of a demo's accounts, too: only this machine reaches the house, so that both let it be, and doctor speaks of it."""
    data = tmp_path / "data"
    url = f"sqlite:///{data / 'marketplace.db'}"
    with market(url, tmp_path) as shop:
        let_in_by_the_demo(shop)
    data.chmod(0o700)
    line = ["--port", "8123", "--no-worker", "--metrics", "9123", "--log", "requests", "--drain", "2", "--mail-from", "a@example.com", "--trial",
            "--data", str(data), "--url", "http://localhost:8123"]  # fmt: skip
    told = CliRunner().invoke(app, ["doctor", "marketplace", *line], catch_exceptions=False)
    assert (0, True) == (told.exit_code, "advice  demo_password\n" in told.output)
    assert "" == doctor.examined(
        doctor.House("marketplace", data, url, Doors(url="http://localhost:8123")), trial=False
    )

    far = [*line, "--host", "192.0.2.1", "--secure"]
    told = CliRunner().invoke(app, ["doctor", "marketplace", *far], catch_exceptions=False)
    assert (1, True) == (told.exit_code, "unsafe  demo_password\n" in told.output)
    told = CliRunner().invoke(app, ["serve", "marketplace", *[word for word in far if word != "--trial"]])
    assert (1, True) == (told.exit_code, "unsafe  demo_password\n" in told.output)


def test_a_database_that_is_away_is_told_in_words(tmp_path: Path) -> None:
    assert {"database_away"} == unsafe(f"postgresql+psycopg://u@/x?host={tmp_path}", tmp_path)


def test_the_framework_shows_nobody_its_insides_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITESTAR_DEBUG", "1")
    with market(f"sqlite:///{tmp_path / 'm.db'}", tmp_path) as shop:
        assert not make_app(shop.office).debug
