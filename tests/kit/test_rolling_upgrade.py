"""A release works on the schema of the next one: every migration since the last release only adds what statements of before need not know.

So processes of both run side by side while one after the other is ended (N-1 beside N). What must take away or tighten does it one
release after nobody uses it any more, and says here that it does.
"""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from backhaul.kit import migrations
from backhaul.kit.database import Database, Statement
from tests import templates
from tests.kit.test_migrations import scripts
from tests.kit.test_schema_of_notices import TABLES, migrate
from tests.postgres import Postgres

# The newest migration of the release before: what follows must bear its statements.
RELEASED = {"marketplace": "0035", "partner": "0034"}
# Revisions that take away what the release before has stopped using, each with why that is so.
CONTRACTED: dict[tuple[str, str], str] = {}


def shape(database: Database) -> dict[str, Any]:
    """Columns and uniqueness of every table, as the database itself tells them."""
    engine = database.engine()
    look = sa.inspect(engine)
    found = {
        table: {
            "columns": {column["name"]: column for column in look.get_columns(table)},
            "unique": {
                *(tuple(one["column_names"]) for one in look.get_unique_constraints(table)),
                *(tuple(map(str, one["column_names"])) for one in look.get_indexes(table) if one["unique"]),
            },
            "checks": {str(one["sqltext"]) for one in look.get_check_constraints(table)},
        }
        for table in look.get_table_names()
    }
    engine.dispose()
    return found


def faults(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What a statement of the release before could meet: a missing table or column, another type, a value that it does not give."""
    for table, was in before.items():
        if table not in after:
            yield f"{table} is gone"
            continue
        now = after[table]
        for name, column in was["columns"].items():
            if name not in now["columns"]:
                yield f"{table}.{name} is gone"
            elif str(now["columns"][name]["type"]) != str(column["type"]):
                yield f"{table}.{name} has another type"
            elif column["nullable"] and not now["columns"][name]["nullable"]:
                yield f"{table}.{name} must be given now"
        for name, column in now["columns"].items():
            if name not in was["columns"] and not column["nullable"] and column["default"] is None:
                yield f"{table}.{name} is new and has no default"
        yield from (f"{table} is unique by {', '.join(one)} now" for one in now["unique"] - was["unique"])
        yield from (f"{table} is checked for {one} now" for one in now["checks"] - was["checks"])


@pytest.mark.parametrize("house", TABLES)
def test_every_migration_since_the_release_bears_the_statements_of_before(database_url: str, house: str) -> None:
    """From the newest schema back, a step at a time."""
    templates.fill(database_url, f"backhaul.{house}", TABLES[house].metadata)
    database = Database(database_url)
    later = [one.revision for one in scripts(house).walk_revisions() if one.revision > RELEASED[house]]
    found: list[str] = []
    after = shape(database) if later else {}
    for revision in later:
        migrate(database, house, command.downgrade, "-1")
        before = shape(database)
        if (house, revision) not in CONTRACTED:
            found += [f"{revision}: {fault}" for fault in faults(before, after)]
        after = before
    database.close()

    assert [] == found
    assert {revision for known, revision in CONTRACTED if known == house} <= set(later)


def test_a_migration_gives_its_tables_back_when_it_would_have_to_wait_for_another(postgres_server: Postgres) -> None:
    """A look that stays open keeps the migration from a table: who asks for another table meanwhile is answered, and at last it is done."""
    name = f"given_back_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    database = Database(postgres_server.url(name))
    tables = TABLES["marketplace"]
    templates.fill(postgres_server.url(name), "backhaul.marketplace", tables.metadata)
    migrate(database, "marketplace", command.downgrade, "0037")  # the next script changes many tables
    newest = scripts("marketplace").get_current_head()
    with ThreadPoolExecutor(1) as beside:
        with database.read() as tx:
            tx.rows(Statement(sa.select(tables.board.notices.c.id)))  # one of them
            going = beside.submit(migrations.upgrade, database, "backhaul.marketplace", tables.metadata)
            for _ in range(10):
                begun = time.monotonic()
                with database.read() as other:
                    other.rows(Statement(sa.select(tables.sellers.c.id, tables.api_keys.c.public_id)))
                assert time.monotonic() - begun < 2
                time.sleep(0.1)
            assert not going.done()
        going.result(60)
    with database.read() as tx:
        applied = tx.rows(migrations.APPLIED)
    database.close()
    postgres_server.drop_database(name)

    assert [(newest,)] == applied


def column(kind: str = "TEXT", *, nullable: bool = False, default: str | None = None) -> dict[str, Any]:
    return {"type": kind, "nullable": nullable, "default": default}


def table(unique: tuple[tuple[str, ...], ...] = (), checks: tuple[str, ...] = (), **columns: Any) -> dict[str, Any]:
    return {"columns": columns, "unique": set(unique), "checks": set(checks)}


BEFORE = {"t": table(a=column(), b=column(nullable=True)), "u": table(a=column())}


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (BEFORE, []),
        ({**BEFORE, "v": table(a=column())}, []),
        ({**BEFORE, "u": table(a=column(), c=column(nullable=True))}, []),
        ({**BEFORE, "u": table(a=column(), c=column(default="''"))}, []),
        ({**BEFORE, "u": table(a=column(nullable=True))}, []),
        ({**BEFORE, "u": table(a=column(), c=column())}, ["u.c is new and has no default"]),
        ({"t": BEFORE["t"]}, ["u is gone"]),
        ({**BEFORE, "u": table()}, ["u.a is gone"]),
        ({**BEFORE, "u": table(a=column("BIGINT"))}, ["u.a has another type"]),
        ({**BEFORE, "t": table(a=column(), b=column())}, ["t.b must be given now"]),
        ({**BEFORE, "u": table((("a",),), a=column())}, ["u is unique by a now"]),
        ({**BEFORE, "u": table((), ("a > 0",), a=column())}, ["u is checked for a > 0 now"]),
    ],
)
def test_what_an_older_statement_would_meet_is_told(after: dict[str, Any], told: list[str]) -> None:
    """The check itself, case by case."""
    assert told == list(faults(BEFORE, after))
