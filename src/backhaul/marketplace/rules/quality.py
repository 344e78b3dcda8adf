"""A product of which too many come back, and what shows a defect. Pure: counts and policy come in."""

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Mark, ReasonGroup

# What its customer, or the inspection, says of a product that is not as it should be.
FAULTY_REASONS = (ReasonGroup.DEFECT, ReasonGroup.DAMAGE)
FAULTY_MARKS = (Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED)


def comes_back_too_often(delivered: int, returned: int, of_category: tuple[int, int], policy: Policy) -> bool:
    """Whether the return rate of a product is so many times that of its category, or more (8.3).

    `delivered`, `returned`: its units in that category; `of_category`: those of all sellers, with it. Few units say nothing yet, and
    neither does a category of which nothing came back.
    """
    if delivered < policy.many_returns_delivered_min or returned < policy.many_returns_returned_min:
        return False
    all_delivered, all_returned = of_category
    if not all_returned:
        return False
    return returned * all_delivered >= policy.many_returns_times * all_returned * delivered
