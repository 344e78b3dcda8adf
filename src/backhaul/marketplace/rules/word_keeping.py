"""How long what a customer wrote can be read: counted from the end of their last return, while nothing is open."""

from datetime import datetime, timedelta
from enum import StrEnum

from backhaul.kit.days import end_of_day
from backhaul.marketplace.rules.policy import Policy

LOOK_AGAIN = timedelta(days=1)


class Step(StrEnum):
    """What of it can be read now: all, masked by staff, too, or nothing by anybody."""

    READABLE = "readable"
    MASKED = "masked"
    ERASED = "erased"


def step_of(over_at: datetime | None, at: datetime, policy: Policy) -> tuple[Step, datetime | None]:
    """Where the words of a customer stand, and when somebody looks again. `over_at`: since when nothing is open; None: something is."""
    if over_at is None:
        return Step.READABLE, at + LOOK_AGAIN
    masked_at, erased_at = (end_of_day(over_at, days) for days in (policy.words_mask_days, policy.words_keep_days))
    if at >= erased_at:
        return Step.ERASED, None
    return (Step.MASKED, erased_at) if at >= masked_at else (Step.READABLE, masked_at)
