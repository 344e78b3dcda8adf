"""Whatever is looked for among a million rows is found by an index, on both databases."""

import gc
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import backhaul.marketplace
import backhaul.partner
from backhaul.kit.database import Statement, Tx
from backhaul.partner import loads, orphan_queries, queries
from tests.partner.house import ID, opened

ASKED = {"code": "R-100017", "ids": f"[{ID}]", "most": 50}


def test_no_list_is_compared_with_a_number() -> None:
    """`IN (…) = 1` is the same to a reader and no index to SQLite."""
    for package in (backhaul.marketplace, backhaul.partner):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                importlib.import_module(found.name)
    lists = [text for one in gc.get_objects() if isinstance(one, Statement)
             for text, _ in [one.text("sqlite")] if "json_each" in text]  # fmt: skip

    assert len(lists) > 40  # one for each statement with a list of values
    assert [] == [text for text in lists if ") = 1" in text]


def plan(tx: Tx, statement: Statement, dialect: str, **asked: object) -> str:
    text, constants = statement.text(dialect)
    said = {**constants, **ASKED, **asked}
    if dialect != "sqlite":
        tx.connection.execute("SET enable_seqscan = off")  # of a table with one row, it would be read whole
        return str(tx.connection.execute(f"EXPLAIN {text}", {**said, "ids": [ID]}).fetchall())
    return str(tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", said).fetchall())


@pytest.mark.parametrize(
    "statement", [queries.BY_CODE, loads.LOAD, orphan_queries.BY_CODE], ids=["codes", "parcels", "orphans"]
)
def test_a_scan_finds_its_parcel_by_an_index(statement: Statement, database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as house, house.office.database.read() as tx:
        told = plan(tx, statement, house.office.database.dialect)

    tables = "parcels|parcel_codes|orphans|orphan_codes"
    assert not re.search(rf"SCAN ({tables})|Seq Scan on ({tables})", told)
    assert re.search(rf"SEARCH ({tables}) |Index (Only )?Scan .*on ({tables})", told)
