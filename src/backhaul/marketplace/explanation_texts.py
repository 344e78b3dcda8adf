"""The words of explanations: why an amount is what it is, sentence by sentence."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.days import last_moment
from backhaul.kit.i18n import N_
from backhaul.marketplace import texts
from backhaul.marketplace.notice_texts import BECAUSE
from backhaul.marketplace.rules.explanations import Explanation, Fact, Step
from backhaul.marketplace.version_texts import price_band, weight_band

STEPS = {
    # The refund
    "refund_whole": N_("The customer paid {paid} for this unit and receives all of it back."),
    "refund_offer": N_("The customer keeps the product and receives the offered part of the price: {amount} of {paid}."),
    "refund_accepted": N_("The pick-up point accepted the product at {accepted_at}."),
    "refund_without_return": N_("The money goes back without the product."),
    "refund_run": N_("It is sent with the payout run at {send_at}; the runs are daily at {hour}:00, Moscow time."),
    "refund_ceiling": N_(
        "It may wait until {ceiling_at} at the latest: {days} days after the request, or {hours} hours after the acceptance where that is later."
    ),
    "refund_sent": N_("It was sent at {sent_at}, try {attempt}."),
    "refund_failed": N_("The bank gave it back; it will be sent again."),
    "refund_in_doubt": N_("The bank has not said whether it arrived. It is not sent a second time before that is known."),
    "refund_cancelled": N_("It was cancelled: the product was substituted, and the money stays with the seller."),
    # The price
    "price_in_roubles": N_("The price at the order was {price}, in roubles already."),
    "price_of_order": N_("The price was {unit_price}; the order came with it in roubles: {price}."),
    "price_by_order_rate": N_("The price was {unit_price}. The order came with the rate of its day, {rate} roubles for 1 {currency}."),
    "price_by_rate": N_(
        "The price was {unit_price}. The rate for the day of the order, {ordered_on}: {rate} roubles for 1 {currency}, of {rate_on}, source: {source}."
    ),
    "price_rounded": N_("In roubles, rounded half-up to the kopeck before any band is looked up: {price}."),
    # The class
    "class_by_reason": N_("Reason “{reason}”, group “{group}”: by itself class “{quality}”."),
    "class_stays": N_("Nothing that was found changes it: the class is “{quality}”."),
    "class_corrected": N_("With what is known of the packaging and the inspection, the class is “{quality}”."),
    # The cell
    "weight_band_measured": N_("Measured weight {weight_gram}: band {weight_band} kg; a band includes its upper limit."),
    "weight_band": N_("Weight of the catalogue {weight_gram}: band {weight_band} kg; a band includes its upper limit."),
    "price_band": N_("Price {price}: band {price_band} roubles; a band includes its upper limit."),
    "cell": N_("Cell “{quality}”, {weight_band} kg, {price_band} roubles: {rate_pct}."),
    "amount_exact": N_("{rate_pct} of {price} are {amount}; there is nothing to round."),
    "amount_rounded": N_("{rate_pct} of {price} are {exact} roubles, rounded half-up to the kopeck: {amount}."),
    "card_of_quote": N_("By rate card {version}: the version of the quote that was accepted. The quote is what is credited."),
    "card_of_acceptance": N_("By rate card {version}: the version in force when the pick-up point accepted the product at {accepted_at}."),
    # A measured weight; what became of it is told by the labels of its states
    "weight_measured": N_("The pick-up point measured {weight_gram}, in another band: {amount} by the same rate card. The seller may object until {object_by}."),
    "weight_open": N_("Nobody has objected yet; until it is settled the weight of the catalogue counts."),
    "weight_objected": N_("The seller objects; if it is not decided before the credit, the weight of the catalogue counts."),
    "weight_measured_counts": N_("The measured weight counts. {comment}"),
    "weight_catalogue": N_("The weight of the catalogue counts. {comment}"),
    # When
    "due_after_refund": N_("It is due by the end of day {days} after the refund is sent to the customer."),
    "due_since": N_(
        "The product was accepted at {accepted_at}, the refund was sent at {sent_at}; the later of the two is day 0. Due by the end of day {days}: {due_by}. The credit runs at {credit_at}."
    ),
    "due": N_("Due by the end of day {days}: {due_by}. The credit runs at {credit_at}."),
    "credited_in_roubles": N_("It is credited in roubles."),
    "payout": N_(
        "Paid out in {currency} by the rate of the day on which it accrued, {rate} roubles for 1 {currency} of {rate_on}, source: {source}. {amount} are {payout}, rounded half-up."
    ),
    "reversed": N_("{amount} were taken back. {comment}"),
    "undone": N_("The accrual of {amount} was taken back; a later one replaces it."),
    # Why there is none
    "none_variant": N_("Sellers of this country receive no compensation for a disposal."),
    "none_route": N_("The product went to the logistics partner; compensation is for products that the marketplace disposes of."),
    "none_substituted": N_("The product was substituted: the rate card does not apply, a claim does."),
    "none_claim": N_("A claim for the full price stands in its place; the two are never paid together."),
    "none_lost": N_("The product was lost on the way: the rate card pays for products that the marketplace disposes of."),
    # Claims
    "claim_lost_in_transit": N_("The product was lost on the way: the carrier answers for the full price."),
    "claim_carrier_damage": N_("The product was sound at the pick-up point and its packaging damaged on arrival: the carrier answers for the full price."),
    "claim_substitution": N_("The product was substituted after the customer had the refund: the full price is owed to the seller."),
    "claim_full": N_("The claim is for the full price of the unit: {amount}."),
    "claim_payer": N_("By who had the product when, this bears it: {payer}."),
    "claim_file": N_("It must be filed by {file_by}."),
    "claim_instead": N_("It stands in place of a compensation by the rate card; the two are never paid together."),
    "claim_earlier": N_("An earlier claim came to nothing: {claim}. {comment}"),
    "claim_refused": N_("The claim was refused. {comment}"),
    "claim_reversed": N_("The payment was taken back. {comment}"),
    # The fee
    "fee_agreed": N_("The seller agreed to the price of the pre-moderation; it is charged once for each request that the service takes."),
}  # fmt: skip
WHATS = {
    "refund": N_("Refund to the customer"),
    "compensation": N_("Compensation for the disposal"),
    "claim": N_("Claim"),
    "pre_moderation": N_("Pre-moderation of the request"),
}
STATES: dict[str, Mapping[str, str]] = {
    "refund": texts.REFUND_LABELS,
    "compensation": texts.COMPENSATION_LABELS,
    "claim": texts.CLAIM_LABELS,
    "pre_moderation": {"charged": N_("Charged")},
}


class Told(msgspec.Struct, frozen=True):
    """An explanation in words."""

    what: str
    title: str
    state: str
    why: Explanation
    sentences: tuple[str, ...]


def told(found: list[Explanation], language: str, reasons: Mapping[str, str]) -> list[Told]:
    """Explanations for a reader; `reasons`: the names of return reasons in their language."""
    return [
        Told(
            one.what,
            i18n.gettext(language, WHATS[one.what]),
            i18n.gettext(language, STATES[one.what].get(one.state, one.state)),
            one,
            tuple(sentence(step, language, reasons) for step in one.steps),
        )
        for one in found
    ]


def sentence(step: Step, language: str, reasons: Mapping[str, str]) -> str:
    """One step in words."""
    facts = {name: _fact(name, value, language, reasons) for name, value in step.facts.items()}
    return i18n.filled(i18n.gettext(language, STEPS[step.code]), facts).strip()


def _fact(name: str, value: Fact, language: str, reasons: Mapping[str, str]) -> str:
    if name == "reason" or name in _WORDS:
        words = reasons if name == "reason" else _WORDS[name]
        return i18n.gettext(language, words.get(str(value), str(value)))
    if name in _BANDS:
        low, _, high = str(value).partition("..")
        return _BANDS[name](int(low), int(high) if high else None, language)
    if name.endswith("_gram"):
        return i18n.kilograms(int(str(value)), language)
    if name.endswith("_pct"):
        return i18n.percent(int(str(value)), language)
    if isinstance(value, datetime):
        value = last_moment(value) if name.endswith("_by") else value
        return i18n.moment(value, language)
    return i18n.day(value, language) if isinstance(value, date) else i18n.show(value, language)


_WORDS: dict[str, Mapping[str, str]] = {
    "quality": texts.QUALITY_LABELS, "group": texts.REASON_GROUPS, "payer": texts.PAYERS,
    "comment": BECAUSE, "claim": texts.CLAIM_KINDS,
}  # fmt: skip
_BANDS: dict[str, Callable[[int, int | None, str], str]] = {"weight_band": weight_band, "price_band": price_band}
