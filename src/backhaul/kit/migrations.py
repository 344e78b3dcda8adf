"""Bring a database to the newest schema: each house has its own Alembic scripts under `migrations/`."""

import time
from functools import cache
from importlib.resources import as_file, files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backhaul.kit import row_owners
from backhaul.kit.database import DESK_ROLE, READER_ROLE, Database, Statement, Tx

APPLIED = Statement(sa.select(sa.column("version_num")).select_from(sa.table("alembic_version")).limit(10))

START_LOCK = 6_283_185  # any number that nothing else locks
# Shorter than the second after which PostgreSQL looks for a deadlock: whoever meets with a migration waits, and is not its victim.
LOCK_MS, TRIES, PAUSE_SECONDS = 300, 100, 0.2
LOCK_NOT_AVAILABLE = "55P03"


def upgrade(database: Database, package: str, metadata: sa.MetaData) -> None:
    """Run the scripts of `package` up to head; then say what the roles of desk and readers may (PostgreSQL).

    Beside processes at work a script does not wait long for a table while it holds others: it gives all of them back, and
    begins again. After many tries it waits as long as it takes.
    """
    engine = database.engine()
    for left in range(TRIES, -1, -1):
        try:
            with as_file(files(package) / "migrations") as scripts, engine.begin() as connection:
                if database.dialect == "postgresql":
                    # Of processes that start together one migrates; the others wait for its commit.
                    connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({START_LOCK})"))
                    connection.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_MS if left else 0}"))
                _upgrade(connection, str(scripts), metadata)
            break
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            time.sleep(PAUSE_SECONDS)
    engine.dispose()


def _upgrade(connection: sa.Connection, scripts: str, metadata: sa.MetaData) -> None:
    heads = MigrationContext.configure(connection).get_current_heads()
    if heads != _heads(scripts) and not is_later(scripts, heads):
        config = _config(scripts)
        config.attributes["connection"] = connection
        config.attributes["metadata"] = metadata
        command.upgrade(config, "head")
    if connection.dialect.name == "postgresql":
        _grant(connection, metadata)


def is_behind(tx: Tx, package: str) -> bool:
    """Whether the schema lacks a script of this program. One that has a script which we do not know is ahead of us."""
    with as_file(files(package) / "migrations") as scripts:
        known, heads = _revisions(str(scripts)), set(_heads(str(scripts)))
    applied = {str(row[0]) for row in tx.rows(APPLIED)}
    return not heads <= applied and applied <= known


def _config(scripts: str) -> Config:
    config = Config()
    config.set_main_option("script_location", scripts)
    return config


@cache
def _heads(scripts: str) -> tuple[str, ...]:
    """The newest script; they are all read for it, once."""
    return tuple(ScriptDirectory.from_config(_config(scripts)).get_heads())


def is_later(scripts: str, heads: tuple[str, ...]) -> bool:
    """Whether a database is ahead of these scripts: a later release migrated it while this one still runs (N-1 beside N)."""
    known = _revisions(scripts)
    return bool(heads) and all(head not in known and head > max(known) for head in heads)


@cache
def _revisions(scripts: str) -> frozenset[str]:
    """All scripts that we know."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(_config(scripts)).walk_revisions())


# Tables that a trigger of `append_only` keeps: the role of the desk gets no grant to change or delete there.
KEPT = sa.text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only'")


def _grant(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """The desk's role writes, but only appends where a table is append-only (MNY-9); the readers' role reads (D28, D35).

    Neither owns a table, so neither can switch a trigger off.
    """
    owners = metadata.info.get(row_owners.OWNERS, ())
    row_owners.make_roles(connection, owners)
    for role in (READER_ROLE, DESK_ROLE):
        connection.execute(sa.text(f"GRANT USAGE ON SCHEMA public TO {role}"))
        connection.execute(sa.text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
    connection.execute(sa.text(f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {DESK_ROLE}"))
    connection.execute(sa.text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {DESK_ROLE}"))
    connection.execute(sa.text(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {DESK_ROLE}"))
    row_owners.grant(connection, metadata)
    for table in connection.execute(KEPT).scalars().all():
        connection.execute(sa.text(f"REVOKE UPDATE, DELETE ON {table} FROM {DESK_ROLE}"))


def append_only(connection: sa.Connection, *tables: str) -> None:
    """Forbid updates and deletes of these tables by the database itself (MNY-9). For migration scripts."""
    if connection.dialect.name == "sqlite":
        for table in tables:
            for act in ("UPDATE", "DELETE"):
                connection.execute(
                    sa.text(
                        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                    )
                )
        return
    connection.execute(
        sa.text(
            "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    )
    for table in tables:
        connection.execute(
            sa.text(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION append_only()"
            )
        )
        never_emptied(connection, table)


def never_emptied(connection: sa.Connection, *tables: str) -> None:
    """PostgreSQL only: an append-only table is not truncated either. SQLite has no TRUNCATE."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables:
        connection.execute(
            sa.text(
                f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )
        )


# What the ledger refuses by itself, whoever writes: (what is wrong with NEW, in which words).
NO_ENTRY = (
    ("NEW.amount_minor <= 0", "an entry moves a positive amount"),
    ("NEW.debit = NEW.credit OR NEW.debit = '' OR NEW.credit = ''", "an entry needs two accounts"),
    ("length(NEW.currency) <> 3", "an entry has one currency"),
    (
        "NEW.case_id > 0 AND NOT EXISTS (SELECT 1 FROM events WHERE case_id = NEW.case_id AND seq = NEW.seq)",
        "an entry of a case needs the event that it follows from",
    ),
)


def guard_entries(connection: sa.Connection) -> None:
    """Forbid entries that are unbalanced or follow from nothing, by the database itself (MNY-1). For migration scripts."""
    if connection.dialect.name == "sqlite":
        cases = " ".join(f"WHEN {wrong} THEN RAISE(ABORT, '{words}')" for wrong, words in NO_ENTRY)
        connection.execute(
            sa.text(f"CREATE TRIGGER entries_guarded BEFORE INSERT ON entries BEGIN SELECT CASE {cases} END; END")
        )
        return
    checks = " ".join(f"IF {wrong} THEN RAISE EXCEPTION '{words}'; END IF;" for wrong, words in NO_ENTRY)
    connection.execute(
        sa.text(
            "CREATE OR REPLACE FUNCTION entries_guarded() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {checks} RETURN NEW; END $$"
        )
    )
    connection.execute(
        sa.text(
            "CREATE TRIGGER entries_guarded BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION entries_guarded()"
        )
    )


def leave_entries_unguarded(connection: sa.Connection) -> None:
    """Take `guard_entries` back. For the way down of a migration script."""
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("DROP TRIGGER entries_guarded"))
        return
    connection.execute(sa.text("DROP TRIGGER entries_guarded ON entries"))
    connection.execute(sa.text("DROP FUNCTION entries_guarded()"))
