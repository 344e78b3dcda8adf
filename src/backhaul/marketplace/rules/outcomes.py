"""The law of what staff queue and count: where a return waits for them, and what became of its request, dispute and unit."""

from datetime import datetime
from enum import StrEnum

from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimKind, ClaimStatus, Status


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


def claim_bound(it: Return) -> datetime | None:
    """Until when the next step of an open claim should be made: filed by its seller, or answered by the carrier.

    Nobody waits for the filing of a substitution, and what the carrier has answered waits for support without a bound.
    """
    if it.claim.status is ClaimStatus.DRAFT:
        return None if it.claim.kind is ClaimKind.SUBSTITUTION else it.claim.file_by
    asked = it.claim.status in (ClaimStatus.FILED, ClaimStatus.IN_REVIEW) and it.claim.answer is None
    return it.claim.answer_by if asked else None


def missing_evidence(it: Return) -> tuple[str, ...]:
    """Whose photos a claim lacks: the pick-up point's show the unit before, the inspection's what was found after.

    A loss has nothing that was found. What is not at the partner yet cannot have been photographed there.
    """
    point = it.check is not None and bool(it.check.photos)
    found = it.parcel is None or bool(it.parcel.photos)
    lost = it.claim.kind is ClaimKind.LOST_IN_TRANSIT
    return (*(() if point else ("point",)), *(() if found or lost else ("inspection",)))
