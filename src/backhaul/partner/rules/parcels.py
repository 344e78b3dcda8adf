"""A parcel: one physical unit at the partner, folded from its events by `evolve`. Its id is the return's."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from backhaul.kit.money import Money
from backhaul.partner.rules import events as e
from backhaul.partner.rules.lifecycle import CLAIM, DISPOSAL, GATE, INSPECTION, MEDIA, PARCEL, QUARANTINE, SHIPMENT
from backhaul.partner.rules.tariff import Tariff
from backhaul.partner.rules.words import (
    ClaimStatus,
    Decision,
    DisposalStatus,
    GateStatus,
    InspectionStatus,
    Mark,
    MediaKind,
    MediaStatus,
    Payer,
    QuarantineStatus,
    ShipmentStatus,
    Status,
)


class Gate(msgspec.Struct, frozen=True):
    """The gate check: until when it is due, then what it found. `item_code` is what was scanned off the product.

    `alarmed`: the warehouse was told that it is late.
    """

    status: GateStatus = GateStatus.NONE
    due: datetime | None = None
    checked_at: datetime | None = None
    findings: tuple[str, ...] = ()
    item_code: str = ""
    seal_intact: bool = True
    alarmed: bool = False


class Quarantine(msgspec.Struct, frozen=True):
    """Whether the unit is kept apart, and why it was released."""

    status: QuarantineStatus = QuarantineStatus.NONE
    released_because: str = ""


class Inspection(msgspec.Struct, frozen=True):
    """The full check. `mark` is the last final result; `proposed` waits for a second person."""

    status: InspectionStatus = InspectionStatus.NONE
    reasons: tuple[str, ...] = ()
    mark: Mark | None = None
    revision: int = 0
    defect: str = ""
    note: str = ""
    comparison: str = ""
    photos: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    proposed: e.MarkProposed | None = None
    due: datetime | None = None


class Media(msgspec.Struct, frozen=True):
    """Photos or video on order."""

    status: MediaStatus = MediaStatus.NONE
    ordered_at: datetime | None = None
    due: datetime | None = None
    in_time: bool = False
    ready_at: datetime | None = None
    days_late: int = 0
    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    kind: MediaKind = MediaKind.BOTH


class Shipment(msgspec.Struct, frozen=True):
    """A delivery to the seller's warehouse, alone or in a `consignment`."""

    status: ShipmentStatus = ShipmentStatus.NONE
    carrier: str = ""
    tracking: str = ""
    printed_at: datetime | None = None
    delivered_at: datetime | None = None
    consignment: int = 0
    dispatched_at: datetime | None = None
    lost_at: datetime | None = None
    lost_note: str = ""


class Disposal(msgspec.Struct, frozen=True):
    """Destruction. `hold_until` is when it can no longer be undone by itself."""

    status: DisposalStatus = DisposalStatus.NONE
    hold_until: datetime | None = None
    certificate: str = ""
    method: str = ""
    witness: str = ""
    photos: tuple[str, ...] = ()
    destroyed_at: datetime | None = None
    weight_gram: int | None = None


class Claim(msgspec.Struct, frozen=True):
    """The claim for a substituted unit: the marketplace's, reviewed here. `payer` is a proposal until it is granted."""

    status: ClaimStatus = ClaimStatus.NONE
    amount: Money | None = None
    payer: Payer | None = None
    filed_at: datetime | None = None
    review_by: datetime | None = None
    refund_sent_at: datetime | None = None
    point_photos: tuple[str, ...] = ()
    comment: str = ""


class Parcel(msgspec.Struct, frozen=True):
    """The whole of one parcel. `version` is the number of its events, `clock_from` when the bound in force was set.

    `prices` are those that the seller agreed to with the last decision, or with a disposal asked for beforehand.
    """

    id: int
    version: int
    number: str
    status: Status
    unit: e.Unit
    carrier: str = ""
    waybill: str = ""
    lost_at: datetime | None = None
    dispose_on_arrival: bool = False
    warehouse: str = ""
    shelf: str = ""
    claimed_at: datetime | None = None
    arrived_at: datetime | None = None
    weight_gram: int | None = None
    packaging_intact: bool = True
    hazard: bool = False
    photos: tuple[str, ...] = ()
    decide_by: datetime | None = None
    clock_from: datetime | None = None
    days_moved: int = 0
    reminded: tuple[str, ...] = ()
    decision: Decision = Decision.NONE
    decided_at: datetime | None = None
    decided_by: str = ""
    destination: e.Destination | None = None
    stored_from: datetime | None = None
    prices: Tariff | None = None
    collect_by: datetime | None = None
    notice_rounds: int = 0
    undecided: bool = False
    reopened_because: str = ""
    collector_named: str = ""
    collector: str = ""
    finished_at: datetime | None = None
    orphan: str = ""
    labels_printed: int = 0
    gate: Gate = Gate()
    quarantine: Quarantine = Quarantine()
    inspection: Inspection = Inspection()
    media: Media = Media()
    shipment: Shipment = Shipment()
    disposal: Disposal = Disposal()
    claim: Claim = Claim()
    draw: e.Draw | None = None
    photo_codes: tuple[str, ...] = ()
    second_photos: tuple[str, ...] = ()

    @property
    def seller_id(self) -> int:
        """Whose unit it is."""
        return self.unit.seller_id


def status_in(it: Parcel, table: object) -> str:
    """Where the parcel stands in one of the eight tables."""
    if table is PARCEL:
        return it.status
    if table is GATE:
        return it.gate.status
    if table is QUARANTINE:
        return it.quarantine.status
    if table is INSPECTION:
        return it.inspection.status
    if table is MEDIA:
        return it.media.status
    if table is SHIPMENT:
        return it.shipment.status
    if table is DISPOSAL:
        return it.disposal.status
    if table is CLAIM:
        return it.claim.status
    raise LookupError(table)


def born(parcel_id: int, event: e.Expected) -> Parcel:
    """The parcel that `Expected` starts."""
    return Parcel(id=parcel_id, version=1, number=event.number, status=Status.EXPECTED, unit=event.unit)


EVIDENCE = (e.Arrived, e.GateChecked, e.MarkProposed, e.Marked, e.SecondChecked, e.Destroyed)


def evolve(it: Parcel, event: e.Any) -> Parcel:
    """The parcel after one more event. Total: what has happened is never refused."""
    after = _evolve(it, event)
    reminded = after.reminded if after.decide_by == it.decide_by else ()
    return replace(after, version=it.version + 1, reminded=reminded, photo_codes=_codes_used(it, event))


def _codes_used(it: Parcel, event: e.Any) -> tuple[str, ...]:
    used = event.photo_code if isinstance(event, EVIDENCE) else ""
    return (*it.photo_codes, used) if used and used not in it.photo_codes else it.photo_codes


def _evolve(it: Parcel, event: e.Any) -> Parcel:
    match event:
        case e.Reminded(stage):
            return replace(it, reminded=(*it.reminded, stage))
        case e.DeadlineMissed(_, hold_until):
            held = Disposal(DisposalStatus.HELD, hold_until)
            return replace(_undecided(it), status=Status.DISPOSAL_DUE, disposal=held, undecided=True)
        case e.DisposalPostponed() | e.DisposalInstructed() | e.DisposalStarted() | e.Destroyed():
            return _disposed(it, event)
        case e.Expected():
            return it
        case e.DispatchNoted(carrier, waybill):
            return replace(it, carrier=carrier, waybill=waybill)
        case e.LostNoted(at):
            return replace(it, lost_at=at)
        case e.DisposalOnArrivalChosen(wanted, prices):
            return replace(it, dispose_on_arrival=wanted, prices=prices)
        case e.Arrived():
            return _arrived(it, event)
        case e.GateAlarmed():
            return replace(it, gate=replace(it.gate, alarmed=True))
        case e.GateChecked() | e.Shelved() | e.ParcelLabelPrinted() | e.QuarantineReleased():
            return _at_the_dock(it, event)
        case e.InspectionQueued() | e.MarkProposed() | e.Marked():
            return replace(it, inspection=_inspected(it.inspection, event))
        case e.SecondChecked():
            return replace(it, second_photos=event.photos)
        case e.MediaOrdered() | e.MediaDelivered():
            return replace(it, media=_pictured(it.media, event))
        case e.DeadlineMoved(decide_by, days, at):
            return replace(it, decide_by=decide_by, days_moved=days, clock_from=at)
        case e.Decided():
            return _decided(it, event)
        case e.KeepingExpired(at, decide_by):
            rounds = it.notice_rounds + 1
            return replace(_undecided(it), decide_by=decide_by, clock_from=at, notice_rounds=rounds)
        case e.Reopened(reason, at, decide_by):
            again = replace(it, status=Status.ARRIVED, disposal=Disposal(), undecided=False, reopened_because=reason)
            return replace(again, decide_by=decide_by, clock_from=at)
        case e.ClaimNoted() | e.ClaimReviewed():
            return replace(it, claim=_claimed(it.claim, event))
        case e.LabelPrinted() | e.Dispatched() | e.Delivered() | e.ShipmentLost() | e.HandedOver():
            return _left(it, event)


def _arrived(it: Parcel, event: e.Arrived) -> Parcel:
    return replace(
        it,
        status=Status.ARRIVED,
        lost_at=None,
        warehouse=event.warehouse,
        shelf=event.shelf,
        claimed_at=event.claimed_at,
        arrived_at=event.at,
        weight_gram=event.weight_gram,
        packaging_intact=event.packaging_intact,
        hazard=event.hazard,
        photos=event.photos,
        decide_by=event.decide_by,
        clock_from=event.at,
        orphan=event.orphan,
        gate=_gate(event),
        quarantine=Quarantine(QuarantineStatus.HELD) if event.hazard else Quarantine(),
        draw=event.draw,
    )


def _gate(event: e.Arrived) -> Gate:
    """Arrivals that were written before there was a gate check know nothing of it."""
    if event.gate_due is not None:
        return Gate(GateStatus.DUE, event.gate_due)
    if event.gate_findings is None:
        return Gate()
    status = GateStatus.MISMATCH if event.gate_findings else GateStatus.PASSED
    return Gate(status, None, event.at, event.gate_findings)


def _at_the_dock(it: Parcel, event: e.GateChecked | e.Shelved | e.ParcelLabelPrinted | e.QuarantineReleased) -> Parcel:
    match event:
        case e.GateChecked():
            status = GateStatus.MISMATCH if event.findings else GateStatus.PASSED
            gate = Gate(
                status, it.gate.due, event.at, event.findings, event.item_code, event.seal_intact, it.gate.alarmed
            )
            held = Quarantine(QuarantineStatus.HELD) if event.hazard else it.quarantine
            photos = tuple(dict.fromkeys((*it.photos, *event.photos)))
            intact, hazard = it.packaging_intact and event.packaging_intact, it.hazard or event.hazard
            return replace(it, gate=gate, weight_gram=event.weight_gram, packaging_intact=intact, hazard=hazard,
                           photos=photos, shelf=event.shelf, quarantine=held)  # fmt: skip
        case e.Shelved(shelf):
            return replace(it, shelf=shelf)
        case e.ParcelLabelPrinted(_, count):
            return replace(it, labels_printed=count)
        case e.QuarantineReleased(reason):
            return replace(it, quarantine=Quarantine(QuarantineStatus.RELEASED, reason))


def _decided(it: Parcel, event: e.Decided) -> Parcel:
    """Storage is paid for from the first decision that leaves the unit on the shelf (J14)."""
    stays = event.decision is not Decision.DISPOSE
    held = Disposal() if stays else Disposal(DisposalStatus.HELD, event.hold_until)
    return replace(
        it,
        decision=event.decision,
        decided_at=event.at,
        decided_by=event.by_whom,
        destination=event.destination,
        stored_from=it.stored_from or (event.at if stays else None),
        collect_by=event.collect_by,
        collector_named=event.collector,
        prices=event.prices,
        disposal=held,
    )


def _undecided(it: Parcel) -> Parcel:
    return replace(
        it,
        decision=Decision.NONE,
        decided_at=None,
        decided_by="",
        destination=None,
        collect_by=None,
        collector_named="",
    )


def _inspected(it: Inspection, event: e.InspectionQueued | e.MarkProposed | e.Marked) -> Inspection:
    match event:
        case e.InspectionQueued(reasons):
            return replace(it, status=InspectionStatus.QUEUED, reasons=reasons, due=event.due)
        case e.MarkProposed():
            return replace(it, status=InspectionStatus.AWAITING_SECOND, proposed=event)
        case e.Marked():
            return Inspection(
                status=InspectionStatus.DONE,
                reasons=it.reasons,
                mark=event.mark,
                revision=event.revision,
                defect=event.defect,
                note=event.note,
                comparison=event.comparison,
                photos=event.photos,
                by=event.by,
            )


def _pictured(it: Media, event: e.MediaOrdered | e.MediaDelivered) -> Media:
    match event:
        case e.MediaOrdered(at, due, in_time):
            return Media(MediaStatus.ORDERED, at, due, in_time, kind=event.kind)
        case e.MediaDelivered(at, photos, days_late, videos):
            ready = replace(it, status=MediaStatus.READY, ready_at=at, photos=photos, days_late=days_late)
            return replace(ready, videos=videos)


def _claimed(it: Claim, event: e.ClaimNoted | e.ClaimReviewed) -> Claim:
    match event:
        case e.ClaimNoted():
            if event.status is ClaimStatus.FILED and it.status in (ClaimStatus.REFUSED, ClaimStatus.REVERSED):
                it = Claim()  # one more, after the one before came to nothing
            return Claim(
                status=event.status,
                amount=event.amount,
                payer=event.payer,
                filed_at=it.filed_at or event.at,
                review_by=it.review_by or event.review_by,
                refund_sent_at=event.refund_sent_at,
                point_photos=event.point_photos,
                comment=event.comment or it.comment,
            )
        case e.ClaimReviewed(status, _, payer, comment):
            return replace(it, status=status, payer=payer or it.payer, comment=comment or it.comment)


def _left(it: Parcel, event: e.LabelPrinted | e.Dispatched | e.Delivered | e.ShipmentLost | e.HandedOver) -> Parcel:
    match event:
        case e.LabelPrinted(carrier, tracking, at):
            shipment = Shipment(ShipmentStatus.LABEL_PRINTED, carrier, tracking, at, consignment=event.consignment)
            return replace(it, status=Status.IN_WORK, shipment=shipment)
        case e.Dispatched(carrier, tracking, at):
            sent = replace(it.shipment, status=ShipmentStatus.DISPATCHED, carrier=carrier, tracking=tracking)
            return replace(it, shipment=replace(sent, dispatched_at=at))
        case e.ShipmentLost(note, at):
            return replace(it, shipment=replace(it.shipment, status=ShipmentStatus.LOST, lost_at=at, lost_note=note))
        case e.Delivered(at):
            shipment = replace(it.shipment, status=ShipmentStatus.DELIVERED, delivered_at=at)
            return replace(it, status=Status.DELIVERED, shipment=shipment, finished_at=at)
        case e.HandedOver(collector, at):
            return replace(it, status=Status.PICKED_UP, collector=collector, finished_at=at)


def _disposed(
    it: Parcel, event: e.DisposalPostponed | e.DisposalInstructed | e.DisposalStarted | e.Destroyed
) -> Parcel:
    match event:
        case e.DisposalPostponed(hold_until):
            return replace(it, disposal=replace(it.disposal, hold_until=hold_until))
        case e.DisposalInstructed():
            return replace(it, disposal=replace(it.disposal, status=DisposalStatus.INSTRUCTED))
        case e.DisposalStarted():
            started = replace(it.disposal, status=DisposalStatus.STARTED)
            return replace(it, status=Status.IN_WORK, disposal=started)
        case e.Destroyed(certificate, method, witness, photos, at):
            disposal = replace(it.disposal, status=DisposalStatus.DESTROYED, certificate=certificate, method=method,
                               witness=witness, photos=photos, destroyed_at=at,
                               weight_gram=event.weight_gram)  # fmt: skip
            return replace(it, status=Status.DISPOSED, disposal=disposal, finished_at=at)
