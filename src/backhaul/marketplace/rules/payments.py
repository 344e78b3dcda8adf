"""The law of the money around a return: refund, compensation, claim."""

from datetime import datetime, timedelta

from backhaul.kit.days import at_hour, end_of_day
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules import exchange, weights
from backhaul.marketplace.rules.calendar import payout_run
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.custody import payer_by_custody
from backhaul.marketplace.rules.exchange import Conversion, Payout
from backhaul.marketplace.rules.lifecycle import OPEN_CLAIM, REVIEWABLE
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.returns import Return, group_of, is_fit
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    CompensationStatus,
    Mark,
    Payer,
    ReasonGroup,
    RefundStatus,
    Route,
    Status,
    WeightStatus,
)

IN_ROUBLES = Payout()


def decide(it: Return, command: do.Command, at: datetime, terms: Terms, payout: Payout = IN_ROUBLES) -> list[e.Any]:
    """The events that follow from a command about money; the tables have already allowed it."""
    match command:
        case do.SendRefund():
            return _send(it, at, terms)
        case do.HoldRefund(comment):
            return [_hold(it, terms.policy, comment)]
        case do.ConfirmRefund():
            return [e.RefundConfirmed()]
        case do.FailRefund(comment):
            return _fail(it, comment)
        case do.QuestionRefund():
            return [e.RefundQuestioned()]
        case do.CreditCompensation():
            unsettled = it.weighing.status in weights.UNSETTLED
            by_quote = weights.settled(it, WeightStatus.CATALOGUE) if unsettled else []
            return [*by_quote, _credit(it, at, terms.policy, payout)]
        case do.ReverseCompensation(comment):
            credited = it.compensation.status is CompensationStatus.CREDITED
            return [e.CompensationReversed(_quote(it).amount, final=True, was_credited=credited, comment=comment)]
        case do.FileClaim():
            return move_claim(it, ClaimStatus.FILED)
        case do.RecordClaimReview():
            return _reviewed(it, command)
        case do.TakeUpClaim():
            return move_claim(it, ClaimStatus.IN_REVIEW)
        case do.ApproveClaim():
            return move_claim(it, ClaimStatus.APPROVED, payer=payer_by_custody(it))
        case do.RefuseClaim(comment):
            return move_claim(it, ClaimStatus.REFUSED, comment)
        case do.ReverseClaim(comment):
            return move_claim(it, ClaimStatus.REVERSED, comment)
        case do.PayClaim():
            if it.compensation.status in (CompensationStatus.ACCRUED, CompensationStatus.CREDITED):
                raise Refused("already_compensated")
            return move_claim(it, ClaimStatus.PAID, payout=_paid_now(it, at, terms.policy, payout))
        case _:
            raise Refused("unknown_act", "invalid", act=type(command).__name__)


def move_claim(it: Return, to: ClaimStatus, comment: str = "", payer: str = "",
               payout: Conversion | None = None) -> list[e.Any]:  # fmt: skip
    """The claim's next state, if there is a claim."""
    if it.claim.kind is None or it.claim.amount is None or it.claim.status is ClaimStatus.NONE:
        return []
    return [e.ClaimMoved(to, it.claim.kind, it.claim.amount, comment, payer, payout)]


def _reviewed(it: Return, command: do.RecordClaimReview) -> list[e.Any]:
    """What the partner says of a substitution claim (R75); too late, when the claim is not under review any more."""
    verdicts = {status.value: status for status in (ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED, ClaimStatus.REFUSED)}
    if command.verdict not in verdicts:
        raise Refused("field_invalid", "invalid", "verdict", reason=command.verdict)
    to = verdicts[command.verdict]
    if it.claim.status not in REVIEWABLE or to is it.claim.status:
        return []
    if to is not ClaimStatus.APPROVED:
        return move_claim(it, to, command.comment)
    if command.payer not in list(Payer):
        raise Refused("field_invalid", "invalid", "payer", reason=command.payer)
    return move_claim(it, to, command.comment, command.payer)


def draft_claim(it: Return, kind: ClaimKind, at: datetime, policy: Policy) -> list[e.Any]:
    """A claim for the full price, unless the unit is already compensated or claimed (R112)."""
    if it.claim.status is not ClaimStatus.NONE or it.compensation.status is not CompensationStatus.NONE:
        return []
    return [e.ClaimDrafted(kind, it.line.price, end_of_day(at, policy.claim_file_days))]


def after_mark(it: Return, report: do.RecordMark, at: datetime, policy: Policy) -> list[e.Any]:
    """What an inspection result does to the money (P18, P26). An older revision changes nothing; a newer one undoes the older."""
    if it.parcel is not None and report.revision <= it.parcel.mark_revision:
        return []
    marked = e.Marked(report.mark, report.revision, report.defect, report.photos)
    if report.mark is Mark.SUBSTITUTED:
        if it.refund.status in (RefundStatus.HELD, RefundStatus.FAILED):
            return [marked, e.RefundCancelled(), *_drop_claim(it, "refund_cancelled")]
        if it.refund.status not in (RefundStatus.SENT, RefundStatus.IN_DOUBT, RefundStatus.CONFIRMED):
            return [marked]
        drafted = draft_claim(it, ClaimKind.SUBSTITUTION, at, policy)
        filed = [e.ClaimMoved(ClaimStatus.FILED, ClaimKind.SUBSTITUTION, it.line.price)] if drafted else []
        return [marked, *drafted, *filed]
    if it.refund.status is RefundStatus.CANCELLED and it.refund.amount is not None:
        return [marked, e.RefundHeld(it.refund.amount, payout_run(at, policy), restored_by=report.revision)]
    if it.claim.kind is ClaimKind.SUBSTITUTION:
        return [marked, *_drop_claim(it, "not_substituted")]
    damaged = report.mark in (Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED)
    presumed = is_fit(it) or group_of(it) is ReasonGroup.DAMAGE
    sound_at_point = it.check is not None and it.check.packaging_intact
    broken_on_arrival = it.parcel is not None and not (it.parcel.packaging_intact and report.packaging_intact)
    if damaged and presumed and sound_at_point and broken_on_arrival:
        return [marked, *draft_claim(it, ClaimKind.CARRIER_DAMAGE, at, policy)]
    return [marked]


def _send(it: Return, at: datetime, terms: Terms) -> list[e.Any]:
    if it.refund.amount is None:
        raise Refused("nothing_to_refund")
    sent = e.RefundSent(it.refund.amount, at, it.refund.attempt + 1)
    quoted = it.check.quote if it.check is not None else None
    quoted = None if quoted is None else weights.counting(it, quoted)
    compensable = it.route is Route.A and quoted is not None and quoted.amount.minor > 0
    if not compensable or quoted is None or it.compensation.status is not CompensationStatus.NONE:
        return [sent]
    if it.claim.status not in (ClaimStatus.NONE, ClaimStatus.REFUSED) or it.status is Status.LOST:
        return [sent]
    locked = max(at, it.accepted_at or at)
    policy = terms.policy
    credit_at = at_hour(locked, policy.compensation_credit_day, policy.compensation_credit_hour)
    return [sent, e.CompensationAccrued(quoted, credit_at, end_of_day(locked, policy.compensation_due_days))]


def _hold(it: Return, policy: Policy, comment: str) -> e.RefundHeld:
    """Hold until the legal ceiling at most (D10)."""
    if it.refund.amount is None or not comment.strip():
        raise Refused("explanation_required", "invalid", "comment", characters_min=1)
    return e.RefundHeld(it.refund.amount, ceiling(it, policy), comment)


def ceiling(it: Return, policy: Policy) -> datetime:
    """Until when a refund may be held: max(request + 10 days, acceptance + 24 hours); without an acceptance, the first."""
    asked = (it.submitted_at or it.requested_at) + timedelta(days=policy.refund_ceiling_days)
    if it.accepted_at is None:
        return asked
    return max(asked, it.accepted_at + timedelta(hours=policy.refund_after_acceptance_hours_max))


def _drop_claim(it: Return, why: str) -> list[e.Any]:
    """The seller keeps the customer's money after all: an open claim is refused, a paid one taken back (P26)."""
    if it.claim.status in OPEN_CLAIM:
        return move_claim(it, ClaimStatus.REFUSED, why)
    return move_claim(it, ClaimStatus.REVERSED, why) if it.claim.status is ClaimStatus.PAID else []


def _fail(it: Return, comment: str) -> list[e.Any]:
    """The money came back. Of a substituted product it is not sent again: the seller keeps it, and has no claim (P26)."""
    if it.refund.amount is None:
        raise Refused("nothing_to_refund")
    failed: list[e.Any] = [e.RefundFailed(it.refund.amount, it.refund.attempt, comment)]
    if it.claim.kind is ClaimKind.SUBSTITUTION and it.claim.status in (*OPEN_CLAIM, ClaimStatus.PAID):
        return [*failed, e.RefundCancelled(), *_drop_claim(it, "refund_failed")]
    if it.compensation.status is CompensationStatus.ACCRUED:
        amount = _quote(it).amount
        failed.append(e.CompensationReversed(amount, final=False, was_credited=False, comment="refund_failed"))
    return failed


def _credit(it: Return, at: datetime, policy: Policy, to: Payout) -> e.CompensationCredited:
    """It accrued when the refund was sent; the rate of that day counts, however late it became known (P9)."""
    amount = _quote(it).amount
    converted = exchange.payout(amount, to, it.refund.sent_at or at, policy.exchange_rate_days_max)
    return e.CompensationCredited(amount, converted)


def _paid_now(it: Return, at: datetime, policy: Policy, to: Payout) -> Conversion | None:
    """A claim accrues when it is paid."""
    if it.claim.amount is None:
        return None
    return exchange.payout(it.claim.amount, to, at, policy.exchange_rate_days_max)


def _quote(it: Return) -> Quote:
    if it.compensation.quote is None:
        raise Refused("nothing_to_compensate")
    return it.compensation.quote
