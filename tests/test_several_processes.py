"""Two web processes and two workers on one PostgreSQL, started together on real ports: nothing lost, nothing done or told twice.

One web is told to end while it works (SIGTERM): what it acknowledged is there, and nobody else is disturbed.
"""

import contextlib
import itertools
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from backhaul import verifying
from backhaul.kit import keys
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement
from backhaul.marketplace import errands, queries, tables
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, KETTLE, MUG
from tests.marketplace.hooks import Hooks, hooks
from tests.postgres import Postgres
from tests.receiving import Receiver, receiving
from tests.test_workers_apart import free_port

pytestmark = pytest.mark.slow

SECONDS = 60
EVENTS = Statement(
    sa.select(tables.telling.events.c.event_id).where(tables.telling.owner_of_event == sa.literal(ANADOLU))
)
LETTERS = Statement(sa.select(tables.journal.outbox.c.id, tables.journal.outbox.c.sent_us))
MAILS = Statement(sa.select(tables.board.mails.c.id, tables.board.mails.c.sent_us))
RETURNS, CLIENTS = 36, 6


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    name = f"several_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


PASSWORD = "a long password"
KNOW = Statement(
    tables.accounts.update()
    .where(tables.accounts.c.login == sa.bindparam("who"))
    .values(password=sa.bindparam("hashed"), email="elif@example.com")
)


class Prepared:
    """What stands in the database before the processes begin."""

    def __init__(self, there: Hooks, partner: Receiver, hook: Receiver) -> None:
        shop = there.shop
        sealed = shop.office.seal.close("whsec_c2VjcmV0IG9mIHRoZSBwYXJ0bmVy")
        url = partner.url.rpartition("/")[0]
        shop.errand(lambda tx, _: errands.register_partner(tx, "partner", "Partner", url, sealed, sealed))
        hashed = keys.hash_password(PASSWORD)
        shop.errand(lambda tx, _: tx.run(KNOW, who="elif", hashed=hashed))
        there.make(hook.url)
        self.key = shop.key()
        self.reviews = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(RETURNS)]
        for _ in range(4):
            shop.in_status(Status.ON_THE_WAY, KETTLE)  # the partner hears of them


@contextlib.contextmanager
def started(commands: list[list[str]]) -> Iterator[list["subprocess.Popen[str]"]]:
    """All at once; told to end at the end, which each must do well and without a word."""
    with contextlib.ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen([sys.executable, "-m", "backhaul.cli", *words], stderr=subprocess.PIPE, text=True)
            )
            for words in commands
        ]
        try:
            for process in running:
                assert process.stderr is not None
                first = process.stderr.readline()
                assert process.poll() is None, first + process.stderr.read()
            yield running
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            said = [process.communicate(timeout=SECONDS)[1] for process in running]
            ends = [(process.returncode, text) for process, text in zip(running, said, strict=True)]
        assert [(0, "")] * len(running) == ends


def until(done: Callable[[], bool]) -> None:
    """Wait for the workers, not longer than half a minute."""
    ends = time.monotonic() + SECONDS / 2
    while not done() and time.monotonic() < ends:
        time.sleep(0.1)


def clients_at_work(webs: list[str], prepared: Prepared, stop: Callable[[], None]) -> dict[int, list[bytes]]:
    """Every return is approved twice under one key, at both webs at once; in the middle of it one web is told to end.

    Who gets no answer asks the other web with the same key. The answers of each return.
    """
    answers: dict[int, list[bytes]] = {}
    turn = itertools.count(1)

    def approve(client: httpx2.Client, return_id: int, first: int) -> bytes:
        for web in itertools.islice(itertools.cycle(webs[first:] + webs[:first]), 40):
            with contextlib.suppress(httpx2.HTTPError):
                answer = client.post(
                    f"{web}/api/v1/returns/{return_id}/approve", json={}, headers={"idempotency-key": f"k{return_id}"}
                )
                if answer.status_code == 200:
                    return answer.content
                assert answer.status_code in {503, 409}, answer.text  # it closes; the same key is being answered there
            time.sleep(0.05)
        raise AssertionError(return_id)

    def work(return_id: int) -> None:
        headers = {"authorization": f"Bearer {prepared.key}"}
        with httpx2.Client(timeout=20, headers=headers) as client, ThreadPoolExecutor(2) as both:
            one, other = (both.submit(approve, client, return_id, first) for first in (0, 1))
            answers[return_id] = [one.result(), other.result()]
        if next(turn) == RETURNS // 2:
            stop()

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(work, prepared.reviews))
    return answers


def signed_in_here_and_there(webs: list[str]) -> list[int]:
    """The form of one web is taken by the other, and the session that it made is known to both."""
    with httpx2.Client(timeout=20) as client:
        form = client.get(f"{webs[0]}/sign-in").text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', form)
        assert token is not None
        sent = {"_csrf_token": token[1], "login": "elif", "password": PASSWORD}
        entered = client.post(f"{webs[1]}/sign-in", data=sent)
        return [entered.status_code, *(client.get(f"{web}/returns").status_code for web in webs)]


def test_two_webs_and_two_workers_lose_nothing_and_tell_everything_once(postgres_url: str, tmp_path: Path) -> None:
    with receiving() as partner, receiving() as hook:
        with hooks(postgres_url, tmp_path, Clock().now()) as there:
            prepared = Prepared(there, partner, hook)
        ports = [free_port(), free_port()]
        webs = [f"http://127.0.0.1:{port}" for port in ports]
        places = ["marketplace", "--database", postgres_url, "--data", str(tmp_path / "data")]
        inside = ["--webhooks-into", "127.0.0.0/8"]
        commands = [["serve", *places, "--no-worker", "--port", str(port)] for port in ports]
        commands += [["work", *places, *inside]] * 2
        database = Database(postgres_url)

        def told(statement: Statement) -> list[tuple[Any, ...]]:
            with database.read() as tx:
                return tx.rows(statement)

        def is_quiet() -> bool:
            waits = [row for statement in (LETTERS, MAILS) for row in told(statement) if row[1] is None]
            return not waits and len({got.id for got in hook.got}) >= len(told(EVENTS))

        with started(commands) as (first, *_):
            entered = signed_in_here_and_there(webs)
            answers = clients_at_work(webs, prepared, lambda: first.send_signal(signal.SIGTERM))
            until(is_quiet)
            assert 0 == first.wait(SECONDS)
        with database.read() as tx:
            approved = {one: [line.kind for line in queries.history(tx, one)].count("Approved") for one in answers}
        events, letters, mails = (told(statement) for statement in (EVENTS, LETTERS, MAILS))
        database.close()

    assert [303, 200, 200] == entered
    assert dict.fromkeys(prepared.reviews, 1) == approved
    assert all(one == other for one, other in answers.values())
    assert Counter(row[0] for row in events) == Counter(got.id for got in hook.got)
    assert Counter(row[0] for row in letters) == Counter(got.id for got in partner.got)
    assert 4 <= len(letters)
    assert len(mails) == len(list((tmp_path / "data" / "mail").glob("*.eml")))
    assert 0 == verifying.verify("marketplace", tmp_path / "data", postgres_url)
