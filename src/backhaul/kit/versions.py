"""What holds for every version of published terms, at both houses: it has a date that has not passed, and a reason."""

from datetime import UTC, datetime, timedelta

from backhaul.kit.machine import Refused

WHY_CHARACTERS_MIN = 10
WHY_CHARACTERS_MAX = 2000
# A form that was opened this minute still says "from now".
GRACE = timedelta(minutes=1)
AHEAD_MAX = timedelta(days=3653)  # ten years


def beginning(valid_from: datetime, at: datetime) -> datetime:
    """From when a version holds: never from before it was published, and not from beyond what anybody can plan."""
    if valid_from.tzinfo is None:
        raise Refused("policy_value_invalid", "invalid", "valid_from")
    if valid_from < at - GRACE:
        raise Refused("valid_from_is_past", "invalid", "valid_from")
    if is_too_far(valid_from, at):
        raise Refused("valid_from_is_too_far", "invalid", "valid_from")
    return max(valid_from, at).astimezone(UTC)


def is_too_far(valid_from: datetime, at: datetime) -> bool:
    """Whether a version would begin beyond the next ten years. Some instants out there are in no calendar of Moscow's."""
    return valid_from > at + AHEAD_MAX


def reason(why: str) -> str:
    """Why a version is published, in words of some length."""
    why = why.strip()
    if len(why) < WHY_CHARACTERS_MIN:
        raise Refused("explanation_required", "invalid", "why", characters_min=WHY_CHARACTERS_MIN)
    if "\0" in why:
        raise Refused("text_unstorable", "invalid", "why")
    return why[:WHY_CHARACTERS_MAX]
