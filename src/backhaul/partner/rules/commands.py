"""Everything that anybody can ask of a parcel. A command's fields are its form, its JSON body and its URL."""

from typing import Annotated

from msgspec import Meta

from backhaul.kit.machine import Storable
from backhaul.kit.money import Money
from backhaul.partner.rules.words import ClaimStatus, MediaKind, Payer
from backhaul.partner.rules.words import Mark as MarkWord

Comment = Annotated[str, Meta(max_length=2000)]
Videos = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=5)]
Photos = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=20)]
PriceMinor = Annotated[int, Meta(ge=0, le=2**53)] | None
Us = Annotated[int, Meta(ge=0, le=10**16)]
PhotoCode = Annotated[str, Meta(max_length=20)]
Grams = Annotated[int, Meta(ge=1, le=500_000)]
Name = Annotated[str, Meta(min_length=3, max_length=200)]


class Command(Storable, frozen=True, forbid_unknown_fields=True):
    """A request to change one parcel."""


# The marketplace, by its signed messages


class NoteDispatch(Command, frozen=True, tag=True):
    """The unit left the pick-up point."""

    carrier: Annotated[str, Meta(max_length=80)]
    waybill: Annotated[str, Meta(max_length=80)] = ""


class NoteClaim(Command, frozen=True, tag=True):
    """Where the claim for a substituted unit stands, and what each hand saw; `payer` is the proposal by custody."""

    status: ClaimStatus
    amount: Money
    payer: Payer
    refund_sent_at_us: Us | None = None
    point_photos: Photos = ()
    comment: Comment = ""


class NoteLost(Command, frozen=True, tag=True):
    """The unit is lost on its way."""


# The seller


class DisposeOnArrival(Command, frozen=True, tag=True):
    """While the unit is still on its way: dispose of it once received, or no longer. `price_minor`: the price seen."""

    wanted: bool = True
    price_minor: PriceMinor = None


class OrderMedia(Command, frozen=True, tag=True):
    """Order one set at the price of the tariff: photos, a video, or what shows more (`both`). `price_minor`: the price seen."""

    price_minor: PriceMinor = None
    kind: MediaKind = MediaKind.BOTH


class Decide(Command, frozen=True, tag=True):
    """Say what shall be done: pickup, ship_ru, ship_cn, ship_hk or dispose.

    Shipping names a destination; for pickup `collector` may name who will come.
    `price_minor` is the price that was seen (of storage a day for pickup): when another holds now, nothing is decided.
    """

    decision: Annotated[str, Meta(max_length=20)]
    destination_id: int = 0
    collector: Annotated[str, Meta(max_length=200)] = ""
    price_minor: PriceMinor = None


# The receiving dock


class Arrive(Command, frozen=True, tag=True):
    """The arrival scan with the gate check. `arrived_at_us` is what the scanner claims."""

    warehouse: Annotated[str, Meta(min_length=1, max_length=80)]
    arrived_at_us: Us
    weight_gram: Grams | None = None
    packaging_intact: bool = True
    hazard: bool = False
    photos: Photos = ()
    shelf: Annotated[str, Meta(max_length=40)] = ""
    photo_code: PhotoCode = ""


class CheckGate(Command, frozen=True, tag=True):
    """The gate check of a unit that was only scanned in: identity, weight, packaging, hazard, seal, an outer photo."""

    label_matches: bool
    item_code: Annotated[str, Meta(max_length=300)] = ""
    item_unreadable: bool = False
    weight_gram: Grams | None = None
    packaging_intact: bool = True
    seal_intact: bool = True
    hazard: bool = False
    photos: Photos = ()
    photo_code: PhotoCode = ""


class PutAway(Command, frozen=True, tag=True):
    """Put the unit on a shelf, or move it to another one."""

    shelf: Annotated[str, Meta(min_length=1, max_length=40)]


class PrintParcelLabel(Command, frozen=True, tag=True):
    """Print our own label of the unit, again too: every print is written down."""

    form: Annotated[str, Meta(max_length=10)] = "pdf"


class ReleaseQuarantine(Command, frozen=True, tag=True):
    """Say why a unit that was kept apart as dangerous may leave after all."""

    reason: Comment


class PrintLabel(Command, frozen=True, tag=True):
    """Print the shipping label: work starts, the decision is locked."""

    carrier: Annotated[str, Meta(max_length=80)] = ""
    tracking: Annotated[str, Meta(max_length=80)] = ""


class ConfirmDelivery(Command, frozen=True, tag=True):
    """The carrier reports that the shipment was delivered."""


class Dispatch(Command, frozen=True, tag=True):
    """The carrier took the shipment, under this tracking number."""

    tracking: Annotated[str, Meta(max_length=80)] = ""


class NoteShipmentLost(Command, frozen=True, tag=True):
    """The carrier lost the shipment. If it turns up after all, its delivery is confirmed as ever."""

    note: Comment = ""


class HandOver(Command, frozen=True, tag=True):
    """Give the unit to the named collector, who knows the one-time code."""

    collector: Name
    code: Annotated[str, Meta(max_length=20)]


class StartDisposal(Command, frozen=True, tag=True):
    """Take the unit off the shelf to destroy it: from here nothing can be undone."""


class Destroy(Command, frozen=True, tag=True):
    """The unit is destroyed: method, witness, photos."""

    method: Name
    witness: Name
    photos: Photos = ()
    weight_gram: Grams | None = None
    photo_code: PhotoCode = ""


# The inspectors


class QueueInspection(Command, frozen=True, tag=True):
    """Choose a unit for the full check by hand."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class Mark(Command, frozen=True, tag=True):
    """The result of the full check. A later one is a new revision; `substituted` waits for a second person."""

    mark: MarkWord
    defect: Annotated[str, Meta(max_length=200)] = ""
    note: Comment = ""
    photos: Photos = ()
    comparison: Comment = ""
    photo_code: PhotoCode = ""


class ConfirmMark(Command, frozen=True, tag=True):
    """A second person agrees that the product was substituted."""


class DeliverMedia(Command, frozen=True, tag=True):
    """The ordered photos or video are made."""

    photos: Photos = ()
    videos: Videos = ()


class TakeUpClaim(Command, frozen=True, tag=True):
    """Begin to review the claim for a substituted unit."""


class ApproveClaim(Command, frozen=True, tag=True):
    """Grant the claim: the product was substituted after the seller sent it. `payer` bears it by custody."""

    payer: Payer
    comment: Comment = ""


class RefuseClaim(Command, frozen=True, tag=True):
    """Refuse the claim, with the reason; seller and marketplace read it."""

    comment: Comment


class Reopen(Command, frozen=True, tag=True):
    """Open the decision again after a missed deadline, with a reason, before the disposal task starts."""

    reason: Comment


# The calendar


class Remind(Command, frozen=True, tag=True):
    """Announce the deadline to the seller."""

    stage: str


class ExtendDeadline(Command, frozen=True, tag=True):
    """The bound has come, but photos ordered in time are still outstanding: one day more."""


class MissDeadline(Command, frozen=True, tag=True):
    """The seller has not decided in time, or has not collected in the notice round."""


class KeepExpired(Command, frozen=True, tag=True):
    """Kept for pick-up and not collected: a new notice round begins."""


class AlarmGate(Command, frozen=True, tag=True):
    """The gate check is late: the warehouse is told."""


class InstructDisposal(Command, frozen=True, tag=True):
    """The time in which a disposal can be undone is over."""


# Their photos are evidence: a one-time code of the house stands in the frame.
EVIDENCE = (Arrive, CheckGate, Mark, Destroy)

Any = (
    NoteDispatch | NoteLost | NoteClaim | TakeUpClaim | ApproveClaim | RefuseClaim | DisposeOnArrival | OrderMedia
    | Decide | Arrive | CheckGate | PutAway | PrintParcelLabel | ReleaseQuarantine | PrintLabel | Dispatch | ConfirmDelivery
    | NoteShipmentLost | HandOver | StartDisposal | Destroy | QueueInspection | Mark | ConfirmMark | DeliverMedia | Reopen
    | Remind | ExtendDeadline | MissDeadline | KeepExpired | AlarmGate | InstructDisposal
)  # fmt: skip
