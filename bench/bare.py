"""The same transaction on the bare driver: the reads and writes that one command makes, no law, no HTTP, prepared values.

key, return, remembered answer and seller read; return updated; two events, one ledger entry, one message for programs, one answer
written; COMMIT. The product writes besides another message, a notice, and the rows that lists and money pages look for.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import psycopg

READS = {
    "key": "SELECT seller_id, role, digest, expires_us, revoked_us FROM api_keys WHERE public_id = {0}",
    "answer": "SELECT body_hash, answer FROM answers WHERE key = {0}",
    "return": "SELECT id, doc, head FROM returns WHERE id = {0}",
    "seller": "SELECT linked, default_route, moderation_ticket FROM sellers WHERE id = {0}",
}
UPDATE = (
    "UPDATE returns SET status = {0}, version = version + 2, group_state = {0}, due_us = {0}, act_by_us = {0}, doc = {0}, "
    "head = {0} WHERE id = {0} AND version = 2"
)
EVENT = "INSERT INTO events VALUES ({0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0})"
ENTRY = "INSERT INTO entries VALUES ({0}, {0}, {0}, {0}, {0}, {0}, {0}, {0})"
OUTBOX = "INSERT INTO seller_events (event_id, seller_id, case_id, kind, body, recorded_us) VALUES ({0}, {0}, {0}, {0}, {0}, {0})"
ANSWER = "INSERT INTO answers VALUES ({0}, {0}, {0}, {0}, {0})"

Execute = Callable[[str, tuple[Any, ...]], Any]


def one(execute: Execute, mark: str, return_id: int, public_id: str, salt: str) -> None:
    """The statements of one command between BEGIN and COMMIT."""
    execute(READS["key"].format(mark), (public_id,)).fetchone()
    execute(READS["answer"].format(mark), (f"{salt}{return_id}",)).fetchone()
    row = execute(READS["return"].format(mark), (return_id,)).fetchone()
    execute(READS["seller"].format(mark), (2093311,)).fetchone()
    for statement, values in _writes(mark, return_id, bytes(row[1]), bytes(row[2]), salt):
        execute(statement, values)


def _writes(mark: str, return_id: int, doc: bytes, head: bytes, salt: str) -> Iterable[tuple[str, tuple[Any, ...]]]:
    due = 1_800_000_000_000_000
    data = '{"type":"RefundHeld","amount":{"minor":790000,"currency":"RUB"},"send_at":"2026-11-24T09:00:00Z","why":""}'
    yield UPDATE.format(mark), ("refunded_without_return", "approved", due, None, doc, head, return_id)
    for seq in (3, 4):
        event = (return_id, seq, "RefundHeld", data, due, due, "seller", "key:12345678", "", head)
        yield EVENT.format(mark), event
    yield (
        ENTRY.format(mark),
        (f"bare:{return_id}", return_id, 4, "payable:seller:1", "liability:refunds", 790_000, "RUB", due),
    )
    body = b'{"id":"bare","type":"return.refund_held","timestamp":"2026-11-24T09:00:00Z","data":' + data.encode() + b"}"
    yield OUTBOX.format(mark), (f"{salt}{return_id}", 2093311, return_id, "return.refund_held", body, due)
    yield (
        ANSWER.format(mark),
        (f"{salt}{return_id}", "key:12345678", head, b'{"return_id":100001,"status":"x","version":4}', due),
    )


def sqlite_loop(path: str, return_ids: Iterable[int], public_id: str, group: int) -> float:
    """Commands a second: `group` commands a transaction, power-safe."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    try:
        return _loop(connection.execute, "?", "BEGIN IMMEDIATE", return_ids, public_id, group)
    finally:
        connection.close()


def postgres_loop(url: str, return_ids: Iterable[int], public_id: str, group: int) -> float:
    """Commands a second, a round trip a statement, `group` commands a transaction, synchronous_commit=on."""
    with psycopg.connect(url, autocommit=True) as connection:
        return _loop(connection.execute, "%s", "BEGIN", return_ids, public_id, group)


def postgres_best(url: str, return_ids: list[int], public_id: str, group: int) -> float:
    """Commands a second of the best bare loop here: a group's reads by ANY, its writes by executemany in pipeline mode."""
    with psycopg.connect(url, autocommit=True) as connection:
        begun = time.perf_counter()
        waiting = iter(return_ids)
        while ids := list(islice(waiting, group)):
            _group(connection, ids, public_id)
        return len(return_ids) / (time.perf_counter() - begun)


def _group(connection: "psycopg.Connection[Any]", ids: list[int], public_id: str) -> None:
    with connection.transaction():
        connection.execute(READS["key"].format("%s"), (public_id,)).fetchone()
        names = [f"best{i}" for i in ids]
        connection.execute("SELECT key FROM answers WHERE key = ANY(%s)", (names,)).fetchall()
        rows = connection.execute("SELECT id, doc, head FROM returns WHERE id = ANY(%s) FOR UPDATE", (ids,)).fetchall()
        connection.execute(READS["seller"].format("%s"), (2093311,)).fetchone()
        statements: dict[str, list[tuple[Any, ...]]] = {}
        for return_id, doc, head in rows:
            for statement, values in _writes("%s", return_id, bytes(doc), bytes(head), "best"):
                statements.setdefault(statement, []).append(values)
        with connection.pipeline(), connection.cursor() as cursor:
            for statement, values_of_all in statements.items():
                cursor.executemany(statement, values_of_all)


def _loop(execute: Execute, mark: str, begin: str, return_ids: Iterable[int], public_id: str, group: int) -> float:
    begun = time.perf_counter()
    count = 0
    waiting = iter(return_ids)
    while ids := list(islice(waiting, group)):
        execute(begin, ())
        for return_id in ids:
            one(execute, mark, return_id, public_id, f"bare{group}-")
        execute("COMMIT", ())
        count += len(ids)
    return count / (time.perf_counter() - begun)
