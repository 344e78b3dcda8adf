"""What holds for every kind of published terms: a version has a date that has not passed and a reason, and stays as it is."""

from datetime import UTC, datetime, timedelta

import msgspec

from backhaul.kit.machine import Refused

WHY_CHARACTERS_MIN = 10
WHY_CHARACTERS_MAX = 2000
VERSION_CHARACTERS_MAX = 40
# A form that was opened this minute still says "from now".
GRACE = timedelta(minutes=1)


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a version. `where` is the row, cell or entry, `facts` fill the sentence of the code."""

    code: str
    where: str = ""
    facts: dict[str, str | int] = msgspec.field(default_factory=dict)


class Draft(msgspec.Struct, frozen=True):
    """A version that somebody wants to publish. `seen`: how many there were when its author looked; None: they did not."""

    document: object
    valid_from: datetime
    why: str
    version: str = ""
    seen: str | None = None


def beginning(valid_from: datetime, at: datetime) -> datetime:
    """From when a version holds: never from before it was published."""
    if valid_from.tzinfo is None:
        raise Refused("policy_value_invalid", "invalid", "valid_from")
    if valid_from < at - GRACE:
        raise Refused("valid_from_is_past", "invalid", "valid_from")
    return max(valid_from, at).astimezone(UTC)


def reason(why: str) -> str:
    """Why a version is published, in words of some length."""
    why = why.strip()
    if len(why) < WHY_CHARACTERS_MIN:
        raise Refused("explanation_required", "invalid", "why", characters_min=WHY_CHARACTERS_MIN)
    return why[:WHY_CHARACTERS_MAX]
