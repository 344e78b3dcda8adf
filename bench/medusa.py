"""Whole return flows beside Medusa, on one PostgreSQL with the same settings, in one run: `python -m bench.medusa`.

Turns of both are taken one after the other, while the other side only waits; the ratio is the middle of the turns.
"""

import statistics
import sys
import tempfile
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from bench import medusa_shop, returns
from bench.flows import Walked, walk
from bench.house import house
from tests import postgres

PORT = 18475
OURS_DATABASE = "marketplace"
TURNS = 3
CLIENTS = (1, 8)
THEIRS = {1: 5, 8: 16}  # flows of one turn, by clients
OURS = {1: 150, 8: 600}
WARM_THEIRS, WARM_OURS = 6, 200
SETTINGS = ("shared_buffers", "synchronous_commit", "fsync", "full_page_writes", "autovacuum", "max_connections")


def measure(console: Console, root: Path) -> dict[str, float]:
    """How many flows a second ours walks for one of Medusa's; nothing where Medusa cannot run."""
    console.print(_calls())
    try:
        home = medusa_shop.install(console)
    except medusa_shop.CannotRunError as reason:
        console.print(f"[bold]Medusa: NOT RUN[/bold]: {reason}")
        return {}
    root.mkdir(exist_ok=True)
    server = postgres.start(root / "server", durable=True)
    try:
        theirs = medusa_shop.fill(home, server, WARM_THEIRS + TURNS * sum(THEIRS.values()))
        server.create_database(OURS_DATABASE)
        people = returns.prepare(server.url(OURS_DATABASE), root, WARM_OURS + TURNS * sum(OURS.values()))
        for database in (medusa_shop.DATABASE, OURS_DATABASE):
            _analyse(server, database)
        console.print(f"one PostgreSQL for both: {_settings(server)}; ANALYZE ran on both databases")
        return _beside(console, root, server, theirs, people, home)
    except medusa_shop.CannotRunError as reason:
        console.print(f"[bold]Medusa: NOT RUN[/bold]: {reason}")
        return {}
    finally:
        server.discard()


def _beside(console: Console, root: Path, server: postgres.Postgres, theirs: list[dict[str, str]],
            people: returns.People, home: Path) -> dict[str, float]:  # fmt: skip
    url = server.url(OURS_DATABASE)
    their_things, our_things = iter(theirs), iter(people.orders)
    done: list[int] = []
    found: dict[tuple[str, int], list[Walked]] = {(who, c): [] for c in CLIENTS for who in ("Medusa", "ours")}
    with house(root, url, PORT) as our_process, medusa_shop.serving(home, server) as (their_process, authorization):
        flow = returns.flow_of(people, returns.upload(PORT, people), done)
        their_flow = medusa_shop.flow_of(authorization)
        their_roots, our_roots = (
            [their_process, server.process.pid],
            [our_process, server.process.pid],
        )
        walk(medusa_shop.PORT, their_flow, [next(their_things) for _ in range(WARM_THEIRS)], 2, [])
        walk(PORT, flow, [next(our_things) for _ in range(WARM_OURS)], 2, [])
        for _ in range(TURNS):
            for c in CLIENTS:
                some = [next(their_things) for _ in range(THEIRS[c])]
                found["Medusa", c].append(walk(medusa_shop.PORT, their_flow, some, c, their_roots))
                more = [next(our_things) for _ in range(OURS[c])]
                found["ours", c].append(walk(PORT, flow, more, c, our_roots))
                theirs_now, ours_now = found["Medusa", c][-1].per_second, found["ours", c][-1].per_second
                console.print(f"{c} at a time: Medusa {theirs_now:.2f}, ours {ours_now:.1f} flows/s")
    medusa_shop.prove(server, len(theirs))
    returns.prove(url, root, done)
    if len(done) != len(people.orders):
        raise RuntimeError(f"{len(done)} of {len(people.orders)} flows were walked")
    console.print(_told(found))
    pairs = {c: list(zip(found["ours", c], found["Medusa", c], strict=True)) for c in CLIENTS}
    flows = {
        f"flows_c{c}_vs_medusa": statistics.median(o.per_second / m.per_second for o, m in pairs[c]) for c in pairs
    }
    cpu = {f"flow_cpu_c{c}_medusa_vs_ours": statistics.median(_cpu(m) / _cpu(o) for o, m in pairs[c]) for c in pairs}
    return {**flows, **cpu}


def _cpu(one: Walked) -> float:
    return max(one.cpu_seconds, 0.01) / one.flows


def _analyse(server: postgres.Postgres, database: str) -> None:
    with psycopg.connect(host=str(server.home), user="postgres", dbname=database, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _settings(server: postgres.Postgres) -> str:
    with psycopg.connect(host=str(server.home), user="postgres", dbname="postgres") as connection:
        rows = connection.execute(
            "SELECT name, setting || coalesce(unit, '') FROM pg_settings WHERE name = ANY(%s) ORDER BY name",
            (list(SETTINGS),),
        ).fetchall()
    return ", ".join(f"{name}={value}" for name, value in rows)


def _calls() -> Table:
    table = Table(
        "step", f"Medusa {medusa_shop.VERSION}", "ours", title="the HTTP calls of a flow", title_justify="left"
    )
    for step in ("create", "approve", "receive", "refund"):
        sides = ("\n".join(call for of, call in calls if of == step) for calls in (medusa_shop.CALLS, returns.CALLS))
        table.add_row(step, *sides)
    return table


def _told(found: dict[tuple[str, int], list[Walked]]) -> Table:
    table = Table("", "flows/s", "p50 ms of a flow", "CPU ms of a flow", "flows", "p50 ms by step", title="whole flows",
                  title_justify="left")  # fmt: skip
    for (who, clients), turns in found.items():
        table.add_row(
            f"{who}, {clients} at a time",
            " ".join(f"{one.per_second:,.2f}" for one in turns),
            " ".join(f"{one.p50_ms:,.0f}" for one in turns),
            " ".join(f"{1000 * _cpu(one):,.1f}" for one in turns),
            str(sum(one.flows for one in turns)),
            ", ".join(
                f"{step} {statistics.median(one.steps_ms[step] for one in turns):,.1f}" for step in turns[0].steps_ms
            ),
        )
    return table


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        for name, value in measure(Console(), Path(folder) / "medusa").items():
            sys.stdout.write(f"{name} {value:.2f}\n")
