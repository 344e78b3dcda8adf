"""Processes of the release before run beside those of now on one PostgreSQL while sellers work: a rolling upgrade as it happens.

The earlier program is taken out of this repository's own history. The old house starts and is at work; the new one starts, migrates, and
takes its share; the old one is told to end. No request may fail, nothing be done twice, and books and chains be whole.
"""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from backhaul import verifying
from backhaul.kit.database import Database
from backhaul.marketplace import queries
from tests.kit.test_rolling_upgrade import RELEASED
from tests.postgres import Postgres
from tests.test_workers_apart import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
SECONDS, CLIENTS, RETURNS = 200, 3, 24
HOUSES = ("marketplace", "partner")
# Said by the old program with its own tests' people: what stands in the database before anybody serves it.
PREPARE = f"""
import json, sys
from pathlib import Path
from backhaul.kit import keys
from backhaul.kit.clock import Clock
from backhaul.marketplace import access
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import MUG, THROW, market
from tests.marketplace.people import let_in, session
with market(sys.argv[1], Path(sys.argv[2]), Clock().now()) as shop:
    shop.errand(let_in)
    made = [shop.in_status(Status.SELLER_REVIEW, (MUG, THROW)[n % 2]) for n in range({RETURNS})]
    print(json.dumps({{"returns": made, "key": shop.key(), "session": session(shop, "elif")}}))
"""
READS = ("/api/v1/returns", "/api/v1/returns/{0}/timeline", "/api/v1/money", "/api/v1/events")
PAGES = ("/to-decide", "/returns/{0}", "/ledger", "/messages", "/settings/users", "/keys")


def git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"NOT RUN: the history of the repository is not at hand ({error})")
    return done.stdout.strip()


def heads(commit: str) -> dict[str, str]:
    """The newest migration of each house in a commit."""
    found = {}
    for house in HOUSES:
        names = git("ls-tree", "--name-only", commit, f"src/backhaul/{house}/migrations/versions/").split()
        found[house] = max(Path(name).name[:4] for name in names)
    return found


def before(house: str, later_than: str) -> str:
    """The commit before the one that brought a house's first migration after this one."""
    folder = ROOT / f"src/backhaul/{house}/migrations/versions"
    first = min(path.name for path in folder.glob("0*.py") if path.name[:4] > later_than)
    added = git("log", "--diff-filter=A", "--format=%H", "--", f"src/backhaul/{house}/migrations/versions/{first}")
    if not added:
        pytest.skip(f"NOT RUN: {first} is in no commit yet, or history ends above it")
    return git("rev-parse", f"{added.split()[-1]}^")


def released() -> str:
    """The last commit with the migrations of `RELEASED`."""
    commits = [before(house, RELEASED[house]) for house in HOUSES]
    fitting = [commit for commit in commits if heads(commit) == RELEASED]
    if not fitting:
        pytest.skip(f"NOT RUN: no commit has exactly the migrations {RELEASED}")
    return fitting[0]


def migrated_last() -> str:
    """The commit before the newest migration."""
    newest = sorted(path.name[:4] for path in (ROOT / "src/backhaul/marketplace/migrations/versions").glob("0*.py"))
    return before("marketplace", newest[-2])


def taken_out(commit: str, directory: Path) -> Path:
    """The program of a commit, with the people of its tests."""
    directory.mkdir()
    with subprocess.Popen(["git", "archive", commit, "src", "tests"], cwd=ROOT, stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "-x"], cwd=directory, stdin=archive.stdout, check=True, timeout=SECONDS)
    return directory


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{home / 'src'}{os.pathsep}{home}"}


@contextmanager
def started(home: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A command of a program that has said its first line; told to end at the end, unless it was before, which it must do well."""
    command = [sys.executable, "-m", "backhaul.cli", *words]
    with subprocess.Popen(command, cwd=home, env=environment(home), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        try:
            assert process.poll() is None, first + process.stderr.read()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=SECONDS)[1]
        assert (0, "") == (process.returncode, rest), first


class Prepared(NamedTuple):
    """What the old program has put there."""

    returns: list[int]
    key: str
    session: str


def prepared(home: Path, url: str, directory: Path) -> Prepared:
    done = subprocess.run([sys.executable, "-c", PREPARE, url, str(directory)], cwd=home, env=environment(home),
                          capture_output=True, text=True, timeout=SECONDS, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Prepared(**json.loads(done.stdout.splitlines()[-1]))


class Sellers:
    """Approves returns one after another at whichever webs are up, and looks around; every answer is kept.

    When all are approved they begin again, with the same keys: whichever program answers must know what the other one did.
    """

    def __init__(self, there: Prepared, webs: list[str]) -> None:
        self.there, self.webs = there, webs
        self.answers: list[tuple[str, int]] = []
        self.turn, self.next = itertools.count(), itertools.cycle(there.returns)

    def work(self, until: Callable[[], bool]) -> None:
        headers = {"authorization": f"Bearer {self.there.key}"}
        with (
            httpx2.Client(timeout=30, headers=headers) as api,
            httpx2.Client(timeout=30, cookies={"marketplace_session": self.there.session}) as page,
        ):
            for return_id in self.next:
                self._one(api, page, return_id)
                if until():
                    return

    def _one(self, api: httpx2.Client, page: httpx2.Client, return_id: int) -> None:
        webs = tuple(self.webs)
        web = webs[next(self.turn) % len(webs)]
        acted = api.post(
            f"{web}/api/v1/returns/{return_id}/approve", json={}, headers={"idempotency-key": f"k{return_id}"}
        )
        self._keep(web, "approve", acted)
        other = webs[next(self.turn) % len(webs)]
        for paths, client in ((READS, api), (PAGES, page)):
            for path in paths:
                self._keep(other, path, client.get(other + path.format(return_id)))

    def _keep(self, web: str, what: str, answer: httpx2.Response) -> None:
        self.answers.append((f"{web} {what}", answer.status_code))


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    name = f"beside_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


def is_up(web: str) -> bool:
    try:
        return httpx2.get(f"{web}/sign-in", timeout=10).status_code == 200
    except httpx2.HTTPError:
        return False


def applied(url: str) -> Any:
    database = Database(url)
    with database.read() as tx:
        found = tx.connection.execute("SELECT version_num FROM alembic_version").fetchone()
    database.close()
    return found[0]


@pytest.mark.parametrize("which", [released, migrated_last])
def test_the_release_before_and_this_one_serve_side_by_side(
    postgres_url: str, tmp_path: Path, which: Callable[[], str]
) -> None:
    commit = which()
    old = taken_out(commit, tmp_path / "old")
    there = prepared(old, postgres_url, tmp_path)
    before_all = applied(postgres_url)
    ports = [free_port(), free_port()]
    webs = [f"http://127.0.0.1:{port}" for port in ports]
    places = ["marketplace", "--database", postgres_url, "--data", str(tmp_path / "data")]
    sellers, stage = Sellers(there, webs[:1]), dict[str, int]()

    def at_least(count: int) -> Callable[[], bool]:
        aim = len(sellers.answers) + count
        return lambda: len(sellers.answers) >= aim

    with ExitStack() as new_ones, ThreadPoolExecutor(CLIENTS) as people, started(old, "work", *places):
        with started(old, "serve", *places, "--no-worker", "--port", str(ports[0])) as first:
            done: list[bool] = []
            at_work = [people.submit(sellers.work, lambda: bool(done)) for _ in range(CLIENTS)]
            new_ones.enter_context(started(ROOT, "serve", *places, "--no-worker", "--port", str(ports[1])))
            new_ones.enter_context(started(ROOT, "work", *places))
            assert is_up(webs[1])
            stage["old alone"] = len(sellers.answers)
            sellers.webs[:] = webs
            wait_until(at_least(60))
            stage["both"] = len(sellers.answers)
            sellers.webs[:] = webs[1:]  # as a balancer does: nothing more to the old one, then it is told to end
            wait_until(at_least(CLIENTS * 11))  # what each had begun there
            first.send_signal(signal.SIGTERM)
            assert 0 == first.wait(SECONDS)
            wait_until(at_least(20))
            stage["new alone"] = len(sellers.answers)
            done.append(True)
            for one in at_work:
                one.result(SECONDS)
        kinds = approved(postgres_url, there.returns)
    after_all = applied(postgres_url)
    print(f"{commit[:9]} beside this one, requests answered by then: {stage}")
    asked = [what for what, _ in sellers.answers if what.endswith("approve")]

    assert {} == {what: Counter(got for said, got in sellers.answers if said == what) for what, status in sellers.answers
                  if status != 200}  # fmt: skip
    assert 0 < stage["old alone"] < stage["both"] < stage["new alone"]
    assert {*webs} == {what.split()[0] for what in asked}
    assert {1} == set(kinds.values())
    assert len(kinds) == min(len(asked), len(there.returns))
    assert before_all == heads(commit)["marketplace"] < after_all
    assert 0 == verifying.verify("marketplace", tmp_path / "data", postgres_url)


def wait_until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.05)


def approved(url: str, return_ids: list[int]) -> dict[int, int]:
    """How often each return was approved that was."""
    database = Database(url)
    with database.read() as tx:
        found = {one: [line.kind for line in queries.history(tx, one)].count("Approved") for one in return_ids}
    database.close()
    return {one: count for one, count in found.items() if count}


def test_the_commit_of_the_release_has_its_migrations() -> None:
    """`RELEASED` names schemas; its commit follows from them, and is taken out of history by that."""
    assert re.fullmatch("[0-9a-f]{40,64}", released())
