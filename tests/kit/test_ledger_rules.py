"""MNY-1, MNY-9: what the ledger refuses by itself, tried by SQL with the connection that the desk writes with."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import make_url

from backhaul.kit.database import (
    DESK_ROLE,
    READER_ROLE,
    Database,
    DatabaseError,
    Duplicate,
    ReadOnly,
    Statement,
    transaction,
)
from backhaul.kit.migrations import upgrade
from tests import postgres, templates
from tests.kit.test_schema_of_notices import TABLES

KEPT = ("events", "entries")
INSERT = "INSERT INTO entries (cause, case_id, seq, debit, credit, amount_minor, currency, at_us) VALUES "
EVENT = (
    "INSERT INTO events (case_id, seq, kind, data, at_us, recorded_us, role, actor, request_id, hash) "
    "VALUES (17, 3, 'RefundSent', '{}', 1, 1, 'support', 'marina', '', '')"
)
PAID = "('refund:17:1', 17, 3, 'liability:refunds', 'asset:bank', 1240000, 'RUB', 1)"
BOTH = pytest.mark.parametrize("house", TABLES)


@pytest.fixture
def ledger(database_url: str, house: str) -> Iterator[Database]:
    """A house's database with one event and the entry that follows from it."""
    templates.fill(database_url, f"backhaul.{house}", TABLES[house].metadata)
    database = Database(database_url)
    tried(database, EVENT, INSERT + PAID)
    yield database
    database.close()


def tried(database: Database, *statements: str) -> None:
    """SQL in one transaction of a writing connection."""
    connection = database.writer()
    try:
        with transaction(connection, database.dialect) as tx:
            for statement in statements:
                tx.run(Statement(sa.text(statement.replace(":", r"\:"))))
    finally:
        connection.close()


def rows(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as tx:
        return tx.rows(Statement(sa.text("SELECT cause, debit, credit, amount_minor, currency FROM entries")))


UNBALANCED = {
    "nothing": "('x', 17, 3, 'a', 'b', 0, 'RUB', 1)",
    "less than nothing": "('x', 17, 3, 'a', 'b', -1, 'RUB', 1)",
    "one account only": "('x', 17, 3, 'a', 'a', 1, 'RUB', 1)",
    "no account to take from": "('x', 17, 3, 'a', '', 1, 'RUB', 1)",
    "no account to give to": "('x', 17, 3, NULL, 'a', 1, 'RUB', 1)",
    "no currency": "('x', 17, 3, 'a', 'b', 1, '', 1)",
    "no event": "('x', 17, 4, 'a', 'b', 1, 'RUB', 1)",
    "another case's event": "('x', 18, 3, 'a', 'b', 1, 'RUB', 1)",
}


@BOTH
@pytest.mark.parametrize("values", UNBALANCED.values(), ids=UNBALANCED)
def test_an_entry_that_is_unbalanced_or_follows_from_nothing_is_not_written(ledger: Database, values: str) -> None:
    before = rows(ledger)

    with pytest.raises(DatabaseError):
        tried(ledger, INSERT + values)

    assert before == rows(ledger)


DOUBLE = {
    "the same cause": PAID,
    "the same cause for less": PAID.replace("1240000", "1"),
    "the same movement by another name": PAID.replace("refund:17:1", "refund:17:1:again"),
    "more of the same movement": PAID.replace("refund:17:1", "more").replace("1240000", "1"),
}


@BOTH
@pytest.mark.parametrize("values", DOUBLE.values(), ids=DOUBLE)
def test_nothing_is_entered_twice(ledger: Database, values: str) -> None:
    with pytest.raises(Duplicate):
        tried(ledger, INSERT + values)

    assert [("refund:17:1", "liability:refunds", "asset:bank", 1_240_000, "RUB")] == rows(ledger)


@BOTH
def test_what_follows_from_no_case_needs_no_event(ledger: Database) -> None:
    """Invoices and payments of the partner: their cases are below 1, their causes are unique all the same."""
    tried(ledger, INSERT + "('payment:9', -9, 0, 'bank', 'receivable:seller:1', 5, 'CNY', 1)")

    assert 2 == len(rows(ledger))


CHANGED = {
    "an update": "UPDATE {table} SET at_us = 2",
    "an update of nothing": "UPDATE {table} SET at_us = at_us",
    "a deletion": "DELETE FROM {table}",
}


@BOTH
@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("statement", CHANGED.values(), ids=CHANGED)
def test_what_was_written_stays(ledger: Database, table: str, statement: str) -> None:
    with pytest.raises(DatabaseError):
        tried(ledger, statement.format(table=table))

    assert 1 == len(rows(ledger))


@BOTH
def test_an_entry_is_not_replaced_by_way_of_an_insert(ledger: Database) -> None:
    """SQLite's INSERT OR REPLACE deletes what stands in its way, PostgreSQL's ON CONFLICT changes it."""
    replaced = PAID.replace("1240000", "1")
    statement = {
        "sqlite": f"{INSERT.replace('INSERT', 'INSERT OR REPLACE')}{replaced}",
        "postgresql": f"{INSERT}{replaced} ON CONFLICT (cause) DO UPDATE SET amount_minor = 1",
    }[ledger.dialect]

    with pytest.raises(DatabaseError):
        tried(ledger, statement)

    assert [1_240_000] == [row[3] for row in rows(ledger)]


# -- PostgreSQL: the roles --------------------------------------------------------------------------------------------

OWNER, DESK, READER = "house_owner", "house_desk", "house_reader"


class Roles:
    """A house's database whose owner, desk and readers are three logins, as docs/operating.md sets them up."""

    def __init__(self, server: postgres.Postgres, house: str) -> None:
        self.server, self.name = server, f"roles_{house}"
        for role in (OWNER, DESK, READER):
            self.admin(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        for role in (DESK_ROLE, READER_ROLE):
            self.admin(f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        self.admin(f"GRANT {DESK_ROLE} TO {DESK}")
        self.admin(f"GRANT {READER_ROLE} TO {READER}")
        self.admin(f"CREATE DATABASE {self.name} OWNER {OWNER}")
        whole = make_url(server.url(self.name)).set(username=DESK)
        self.url = whole.update_query_dict({"owner": OWNER, "reader": READER}).render_as_string(hide_password=False)

    def admin(self, statement: str) -> None:
        with psycopg.connect(host=str(self.server.home), user="postgres", dbname="postgres", autocommit=True) as c:
            c.execute(sql.SQL(statement))


@pytest.fixture
def roles(postgres_server: postgres.Postgres, house: str) -> Iterator[Database]:
    set_up = Roles(postgres_server, house)
    database = Database(set_up.url)
    upgrade(database, f"backhaul.{house}", TABLES[house].metadata)
    tried(database, EVENT, INSERT + PAID)
    yield database
    database.close()
    postgres_server.drop_database(set_up.name)


ESCAPES = {
    "as it is": (),
    "back to the login": ("RESET ROLE",),
    "as the owner": (f"SET ROLE {OWNER}",),
    "as the database's owner": ("SET SESSION AUTHORIZATION postgres",),
    "with the triggers off": ("SET session_replication_role = replica",),
    "after taking the trigger away": ("RESET ROLE", "ALTER TABLE entries DISABLE TRIGGER ALL"),
    "after dropping the rule": ("RESET ROLE", "DROP TRIGGER entries_guarded ON entries"),
    "after giving itself the right": ("RESET ROLE", f"GRANT ALL ON entries TO {DESK}"),
}
FORGERIES = {
    "update": "UPDATE entries SET amount_minor = 1",
    "delete": "DELETE FROM entries",
    "truncate": "TRUNCATE entries",
    "unbalanced": INSERT + UNBALANCED["one account only"],
    "from nothing": INSERT + UNBALANCED["no event"],
    "double": INSERT + DOUBLE["the same movement by another name"],
}


def escaped(connection: Any, escape: tuple[str, ...], forgery: str) -> str:
    """What the database says to an attempt, "" when it lets it through. Whatever is allowed of the escape is done."""
    for statement in escape:
        try:
            connection.execute(statement)
        except psycopg.Error:
            continue
    try:
        connection.execute(forgery)
    except psycopg.Error as error:
        return str(error)
    return ""


@BOTH
def test_no_sql_of_the_desks_login_forges_the_ledger(roles: Database) -> None:
    let_through = []
    for name, escape in ESCAPES.items():
        for what, forgery in FORGERIES.items():
            connection = roles.writer()
            answer = escaped(connection, escape, forgery)
            connection.close()
            let_through += [] if answer else [(name, what)]

    assert [] == let_through
    assert [1_240_000] == [row[3] for row in rows(roles)]


@BOTH
def test_no_sql_of_the_readers_login_writes(roles: Database) -> None:
    """`default_transaction_read_only` can be undone by plain SQL, a login without a grant cannot (D35)."""
    answers = []
    for escape in ("RESET ROLE", f"SET ROLE {DESK_ROLE}", f"SET ROLE {OWNER}"):
        with roles.read() as tx:
            tx.connection.execute("ROLLBACK")
            tx.connection.execute("SET default_transaction_read_only = off")
            answers.append(escaped(tx.connection, (escape,), "INSERT INTO answers SELECT * FROM answers"))
            tx.connection.execute("BEGIN")

    assert [True] * 3 == ["permission denied" in answer for answer in answers]


@BOTH
def test_the_desks_login_still_does_its_work(roles: Database) -> None:
    """The rules forbid forgeries, not work: letters are changed and sessions deleted."""
    tried(
        roles,
        EVENT.replace("(17, 3", "(17, 4"),
        INSERT + PAID.replace("refund:17:1", "refund:17:2").replace("17, 3", "17, 4"),
        "UPDATE outbox SET tries = tries + 1",
        "DELETE FROM sessions",
    )

    assert 2 == len(rows(roles))


@BOTH
def test_without_logins_of_their_own_desk_and_readers_have_only_their_roles(
    postgres_server: postgres.Postgres, house: str
) -> None:
    """One login for everything: the desk's role owns nothing as long as nobody says RESET ROLE."""
    name = f"one_login_{house}"
    postgres_server.create_database(name)
    database = Database(postgres_server.url(name))
    upgrade(database, f"backhaul.{house}", TABLES[house].metadata)
    tried(database, EVENT, INSERT + PAID)
    for forgery in FORGERIES.values():
        with pytest.raises(DatabaseError):
            tried(database, forgery)
    with pytest.raises(ReadOnly), database.read() as tx:
        tx.run(Statement(sa.text("DELETE FROM sessions")))
    database.close()
    postgres_server.drop_database(name)
