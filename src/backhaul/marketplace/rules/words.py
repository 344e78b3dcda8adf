"""Every noun of the marketplace: states, roles, reasons. Values are stable codes; texts are translations of them."""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """Where a return stands: the request's life, then the way of the goods (section 5.1 of the requirements)."""

    NEW = "new"
    PRE_MODERATION = "pre_moderation"
    AWAITING_CUSTOMER = "awaiting_customer"
    CLOSED_NO_REPLY = "closed_no_reply"
    SELLER_REVIEW = "seller_review"
    OFFER_SENT = "offer_sent"
    SELLER_REVIEW_AFTER_OFFER = "seller_review_after_offer"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISPUTE = "dispute"
    REFUNDED_WITHOUT_RETURN = "refunded_without_return"
    PARTIALLY_REFUNDED = "partially_refunded"
    CANCELLED = "cancelled"
    AWAITING_DROPOFF = "awaiting_dropoff"
    DROPOFF_EXPIRED = "dropoff_expired"
    REFUSED_AT_PVZ = "refused_at_pvz"
    ACCEPTED_AT_PVZ = "accepted_at_pvz"
    ON_THE_WAY = "on_the_way"
    AT_PARTNER = "at_partner"
    LOST = "lost"
    FOUND_AFTER_CLAIM = "found_after_claim"
    DISPOSING_BY_MARKETPLACE = "disposing_by_marketplace"
    DISPOSED_BY_MARKETPLACE = "disposed_by_marketplace"


class Rights(StrEnum):
    """What a user of a seller may do: everything, decide, or only read."""

    OWNER = "owner"
    OPERATOR = "operator"
    ANALYST = "analyst"


class RefundStatus(StrEnum):
    """The life of the money that goes back to the customer."""

    NONE = "none"
    HELD = "held"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"


class CompensationStatus(StrEnum):
    """The life of the compensation for a disposed product."""

    NONE = "none"
    ACCRUED = "accrued"
    CREDITED = "credited"
    REVERSED = "reversed"


class ClaimStatus(StrEnum):
    """The life of a claim on a carrier, the fraud fund or whoever had the product."""

    NONE = "none"
    DRAFT = "draft"
    FILED = "filed"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"
    REVERSED = "reversed"


class Role(StrEnum):
    """Who speaks. CALENDAR is the clock that gives commands when a bound passes, BANK what its statements say."""

    CUSTOMER = "customer"
    SELLER = "seller"
    CLERK = "clerk"
    MODERATOR = "moderator"
    SUPPORT = "support"
    PARTNER = "partner"
    CALENDAR = "calendar"
    BANK = "bank"


class Variant(StrEnum):
    """The rule set, from the seller's country of registration: T Turkey, C China, Hong Kong and others (P1, R93)."""

    T = "T"
    C = "C"


class Route(StrEnum):
    """A: the marketplace disposes and compensates. B: the logistics partner stores until the seller decides (P15)."""

    A = "A"
    B = "B"


class ReasonGroup(StrEnum):
    """Groups of return reasons (6.1); the group and the mark give the compensation class."""

    FIT = "fit_or_dislike"
    DEFECT = "defect"
    MISGRADING = "misgrading"
    DAMAGE = "damage_on_delivery"


class Mark(StrEnum):
    """What the partner's inspection says of a product (R69-R72)."""

    SERVICEABLE = "serviceable"
    PARTIALLY_DAMAGED = "partially_damaged"
    COMPLETELY_DAMAGED = "completely_damaged"
    SUBSTITUTED = "substituted"


class Marking(StrEnum):
    """What the counter read of the marking code that the order names (R110)."""

    NOT_EXPECTED = "not_expected"
    MATCHES = "matches"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"
    UNCHECKED = "unchecked"


class WitnessRole(StrEnum):
    """As what somebody saw a product destroyed; the certificate names the role and no name."""

    SHIFT_LEAD = "shift_lead"
    CLERK = "clerk"
    SECURITY = "security"
    CONTRACTOR = "contractor"
    INSPECTOR = "inspector"


class WeightStatus(StrEnum):
    """What became of a weight that was measured in another band than the catalogue's."""

    NONE = "none"
    OPEN = "open"
    OBJECTED = "objected"
    MEASURED = "measured"
    CATALOGUE = "catalogue"


class ClaimKind(StrEnum):
    """Why the seller is owed the full price."""

    LOST_IN_TRANSIT = "lost_in_transit"
    CARRIER_DAMAGE = "carrier_damage"
    SUBSTITUTION = "substitution"


class Payer(StrEnum):
    """Who bears a substitution, by custody (P26)."""

    MARKETPLACE = "marketplace"
    CARRIER = "carrier"
    FRAUD_FUND = "fraud_fund"


class ReturnReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the customer's catalogue; `number` is its id on the wire. Without names of its own, those of the texts."""

    code: str
    number: int
    group: ReasonGroup
    is_defect: bool
    names: dict[str, str] = msgspec.field(default_factory=dict)
    hints: dict[str, str] = msgspec.field(default_factory=dict)
    comment_required: bool = False
    photos_min: int = 0
    active: bool = True


REASONS = {
    reason.code: reason
    for reason in (
        ReturnReason("did_not_fit", 101, ReasonGroup.FIT, is_defect=False),
        ReturnReason("did_not_like", 102, ReasonGroup.FIT, is_defect=False),
        ReturnReason("changed_mind", 103, ReasonGroup.FIT, is_defect=False),
        ReturnReason("does_not_work", 201, ReasonGroup.DEFECT, is_defect=True),
        ReturnReason("external_defects", 202, ReasonGroup.DEFECT, is_defect=True),
        ReturnReason("used_before_me", 203, ReasonGroup.DEFECT, is_defect=True),
        ReturnReason("broke_in_use", 204, ReasonGroup.DEFECT, is_defect=True),
        ReturnReason("counterfeit", 205, ReasonGroup.DEFECT, is_defect=True),
        ReturnReason("wrong_item", 301, ReasonGroup.MISGRADING, is_defect=False),
        ReturnReason("part_missing", 302, ReasonGroup.MISGRADING, is_defect=False),
        ReturnReason("incomplete", 303, ReasonGroup.MISGRADING, is_defect=False),
        ReturnReason("packaging_and_product_damaged", 401, ReasonGroup.DAMAGE, is_defect=True),
        ReturnReason("product_damaged_packaging_intact", 402, ReasonGroup.DAMAGE, is_defect=True),
    )
}


class RejectionReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the catalogue a seller or moderator rejects with; each needs a comment (D24), some a longer one."""

    code: str
    number: int
    names: dict[str, str] = msgspec.field(default_factory=dict)
    hints: dict[str, str] = msgspec.field(default_factory=dict)
    characters_min: int = 0
    active: bool = True


REJECTIONS = {
    reason.code: reason
    for reason in (
        RejectionReason("looks_used", 11),
        RejectionReason("packaging_damaged", 12),
        RejectionReason("not_returnable", 13),
        RejectionReason("reason_does_not_match", 14),
        RejectionReason("defect_not_visible", 15),
        RejectionReason("too_few_photos", 16),
        RejectionReason("other_product", 17),
        RejectionReason("request_too_late", 18),
    )
}

# How a product is destroyed, for the choice on the page; an API may say it in its own words.
METHODS = ("shredding", "crushing", "dismantling", "incineration", "chemical")

LANGUAGES = ("en", "ru", "zh", "tr")
