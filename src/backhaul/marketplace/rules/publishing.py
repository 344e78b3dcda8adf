"""The law of changing the policy: which values make sense together."""

from collections.abc import Iterator
from datetime import datetime

from backhaul.marketplace.rules.policy import Policy

# Of each pair the first may not be greater than the second.
IN_ORDER = (
    ("photos_min", "photos_max"),
    ("transit_eta_days", "transit_late_days"),
    ("transit_late_days", "transit_lost_days"),
    ("compensation_credit_day", "compensation_due_days"),
    ("webhook_try_days", "webhook_pause_days"),
    ("webhook_pause_days", "event_keep_days"),
)
COUNTRY_LETTERS = 2


def misfits(policy: Policy) -> Iterator[str]:
    """The fields whose values do not make sense. That each is within its own range is seen to already."""
    for low, high in IN_ORDER:
        if getattr(policy, low) > getattr(policy, high):
            yield high
    if not all(_is_country(code) for code in policy.pickup_returns_enabled_by_country):
        yield "pickup_returns_enabled_by_country"
    try:
        free_until = datetime.fromisoformat(policy.moderation_free_until)
    except ValueError:
        free_until = None
    if free_until is None or free_until.tzinfo is None:
        yield "moderation_free_until"


def _is_country(code: str) -> bool:
    return len(code) == COUNTRY_LETTERS and code.isascii() and code.isalpha() and code.isupper()
