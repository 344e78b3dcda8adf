"""A reading transaction sees one moment on either database, however many looks it takes."""

import sqlalchemy as sa

from backhaul.kit.database import Database, Statement, transaction
from backhaul.marketplace import tables as t
from tests import templates

COUNT = Statement(sa.select(sa.func.count()).select_from(t.reconciliations))
INSERT = Statement(t.reconciliations.insert())


def test_what_is_committed_meanwhile_shows_to_the_next_reader_only(database_url: str) -> None:
    templates.fill(database_url, "backhaul.marketplace", t.metadata)
    database = Database(database_url)
    writer = database.writer()

    with database.read() as first:
        looks = [first.one(COUNT)]
        with transaction(writer, database.dialect) as tx:
            tx.run(INSERT, name="books", day="2024-09-02", after=0, unit="", done_us=None)
        with database.read() as later:
            looks += [first.one(COUNT), later.one(COUNT)]
    writer.close()
    database.close()

    assert [(0,), (0,), (1,)] == looks
