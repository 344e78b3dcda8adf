"""What a return weighs in the marketplace's database: `python -m bench.sizes [RETURNS]`, on a PostgreSQL of its own.

Returns walk their whole ways by real commands at the desk, in a mix that stands below. Afterwards: rows, bytes of tables and of
indexes (packed by VACUUM FULL, and in all as they stood before), write-ahead log and CPU time, each for one return, and what that
makes of a billion a year.
"""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from backhaul.kit.clerk import BATCH_MAX
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Errand, Order
from backhaul.marketplace import access, errands
from backhaul.marketplace.office import Office, open_office
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.words import Mark, Role, Route
from bench import billion
from bench.flows import cpu_seconds
from tests import postgres

RETURNS = 1_500
SELLERS, CUSTOMERS, POINT = 50, 500, "77-0412"
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHOTOS = tuple(f"{n:064x}" for n in range(1, 4))
BILLION = 1_000_000_000

Step = tuple[str, do.Command, timedelta]  # who gives it, what, and how long after the step before
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAID: list[Step] = [("support", do.SendRefund(), HOUR), ("support", do.ConfirmRefund(), DAY)]
COUNTER: list[Step] = [
    ("clerk", do.CheckIn(POINT, same_product=True, used=False, photos=PHOTOS[:2]), 2 * DAY),
    *PAID,
    ("clerk", do.Dispatch("Linehaul", "W-2026-000001"), HOUR),
]
DISPOSED: list[Step] = [
    ("seller", do.Approve(Route.A), DAY),
    *COUNTER,
    ("clerk", do.ReceiveForDisposal(weight_gram=350), 3 * DAY),
    ("clerk", do.CertifyDisposal("shredding", "M. Orlova", PHOTOS[:1]), DAY),
]


def _ways(begin: datetime) -> dict[str, tuple[int, list[Step]]]:
    """How many of a hundred returns go which way, and the commands after the request."""
    bound = to_us(begin + timedelta(days=60))
    partner: list[Step] = [
        ("seller", do.Approve(Route.B), DAY),
        *COUNTER,
        ("partner", do.RecordArrival("MSK-2", to_us(begin), bound, 350), 3 * DAY),
        ("partner", do.RecordMark(Mark.SERVICEABLE, 1, "", PHOTOS[:2]), DAY),
        ("partner", do.RecordDecision("ship_tr", "in_work", "seller", bound), DAY),
        ("partner", do.RecordHandover("shipping", "TR"), DAY),
        ("partner", do.RecordHandover("delivered", "TR"), 5 * DAY),
    ]
    return {
        "withdrawn by the customer": (8, [("customer", do.Cancel(), HOUR)]),
        "rejected": (10, [("seller", do.Reject("looks_used", "Signs of wear that a fitting does not leave."), DAY)]),
        "refunded without return": (12, [("seller", do.RefundWithoutReturn(), DAY), *PAID]),
        "disposed of by the marketplace": (25, DISPOSED),
        "shipped by the partner": (45, partner),
    }


@dataclass(frozen=True)
class Weight:
    """Rows and bytes of one table for one return."""

    rows: float
    heap: float
    indexes: float


def measure(console: Console, root: Path, count: int = RETURNS) -> dict[str, float]:
    """Bytes, rows, log and CPU time of a return; prints where they lie."""
    root.mkdir(exist_ok=True)
    server = postgres.start(root / "server", durable=True)
    try:
        server.create_database("sizes")
        url = server.url("sizes")
        office = open_office(url, root, TurnedClock(BEGIN))
        try:
            _ground(office, count)
            with psycopg.connect(host=str(server.home), user="postgres", dbname="sizes", autocommit=True) as looking:
                looking.execute("CHECKPOINT")
                before, log, cpu = _weights(looking), _log(looking), _cpu(server)
                begun = time.perf_counter()
                steps = _walk(office, count)
                seconds = time.perf_counter() - begun
                log, cpu = _log(looking) - log, (_cpu(server)[0] - cpu[0], _cpu(server)[1] - cpu[1])
                looking.execute("VACUUM ANALYZE")
                standing = {name: _less(weight, before[name], count) for name, weight in _weights(looking).items()}
                looking.execute("VACUUM FULL")
                weights = {name: _less(weight, before[name], count) for name, weight in _weights(looking).items()}
        finally:
            office.close()
    finally:
        server.discard()
    console.print(_told(weights, count, steps))
    values = {
        "return_commands": steps / count,
        "return_rows": sum(one.rows for one in weights.values()),
        "return_bytes": sum(one.heap + one.indexes for one in weights.values()),
        "return_bytes_before_vacuum_full": sum(one.heap + one.indexes for one in standing.values()),
        "return_told_bytes": weights["seller_events"].heap + weights["seller_events"].indexes,
        "return_index_bytes": sum(one.indexes for one in weights.values()),
        "return_wal_bytes": log / count,
        "command_cpu_us_desk": 1e6 * cpu[0] / steps,
        "command_cpu_us_postgres": 1e6 * cpu[1] / steps,
        "commands_per_second_in_batches": steps / seconds,
    }
    for name, value in values.items():
        console.print(f"{name} {value:,.1f}")
    console.print(billion.told(values, billion.Assumed()))
    return values


def _ground(office: Office, count: int) -> None:
    def begin(tx: Tx, _: datetime) -> bytes:
        errands.add_point(tx, POINT, "pickup", "Moscow, Lesnaya 9")
        for first in range(0, count, 2_000):
            errands.import_lines(tx, [_line(n) for n in range(first, min(first + 2_000, count))])
        for n in range(SELLERS):
            errands.link_seller(tx, 2_000_001 + n, linked=True)
        return b""

    office.desk.perform_now(Errand(begin))


def _walk(office: Office, count: int) -> int:
    """Every return on its way, in batches of the desk; how many commands that were."""
    ways = [steps for share, steps in _ways(BEGIN).values() for _ in range(share)]
    turn = [
        ways[n * 37 % 100] for n in range(count)
    ]  # 37 and 100 share no factor: every block of a hundred has the mix
    ids: list[int] = []

    def ask(n: int) -> Errand:
        command = do.RequestReturn("does_not_work", "It does not switch on since the second day.", PHOTOS, send=True)

        def run(tx: Tx, at: datetime) -> bytes:
            by = _by("customer", n)
            ids.append(request_returns(tx, office.desk, n + 1, command, by, at)[0].id)
            return b'{"return_id": 100000, "return_number": "R-100000", "status": "seller_review", "version": 3}'

        return Errand(run, access.Known(_by("customer", n)), f"request-{n}", bytes(32))

    done = _handle(office, (ask(n) for n in range(count)))
    clock = office.clock
    for place in range(max(map(len, ways))):
        if isinstance(clock, TurnedClock):
            clock.turn(max(steps[place][2] for steps in ways if place < len(steps)))
        orders = (_order(ids[n], n, turn[n][place]) for n in range(count) if place < len(turn[n]))
        done += _handle(office, orders)
    return done


def _order(return_id: int, n: int, step: Step) -> Order:
    who, command, _ = step
    key = f"{return_id}-{type(command).__name__}-{n}"
    return Order(return_id, command, access.Known(_by(who, n)), key, bytes(32))


def _handle(office: Office, works: Iterable[Order | Errand]) -> int:
    done = 0
    for batch in _batches(works):
        at = office.clock.now()
        answers = office.desk.handle([(work, at) for work in batch])
        wrong = [answer for answer in answers if isinstance(answer, BaseException)]
        if wrong:
            raise RuntimeError(f"{len(wrong)} of {len(batch)} were refused: {wrong[0]!r}")
        done += len(batch)
    return done


def _batches(works: Iterable[Order | Errand]) -> Iterator[list[Order | Errand]]:
    batch: list[Order | Errand] = []
    for work in works:
        batch.append(work)
        if len(batch) == BATCH_MAX:
            yield batch
            batch = []
    if batch:
        yield batch


def _by(who: str, n: int) -> By:
    return {
        "customer": By(Role.CUSTOMER, f"customer{n % CUSTOMERS}", f"C-{n % CUSTOMERS}"),
        "seller": By(Role.SELLER, f"seller{n % SELLERS}", str(2_000_001 + n % SELLERS)),
        "clerk": By(Role.CLERK, "clerk", POINT),
        "support": By(Role.SUPPORT, "support"),
        "partner": By(Role.PARTNER, "partner"),
    }[who]


def _line(n: int) -> OrderLine:
    delivered = BEGIN - timedelta(days=3)
    return OrderLine(
        posting_number=f"{20_000_000 + n}-0001-1", line_number=1, sku=400_000 + n % 5_000, offer_id=f"OF-{n % 5_000}",
        name="Wireless headset with a charging case, black", category="audio", unit_price_minor=790_000, currency="RUB",
        order_rate="1", price_rub_minor=790_000, paid_price_rub_minor=790_000, weight_gram=350, outbound_weight_gram=None,
        quantity=1, seller_id=2_000_001 + n % SELLERS, seller_country="TR", customer_ref=f"C-{n % CUSTOMERS}",
        customer_email=f"c{n % CUSTOMERS}@example.com", customer_language="en", serial=None, marking_code=None,
        ordered_on="2026-02-20", delivered_at_us=to_us(delivered),
    )  # fmt: skip


def _weights(looking: "psycopg.Connection[Any]") -> dict[str, Weight]:
    names = [row[0] for row in looking.execute("SELECT relname FROM pg_stat_user_tables ORDER BY relname")]
    found = {}
    for name in names:
        rows = looking.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 -- our own tables
        sizes = looking.execute(
            "SELECT pg_table_size(%s::regclass), pg_indexes_size(%s::regclass)", (name, name)
        ).fetchone()
        found[name] = Weight(float((rows or (0,))[0]), *map(float, sizes or (0, 0)))
    return found


def _less(now: Weight, before: Weight, count: int) -> Weight:
    parts = ((now.rows, before.rows), (now.heap, before.heap), (now.indexes, before.indexes))
    return Weight(*((a - b) / count for a, b in parts))


def _log(looking: "psycopg.Connection[Any]") -> int:
    row = looking.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
    return int((row or (0,))[0])


def _cpu(server: postgres.Postgres) -> tuple[float, float]:
    return time.process_time(), cpu_seconds([server.process.pid])


def _told(weights: dict[str, Weight], count: int, steps: int) -> Table:
    title = f"for one return, of {count:,} by {steps:,} commands; a billion a year beside it"
    table = Table("table", "rows", "bytes", "of them indexes", "TB of a year", title=title, title_justify="left")
    total: Counter[str] = Counter()
    for name, one in sorted(weights.items(), key=lambda pair: -(pair[1].heap + pair[1].indexes)):
        size = one.heap + one.indexes
        total.update({"rows": one.rows, "size": size, "indexes": one.indexes})
        if size >= 1:
            table.add_row(
                name, f"{one.rows:.2f}", f"{size:,.0f}", f"{one.indexes:,.0f}", f"{size * BILLION / 1e12:.2f}"
            )
    whole = total["size"] * BILLION / 1e12
    table.add_row("all", f"{total['rows']:.2f}", f"{total['size']:,.0f}", f"{total['indexes']:,.0f}", f"{whole:.2f}")
    return table


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        measure(Console(), Path(folder) / "sizes", int(sys.argv[1]) if len(sys.argv) > 1 else RETURNS)
