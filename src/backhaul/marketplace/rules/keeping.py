"""How long what customers sent is kept: from the end of a return on, unless a dispute or claim is open (D22, R67)."""

from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.lifecycle import OPEN_CLAIM
from backhaul.marketplace.rules.returns import Return, answers_photos
from backhaul.marketplace.rules.weights import UNSETTLED
from backhaul.marketplace.rules.words import CompensationStatus, RefundStatus, Status

AT_ITS_END = frozenset({
    Status.CANCELLED, Status.CLOSED_NO_REPLY, Status.REJECTED, Status.REFUNDED_WITHOUT_RETURN, Status.PARTIALLY_REFUNDED,
    Status.DROPOFF_EXPIRED, Status.REFUSED_AT_PVZ, Status.LOST, Status.DISPOSED_BY_MARKETPLACE,
})  # fmt: skip
LEFT_THE_PARTNER = frozenset({"delivered", "picked_up", "disposed"})
# What these show stays with the act or certificate, even where somebody else showed the same bytes.
ACTS = (e.CheckedIn, e.TurnedAway, e.ReceivedForDisposal, e.DisposalCertified)
MONEY_ON_ITS_WAY = frozenset({RefundStatus.HELD, RefundStatus.FAILED, RefundStatus.IN_DOUBT})


def is_over(it: Return) -> bool:
    """Whether the return is at its end, its money too, and no dispute or claim is open."""
    left = it.status is Status.AT_PARTNER and it.parcel is not None and it.parcel.status in LEFT_THE_PARTNER
    owed = it.refund.status in MONEY_ON_ITS_WAY or it.compensation.status is CompensationStatus.ACCRUED
    return (left or it.status in AT_ITS_END) and not owed and not is_disputed(it)


def is_disputed(it: Return) -> bool:
    """Whether somebody will still look at the evidence: a dispute or a claim is open."""
    return it.status is Status.DISPUTE or it.claim.status in OPEN_CLAIM or it.weighing.status in UNSETTLED


def media_of(it: Return | None) -> frozenset[str]:
    """What goes when the time is over: the customer's pictures and videos, a carrier's, and our copies of the partner's.

    What the points photographed stays: it belongs to their acts and certificates.
    """
    if it is None:
        return frozenset()
    return frozenset(it.photos + it.videos + answers_photos(it.claim)) | copies_of(it)


def copies_of(it: Return) -> frozenset[str]:
    """Our copies of what the partner photographed: they are kept as long as there, not as long as what customers sent."""
    return frozenset(it.parcel.photos if it.parcel is not None else ()) - {*it.photos, *it.videos}
