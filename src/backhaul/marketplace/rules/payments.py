"""The law of the money around a return: refund, compensation, and what becomes of a claim (which there are: `claims`)."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from backhaul.kit.days import at_hour, end_of_day
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules import exchange, weights
from backhaul.marketplace.rules.claims import COMPENSATED, came_to_nothing, drop_claim, move_claim
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.custody import payer_by_custody
from backhaul.marketplace.rules.exchange import Conversion, Payout
from backhaul.marketplace.rules.lifecycle import NO_CLAIM_LEFT, OPEN_CLAIM, REVIEWABLE
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    CompensationStatus,
    Payer,
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
            return [_confirm(it)]
        case do.FailRefund(comment):
            return _fail(it, comment)
        case do.QuestionRefund():
            return [e.RefundQuestioned()]
        case do.RetryRefund():
            return [e.RefundRetried()]
        case do.CreditCompensation():
            unsettled = it.weighing.status in weights.UNSETTLED
            by_quote = weights.settled(it, WeightStatus.CATALOGUE) if unsettled else []
            return [*by_quote, _credit(it, at, terms.policy, payout)]
        case do.ReverseCompensation(comment):
            credited = it.compensation.status is CompensationStatus.CREDITED
            return [e.CompensationReversed(_quote(it).amount, final=True, was_credited=credited, comment=comment)]
        case do.FileClaim():
            return _filed(it, at, terms.policy)
        case do.LapseClaim():
            return [*move_claim(it, ClaimStatus.REFUSED, "not_filed"), *instead_of_claim(it, at, terms.policy)]
        case do.AlarmClaim():
            return [e.ClaimWentUnanswered(it.claim.answer_by or at)]
        case do.RecordCarrierAnswer():
            return _answered(it, command)
        case do.RecordClaimReview():
            return _reviewed(it, command)
        case do.TakeUpClaim():
            return move_claim(it, ClaimStatus.IN_REVIEW)
        case do.ApproveClaim():
            return move_claim(it, ClaimStatus.APPROVED, payer=payer_by_custody(it))
        case do.RefuseClaim(comment):
            return [*move_claim(it, ClaimStatus.REFUSED, comment), *instead_of_claim(it, at, terms.policy)]
        case do.ReverseClaim(comment):
            # Without the money the found product is the seller's: there is nothing left to choose.
            taken: list[e.Any] = [e.ProductTaken()] if it.status is Status.FOUND_AFTER_CLAIM else []
            return [*move_claim(it, ClaimStatus.REVERSED, comment), *taken, *instead_of_claim(it, at, terms.policy)]
        case do.PayClaim():
            if it.compensation.status in COMPENSATED:
                raise Refused("already_compensated")
            return move_claim(it, ClaimStatus.PAID, payout=_paid_now(it, at, terms.policy, payout))
        case _:
            raise Refused("unknown_act", "invalid", act=type(command).__name__)


def _filed(it: Return, at: datetime, policy: Policy) -> list[e.Any]:
    """A carrier has 30 days to answer (P18); nobody is asked for an answer to a substitution."""
    moved = move_claim(it, ClaimStatus.FILED)
    if it.claim.kind is ClaimKind.SUBSTITUTION:
        return moved
    return [replace(one, answer_by=end_of_day(at, policy.claim_answer_days)) for one in moved]


def _answered(it: Return, command: do.RecordCarrierAnswer) -> list[e.Any]:
    """A carrier that accepts grants the claim; one that objects says why, and support compares (J7)."""
    said = e.ClaimAnswered(command.accepts, command.comment.strip(), command.photos)
    if command.accepts:
        return [said, *move_claim(it, ClaimStatus.APPROVED)]
    if not said.comment:
        raise Refused("explanation_required", "invalid", "comment", characters_min=1)
    return [said, *(move_claim(it, ClaimStatus.IN_REVIEW) if it.claim.status is ClaimStatus.FILED else [])]


def after_finding(it: Return, at: datetime, policy: Policy) -> list[e.Any]:
    """A lost product that reaches the sorting point before its claim was paid is not lost: the table pays."""
    if it.status is not Status.LOST:
        return []
    open_claim = it.claim.kind is ClaimKind.LOST_IN_TRANSIT and it.claim.status in OPEN_CLAIM
    dropped = move_claim(it, ClaimStatus.REFUSED, "found") if open_claim else []
    pending = it.claim.status in OPEN_CLAIM and not open_claim
    return [*dropped, *([] if pending else _accrued(it, table_quote(it), at, policy))]


def instead_of_claim(it: Return, at: datetime, policy: Policy) -> list[e.Any]:
    """What a refused or reversed claim for damage does not bring, the table does; both together never (R112, D3).

    Of a product that is lost meanwhile the loss is claimed (`claims.after_loss`).
    """
    if it.claim.kind is not ClaimKind.CARRIER_DAMAGE or it.status is Status.LOST:
        return []
    refused = replace(it, claim=replace(it.claim, status=ClaimStatus.REFUSED))
    return _accrued(it, table_quote(refused), at, policy)


def after_weighing(it: Return, at: datetime, policy: Policy) -> list[e.Any]:
    """The measured weight counts, and by the catalogue's there was nothing to accrue when the refund left: now there may be."""
    measured = replace(it, weighing=replace(it.weighing, status=WeightStatus.MEASURED))
    if it.claim.status not in (ClaimStatus.NONE, *NO_CLAIM_LEFT) or it.status is Status.LOST:
        return []
    return _accrued(measured, table_quote(measured), max(it.refund.sent_at or at, it.accepted_at or at), policy)


def _accrued(it: Return, quoted: Quote | None, at: datetime, policy: Policy) -> list[e.Any]:
    """The compensation of a unit on route A whose refund is under way, due 7 days after what let it begin (P15)."""
    sent = it.refund.status in (RefundStatus.SENT, RefundStatus.IN_DOUBT, RefundStatus.CONFIRMED)
    if quoted is None or quoted.amount.minor == 0 or it.route is not Route.A or not sent:
        return []
    if it.compensation.status is not CompensationStatus.NONE:
        return []
    credit_at = at_hour(at, policy.compensation_credit_day, policy.compensation_credit_hour)
    return [e.CompensationAccrued(quoted, credit_at, end_of_day(at, policy.compensation_due_days), at=at)]


def table_quote(it: Return) -> Quote | None:
    """What the table pays: the accepted quote, after a claim for the damage came to nothing the one for the seller's fault.

    By the measured weight where that one counts.
    """
    if it.check is None:
        return None
    refused = came_to_nothing(it, ClaimKind.CARRIER_DAMAGE)
    quoted = it.check.fallback or it.check.quote if refused else it.check.quote
    return None if quoted is None else weights.counting(it, quoted)


def _reviewed(it: Return, command: do.RecordClaimReview) -> list[e.Any]:
    """What the partner says of a substitution claim (R75); too late, when that claim is not under review any more."""
    verdicts = {status.value: status for status in (ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED, ClaimStatus.REFUSED)}
    if command.verdict not in verdicts:
        raise Refused("field_invalid", "invalid", "verdict", reason=command.verdict)
    to = verdicts[command.verdict]
    is_it = it.claim.kind is ClaimKind.SUBSTITUTION and it.claim.status in REVIEWABLE
    if not is_it or to is it.claim.status:
        return []
    if to is not ClaimStatus.APPROVED:
        return move_claim(it, to, command.comment)
    if command.payer not in list(Payer):
        raise Refused("field_invalid", "invalid", "payer", reason=command.payer)
    return move_claim(it, to, command.comment, command.payer)


def _send(it: Return, at: datetime, terms: Terms) -> list[e.Any]:
    if it.refund.amount is None:
        raise Refused("nothing_to_refund")
    sent = e.RefundSent(it.refund.amount, at, it.refund.attempt + 1, in_transit=True)
    if it.claim.status not in (ClaimStatus.NONE, *NO_CLAIM_LEFT) or it.status is Status.LOST:
        return [sent]
    refunded = replace(it, refund=replace(it.refund, status=RefundStatus.SENT))
    locked = max(at, it.accepted_at or at)
    return [sent, *_accrued(refunded, table_quote(it), locked, terms.policy)]


def _confirm(it: Return) -> e.RefundConfirmed:
    """What stood on the clearing account has left the bank account."""
    return e.RefundConfirmed(it.refund.amount if it.refund.in_transit else None, it.refund.attempt)


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


def _fail(it: Return, comment: str) -> list[e.Any]:
    """The money came back. Of a substituted product it is not sent again: the seller keeps it, and has no claim (P26)."""
    if it.refund.amount is None:
        raise Refused("nothing_to_refund")
    left = not it.refund.in_transit or it.refund.status is RefundStatus.CONFIRMED
    failed: list[e.Any] = [e.RefundFailed(it.refund.amount, it.refund.attempt, comment, from_bank=left)]
    if it.claim.kind is ClaimKind.SUBSTITUTION and it.claim.status in (*OPEN_CLAIM, ClaimStatus.PAID):
        return [*failed, e.RefundCancelled(), *drop_claim(it, "refund_failed")]
    if it.compensation.status is CompensationStatus.ACCRUED:
        amount = _quote(it).amount
        failed.append(e.CompensationReversed(amount, final=False, was_credited=False, comment="refund_failed"))
    return failed


def _credit(it: Return, at: datetime, policy: Policy, to: Payout) -> e.CompensationCredited:
    """The rate of the day counts on which it accrued, however late it became known (P9)."""
    amount = _quote(it).amount
    since = it.compensation.accrued_at or it.refund.sent_at or at
    converted = exchange.payout(amount, to, since, policy.exchange_rate_days_max)
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
