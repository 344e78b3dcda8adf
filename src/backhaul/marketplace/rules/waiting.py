"""What waits for its seller, and until when: an answer to a request or to a find, a decision about a unit at the partner."""

from datetime import datetime

from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Status

ASKED = frozenset({Status.SELLER_REVIEW, Status.SELLER_REVIEW_AFTER_OFFER, Status.FOUND_AFTER_CLAIM})


def waits_at_partner(it: Return) -> bool:
    """Whether the seller's time to decide at the partner runs."""
    at_partner = it.status is Status.AT_PARTNER and it.parcel is not None
    return at_partner and it.parcel is not None and it.parcel.status == "arrived" and it.parcel.decision == "none"


def decide_until(it: Return) -> datetime | None:
    """The bound of the seller's next decision; None while nothing is the seller's to decide."""
    if it.status in ASKED:
        return it.act_by
    return it.parcel.decide_by if it.parcel is not None and waits_at_partner(it) else None
