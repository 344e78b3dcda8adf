"""The words around answers of support: what templates are called and when they fit, the templates that come with the product, refusals."""

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.marketplace.rules.answers import Situation, Template
from backhaul.marketplace.rules.words import LANGUAGES, Role, Variant

SITUATIONS = {
    Situation.ANY: N_("Any return"),
    Situation.OFFER: N_("An offer waits for its answer"),
    Situation.REJECTED: N_("The request is rejected"),
    Situation.DROP_OFF: N_("The product is to be handed in"),
    Situation.REFUSED_AT_POINT: N_("The pick-up point refused the product"),
    Situation.TIME_OVER: N_("The time is over, the return is closed"),
    Situation.REFUND_WAITS: N_("The refund waits for its run"),
    Situation.REFUND_SENT: N_("The refund was sent"),
    Situation.COMPENSATION: N_("A compensation waits for its credit"),
}
REFUSALS = {
    "template_code_invalid": N_(
        "The code begins with a small Latin letter and has 3 to 40 small letters, digits or underscores."
    ),
    "template_text_missing": N_("The text in the language “{language}” is missing: each template has one in all four."),
    "template_place_unknown": N_(
        "{place} in the text in “{language}” is no place that can be filled. There are: {places}."
    ),
    "template_place_open": N_(
        "A brace in the text in “{language}” stands alone. Places are written like this: {places}."
    ),
    "templates_max": N_("There are {templates_max} templates already; change one of them."),
    "message_place_left": N_("{place} in the message was not filled. Write what it should say."),
}

FIELD_LABELS = {
    "title": N_("Title"),
    "text": N_("Message"),
    "to": N_("To whom"),
    "situation": N_("When it fits"),
    "text_en": N_("Text in English"),
    "text_ru": N_("Text in Russian"),
    "text_zh": N_("Text in Chinese"),
    "text_tr": N_("Text in Turkish"),
}
PLACES = {
    "number": N_("the number of the return"),
    "product": N_("the name of the product"),
    "amount": N_("the amount in question: the offer, the refund, the compensation"),
    "deadline": N_("until when, or when the refund is sent"),
}

_SEEDS: tuple[tuple[str, Situation, Role, Variant | None, str, str], ...] = (
    (
        "refund_waits", Situation.REFUND_WAITS, Role.CUSTOMER, None, N_("Where is my refund: it waits for its run"),
        N_(
            "The product {product} was accepted, and your refund of {amount} for the return {number} is prepared. "
            "We send it to your bank on {deadline}; you get a message when it is sent."
        ),
    ),
    (
        "refund_sent", Situation.REFUND_SENT, Role.CUSTOMER, None, N_("Where is my refund: it was sent"),
        N_(
            "Your refund of {amount} for {product}, return {number}, was sent to your bank. "
            "If you do not see it on your account, ask your bank about a payment of this amount; if the bank does not know of it, write to us again."
        ),
    ),
    (
        "how_to_send", Situation.DROP_OFF, Role.CUSTOMER, None, N_("How to send the product back"),
        N_(
            "Please bring {product} with everything that belongs to it to a pick-up point by {deadline}; afterwards the return is closed. "
            "Show the code of the pass that stands on the page of the return {number}; the employee looks at the product in front of you."
        ),
    ),
    (
        "why_rejected", Situation.REJECTED, Role.CUSTOMER, None, N_("Why refused: the request was rejected"),
        N_(
            "The request {number} for {product} was rejected; the reason and the explanation stand on its page. "
            "If you do not agree, open a dispute there by {deadline}: we look at what both sides say and decide."
        ),
    ),
    (
        "why_refused_at_point", Situation.REFUSED_AT_POINT, Role.CUSTOMER, None, N_("Why refused: at the pick-up point"),
        N_(
            "The pick-up point did not accept {product}: what it saw was not as the request {number} says. "
            "The reason and the photos of the check stand on the page of the return. You keep the product, and no money was paid."
        ),
    ),
    (
        "partial_offer", Situation.OFFER, Role.CUSTOMER, None, N_("A partial refund is offered"),
        N_(
            "The seller offers you {amount} for {product} if you keep it. Please accept or decline on the page of the return {number} by {deadline}. "
            "Without an answer the offer counts as declined and the request goes on; you lose nothing by that."
        ),
    ),
    (
        "time_over", Situation.TIME_OVER, Role.CUSTOMER, None, N_("The time is over"),
        N_(
            "The time for the return {number} of {product} is over, so it is closed. "
            "As long as the product can still be returned, you may send a new request from the page of your orders."
        ),
    ),
    (
        "disposal_compensation", Situation.COMPENSATION, Role.SELLER, Variant.T, N_("Compensation for a disposal"),
        N_(
            "For {product}, return {number}, a compensation of {amount} is accrued and will be credited by {deadline} at the latest. "
            "How it is counted, step by step, stands on the page of the return."
        ),
    ),
)  # fmt: skip


def seeds() -> list[Template]:
    """The templates that come with the product, in every language; one of them that somebody changed has a version."""
    return [
        Template(
            code, title, {language: i18n.gettext(language, text) for language in LANGUAGES}, to, situation, variant
        )
        for code, situation, to, variant, title, text in _SEEDS
    ]
