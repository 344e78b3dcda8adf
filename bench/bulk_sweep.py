"""The sweep of very many overdue parcels: the partner's own, and the shortest set-based SQL that leaves the same rows behind.

Their deadline passes: each gets two events, one letter to the marketplace, one notice and one message for its seller. The
bare SQL works in chunks of 20,000: a table of what is due with the new heads of the chains, INSERT ... SELECT for each
table and one UPDATE, and no law; SQLite, which has no SHA-256, calls Python's. Both begin with the same data. Before a
figure is told, all rows are the same on both sides, and the chains of some hold.
"""

# ruff: noqa: S608 -- the SQL is made of names and rows of our own

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Database, Statement, transaction
from backhaul.kit.days import to_us
from backhaul.kit.desk import SWEEP_MAX
from backhaul.partner.office import open_office
from bench.bulk_fixture import (
    FIRST,
    REMINDED,
    SWEPT,
    WRITTEN,
    Told,
    fill,
    office_at,
    prove_chain,
    told,
)
from tests import postgres
from tests.partner.cast import LUMITEK

CHUNK_ROWS, PROVED_ROWS, ROUNDS = 20_000, 20_000, 5
COLUMNS = {str(FIRST): "c.id", "P-100001": "c.number", str(LUMITEK): "c.seller_id"}


def spoken(text: str) -> str:
    """A text of the one parcel as SQL that makes it for the parcels `c`."""
    parts = [text]
    for said in COLUMNS:
        split = [part.split(said) for part in parts]
        parts = [
            piece for pieces in split for n, piece in enumerate(pieces) for piece in ([said] if n else []) + [piece]
        ]
    told_as = [COLUMNS.get(part) or "'" + part.replace("'", "''") + "'" for part in parts if part]
    return " || ".join(told_as) or "''"


class Bare:
    """The set-based SQL, worded for a dialect from what the sweep of the one parcel wrote."""

    def __init__(self, one: Told, dialect: str, chunk_rows: int = CHUNK_ROWS) -> None:
        self.dialect, self.chunk_rows = dialect, chunk_rows
        self.statements = [self._chunk(one), *self._inserts(one), self._update(one)]

    def _hashed(self, head: str, event: dict[str, Any]) -> str:
        said = [FIRST, event["seq"], event["at_us"], event["recorded_us"]]
        marks = ",".join(f'"{event[name]}"' for name in ("role", "actor", "request_id"))
        text = spoken(f"[{','.join(map(str, said))},{marks}]{event['data']}")
        if self.dialect == "sqlite":
            return f"sha256({head}, {text})"
        return f"sha256({head} || convert_to({text}, 'UTF8'))"

    def _chunk(self, one: Told) -> str:
        first, second = new_rows(one, "events")
        lock = "" if self.dialect == "sqlite" else " FOR UPDATE SKIP LOCKED"
        due = (
            f"SELECT id, number, seller_id, head FROM parcels c WHERE due_us <= {to_us(SWEPT)}"
            f" ORDER BY due_us, id LIMIT {self.chunk_rows}{lock}"
        )
        once = f"SELECT id, number, seller_id, {self._hashed('head', first)} AS h1 FROM ({due}) c"
        return f"CREATE TEMP TABLE chunk AS SELECT id, number, seller_id, h1, {self._hashed('h1', second)} AS h2 FROM ({once}) c"

    def _inserts(self, one: Told) -> list[str]:
        worded = []
        for name, table in WRITTEN.items():
            if name == "parcels":
                continue
            for n, row in enumerate(new_rows(one, name)):
                columns = [c.name for c in table.c if c.name != "id" or name == "outbox"]
                values = ", ".join(f"c.h{n + 1}" if c == "hash" else self._value(row[c]) for c in columns)
                worded.append(f"INSERT INTO {name} ({', '.join(columns)}) SELECT {values} FROM chunk c")
        return worded

    def _value(self, value: object) -> str:
        if value is None or isinstance(value, int):
            said = "NULL" if value is None else str(int(value))
            return COLUMNS.get(said, said)
        if isinstance(value, bytes):
            text = spoken(value.decode())
            return f"CAST({text} AS BLOB)" if self.dialect == "sqlite" else f"convert_to({text}, 'UTF8')"
        return spoken(str(value))

    def _update(self, one: Told) -> str:
        before, after = one.before["parcels"][0], one.after["parcels"][0]
        doc = "CAST(p.doc AS TEXT)" if self.dialect == "sqlite" else "convert_from(p.doc, 'UTF8')"
        old, new = (dict(_fields(row["doc"])) for row in (before, after))
        for name, said in new.items():
            if said != old[name]:
                doc = f"replace({doc}, '\"{name}\":{old[name]}', '\"{name}\":{said}')"
        doc = f"CAST({doc} AS BLOB)" if self.dialect == "sqlite" else f"convert_to({doc}, 'UTF8')"
        changed = [name for name in after if after[name] != before[name] and name not in {"doc", "head"}]
        constants = "".join(f"{name} = {self._value(after[name])}, " for name in changed)
        return f"UPDATE parcels AS p SET {constants}doc = {doc}, head = c.h2 FROM chunk c WHERE p.id = c.id"

    def begin(self, database: Database) -> Any:
        """A connection that may do it."""
        connection = database.writer()
        if self.dialect == "sqlite":
            connection.create_function("sha256", 2, lambda head, text: hashlib.sha256(head + text.encode()).digest(),
                                       deterministic=True)  # fmt: skip
        else:
            connection.execute("RESET ROLE")  # the desk's may not make tables
        return connection

    def sweep(self, connection: Any) -> int:
        """A chunk in one transaction; how many parcels."""
        with transaction(connection, self.dialect):
            counts = [connection.execute(statement).rowcount for statement in self.statements]
            connection.execute("DROP TABLE chunk")
        return int(counts[-1])


def _fields(doc: bytes) -> list[tuple[str, str]]:
    fields = msgspec.json.decode(doc, type=dict[str, msgspec.Raw])
    return [(name, bytes(raw).decode()) for name, raw in fields.items()]


def new_rows(one: Told, name: str) -> list[dict[str, Any]]:
    """What the sweep of the one parcel added."""
    return [row for row in one.after[name] if row not in one.before[name]]


def sums(database: Database, count: int) -> dict[str, tuple[int, str]]:
    """Of each table how many rows there are, and a hash over those of some 20,000 parcels, without numbers that databases give."""
    found = {}
    one_in = max(count // PROVED_ROWS, 1)
    for name, table in WRITTEN.items():
        case = table.c["id" if name == "parcels" else "case_id"]
        columns = [column for column in table.c if column.name != "id" or name in {"parcels", "outbox"}]
        key = [case, table.c[{"events": "seq", "outbox": "seq", "company_events": "event_id"}.get(name, case.name)]]
        some = Statement(sa.select(*columns).where(case % sa.literal_column(str(one_in)) == 0).order_by(*key))
        with database.read() as tx:
            hashed = hashlib.sha256()
            for row in tx._execute(some, {}):  # noqa: SLF001 -- row by row
                hashed.update(repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]).encode())
            all_of = tx.one(Statement(sa.select(sa.func.count()).select_from(table)))
        found[name] = (0 if all_of is None else int(all_of[0]), hashed.hexdigest())
    return found


class Watch:
    """Seconds, and CPU seconds of this process and of the one that serves a connection of PostgreSQL."""

    def __init__(self, connection: Any) -> None:
        self.seconds = self.cpu = self.longest = 0.0
        self._server = connection.info.backend_pid if hasattr(connection, "info") else 0

    def _cpu(self) -> float:
        theirs = 0.0
        if self._server:
            said = Path(f"/proc/{self._server}/stat").read_text().rpartition(")")[2].split()
            theirs = (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")
        return time.process_time() + theirs

    def __call__(self, run: Callable[[], int]) -> int:
        began, cpu = time.perf_counter(), self._cpu()
        done = run()
        took = time.perf_counter() - began
        self.seconds, self.cpu, self.longest = (
            self.seconds + took,
            self.cpu + self._cpu() - cpu,
            max(self.longest, took),
        )
        return done


def compared(one: Told, base: str, copy: str, data: Path, count: int) -> dict[str, float]:
    """Both sides on the same data in turns, the bare one on the copy; nothing is told before both left the same rows."""
    office, other = open_office(base, data, TurnedClock(SWEPT)), Database(copy)
    chunk_rows = min(CHUNK_ROWS, max(count // ROUNDS, 1))
    bare = Bare(one, other.dialect, chunk_rows)
    connection = bare.begin(other)
    theirs, ours, chunks = Watch(connection), Watch(office.desk._connection), Watch(connection)  # noqa: SLF001
    some = office.desk._sweep_some  # noqa: SLF001 -- to time the chunks inside
    setattr(office.desk, "_sweep_some", lambda most: chunks(lambda: some(most)))  # noqa: B010
    done = 0
    while theirs(lambda: bare.sweep(connection)):
        until = min(done + chunk_rows, count)
        while done < until:
            moved = ours(partial(office.desk.sweep, min(until - done, SWEEP_MAX)))
            if not moved:
                raise RuntimeError(f"the sweep stopped after {done} of {count}")
            done += moved
    connection.close()
    left, left_bare = sums(office.database, count), sums(other, count)
    if left != left_bare or left["events"][0] != count * len(one.after["events"]) or left["outbox"][0] != count:
        raise RuntimeError(f"the sweeps differ: {left} and {left_bare}")
    for n in range(0, count, max(count // 50, 1)):
        prove_chain(office.database, FIRST + n)
    office.close()
    other.close()
    return {
        "seconds": ours.seconds, "bare_seconds": theirs.seconds, "cpu": ours.cpu, "bare_cpu": theirs.cpu,
        "chunk": chunks.longest, "bare_chunk": theirs.longest,
    }  # fmt: skip


def on_sqlite(one: Told, root: Path, count: int) -> dict[str, float]:
    """In two files."""
    root.mkdir()
    url = f"sqlite:///{root / 'partner.db'}"
    prepared(one, url, root, count)
    shutil.copy(root / "partner.db", root / "bare.db")
    return compared(one, url, f"sqlite:///{root / 'bare.db'}", root, count)


def on_postgres(one: Told, root: Path, count: int) -> dict[str, float]:
    """In two databases of one durable server."""
    root.mkdir()
    server = postgres.start(root / "server", durable=True)
    try:
        server.create_database("partner")
        prepared(one, server.url("partner"), root, count)
        server.create_database("bare", "partner")
        return compared(one, server.url("partner"), server.url("bare"), root, count)
    finally:
        server.discard()


def prepared(one: Told, url: str, data: Path, count: int) -> None:
    """A partner at whom so many parcels wait."""
    office = office_at(url, data, TurnedClock(REMINDED))
    try:
        fill(office, one, count)
        if office.database.dialect == "sqlite":
            office.desk._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # noqa: SLF001
    finally:
        office.close()


def measure(root: Path, count: int) -> dict[str, dict[str, float]]:
    """Both databases."""
    root.mkdir(parents=True)
    one = told(root)
    return {"sqlite": on_sqlite(one, root / "sqlite", count), "postgres": on_postgres(one, root / "postgres", count)}
