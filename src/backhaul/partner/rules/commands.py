"""Everything that anybody can ask of a parcel. A command's fields are its form, its JSON body and its URL."""

from typing import Annotated

from msgspec import Meta

from backhaul.kit.machine import Storable
from backhaul.partner.rules.words import Mark as MarkWord

Comment = Annotated[str, Meta(max_length=2000)]
Photos = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=20)]
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


class NoteLost(Command, frozen=True, tag=True):
    """The unit is lost on its way."""


# The seller


class DisposeOnArrival(Command, frozen=True, tag=True):
    """While the unit is still on its way: dispose of it once received, or no longer."""

    wanted: bool = True


class OrderMedia(Command, frozen=True, tag=True):
    """Order one set of photos or video, at the price of the tariff."""


class Decide(Command, frozen=True, tag=True):
    """Say what shall be done: pickup, ship_ru, ship_cn, ship_hk or dispose. Shipping names a destination."""

    decision: Annotated[str, Meta(max_length=20)]
    destination_id: int = 0


# The receiving dock


class Arrive(Command, frozen=True, tag=True):
    """The arrival scan with the gate check. `arrived_at_us` is what the scanner claims."""

    warehouse: Annotated[str, Meta(min_length=1, max_length=80)]
    arrived_at_us: int
    weight_gram: Grams | None = None
    packaging_intact: bool = True
    hazard: bool = False
    photos: Photos = ()
    shelf: Annotated[str, Meta(max_length=40)] = ""
    photo_code: PhotoCode = ""


class PrintLabel(Command, frozen=True, tag=True):
    """Print the shipping label: work starts, the decision is locked."""

    carrier: Annotated[str, Meta(max_length=80)] = ""
    tracking: Annotated[str, Meta(max_length=80)] = ""


class ConfirmDelivery(Command, frozen=True, tag=True):
    """The carrier reports that the shipment was delivered."""


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
    """The ordered photos are made."""

    photos: Photos


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


class InstructDisposal(Command, frozen=True, tag=True):
    """The time in which a disposal can be undone is over."""


Any = (
    NoteDispatch | NoteLost | DisposeOnArrival | OrderMedia | Decide | Arrive | PrintLabel | ConfirmDelivery | HandOver
    | StartDisposal | Destroy | QueueInspection | Mark | ConfirmMark | DeliverMedia | Reopen | Remind | ExtendDeadline
    | MissDeadline | KeepExpired | InstructDisposal
)  # fmt: skip
