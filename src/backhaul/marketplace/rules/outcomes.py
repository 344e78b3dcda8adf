"""The law of what staff queue and count: where a return waits for them, and what became of its request, dispute and unit."""

from enum import StrEnum

from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus, Status


class Queue(StrEnum):
    """Where a return waits for moderators, or for the photos that one of them asked for."""

    REQUESTS = "requests"
    DISPUTES = "disputes"
    PHOTOS = "photos"


_QUEUES = {
    Status.PRE_MODERATION: Queue.REQUESTS,
    Status.DISPUTE: Queue.DISPUTES,
    Status.AWAITING_CUSTOMER: Queue.PHOTOS,
}
OPEN_CLAIMS = (ClaimStatus.DRAFT, ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED)


def queue_of(it: Return) -> str:
    """The queue in which it stands; empty for none."""
    found = _QUEUES.get(it.status)
    return found.value if found else ""


def dispute_of(it: Return) -> str:
    """Empty without a dispute; `open`; `upheld` where the customer was right and the rejection fell; `refused`."""
    if not it.disputed:
        return ""
    if it.status is Status.DISPUTE:
        return "open"
    return "upheld" if it.approved_by is not None else "refused"


def taken_of(it: Return) -> str:
    """What the pick-up point did with it: `accepted`, `refused`, or nothing yet."""
    if it.accepted_at is not None:
        return "accepted"
    return "refused" if it.status is Status.REFUSED_AT_PVZ else ""
