"""What holds the media of a unit after it has left: a mark that the marketplace may still be asked about."""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.retention import Verdict
from backhaul.partner import queries


def judge(tx: Tx, parcel_id: int, at: datetime) -> Verdict:  # noqa: ARG001 -- the form of a judge
    """Whether the media of a unit go now; what the marketplace holds was sorted out before."""
    it = queries.one(tx, parcel_id)
    return Verdict.NOT_OVER if it is None or it.finished_at is None else Verdict.DELETE
