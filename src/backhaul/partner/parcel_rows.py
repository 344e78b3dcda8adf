"""A parcel as its row: the searchable columns beside the document, and the updates that set those that changed."""

import os
from typing import Any

import msgspec

from backhaul.kit.changed_columns import ChangedColumns, changed
from backhaul.kit.days import to_us
from backhaul.kit.desk import Change
from backhaul.partner import tables as t
from backhaul.partner.rules.calendar import kept_until, next_due
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Status

NOT_INSPECTED = "none"

encode_parcel = msgspec.json.Encoder().encode


UPDATES = ChangedColumns(t.parcels, {"id": "parcel", "version": "seen"})


def moved(change: Change[Parcel], before: Parcel, policy: Policy) -> dict[str, Any]:
    """The columns that are not as they were, and those that change with every event."""
    return {**changed(_facts(change.after), _facts(before)), **_moving(change, policy)}


def row(change: Change[Parcel], policy: Policy) -> dict[str, Any]:
    """All columns of a new parcel."""
    return {**_facts(change.after), **_moving(change, policy), **_lasting(change.after)}


def _moving(change: Change[Parcel], policy: Policy) -> dict[str, Any]:
    it = change.after
    due = next_due(it, policy)
    return {
        "version": it.version,
        "due_us": None if due is None else to_us(due),
        "doc": encode_parcel(it),
        "head": change.head,
    }


def _facts(it: Parcel) -> dict[str, Any]:
    return {
        "status": it.status,
        "inspection": it.inspection.status,
        "media": it.media.status,
        "decision": it.decision,
        "disposal": it.disposal.status,
        "warehouse": it.warehouse,
        "shelf": it.shelf,
        "decide_by_us": None if it.decide_by is None else to_us(it.decide_by),
        "ships_to": it.destination.id if it.status is Status.ARRIVED and it.destination is not None else None,
        "inspect_by_us": 0 if it.inspection.due is None else to_us(it.inspection.due),
        "mark": it.inspection.mark or NOT_INSPECTED,
        "claim": it.claim.status,
        "over_us": None if it.finished_at is None else to_us(it.finished_at),
        "gate": it.gate.status,
        "carrier": it.carrier,
        "eta_us": to_us(it.unit.eta),
        "arrived_us": None if it.arrived_at is None else to_us(it.arrived_at),
        "media_by_us": 0 if it.media.due is None else to_us(it.media.due),
        "collect_by_us": None if (collect_by := kept_until(it)) is None else to_us(collect_by),
    }


def _lasting(it: Parcel) -> dict[str, Any]:
    """What never changes. The code for a collector is drawn here: it is in no event and in no message."""
    return {
        "id": it.id,
        "number": it.number,
        "return_number": it.unit.return_number,
        "seller_id": it.seller_id,
        "variant": it.unit.variant,
        "sku": it.unit.sku,
        "price_minor": it.unit.price.minor,
        "reason": it.unit.reason,
        "pickup_code": f"{int.from_bytes(os.urandom(8), 'big') % 1_000_000:06d}",
    }
