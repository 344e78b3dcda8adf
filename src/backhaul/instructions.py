"""What the marketplace asks its partner, and instructs, for a seller who called it: shapes only, versioned by addition.

It waits for the answer and keeps nothing of it: while the partner is away, nothing is stored as done (D11).
"""

from typing import Annotated

import msgspec
from msgspec import Meta

PICKUPS, PICKUP_POINTS, PICKUP_BARCODE = "pickups", "pickup-points", "pickup-barcode"
CEILINGS, SET_CEILINGS = "disposal-ceilings", "disposal-ceilings/set"
GIVE_PASSES, CHANGE_PASSES, WITHDRAW_PASSES = (f"arrival-passes/{word}" for word in ("give", "change", "withdraw"))
PASSES_MAX = 50

Line = Annotated[str, Meta(min_length=1, max_length=200)]


class PickupsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: this seller's units that are kept for pick-up or were picked up, after an id, or the one of `return_id`."""

    seller_id: int
    after: Annotated[int, Meta(ge=0)] = 0
    most: Annotated[int, Meta(ge=1, le=1000)] = 500
    return_id: int = 0


class Pickup(msgspec.Struct, frozen=True):
    """A unit that is kept for a collector, or was `collected`. `decided_at_us`: when the seller chose that."""

    return_id: int
    name: str
    warehouse: str
    decided_at_us: int
    collected: bool


class Pickups(msgspec.Struct, frozen=True):
    """Partner to marketplace: the units, by ascending id."""

    pickups: tuple[Pickup, ...]


class PickupPointsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: where do units of this seller wait for a collector?"""

    seller_id: int


class PickupPoint(msgspec.Struct, frozen=True):
    """A warehouse and how many units of the seller are kept there for a collector, and vehicles announced. Minutes are those of its clock, east of UTC."""

    warehouse: str
    units: int
    utc_offset_minutes: int
    passes: int = 0


class PickupPoints(msgspec.Struct, frozen=True):
    """Partner to marketplace: the warehouses."""

    points: tuple[PickupPoint, ...]


class PickupBarcodeAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: what a collector of all this seller's units shows. `renew`: what was shown before opens nothing any more."""

    seller_id: int
    by: str
    renew: bool = False


class PickupBarcode(msgspec.Struct, frozen=True):
    """Partner to marketplace: the bar code's text."""

    barcode: str


class CeilingsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: below which prices are this seller's units disposed of once received, and who changed that when?"""

    seller_id: int


class Ceilings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In whole roubles, for units without a defect and with one; None: no rule by price."""

    proper_below_rub: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    defective_below_rub: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class CeilingsWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: from now on these ceilings, and no other rule by price alone."""

    seller_id: int
    by: str
    ceilings: Ceilings


class CeilingChange(msgspec.Struct, frozen=True):
    """A rule by price that began or ended. `is_defect` None: it is for all units."""

    at_us: int
    by: str
    began: bool
    below_rub: int
    is_defect: bool | None


class CeilingsInForce(msgspec.Struct, frozen=True):
    """Partner to marketplace: the ceilings, and the changes, the newest first."""

    ceilings: Ceilings
    changes: tuple[CeilingChange, ...]


class Vehicle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which vehicle comes when, and who drives it."""

    arrival_us: int
    driver_name: Line
    driver_phone: Line
    license_plate: Line
    vehicle_model: Line


class PassesWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: these vehicles come for this seller's units, each to a warehouse where some wait."""

    seller_id: int
    by: str
    vehicles: Annotated[tuple[tuple[Line, Vehicle], ...], Meta(min_length=1, max_length=PASSES_MAX)]


class PassesGiven(msgspec.Struct, frozen=True):
    """Partner to marketplace: the passes' numbers, in the order of the vehicles."""

    ids: tuple[int, ...]


class PassesChanged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: passes of this seller are for these vehicles instead."""

    seller_id: int
    by: str
    vehicles: Annotated[tuple[tuple[int, Vehicle], ...], Meta(min_length=1, max_length=PASSES_MAX)]


class PassesWithdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Marketplace to partner: nobody comes with these passes."""

    seller_id: int
    ids: Annotated[tuple[int, ...], Meta(min_length=1, max_length=PASSES_MAX)]
