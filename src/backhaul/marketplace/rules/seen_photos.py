"""Which photos of a return are compared with all others, and between which returns the same picture is worth a second look."""

from backhaul.marketplace.rules.returns import Return


def compared(it: Return | None) -> frozenset[str]:
    """What the customer sent and the points photographed as evidence; the other house compares its own."""
    if it is None:
        return frozenset()
    check = it.check.photos if it.check is not None else ()
    refused = it.turned_away.photos if it.turned_away is not None else ()
    return frozenset(it.photos + check + refused + it.weighing.photos)


def is_told(here: Return, there: Return) -> bool:
    """Whether a picture in both is told to people. What one customer bought in one shipment is photographed together, and so is
    a unit that is sent back once more.
    """
    together = here.customer_ref == there.customer_ref and here.line.posting_number == there.line.posting_number
    return here.id != there.id and not together
