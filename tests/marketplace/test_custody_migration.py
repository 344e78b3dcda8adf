"""Migration 0006 on a database that has lived: nothing is lost, every row agrees with its events, old dwells are found."""

import importlib.util
import json
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

import backhaul.marketplace
from backhaul.kit.database import Database
from backhaul.kit.days import to_us
from backhaul.marketplace import queries
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import MORNING, market, moscow

SCRIPT = Path(backhaul.marketplace.__file__).parent / "migrations" / "versions" / "0006_custody_at_the_points.py"
STATES = (
    Status.REFUSED_AT_PVZ,
    Status.ACCEPTED_AT_PVZ,
    Status.DISPOSING_BY_MARKETPLACE,
    Status.DISPOSED_BY_MARKETPLACE,
)


def undo(connection: sa.Connection) -> None:
    """The schema and the rows as they were before."""
    for index in ("returns_accepted", "returns_dispatched", "returns_accepted_on_route", "accounts_by_customer"):
        connection.execute(sa.text(f"DROP INDEX {index}"))
    for table, column in (("returns", "accepted_us"), ("returns", "dispatched_us"), ("accounts", "customer_ref")):
        connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
    for return_id, doc in connection.execute(sa.text("SELECT id, doc FROM returns")).all():
        old = {name: value for name, value in json.loads(bytes(doc)).items()
               if name not in {"turned_away", "received", "disposal"}}  # fmt: skip
        connection.execute(
            sa.text("UPDATE returns SET doc = :doc, due_us = NULL WHERE id = :id"),
            {"doc": json.dumps(old).encode(), "id": return_id},
        )


def migrate(connection: sa.Connection) -> None:
    spec = importlib.util.spec_from_file_location("custody", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with Operations.context(MigrationContext.configure(connection)):
        script.upgrade()


def test_a_lived_in_database_is_brought_on(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as before:
        ids = {status: before.in_status(status) for status in STATES}
        rows = {return_id: before.now_is(return_id) for return_id in ids.values()}
    database = Database(database_url)
    engine = database.engine()
    with engine.begin() as connection:
        undo(connection)
        migrate(connection)
    engine.dispose()
    database.close()

    with market(database_url, tmp_path, MORNING + timedelta(days=7)) as after:
        with after.office.database.read() as tx:
            for return_id, row in rows.items():
                assert row == queries.one(tx, return_id)
                assert (row, True) == queries.replay(tx, return_id)
            waiting = queries.waiting_at_point(tx, "77-0412")
        assert [ids[Status.ACCEPTED_AT_PVZ]] == [it.id for it in waiting]
        assert to_us(MORNING) == to_us(waiting[0].accepted_at or MORNING + timedelta(1))
        after.office.desk.sweep()
        with after.office.database.read() as tx:
            happened = queries.history(tx, ids[Status.ACCEPTED_AT_PVZ])
        assert [moscow("2024-09-06 00:00")] == [h.at for h in happened if h.kind == "DwellAlarmed"]
