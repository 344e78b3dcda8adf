"""A house behind PgBouncer in transaction mode: roles, settings and what is prepared never stay on a server's connection (D28, D35)."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from backhaul.kit import migrations
from backhaul.kit.database import ConnectionLost, Database, DatabaseError, ReadOnly, Statement, Tx, transaction
from backhaul.kit.desk import Errand
from backhaul.marketplace import queries, tables
from backhaul.marketplace.rules.words import Status
from tests import templates
from tests.bouncer import Bouncer, bouncing
from tests.marketplace.cast import KETTLE, THROW, market
from tests.postgres import Postgres

pytestmark = pytest.mark.slow

WHO = Statement(sa.text("SELECT current_user, current_setting('synchronous_commit'), "
                        "current_setting('transaction_read_only'), current_setting('transaction_isolation')"))  # fmt: skip
DESK, READER = ("backhaul_desk", "on", "off", "read committed"), ("backhaul_reader", "on", "repeatable read")
INSERT_POINT = Statement(tables.points.insert())
READERS, LOOKS = 8, 60


@pytest.fixture
def bouncer(postgres_server: Postgres) -> Iterator[Bouncer]:
    with bouncing(postgres_server) as running:
        yield running


@pytest.fixture
def name(postgres_server: Postgres) -> Iterator[str]:
    made = f"pooled_{uuid.uuid4().hex}"
    postgres_server.create_database(made)
    templates.fill(postgres_server.url(made), "backhaul.marketplace", tables.metadata)
    yield made
    postgres_server.drop_database(made)


def test_everybody_has_their_role_in_every_transaction_however_the_connections_go_round(
    bouncer: Bouncer, name: str, tmp_path: Path
) -> None:
    """Eight readers and the desk on two connections of the server, at once; and a return on every way it can go."""
    with market(bouncer.url(name), tmp_path) as shop:
        office, wrote, read = shop.office, list[tuple[str, ...]](), list[tuple[str, ...]]()

        def look(tx: Tx) -> tuple[str, ...]:
            row = tx.one(WHO)
            assert row is not None
            return tuple(map(str, row))

        def write() -> None:
            for _ in range(LOOKS):
                office.desk.perform_now(Errand(lambda tx, _: wrote.append(look(tx))))

        def looks() -> None:
            for _ in range(LOOKS):
                with office.database.read() as tx:
                    found = look(tx)
                    read.append((found[0], *found[2:]))

        everybody = [threading.Thread(target=run) for run in (write, *[looks] * READERS)]
        for one in everybody:
            one.start()
        for one in everybody:
            one.join(60)
        partly = [shop.in_status(Status.REFUNDED_WITHOUT_RETURN, THROW), shop.in_status(Status.AT_PARTNER, KETTLE)]
        found = [shop.now_is(one).status for one in partly]
        with office.database.read() as tx, pytest.raises(ReadOnly):
            tx.run(INSERT_POINT, id="P", kind="pickup", address="Moscow")
        while office.tick():
            pass
        with office.database.read() as tx:
            replayed = [queries.replay(tx, one) for one in partly]

    assert {DESK} == set(wrote)
    assert {READER} == set(read)
    assert (LOOKS, LOOKS * READERS) == (len(wrote), len(read))
    assert [Status.REFUNDED_WITHOUT_RETURN, Status.AT_PARTNER] == found
    assert [True, True] == [chained for _, chained in replayed]


def test_a_house_migrates_from_nothing_through_the_pooler(bouncer: Bouncer, postgres_server: Postgres) -> None:
    empty = f"pooled_{uuid.uuid4().hex}"
    postgres_server.create_database(empty)
    database = Database(bouncer.url(empty))
    migrations.upgrade(database, "backhaul.marketplace", tables.metadata)
    with database.read() as tx:
        tx.only_of("seller", "1")
        held = tx.rows(Statement(sa.select(tables.returns.c.id)))
    with database.read() as tx:
        again = tx.one(WHO)
    database.close()
    postgres_server.drop_database(empty)

    assert [] == held
    assert again is not None
    assert "backhaul_reader" == again[0]


def test_what_a_transaction_set_is_gone_for_the_next_client(bouncer: Bouncer, name: str, tmp_path: Path) -> None:
    with market(bouncer.url(name), tmp_path) as shop:
        shop.in_status(Status.APPROVED)
    with psycopg.connect(host=str(bouncer.home), user="postgres", dbname=name, autocommit=True) as stranger:
        stranger.prepare_threshold = None
        seen = {
            stranger.execute("SELECT current_user, count(*) FROM pg_prepared_statements").fetchone() for _ in range(20)
        }

    assert {("postgres", 0)} == seen


def test_without_the_word_a_house_does_not_begin_behind_a_pooler(bouncer: Bouncer, name: str, tmp_path: Path) -> None:
    """The control: PgBouncer takes no `options`. A house that went on would leave its role to others."""
    with pytest.raises(ConnectionLost, match="options"), market(bouncer.url(name, pooled=False), tmp_path):
        pass


def test_a_writer_whose_connection_to_the_server_went_away_says_so_and_goes_on(
    bouncer: Bouncer, name: str, tmp_path: Path, postgres_server: Postgres
) -> None:
    with market(bouncer.url(name), tmp_path):
        pass
    database = Database(bouncer.url(name))
    writer = database.writer()
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"

    def cut_off() -> None:
        with transaction(writer, database.dialect) as tx:
            with psycopg.connect(host=str(postgres_server.home), user="postgres", dbname="postgres") as admin:
                admin.execute(kill, [name])
            tx.run(INSERT_POINT, id="P", kind="pickup", address="Moscow")

    with pytest.raises(DatabaseError):
        cut_off()
    again = database.writer() if database.is_closed(writer) else writer
    with transaction(again, database.dialect) as tx:
        tx.run(INSERT_POINT, id="P", kind="pickup", address="Moscow")
    with database.read() as tx:
        found = [one.id for one in queries.points(tx)]
    again.close()
    database.close()

    assert ["77-0412", "P"] == sorted(found)
