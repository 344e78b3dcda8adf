"""What programs of sellers are told of their units and invoices, event by event.

A message repeats nothing that a person has typed and has no photos: it says what happened, in codes, instants and amounts.
Whoever wants more asks API v1 for the parcel or the invoice.
"""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit import webhook_law
from backhaul.partner.rules import events as e
from backhaul.partner.rules import invoice_events as i
from backhaul.partner.rules.invoices import Invoice
from backhaul.partner.rules.parcels import Parcel

# The events of a unit of which its seller's companies are told, each with the facts that go along. The others are how the
# warehouse works: a suspicion before two people are sure, second checks, shelves, our own labels.
OF_PARCELS: dict[type[e.Event], tuple[str, ...]] = {
    e.Expected: (),
    e.DispatchNoted: ("carrier", "waybill"),
    e.LostNoted: ("at",),
    e.DisposalOnArrivalChosen: ("wanted",),
    e.Arrived: ("warehouse", "at", "decide_by", "weight_gram", "packaging_intact", "hazard", "fee"),
    e.GateChecked: ("at", "label_matches", "weight_gram", "packaging_intact", "seal_intact", "hazard"),
    e.QuarantineReleased: ("at",),
    e.InspectionQueued: ("due",),
    e.Marked: ("mark", "revision"),
    e.MediaOrdered: ("kind", "at", "due", "fee"),
    e.MediaDelivered: ("at", "days_late"),
    e.DeadlineMoved: ("decide_by", "days", "at"),
    e.Decided: ("decision", "by_whom", "at", "hold_until", "collect_by"),
    e.LabelPrinted: ("carrier", "tracking", "at", "fee", "storage"),
    e.Dispatched: ("carrier", "tracking", "at"),
    e.ShipmentLost: ("at",),
    e.Delivered: ("at",),
    e.HandedOver: ("at", "storage"),
    e.Reminded: ("stage", "decide_by"),
    e.DeadlineMissed: ("at", "hold_until"),
    e.KeepingExpired: ("at", "decide_by"),
    e.ClaimNoted: ("status", "amount", "at", "review_by"),
    e.ClaimReviewed: ("status", "at"),
    e.Reopened: ("at", "decide_by"),
    e.DisposalPostponed: ("hold_until", "because"),
    e.DisposalInstructed: (),
    e.DisposalStarted: ("at", "storage"),
    e.Destroyed: ("certificate", "method", "at", "undecided", "weight_gram", "fee"),
}
OF_INVOICES: dict[type[i.Event], tuple[str, ...]] = {
    i.Issued: ("amount", "due"),
    i.Reminded: ("amount", "due", "overdue"),
    i.Paid: ("amount",),
    i.DisputeRefused: ("line",),
    i.Credited: ("credit_note", "amount"),
}
TOLD: dict[type, tuple[str, ...]] = {**OF_PARCELS, **OF_INVOICES}


def type_of(event: type) -> str:
    """`parcel.deadline_missed` of `DeadlineMissed`, `invoice.issued` of `Issued`."""
    return webhook_law.type_of("invoice" if event in OF_INVOICES else "parcel", event)


TYPES: dict[str, type] = {type_of(event): event for event in TOLD}


class ParcelFacts(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="about", tag="parcel"):
    """The unit after the event; `about` says `parcel`. `version` counts its events: the greatest one is the latest, in whatever order they come.

    `facts` are those of the event; docs/events.md lists them by type.
    """

    parcel_id: int
    parcel_number: str
    return_number: str
    version: int
    status: str
    seller_id: int
    posting_number: str
    offer_id: str
    sku: int
    decision: str = ""
    decide_by: datetime | None = None
    facts: dict[str, Any] = {}


class InvoiceFacts(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="about", tag="invoice"):
    """The invoice; `about` says `invoice`. `version` grows with its events: the greatest one is the latest.

    `facts` are those of the event; docs/events.md lists them by type.
    """

    invoice_number: str
    version: int
    seller_id: int
    month: str
    facts: dict[str, Any] = {}


class Message(msgspec.Struct, frozen=True):
    """What happened, as it is sent and as `GET /events` gives it. `timestamp` is when it counts."""

    id: str
    type: str
    timestamp: datetime
    data: ParcelFacts | InvoiceFacts


def facts_of(kind: str) -> type[ParcelFacts] | type[InvoiceFacts]:
    """What stands around the facts of an event of this type."""
    return InvoiceFacts if TYPES.get(kind) in OF_INVOICES else ParcelFacts


def of_parcel(company_id: int, it: Parcel, event: e.Any, seq: int, at: datetime) -> Message | None:
    """What an event of a unit tells a company that is linked to its seller; `it` is the unit after it. None: nothing."""
    if type(event) not in OF_PARCELS:
        return None
    unit = it.unit
    data = ParcelFacts(
        parcel_id=it.id, parcel_number=it.number, return_number=unit.return_number, version=seq, status=it.status,
        seller_id=unit.seller_id, posting_number=unit.posting_number, offer_id=unit.offer_id, sku=unit.sku,
        decision="" if it.decision == "none" else it.decision, decide_by=it.decide_by, facts=_facts(event),
    )  # fmt: skip
    return Message(f"evt_{company_id}_{it.id}_{seq}", type_of(type(event)), at, data)


def of_invoice(company_id: int, it: Invoice, event: i.Event, number: int, at: datetime) -> Message:
    """What an event of an invoice tells its payer. `number` counts what all payers are told of invoices."""
    data = InvoiceFacts(it.number, number, it.seller_id, it.month, _facts(event))
    return Message(f"evt_{company_id}_{it.number}_{number}", type_of(type(event)), at, data)


def _facts(event: Any) -> dict[str, Any]:
    """Facts that are not known are left out."""
    return {name: value for name in TOLD[type(event)] if (value := getattr(event, name)) is not None}
