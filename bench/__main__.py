"""`./bh bench [--large]`: measure, print the ratios beside their goals, write var/bench.json."""

import json
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from backhaul.kit.keys import public_id_of
from bench import bare, bulk, flat, load, medusa, quotes, stall, to_decide, watching
from bench.fixture import Ground, prepare, prove
from bench.house import house
from tests import postgres

HERE = Path(__file__).parent
LARGE = "--large" in sys.argv
BARE, ALONE, BUSY = 1500, 400, 4000
GROUP = 64
PORT = 18473


@dataclass(frozen=True)
class Measured:
    """What one database gave, in commands a second and milliseconds, and the ids of the returns."""

    figures: dict[str, float]
    p50: dict[str, float]
    served: list[int]


def main() -> int:
    """Measure everything; 0 when every goal is met, 1 otherwise."""
    goals: dict[str, float] = json.loads((HERE / "goals.json").read_text())
    if LARGE:
        goals.update(json.loads((HERE / "goals_large.json").read_text()))
    console = Console()
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        root = Path(folder)
        values = {
            **quotes.measure(console),
            **bulk.measure(console, root / "bulk", bulk.ROWS_LARGE if LARGE else bulk.ROWS),
            **stall.measure(console, root / "stall"),
            **to_decide.measure(console, root / "to_decide"),
            **watching.measure(console, root / "watching"),
            **sqlite(root / "sqlite", console),
            **postgresql(root / "postgres", console),
            **flat.measure(console, root / "flat", large=LARGE),
            **(medusa.measure(console, root / "medusa") if LARGE else {}),
        }
    report = {
        name: {"value": round(values[name], 3) if name in values else None, "goal": goal, "ok": _ok(name, values, goal)}
        for name, goal in goals.items()
    }
    table = Table("name", "value", "goal", "ok", title=f"{platform.machine()}, Python {platform.python_version()}")
    for name, entry in report.items():
        value = "NOT RUN" if entry["value"] is None else str(entry["value"])
        table.add_row(name, value, str(entry["goal"]), "yes" if entry["ok"] else "no")
    console.print(table)
    out = Path("var/bench.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if all(entry["ok"] for entry in report.values()) else 1


def _ok(name: str, values: dict[str, float], goal: float) -> bool:
    if name not in values:
        return False
    return values[name] <= goal if "p50" in name or "p95" in name else values[name] >= goal


def sqlite(root: Path, console: Console) -> dict[str, float]:
    """The figures on SQLite at FULL."""
    root.mkdir()
    url = f"sqlite:///{root / 'marketplace.db'}"
    ground = prepare(url, root, 2 * BARE + 2 * BUSY + ALONE)
    take = _taker(ground)
    path = str(root / "marketplace.db")
    public_id = public_id_of(ground.key) or ""
    one = bare.sqlite_loop(path, take(BARE), public_id, 1)
    grouped = bare.sqlite_loop(path, take(BARE), public_id, GROUP)
    with house(root, "", PORT):
        measured = _over_http(PORT, ground, take)
    prove(url, root, measured.served)
    _tell(
        console,
        "SQLite, synchronous=FULL",
        {"bare, one a transaction": one, f"bare, {GROUP} a transaction": grouped},
        measured,
    )
    return {
        "sqlite_c16_vs_bare_one": measured.figures["c16"] / one,
        "sqlite_c64_vs_bare_group": measured.figures["c64"] / grouped,
        "sqlite_alone_p50_vs_unbatched": measured.p50["c1"] / (1000 / one + measured.p50["health"]),
    }


def postgresql(root: Path, console: Console) -> dict[str, float]:
    """The figures on a PostgreSQL with fsync and synchronous_commit on."""
    root.mkdir()
    server = postgres.start(root / "server", durable=True)
    try:
        server.create_database("bench")
        url = server.url("bench")
        ground = prepare(url, root, 2 * BARE + 2 * BUSY + ALONE)
        take = _taker(ground)
        public_id = public_id_of(ground.key) or ""
        driver_url = url.replace("postgresql+psycopg://", "postgresql://")
        trips = bare.postgres_loop(driver_url, take(BARE), public_id, 1)
        best = bare.postgres_best(driver_url, take(BARE), public_id, GROUP)
        with house(root, url, PORT):
            measured = _over_http(PORT, ground, take)
        prove(url, root, measured.served)
        loops = {"bare, a round trip a statement": trips, f"bare, {GROUP} by executemany": best}
        _tell(console, "PostgreSQL, synchronous_commit=on", loops, measured)
        return {
            "postgres_c16_vs_bare_trips": measured.figures["c16"] / trips,
            "postgres_c16_vs_bare_best": measured.figures["c16"] / best,
            "postgres_alone_p50_vs_unbatched": measured.p50["c1"] / (1000 / trips + measured.p50["health"]),
        }
    finally:
        server.discard()


def _over_http(port: int, ground: Ground, take: Callable[[int], list[int]]) -> Measured:
    """Alone, 16 and 64 at a time; and what HTTP itself costs, by requests for a static file."""
    figures: dict[str, float] = {}
    p50: dict[str, float] = {}
    served: list[int] = []
    still = b"GET /static/icon.svg HTTP/1.1\r\nhost: bench\r\n\r\n"
    p50["health"] = load.run(port, [still] * ALONE, 1).p50_ms
    for name, connections, count in (("c1", 1, ALONE), ("c16", 16, BUSY), ("c64", 64, BUSY)):
        ids = take(count)
        outcome = load.run(port, [_request(ground.key, i) for i in ids], connections)
        if outcome.failed:
            raise RuntimeError(f"{outcome.failed} of {count} requests failed at {connections} connections")
        served += ids
        figures[name], p50[name] = outcome.per_second, outcome.p50_ms
        figures[f"{name} p99 ms"] = outcome.p99_ms
    return Measured(figures, p50, served)


def _request(key: str, return_id: int) -> bytes:
    head = (
        f"POST /api/v1/returns/{return_id}/refund-without-return HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n"
        f"idempotency-key: bench-{return_id}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    )
    return head.encode()


def _taker(ground: Ground) -> Callable[[int], list[int]]:
    waiting = iter(ground.return_ids)

    def take(count: int) -> list[int]:
        return [next(waiting) for _ in track(range(count), "taking returns", transient=True)]

    return take


def _tell(console: Console, title: str, loops: dict[str, float], measured: Measured) -> None:
    table = Table("", "per second", "p50 ms", title=title, title_justify="left")
    for name, figure in loops.items():
        table.add_row(name, f"{figure:,.0f}", "")
    for name in ("c1", "c16", "c64"):
        table.add_row(f"over HTTP, {name[1:]} at a time", f"{measured.figures[name]:,.0f}", f"{measured.p50[name]:.2f}")
    table.add_row("a static file, 1 at a time", "", f"{measured.p50['health']:.2f}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
