"""Many rows with one statement: on PostgreSQL over arrays, on SQLite row by row, with the same outcome."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.arrays import over_arrays
from backhaul.kit.database import Database, Duplicate, Statement, Tx, transaction
from backhaul.kit.machine import Refused
from backhaul.partner import tables
from tests import templates

OUTBOX = tables.journal.outbox
INSERT = Statement(OUTBOX.insert())
ALL = Statement(sa.select(*OUTBOX.c).order_by(OUTBOX.c.id))
MARK = Statement(
    OUTBOX.update()
    .where(OUTBOX.c.id == bindparam("letter"), OUTBOX.c.tries == bindparam("seen"))
    .values(tries=bindparam("to_tries"), sent_us=bindparam("at_us")),
    at_once=True,
)


class Topic(StrEnum):
    ODD = "odd"


@pytest.fixture
def tx(database_url: str, tmp_path: Path) -> Iterator[Tx]:
    del tmp_path
    templates.fill(database_url, "backhaul.partner", tables.metadata)
    database = Database(database_url)
    connection = database.writer()
    with transaction(connection, database.dialect) as opened:
        yield opened
    connection.close()
    database.close()


def letter(name: str, **changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "id": name, "receiver": "marketplace", "case_id": 2**40, "seq": 1, "topic": "parcel.decided", "body": b"{}",
        "written_us": 5, "next_us": None, "tries": 0, "sent_us": None, "answer": "",
    }  # fmt: skip
    return {**usual, **changes}


def test_every_value_comes_back_as_it_went_in(tx: Tx) -> None:
    rows = [
        letter("a", body=b"\x00\xff\\'\""),
        letter("b", answer="quotes \" and ' and \\ and {braces}, commas, NULL"),
        letter("c", answer="NULL", next_us=2**62),
        letter("d", topic=Topic.ODD),
        letter("e", answer="Ж 退货 ş\n\t", body=b""),
    ]

    assert 5 == tx.many(INSERT, rows)
    assert rows == [
        {**dict(zip(OUTBOX.c.keys(), row, strict=True)), "body": bytes(row[5])} for row in tx.rows(ALL)
    ]  # fmt: skip


def test_one_row_that_is_there_already_keeps_all_of_them_out(tx: Tx) -> None:
    tx.many(INSERT, [letter("known")])
    with pytest.raises(Duplicate), tx.savepoint():
        tx.many(INSERT, [letter(name) for name in ("a", "b", "known", "c", "d")])

    assert ["known"] == [row[0] for row in tx.rows(ALL)]


def test_what_no_database_holds_is_refused_before_it_is_asked(tx: Tx) -> None:
    for wrong, code in (({"answer": "a\0b"}, "text_unstorable"), ({"case_id": 2**63}, "not_found")):
        with pytest.raises(Refused) as refused:
            tx.many(INSERT, [*(letter(name) for name in "abcd"), letter("e", **wrong)])
        assert code == refused.value.code


def test_rows_that_somebody_else_changed_are_not_counted(tx: Tx) -> None:
    tx.many(INSERT, [letter("a"), letter("b"), letter("c", tries=1), letter("d"), letter("e")])
    marks = [{"letter": name, "seen": 0, "to_tries": 7, "at_us": None if name == "a" else 9} for name in "abcde"]

    assert 4 == tx.many(MARK, marks)
    assert [("a", 7, None), ("b", 7, 9), ("c", 1, None), ("d", 7, 9), ("e", 7, 9)] == [
        (row[0], row[8], row[9]) for row in tx.rows(ALL)
    ]


def test_only_what_was_said_to_be_safe_is_updated_at_once() -> None:
    update = Statement(OUTBOX.update().where(OUTBOX.c.id == bindparam("letter")).values(tries=OUTBOX.c.tries + 1))
    named = Statement(sa.text("INSERT INTO outbox (id) VALUES (:id) ON CONFLICT DO NOTHING"))

    assert "" == update.over_arrays()
    assert "" == over_arrays("DELETE FROM outbox WHERE id = %(id)s", {"id": sa.Text()}, updates=True)
    assert "" == named.over_arrays()
    assert "UPDATE outbox SET tries=rows_of.p_to_tries, sent_us=rows_of.p_at_us FROM unnest(" in MARK.over_arrays()
