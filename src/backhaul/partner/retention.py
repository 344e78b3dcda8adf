"""Media of units that have left; what the marketplace holds is asked there before (`office.Office`)."""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.retention import Verdict
from backhaul.partner import queries
from backhaul.partner.rules.words import ClaimStatus

CLAIM_RUNS = (ClaimStatus.FILED, ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED)


def judge(tx: Tx, parcel_id: int, at: datetime) -> Verdict:  # noqa: ARG001 -- the form of a judge
    """Whether the media of a unit go now; a claim that runs holds them."""
    it = queries.one(tx, parcel_id)
    if it is None or it.finished_at is None:
        return Verdict.NOT_OVER
    return Verdict.HOLD if it.claim.status in CLAIM_RUNS else Verdict.DELETE
