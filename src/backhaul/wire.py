"""What the two organisations say to each other: shapes only, versioned by addition. No customer's name or contact ever (R100)."""

from typing import Annotated

import msgspec

from backhaul.kit.money import Money

ARRIVED, MARKED, DECIDED = "parcel.arrived", "parcel.marked", "parcel.decided"
HANDED_OVER, DISPOSED = "parcel.handed_over", "parcel.disposed"
LINKED = "account.linked"
CLAIM_REVIEWED, CLAIM_MOVED = "claim.reviewed", "claim.moved"
EXPECTED, DISPATCHED, LOST = "return.expected", "return.dispatched", "return.lost"

# What fits into a column: a number or character beyond it is refused at the door, not by the database.
Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Us = Annotated[int, msgspec.Meta(ge=0, le=253_000_000_000_000_000)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """The envelope of every message in either direction (Standard Webhooks payload). `traceparent` (W3C): of the work that caused it."""

    type: str
    timestamp: str
    data: msgspec.Raw
    traceparent: str = ""


class ExpectedParcel(msgspec.Struct, frozen=True):
    """Marketplace to partner: this unit will come to you. `watch`: what only the marketplace knows and why to look closely, such as `dispute`."""

    return_id: Id
    return_number: str
    seller_id: Id
    seller_country: str
    variant: str
    posting_number: str
    sku: Id
    offer_id: str
    name: str
    category: str
    price: Money
    weight_gram: Count
    outbound_weight_gram: Count | None
    serial: str | None
    marking_code: str | None
    reason: str
    reason_group: str
    is_defect: bool
    used: bool
    complete: bool
    packaging_intact: bool
    checked: bool
    seal: str
    point_weight_gram: Count | None
    accepted_at_us: Us
    eta_us: Us
    gtin: str = ""
    point_id: str = ""
    watch: tuple[str, ...] = ()
    reason_names: dict[str, str] = {}


class DispatchedParcel(msgspec.Struct, frozen=True):
    """Marketplace to partner: the unit left the pick-up point."""

    return_id: Id
    carrier: str
    waybill: str


class LostParcel(msgspec.Struct, frozen=True):
    """Marketplace to partner: the unit is lost on its way. It may still come."""

    return_id: Id


class Arrival(msgspec.Struct, frozen=True):
    """Partner to marketplace: scanned in. The seller must decide before `decide_by_us`."""

    return_id: Id
    warehouse: str
    arrived_at_us: Us
    decide_by_us: Us
    weight_gram: Count | None
    packaging_intact: bool


class Marking(msgspec.Struct, frozen=True):
    """Partner to marketplace: the inspection result; a later revision replaces an earlier one.

    `packaging_intact` is what the gate check found, which may have come after the arrival.
    """

    return_id: Id
    mark: str
    revision: Count
    defect: str
    photos: tuple[str, ...]
    packaging_intact: bool = True


class Decision(msgspec.Struct, frozen=True):
    """Partner to marketplace: what was decided, by whom, or that the deadline moved or passed."""

    return_id: Id
    decision: str
    parcel_status: str
    by_whom: str
    decide_by_us: Us


class Handover(msgspec.Struct, frozen=True):
    """Partner to marketplace: the unit is being shipped, was picked up or was delivered."""

    return_id: Id
    parcel_status: str
    destination: str


class Disposal(msgspec.Struct, frozen=True):
    """Partner to marketplace: destroyed, with its certificate; `undecided` when the seller let the time pass."""

    return_id: Id
    certificate: str
    undecided: bool


class ClaimReview(msgspec.Struct, frozen=True):
    """Partner to marketplace: a substitution claim is `in_review`, `approved` with its `payer`, or `refused` with a comment."""

    return_id: Id
    verdict: str
    comment: str = ""
    payer: str = ""


class ClaimFacts(msgspec.Struct, frozen=True):
    """Marketplace to partner: where a substitution claim stands, and what each hand saw. `point_photos` are SHA-256.

    `payer`: who bears it by custody, `marketplace`, `carrier` or `fraud_fund`; while it is open, a proposal.
    """

    return_id: Id
    status: str
    amount: Money
    payer: str
    refund_sent_at_us: Us | None
    point_photos: tuple[str, ...]
    comment: str = ""


class PhotoWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bytes of a photo, by their SHA-256: the marketplace asks for one of the mark, the partner for one of a claim."""

    return_id: Id
    photo: str


class LinkCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: may this account act for that seller? `business_type` is RETURN_PRODUCT or CANCEL_ORDERS."""

    seller_id: Id
    key: str
    business_type: str


class LinkAnswer(msgspec.Struct, frozen=True):
    """Marketplace to partner: `code` is `ok`, `view_only`, or what is wrong (wrong_seller_id, wrong_key, ...)."""

    code: str
    seller_name: Text = ""
    variant: str = ""
    role: str = ""
    expires_at_us: Us = 0
    right_business_type: str = ""


class Linked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: an account was linked to this seller, or unlinked."""

    seller_id: Id
    linked: bool


class HoldCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: units that have left, whose pictures are to go. Is any of them evidence still?"""

    return_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)]


class HoldAnswer(msgspec.Struct, frozen=True):
    """Those of them about which a dispute, a claim or a block is open: their pictures stay."""

    held: tuple[Id, ...]


# Comparing what both houses hold. The partner asks, signed with its own credential; nothing here makes a fact.


class UnitsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: the units that are routed to you, after an id, or these. With it comes how far the asker is behind."""

    after: Id = 0
    most: Count = 0
    ids: tuple[Id, ...] = ()
    letters_waiting: Count = 0
    waiting_since_us: Us | None = None
    differences: Count = 0


class UnitState(msgspec.Struct, frozen=True):
    """What the marketplace holds of a unit: `stage` is coming, lost, here (reports are taken) or held (a claim is being settled).

    `waits`: messages about it are still on their way to the partner.
    """

    return_id: Id
    return_number: Text
    seller_id: Id
    stage: Text
    waits: bool = False
    arrived_at_us: Us | None = None
    mark: Text = ""
    mark_revision: Count = 0
    parcel_status: Text = ""
    decision: Text = ""
    decide_by_us: Us | None = None
    certificate: Text = ""


class Units(msgspec.Struct, frozen=True):
    """Marketplace to partner: all its units up to the id `until` (None: to the end), and how far the marketplace is behind."""

    units: tuple[UnitState, ...]
    until: Id | None = None
    letters_waiting: Count = 0
    waiting_since_us: Us | None = None


class SendAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: these units were never announced here, or their loss was not; send those messages again."""

    return_ids: tuple[Id, ...]


class SentAgain(msgspec.Struct, frozen=True):
    """Marketplace to partner: the units whose messages are on their way again."""

    return_ids: tuple[Id, ...]
