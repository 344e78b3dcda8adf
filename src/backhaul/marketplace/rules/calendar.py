"""What the calendar will do, and when: every deadline of a return as (instant, command). Announce first, act later, any act cancels."""

from datetime import datetime, timedelta

from backhaul.kit.days import at_hour, end_of_day, last_moment
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimStatus, CompensationStatus, RefundStatus, Status, WeightStatus

# While a return stands here and `act_by` passes, the calendar gives this command.
DEADLINES: dict[Status, do.Command] = {
    Status.NEW: do.Cancel(),
    Status.PRE_MODERATION: do.Approve(),
    Status.AWAITING_CUSTOMER: do.Expire(),
    Status.SELLER_REVIEW: do.Approve(),
    Status.OFFER_SENT: do.DeclineOffer(),
    Status.SELLER_REVIEW_AFTER_OFFER: do.SettleUndecided(),
    Status.APPROVED: do.Expire(),
    Status.AWAITING_DROPOFF: do.Expire(),
    Status.FOUND_AFTER_CLAIM: do.KeepMoney(),
}

REMINDED = frozenset({
    Status.PRE_MODERATION, Status.SELLER_REVIEW, Status.SELLER_REVIEW_AFTER_OFFER, Status.APPROVED,
    Status.AWAITING_DROPOFF,
})  # fmt: skip


def timers(it: Return, policy: Policy) -> list[tuple[datetime, do.Command]]:
    """Everything that time alone will do to this return, soonest first."""
    due: list[tuple[datetime, do.Command]] = []
    if it.act_by is not None and it.status in DEADLINES:
        due.append((it.act_by, DEADLINES[it.status]))
        if it.status in REMINDED:
            for days in policy.answer_reminders_days:
                stage, at = f"{days}d", it.act_by - timedelta(days=days)
                if stage not in it.reminded and at > (it.submitted_at or it.requested_at):
                    due.append((at, do.Remind(stage)))
    if it.status is Status.ACCEPTED_AT_PVZ and it.accepted_at is not None and not it.dwells:
        due.append((dwell_bound(it.accepted_at, policy), do.AlarmDwell()))
    if it.status is Status.AT_PARTNER:
        due += undecided_at_partner(it, policy)
    if it.status is Status.ON_THE_WAY and it.accepted_at is not None:
        if not it.late:
            due.append((at_hour(it.accepted_at, policy.transit_late_days + 1, 0), do.MarkLate()))
        due.append((at_hour(it.accepted_at, policy.transit_lost_days + 1, 0), do.DeclareLost()))
    if it.refund.status is RefundStatus.HELD and it.refund.send_at is not None:
        due.append((it.refund.send_at, do.SendRefund()))
    if it.compensation.status is CompensationStatus.ACCRUED and it.compensation.credit_at is not None:
        due.append((it.compensation.credit_at, do.CreditCompensation()))
    due += of_claim(it)
    if it.weighing.status is WeightStatus.OPEN and it.weighing.object_by is not None:
        due.append((it.weighing.object_by, do.ApplyWeight()))
    return sorted(due, key=lambda timer: timer[0])


def of_claim(it: Return) -> list[tuple[datetime, do.Command]]:
    """A draft that nobody files lapses; a carrier that does not answer is an alarm, once (P18)."""
    claim = it.claim
    if claim.status is ClaimStatus.DRAFT and claim.file_by is not None:
        return [(claim.file_by, do.LapseClaim())]
    waits = claim.status in (ClaimStatus.FILED, ClaimStatus.IN_REVIEW) and claim.answer is None and not claim.late
    return [(claim.answer_by, do.AlarmClaim())] if waits and claim.answer_by is not None else []


def undecided_at_partner(it: Return, policy: Policy) -> list[tuple[datetime, do.Command]]:
    """Reminders of the partner's bound while no decision is known. Whether the seller is told by us is seen when they are due."""
    parcel = it.parcel
    if parcel is None or parcel.decide_by is None or parcel.arrived_at is None:
        return []
    if (parcel.status, parcel.decision) != ("arrived", "none"):
        return []
    last_day = last_moment(parcel.decide_by)
    reminders = [(f"{n}d", at_hour(last_day, -n, policy.partner_reminder_hour)) for n in policy.partner_reminder_days]
    return [(at, do.Remind(stage)) for stage, at in reminders if stage not in it.reminded and at > parcel.arrived_at]


def next_due(it: Return, policy: Policy) -> datetime | None:
    """When the calendar must look at this return again; None: never."""
    due = timers(it, policy)
    return due[0][0] if due else None


def dwell_bound(accepted_at: datetime, policy: Policy) -> datetime:
    """From when on a product that nobody dispatched is an alarm: the end of day 3 after its acceptance (R56, P3)."""
    return end_of_day(accepted_at, policy.dwell_alarm_days)


def dwells_before(now: datetime, policy: Policy) -> datetime:
    """Goods accepted before this instant have reached their `dwell_bound` by now."""
    return at_hour(now, -policy.dwell_alarm_days, 0)


def decision_floor(arrived_at: datetime, policy: Policy) -> datetime:
    """The soonest bound that a partner may set for the seller's decision: the end of day 14, never under 14 x 24 hours (D8)."""
    days = policy.partner_decision_days_min
    return max(end_of_day(arrived_at, days), arrived_at + timedelta(days=days))


def payout_run(at: datetime, policy: Policy) -> datetime:
    """The next daily payout run strictly after `at`: never more than 24 hours away (P8)."""
    today = at_hour(at, 0, policy.payout_hour)
    return today if today > at else at_hour(at, 1, policy.payout_hour)
