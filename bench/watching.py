"""What it costs to be watched: the same command through the web with metrics and a line in the log for each, and without.

Both sides run in this process, slice by slice in turns, and are compared by processor time: whatever else the machine does meets both.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from backhaul import observed
from backhaul.kit import logs, metrics_door
from backhaul.kit.clock import Clock
from backhaul.kit.watching import NOBODY
from backhaul.marketplace.app import make_app
from backhaul.marketplace.office import Office, open_office
from bench.fixture import prepare, prove

SLICES, COMMANDS, CONNECTIONS = 16, 128, 16


def measure(console: Console, root: Path) -> dict[str, float]:
    """How much of the processor time of a watched command an unwatched one takes: 1 is free."""
    root.mkdir(parents=True)
    url = f"sqlite:///{root / 'marketplace.db'}"
    ground = prepare(url, root, 2 * SLICES * COMMANDS + 2 * COMMANDS)
    office = open_office(url, root, Clock())
    with (root / "log").open("w") as log:
        lines = logs.Lines("marketplace", log)
        wanted = observed.Wanted(metrics_door.Place("127.0.0.1", 0), requests=True)
        listening = observed.Listening("marketplace", office, wanted, lines, _questions)
        listening.start()
        office.desk.start()
        try:
            spent = asyncio.run(_in_turns(office, listening, ground.key, iter(ground.return_ids)))
            office.desk.watch = NOBODY
        finally:
            office.close()
            listening.stop()
    prove(url, root, ground.return_ids)
    said = (root / "log").read_text().count("\n")
    if said != (SLICES + 1) * COMMANDS:
        raise RuntimeError(f"{said} lines of {(SLICES + 1) * COMMANDS}")
    ratio = statistics.median(plain / heard for plain, heard in zip(spent["plain"], spent["heard"], strict=True))
    plain, heard = (statistics.median(spent[name]) * 1e6 / COMMANDS for name in ("plain", "heard"))
    console.print(f"watched: {heard:.0f} us of processor time a command, unwatched: {plain:.0f} us")
    return {"unwatched_vs_watched_cpu": ratio}


def _questions() -> Any:
    return import_module("backhaul.marketplace.gauge_queries")


async def _in_turns(
    office: Office, listening: observed.Listening, key: str, ids: Iterator[int]
) -> dict[str, list[float]]:
    plain = make_app(office)
    sides = {"plain": (plain, NOBODY), "heard": (listening.around(plain), listening.watch)}
    spent: dict[str, list[float]] = {"plain": [], "heard": []}
    for n in range(SLICES + 1):
        for name in ("plain", "heard") if n % 2 else ("heard", "plain"):
            app, office.desk.watch = sides[name]
            mine = iter([next(ids) for _ in range(COMMANDS)])
            began = time.process_time()
            await asyncio.gather(*(_visitor(app, key, mine) for _ in range(CONNECTIONS)))
            if n:  # the first is for warming up
                spent[name].append(time.process_time() - began)
    return spent


async def _visitor(app: Any, key: str, ids: Iterator[int]) -> None:
    for return_id in ids:
        path = f"/api/v1/returns/{return_id}/refund-without-return"
        head = {
            "host": "bench", "authorization": f"Bearer {key}", "idempotency-key": f"bench-{return_id}",
            "content-type": "application/json", "content-length": "2",
        }  # fmt: skip
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
            "headers": [(name.encode(), value.encode()) for name, value in head.items()],
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        bodies = [{"type": "http.request", "body": b"{}", "more_body": False}]
        statuses: list[int] = []

        async def receive(left: list[dict[str, Any]] = bodies) -> Any:
            return left.pop() if left else await asyncio.sleep(3600)

        async def send(message: Any, told: list[int] = statuses) -> None:
            if message["type"] == "http.response.start":
                told.append(message["status"])

        await app(scope, receive, send)
        if statuses != [200]:
            raise RuntimeError(f"return {return_id}: {statuses}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        Console().print(measure(Console(), Path(folder) / "watching"))
