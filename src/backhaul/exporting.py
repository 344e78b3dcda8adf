"""Exporting all returns into one file, beside a house that runs or without one: one snapshot, read-only, streamed."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError, Tx
from backhaul.kit.days import from_us
from backhaul.kit.whole_tables import csv_pieces, inerted, is_harmless, pieces
from backhaul.kit.xlsx import XlsxSheet
from backhaul.marketplace import returns_table as table

Tell = Callable[[int], None]
Write = Callable[[Tx, Path, Tell, datetime], None]


def run(target: Path, data: Path, database_url: str, console: Console) -> int:
    """Write the file; the exit code: 0 it is whole, 2 there is none. Half a file never has the name that was asked for."""
    write = KINDS.get(target.suffix.lower())
    if write is None:
        console.print(f"[red]{target} ends in none of {', '.join(KINDS)}[/red]")
        return 2
    file = data / "marketplace.db"
    if not database_url and not file.is_file():
        console.print(f"[red]there is no marketplace at {data}[/red]")
        return 2
    half = target.with_name(f"{target.name}.part")
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                   console=console)  # fmt: skip
    try:
        with closing(Database(database_url or f"sqlite:///{file.absolute()}")) as database, database.read() as tx, bar:
            found = tx.one(table.COUNT)
            task = bar.add_task("returns", total=int(found[0]) if found else 0)
            write(tx, half, lambda rows: bar.advance(task, rows), Clock().now())
        half.replace(target)
    except ModuleNotFoundError as error:
        console.print(f"[red]{target.suffix} needs {error.name}: install backhaul\\[reports][/red]")
        return 2
    except (DatabaseError, OSError) as error:
        console.print(f"the returns were not exported: {error}", style="red", markup=False)
        return 2
    finally:
        half.unlink(missing_ok=True)
    console.print(f"{target} is written", markup=False)
    return 0


def as_csv(tx: Tx, path: Path, tell: Tell, at: datetime) -> None:  # noqa: ARG001 -- the form of a writer
    """Instants in UTC, texts that no program takes for a formula."""
    with path.open("wb") as file:
        # PostgreSQL words most texts as they are: those that could be a formula are looked for in what leaves it.
        if tx.dialect == "sqlite" or not _written(file, csv_pieces(tx, table.DATED, table.NAMES), tell, is_harmless):
            file.seek(0)
            file.truncate()
            changed = msgspec.json.encode(inerted(tx, table.SUSPICIOUS)).decode()
            _written(file, csv_pieces(tx, table.WORDED, table.NAMES, inerted=changed), tell, lambda _: True)
        _settle(file)


def _written(file: BinaryIO, some: Iterator[bytes], tell: Tell, may_be: Callable[[bytes], bool]) -> bool:
    """Write pieces of lines; False: one of them may not be, and all is to be written anew."""
    told = 0
    file.write(next(some))
    for piece in some:
        if not may_be(piece):
            tell(-told)
            return False
        file.write(piece)
        rows = piece.count(b"\n")
        tell(rows)
        told += rows
    return True


def as_xlsx(tx: Tx, path: Path, tell: Tell, at: datetime) -> None:
    """The same for people."""
    sheet = XlsxSheet(path, table.NAMES, "Returns", at)
    instants = [n for n, is_instant in enumerate(table.INSTANTS) if is_instant]
    for rows in pieces(tx, table.RAW):
        for row in rows:
            cells = list(row)
            for n in instants:
                cells[n] = None if cells[n] is None else f"{from_us(cells[n]).isoformat(timespec='seconds')[:19]}Z"
            sheet.add(cells)
        tell(len(rows))
    sheet.close()


def as_parquet(tx: Tx, path: Path, tell: Tell, at: datetime) -> None:  # noqa: ARG001 -- the form of a writer
    """The same for programs, with types: instants are instants, numbers numbers."""
    import pyarrow as pa  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415 -- an extra
    import pyarrow.parquet as pq  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415

    numbers = {"seller_id", "sku", "price_minor"}
    kinds = [
        pa.timestamp("us", "UTC") if is_instant else pa.int64() if name in numbers else pa.string()
        for name, is_instant in zip(table.NAMES, table.INSTANTS, strict=True)
    ]
    schema = pa.schema(list(zip(table.NAMES, kinds, strict=True)))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _gathered(pieces(tx, table.RAW)):
            columns = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            tell(len(rows))


def _gathered(some: Iterator[list[tuple[Any, ...]]], most: int = 50_000) -> Iterator[list[tuple[Any, ...]]]:
    """Groups of rows as large as Parquet likes them."""
    rows: list[tuple[Any, ...]] = []
    for piece in some:
        rows += piece
        if len(rows) >= most:
            yield rows
            rows = []
    if rows:
        yield rows


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


KINDS: dict[str, Write] = {".csv": as_csv, ".xlsx": as_xlsx, ".parquet": as_parquet}
