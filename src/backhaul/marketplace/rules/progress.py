"""How far a return has come, as its customer sees it: requested, approved, handed in, refunded."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import RefundStatus, Status


class StepState(StrEnum):
    """Where a step stands. `stopped`: it never came to it, and no later one is told."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    STOPPED = "stopped"


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a return: `requested`, `approved`, `handed_in` or `refunded`; `at`: when it was done."""

    step: str
    state: StepState
    at: datetime | None = None


NOT_ANSWERED = frozenset({
    Status.PRE_MODERATION, Status.AWAITING_CUSTOMER, Status.SELLER_REVIEW, Status.OFFER_SENT,
    Status.SELLER_REVIEW_AFTER_OFFER, Status.DISPUTE,
})  # fmt: skip
KEPT_BY_CUSTOMER = frozenset({Status.REFUNDED_WITHOUT_RETURN, Status.PARTIALLY_REFUNDED})
TO_HAND_IN = frozenset({Status.APPROVED, Status.AWAITING_DROPOFF})
NOT_HANDED_IN = frozenset({Status.DROPOFF_EXPIRED, Status.REFUSED_AT_PVZ})
NOT_APPROVED = frozenset({Status.REJECTED, Status.CLOSED_NO_REPLY})
SENT = frozenset({RefundStatus.SENT, RefundStatus.CONFIRMED})


def progress(it: Return, approved_at: datetime | None = None) -> tuple[Step, ...]:
    """The steps in their order. A product that the customer keeps is not handed in. `approved_at`: where it is known."""
    names = ("requested", "approved", "refunded") if it.status in KEPT_BY_CUSTOMER else (
        "requested", "approved", "handed_in", "refunded"
    )  # fmt: skip
    instants = {
        "requested": it.submitted_at, "approved": approved_at, "handed_in": it.accepted_at, "refunded": it.refund.sent_at
    }  # fmt: skip
    here, state = _here(it)
    place = names.index(here)
    done = tuple(Step(name, StepState.DONE, instants[name]) for name in names[:place])
    ahead = tuple(Step(name, StepState.AHEAD) for name in names[place + 1 :])
    now = Step(here, state, instants[here] if state is StepState.DONE else None)
    return (*done, now) if state is StepState.STOPPED else (*done, now, *ahead)


def _here(it: Return) -> tuple[str, StepState]:
    """The step that the return has come to, and how it stands."""
    if it.status is Status.NEW or (it.status is Status.CANCELLED and it.submitted_at is None):
        return "requested", StepState.NOW if it.status is Status.NEW else StepState.STOPPED
    if it.status in NOT_ANSWERED:
        return "approved", StepState.NOW
    if it.status in NOT_APPROVED or (it.status is Status.CANCELLED and it.approved_by is None):
        return "approved", StepState.STOPPED
    if it.status in TO_HAND_IN:
        return "handed_in", StepState.NOW
    if it.status in NOT_HANDED_IN or it.status is Status.CANCELLED:
        return "handed_in", StepState.STOPPED
    if it.refund.status in SENT:
        return "refunded", StepState.DONE
    return "refunded", StepState.STOPPED if it.refund.status is RefundStatus.CANCELLED else StepState.NOW
