"""What on the page of a return may make people look twice: photos that were seen before, weights that differ. Nothing is decided by it."""

from typing import Any

from backhaul.kit.database import Tx
from backhaul.marketplace import seen_photo_views
from backhaul.marketplace import tables as t
from backhaul.marketplace.cards import READS_RULES
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.weights_compared import weighed


def look_twice(tx: Tx, it: Return, by: By, files: frozenset[str], policy: Policy) -> dict[str, Any]:
    """For the page of a return; with it, which of these files and of those elsewhere are deleted."""
    seen = seen_photo_views.of_return(tx, it, by)
    elsewhere = {one.elsewhere.photo for one in seen if one.elsewhere is not None}
    return {
        "seen_photos": seen,
        "deleted": t.book.deleted(tx, files | elsewhere),
        "weighed": weighed(it, policy) if by.role in READS_RULES else (),
    }
