"""The import of very many orders: `import-orders` into an empty marketplace, and the same rows given to the bare database.

Ours reads the file, judges every cell, tells the bad rows with line, column and reason, and hands in chunks through the desk.
Bare gets the rows as they stand afterwards, already made: COPY into each table on PostgreSQL, executemany on SQLite, with
all indexes and one commit. Before a figure is told, the good lines are there, once, and exactly the bad ones were told.
"""

import csv
import io
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console

from backhaul import importing
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, Tx, transaction
from backhaul.kit.whole_tables import pieces
from backhaul.marketplace import tables
from backhaul.marketplace.office import open_office
from backhaul.marketplace.orders import COLUMNS

BAD_ONE_IN = 10_000
TABLES = (tables.sellers, tables.customers, tables.order_lines, tables.units)


def write(path: Path, count: int, first: int = 10_000_000) -> int:
    """A file of so many lines, two to a posting, numbered from `first`, of 500 sellers; how many of them are bad."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for n in range(count):
            price = f"{100 + n % 9000}.50"
            writer.writerow({
                **dict.fromkeys(COLUMNS, ""), "posting_number": f"{first + n // 2}-0001-1", "line_number": n % 2 + 1,
                "sku": 400_000 + n % 5000, "offer_id": f"OF-{n % 5000}", "name": f"Headset {n % 5000}, wireless",
                "category": "audio", "unit_price": price, "currency": "RUB", "paid_price_rub": price, "weight_kg": "0.350",
                "quantity": 1, "seller_id": 1_000_000 + n // 2 % 500, "seller_country": "CN", "customer_ref": f"C-{n // 2}",
                "customer_email": f"c{n // 2}@example.com", "customer_language": "ru", "ordered_on": "2026-01-01",
                "delivered_at": "2026-01-05 12:00" if n % BAD_ONE_IN == BAD_ONE_IN - 1 else "2026-01-05T12:00:00+03:00",
            })  # fmt: skip
    return count // BAD_ONE_IN


def ours(url: str, data: Path, source: Path, count: int, bad: int) -> float:
    """The product's import; the seconds, without those of making the tables."""
    open_office(url, data, Clock()).close()
    said = io.StringIO()
    began = time.perf_counter()
    importing.run(source, data, url, Console(file=said, width=200))
    seconds = time.perf_counter() - began
    expected = f"{count - bad} order lines are new, 0 were there already, {bad} rows are bad"
    told = said.getvalue().count("The time zone is missing")
    if expected not in said.getvalue() or told > bad or (bad and not told):
        raise RuntimeError(f"the import said {said.getvalue()[-300:]!r}, not {expected!r}")
    return seconds


def bare(url: str, data: Path, origin: str) -> float:
    """The rows of the marketplace at `origin` into an empty one, one table after another; the seconds of giving and committing."""
    open_office(url, data, Clock()).close()
    source, target = Database(origin), Database(url)
    connection, seconds = target.writer(), 0.0
    if target.dialect == "postgresql":
        connection.execute("RESET ROLE")  # COPY FROM is nothing for a role that row-level security holds
    with source.read() as tx, transaction(connection, target.dialect) as into:
        for table in TABLES:
            rows = pieces(tx, Statement(sa.select(*table.c)))
            seconds += _copied(into, table, rows) if target.dialect == "postgresql" else _given(into, table, rows)
        began = time.perf_counter()
    seconds += time.perf_counter() - began
    counts = [_count(database) for database in (source, target)]
    connection.close()
    source.close()
    target.close()
    if counts[0] != counts[1]:
        raise RuntimeError(f"the imports differ: {counts}")
    return seconds


def _given(tx: Tx, table: sa.Table, rows: object) -> float:
    seconds, places = 0.0, ", ".join("?" for _ in table.c)
    for some in rows:  # type: ignore[attr-defined]
        began = time.perf_counter()
        tx.connection.executemany(f"INSERT INTO {table.name} VALUES ({places})", some)  # noqa: S608 -- our own tables
        seconds += time.perf_counter() - began
    return seconds


def _copied(tx: Tx, table: sa.Table, rows: object) -> float:
    seconds, names = 0.0, ", ".join(column.name for column in table.c)
    with tx.connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for some in rows:  # type: ignore[attr-defined]
            began = time.perf_counter()
            for row in some:
                copy.write_row(row)
            seconds += time.perf_counter() - began
        began = time.perf_counter()
    return seconds + time.perf_counter() - began


def _count(database: Database) -> list[object]:
    lines = tables.order_lines.c
    figures = (sa.func.count(), sa.func.count(sa.distinct(lines.posting_number)), sa.func.sum(lines.sku))
    with database.read() as tx:
        found = tx.one(Statement(sa.select(*figures)))
        units = tx.one(Statement(sa.select(sa.func.count()).select_from(tables.units)))
    return [*(found or ()), *(units or ())]


APART = """
import re, sys
from pathlib import Path
from rich.console import Console
from backhaul import importing
importing.run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Console(stderr=True))
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
READER = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from backhaul.importing import CHUNK_LINES
from backhaul.marketplace import order_pieces
for piece in order_pieces.here(Path(sys.argv[1]), datetime.now(UTC), CHUNK_LINES):
    order_pieces.encode(piece)
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def peak_mib(source: Path, data: Path, url: str) -> float:
    """The memory of an import in a process of its own and of its reader; the lines are there already, which changes nothing of what it holds."""
    return sum(_peak_kib(APART if n else READER, str(source), str(data), url) for n in range(2)) / 1024


def _peak_kib(program: str, *words: str) -> int:
    said = subprocess.run(
        [sys.executable, "-c", program, *words],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ).stdout
    return int(said)
