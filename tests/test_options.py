"""Options that cannot be are refused by every command in a sentence, with 2, before anything is opened or written."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backhaul.cli import app

DATABASE = "--database: a database is postgresql+psycopg://USER@HOST/NAME or sqlite:///FILE\n"
URL = "--url: an address begins with https://, as https://returns.example.com, not "
PROXIES = "--proxies: addresses and networks with commas between them, as 10.0.0.5,10.1.0.0/16, not "
COMMANDS = (
    ["serve", "partner"], ["work", "partner"], ["doctor", "partner"], ["verify", "partner"], ["backup", "partner", "made"],
    ["restore", "partner", "kept"], ["anchor", "partner", "made"], ["marketplace", "jobs"], ["marketplace", "erase-again"],
    ["partner", "platforms"], ["marketplace", "export-returns", "made.csv"],
)  # fmt: skip


def told(directory: Path, *words: str) -> tuple[int, str]:
    """Run where nothing is, and leave nothing there."""
    before = Path.cwd()
    os.chdir(directory)
    try:
        found = CliRunner().invoke(app, list(words), catch_exceptions=False)
    finally:
        os.chdir(before)
    assert [] == list(directory.iterdir())
    return found.exit_code, found.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_a_database_is(command: list[str], tmp_path: Path) -> None:
    for given in ("nonsense", "mysql://me:secret@x/y", "postgresql+psycopg://me:secret@x:port/y"):
        assert (2, DATABASE) == told(tmp_path, *command, "--database", given)


def test_a_database_in_memory_or_by_another_driver_is_no_file(tmp_path: Path) -> None:
    for given in ("sqlite://", "sqlite:///:memory:"):
        said = told(tmp_path, "doctor", "partner", "--database", given)
        assert (2, "--database: an in-memory database has one connection only; name a file\n") == said
    for given in ("sqlite+aiosqlite:///made.db", "sqlite:///file:made?mode=memory"):
        said = told(tmp_path, "doctor", "partner", "--database", given)
        assert (2, "--database: a SQLite file is sqlite:///FILE\n") == said


@pytest.mark.parametrize("command", ["serve", "doctor", "work"])
@pytest.mark.parametrize(
    "given", ["http://[x", "returns.example.com", "localhost:8000", "https://", "https://a:b", "https://a/?b"]
)
def test_an_address_that_nobody_can_open_is_refused(command: str, given: str, tmp_path: Path) -> None:
    away = f"postgresql+psycopg://me@/x?host={tmp_path}"
    assert (2, f"{URL}{given!r}\n") == told(tmp_path, command, "partner", "--url", given, "--database", away)


@pytest.mark.parametrize("command", ["serve", "doctor"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--proxies", "nonsense"), f"{PROXIES}'nonsense'\n"),
        (("--proxies", "10.0.0.1 10.0.0.2"), f"{PROXIES}'10.0.0.1 10.0.0.2'\n"),
        (("--proxies", "10.0.0.1,10.1.2.3/16"), f"{PROXIES}'10.1.2.3/16'\n"),
        (("--mail", "nonsense"), "--mail is file, console, or "),
        (("--mail-from", "nonsense"), "--mail-from is an address, as \"Name <name@example.com>\", not 'nonsense'\n"),
        (("--metrics", "nonsense"), "--metrics: "),
        (("--log", "nonsense"), "--log is faults or requests, not 'nonsense'\n"),
        (("--drain", "-1"), "--drain is 0 to "),
    ],
)
def test_doctor_and_serve_refuse_the_same_words(
    command: str, words: tuple[str, str], said: str, tmp_path: Path
) -> None:
    away = f"postgresql+psycopg://me@/x?host={tmp_path}"
    code, output = told(tmp_path, command, "partner", "--database", away, *words)
    assert (2, True) == (code, output.startswith(said))


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_good_words_are_looked_at(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what stands in the way is the database, which is away."""
    monkeypatch.delenv("BACKHAUL_TRIAL")
    away = f"postgresql+psycopg://me@/x?host={tmp_path}"
    words = (
        "--proxies",
        "10.0.0.1, 10.1.0.0/16,::1",
        "--url",
        "https://a.example:8443/x",
        "--secure",
        "--log",
        "requests",
        "--drain",
        "2",
    )
    code, output = told(tmp_path, command, "partner", "--database", away, *words)
    assert (1, True) == (code, "unsafe  database_away" in output)
