"""What holds the media of a return after its end: a dispute or a claim, and a block of the customer that came from it."""

from datetime import datetime

from backhaul.kit.database import Tx
from backhaul.kit.retention import Verdict
from backhaul.marketplace import block_queries, queries
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import keeping
from backhaul.marketplace.rules.returns import Return


def judge(tx: Tx, return_id: int, at: datetime) -> Verdict:
    """Whether the media of a return go now."""
    it = queries.one(tx, return_id)
    if it is None or not keeping.is_over(it):
        return Verdict.NOT_OVER
    return Verdict.HOLD if _block_holds(tx, it, at) else Verdict.DELETE


def of_the_partner(tx: Tx, return_id: int, files: list[str]) -> list[str]:
    """Those of the files of a return that are copies of the partner's."""
    it = queries.one(tx, return_id)
    theirs = frozenset() if it is None else keeping.copies_of(it)
    return [one for one in files if one in theirs]


def of_the_customer(tx: Tx, return_id: int, files: list[str]) -> list[str]:
    """The others: what the customer sent with the request, and with an appeal."""
    theirs = of_the_partner(tx, return_id, files)
    return [one for one in files if one not in theirs]


def is_held(tx: Tx, return_id: int, at: datetime) -> bool:
    """Whether what the partner photographed is evidence still, for its own house to ask."""
    it = queries.one(tx, return_id)
    return it is not None and (keeping.is_disputed(it) or _block_holds(tx, it, at))


def _block_holds(tx: Tx, it: Return, at: datetime) -> bool:
    blocks = block_queries.of_customer(tx, it.customer_ref)
    return any(b.holds_media(block, it.id, at) for block in blocks)
