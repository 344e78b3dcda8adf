"""Who is told what: the notices of each event. Customers read of their money, sellers of their deadlines, points of what
waits; nobody reads a name."""

from datetime import datetime

from backhaul.kit.days import at_hour
from backhaul.kit.machine import cases_of
from backhaul.kit.money import Money, decimal_text
from backhaul.kit.notices import Bound, Facts, Moment, Notice, Sum, Word, left
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.catalogues import Catalogue
from backhaul.marketplace.rules.claims import is_loss_unclaimed
from backhaul.marketplace.rules.findings import Finding, Source
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.weights import REWEIGHED
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    Mark,
    RefundStatus,
    Role,
    Route,
    Status,
    WeightStatus,
)

Sayings = list[tuple[str, Facts]]

_TOLD_OF_CLAIMS = (
    ClaimStatus.IN_REVIEW, ClaimStatus.APPROVED, ClaimStatus.REFUSED, ClaimStatus.PAID, ClaimStatus.REVERSED,
)  # fmt: skip


def customer(it: Return) -> str:
    """The name under which a return's customer reads."""
    return f"customer:{it.customer_ref}"


def seller(it: Return) -> str:
    """The name under which everybody of a return's seller reads."""
    return f"seller:{it.seller_id}"


def notices(it: Return, event: e.Any, at: datetime, terms: Terms) -> list[Notice]:
    """What an event tells people; `it` is the return after the event."""
    if type(event) not in _SPOKEN_OF:
        return []
    about: Facts = {"number": it.number, "name": it.line.name}
    to_customer = _to_customer(it, event, at, terms) if type(event) in _OF_CUSTOMER else ()
    return [
        *(Notice(customer(it), kind, {**about, **facts}) for kind, facts in to_customer),
        *(Notice(seller(it), kind, {**about, **facts}) for kind, facts in _to_seller(it, event, at, terms)),
        *(_of_dwell(it, event, terms.policy) if isinstance(event, e.DwellAlarmed) else ()),
        *(_of_attempts(it, about, terms.policy) if isinstance(event, e.RefundFailed) else ()),
        *(_of_silence(it, terms.policy) if isinstance(event, e.ClaimWentUnanswered) else ()),
        *((Notice(f"role:{Role.SUPPORT}", "weight_objected", about),) if isinstance(event, e.WeightObjected) else ()),
    ]


def _of_silence(it: Return, policy: Policy) -> list[Notice]:
    """Support hears of carriers that do not answer claims: all of one day in one message (P18)."""
    facts: Facts = {"days": policy.claim_answer_days, "count": 1, "products": it.number}
    return [Notice(f"role:{Role.SUPPORT}", "claims_unanswered", facts, "products")]


def _of_dwell(it: Return, event: e.DwellAlarmed, policy: Policy) -> list[Notice]:
    """The point and support hear of what was not handed over in time: all of one day in one message (R56)."""
    facts: Facts = {"days": policy.dwell_alarm_days, "count": 1}
    at_point = {**facts, "point": event.point_id, "products": it.number}
    everywhere = {**facts, "products": f"{it.number} ({event.point_id})"}
    return [
        Notice(f"point:{event.point_id}", "dwelling", at_point, "products"),
        Notice(f"role:{Role.SUPPORT}", "dwelling_at_points", everywhere, "products"),
    ]


def _of_attempts(it: Return, about: Facts, policy: Policy) -> list[Notice]:
    """Support hears of a refund that failed for the last time: nobody may send it again before the policy allows more."""
    if it.refund.status is not RefundStatus.FAILED or it.refund.attempt < policy.refund_attempts_max:
        return []
    return [Notice(f"role:{Role.SUPPORT}", "refund_attempts_used", {**about, "attempts": it.refund.attempt})]


def of_break(it: Finding) -> list[Notice]:
    """The seller hears of what does not agree, support of the books: all of one comparison in one message."""
    facts: Facts = {"breaks": it.return_number or it.invoice, "count": 1}
    readers = [f"seller:{it.seller_id}", *([f"role:{Role.SUPPORT}"] if it.source is Source.BOOKS else ())]
    return [Notice(reader, "breaks_found", facts, "breaks") for reader in readers]


def of_late_compensations(count: int, amount: Money, due_by: datetime, policy: Policy) -> Notice:
    """Support hears of what is not credited when the alarm's day begins: all of one bound in one message (P18)."""
    facts: Facts = {
        "days": policy.compensation_alarm_day,
        "count": count,
        "amount": Sum(amount),
        "due_by": Bound(due_by),
    }
    return Notice(f"role:{Role.SUPPORT}", "compensations_late", facts)


def _word(kind: str, code: str, catalogue: Catalogue) -> Word:
    """A reason with its own names, where the catalogue in force gave it some."""
    entry = catalogue.of(code)
    return Word(kind, code, dict(entry.names) if entry is not None else {})


def _to_customer(it: Return, event: e.Any, at: datetime, terms: Terms) -> Sayings:  # noqa: C901, PLR0911, PLR0912 -- one case an event
    match event:
        case e.Submitted(answer_by=until):
            return [("request_sent", {"until": Bound(until)})]
        case e.PhotosAsked(comment, until):
            return [("photos_asked", {"comment": comment, "until": Bound(until)})]
        case e.Approved(by=by, dropoff_by=until):
            return [(f"approved_by_{by}", {"until": Bound(until)})]
        case e.Rejected(reason=reason, comment=comment, dispute_by=until):
            facts: Facts = {
                "reason": _word("rejection", reason, terms.rejections),
                "comment": comment,
                "until": Bound(until),
            }
            return [("rejected", facts)]
        case e.Offered(amount, until):
            return [("offer", {"amount": Sum(amount), "until": Bound(until)})]
        case e.OfferDeclined(Role.CALENDAR, until):
            return [("offer_expired", {"until": Bound(until)})]
        case e.RefundedWithoutReturn():
            return [("refunded_without_return", {})]
        case e.Expired(to):
            return [("closed_no_reply" if to is Status.CLOSED_NO_REPLY else "dropoff_expired", {})]
        case e.Reminded(deadline=until) if it.status in (Status.APPROVED, Status.AWAITING_DROPOFF):
            return [("dropoff_reminder", {"until": Bound(until), "left": left(until, at)})]
        case e.DisputeDecided(comment=comment, dropoff_by=until):
            if until is None:
                return [("dispute_lost", {"comment": comment})]
            return [("dispute_won", {"comment": comment, "until": Bound(until)})]
        case e.CheckedIn():
            return [("handed_in", {})]
        case e.TurnedAway(reason=reason):
            return [("turned_away", {"reason": Word("point", reason)})]
        case e.RefundHeld(restored_by=revision, send_at=send_at) if revision:
            return [("refund_restored", {"at": Moment(send_at)})]
        case e.RefundSent(amount=amount):
            return [("refund_sent", {"amount": Sum(amount)})]
        case e.RefundConfirmed() if it.refund.amount is not None:
            return [("refund_confirmed", {"amount": Sum(it.refund.amount)})]
        case e.RefundFailed(amount=amount):
            return [("refund_failed", {"amount": Sum(amount)})]
        case e.RefundCancelled():
            return [("refund_cancelled", {})]
        case _:
            return []


def _to_seller(it: Return, event: e.Any, at: datetime, terms: Terms) -> Sayings:
    kind = type(event)
    return [
        *(_of_request(it, event, at, terms) if kind in _OF_REQUEST else ()),
        *(_of_dropoff(it, event, terms.policy) if kind in _OF_DROPOFF else ()),
        *(_of_partner(event) if kind in _OF_PARTNER else ()),
        *(_of_money(event) if kind in _OF_MONEY else ()),
    ]


def _of_request(it: Return, event: e.Any, at: datetime, terms: Terms) -> Sayings:  # noqa: PLR0911, PLR0912 -- one case an event
    match event:
        case e.Submitted(Status.SELLER_REVIEW, _, until, why):
            facts: Facts = {"reason": _word("reason", it.reason, terms.reasons), "until": Bound(until)}
            return [("request_not_moderated" if why else "request", facts)]
        case e.Approved(by=Role.CALENDAR):
            return [("approved_by_timer", {})]
        case e.Approved(by=Role.MODERATOR):
            return [("approved_for_you", {})]
        case e.Rejected(Role.MODERATOR, reason, comment):
            return [("rejected_for_you", {"reason": _word("rejection", reason, terms.rejections), "comment": comment})]
        case e.RefundedWithoutReturn(Role.CALENDAR):
            return [("refunded_by_timer", {})]
        case e.OfferAccepted():
            return [("offer_accepted", {"amount": Sum(it.offers[-1])})]
        case e.OfferDeclined(by, until):
            return [("offer_unanswered" if by is Role.CALENDAR else "offer_declined", {"until": Bound(until)})]
        case e.Cancelled(Role.CUSTOMER) if it.submitted_at is not None:
            return [("withdrawn", {})]
        case e.Expired(Status.DROPOFF_EXPIRED):
            return [("not_brought", {})]
        case e.DisputeOpened(comment, until):
            return [("dispute_opened", {"comment": comment, "until": Bound(until)})]
        case e.DisputeDecided(for_customer, comment):
            return [("dispute_for_customer" if for_customer else "dispute_for_seller", {"comment": comment})]
        case e.Reminded(deadline=until) if it.status in (Status.SELLER_REVIEW, Status.SELLER_REVIEW_AFTER_OFFER):
            return [("answer_reminder", {"until": Bound(until), "left": left(until, at)})]
        case e.Reminded(deadline=until, told=True) if it.status is Status.AT_PARTNER:
            return [("unlinked_reminder", {"until": Bound(until), "left": left(until, at)})]
        case _:
            return []


def _of_dropoff(it: Return, event: e.Any, policy: Policy) -> Sayings:  # noqa: PLR0911 -- one case an event
    match event:
        case e.CheckedIn(route=Route.A, quote=quote):
            paid: Sayings = [("accepted_for_disposal", {"amount": Sum(quote.amount)})] if quote else []
            return paid or [("accepted_without_quote", {})]
        case e.CheckedIn():
            return [("accepted", {})]
        case e.TurnedAway(reason=reason):
            return [("not_accepted", {"reason": Word("point", reason)})]
        case e.WentLate():
            lost = at_hour(it.accepted_at, policy.transit_lost_days + 1, 0) if it.accepted_at else None
            return [("late", {"until": Bound(lost)})] if lost else []
        case e.WentMissing():
            return [] if is_loss_unclaimed(it) else [("lost", {})]  # the draft of the claim says it
        case e.ClaimDrafted(ClaimKind.LOST_IN_TRANSIT, amount, until):
            return [("lost_claim", {"amount": Sum(amount), "until": Bound(until)})]
        case e.ClaimDrafted(ClaimKind.SUBSTITUTION, amount):
            return [("substitution_claimed", {"amount": Sum(amount)})]  # filed by itself, with the draft
        case e.ClaimDrafted(kind, amount, until):
            return [("claim_drafted", {"why": Word("claim", kind), "amount": Sum(amount), "until": Bound(until)})]
        case e.DisposalCertified(certificate):
            return [("disposed_by_marketplace", {"certificate": certificate})]
        case _:
            return []


def _of_partner(event: e.Any) -> Sayings:  # noqa: PLR0911 -- one case an event
    match event:
        case e.Arrived(found=True, choose_by=until) if until is not None:
            return [("found", {"until": Bound(until)})]
        case e.Arrived(warehouse, _, until, linked=linked):
            return [("arrived" if linked else "arrived_unlinked", {"warehouse": warehouse, "until": Bound(until)})]
        case e.MoneyKept(Role.CALENDAR):
            return [("money_kept", {})]
        case e.Marked(Mark.SUBSTITUTED):
            return [("substituted", {})]
        case e.Marked(mark):
            return [("marked", {"mark": Word("mark", mark)})]
        case e.DecisionMirrored(parcel_status="disposal_due"):
            return [("deadline_missed", {})]
        case e.DecisionMirrored("none", decide_by=until) if until is not None:
            return [("bound_moved", {"until": Bound(until)})]
        case e.DecisionMirrored(decision) if decision != "none":
            return [("decided", {"decision": Word("decision", decision)})]
        case e.HandoverMirrored("delivered"):
            return [("delivered", {})]
        case e.DisposalMirrored(certificate, undecided):
            return [("disposed_undecided" if undecided else "disposed_by_partner", {"certificate": certificate})]
        case _:
            return []


def _of_money(event: e.Any) -> Sayings:  # noqa: PLR0911 -- one case an event
    match event:
        case e.RefundCancelled():
            return [("refund_saved", {})]
        case e.CompensationAccrued(quote, due_by=until):
            return [("compensation_accrued", {"amount": Sum(quote.amount), "until": Bound(until)})]
        case e.CompensationCredited(amount):
            return [("compensation_credited", {"amount": Sum(amount)})]
        case e.CompensationReversed(amount, True, comment=comment):
            return [("compensation_reversed", {"amount": Sum(amount), "comment": comment})]
        case e.CompensationReversed() if event.comment == REWEIGHED:
            return []  # told with the weight
        case e.WeightMeasured(weight_gram, quote=quote, object_by=until):
            weight = decimal_text(weight_gram, 3)
            return [("weight_measured", {"weight": weight, "amount": Sum(quote.amount), "until": Bound(until)})]
        case e.WeightSettled(to, comment):
            return [
                ("weight_catalogue" if to is WeightStatus.CATALOGUE else "weight_measured_counts", {"comment": comment})
            ]
        case e.CompensationReversed(amount):
            return [("compensation_waits", {"amount": Sum(amount)})]
        case e.ClaimAnswered(False, comment):
            return [("claim_objected", {"comment": comment})]
        case e.ClaimWentUnanswered():
            return [("claim_unanswered", {})]
        case e.ClaimMoved(to, _, amount, comment) if to in _TOLD_OF_CLAIMS:
            return [(f"claim_{to}", {"amount": Sum(amount), "comment": Word("because", comment)})]
        case _:
            return []


# Most events are told to nobody, and each by one or two of these at most: the others need not look through their cases.
_OF_CUSTOMER, _OF_REQUEST, _OF_DROPOFF, _OF_PARTNER, _OF_MONEY, _OF_STAFF = (
    cases_of(one, e.Event.__subclasses__())
    for one in (_to_customer, _of_request, _of_dropoff, _of_partner, _of_money, notices)
)
_SPOKEN_OF = _OF_CUSTOMER | _OF_REQUEST | _OF_DROPOFF | _OF_PARTNER | _OF_MONEY | _OF_STAFF
