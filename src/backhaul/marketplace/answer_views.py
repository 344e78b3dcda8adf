"""Answers of support for readers: templates that fit a return, filled in the language of whoever gets them; messages that were written."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.paging import NEWEST, Part
from backhaul.marketplace import answer_queries
from backhaul.marketplace.answer_queries import Kept
from backhaul.marketplace.rules.answers import PLACES, Facts, Situation, Template, facts_for, filled
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ReasonGroup, Role, Variant


class AnswerView(msgspec.Struct, frozen=True):
    """A template that fits, filled in the language in which it is read; somebody reads and changes it before it is sent."""

    code: str
    title: str
    to: Role
    language: str
    text: str


class MessageView(msgspec.Struct, frozen=True):
    """What support wrote to the customer or the seller. `written_by`: for staff only."""

    id: int
    to: str
    text: str
    at: datetime
    template: str = ""
    language: str = ""
    written_by: str = ""


class TemplateView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A template as it is now, or as it was. `version` 0: it came with the product and nobody changed it."""

    code: str
    title: str
    version: int
    to: Role
    situation: Situation
    variant: Variant | None
    reason_group: ReasonGroup | None
    active: bool
    texts: Mapping[str, str]
    places: tuple[str, ...] = PLACES
    written_at: datetime | None = None
    written_by: str = ""


def fitting(tx: Tx, it: Return, language: str) -> list[AnswerView]:
    """The templates that fit a return now; `language` is that of the reader of their titles."""
    found = []
    of_seller = ""
    for kept in answer_queries.templates(tx):
        facts = facts_for(kept.template, it)
        if facts is None:
            continue
        if kept.template.to is Role.SELLER:
            of_seller = of_seller or answer_queries.language_of_seller(tx, it.seller_id)
        read_in = of_seller if kept.template.to is Role.SELLER else it.customer_language
        title = i18n.gettext(language, kept.template.title)
        found.append(
            AnswerView(kept.template.code, title, kept.template.to, read_in, said(kept.template, facts, read_in))
        )
    return found


def said(template: Template, facts: Facts, language: str) -> str:
    """A template's text with its places filled as people in that language write them."""
    shown = {
        "number": facts.number,
        "product": facts.product,
        "amount": i18n.money(facts.amount, language) if facts.amount else "",
        "deadline": i18n.moment(facts.deadline, language) if facts.deadline else "",
    }
    return filled(template.texts.get(language, template.texts["en"]), shown)


def messages(tx: Tx, it: Return, by: By, before: int = NEWEST) -> Part:
    """What was written about a return, a page back from a message: all of it for staff, to a customer or seller what was written to them."""
    mine = by.role if by.role in (Role.CUSTOMER, Role.SELLER) else None
    found, more = answer_queries.messages(tx, it.id, mine, before)
    return Part([
        MessageView(one.id, one.to, one.text, one.at)
        if mine
        else MessageView(one.id, one.to, one.text, one.at, one.template, one.language, one.written_by)
        for one in found
    ], str(found[0].id) if more else "")  # fmt: skip


def template_view(kept: Kept) -> TemplateView:
    """A template with who wrote it."""
    one = kept.template
    return TemplateView(one.code, one.title, one.version, one.to, one.situation, one.variant, one.reason_group, one.active, one.texts,
                        written_at=kept.written_at, written_by=kept.written_by)  # fmt: skip
