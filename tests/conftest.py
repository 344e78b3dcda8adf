"""Fixtures for all tests, and the count that proves that every database test ran on both databases."""

import functools
import gc
import os
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2._config import create_ssl_context
from playwright.sync_api import Browser, Page, sync_playwright
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.engine import make_url

from backhaul.kit import keys
from tests import answer_headers, plain_forms, postgres, webs
from tests import browser as chromium

DATABASES = ("sqlite", "postgres")
# Thousands sign in, at half a second of a processor each; what a real password costs stands in kit/test_passwords.py.
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


# -- Databases --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Postgres]:
    """One server for this process (each worker has its own), without protection against power cuts."""
    server = postgres.start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.discard()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, empty database. A test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'database.sqlite'}"
        return
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    name = f"test_{uuid.uuid4().hex}"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def elsewhere(database_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database beside the first one; on SQLite the default, in the new directory."""
    if database_url.startswith("sqlite"):
        yield ""
        return
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    name = f"{make_url(database_url).database}_again"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)


def database_of(item: pytest.Item) -> str | None:
    call = getattr(item, "callspec", None)
    return call.params.get("database_url") if call else None


def patience(item: pytest.Item) -> float:
    """Seconds that a test asks for by its own mark."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None and mark.args else 0.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=patience, reverse=True)  # the longest first: at the end one worker would be left with them
    for item in items:
        database = database_of(item)
        if database in DATABASES:
            item.user_properties.append(("database", database))
        if database == "postgres" or "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


class DatabaseCount:
    """Counts the tests that ran on each database, over all workers, and fails the session when one was left out."""

    def __init__(self, config: pytest.Config) -> None:
        self.ran: Counter[str] = Counter()
        options = config.option
        self.filtered = bool(
            options.keyword
            or "postgres" in options.markexpr
            or options.deselect
            or getattr(options, "lf", False)  # absent without the cache plugin
            or any("::" in argument for argument in config.args)
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and not report.skipped:
            self.ran.update(str(value) for name, value in report.user_properties if name == "database")

    @property
    def uneven(self) -> bool:
        return not self.filtered and self.ran["sqlite"] != self.ran["postgres"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.uneven and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        verdict = "  NOT THE SAME: a test was left out on one of them" if self.uneven else ""
        counts = ", ".join(f"{database} {self.ran[database]}" for database in DATABASES)
        terminalreporter.write_line(f"databases: {counts}{verdict}", red=self.uneven)


class FormCount:
    """Gathers over all workers which doors of the pages' forms took one; a whole run fails when a door took none."""

    def __init__(self, config: pytest.Config) -> None:
        self.seen: dict[str, set[str]] = {plain_forms.DOORS: set(), plain_forms.TAKEN: set()}
        self.whole = (
            config.args_source is pytest.Config.ArgsSource.TESTPATHS
            and config.option.markexpr == "not slow"
            and not config.option.keyword
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            for name, doors in report.user_properties:
                if name in self.seen and isinstance(doors, list | tuple):
                    self.seen[name].update(doors)

    @property
    def left(self) -> list[str]:
        return plain_forms.never_sent(self.seen[plain_forms.DOORS], self.seen[plain_forms.TAKEN])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.whole and self.left and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        taken, doors = (len(self.seen[name]) for name in (plain_forms.TAKEN, plain_forms.DOORS))
        terminalreporter.write_line(
            f"forms without scripts: {taken} of {doors} doors", red=self.whole and bool(self.left)
        )
        if self.whole:
            for door in self.left:
                terminalreporter.write_line(f"  NEVER SENT as its page shows it: {door}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    pytest.MonkeyPatch().setattr(keys, "_passwords", lambda: CHEAP)
    # No test speaks TLS, and every client would read the machine's certificates again.
    once = functools.cache(create_ssl_context)
    pytest.MonkeyPatch().setattr("httpx2._transports.default.create_ssl_context", once)
    os.environ["BACKHAUL_TRIAL"] = "1"  # houses as processes, over databases that a power cut would break
    gc.set_threshold(100_000, 20, 20)  # hundreds of houses are opened and closed: look for garbage rarely
    if not hasattr(config, "workerinput"):  # the process that gathers the reports
        config.pluginmanager.register(DatabaseCount(config), "database-count")
        config.pluginmanager.register(FormCount(config), "form-count")


@pytest.fixture(autouse=True)
def _seats(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up first and so torn down last: when nobody is served any more, the webs are free for the next test."""
    yield
    webs.all_free()
    request.node.user_properties += plain_forms.told()
    assert [] == answer_headers.EAR.told(), "an answer without what every answer says (tests/answer_headers.py)"


# -- Browser ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A test that needs a browser fails where none is: it was not run, so it is not green."""
    try:
        found = chromium.find()
    except chromium.NoBrowserError as reason:
        pytest.fail(str(reason))
    return found or pytest.fail("NOT RUN: no browser here; ./bh test brings one")


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """A Chromium for this file. Playwright keeps an event loop running, which no other file should meet."""
    node = chromium.node()
    if node:
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", node)
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=chromium_path,
            args=chromium.flags(chromium_path),
            env=dict(chromium.environment(chromium_path)),
        )
        yield instance
        instance.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own: no cookie of another test is in it."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
