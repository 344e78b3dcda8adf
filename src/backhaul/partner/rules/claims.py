"""The law of a claim for a substituted unit: the marketplace files it, the partner reviews it with what each hand saw (R75, P26)."""

from datetime import datetime

from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.holidays import end_of_working_day
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import ClaimStatus


def note(it: Parcel, said: do.NoteClaim, at: datetime, policy: Policy) -> list[e.Any]:
    """Where the claim stands at the marketplace. What is known already is no news."""
    sent_at = None if said.refund_sent_at_us is None else from_us(said.refund_sent_at_us)
    known = (it.claim.status, it.claim.amount, it.claim.payer, it.claim.point_photos, it.claim.refund_sent_at)
    if known == (said.status, said.amount, said.payer, said.point_photos, sent_at):
        return []
    review_by = end_of_working_day(at, policy.claim_review_working_days)
    return [e.ClaimNoted(said.status, said.amount, said.payer, at, review_by, sent_at, said.point_photos, said.comment)]


def review(command: do.TakeUpClaim | do.ApproveClaim | do.RefuseClaim, at: datetime, policy: Policy) -> list[e.Any]:
    """The review begins, or comes to its end; a refusal explains itself."""
    match command:
        case do.TakeUpClaim():
            return [e.ClaimReviewed(ClaimStatus.IN_REVIEW, at)]
        case do.ApproveClaim(payer, comment):
            return [e.ClaimReviewed(ClaimStatus.APPROVED, at, payer, comment)]
        case do.RefuseClaim(comment):
            if len(comment.strip()) < policy.claim_refusal_min_characters:
                characters_min = policy.claim_refusal_min_characters
                raise Refused("explanation_required", "invalid", "comment", characters_min=characters_min)
            return [e.ClaimReviewed(ClaimStatus.REFUSED, at, comment=comment)]
