"""The warehouse's figures of section 8.2 of the requirements, each with its one definition. Pure: instants come in, shares come out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from backhaul.kit.money import half_up
from backhaul.partner.rules.holidays import end_of_working_day
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import COUNTRY_OF, GateStatus, Status

PERIODS_DAYS = (7, 30, 90)
PERIOD_DAYS_SHOWN = 30
PROMISES = ("gate", "inspection", "media", "shipping")
HERE = (Status.ARRIVED, Status.DISPOSAL_DUE, Status.IN_WORK)


class Walk(msgspec.Struct, frozen=True):
    """When things happened to a unit. `address_at`: since when its new address is known, `address_usable_at` where it was confirmed."""

    arrived_at: datetime
    gate: str
    status: str
    decision: str
    gate_checked_at: datetime | None = None
    queued_at: datetime | None = None
    marked_at: datetime | None = None
    media_ordered_at: datetime | None = None
    media_delivered_at: datetime | None = None
    decided_at: datetime | None = None
    dispatched_at: datetime | None = None
    address_at: datetime | None = None
    address_usable_at: datetime | None = None


class Promise(msgspec.Struct, frozen=True):
    """What was promised of so many units and is past its bound or done, and how many times it was kept."""

    promise: str
    due: int
    kept: int

    @property
    def kept_tenths(self) -> int | None:
        """Kept ÷ due in tenths of a percent, half up; None of nothing."""
        return None if self.due == 0 else half_up(1000 * self.kept, self.due)


def promises(walks: Iterable[Walk], now: datetime, policy: Policy) -> tuple[Promise, ...]:
    """Partner promise kept (8.2): gate check in 24 hours, mark in 2 working days, media in 2, shipping in 3."""
    counts = {promise: [0, 0] for promise in PROMISES}
    for it in walks:
        for promise, bound, done in _promised(it, policy):
            if done is None and (now < bound or it.status not in HERE):
                continue  # still time, or the unit left before it was needed
            counts[promise][0] += 1
            counts[promise][1] += done is not None and done < bound
    return tuple(Promise(promise, *counts[promise]) for promise in PROMISES)


def _promised(it: Walk, policy: Policy) -> Iterable[tuple[str, datetime, datetime | None]]:
    """Each promise with its bound, allowed while before it, and when it was done."""
    at_the_scan = it.arrived_at if it.gate != GateStatus.DUE else None
    # The last moment of the 24th hour counts.
    gate = it.arrived_at + timedelta(hours=policy.gate_check_hours, microseconds=1)
    yield "gate", gate, it.gate_checked_at or at_the_scan
    if it.queued_at is not None:
        yield "inspection", end_of_working_day(it.queued_at, policy.inspect_working_days), it.marked_at
    if it.media_ordered_at is not None:
        yield "media", end_of_working_day(it.media_ordered_at, policy.media_working_days), it.media_delivered_at
    if it.decided_at is not None and it.decision in COUNTRY_OF:
        yield (
            "shipping",
            end_of_working_day(_since(it, it.decided_at, policy), policy.ship_working_days),
            it.dispatched_at,
        )


def _since(it: Walk, decided_at: datetime, policy: Policy) -> datetime:
    """As `freight.ship_by`: the decision, or from when its new address may be used."""
    if it.address_at is None:
        return decided_at
    usable = it.address_at + timedelta(hours=policy.destination_wait_hours)
    return max(decided_at, usable, it.address_usable_at or usable)
