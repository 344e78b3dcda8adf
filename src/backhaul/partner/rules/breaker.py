"""The breaker of destruction: when far more than usual comes up in an hour, all of it waits for two people (D9). Pure.

It holds destruction alone. Deadlines pass as ever, and whoever may decide still may.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backhaul.kit.machine import Refused
from backhaul.partner.rules.policy import Policy

BREAKER = "breaker"  # why a destruction is postponed
HOURS_A_DAY = 24
REASON_CHARACTERS_MIN = 10


class Turn(StrEnum):
    """What can happen to the breaker."""

    TRIPPED = "tripped"
    RELEASE_PROPOSED = "release_proposed"
    RELEASED = "released"


class BreakerTurn(msgspec.Struct, frozen=True):
    """One line of its history. `count`: units in the hour that tripped it; `until`: how long a release holds it closed."""

    turn: Turn
    at: datetime
    by: str = ""
    reason: str = ""
    count: int = 0
    until: datetime | None = None


class Breaker(msgspec.Struct, frozen=True):
    """How it stands: its last turns, oldest first, and how many units this hour and the days before it released."""

    turns: tuple[BreakerTurn, ...] = ()
    this_hour: int = 0
    days_before: int = 0

    @property
    def is_open(self) -> bool:
        """Whether destruction is stopped: tripped, and not released since."""
        states = [turn.turn for turn in self.turns if turn.turn is not Turn.RELEASE_PROPOSED]
        return bool(states) and states[-1] is Turn.TRIPPED

    @property
    def proposed(self) -> BreakerTurn | None:
        """The release that waits for a second person."""
        last = self.turns[-1] if self.turns else None
        return last if last is not None and last.turn is Turn.RELEASE_PROPOSED else None

    def limit(self, policy: Policy) -> int:
        """How many units an hour may bring up: so many times the mean hour, and never less than the floor."""
        hours = policy.breaker_mean_days * HOURS_A_DAY
        return max(policy.breaker_never_below, policy.breaker_times_mean * self.days_before // hours)

    def is_calm(self, at: datetime) -> bool:
        """Whether two people announced that much will come up now."""
        released = [turn for turn in self.turns if turn.turn is Turn.RELEASED]
        return bool(released) and released[-1].until is not None and at < released[-1].until

    def stops(self, nth: int, at: datetime, policy: Policy) -> bool:
        """Whether the `nth` unit more of this hour must wait (1: the next one)."""
        return self.is_open or (not self.is_calm(at) and self.this_hour + nth > self.limit(policy))


def propose(it: Breaker, reason: str, by: str, at: datetime) -> BreakerTurn:
    """One person wants destruction to go on, or announces beforehand that much will come up; a second one must agree."""
    if it.proposed is not None:
        raise Refused("release_waits", by=it.proposed.by)
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused("explanation_required", "invalid", "reason", characters_min=REASON_CHARACTERS_MIN)
    return BreakerTurn(Turn.RELEASE_PROPOSED, at, by, reason.strip())


def release(it: Breaker, by: str, at: datetime, policy: Policy) -> BreakerTurn:
    """The second person agrees: destruction goes on, and for some hours nothing stops it."""
    if it.proposed is None:
        raise Refused("nothing_to_confirm")
    if it.proposed.by == by:
        raise Refused("second_person_needed", "forbidden")
    until = at + timedelta(hours=policy.breaker_calm_hours)
    return BreakerTurn(Turn.RELEASED, at, by, it.proposed.reason, until=until)
