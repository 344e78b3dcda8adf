"""A house whose program ends in the middle of its work: the database refuses to take a row of some table for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from backhaul.kit.database import Database

PUT_UP = {
    "sqlite": ("CREATE TRIGGER cut_off BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'cut off'); END",),
    "postgresql": (
        "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut off'; END $$",
        "CREATE TRIGGER cut_off BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION cut_off()",
    ),
}
TAKE_DOWN = {"sqlite": ("DROP TRIGGER cut_off",), "postgresql": ("DROP FUNCTION cut_off() CASCADE",)}


@contextmanager
def cut_off_before(database: Database, table: str) -> Iterator[None]:
    """What would write into this table breaks off there."""
    _run(database, [one.format(table=table) for one in PUT_UP[database.dialect]])
    try:
        yield
    finally:
        _run(database, TAKE_DOWN[database.dialect])


def _run(database: Database, statements: "list[str] | tuple[str, ...]") -> None:
    engine = database.engine()
    with engine.begin() as connection:
        for one in statements:
            connection.execute(sa.text(one))
    engine.dispose()
