"""What lists are made of when they are not whole parcels."""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.money import Money


class Happening(msgspec.Struct, frozen=True):
    """One line of a parcel's timeline. `at` is when it counts, `recorded_at` when it was written."""

    seq: int
    event: Any
    kind: str
    role: str
    actor: str
    at: datetime
    recorded_at: datetime


class LinkRow(msgspec.Struct, frozen=True):
    """A company's link to a seller at the marketplace; the key stays sealed."""

    company_id: int
    seller_id: int
    platform: str
    business_type: str
    seller_name: str
    sealed_key: bytes
    mode: str
    state: str
    linked_us: int
    checked_us: int
    lost_us: int | None
    expires_us: int
    dispose_below_rub: int


class WatchedRow(msgspec.Struct, frozen=True):
    """A return of a linked seller that is no parcel here: to be looked at only."""

    platform: str
    seller_id: int
    return_id: int
    number: str
    posting_number: str
    name: str
    offer_id: str
    price: str
    group_state: str
    state: str
    state_name: str
    reason: str
    tracking: str
    seen_us: int
    changed_us: int
    read_us: int | None


class Charge(msgspec.Struct, frozen=True):
    """A line of a seller's statement."""

    parcel_id: int
    service: str
    amount: Money
    at: datetime
    cause: str
