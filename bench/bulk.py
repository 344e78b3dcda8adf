"""Work on very many rows at once, against the bare database: `python -m bench.bulk [ROWS]`, and a part of `./bh bench`, `--large` with a million rows.

Speeds are ratios to the bare loop of the same run: 0.5 is half as fast. Both sides work in turns, on equal data.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import bulk_export, bulk_import, bulk_sweep
from tests import postgres

ROWS, ROWS_LARGE, MEMORY_MIB = 10_000, 1_000_000, 256


def measure(console: Console, root: Path, rows: int = ROWS) -> dict[str, float]:
    """Sweep, export and import on both databases."""
    return {
        **sweeps(console, root / "sweep", rows),
        **exports(console, root / "export", rows),
        **imports(console, root / "import", rows),
    }


def sweeps(console: Console, root: Path, rows: int) -> dict[str, float]:
    """Overdue parcels."""
    table = Table(
        "", "seconds", "bare", "CPU s", "bare CPU", "longest chunk s", title=f"sweep of {rows:,}", title_justify="left"
    )
    values: dict[str, float] = {}
    for where, took in bulk_sweep.measure(root, rows).items():
        shown = ("seconds", "bare_seconds", "cpu", "bare_cpu", "chunk")
        table.add_row(where, *(f"{took[name]:.2f}" for name in shown))
        values[f"sweep_{where}_vs_bare"] = took["bare_seconds"] / took["seconds"]
    console.print(table)
    return values


def exports(console: Console, root: Path, rows: int) -> dict[str, float]:
    """Returns into files."""
    shown = ("bare", "csv", "xlsx", "parquet", "csv MiB", "xlsx MiB", "parquet MiB")
    table = Table("", *shown, title=f"export of {rows:,}: seconds, memory", title_justify="left")
    values: dict[str, float] = {}
    for where, url in databases(root):
        bulk_export.fill(url, root / where, rows)
        took = bulk_export.measured(url, root / where, rows)
        table.add_row(where, *(f"{took[name]:.2f}" for name in shown))
        values[f"export_csv_{where}_vs_bare"] = took["bare"] / took["csv"]
        values[f"export_{where}_256_mib_vs_peak"] = MEMORY_MIB / max(took[f"{kind} MiB"] for kind in bulk_export.KINDS)
    console.print(table)
    return values


def imports(console: Console, root: Path, rows: int) -> dict[str, float]:
    """Orders out of a file."""
    table = Table("", "seconds", "bare", "MiB", title=f"import of {rows:,}", title_justify="left")
    values: dict[str, float] = {}
    for where, url in databases(root):
        source = root / where / "orders.csv"
        bad = bulk_import.write(source, rows)
        seconds = bulk_import.ours(url, root / where, source, rows, bad)
        other = url.replace("/bench?", "/bare?").replace("marketplace.db", "bare.db")
        bare = bulk_import.bare(other, root / where / "bare", url)
        peak = bulk_import.peak_mib(source, root / where, url)
        table.add_row(where, f"{seconds:.2f}", f"{bare:.2f}", f"{peak:.0f}")
        values[f"import_{where}_vs_bare"] = bare / seconds
        values[f"import_{where}_256_mib_vs_peak"] = MEMORY_MIB / peak
    console.print(table)
    return values


def databases(root: Path) -> Iterator[tuple[str, str]]:
    """An empty one of each kind, each with a folder of its name."""
    (root / "sqlite").mkdir(parents=True)
    (root / "postgres").mkdir()
    yield "sqlite", f"sqlite:///{root / 'sqlite' / 'marketplace.db'}"
    server = postgres.start(root / "postgres" / "server", durable=True)
    try:
        server.create_database("bench")
        server.create_database("bare")
        yield "postgres", server.url("bench")
    finally:
        server.discard()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bulk-") as folder:
        told = Console()
        told.print(measure(told, Path(folder) / "bulk", int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
