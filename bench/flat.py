"""Whether lists stay flat: the product's own look-ups among few, many and very many returns, side by side in one run.

`python -m bench.flat [--large]` tells it alone. Small: 10,000 beside 100,000. Large: 100,000, a million, ten million; those
databases stay in `var/flat` and are used again while the copied tables and the generator are the same; other tables are brought up
to date as in life. A figure is the worst of its group.
"""

import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from backhaul.kit import migrations
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import from_us
from backhaul.marketplace import tables
from bench import copies, flat_looks
from bench.fixture import prepare
from bench.flat_looks import Among, Look
from tests import postgres

SMALL, LARGE = {"10k": 10_000, "100k": 100_000}, {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
LIVE = {False: 2_000, True: 20_000}
PASSES, CALLS = 5, 20
BUFFERS = "512MB"
KEPT = Path("var/flat")
NEWEST = Statement(
    sa.select(sa.func.max(tables.returns.c.requested_us)).where(tables.returns.c.id > sa.bindparam("id"))
)
COUNTED = Statement(sa.select(sa.func.count()).select_from(tables.return_facets))


@dataclass(frozen=True)
class Place:
    """A database of one size. `middles`: of each look and pass, the middle of its calls in milliseconds."""

    size: str
    among: Among
    database: Database
    middles: dict[str, list[float]]


def measure(console: Console, root: Path, *, large: bool = False) -> dict[str, float]:
    """The figures on both databases."""
    root.mkdir(parents=True)
    kept = KEPT if large else root
    figures = {}
    for dialect in ("sqlite", "postgres"):
        with places(kept / f"{dialect}-{_fingerprint()}", dialect, LARGE if large else SMALL, LIVE[large]) as found:
            run(found)
            figures.update(tell(console, dialect, found))
    return figures


@contextmanager
def places(root: Path, dialect: str, sizes: dict[str, int], live: int) -> Iterator[list[Place]]:
    """The databases of all sizes, made where they are not there yet."""
    root.mkdir(parents=True, exist_ok=True)
    server = postgres.start(root / "server", buffers=BUFFERS) if dialect == "postgres" else None
    found: list[Place] = []
    try:
        for size, count in sizes.items():
            name = f"returns_{size}"
            url = server.url(name) if server is not None else f"sqlite:///{root / name}.db"
            if not (root / f"{name}.made").exists():
                if server is not None:
                    server.create_database(name)
                make(url, root, count, live)
                (root / f"{name}.made").touch()
            database = Database(url)
            migrations.upgrade(database, "backhaul.marketplace", tables.metadata)
            found.append(Place(size, _among(database, count, live), database, {}))
        yield found
    finally:
        for place in found:
            place.database.close()
        if server is not None:
            server.stop()


def make(url: str, root: Path, count: int, live: int) -> None:
    """One return by real commands, and its copies."""
    prepare(url, root, 1)
    database = Database(url)
    connection = database.writer()
    if database.dialect == "postgresql":
        connection.execute("RESET ROLE")
    copies.fill(connection, database.dialect, count, live)
    connection.close()
    database.close()


def run(found: list[Place]) -> None:
    """One pass to warm up and prove, then the measured ones with the same rows: look by look, call by call one size after another."""
    for nth in range(PASSES + 1):
        for look in looks(found):
            with ExitStack() as open_ones:
                txs = [(place, open_ones.enter_context(place.database.read())) for place in found]
                took: dict[str, list[float]] = {place.size: [] for place in found}
                for call in range(CALLS):
                    for place, tx in txs if call % 2 else reversed(txs):
                        took[place.size].append(_timed(tx, look, place.among, 1 + call))
            for place in found if nth else ():
                place.middles.setdefault(look.name, []).append(statistics.median(took[place.size]))


def looks(found: list[Place]) -> list[Look]:
    """What counts up to a bound is looked at where the bound is reached."""
    return [look for look in flat_looks.LOOKS if not look.bounded or found[0].among.count > SMALL["10k"]]


def _timed(tx: Tx, look: Look, among: Among, nth: int) -> float:
    begun = time.perf_counter()
    rows = look.run(tx, among, nth)
    took = 1000 * (time.perf_counter() - begun)
    if rows != look.rows:
        raise RuntimeError(f"{look.name} among {among.count:,}: {rows} rows, not {look.rows}")
    return took


def tell(console: Console, dialect: str, found: list[Place]) -> dict[str, float]:
    """Every look with its middle in each size; and of each group the worst ratio of the largest size to each other one."""
    *fewer, most = found
    table = Table("group", "look", *(f"{place.size}, ms" for place in found), *(f"{most.size} / {p.size}" for p in fewer),
                  title=f"Lists, {dialect}, p50", title_justify="left")  # fmt: skip
    figures: dict[str, float] = {}
    for look in looks(found):
        middles = [statistics.median(place.middles[look.name]) for place in found]
        ratios = [
            statistics.median(
                many / few for few, many in zip(place.middles[look.name], most.middles[look.name], strict=True)
            )
            for place in fewer
        ]
        table.add_row(look.group, look.name, *(f"{one:.2f}" for one in middles), *(f"{one:.2f}" for one in ratios))
        for place, ratio in zip(fewer, ratios, strict=True):
            name = f"{look.group}_p50_{most.size}_vs_{place.size}_{dialect}"
            figures[name] = max(figures.get(name, 0.0), ratio)
    console.print(table)
    return figures


def _among(database: Database, count: int, live: int) -> Among:
    with database.read() as tx:
        newest, counted = tx.one(NEWEST, id=copies.FIRST_ID), tx.one(COUNTED)
    if newest is None or counted is None or counted[0] != count:
        raise RuntimeError(f"{counted} returns, not {count:,}")
    at: datetime = from_us(newest[0])
    return Among(count, live, at)


def _fingerprint() -> str:
    """Of the copied tables and of what fills them: another one is another database."""
    copied = [table for table, _, _ in copies.COPIED]
    said = [Path(copies.__file__).read_text()]
    said += [repr([column.name for column in table.columns]) for table in copied]
    said += sorted(str(index.name) for table in copied for index in table.indexes)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:8]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        print(measure(Console(width=160), Path(folder) / "flat", large="--large" in sys.argv))
