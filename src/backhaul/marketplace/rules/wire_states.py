"""How the canonical states look to others: tab and labels of the seller's page, state and group of the Seller API (D26).

The wire values are those that integrators' code knows; they stand here and nowhere else.
"""

import msgspec

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Status


class Look(msgspec.Struct, frozen=True):
    """`tab` and `label` are keys of the label catalogue, `state` and `group` are wire values."""

    state: str
    group: str
    tab: str
    label: str


REQUESTS, ON_THE_ROAD, RESOLVED = "requests", "on_the_road", "resolved"

LOOKS = {
    Status.NEW: Look("AwaitingProcessing", "new", REQUESTS, "new"),
    Status.PRE_MODERATION: Look("AwaitingProcessing", "new", REQUESTS, "pre_moderation"),
    Status.AWAITING_CUSTOMER: Look("AwaitingProcessing", "new", REQUESTS, "awaiting_customer"),
    Status.CLOSED_NO_REPLY: Look("Cancelled", "rejected", REQUESTS, "closed_no_reply"),
    Status.SELLER_REVIEW: Look("OnSellerApproval", "new", REQUESTS, "seller_review"),
    Status.OFFER_SENT: Look("OfferedPartialCompensation", "new", REQUESTS, "offer_sent"),
    Status.SELLER_REVIEW_AFTER_OFFER: Look(
        "OnSellerClarificationAfterPartialCompensation", "new", REQUESTS, "seller_review_after_offer"
    ),
    Status.APPROVED: Look("Approved", "approved", REQUESTS, "approved"),
    Status.REJECTED: Look("Rejected", "rejected", REQUESTS, "rejected"),
    Status.DISPUTE: Look("CheckingStatus", "arbitration", REQUESTS, "dispute"),
    Status.REFUNDED_WITHOUT_RETURN: Look("MoneyReturned", "approved", RESOLVED, "refunded_without_return"),
    Status.PARTIALLY_REFUNDED: Look("PartialCompensationReturned", "approved", RESOLVED, "partially_refunded"),
    Status.CANCELLED: Look("Cancelled", "rejected", REQUESTS, "cancelled"),
    Status.AWAITING_DROPOFF: Look("WaitingShipment", "delivering", REQUESTS, "awaiting_dropoff"),
    Status.DROPOFF_EXPIRED: Look("Cancelled", "rejected", REQUESTS, "dropoff_expired"),
    Status.REFUSED_AT_PVZ: Look("CrmRejected", "rejected", REQUESTS, "refused_at_pvz"),
    Status.ACCEPTED_AT_PVZ: Look("ArrivedAtReturnPlace", "delivering", ON_THE_ROAD, "on_the_way"),
    Status.ON_THE_WAY: Look("OnWayToOzon", "delivering", ON_THE_ROAD, "on_the_way"),
    Status.AT_PARTNER: Look("PassedToPartner", "checkout", RESOLVED, "passed_on_to_partner"),
    Status.LOST: Look("WriteOff", "arbitration", RESOLVED, "lost"),
    Status.FOUND_AFTER_CLAIM: Look("CheckingStatus", "arbitration", RESOLVED, "found_after_claim"),
    Status.DISPOSING_BY_MARKETPLACE: Look("UtilizingByOzon", "utilization", RESOLVED, "disposing_by_marketplace"),
    Status.DISPOSED_BY_MARKETPLACE: Look("UtilizedByOzon", "utilization", RESOLVED, "disposed_by_marketplace"),
}
# What a seller finds in each tab; a draft is nobody's but its customer's.
OF_TABS = {
    tab: tuple(status for status, shown in LOOKS.items() if shown.tab == tab and status is not Status.NEW)
    for tab in (REQUESTS, ON_THE_ROAD, RESOLVED)
}

PARCEL_LOOKS = {
    "disposal_due": Look("PassedToPartner", "checkout", RESOLVED, "undecided_at_partner"),
    "in_work": Look("ReleasedByProvider", "checkout", RESOLVED, "in_work_at_partner"),
    "picked_up": Look("ReleasedByProvider", "approved", RESOLVED, "picked_up"),
    "delivered": Look("ReleasedByProvider", "approved", RESOLVED, "delivered"),
    "disposed": Look("UtilizedByProvider", "utilization", RESOLVED, "disposed_by_partner"),
}
MODERATED_APPROVAL = Look("ApprovedOnPreModerationByOzon", "approved", REQUESTS, "approved_by_moderator")
MODERATED_REJECTION = Look("RejectedByOzon", "rejected", REQUESTS, "rejected_by_moderator")
RECEIVED = Look("ReceivedBySeller", "approved", RESOLVED, "received_by_seller")

# The statuses that the report methods filter by, and the states of ours that each lets through; most are of other schemes.
VISUAL_STATUSES: dict[str, tuple[str, ...]] = {
    "DisputeOpened": ("CheckingStatus",),
    "OnSellerApproval": ("OnSellerApproval", "AwaitingProcessing"),
    "ArrivedAtReturnPlace": ("ArrivedAtReturnPlace",),
    "OnSellerClarification": (),
    "OnSellerClarificationAfterPartialCompensation": ("OnSellerClarificationAfterPartialCompensation",),
    "OfferedPartialCompensation": ("OfferedPartialCompensation",),
    "ReturnMoneyApproved": (),
    "PartialCompensationReturned": ("PartialCompensationReturned",),
    "CancelledDisputeNotOpen": (),
    "Rejected": ("Rejected",),
    "CrmRejected": ("CrmRejected", "RejectedByOzon"),
    "Cancelled": ("Cancelled",),
    "Approved": ("Approved",),
    "ApprovedByOzon": ("ApprovedOnPreModerationByOzon",),
    "ReceivedBySeller": ("ReceivedBySeller",),
    "MovingToSeller": ("ReleasedByProvider",),
    "ReturnCompensated": (),
    "ReturningToSellerByCourier": (),
    "Utilizing": ("UtilizingByOzon",),
    "Utilized": ("UtilizedByOzon", "UtilizedByProvider"),
    "MoneyReturned": ("MoneyReturned",),
    "PartialCompensationInProcess": (),
    "DisputeYouOpened": (),
    "CompensationRejected": (),
    "DisputeOpening": (),
    "CompensationOffered": (),
    "WaitingCompensation": (),
    "SendingError": (),
    "CompensationRejectedBySla": (),
    "CompensationRejectedBySeller": (),
    "MovingToOzon": ("OnWayToOzon",),
    "ReturnedToOzon": ("PassedToPartner",),
    "MoneyReturnedBySystem": (),
    "WaitingShipment": ("WaitingShipment",),
}

# Who asked that an order be cancelled, as the contract names them, and the ends of our returns that come from there.
CANCELLED_BY: dict[str, tuple[Status, ...]] = {
    "OZON": (),
    "SELLER": (),
    "CLIENT": (Status.CANCELLED,),
    "SYSTEM": (Status.CLOSED_NO_REPLY, Status.DROPOFF_EXPIRED),
    "DELIVERY": (),
}

GROUPS = ("new", "delivering", "checkout", "arbitration", "approved", "rejected", "utilization")

# Ids of `available_actions`; -1 and 1020 are known to clients, the others are ours to publish.
ACTION_IDS: dict[type, int] = {
    do.Approve: 1000,
    do.Reject: -1,
    do.Offer: 1020,
    do.RefundWithoutReturn: 1030,
    do.ConfirmReceipt: 1040,
}


def look(it: Return) -> Look:
    """How this return looks to its seller."""
    if it.status is Status.AT_PARTNER and it.parcel is not None:
        if it.parcel.received:
            return RECEIVED
        return PARCEL_LOOKS.get(it.parcel.status, LOOKS[it.status])
    if it.status is Status.APPROVED and it.approved_by is Role.MODERATOR:
        return MODERATED_APPROVAL
    if it.status is Status.REJECTED and it.rejected_by is Role.MODERATOR:
        return MODERATED_REJECTION
    return LOOKS[it.status]
