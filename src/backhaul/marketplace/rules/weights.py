"""The law of a measured weight: in another band than the catalogue's it needs a photo of the scale, and the seller may object.

The time to object ends before the compensation is credited, so that what is credited is never corrected afterwards.
"""

from datetime import datetime

from backhaul.kit.days import end_of_day
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.compensation import Quote, RateCard, quote
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import CompensationStatus, WeightStatus

UNSETTLED = (WeightStatus.OPEN, WeightStatus.OBJECTED)
REWEIGHED = "weight_measured"


def measured(check: do.CheckIn, quoted: Quote, fallback: Quote | None, card: RateCard, at: datetime,
             policy: Policy) -> list[e.WeightMeasured]:  # fmt: skip
    """What the scales at the counter change about a quote, and its fallback: nothing, while the weight stays in its band.

    `card` is the one of the quote: its version stays (D14).
    """
    if check.weight_gram is None:
        return []
    anew = _by(check.weight_gram, quoted, card)
    if (anew.weight_low_gram, anew.weight_high_gram) == (quoted.weight_low_gram, quoted.weight_high_gram):
        return []
    if not check.scale_photos:
        raise Refused("scale_photo_needed", "invalid", "scale_photos")
    until = end_of_day(at, policy.weight_objection_days)
    left = None if fallback is None else _by(check.weight_gram, fallback, card)
    return [e.WeightMeasured(check.weight_gram, check.scale_photos, anew, until, left)]


def _by(weight_gram: int, quoted: Quote, card: RateCard) -> Quote:
    return quote(card, quoted.quality, weight_gram, quoted.price, quoted.raw_quality)


def counting(it: Return, quoted: Quote) -> Quote:
    """The quote that counts: by the catalogue's weight, unless the measured one is settled."""
    return _measured(it, quoted) if it.weighing.status is WeightStatus.MEASURED else quoted


def _measured(it: Return, quoted: Quote) -> Quote:
    """The same by the measured weight: of the quote, or of what is left of it without the claim (D3)."""
    anew = next(
        (one for one in (it.weighing.quote, it.weighing.fallback) if one and one.quality is quoted.quality), None
    )
    return anew or quoted


def settled(it: Return, to: WeightStatus, comment: str = "") -> list[e.Any]:
    """Which weight counts, and the accrual that another one replaces. Nothing that was credited is touched."""
    events: list[e.Any] = [e.WeightSettled(to, comment)]
    accrued = it.compensation
    if to is not WeightStatus.MEASURED or accrued.status is not CompensationStatus.ACCRUED:
        return events
    if accrued.quote is None or accrued.credit_at is None or accrued.due_by is None:
        return events
    anew = _measured(it, accrued.quote)
    if anew.amount == accrued.quote.amount:
        return events
    events.append(e.CompensationReversed(accrued.quote.amount, final=False, was_credited=False, comment=REWEIGHED))
    if anew.amount.minor:
        since = accrued.accrued_at
        events.append(e.CompensationAccrued(anew, accrued.credit_at, accrued.due_by, reweighed=True, at=since))
    return events
