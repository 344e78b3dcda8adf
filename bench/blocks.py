"""What it would cost to keep events in blocks of returns on PostgreSQL: the same rows into `events` as it is and partitioned by `case_id`.

`python -m bench.blocks [BLOCKS]` tells it, batch by batch in one run, by the processor time of the server's own processes: other work on
the machine has little say. Events and entries go in as the desk puts them, with their triggers. Why it is not built: decision 0029.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from backhaul.kit import migrations
from backhaul.kit.database import Database, Statement, transaction
from backhaul.marketplace import tables
from tests import postgres

BLOCK, PASSES, SIZES = 10_000_000, 300, (1, 16, 64)
EVENTS, ENTRIES = Statement(tables.journal.events.insert()), Statement(tables.journal.entries.insert())
# The table that is there becomes the first block; names, key and append-only trigger go to the whole.
INTO_BLOCKS = f"""
DROP TRIGGER events_append_only ON events;
ALTER TABLE events RENAME TO events_first;
ALTER TABLE events_first RENAME CONSTRAINT events_pkey TO events_first_pkey;
ALTER TABLE events_first ADD CONSTRAINT of_the_first_block CHECK (case_id < {BLOCK});
CREATE TABLE events (LIKE events_first INCLUDING DEFAULTS) PARTITION BY RANGE (case_id);
ALTER TABLE events ADD PRIMARY KEY (case_id, seq);
ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO ({BLOCK});
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION append_only();
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE POLICY house_rows ON events TO backhaul_desk, backhaul_reader USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON events TO backhaul_desk; GRANT SELECT ON events TO backhaul_reader
"""


def processor(connection: Any) -> float:
    """Milliseconds that the server's process of a connection has worked."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e6


def put(connection: Any, first: int, count: int) -> None:
    """One event and one entry of so many new returns, in one transaction."""
    cases = range(first, first + count)
    events = [
        {"case_id": n, "seq": 1, "kind": "Approved", "data": '{"role":"seller"}', "at_us": 1, "recorded_us": 1, "role": "seller",
         "actor": "key:abcdefgh", "request_id": "", "hash": os.urandom(32)} for n in cases
    ]  # fmt: skip
    entries = [
        {"cause": f"refund_owed:{n}", "case_id": n, "seq": 1, "debit": "payable:seller:1", "credit": "payable:customers",
         "amount_minor": 100, "currency": "RUB", "at_us": 1} for n in cases
    ]  # fmt: skip
    with transaction(connection, "postgresql") as tx:
        tx.put(EVENTS, events)
        tx.put(ENTRIES, entries)


def history(connection: Any, case_id: int, _: int = 0) -> None:
    """What happened to a return, planned for it as readers do."""
    connection.execute(
        "SELECT seq, kind, data FROM events WHERE case_id = %s ORDER BY seq LIMIT 1000", (case_id,)
    ).fetchall()


def made(server: postgres.Postgres, blocks: int) -> tuple[Any, Any]:
    """A connection of the desk to a house as it is, and one to a house with blocks."""
    found = []
    for name in ("whole", "blocks"):
        server.create_database(name)
        database = Database(server.url(name))
        migrations.upgrade(database, "backhaul.marketplace", tables.metadata)
        connection = database.writer()
        if name == "blocks":
            connection.execute("RESET ROLE")
            for words in INTO_BLOCKS.split(";"):
                connection.execute(words)
            for n in range(1, blocks):
                connection.execute(
                    f"CREATE TABLE events_{n} PARTITION OF events FOR VALUES FROM ({n * BLOCK}) TO ({(n + 1) * BLOCK})"
                )
            connection.execute("SET ROLE backhaul_desk")
        found.append(connection)
    return found[0], found[1]


def measure(
    whole: Any, blocks: Any, act: Callable[[Any, int, int], None], first: int, size: int
) -> tuple[float, float]:
    """The middle time as it is, and the middle ratio with blocks."""
    took: dict[int, list[float]] = {id(whole): [], id(blocks): []}
    for nth in range(PASSES):
        for connection in (whole, blocks) if nth % 2 else (blocks, whole):
            begun = processor(connection)
            act(connection, first + nth * size, size)
            took[id(connection)].append(processor(connection) - begun)
    pairs = list(zip(took[id(whole)], took[id(blocks)], strict=True))[10:]
    return statistics.median(one for one, _ in pairs), statistics.median(other / one for one, other in pairs)


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder:
        server = postgres.start(Path(folder) / "server")
        whole, blocks = made(server, count)
        table = Table("what", "as it is, ms", "blocks / as it is",
                      title=f"Events in {count} blocks, PostgreSQL, processor time of the server", title_justify="left")  # fmt: skip
        for nth, size in enumerate(SIZES):
            was, ratio = measure(whole, blocks, put, 200_000 + nth * 100_000, size)
            table.add_row(f"{size} events and entries", f"{was:.2f}", f"{ratio:.2f}")
        for connection in (whole, blocks):
            connection.execute("SET plan_cache_mode = force_custom_plan")
        was, ratio = measure(whole, blocks, history, 200_000, 1)
        table.add_row("a return's events", f"{was:.2f}", f"{ratio:.2f}")
        Console(width=100).print(table)
        for connection in (whole, blocks):
            connection.close()
        server.discard()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4)
