"""What people who wait feel of work on very many rows: the p95 of a seller's command beside each job, against a quiet house.

One house on SQLite as it is served, its worker inside; `python -m bench.stall`, and a part of `./bh bench`. The sweep finds overdue
returns as the house starts, the import hands its chunks through the house's door, the export reads beside it, each a process of its
own. Four commands are under way at a time; idle is measured between the jobs. 2 is twice as slow as the quiet house.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement
from backhaul.kit.days import to_us
from backhaul.marketplace import tables
from bench import bulk_import, load
from bench.fixture import Ground, prepare
from bench.house import house

WAITING, OVERDUE, LINES = 6_000, 3_000, 8_000
SLICE, SLICES_MIN, SLICES_MAX, IDLE_SLICES, CONNECTIONS = 50, 2, 30, 5, 4
JOBS = {"import": ("import-orders", "orders.csv"), "export": ("export-returns", "returns.csv")}
PORT = 18474
_due = tables.returns.c.due_us
DUE = Statement(sa.select(sa.func.count()).select_from(tables.returns).where(_due <= sa.bindparam("now_us")))


class Seller:
    """Gives commands, each to a return of its own, and notes how long each took."""

    def __init__(self, ground: Ground) -> None:
        self._key, self._ids = ground.key, iter(ground.return_ids)

    def some(self) -> list[float]:
        """The latencies of a slice, in milliseconds."""
        found = load.run(PORT, [self._request(next(self._ids)) for _ in range(SLICE)], CONNECTIONS)
        if found.failed:
            raise RuntimeError(f"{found.failed} of {SLICE} commands failed")
        return found.latencies_ms

    def idle(self) -> list[float]:
        """Those in a quiet house."""
        return [one for _ in range(IDLE_SLICES) for one in self.some()]

    def beside(self, goes_on: Callable[[], bool]) -> list[float]:
        """Those of the slices that ended while something went on."""
        found: list[float] = []
        for _ in range(SLICES_MAX):
            more = self.some()
            if not goes_on():
                break
            found += more
        if len(found) < SLICES_MIN * SLICE:
            raise RuntimeError("it was over before anybody felt it")
        return found

    def _request(self, return_id: int) -> bytes:
        head = (
            f"POST /api/v1/returns/{return_id}/refund-without-return HTTP/1.1\r\nhost: bench\r\n"
            f"authorization: Bearer {self._key}\r\nidempotency-key: bench-{return_id}\r\n"
            "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
        )
        return head.encode()


def measure(console: Console, root: Path) -> dict[str, float]:
    """The ratios."""
    root.mkdir(parents=True)
    url = f"sqlite:///{root / 'marketplace.db'}"
    ground = prepare(url, root, WAITING, overdue=OVERDUE)
    bulk_import.write(root / "orders.csv", LINES, 50_000_000)  # other postings than those of the house
    seller, database, beside = Seller(ground), Database(url), dict[str, list[float]]()
    with house(root, "", PORT):
        if not _due_now(database):
            raise RuntimeError("the sweep was over before anybody looked")
        beside["sweep"] = seller.beside(lambda: _due_now(database) > 0)
        while _due_now(database):
            pass
        idle = seller.idle()
        for name, words in JOBS.items():
            with (root / f"{name}.log").open("w") as log:
                command = [sys.executable, "-m", "backhaul.cli", "marketplace", *words, "--data", "."]
                working = subprocess.Popen(command, cwd=root, stdout=log, stderr=log)
                beside[name] = seller.beside(lambda working=working: working.poll() is None)  # type: ignore[misc]
                if working.wait() != 0:
                    raise RuntimeError(
                        f"{name} ended with {working.returncode}: {(root / f'{name}.log').read_text()[-500:]}"
                    )
            idle += seller.idle()
    database.close()
    return _told(console, idle, beside)


def _due_now(database: Database) -> int:
    with database.read() as tx:
        found = tx.one(DUE, now_us=to_us(Clock().now()))
    return 0 if found is None else int(found[0])


def _told(console: Console, idle: list[float], beside: dict[str, list[float]]) -> dict[str, float]:
    quiet = _p95(idle)
    table = Table("", "commands", "p95 ms", title="a seller's command beside work on many rows", title_justify="left")
    table.add_row("nothing", str(len(idle)), f"{quiet:.2f}")
    for name, those in beside.items():
        table.add_row(name, str(len(those)), f"{_p95(those):.2f}")
    console.print(table)
    return {f"beside_{name}_p95_vs_idle": _p95(those) / quiet for name, those in beside.items()}


def _p95(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.95)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-stall-") as folder:
        told = Console()
        told.print(measure(told, Path(folder) / "stall"))
