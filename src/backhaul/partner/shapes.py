"""What lists are made of when they are not whole parcels."""

from datetime import datetime
from typing import Any

import msgspec

from backhaul.partner.rules.around import By
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


class Attempt(msgspec.Struct, frozen=True):
    """Somebody was refused: wrong role, wrong or dead key, a foreign parcel, or came second."""

    id: int
    at: datetime
    caller: str
    what: str
    code: str


class Signed(msgspec.Struct, frozen=True):
    """Who moves a consignment, when, and by which request."""

    by: By
    at: datetime
    request_id: str = ""


class CarrierLine(msgspec.Struct, frozen=True):
    """Why a line of a carrier's file was set aside: the code of the refusal, the field, the facts of its sentence."""

    line: int
    number: str
    status: str
    code: str = ""
    field: str = ""
    facts: dict[str, Any] = {}


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
