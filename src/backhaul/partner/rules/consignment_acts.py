"""Everything that can be asked of a consignment. A command's fields are its form, its JSON body and its URL."""

from typing import Annotated

from msgspec import Meta

from backhaul.kit.machine import Storable
from backhaul.partner.rules.words import TrackingStatus

Code = Annotated[str, Meta(min_length=1, max_length=200)]
Carrier = Annotated[str, Meta(max_length=80)]
Tracking = Annotated[str, Meta(max_length=80)]
Centimetres = Annotated[int, Meta(ge=1, le=300)]
Grams = Annotated[int, Meta(ge=1, le=1_000_000)]
Note = Annotated[str, Meta(max_length=500)]
Day = Annotated[str, Meta(max_length=10)]


class Command(Storable, frozen=True, forbid_unknown_fields=True):
    """A request to change one consignment."""


class PackUnit(Command, frozen=True, tag=True):
    """Put the unit with this code into a carton; 0: the last one. In another carton of this consignment, it moves."""

    code: Code
    carton: int = 0


class TakeOutUnit(Command, frozen=True, tag=True):
    """Take a unit out again."""

    parcel_id: int


class AddCarton(Command, frozen=True, tag=True):
    """Begin another carton."""


class MeasureCarton(Command, frozen=True, tag=True):
    """The outer measures of a packed carton and its weight."""

    carton: int
    length_cm: Centimetres
    width_cm: Centimetres
    height_cm: Centimetres
    weight_gram: Grams


class RemoveCarton(Command, frozen=True, tag=True):
    """Remove an empty carton."""

    carton: int


class DeclareGoods(Command, frozen=True, tag=True):
    """What customs papers say of a unit: its HS code of 6 to 10 digits and its country of origin, as far as known."""

    parcel_id: int
    hs_code: Annotated[str, Meta(max_length=14)] = ""
    origin: Annotated[str, Meta(max_length=2)] = ""


class CloseConsignment(Command, frozen=True, tag=True):
    """Close it and print the labels: work starts, decisions are locked, shares are charged. `price_minor`: as it was shown."""

    price_minor: int | None = None


class CancelConsignment(Command, frozen=True, tag=True):
    """Give it up before it is closed; its units wait again."""

    reason: Note = ""


class DispatchConsignment(Command, frozen=True, tag=True):
    """The carrier took it, under this tracking number."""

    tracking: Annotated[str, Meta(min_length=1, max_length=80)]


class NoteTracking(Command, frozen=True, tag=True):
    """Where it is on its way; `at` as the carrier writes it, with a time zone, nothing: now."""

    status: TrackingStatus
    at: Annotated[str, Meta(max_length=40)] = ""
    place: Annotated[str, Meta(max_length=120)] = ""
    note: Note = ""


class DeliverConsignment(Command, frozen=True, tag=True):
    """It arrived: to whom, on which day, with which proof. `parcels`: those that arrived, nothing: all that are on the way."""

    received_by: Annotated[str, Meta(min_length=2, max_length=200)]
    delivered_on: Day = ""
    proof: Annotated[str, Meta(max_length=64)] = ""
    parcels: Annotated[tuple[int, ...], Meta(max_length=500)] = ()


class NoteConsignmentLost(Command, frozen=True, tag=True):
    """The carrier lost what has not arrived, or these units of it."""

    note: Note
    parcels: Annotated[tuple[int, ...], Meta(max_length=500)] = ()


Any = (
    PackUnit | TakeOutUnit | AddCarton | MeasureCarton | RemoveCarton | DeclareGoods | CloseConsignment | CancelConsignment
    | DispatchConsignment | NoteTracking | DeliverConsignment | NoteConsignmentLost
)  # fmt: skip
