"""What the two organisations say to each other: shapes only, versioned by addition. No customer's name or contact ever (R100)."""

from typing import Annotated

import msgspec

from backhaul.kit.money import Money

ARRIVED, MARKED, DECIDED = "parcel.arrived", "parcel.marked", "parcel.decided"
HANDED_OVER, DISPOSED = "parcel.handed_over", "parcel.disposed"
LINKED = "account.linked"
CLAIM_REVIEWED, CLAIM_MOVED = "claim.reviewed", "claim.moved"
EXPECTED, DISPATCHED, LOST = "return.expected", "return.dispatched", "return.lost"


class Message(msgspec.Struct, frozen=True):
    """The envelope of every message in either direction (Standard Webhooks payload)."""

    type: str
    timestamp: str
    data: msgspec.Raw


class ExpectedParcel(msgspec.Struct, frozen=True):
    """Marketplace to partner: this unit will come to you. `watch`: what only the marketplace knows and why to look closely, such as `dispute`."""

    return_id: int
    return_number: str
    seller_id: int
    seller_country: str
    variant: str
    posting_number: str
    sku: int
    offer_id: str
    name: str
    category: str
    price: Money
    weight_gram: int
    outbound_weight_gram: int | None
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
    point_weight_gram: int | None
    accepted_at_us: int
    eta_us: int
    gtin: str = ""
    point_id: str = ""
    watch: tuple[str, ...] = ()
    reason_names: dict[str, str] = {}


class DispatchedParcel(msgspec.Struct, frozen=True):
    """Marketplace to partner: the unit left the pick-up point."""

    return_id: int
    carrier: str
    waybill: str


class LostParcel(msgspec.Struct, frozen=True):
    """Marketplace to partner: the unit is lost on its way. It may still come."""

    return_id: int


class Arrival(msgspec.Struct, frozen=True):
    """Partner to marketplace: scanned in. The seller must decide before `decide_by_us`."""

    return_id: int
    warehouse: str
    arrived_at_us: int
    decide_by_us: int
    weight_gram: int | None
    packaging_intact: bool


class Marking(msgspec.Struct, frozen=True):
    """Partner to marketplace: the inspection result; a later revision replaces an earlier one.

    `packaging_intact` is what the gate check found, which may have come after the arrival.
    """

    return_id: int
    mark: str
    revision: int
    defect: str
    photos: tuple[str, ...]
    packaging_intact: bool = True


class Decision(msgspec.Struct, frozen=True):
    """Partner to marketplace: what was decided, by whom, or that the deadline moved or passed."""

    return_id: int
    decision: str
    parcel_status: str
    by_whom: str
    decide_by_us: int


class Handover(msgspec.Struct, frozen=True):
    """Partner to marketplace: the unit is being shipped, was picked up or was delivered."""

    return_id: int
    parcel_status: str
    destination: str


class Disposal(msgspec.Struct, frozen=True):
    """Partner to marketplace: destroyed, with its certificate; `undecided` when the seller let the time pass."""

    return_id: int
    certificate: str
    undecided: bool


class ClaimReview(msgspec.Struct, frozen=True):
    """Partner to marketplace: a substitution claim is `in_review`, `approved` with its `payer`, or `refused` with a comment."""

    return_id: int
    verdict: str
    comment: str = ""
    payer: str = ""


class ClaimFacts(msgspec.Struct, frozen=True):
    """Marketplace to partner: where a substitution claim stands, and what each hand saw. `point_photos` are SHA-256.

    `payer`: who bears it by custody, `marketplace`, `carrier` or `fraud_fund`; while it is open, a proposal.
    """

    return_id: int
    status: str
    amount: Money
    payer: str
    refund_sent_at_us: int | None
    point_photos: tuple[str, ...]
    comment: str = ""


class PhotoWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bytes of a photo, by their SHA-256: the marketplace asks for one of the mark, the partner for one of a claim."""

    return_id: int
    photo: str


class LinkCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: may this account act for that seller? `business_type` is RETURN_PRODUCT or CANCEL_ORDERS."""

    seller_id: int
    key: str
    business_type: str


class LinkAnswer(msgspec.Struct, frozen=True):
    """Marketplace to partner: `code` is `ok`, `view_only`, or what is wrong (wrong_seller_id, wrong_key, ...)."""

    code: str
    seller_name: str = ""
    variant: str = ""
    role: str = ""
    expires_at_us: int = 0
    right_business_type: str = ""


class Linked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: an account was linked to this seller, or unlinked."""

    seller_id: int
    linked: bool


class HoldCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: units that have left, whose pictures are to go. Is any of them evidence still?"""

    return_ids: Annotated[tuple[int, ...], msgspec.Meta(max_length=100)]


class HoldAnswer(msgspec.Struct, frozen=True):
    """Those of them about which a dispute, a claim or a block is open: their pictures stay."""

    held: tuple[int, ...]


# Comparing what both houses hold. The partner asks, signed with its own credential; nothing here makes a fact.


class UnitsAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: the units that are routed to you, after an id, or these. With it comes how far the asker is behind."""

    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    most: Annotated[int, msgspec.Meta(ge=0)] = 0
    ids: tuple[int, ...] = ()
    letters_waiting: int = 0
    waiting_since_us: int | None = None
    differences: int = 0


class UnitState(msgspec.Struct, frozen=True):
    """What the marketplace holds of a unit: `stage` is coming, lost, here (reports are taken) or held (a claim is being settled).

    `waits`: messages about it are still on their way to the partner.
    """

    return_id: int
    return_number: str
    seller_id: int
    stage: str
    waits: bool = False
    arrived_at_us: int | None = None
    mark: str = ""
    mark_revision: int = 0
    parcel_status: str = ""
    decision: str = ""
    decide_by_us: int | None = None
    certificate: str = ""


class Units(msgspec.Struct, frozen=True):
    """Marketplace to partner: all its units up to the id `until` (None: to the end), and how far the marketplace is behind."""

    units: tuple[UnitState, ...]
    until: int | None = None
    letters_waiting: int = 0
    waiting_since_us: int | None = None


class SendAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Partner to marketplace: these units were never announced here, or their loss was not; send those messages again."""

    return_ids: tuple[int, ...]


class SentAgain(msgspec.Struct, frozen=True):
    """Marketplace to partner: the units whose messages are on their way again."""

    return_ids: tuple[int, ...]
