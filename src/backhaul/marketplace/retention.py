"""What holds the media of a return after its end: the law, and a block of the customer that came from it."""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.retention import Verdict
from backhaul.marketplace import block_queries, queries
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import keeping


def judge(tx: Tx, return_id: int, at: datetime) -> Verdict:
    """Whether the media of a return go now."""
    it = queries.one(tx, return_id)
    if it is None or not keeping.is_over(it):
        return Verdict.NOT_OVER
    blocks = block_queries.of_customer(tx, it.customer_ref)
    return Verdict.HOLD if any(b.holds_media(block, it.id, at) for block in blocks) else Verdict.DELETE
