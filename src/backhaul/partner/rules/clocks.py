"""Every deadline of a parcel that runs: since when, until when, what then, and which numbers of the policy made it. Pure.

What the calendar does comes from `calendar.timers`, so that none of it can be missing here; the rest are promises to people.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from backhaul.kit.days import end_of_day
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.calendar import closes_at, timers
from backhaul.partner.rules.freight import ship_by
from backhaul.partner.rules.holidays import working_day_from
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import COUNTRY_OF, ClaimStatus, Decision, InspectionStatus, MediaStatus, Role, Status


class Clock(msgspec.Struct, frozen=True):
    """A deadline. `due` is the first instant that is too late; `then`: what happens, as a code; `rules`: fields of the policy.

    `started`: since when it runs; None where that is not kept.
    """

    name: str
    then: str
    due: datetime
    started: datetime | None
    rules: tuple[str, ...]


# Which running clocks are the deadline of an act, the first that is there.
CLOCKS_OF: dict[type, tuple[str, ...]] = {
    do.OrderMedia: ("decision",),
    do.Decide: ("decision", "collection", "undo"),
    do.CheckGate: ("gate_check",),
    do.Mark: ("inspection",),
    do.DeliverMedia: ("media",),
    do.PrintLabel: ("shipment",),
    do.HandOver: ("collection",),
    do.TakeUpClaim: ("claim_review",),
    do.ApproveClaim: ("claim_review",),
    do.RefuseClaim: ("claim_review",),
}
# What only the warehouse is told.
OF_THE_WAREHOUSE = frozenset({"gate_check"})
# What is of no interest once it is over. A promise that was not kept is.
OVER_WHEN_PASSED = frozenset({"media_order", "address", "pictures"})


def clocks(it: Parcel, place: e.Destination | None, at: datetime, policy: Policy) -> list[Clock]:
    """What runs now, soonest first. `place`: the parcel's address as it stands in the book now."""
    found = [_by_calendar(it, due, command, policy) for due, command in timers(it, policy)]
    found += [one for one in _promises(it, place, policy) if at < one.due or one.name not in OVER_WHEN_PASSED]
    return sorted(found, key=lambda one: one.due)


def for_eyes_of(role: Role, found: list[Clock]) -> list[Clock]:
    """Those that this role is told of."""
    return [one for one in found if role is not Role.SELLER or one.name not in OF_THE_WAREHOUSE]


def deadline(it: Parcel, act: type, found: list[Clock], policy: Policy) -> datetime | None:
    """Until when an act is in time. Late photos lengthen the time to decide before the calendar writes it down."""
    for name in CLOCKS_OF.get(act, ()):
        for one in found:
            if one.name == name:
                return closes_at(it, policy) if name == "decision" else one.due
    return None


def _by_calendar(it: Parcel, due: datetime, command: do.Any, policy: Policy) -> Clock:
    then = type(command).__name__
    if isinstance(command, do.MissDeadline) and it.decision is Decision.PICKUP:
        return Clock("collection", then, due, it.decided_at, ("notice_days",))
    if isinstance(command, do.MissDeadline | do.ExtendDeadline):
        return Clock("decision", then, due, it.clock_from, _window_rules(it, due, policy))
    if isinstance(command, do.KeepExpired):
        return Clock("collection", then, due, it.decided_at, ("keep_days",))
    if isinstance(command, do.InstructDisposal):
        return Clock("undo", then, due, it.decided_at, _hold_rules(it, due, policy))
    if isinstance(command, do.AlarmGate):
        return Clock("gate_check", then, it.gate.due or due, it.arrived_at, ("gate_check_hours",))
    if isinstance(command, do.Remind):
        rules = ("reminder_days", "reminder_hour") if command.stage.endswith("d") else ("last_reminder_hours",)
        return Clock("reminder", then, due, it.clock_from, rules)
    raise LookupError(then)


def _window_rules(it: Parcel, due: datetime, policy: Policy) -> tuple[str, ...]:
    """Which numbers made the bound in force: the first window, the days after a supervisor's word, or a round of notice."""
    first = "reopen_days" if it.reopened_because else "notice_days" if it.notice_rounds else "decision_days"
    late = it.days_moved > 0 or closes_at(it, policy) != due
    return (first, "media_delay_days_max") if late else (first,)


def _hold_rules(it: Parcel, due: datetime, policy: Policy) -> tuple[str, ...]:
    """A missed deadline waits for the next working day, whatever the policy says. What was put off waits for others."""
    put_off = ("lost_link_wait_days", "breaker_look_again_hours")
    if it.decided_at is None:
        return () if it.decide_by is not None and due == working_day_from(it.decide_by) else put_off
    hours = {"undo_hours_person": policy.undo_hours_person, "undo_hours_key": policy.undo_hours_key}
    for name, many in hours.items():
        if due == it.decided_at + timedelta(hours=many):
            return (name,)
    if due > it.decided_at + timedelta(hours=max(hours.values())):
        return put_off
    return ("undo_hours_key" if it.decided_by == "api_key" else "undo_hours_person",)


def _promises(it: Parcel, place: e.Destination | None, policy: Policy) -> Iterator[Clock]:
    """What people have promised each other: nothing happens by itself when it is over, it is late."""
    here, undecided = it.status is Status.ARRIVED, it.decision is Decision.NONE
    if here and undecided and it.media.status is MediaStatus.NONE and it.arrived_at is not None:
        in_time = end_of_day(it.arrived_at, policy.media_order_by_day)
        yield Clock("media_order", "no_longer_in_time", in_time, it.arrived_at, ("media_order_by_day",))
    if it.media.status is MediaStatus.ORDERED and it.media.due is not None:
        then = "deadline_moves" if it.media.in_time else "late"
        yield Clock("media", then, it.media.due, it.media.ordered_at, ("media_working_days",))
    if it.inspection.status in (InspectionStatus.QUEUED, InspectionStatus.AWAITING_SECOND) and it.inspection.due:
        yield Clock("inspection", "late", it.inspection.due, None, ("inspect_working_days",))
    if it.claim.status in (ClaimStatus.FILED, ClaimStatus.IN_REVIEW) and it.claim.review_by is not None:
        yield Clock("claim_review", "late", it.claim.review_by, it.claim.filed_at, ("claim_review_working_days",))
    leaves = ship_by(it, place, policy) if here else None
    if leaves is not None:
        yield Clock("shipment", "late", leaves, it.decided_at, ("ship_working_days",))
    if here and it.decision in COUNTRY_OF and place is not None:
        usable = place.created_at + timedelta(hours=policy.destination_wait_hours)
        yield Clock("address", "usable", usable, place.created_at, ("destination_wait_hours",))
    if it.finished_at is not None:
        gone = it.finished_at + timedelta(days=policy.media_keep_days)
        yield Clock("pictures", "deleted", gone, it.finished_at, ("media_keep_days",))
