"""Media of units that have left; what the marketplace holds is asked there before (`office.Office`)."""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.retention import Verdict
from backhaul.partner import queries


def judge(tx: Tx, parcel_id: int, at: datetime) -> Verdict:  # noqa: ARG001 -- the form of a judge
    """Whether the media of a unit go now."""
    it = queries.one(tx, parcel_id)
    return Verdict.NOT_OVER if it is None or it.finished_at is None else Verdict.DELETE
