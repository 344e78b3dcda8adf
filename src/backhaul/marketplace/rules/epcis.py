"""The physical steps of a return as events of EPCIS 2.0 and CBV 2.0 (GS1), so that others read who had the unit when. Pure.

No event names the customer or repeats what anybody typed. A step that nobody observed (late, missing) is none.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backhaul.kit import gs1
from backhaul.kit.days import MOSCOW
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.words import Mark, Marking

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
SCHEMA_VERSION = "2.0"
# For what has no key of GS1: the forms of CBV 2.0 section 8 (`obj`, `loc`, `bt`).
OWN = "urn:backhaul"

Action = Literal["OBSERVE", "DELETE"]
BY_MARK = {
    Mark.SERVICEABLE: "sellable_not_accessible",
    Mark.PARTIALLY_DAMAGED: "damaged",
    Mark.COMPLETELY_DAMAGED: "damaged",
    Mark.SUBSTITUTED: "mismatch_class",
}
ANOTHER_PRODUCT = "not_the_requested_product"
HANDED_OVER = {"picked_up": ("departing", "in_transit"), "delivered": ("arriving", "returned")}


class BizTransaction(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A paper that the step belongs to; `rma` is the return, `bol` the waybill."""

    type: str = ""
    biz_transaction: str = msgspec.field(name="bizTransaction")


class Place(msgspec.Struct, frozen=True):
    """A point or a warehouse."""

    id: str


class ErrorDeclaration(msgspec.Struct, frozen=True, rename="camel"):
    """An event that was told before is wrong; others stand in its place."""

    declaration_time: datetime
    reason: str
    corrective_event_ids: tuple[str, ...] = msgspec.field(name="correctiveEventIDs")


class ObjectEvent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, rename="camel"):
    """One physical step. `eventTime` is when it happened, `recordTime` when the house wrote it down."""

    type: Literal["ObjectEvent"]
    event_id: str = msgspec.field(name="eventID")
    event_time: datetime
    event_time_zone_offset: str
    record_time: datetime
    epc_list: tuple[str, ...]
    action: Action
    biz_step: str
    disposition: str = ""
    read_point: Place | None = None
    biz_location: Place | None = None
    biz_transaction_list: tuple[BizTransaction, ...]
    error_declaration: ErrorDeclaration | None = None


class EventList(msgspec.Struct, frozen=True, rename="camel"):
    """The events, in the order in which they were recorded."""

    event_list: tuple[ObjectEvent, ...]


class EpcisDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An EPCIS document in JSON-LD."""

    context: tuple[str, ...] = msgspec.field(name="@context")
    type: Literal["EPCISDocument"]
    schema_version: str
    creation_date: datetime
    epcis_body: EventList


class Recorded(msgspec.Struct, frozen=True):
    """An event of a return with its number, when it counts, and when it was written."""

    seq: int
    event: e.Event
    at: datetime
    recorded_at: datetime


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says in the words of CBV. `at`: where it was seen; `stays`: the unit is there afterwards."""

    biz_step: str
    disposition: str = ""
    at: str | None = None
    stays: bool = True
    action: Action = "OBSERVE"
    papers: tuple[BizTransaction, ...] = ()


def document(events: Iterable[ObjectEvent], at: datetime) -> EpcisDocument:
    """The document around events."""
    return EpcisDocument(context=(CONTEXT,), type="EPCISDocument", schema_version=SCHEMA_VERSION, creation_date=at,
                    epcis_body=EventList(tuple(events)))  # fmt: skip


def own_id(*parts: str) -> str:
    """A URN of ours: `urn:backhaul:obj:R-1`."""
    return ":".join((OWN, *(gs1.escaped(part) for part in parts)))


def object_events(history: Sequence[Recorded]) -> list[tuple[int, ObjectEvent]]:
    """The steps of one return, each with the number of the event that tells it. `history` begins with `Requested`.

    A mark that takes another's place tells two: that the earlier one is wrong, and the new one.
    """
    found: list[tuple[int, ObjectEvent]] = []
    place, expected = "", True
    inspected: tuple[Mark, ObjectEvent] | None = None
    first = history[0].event if history else None
    if not isinstance(first, e.Requested):
        return []
    for one in history:
        step = _step(one.event)
        if step is None:
            continue
        place, expected = place if step.at is None else step.at, _is_expected(one.event, before=expected)
        told = _object_event(first, one, step, place, expected=expected)
        if isinstance(one.event, e.Marked):
            if inspected is not None and inspected[0] is not one.event.mark:
                found.append((one.seq, _declared_wrong(inspected[1], told, one.recorded_at)))
            inspected = (one.event.mark, told)
        found.append((one.seq, told))
        place = place if step.stays else ""
    return found


def _step(event: e.Event) -> _Step | None:
    """The words for an event; None: nothing was done with the unit."""
    match event:
        case e.CheckedIn():
            return _Step(biz_step="accepting", disposition="returned", at=event.point_id)
        case e.TurnedAway():
            return _Step(biz_step="inspecting", disposition=_mismatch(event), at=event.point_id, stays=False)
        case e.Dispatched():
            waybill = BizTransaction(type="bol", biz_transaction=own_id("bt", event.carrier, event.waybill))
            papers = (waybill,) if event.waybill else ()
            return _Step(biz_step="departing", disposition="in_transit", stays=False, papers=papers)
        case e.Arrived():
            return _Step(biz_step="receiving", disposition="returned", at=event.warehouse)
        case e.Marked():
            return _Step(biz_step="inspecting", disposition=BY_MARK[event.mark])
        case e.HandoverMirrored() if event.parcel_status in HANDED_OVER:
            biz_step, disposition = HANDED_OVER[event.parcel_status]
            arrives = event.parcel_status == "delivered"
            return _Step(biz_step=biz_step, disposition=disposition, at="" if arrives else None, stays=False)
        case e.ReceiptConfirmed():
            return _Step(biz_step="receiving", disposition="returned", at="", stays=False)
        case e.ReceivedForDisposal():
            return _Step(biz_step="collecting", disposition="non_sellable_other", at=event.point_id)
        case e.DisposalMirrored():
            return _destroyed(event.certificate, None)
        case e.DisposalCertified():
            return _destroyed(event.certificate, event.point_id or None)
        case _:
            return None


KINDS = (
    e.Requested, e.CheckedIn, e.TurnedAway, e.Dispatched, e.Arrived, e.Marked, e.HandoverMirrored, e.ReceiptConfirmed,
    e.ReceivedForDisposal, e.DisposalMirrored, e.DisposalCertified,
)  # fmt: skip


def _destroyed(certificate: str, at: str | None) -> _Step:
    papers = (BizTransaction(biz_transaction=own_id("bt", certificate)),) if certificate else ()
    return _Step(biz_step="destroying", disposition="destroyed", at=at, stays=False, action="DELETE", papers=papers)


def _mismatch(event: e.TurnedAway) -> str:
    if event.reason == ANOTHER_PRODUCT:
        return "mismatch_class"
    return "mismatch_instance" if event.marking is Marking.DIFFERS else ""


def _is_expected(event: e.Event, *, before: bool) -> bool:
    """Whether the unit is the one that was sold, as far as it is known after an event; only then its serial number names it."""
    match event:
        case e.TurnedAway():
            return event.reason != ANOTHER_PRODUCT and event.marking is not Marking.DIFFERS
        case e.CheckedIn():
            return event.marking is not Marking.DIFFERS
        case e.Marked():
            return event.mark is not Mark.SUBSTITUTED
        case _:
            return before


def _object_event(first: e.Requested, one: Recorded, step: _Step, place: str, *, expected: bool) -> ObjectEvent:
    at = (getattr(one.event, "at", None) or one.at).astimezone(MOSCOW)
    link = gs1.digital_link(first.line.gtin, first.line.serial or "") if expected else ""
    where = Place(own_id("loc", place)) if place else None
    offset = at.strftime("%z")
    return ObjectEvent(
        type="ObjectEvent",
        event_id=_event_id(first, one.seq),
        event_time=at,
        event_time_zone_offset=f"{offset[:3]}:{offset[3:]}",
        record_time=one.recorded_at,
        epc_list=(link or own_id("obj", first.number),),
        action=step.action,
        biz_step=step.biz_step,
        disposition=step.disposition,
        read_point=where,
        biz_location=where if step.stays else None,
        biz_transaction_list=(BizTransaction(type="rma", biz_transaction=own_id("bt", first.number)), *step.papers),
    )


def _event_id(first: e.Requested, seq: int) -> str:
    """The name of an event for ever (RFC 6920). It is not the hash of CBV 2.0 section 8.9, so it does not say `ver=CBV2.0`."""
    named = hashlib.sha256(f"{OWN}:{first.number}:{first.at.isoformat()}:{seq}".encode()).digest()
    return f"ni:///sha-256;{urlsafe_b64encode(named).rstrip(b'=').decode()}"


def _declared_wrong(wrong: ObjectEvent, instead: ObjectEvent, at: datetime) -> ObjectEvent:
    """The same event once more with its declaration (EPCIS 2.0 section 7.4.1): same id, and what is true instead."""
    declared = ErrorDeclaration(at, "incorrect_data", (instead.event_id,))
    return msgspec.structs.replace(wrong, record_time=at, error_declaration=declared)
