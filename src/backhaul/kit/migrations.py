"""Bring a database to the newest schema: each house has its own Alembic scripts under `migrations/`."""

from functools import cache
from importlib.resources import as_file, files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backhaul.kit.database import READER_ROLE, Database


def upgrade(database: Database, package: str, metadata: sa.MetaData) -> None:
    """Run the scripts of `package` up to head; then let the reading role read (PostgreSQL)."""
    engine = database.engine()
    with as_file(files(package) / "migrations") as scripts, engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_heads() != _heads(str(scripts)):
            config = _config(str(scripts))
            config.attributes["connection"] = connection
            config.attributes["metadata"] = metadata
            command.upgrade(config, "head")
        if database.dialect == "postgresql":
            _let_readers_read(connection)
    engine.dispose()


def _config(scripts: str) -> Config:
    config = Config()
    config.set_main_option("script_location", scripts)
    return config


@cache
def _heads(scripts: str) -> tuple[str, ...]:
    """The newest script; they are all read for it, once."""
    return tuple(ScriptDirectory.from_config(_config(scripts)).get_heads())


def _let_readers_read(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            f"DO $$ BEGIN CREATE ROLE {READER_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    )
    connection.execute(sa.text(f"GRANT USAGE ON SCHEMA public TO {READER_ROLE}"))
    connection.execute(sa.text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER_ROLE}"))


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
