"""Every deadline of a return with why it is what it is: what starts it, whose it is, which number of the policy rules it. Pure.

`running` says which clocks run in a state, `clocks` folds a return's events and so knows when each began and how it ended.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from backhaul.kit.days import end_of_day
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import DEADLINES, dwell_bound, of_claim
from backhaul.marketplace.rules.lifecycle import RETURN, TABLES
from backhaul.marketplace.rules.payments import ceiling
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return, born, evolve
from backhaul.marketplace.rules.words import CompensationStatus, RefundStatus, Role, Status, WeightStatus


class CountedBy(StrEnum):
    """How a bound is reckoned; all but `elapsed` in Moscow's calendar."""

    END_OF_DAY = "end_of_day"  # P3: the day of the event is day 0
    LONGER_OF = "longer_of"  # D8: the end of day N, never less than N x 24 hours
    AT_HOUR = "at_hour"
    ELAPSED = "elapsed"


class Clock(msgspec.Struct, frozen=True):
    """A deadline. `whose` is who has to act, `does` what the calendar does when it passes, `numbers` are fields of the policy."""

    code: str
    due_at: datetime
    whose: str
    numbers: tuple[str, ...]
    counted_by: CountedBy = CountedBy.END_OF_DAY
    does: type[do.Command] | None = None


class Run(msgspec.Struct, frozen=True):
    """A clock with its time: when it began and, when it is over, at which event of whom."""

    clock: Clock
    started_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    by_calendar: bool = False

    def state(self, now: datetime) -> str:
        """`running`, `met` (somebody was in time) or `passed`."""
        if self.ended_at is not None:
            return "passed" if self.by_calendar else "met"
        return "running" if now < self.clock.due_at else "passed"


# The bound that `act_by` is while a return stands here: its code, whose it is, the number that rules it.
OF_STATUS: dict[Status, tuple[str, str, str]] = {
    Status.NEW: ("draft", Role.CUSTOMER, "draft_days"),
    Status.PRE_MODERATION: ("moderation_answer", Role.MODERATOR, "answer_days"),
    Status.AWAITING_CUSTOMER: ("customer_photos", Role.CUSTOMER, "customer_reply_days"),
    Status.SELLER_REVIEW: ("seller_answer", Role.SELLER, "answer_days"),
    Status.OFFER_SENT: ("offer_answer", Role.CUSTOMER, "offer_answer_days"),
    Status.SELLER_REVIEW_AFTER_OFFER: ("seller_answer_after_offer", Role.SELLER, "after_offer_days"),
    Status.REJECTED: ("dispute_opening", Role.CUSTOMER, "dispute_open_days"),
    Status.DISPUTE: ("dispute_decision", Role.MODERATOR, "dispute_decide_days"),
    Status.APPROVED: ("drop_off", Role.CUSTOMER, "dropoff_days"),
    Status.AWAITING_DROPOFF: ("drop_off", Role.CUSTOMER, "dropoff_days"),
    Status.FOUND_AFTER_CLAIM: ("found_choice", Role.SELLER, "found_choice_days"),
}
OF_ACTS: dict[type, str] = {
    do.FileClaim: "claim_filing", do.ObjectToWeight: "weight_objection", do.HoldRefund: "refund_ceiling",
}  # fmt: skip
CARRIER = "carrier"
MONEY = frozenset({"refund_run", "refund_ceiling", "compensation_credit", "compensation_due"})
# Bounds that no event carries: they are reckoned by the policy in force now, and may have been others when they passed.
BY_POLICY_NOW = frozenset({"point_dwell", "transit_late", "transit_lost"})
FOR_CUSTOMERS = frozenset(
    {code for code, *_ in OF_STATUS.values()} - {"found_choice"} | {"refund_run", "refund_ceiling"}
)
FOR_CLERKS = frozenset({"drop_off", "point_dwell", "transit_late", "transit_lost"})


def running(it: Return, policy: Policy) -> list[Clock]:
    """What runs while the return stands as it does, in no order."""
    return [*_of_status(it), *_of_goods(it, policy), *_of_money(it, policy)]


def _of_status(it: Return) -> list[Clock]:
    if it.act_by is None or it.status not in OF_STATUS:
        return []
    code, whose, number = OF_STATUS[it.status]
    command = DEADLINES.get(it.status)
    return [Clock(code, it.act_by, whose, (number,), does=None if command is None else type(command))]


def _of_goods(it: Return, policy: Policy) -> list[Clock]:
    found = []
    if it.status is Status.ACCEPTED_AT_PVZ and it.accepted_at is not None and not it.dwells:
        due = dwell_bound(it.accepted_at, policy)
        found.append(Clock("point_dwell", due, Role.CLERK, ("dwell_alarm_days",), does=do.AlarmDwell))
    if it.status is Status.ON_THE_WAY and it.accepted_at is not None:
        lost = end_of_day(it.accepted_at, policy.transit_lost_days)
        if not it.late:
            late = end_of_day(it.accepted_at, policy.transit_late_days)
            found.append(Clock("transit_late", late, CARRIER, ("transit_late_days",), does=do.MarkLate))
        found.append(Clock("transit_lost", lost, CARRIER, ("transit_lost_days",), does=do.DeclareLost))
    parcel = it.parcel
    waits = parcel is not None and (parcel.status, parcel.decision) == ("arrived", "none")
    if it.status is Status.AT_PARTNER and parcel is not None and waits and parcel.decide_by is not None:
        number = ("partner_decision_days_min",)
        found.append(Clock("partner_decision", parcel.decide_by, Role.SELLER, number, CountedBy.LONGER_OF))
    return found


def _of_money(it: Return, policy: Policy) -> list[Clock]:
    found, refund, paid = [], it.refund, it.compensation
    if refund.status is RefundStatus.HELD and refund.send_at is not None:
        found.append(
            Clock("refund_run", refund.send_at, Role.CALENDAR, ("payout_hour",), CountedBy.AT_HOUR, do.SendRefund)
        )
    if refund.status in (RefundStatus.HELD, RefundStatus.FAILED):
        numbers = ("refund_ceiling_days", "refund_after_acceptance_hours_max")
        found.append(Clock("refund_ceiling", ceiling(it, policy), Role.SUPPORT, numbers, CountedBy.ELAPSED))
    if paid.status is CompensationStatus.ACCRUED and paid.credit_at is not None:
        numbers = ("compensation_credit_day", "compensation_credit_hour")
        credit = do.CreditCompensation
        found.append(Clock("compensation_credit", paid.credit_at, Role.CALENDAR, numbers, CountedBy.AT_HOUR, credit))
    if paid.status is CompensationStatus.ACCRUED and paid.due_by is not None:
        found.append(Clock("compensation_due", paid.due_by, Role.SUPPORT, ("compensation_due_days",)))
    if it.weighing.status is WeightStatus.OPEN and it.weighing.object_by is not None:
        number, due = ("weight_objection_days",), it.weighing.object_by
        found.append(Clock("weight_objection", due, Role.SELLER, number, does=do.ApplyWeight))
    for due, command in of_claim(it):
        lapses = isinstance(command, do.LapseClaim)
        code, whose = ("claim_filing", Role.SELLER.value) if lapses else ("claim_answer", CARRIER)
        found.append(
            Clock(code, due, whose, ("claim_file_days" if lapses else "claim_answer_days",), does=type(command))
        )
    return found


def clocks(return_id: int, history: Iterable[tuple[e.Any, datetime, str]], policy: Policy) -> list[Run]:
    """Every clock of a return in the order in which they began, folded from (event, when, role).

    A clock whose bound is moved goes on with the later bound; one that stops and begins again is another one.
    """
    it: Return | None = None
    open_now: dict[str, Run] = {}
    over: list[Run] = []
    for event, at, role in history:
        it = _after(it, return_id, event)
        if it is None:
            continue
        now = {clock.code: clock for clock in running(it, policy)}
        for code in [code for code in open_now if code not in now]:
            ended = open_now.pop(code)
            passed = at >= ended.clock.due_at or code in BY_POLICY_NOW
            by_calendar = role == Role.CALENDAR and ended.clock.does is not None and passed
            by_calendar |= ended.clock.does is None and _was_missed(it, ended.clock, at)
            over.append(Run(ended.clock, ended.started_at, at, type(event).__name__, by_calendar))
        for code, clock in now.items():
            began = open_now[code].started_at if code in open_now else at
            open_now[code] = Run(clock, began)
    return sorted([*over, *open_now.values()], key=lambda run: (run.started_at, run.clock.due_at, run.clock.code))


def _was_missed(it: Return, clock: Clock, at: datetime) -> bool:
    """Of clocks at which nothing happens here. At the partner it is its word that counts: a decision may be told late."""
    if clock.code != "partner_decision":
        return at >= clock.due_at
    return it.parcel is not None and (it.parcel.status, it.parcel.decision) == ("disposal_due", "none")


def _after(it: Return | None, return_id: int, event: Any) -> Return | None:
    if isinstance(event, e.Requested):
        return born(return_id, event)
    return evolve(it, event) if it is not None else None


def seen_by(role: Role) -> frozenset[str] | None:
    """The codes of the clocks that a role is told of; None: of all."""
    return {Role.CUSTOMER: FOR_CUSTOMERS, Role.CLERK: FOR_CLERKS}.get(role)


def clock_of(it: Return, act: type, policy: Policy) -> Clock | None:
    """The clock that bounds an act, if one does."""
    wanted = OF_ACTS.get(act)
    if wanted is None and TABLES.get(act) is RETURN:
        return next(iter(_of_status(it)), None)
    return next((clock for clock in _of_money(it, policy) if clock.code == wanted), None)


def waits_for(it: Return, policy: Policy) -> str:
    """Who has to act next: a role, `carrier`, or nobody any more."""
    found = sorted(running(it, policy), key=lambda clock: (clock.code in MONEY, clock.due_at))
    if it.status is Status.DISPOSING_BY_MARKETPLACE or it.status is Status.ACCEPTED_AT_PVZ:
        return Role.CLERK
    if it.status is Status.AT_PARTNER and not any(clock.code == "partner_decision" for clock in found):
        done = it.parcel is not None and it.parcel.status in {"delivered", "disposed", "collected"}
        return "" if done else Role.PARTNER
    return found[0].whose if found else ""
