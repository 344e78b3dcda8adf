"""`backhaul marketplace export-returns`: all returns in one file, the same in each format and on both databases."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import sqlalchemy as sa
from rich.console import Console
from sqlalchemy import bindparam

from backhaul import exporting
from backhaul.kit.cells import inert
from backhaul.kit.database import Statement
from backhaul.marketplace import tables
from backhaul.marketplace.rules.words import Status
from tests.kit.test_spreadsheets import NAMES, sheets, shown
from tests.marketplace.cast import Market, market

# What sellers may call an article, and what stands in the file instead.
OFFERS = {"MUG-1": "MUG-1", "=1+1": "'=1+1", "a;=2": "a;'=2", "毛毯": "毛毯", '-ÖL, "x"': '\'-ÖL, "x"', "": ""}
_r = tables.returns.c
RENAME = Statement(tables.returns.update().where(_r.id == bindparam("one")).values(offer_id=bindparam("to")))
DATED = Statement(sa.select(_r.number, _r.requested_us).order_by(_r.id))


def rename(shop: Market, one: int, offer: str) -> None:
    shop.errand(lambda tx, _: tx.run(RENAME, one=one, to=offer))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        for offer in OFFERS:
            one = opened.in_status(Status.SELLER_REVIEW)
            rename(opened, one, offer)
        yield opened


def exported(database_url: str, target: Path) -> tuple[int, str]:
    said = io.StringIO()
    return exporting.run(target, target.parent, database_url, Console(file=said, width=200)), said.getvalue()


def test_every_format_tells_the_same(shop: Market, database_url: str, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"all.{kind}" for kind in ("csv", "xlsx", "parquet")}
    codes = [exported(database_url, file)[0] for file in files.values()]
    [header, *rows] = list(csv.reader(io.StringIO(files["csv"].read_text(), newline="")))
    (sheet,) = sheets(ZipFile(files["xlsx"]))
    of_people = [[shown(c) or c.findtext("m:v", "", NAMES) for c in row] for row in sheet.iterfind(".//m:row", NAMES)]
    of_programs: list[dict[str, Any]] = pq.read_table(files["parquet"]).to_pylist()
    with shop.office.database.read() as tx:
        dated = tx.rows(DATED)

    assert [0, 0, 0] == codes
    assert list(OFFERS.values()) == [row[header.index("offer_id")] for row in rows]
    assert list(OFFERS) == [row["offer_id"] for row in of_programs]
    assert "customer_ref" not in header
    assert header == of_people[0] == list(of_programs[0])
    assert [number for number, _ in dated] == [row[0] for row in rows] == [row[0] for row in of_people[1:]]
    for (_, requested_us), row, typed in zip(dated, rows, of_programs, strict=True):
        at = datetime.fromtimestamp(requested_us // 1_000_000, UTC)
        assert at.strftime("%Y-%m-%dT%H:%M:%SZ") == row[header.index("requested_at")]
        assert requested_us == int(typed["requested_at"].timestamp()) * 1_000_000 + typed["requested_at"].microsecond
        assert str(typed["price_minor"]) == row[header.index("price_minor")]
        assert "seller_review" == row[header.index("status")] == typed["status"]
        assert (None, "") == (typed["dispatched_at"], row[header.index("dispatched_at")])


def test_what_cannot_be_written_leaves_no_file(shop: Market, database_url: str, tmp_path: Path) -> None:
    del shop
    wrong, said = exported(database_url, tmp_path / "all.doc")
    nowhere, _ = exported(database_url, tmp_path / "no folder" / "all.csv")
    empty, told = exported("", tmp_path / "elsewhere.csv")

    assert (2, 2) == (wrong, nowhere)
    assert ".csv, .xlsx, .parquet" in said
    if not (tmp_path / "marketplace.db").exists():
        assert (2, True) == (empty, "there is no marketplace" in told)
    assert [] == list(tmp_path.glob("*.part"))


def test_the_database_words_texts_as_the_other_files_do(shop: Market, database_url: str, tmp_path: Path) -> None:
    del shop
    exported(database_url, tmp_path / "all.csv")
    [header, *rows] = list(csv.reader(io.StringIO((tmp_path / "all.csv").read_text(), newline="")))

    assert [inert(offer) for offer in OFFERS] == [row[header.index("offer_id")] for row in rows]
