"""Work on very many rows at once, against the bare database: `python -m bench.bulk [ROWS]`, and a part of `./bh bench`.

Speeds are ratios to the bare loop of the same run: 0.5 is half as fast. Both sides work in turns, on equal data.
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import bulk_sweep

ROWS, ROWS_LARGE = 10_000, 1_000_000


def measure(console: Console, root: Path, rows: int = ROWS) -> dict[str, float]:
    """The sweep on both databases."""
    table = Table(
        "", "seconds", "bare", "CPU s", "bare CPU", "longest chunk s", title=f"{rows:,} rows", title_justify="left"
    )
    values: dict[str, float] = {}
    for where, took in bulk_sweep.measure(root / "sweep", rows).items():
        shown = ("seconds", "bare_seconds", "cpu", "bare_cpu", "chunk")
        table.add_row(f"sweep, {where}", *(f"{took[name]:.2f}" for name in shown))
        values[f"sweep_{where}_vs_bare"] = took["bare_seconds"] / took["seconds"]
    console.print(table)
    return values


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bulk-") as folder:
        told = Console()
        told.print(measure(told, Path(folder) / "bulk", int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
