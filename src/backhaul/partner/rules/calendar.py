"""What the calendar will do, and when: deadlines as (instant, command). Announce first, act later, any act cancels."""

from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter

from backhaul.kit.days import at_hour, end_of_day, last_moment, to_us
from backhaul.kit.days import days_left as bound_days_left
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Decision, DisposalStatus, GateStatus, MediaStatus, Status

HOUR_US = 3_600_000_000
# While a parcel stands here without a decision and `decide_by` passes, the calendar gives this command.
DEADLINES: dict[Status, do.Any] = {Status.ARRIVED: do.MissDeadline()}


def decision_bound(arrived_at: datetime, policy: Policy) -> datetime:
    """The first instant at which it is too late: the end of day 14, and never less than 14 x 24 hours (P3, D8)."""
    return max(end_of_day(arrived_at, policy.decision_days), arrived_at + timedelta(days=policy.decision_days))


def timers(it: Parcel, policy: Policy) -> list[tuple[datetime, do.Any]]:
    """Everything that time alone will do to this parcel, soonest first."""
    due: list[tuple[datetime, do.Any]] = []
    if it.status in DEADLINES and it.decision is Decision.NONE and it.decide_by is not None:
        waits = holds_for_media(it, policy)
        due.append((it.decide_by, do.ExtendDeadline() if waits else DEADLINES[it.status]))
        for stage, at in reminders(it.decide_by, policy):
            if stage not in it.reminded and it.clock_from is not None and it.clock_from < at < it.decide_by:
                due.append((at, do.Remind(stage)))
    if (collect_by := kept_until(it)) is not None:
        due.append((collect_by, do.MissDeadline() if it.notice_rounds else do.KeepExpired()))
    if it.disposal.status is DisposalStatus.HELD and it.disposal.hold_until is not None:
        due.append((it.disposal.hold_until, do.InstructDisposal()))
    if it.gate.status is GateStatus.DUE and it.gate.due is not None and not it.gate.alarmed:
        due.append((gate_alarm(it.gate.due), do.AlarmGate()))
    return sorted(due, key=itemgetter(0)) if len(due) > 1 else due


def kept_until(it: Parcel) -> datetime | None:
    """When the time of the collector ends whom this unit is kept for; None: it is kept for nobody."""
    return it.collect_by if it.status is Status.ARRIVED and it.decision is Decision.PICKUP else None


def gate_alarm(due: datetime) -> datetime:
    """When a gate check that is late is told: on the full hour, so that what is late since then comes in one message."""
    return due + timedelta(microseconds=-to_us(due) % HOUR_US)


def comes_to_destruction(it: Parcel, at: datetime, policy: Policy) -> bool:
    """Whether the calendar, looking at `at`, may release this unit for destruction: it is held, or its time is over."""
    if it.disposal.status is DisposalStatus.HELD:
        return True
    return any(due <= at and isinstance(command, do.MissDeadline) for due, command in timers(it, policy))


def next_due(it: Parcel, policy: Policy) -> datetime | None:
    """When the calendar must look at this parcel again; None: never."""
    due = timers(it, policy)
    return due[0][0] if due else None


def reminders(decide_by: datetime, policy: Policy) -> tuple[tuple[str, datetime], ...]:
    """When a bound is announced: some days before its last day, and some hours before the bound itself."""
    return _reminders(decide_by, policy.reminder_days, policy.reminder_hour, policy.last_reminder_hours)


@lru_cache(1024)  # units that arrive on one day have the same bound, and a sweep asks for each of them five times
def _reminders(
    decide_by: datetime, days: tuple[int, ...], hour: int, last_hours: int
) -> tuple[tuple[str, datetime], ...]:
    last_day = last_moment(decide_by)
    told = [(f"{n}d", at_hour(last_day, -n, hour)) for n in days]
    return (*told, (f"{last_hours}h", decide_by - timedelta(hours=last_hours)))


def holds_for_media(it: Parcel, policy: Policy) -> bool:
    """Whether photos ordered in time keep the unit from disposal: while outstanding, five days at most."""
    outstanding = it.media.status is MediaStatus.ORDERED and it.media.in_time
    return outstanding and it.days_moved < policy.media_delay_days_max


def closes_at(it: Parcel, policy: Policy) -> datetime | None:
    """From when a decision is too late: late photos lengthen the time before the sweep writes it down."""
    if it.decide_by is None or not holds_for_media(it, policy):
        return it.decide_by
    return it.decide_by + timedelta(days=policy.media_delay_days_max - it.days_moved)


def days_left(it: Parcel, at: datetime) -> int | None:
    """Days in Moscow until the last one to decide: 14 on the day of the arrival, 0 on the last. None: no clock."""
    if it.decide_by is None or it.status is not Status.ARRIVED or it.decision is not Decision.NONE:
        return None
    return bound_days_left(it.decide_by, at)
