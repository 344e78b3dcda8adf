"""Templates of answers: texts that support sends again and again, in every language, and for which return each of them fits. Pure.

A text has places, `{number}`, `{product}`, `{amount}` and `{deadline}`. A template is offered only where each of its places has
something to say; a person reads and changes what comes out before it is sent.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from backhaul.kit.days import last_moment
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.words import (
    LANGUAGES,
    CompensationStatus,
    ReasonGroup,
    RefundStatus,
    Role,
    Status,
    Variant,
)

PLACES = ("number", "product", "amount", "deadline")
PLACE = re.compile(r"\{([^{}]*)\}")
CODE = re.compile(r"(?!new$)[a-z][a-z0-9_]{2,39}")  # `new` is the page of a template that is not there yet
TITLE_CHARACTERS_MAX = 120
TEXT_CHARACTERS_MAX = 2_000
TEMPLATES_MAX = 200
READERS = (Role.CUSTOMER, Role.SELLER)


class Situation(StrEnum):
    """Where a return stands, as far as somebody asks about it."""

    ANY = "any"
    OFFER = "offer"
    REJECTED = "rejected"
    DROP_OFF = "drop_off"
    REFUSED_AT_POINT = "refused_at_point"
    TIME_OVER = "time_over"
    REFUND_WAITS = "refund_waits"
    REFUND_SENT = "refund_sent"
    COMPENSATION = "compensation"


class Template(msgspec.Struct, frozen=True, omit_defaults=True):
    """One template. `to`: to whom it is written; without variant and reason group it fits every return of its situation."""

    code: str
    title: str
    texts: dict[str, str]
    to: Role = Role.CUSTOMER
    situation: Situation = Situation.ANY
    variant: Variant | None = None
    reason_group: ReasonGroup | None = None
    active: bool = True
    version: int = 0


class Facts(msgspec.Struct, frozen=True):
    """What the places of a text say of a return; `deadline` is the moment that people read."""

    number: str
    product: str
    amount: Money | None = None
    deadline: datetime | None = None

    def has(self, place: str) -> bool:
        """Whether there is something to say."""
        return bool(getattr(self, place, None))


STATUSES = {
    Status.OFFER_SENT: Situation.OFFER,
    Status.REJECTED: Situation.REJECTED,
    Status.APPROVED: Situation.DROP_OFF,
    Status.AWAITING_DROPOFF: Situation.DROP_OFF,
    Status.REFUSED_AT_PVZ: Situation.REFUSED_AT_POINT,
    Status.DROPOFF_EXPIRED: Situation.TIME_OVER,
    Status.CLOSED_NO_REPLY: Situation.TIME_OVER,
}
REFUNDS = {
    RefundStatus.HELD: Situation.REFUND_WAITS,
    RefundStatus.SENT: Situation.REFUND_SENT,
    RefundStatus.CONFIRMED: Situation.REFUND_SENT,
}


def situations(it: Return) -> dict[Situation, Facts]:
    """Every situation in which a return is, with what can be said of it."""
    refund = it.refund.amount
    deadline = None if it.act_by is None else last_moment(it.act_by)
    found = {Situation.ANY: Facts(it.number, it.line.name, refund or it.line.paid, deadline)}
    of_status = STATUSES.get(it.status)
    if of_status is not None:
        offered = it.offers[-1] if of_status is Situation.OFFER and it.offers else it.line.paid
        found[of_status] = Facts(it.number, it.line.name, offered, deadline)
    of_refund = REFUNDS.get(it.refund.status)
    if of_refund is not None:
        found[of_refund] = Facts(it.number, it.line.name, refund, it.refund.send_at)
    paid = it.compensation
    if paid.status is CompensationStatus.ACCRUED and paid.quote is not None:
        due_by = None if paid.due_by is None else last_moment(paid.due_by)
        found[Situation.COMPENSATION] = Facts(it.number, it.line.name, paid.quote.amount, due_by)
    return found


def facts_for(template: Template, it: Return) -> Facts | None:
    """What fills a template for a return; None: it does not fit."""
    facts = situations(it).get(template.situation)
    fits = template.variant in (None, it.variant) and template.reason_group in (None, group_of(it))
    if facts is None or not template.active or not fits:
        return None
    used = {place for text in template.texts.values() for place in PLACE.findall(text)}
    return facts if all(facts.has(place) for place in used) else None


def filled(text: str, shown: Mapping[str, str]) -> str:
    """A text with its places filled by words; nothing else in braces is looked at."""
    return PLACE.sub(lambda found: shown.get(found[1], found[0]), text)


def check(template: Template) -> None:
    """`Refused` by the first thing that is wrong, with its field."""
    if not CODE.fullmatch(template.code):
        raise Refused("template_code_invalid", "invalid", "code")
    if not template.title.strip():
        raise Refused("field_invalid", "invalid", "title", problem="missing")
    if len(template.title) > TITLE_CHARACTERS_MAX:
        raise Refused("field_invalid", "invalid", "title", problem="too_long", characters_max=TITLE_CHARACTERS_MAX)
    if template.to not in READERS:
        raise Refused("field_invalid", "invalid", "to", problem="not_a_choice")
    for language in LANGUAGES:
        _check_text(template.texts.get(language, ""), language)
    if set(template.texts) - set(LANGUAGES):
        raise Refused("field_invalid", "invalid", "texts", problem="not_a_choice")


def _check_text(text: str, language: str) -> None:
    field = f"text_{language}"
    if not text.strip():
        raise Refused("template_text_missing", "invalid", field, language=language)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise Refused("field_invalid", "invalid", field, problem="too_long", characters_max=TEXT_CHARACTERS_MAX)
    places = [f"{{{place}}}" for place in PLACES]
    for place in PLACE.findall(text):
        if place not in PLACES:
            raise Refused(
                "template_place_unknown", "invalid", field, place=f"{{{place}}}", language=language, places=places
            )
    if set("{}") & set(PLACE.sub("", text)):
        raise Refused("template_place_open", "invalid", field, language=language, places=places)


def check_message(text: str) -> str:
    """What is sent: something, not too long, and no place that nobody filled. Forms send each end of a line as two characters."""
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise Refused("field_invalid", "invalid", "text", problem="missing")
    if len(said) > TEXT_CHARACTERS_MAX:
        raise Refused("field_invalid", "invalid", "text", problem="too_long", characters_max=TEXT_CHARACTERS_MAX)
    left = [place for place in PLACES if f"{{{place}}}" in said]
    if left:
        raise Refused("message_place_left", "invalid", "text", place=f"{{{left[0]}}}")
    return said
