"""Everything that can have happened to a consignment. Folding them gives the consignment (`consignments.evolve`)."""

from datetime import datetime

import msgspec

from backhaul.kit.money import Money
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.freight import Carton
from backhaul.partner.rules.words import TrackingStatus


class Packed(msgspec.Struct, frozen=True):
    """A unit in a carton, as the papers name it. `share`: what it pays, once the consignment is closed."""

    parcel_id: int
    number: str
    return_number: str
    posting_number: str
    seller_id: int
    sku: int
    offer_id: str
    name: str
    value: Money
    weight_gram: int
    carton: int
    ship_by: datetime
    hs_code: str = ""
    origin: str = ""
    share: Money | None = None
    delivered_at: datetime | None = None
    lost_at: datetime | None = None


class Tracked(msgspec.Struct, frozen=True):
    """One thing that the carrier said."""

    status: TrackingStatus
    at: datetime
    place: str
    note: str


class Arrival(msgspec.Struct, frozen=True):
    """A delivery with its proof: the day, who received it, and the id of a photo or PDF."""

    on: str
    received_by: str
    proof: str
    parcels: tuple[int, ...]
    at: datetime


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened to one consignment."""


class ConsignmentOpened(Event, frozen=True):
    """The warehouse began one for an address."""

    number: str
    company_id: int
    company: str
    destination: Destination
    carrier: str
    warehouse: str
    at: datetime


class UnitPacked(Event, frozen=True):
    """A unit was put into a carton, or moved to another one."""

    unit: Packed


class UnitTakenOut(Event, frozen=True):
    """A unit was taken out."""

    parcel_id: int


class CartonAdded(Event, frozen=True):
    """Another carton was begun."""

    carton: int


class CartonMeasured(Event, frozen=True):
    """A carton was measured and weighed."""

    carton: Carton


class CartonRemoved(Event, frozen=True):
    """An empty carton was removed."""

    carton: int


class GoodsDeclared(Event, frozen=True):
    """What customs papers say of a unit."""

    parcel_id: int
    hs_code: str
    origin: str


class ConsignmentClosed(Event, frozen=True):
    """The labels are printed. `shares` by parcel add up to the price; `chargeable_gram` by carton."""

    at: datetime
    price: Money
    shares: dict[int, int]
    chargeable_gram: dict[int, int]
    tariff: str
    sender: str = ""
    sender_address: str = ""


class ConsignmentCancelled(Event, frozen=True):
    """Given up before it was closed."""

    reason: str
    at: datetime


class ConsignmentDispatched(Event, frozen=True):
    """The carrier took it."""

    tracking: str
    at: datetime


class TrackingNoted(Event, frozen=True):
    """The carrier said where it is."""

    said: Tracked


class ConsignmentDelivered(Event, frozen=True):
    """All of it, or these units, arrived."""

    arrival: Arrival


class ConsignmentLost(Event, frozen=True):
    """The carrier lost these units."""

    note: str
    parcels: tuple[int, ...]
    at: datetime


Any = (
    ConsignmentOpened | UnitPacked | UnitTakenOut | CartonAdded | CartonMeasured | CartonRemoved | GoodsDeclared
    | ConsignmentClosed | ConsignmentCancelled | ConsignmentDispatched | TrackingNoted | ConsignmentDelivered
    | ConsignmentLost
)  # fmt: skip
