"""The export of very many returns: `export-returns` as people run it, and the bare database writing the same columns as they are.

One real return, then copies of its rows. Bare is COPY of the columns on PostgreSQL, a cursor and the csv module on SQLite:
neither words an instant nor looks whether a text could be a formula. Seconds are those inside the process; the memory is
that of the whole command in a process of its own. Before a figure is told, lines and sums of the files are the fixture's.
"""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import sqlalchemy as sa
from rich.console import Console

from backhaul import exporting
from backhaul.kit.database import Database, Statement, Tx, transaction
from backhaul.kit.whole_tables import pieces
from backhaul.marketplace import returns_table, tables
from bench.fixture import PRICE_MINOR, prepare

COPIED_ROWS, ROUNDS = 20_000, 3
QUIET = Console(file=Path(os.devnull).open("w"))  # noqa: SIM115 -- for as long as the process lives
# What the command does, and then its own high-water mark: that of a child is not told apart from its parent's.
APART = """
import re, sys
from backhaul.cli import marketplace
try:
    marketplace(["export-returns", *sys.argv[1:]])
except SystemExit as end:
    if end.code:
        raise
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
KINDS = ("csv", "xlsx", "parquet")


def fill(url: str, data: Path, count: int) -> None:
    """So many returns, all of them copies of one."""
    prepare(url, data, 1)
    database = Database(url)
    with database.read() as tx:
        one, facet = (
            dict(zip(table.c.keys(), tx.rows(Statement(sa.select(*table.c)))[0], strict=True))
            for table in (tables.returns, tables.return_facets)
        )
    connection = database.writer()
    first = one["id"]
    for start in range(1, count, COPIED_ROWS):
        numbers = range(start, min(start + COPIED_ROWS, count))
        with transaction(connection, database.dialect) as tx:
            tx.many(Statement(tables.returns.insert()), [
                {**one, "id": first + n, "number": f"R-{first + n}", "posting_number": f"{10_000_000 + n}-0001-1",
                 "offer_id": f"OF-{n}", "requested_us": one["requested_us"] + n * 1_000_000}
                for n in numbers
            ])  # fmt: skip
            tx.many(Statement(tables.return_facets.insert()), [
                {**facet, "return_id": first + n, "price_minor": PRICE_MINOR + n} for n in numbers
            ])  # fmt: skip
    connection.execute("ANALYZE")
    connection.close()
    database.close()


def bare(tx: Tx, path: Path) -> None:
    """The columns as they are."""
    if tx.dialect == "postgresql":
        text, _ = returns_table.RAW.text(tx.dialect)
        with (
            path.open("wb") as file,
            tx.connection.cursor() as cursor,
            cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv)") as copy,
        ):
            for piece in copy:
                file.write(piece)
        return
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for rows in pieces(tx, returns_table.RAW):
            writer.writerows(rows)


def timed(run: Callable[[], object]) -> float:
    """The seconds that it takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def exported(url: str, path: Path) -> None:
    """The product's export."""
    if exporting.run(path, path.parent, url, QUIET) != 0:
        raise RuntimeError(f"{path} was not written")


def peak_mib(url: str, path: Path) -> float:
    """The memory of the whole command in a process of its own."""
    words = [sys.executable, "-c", APART, str(path), "--database", url]
    said = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return int(said) / 1024


def measured(url: str, root: Path, count: int) -> dict[str, float]:
    """Seconds of each, the best of some turns, and the memory of each kind."""
    took: dict[str, list[float]] = {}
    database = Database(url)
    for _ in range(ROUNDS if count < 500_000 else 1):
        with database.read() as tx:
            took.setdefault("bare", []).append(timed(lambda: bare(tx, root / "bare.csv")))
        for kind in KINDS:
            took.setdefault(kind, []).append(timed(partial(exported, url, root / f"ours.{kind}")))
    database.close()
    prove(root, count)
    found = {name: min(seconds) for name, seconds in took.items()}
    return {**found, **{f"{kind} MiB": peak_mib(url, root / f"apart.{kind}") for kind in KINDS}}


def prove(root: Path, count: int) -> None:
    """Every return is in the files once, with its price."""
    expected = (count, PRICE_MINOR * count + count * (count - 1) // 2)
    with (root / "ours.csv").open(newline="", encoding="utf-8") as file:
        prices = [int(row["price_minor"]) for row in csv.DictReader(file)]
    found = pq.read_table(root / "ours.parquet", columns=["price_minor"]).column(0)
    lines = sum(1 for _ in (root / "bare.csv").open(encoding="utf-8"))
    if not expected == (len(prices), sum(prices)) == (len(found), pc.sum(found).as_py()) or lines != count:
        raise RuntimeError(f"the exports differ from the {expected} of the fixture")
