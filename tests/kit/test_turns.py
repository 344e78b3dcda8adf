"""Several processes on one PostgreSQL: who has a turn, what happens to work that met with another process's, what a late mark may not do."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from backhaul import marketplace
from backhaul.kit import keys, migrations
from backhaul.kit.database import Statement, Tx, transaction
from backhaul.kit.desk import Answer, Errand, Order
from backhaul.kit.rounds import Outcome, mark_of, marking
from backhaul.kit.turns import LEASE, Turns
from backhaul.marketplace import queries, tables
from backhaul.marketplace.access import Known
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ELIF, MUG, Market, market

SECONDS = 20
LOCK_POINT = Statement(sa.select(tables.points.c.id).where(tables.points.c.id == "77-0412").with_for_update())


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


@contextmanager
def neighbour(shop: Market, directory: Path) -> Iterator[Office]:
    """Another process of the same house, as far as the database can tell."""
    url = shop.office.database.url.render_as_string(hide_password=False)
    office = open_office(url, directory / "data", shop.clock)
    office.desk.start()
    try:
        yield office
    finally:
        office.close()


def test_a_round_is_one_workers_until_it_leaves_or_its_lease_runs_out(shop: Market, tmp_path: Path) -> None:
    """On SQLite there is one worker, and nothing to ask."""
    alone = shop.office.database.dialect == "sqlite"
    rounds: list[str] = []
    with neighbour(shop, tmp_path) as other:
        ours, theirs = shop.office.turns, other.turns

        def round_of(turns: Turns, said: str) -> None:
            def work() -> int:
                rounds.append(said)
                return 1

            turns.run("letters", work)

        def both() -> None:
            round_of(ours, "ours")
            round_of(theirs, "theirs")

        both()
        shop.clock.turn(LEASE - timedelta(microseconds=1))
        round_of(theirs, "too early")
        shop.clock.turn(timedelta(microseconds=1))
        round_of(theirs, "after it ran out")
        round_of(ours, "too late")
        theirs.leave()
        both()

    with_others = ["ours", "after it ran out", "ours"]
    everything = ["ours", "theirs", "too early", "after it ran out", "too late", "ours", "theirs"]
    assert (everything if alone else with_others) == rounds


def test_a_renewed_turn_stays_and_costs_no_write_before_a_third_of_it_is_over(shop: Market, tmp_path: Path) -> None:
    if shop.office.database.dialect == "sqlite":
        return
    with neighbour(shop, tmp_path) as other:
        turns = shop.office.turns
        assert 1 == turns.run("letters", lambda: 1)
        first = turns._until["letters"]  # noqa: SLF001 -- what this process knows of its lease
        shop.clock.turn(timedelta(seconds=30))
        assert 1 == turns.run("letters", lambda: 1)
        kept = turns._until["letters"]  # noqa: SLF001
        shop.clock.turn(timedelta(seconds=1))
        assert 1 == turns.run("letters", lambda: 1)
        renewed = turns._until["letters"]  # noqa: SLF001
        shop.clock.turn(timedelta(seconds=80))
        after = other.turns.run("letters", lambda: 1)

    assert (first, first + timedelta(seconds=31)) == (kept, renewed)
    assert 0 == after


def test_two_sweeps_at_once_fire_every_deadline_once(shop: Market, tmp_path: Path) -> None:
    """On SQLite there is one worker, and its second sweep finds nothing."""
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(12)]
    shop.clock.turn(timedelta(days=30))
    with neighbour(shop, tmp_path) as other, ThreadPoolExecutor(2) as both:
        desks = [shop.office.desk, shop.office.desk if shop.office.database.dialect == "sqlite" else other.desk]
        moved = sum(both.map(lambda desk: desk.sweep(5) + desk.sweep(5) + desk.sweep(5), desks))
        with shop.office.database.read() as tx:
            fired = [[line.kind for line in queries.history(tx, one)].count("Approved") for one in ids]

    assert (12, [1] * 12) == (moved, fired)


def test_what_was_sent_stays_sent_whatever_a_slower_worker_says(shop: Market) -> None:
    """Two workers tried one mail; the one whose try came to nothing writes last."""
    now, mails = shop.clock.now(), tables.board.mails
    mark = marking(mails)
    insert, look = Statement(mails.insert()), Statement(sa.select(mails.c.sent_us, mails.c.next_us, mails.c.answer))
    row = {
        "id": "m", "address": "a@example.com", "language": "en", "kind": "x", "case_id": 0, "facts": "{}",
        "written_us": 1, "next_us": 1, "tries": 0, "sent_us": None, "answer": "",
    }  # fmt: skip
    shop.errand(lambda tx, _: tx.run(insert, **row))
    shop.errand(lambda tx, _: tx.many(mark, [mark_of("m", 0, Outcome("250", sent=True), now, 1.0)]))
    with shop.office.database.read() as tx:
        sent = tx.rows(look)
    shop.errand(lambda tx, _: tx.many(mark, [mark_of("m", 0, Outcome("timeout", sent=False), now, 1.0)]))
    with shop.office.database.read() as tx:
        after = tx.rows(look)

    assert sent == after
    assert "250" == after[0][2]


def test_a_key_that_another_process_answers_meanwhile_is_answered_alike(shop: Market) -> None:
    """R96 over two desks: ours found no answer yet, then waited for the row of the other."""
    return_id = shop.in_status(Status.SELLER_REVIEW)
    order = Order(return_id, do.Approve(), Known(ELIF), "k-1", b"same", render=lambda it: f"{it.id}".encode())
    if shop.office.database.dialect == "sqlite":
        first, again = (shop.office.desk.perform_now(order).body for _ in range(2))
        assert first == again
        return
    journal, database = shop.office.house.journal, shop.office.database
    answers: list[Answer] = []
    waiting = threading.Thread(target=lambda: answers.append(shop.office.desk.perform_now(order)))
    other = database.writer()
    with transaction(other, database.dialect) as tx:
        told = {"caller": str(Known(ELIF)), "key": "k-1", "body_hash": b"same", "answer": b"theirs", "at_us": 1}
        journal.write(tx, [], [], [], [told])
        waiting.start()
        waits = Statement(sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                                  "AND datname = current_database()"))  # fmt: skip
        until = threading.Event()
        for _ in range(400):
            with database.read() as looking:
                if (looking.one(waits) or (0,))[0]:
                    break
            until.wait(0.01)
    waiting.join(SECONDS)
    other.close()

    assert [b"theirs"] == [answer.body for answer in answers]
    assert Status.SELLER_REVIEW is shop.now_is(return_id).status


def test_work_that_found_a_row_held_is_tried_again(shop: Market) -> None:
    """40P01 and 55P03: nothing of it was written, so the same again does no harm."""
    if shop.office.database.dialect == "sqlite":
        return
    database, tries = shop.office.database, list[int]()
    other = database.writer()
    other.execute("BEGIN")
    other.execute("SELECT 1 FROM points WHERE id = '77-0412' FOR UPDATE")

    def run(tx: Tx, _: object) -> bytes:
        tries.append(1)
        if len(tries) == 2:
            other.execute("COMMIT")
        tx.connection.execute("SET LOCAL lock_timeout = '20ms'")
        return str(len(tx.rows(LOCK_POINT))).encode()

    answer = shop.office.desk.perform_now(Errand(run))
    other.close()

    assert (b"1", 2) == (answer.body, len(tries))


def test_processes_that_start_together_share_one_seal(tmp_path: Path) -> None:
    """Whoever comes second has the key of the first, whole; no half file is left."""
    made: list[keys.Seal] = []
    ready = threading.Barrier(8)

    def start() -> None:
        ready.wait(SECONDS)
        made.append(keys.Seal(tmp_path / "seal.key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(SECONDS)

    assert 8 == len(made)
    assert {"secret"} == {one.open(made[0].close("secret")) for one in made}
    assert ["seal.key"] == [path.name for path in tmp_path.iterdir()]


def test_a_database_of_a_later_release_is_left_as_it_is(shop: Market, tmp_path: Path) -> None:
    """Rolling upgrade: a process of the release before starts again beside the later one; it changes nothing and works."""
    engine = shop.office.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with neighbour(shop, tmp_path) as other, engine.connect() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
        with other.database.read() as tx:
            points = queries.points(tx)
    engine.dispose()

    assert ["9999"] == found
    assert 1 == len(points)


@pytest.mark.parametrize("heads", [(), ("0001",)])
def test_an_empty_or_older_database_is_not_a_later_one(heads: tuple[str, ...]) -> None:
    scripts = str(Path(marketplace.__path__[0]) / "migrations")

    assert not migrations.is_later(scripts, heads)
    assert migrations.is_later(scripts, ("9999",))
