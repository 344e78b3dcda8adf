"""What lists are made of when they are not whole parcels."""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.money import Money
from backhaul.partner.rules.around import By


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
    """A unit of a linked seller that does not come here."""

    seller_id: int
    return_id: int
    number: str
    state: str
    name: str


class Charge(msgspec.Struct, frozen=True):
    """A line of a seller's statement."""

    parcel_id: int
    service: str
    amount: Money
    at: datetime
    cause: str


class Signed(msgspec.Struct, frozen=True):
    """Who moves a consignment, when, and by which request."""

    by: By
    at: datetime
    request_id: str = ""


class CarrierLine(msgspec.Struct, frozen=True):
    """What came of one line of a carrier's file: `code` names the refusal, or nothing."""

    line: int
    number: str
    status: str
    code: str = ""
    field: str = ""


class CarrierResult(msgspec.Struct, frozen=True):
    """What came of a carrier's file: `applied` lines said something new; `again`: this file was taken before."""

    name: str
    lines: int
    applied: int
    problems: tuple[CarrierLine, ...] = ()
    again: bool = False


class CarrierFile(msgspec.Struct, frozen=True):
    """A carrier's file of statuses, and when and by whom it was taken."""

    taken_at: datetime
    taken_by: str
    result: CarrierResult
