"""Many rows by one call: on each database what was given is what is stored, whichever way the rows take."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Text, bindparam

from backhaul.kit.database import Database, Duplicate, Statement, Tx, transaction
from backhaul.marketplace import tables
from tests import templates

TABLE = sa.Table(
    "many_rows", sa.MetaData(),
    Column("id", BigInteger, primary_key=True), Column("key", Text), Column("count", Integer), Column("doc", LargeBinary),
    Column("open", Boolean),
)  # fmt: skip
INSERT = Statement(TABLE.insert())
ROWS = Statement(sa.select(TABLE).order_by(TABLE.c.id))
BY_VERSION = (
    TABLE.update()
    .where(TABLE.c.id == bindparam("row_id"), TABLE.c.count == bindparam("seen"))
    .values(key=bindparam("key"), doc=bindparam("doc"))
)
AT_ONCE, ONE_BY_ONE = Statement(BY_VERSION, once_a_row=True), Statement(BY_VERSION)
ODD: list[dict[str, Any]] = [
    {"id": 1, "key": "plain", "count": 7, "doc": b"\x00\xff{}", "open": True},
    {"id": 2, "key": "quote \" ' back \\ slash", "count": -1, "doc": b"", "open": False},
    {"id": 2**62, "key": "возврат 退货 İade 🛒\n\t", "count": None, "doc": None, "open": None},
]


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    templates.fill(database_url, "backhaul.marketplace", tables.metadata)  # with the roles of a house
    database = Database(database_url)
    engine = database.engine()
    with engine.begin() as connection:
        TABLE.drop(connection, checkfirst=True)
        TABLE.create(connection)
        if database.dialect == "postgresql":
            connection.execute(sa.text("GRANT ALL ON many_rows TO PUBLIC"))
    writer = database.writer()
    with transaction(writer, database.dialect) as opened:
        yield opened
    writer.close()
    database.close()


def stored(tx: Tx) -> list[tuple[Any, ...]]:
    return [(n, key, count, doc, None if flag is None else bool(flag)) for n, key, count, doc, flag in tx.rows(ROWS)]


def test_many_rows_are_stored_as_given(tx: Tx) -> None:
    assert 3 == tx.many(INSERT, ODD)

    assert [tuple(row.values()) for row in ODD] == stored(tx)


def test_more_rows_than_one_statement_takes_are_all_stored(tx: Tx) -> None:
    rows = [{"id": n, "key": str(n), "count": n, "doc": b"%d" % n, "open": None} for n in range(2_500)]

    assert 2_500 == tx.many(INSERT, rows)

    assert [tuple(row.values()) for row in rows] == stored(tx)


@pytest.mark.parametrize("statement", [AT_ONCE, ONE_BY_ONE])
def test_of_many_updates_those_count_that_found_their_version(tx: Tx, statement: Statement) -> None:
    tx.many(INSERT, [{"id": n, "key": "old", "count": n, "doc": b"", "open": None} for n in (1, 2, 3)])

    changed = tx.many(
        statement, [{"row_id": n, "seen": seen, "key": "new", "doc": b"\x01"} for n, seen in ((1, 1), (2, 9), (3, 3))]
    )

    assert 2 == changed
    assert [(1, "new", 1, b"\x01", None), (2, "old", 2, b"", None), (3, "new", 3, b"\x01", None)] == stored(tx)


def test_updates_that_may_touch_one_row_twice_go_one_after_another(tx: Tx) -> None:
    tx.many(INSERT, [{"id": 1, "key": "old", "count": 5, "doc": None, "open": None}])

    tx.many(ONE_BY_ONE, [{"row_id": 1, "seen": 5, "key": key, "doc": None} for key in ("first", "second")])

    assert [(1, "second", 5, None, None)] == stored(tx)


@pytest.mark.parametrize("count", [1, 3])
def test_a_row_that_is_there_already_is_a_duplicate(tx: Tx, count: int) -> None:
    tx.many(INSERT, ODD[:1])

    with pytest.raises(Duplicate), tx.savepoint():
        tx.many(INSERT, ODD[:count])
