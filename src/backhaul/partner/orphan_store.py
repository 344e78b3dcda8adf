"""SQL that writes orphans, each with a chain of hashes of its own, made like that of a parcel. Only the desk calls it."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import journal
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.partner import orphan_queries, store
from backhaul.partner import tables as t
from backhaul.partner.rules import codes
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.around import By

FIRST_ORPHAN_ID = 1001
CHANGING = ("status", "shelf", "parcel_id", "version", "doc", "head")

_encode = msgspec.json.Encoder().encode

LOAD_LOCKED = Statement(
    sa.select(t.orphans.c.doc, t.orphans.c.head).where(t.orphans.c.id == bindparam("orphan")).with_for_update()
)
INSERT = Statement(t.orphans.insert())
INSERT_CODE = Statement(t.orphan_codes.insert())
UPDATE = Statement(
    t.orphans.update()
    .where(t.orphans.c.id == bindparam("orphan"), t.orphans.c.version == bindparam("seen"))
    .values({name: bindparam(name) for name in CHANGING})
)
APPEND = Statement(t.orphan_events.insert())


def load(tx: Tx, orphan_id: int) -> tuple[o.Orphan, bytes]:
    """An orphan with its chain's head, locked; `Refused` when there is none."""
    row = tx.one(LOAD_LOCKED, orphan=orphan_id)
    if row is None:
        raise Refused("not_found", "missing")
    return orphan_queries.decode_orphan(row[0]), bytes(row[1])


def insert(tx: Tx, form: o.Register, by: By, at: datetime, policy: Any, request_id: str = "") -> o.Orphan:
    """A new orphan, findable by its number and by every code that was seen on it."""
    orphan_id = store.take_number(tx, "orphan", FIRST_ORPHAN_ID)
    event = o.register(f"U-{orphan_id}", form, by.role, at, policy)
    it = o.born(orphan_id, event)
    rows: list[dict[str, object]] = []
    head = _chained(rows, it, event, journal.GENESIS, by, at, request_id)
    tx.run(INSERT, id=it.id, number=it.number, warehouse=it.warehouse, registered_us=to_us(at), **_row(it, head))
    found = {codes.kept(it.number)} | {reading for code in it.codes for reading in codes.readings(code)}
    tx.many(INSERT_CODE, [{"code": code, "orphan_id": it.id} for code in sorted(found)])
    tx.many(APPEND, rows)
    return it


def save(
    tx: Tx, it: o.Orphan, head: bytes, events: list[o.Any], by: By, at: datetime, request_id: str = ""
) -> o.Orphan:
    """Fold events into an orphan that is loaded; without events nothing is written."""
    after, rows = it, list[dict[str, object]]()
    for event in events:
        after = o.evolve(after, event)
        head = _chained(rows, after, event, head, by, at, request_id)
    if events and tx.run(UPDATE, orphan=it.id, seen=it.version, **_row(after, head)) != 1:
        raise Refused("version_conflict", version=it.version)
    tx.many(APPEND, rows)
    return after


def _chained(rows: list[dict[str, object]], it: o.Orphan, event: o.Any, head: bytes, by: By, at: datetime,
             request_id: str) -> bytes:  # fmt: skip
    """Append an event's row; the chain's head after it. `it` is the orphan after the event."""
    data = _encode(event)
    mark = journal.Mark(to_us(at), to_us(at), by.role, by.id, request_id)
    head = journal.event_hash(head, it.id, it.version, data, mark)
    rows.append({
        "orphan_id": it.id, "seq": it.version, "kind": type(event).__name__, "data": data.decode(), "at_us": mark.at_us,
        "recorded_us": mark.recorded_us, "role": mark.role, "actor": mark.actor, "request_id": mark.request_id,
        "hash": head,
    })  # fmt: skip
    return head


def _row(it: o.Orphan, head: bytes) -> dict[str, object]:
    return {
        "status": it.status.value,
        "shelf": it.shelf,
        "parcel_id": it.parcel_id,
        "version": it.version,
        "doc": _encode(it),
        "head": head,
    }
