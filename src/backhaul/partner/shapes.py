"""What lists are made of when they are not whole parcels."""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.partner.rules.events import StandingRule


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


class RuleRow(msgspec.Struct, frozen=True):
    """A standing rule in force, for whose units, and who made it when."""

    seller_id: int
    made_us: int
    made_by: str
    rule: StandingRule


class WatchedRow(msgspec.Struct, frozen=True):
    """A unit of a linked seller that does not come here."""

    seller_id: int
    return_id: int
    number: str
    state: str
    name: str


class Attempt(msgspec.Struct, frozen=True):
    """Somebody was refused: wrong role, wrong or dead key, a foreign parcel, or came second."""

    id: int
    at: datetime
    caller: str
    what: str
    code: str
