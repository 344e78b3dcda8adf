"""Why an amount is what it is: each amount of a return as steps, from the price at the order to the day on which it is due.

Pure: every number stands in the return and its events already. A step is a code with facts; the words are the reader's.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from backhaul.kit.money import Money, decimal_text
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.compensation import Quote
from backhaul.marketplace.rules.exchange import ROUBLE, Conversion
from backhaul.marketplace.rules.lifecycle import NO_CLAIM_LEFT
from backhaul.marketplace.rules.payments import ceiling, table_quote
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.weights import counting
from backhaul.marketplace.rules.words import (
    ClaimKind,
    ClaimStatus,
    CompensationStatus,
    Mark,
    RefundStatus,
    Route,
    Status,
    Variant,
    WeightStatus,
)

_WEIGHTS = {
    WeightStatus.OPEN: "weight_open", WeightStatus.OBJECTED: "weight_objected",
    WeightStatus.MEASURED: "weight_measured_counts", WeightStatus.CATALOGUE: "weight_catalogue",
}  # fmt: skip
Fact = str | int | Money | datetime | date


class Step(msgspec.Struct, frozen=True):
    """One reason. `facts` fill its sentence; instants that end in `_by` or `_until` are bounds."""

    code: str
    facts: dict[str, Fact] = msgspec.field(default_factory=dict)


class Explanation(msgspec.Struct, frozen=True):
    """One amount with its reasons. `what`: refund, compensation, claim, pre_moderation. No amount: why there is none."""

    what: str
    state: str
    amount: Money | None
    steps: tuple[Step, ...]
    due_by: datetime | None = None
    payout: Conversion | None = None


def explained(it: Return, policy: Policy, history: Iterable[e.Any] = ()) -> list[Explanation]:
    """Every amount of a return; with its events also the fee and why something was taken back."""
    events = list(history)
    found = [*_refund(it, policy), *_compensation(it, policy, events), *_claim(it, events)]
    charge = next((one.charge for one in events if isinstance(one, e.Submitted) and one.charge is not None), None)
    if charge is not None:
        found.append(Explanation("pre_moderation", "charged", charge, (Step("fee_agreed"),)))
    return found


def for_customer(found: Iterable[Explanation]) -> list[Explanation]:
    """What a customer reads: their own money."""
    return [one for one in found if one.what == "refund"]


def _refund(it: Return, policy: Policy) -> list[Explanation]:
    refund = it.refund
    if refund.status is RefundStatus.NONE or refund.amount is None:
        return []
    offered = it.status is Status.PARTIALLY_REFUNDED
    steps = [Step("refund_offer" if offered else "refund_whole", {"amount": refund.amount, "paid": it.line.paid})]
    if it.accepted_at is not None:
        steps.append(Step("refund_accepted", {"accepted_at": it.accepted_at}))
    elif not offered:
        steps.append(Step("refund_without_return"))
    if refund.status is RefundStatus.HELD and refund.send_at is not None:
        steps.append(Step("refund_run", {"send_at": refund.send_at, "hour": policy.payout_hour}))
    if refund.status is not RefundStatus.CANCELLED:
        days, hours = policy.refund_ceiling_days, policy.refund_after_acceptance_hours_max
        steps.append(Step("refund_ceiling", {"ceiling_at": ceiling(it, policy), "days": days, "hours": hours}))
    if refund.sent_at is not None:
        steps.append(Step("refund_sent", {"sent_at": refund.sent_at, "attempt": refund.attempt}))
    if refund.status in (RefundStatus.FAILED, RefundStatus.IN_DOUBT, RefundStatus.CANCELLED):
        steps.append(Step(f"refund_{refund.status}"))
    return [Explanation("refund", refund.status, refund.amount, tuple(steps))]


def _compensation(it: Return, policy: Policy, events: list[e.Any]) -> list[Explanation]:
    status = it.compensation.status
    if it.accepted_at is None and it.quote is None:
        return []
    quote = it.compensation.quote or (it.check.quote if it.check is not None else it.quote)
    why_none = _none(it)
    if quote is None or why_none:
        return [Explanation("compensation", status, None, (Step(why_none or "none_route"),))]
    if status is CompensationStatus.NONE:
        quote = table_quote(it) or counting(it, quote)
    steps = [*_price(it.line), *_quoted(it, quote), _card(it, quote), *_weighed(it)]
    if status is CompensationStatus.NONE and quote.amount.minor > 0:
        steps.append(Step("due_after_refund", {"days": policy.compensation_due_days}))
    if it.compensation.due_by is not None:
        steps.append(_due(it, policy))
    steps += _payout(it.compensation.payout, status is CompensationStatus.CREDITED)
    for one in events:
        if isinstance(one, e.CompensationReversed):
            steps.append(Step("reversed" if one.final else "undone", {"amount": one.amount, "comment": one.comment}))
    return [
        Explanation("compensation", status, quote.amount, tuple(steps), it.compensation.due_by, it.compensation.payout)
    ]


def _none(it: Return) -> str:
    """Why there is no compensation, where there is none."""
    if it.compensation.status is not CompensationStatus.NONE:
        return ""
    if it.variant is Variant.C and it.quote is None and (it.check is None or it.check.quote is None):
        return "none_variant"
    if it.route is Route.B:
        return "none_route"
    if it.parcel is not None and it.parcel.mark is Mark.SUBSTITUTED:
        return "none_substituted"
    if it.claim.status not in (ClaimStatus.NONE, *NO_CLAIM_LEFT):
        return "none_claim"
    if it.status is Status.LOST:
        return "none_lost"
    return ""


def _price(line: e.Line) -> list[Step]:
    """Where the price in roubles comes from: the first of the three roundings, if there is one (D13)."""
    facts: dict[str, Fact] = {"unit_price": line.unit_price, "price": line.price}
    if line.ordered_on:
        facts["ordered_on"] = date.fromisoformat(line.ordered_on)
    if line.unit_price.currency == ROUBLE:
        return [Step("price_in_roubles", facts)]
    if not line.order_rate:
        return [Step("price_of_order", facts)]
    facts |= {"currency": line.unit_price.currency, "rate": line.order_rate}
    if not line.rate_source:
        return [Step("price_by_order_rate", facts), Step("price_rounded", facts)]
    facts |= {"source": line.rate_source, "rate_on": date.fromisoformat(line.rate_on)}
    return [Step("price_by_rate", facts), Step("price_rounded", facts)]


def _quoted(it: Return, quote: Quote) -> list[Step]:
    raw = quote.raw_quality or quote.quality
    exact = decimal_text(quote.price.minor * quote.rate_pct, 4)
    cell: dict[str, Fact] = {
        "quality": quote.quality, "weight_band": _band(quote.weight_low_gram, quote.weight_high_gram),
        "price_band": _band(quote.price_low_minor, quote.price_high_minor), "rate_pct": quote.rate_pct,
    }  # fmt: skip
    rounded = "amount_rounded" if quote.price.minor * quote.rate_pct % 100 else "amount_exact"
    return [
        Step("class_by_reason", {"reason": it.reason, "group": group_of(it), "quality": raw}),
        Step("class_stays" if raw is quote.quality else "class_corrected", {"quality": quote.quality}),
        Step(
            "weight_band" if quote.weight_gram == it.line.weight_gram else "weight_band_measured",
            {"weight_gram": quote.weight_gram, "weight_band": cell["weight_band"]},
        ),
        Step("price_band", {"price": quote.price, "price_band": cell["price_band"]}),
        Step("cell", cell),
        Step(rounded, {"rate_pct": quote.rate_pct, "price": quote.price, "exact": exact, "amount": quote.amount}),
    ]


def _band(low: int | None, high: int | None) -> str:
    """(low, high] as `1000..4000`; nothing where it is open."""
    return f"{low or 0}..{'' if high is None else high}"


def _card(it: Return, quote: Quote) -> Step:
    """The version at the quote that the seller accepted, or at the acceptance where nobody chose (D14)."""
    if it.quote is not None or it.accepted_at is None:
        return Step("card_of_quote", {"version": quote.card_version})
    return Step("card_of_acceptance", {"version": quote.card_version, "accepted_at": it.accepted_at})


def _weighed(it: Return) -> list[Step]:
    weighing = it.weighing
    if weighing.quote is None or weighing.object_by is None:
        return []
    facts: dict[str, Fact] = {
        "weight_gram": weighing.weight_gram, "amount": weighing.quote.amount, "object_by": weighing.object_by,
    }  # fmt: skip
    return [Step("weight_measured", facts), Step(_WEIGHTS[weighing.status], {"comment": weighing.answer})]


def _due(it: Return, policy: Policy) -> Step:
    """Due at the end of day 7 after max(refund sent, route locked) (P15, D10)."""
    facts: dict[str, Fact] = {"days": policy.compensation_due_days}
    if it.compensation.due_by is not None:
        facts["due_by"] = it.compensation.due_by
    if it.compensation.credit_at is not None:
        facts["credit_at"] = it.compensation.credit_at
    if it.refund.sent_at is None or it.accepted_at is None:
        return Step("due", facts)
    return Step("due_since", facts | {"sent_at": it.refund.sent_at, "accepted_at": it.accepted_at})


def _payout(payout: Conversion | None, credited: bool) -> list[Step]:  # noqa: FBT001 -- one caller for each
    if payout is None:
        return [Step("credited_in_roubles")] if credited else []
    return [
        Step("payout", {
            "amount": payout.of, "currency": payout.amount.currency, "rate": payout.rate, "rate_on": payout.rate_on,
            "source": payout.source, "payout": payout.amount,
        })
    ]  # fmt: skip


def _claim(it: Return, events: list[e.Any]) -> list[Explanation]:
    claim = it.claim
    if claim.kind is None or claim.amount is None:
        return []
    steps = [Step(f"claim_{claim.kind}"), *_price(it.line), Step("claim_full", {"amount": claim.amount})]
    if claim.kind is ClaimKind.SUBSTITUTION and claim.payer:
        steps.append(Step("claim_payer", {"payer": claim.payer}))
    if claim.status is ClaimStatus.DRAFT and claim.file_by is not None:
        steps.append(Step("claim_file", {"file_by": claim.file_by}))
    steps.append(Step("claim_instead"))
    steps += _payout(claim.payout, claim.status is ClaimStatus.PAID)
    drafted = [isinstance(one, e.ClaimDrafted) for one in events]
    for at, one in enumerate(events):
        if isinstance(one, e.ClaimMoved) and one.to in NO_CLAIM_LEFT:
            of_an_earlier_one = any(drafted[at:])
            facts: dict[str, Fact] = {"comment": one.comment}
            step = (
                Step("claim_earlier", {"claim": one.claim, **facts})
                if of_an_earlier_one
                else Step(f"claim_{one.to}", facts)
            )
            steps.append(step)
    return [Explanation("claim", claim.status, claim.amount, tuple(steps), payout=claim.payout)]
