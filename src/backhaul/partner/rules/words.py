"""Every noun of the partner: states, roles, marks, decisions. Values are stable codes; texts translate them."""

from enum import StrEnum


class Status(StrEnum):
    """Where a parcel stands at the partner (section 5.1 of the requirements)."""

    EXPECTED = "expected"
    ARRIVED = "arrived"
    DISPOSAL_DUE = "disposal_due"
    IN_WORK = "in_work"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    DISPOSED = "disposed"


class GateStatus(StrEnum):
    """The life of the gate check: due within a day after the scan, then passed, or something was off."""

    NONE = "none"
    DUE = "due"
    PASSED = "passed"
    MISMATCH = "mismatch"


class QuarantineStatus(StrEnum):
    """Whether a unit is kept apart as dangerous, until a supervisor releases it."""

    NONE = "none"
    HELD = "held"
    RELEASED = "released"


class InspectionStatus(StrEnum):
    """The life of the full check."""

    NONE = "none"
    QUEUED = "queued"
    AWAITING_SECOND = "awaiting_second"
    DONE = "done"


class MediaStatus(StrEnum):
    """The life of the photo or video set that a seller orders."""

    NONE = "none"
    ORDERED = "ordered"
    READY = "ready"


class ShipmentStatus(StrEnum):
    """The life of a delivery to the seller's warehouse."""

    NONE = "none"
    LABEL_PRINTED = "label_printed"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    LOST = "lost"


class ConsignmentStatus(StrEnum):
    """The life of many units that travel to one address together."""

    OPEN = "open"
    CLOSED = "closed"
    DISPATCHED = "dispatched"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    LOST = "lost"
    CANCELLED = "cancelled"


class TrackingStatus(StrEnum):
    """What a carrier says of a consignment on its way."""

    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    EXCEPTION = "exception"
    DELIVERED = "delivered"
    LOST = "lost"


class DisposalStatus(StrEnum):
    """Destruction in phases: held while it can be undone, instructed, started, destroyed."""

    NONE = "none"
    HELD = "held"
    INSTRUCTED = "instructed"
    STARTED = "started"
    DESTROYED = "destroyed"


class ClaimStatus(StrEnum):
    """How the marketplace's claim for a substituted product stands. The partner reviews it while it is filed or in review."""

    NONE = "none"
    FILED = "filed"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"
    REVERSED = "reversed"


class MediaKind(StrEnum):
    """What a seller orders of a unit (R66); of both, at least one comes."""

    PHOTO = "photo"
    VIDEO = "video"
    BOTH = "both"


class Payer(StrEnum):
    """Who bears a substitution, by custody (P26)."""

    MARKETPLACE = "marketplace"
    CARRIER = "carrier"
    FRAUD_FUND = "fraud_fund"


class Decision(StrEnum):
    """What the seller wants done. NONE is storage, which is no decision (R6)."""

    NONE = "none"
    PICKUP = "pickup"
    SHIP_RU = "ship_ru"
    SHIP_CN = "ship_cn"
    SHIP_HK = "ship_hk"
    DISPOSE = "dispose"


COUNTRY_OF = {Decision.SHIP_RU: "RU", Decision.SHIP_CN: "CN", Decision.SHIP_HK: "HK"}


class Role(StrEnum):
    """Who speaks. MARKETPLACE is its signed messages, CALENDAR the clock, CARRIER the files of statuses that it sends."""

    SELLER = "seller"
    RECEIVER = "receiver"
    INSPECTOR = "inspector"
    SUPERVISOR = "supervisor"
    MARKETPLACE = "marketplace"
    CALENDAR = "calendar"
    CARRIER = "carrier"


class Variant(StrEnum):
    """The rule set, from the seller's country of registration: T Turkey, C China, Hong Kong and others."""

    T = "T"
    C = "C"


class Mark(StrEnum):
    """What the inspection says of a product (R69-R72)."""

    SERVICEABLE = "serviceable"
    PARTIALLY_DAMAGED = "partially_damaged"
    COMPLETELY_DAMAGED = "completely_damaged"
    SUBSTITUTED = "substituted"


class Service(StrEnum):
    """What the partner charges the seller for."""

    RECEIPT = "receipt"
    MEDIA = "media"
    SHIP_RU = "ship_ru"
    SHIP_CN = "ship_cn"
    SHIP_HK = "ship_hk"
    STORAGE = "storage"
    DISPOSAL = "disposal"


class LinkMode(StrEnum):
    """What the marketplace's key allows: to decide, or only to look."""

    RETURNS = "returns"
    VIEW_ONLY = "view_only"


class LinkState(StrEnum):
    """Whether the marketplace still honours the key."""

    ACTIVE = "active"
    AUTHORIZATION_LOST = "authorization_lost"


class BusinessType(StrEnum):
    """What the seller picks when linking: variant T needs the first, C the second (P20)."""

    RETURN_PRODUCT = "RETURN_PRODUCT"
    CANCEL_ORDERS = "CANCEL_ORDERS"


LANGUAGES = ("en", "ru", "zh", "tr")
# The groups of reasons that the marketplace announces.
REASON_GROUPS = ("fit_or_dislike", "defect", "misgrading", "damage_on_delivery")
