"""A report streams: however many returns, the process that makes it stays small (deliver 7 of issue 3)."""

import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, transaction
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, Market, market

MIB_MAX = 128
CHUNK_ROWS = 5_000
_e = t.journal.events.c
COPY_EVENTS = Statement(
    t.journal.events.insert().from_select(
        [c.name for c in _e],
        sa.select(t.returns.c.id, *[c for c in _e if c.name != "case_id"]).where(
            _e.case_id == bindparam("original"), t.returns.c.id > bindparam("original")
        ),
    )
)
ORIGINAL = Statement(sa.select(*t.returns.c).where(t.returns.c.id == bindparam("original")))
INSERT = Statement(t.returns.insert())


def copy(opened: Market, original: int, count: int) -> None:
    """Copies of one return that really came about, with its events; three at a time were requested in one microsecond."""
    database = opened.office.database
    with database.read() as tx:
        row = tx.one(ORIGINAL, original=original)
    assert row is not None
    values = dict(zip(t.returns.c.keys(), row, strict=True))
    doc = bytes(values["doc"]).decode()
    connection = database.writer()
    for chunk in chunks(count):
        with transaction(connection, database.dialect) as tx:
            tx.many(INSERT, [
                {
                    **values, "id": original + n, "number": f"R-{original + n}",
                    "requested_us": values["requested_us"] + n // 3,
                    "doc": doc.replace(str(original), str(original + n)).encode(),
                }
                for n in chunk
            ])  # fmt: skip
    with transaction(connection, database.dialect) as tx:
        tx.run(COPY_EVENTS, original=original)
    connection.close()


def chunks(count: int) -> Iterator[range]:
    for start in range(1, count, CHUNK_ROWS):
        yield range(start, min(start + CHUNK_ROWS, count))


def made(opened: Market, url: str, data: Path, kind: str) -> dict[str, Any]:
    """The report, made by a process of its own."""
    opened.office.close()
    script = Path(__file__).parent / "large_report.py"
    command = [sys.executable, str(script), url, str(data), str(ANADOLU), kind]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    answer: dict[str, Any] = json.loads(told.stdout)
    print(kind, answer)
    return answer


def read_csv(path: str) -> Iterator[str]:
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            assert row["disposal_certificate"] == f"DC-{row['request_id']}"
            assert row["finished_at"]
            yield row["return_number"]


def read_xlsx(path: str) -> Iterator[str]:
    with zipfile.ZipFile(path) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
        rest = b""
        while part := sheet.read(1 << 20):
            *rows, rest = (rest + part).split(b"<row ")
            for row in rows:
                if b"<t>R-" in row:
                    yield row.split(b"<t>")[1].split(b"<")[0].decode()
        yield rest.split(b"<t>")[1].split(b"<")[0].decode()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("count", [8_000, pytest.param(200_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_a_report_of_many_returns_streams_in_little_memory(
    count: int, kind: str, database_url: str, tmp_path: Path
) -> None:
    with market(database_url, tmp_path) as opened:
        original = opened.in_status(Status.DISPOSED_BY_MARKETPLACE)
        copy(opened, original, count)
        answer = made(opened, database_url, tmp_path / "data", kind)

    assert (True, count) == (answer["ready"], answer["found"])
    assert answer["peak_kib"] < MIB_MAX * 1024
    numbers = list((read_csv if kind == "csv" else read_xlsx)(answer["file"]))
    assert [f"R-{original + n}" for n in range(count)] == numbers  # each once, in the order of the requests
