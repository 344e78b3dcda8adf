"""SQL that writes consignments. Only their errands call it. A consignment has a chain of hashes like that of a parcel."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.partner import access, notices
from backhaul.partner import tables as t
from backhaul.partner.consignment_queries import LOAD, decode_consignment
from backhaul.partner.rules import consignment_events as e
from backhaul.partner.rules.consignments import Consignment, born, evolve
from backhaul.partner.shapes import CarrierResult, Signed

_encode = msgspec.json.Encoder().encode

CHANGING = ("status", "version", "tracking", "doc", "head")

LOAD_LOCKED = Statement(LOAD.core.with_for_update())
INSERT = Statement(t.consignments.insert())
UPDATE = Statement(
    t.consignments.update()
    .where(t.consignments.c.id == bindparam("consignment"), t.consignments.c.version == bindparam("seen"))
    .values({name: bindparam(name) for name in CHANGING})
)
MANIFEST_SENT = Statement(
    t.consignments.update()
    .where(t.consignments.c.id == bindparam("consignment"), t.consignments.c.manifest_us.is_(None))
    .values(manifest_us=bindparam("at_us"))
)
APPEND = Statement(t.consignment_events.insert())
HOLD = Statement(t.consignment_units.insert())
LET_GO = Statement(t.consignment_units.delete().where(t.consignment_units.c.parcel_id == bindparam("parcel")))
FORGET_GOODS = Statement(
    t.customs_goods.delete().where(
        t.customs_goods.c.seller_id == bindparam("seller"), t.customs_goods.c.sku == bindparam("sku")
    )
)
KEEP_GOODS = Statement(t.customs_goods.insert())
KEEP_FILE = Statement(t.carrier_files.insert())


def load(tx: Tx, consignment_id: int) -> tuple[Consignment, bytes]:
    """A consignment with its chain's head, locked; `Refused` when there is none."""
    row = tx.one(LOAD_LOCKED, consignment=consignment_id)
    if row is None:
        raise Refused("not_found", "missing")
    return decode_consignment(row[0]), bytes(row[1])


def begin(tx: Tx, consignment_id: int, event: e.ConsignmentOpened, signed: Signed) -> Consignment:
    """A consignment by its first event."""
    it = born(consignment_id, event)
    rows: list[dict[str, object]] = []
    head = _chained(rows, it, event, GENESIS, signed)
    tx.run(INSERT, id=it.id, number=it.number, company_id=it.company_id, destination_id=it.destination.id,
           manifest_us=None, **_row(it, head))  # fmt: skip
    tx.many(APPEND, rows)
    return it


def save(tx: Tx, it: Consignment, head: bytes, events: list[e.Any], signed: Signed) -> Consignment:
    """Fold events, append them to the chain, write the row where its version is still the one that was read."""
    if not events:
        return it
    after, rows, posted = it, list[dict[str, object]](), list[Posted]()
    for event in events:
        after = evolve(after, event)
        head = _chained(rows, after, event, head, signed)
        _hold(tx, it, event)
        cause = f"consignment.{it.id}.{after.version}"
        posted += [
            Posted(notice, cause, to_us(signed.at), to_us(signed.at)) for notice in notices.of_consignment(after, event)
        ]
    if tx.run(UPDATE, consignment=it.id, seen=it.version, **_row(after, head)) != 1:
        raise Refused("version_conflict", version=it.version)
    tx.many(APPEND, rows)
    t.board.hang(tx, posted, access.mailboxes)
    return after


def _hold(tx: Tx, it: Consignment, event: e.Any) -> None:
    """A unit that is packed is held; one that is taken out or was in a consignment that is cancelled is free."""
    if isinstance(event, e.UnitPacked) and it.unit(event.unit.parcel_id) is None:
        tx.run(HOLD, parcel_id=event.unit.parcel_id, consignment_id=it.id)
    elif isinstance(event, e.UnitTakenOut):
        tx.run(LET_GO, parcel=event.parcel_id)
    elif isinstance(event, e.ConsignmentCancelled):
        tx.many(LET_GO, [{"parcel": unit.parcel_id} for unit in it.units])
    elif isinstance(event, e.GoodsDeclared):
        unit = it.unit(event.parcel_id)
        if unit is not None:
            tx.run(FORGET_GOODS, seller=unit.seller_id, sku=unit.sku)
            tx.run(KEEP_GOODS, seller_id=unit.seller_id, sku=unit.sku, hs_code=event.hs_code, origin=event.origin)


def manifest_sent(tx: Tx, consignment_id: int, at: datetime) -> None:
    """The carrier has the manifest."""
    tx.run(MANIFEST_SENT, consignment=consignment_id, at_us=to_us(at))


def keep_file(tx: Tx, digest: str, name: str, result: CarrierResult, signed: Signed) -> None:
    """Remember a carrier's file, so that it does nothing when it comes again."""
    tx.run(KEEP_FILE, digest=digest, name=name, taken_us=to_us(signed.at), taken_by=signed.by.id,
           result=_encode(result).decode())  # fmt: skip


def _chained(rows: list[dict[str, object]], it: Consignment, event: Any, head: bytes, signed: Signed) -> bytes:
    """Append an event's row; the chain's head after it. `it` is the consignment after the event."""
    data, at_us = _encode(event), to_us(signed.at)
    mark = Mark(at_us, at_us, signed.by.role, signed.by.id, signed.request_id)
    head = event_hash(head, it.id, it.version, data, mark)
    rows.append({
        "consignment_id": it.id, "seq": it.version, "kind": type(event).__name__, "data": data.decode(), "at_us": at_us,
        "recorded_us": at_us, "role": mark.role, "actor": mark.actor, "request_id": mark.request_id, "hash": head,
    })  # fmt: skip
    return head


def _row(it: Consignment, head: bytes) -> dict[str, object]:
    return {
        "status": it.status.value, "version": it.version, "tracking": it.tracking, "doc": _encode(it), "head": head,
    }  # fmt: skip
