"""What each happening of a return is about: the timeline of support is read by these kinds."""

from enum import StrEnum

from backhaul.marketplace.rules import events as e


class Kind(StrEnum):
    """MONEY also stands for every line that moved the ledger, MESSAGE for every line that somebody was written of."""

    REQUEST = "request"
    GOODS = "goods"
    WAREHOUSE = "warehouse"
    MONEY = "money"
    CLAIM = "claim"
    REMINDER = "reminder"
    MESSAGE = "message"


KINDS: dict[type[e.Event], Kind] = {
    **dict.fromkeys(
        (
            e.Requested, e.PhotosAdded, e.Submitted, e.PhotosAsked, e.PhotosSent, e.Approved, e.Rejected, e.Offered,
            e.OfferAccepted, e.OfferDeclined, e.RefundedWithoutReturn, e.Cancelled, e.Expired, e.DisputeOpened,
            e.DisputeDecided,
        ),
        Kind.REQUEST,
    ),
    **dict.fromkeys(
        (
            e.PointChosen, e.CheckedIn, e.TurnedAway, e.DwellAlarmed, e.Dispatched, e.WentLate, e.WentMissing,
            e.ReceiptConfirmed, e.ReceivedForDisposal, e.DisposalCertified, e.WeightMeasured, e.WeightObjected,
            e.WeightSettled,
        ),
        Kind.GOODS,
    ),
    **dict.fromkeys(
        (e.Arrived, e.Marked, e.DecisionMirrored, e.HandoverMirrored, e.DisposalMirrored), Kind.WAREHOUSE
    ),
    **dict.fromkeys(
        (
            e.RefundHeld, e.RefundSent, e.RefundConfirmed, e.RefundFailed, e.RefundQuestioned, e.RefundRetried,
            e.RefundCancelled, e.CompensationAccrued, e.CompensationCredited, e.CompensationReversed,
        ),
        Kind.MONEY,
    ),
    **dict.fromkeys(
        (e.ClaimDrafted, e.ClaimMoved, e.ClaimAnswered, e.ClaimWentUnanswered, e.MoneyKept, e.ProductTaken), Kind.CLAIM
    ),
    e.Reminded: Kind.REMINDER,
}  # fmt: skip

# The event that begins an amount, and the explanation that says why it is what it is.
AMOUNTS: dict[type[e.Event], str] = {
    e.RefundHeld: "refund", e.CompensationAccrued: "compensation", e.ClaimDrafted: "claim", e.Submitted: "pre_moderation",
}  # fmt: skip
