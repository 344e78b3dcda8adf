"""Rule cards as people and programs read them: the sentences in their language, the days left by our clock."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from backhaul.kit import i18n
from backhaul.kit.days import days_left, from_us
from backhaul.marketplace import rule_texts
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.reason_names import labels
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.rejections import ruling_for, unlawful_rejections
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.rule_cards import (
    OTHER,
    Force,
    Goods,
    RuleCard,
    Ruling,
    Statement,
    Topic,
    Windows,
    book_at,
    ruling,
)
from backhaul.marketplace.rules.words import ReasonGroup, Role

# Those who decide read the card beside the decision (D25); the customer reads the windows in the form.
READS_RULES = frozenset({Role.SELLER, Role.MODERATOR, Role.SUPPORT})
UNITS = {"days": "day", "repair_days": "day", "months": "month", "years": "year"}


class StatementView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One statement of a card. `groups`: the reasons that it is about, none: all of them."""

    code: str
    topic: Topic
    force: Force
    text: str
    source: str
    valid_from: date | None = None
    valid_to: date | None = None
    groups: tuple[ReasonGroup, ...] = ()


class CardView(msgspec.Struct, frozen=True):
    """The card of a class of goods."""

    card: str
    label: str
    categories: tuple[str, ...]
    windows: Windows
    statements: tuple[StatementView, ...]


class RuleCardsView(msgspec.Struct, frozen=True):
    """The cards in force at an instant. `on_file` is false where no version had begun by then."""

    at: datetime
    on_file: bool
    version: str
    valid_from: datetime | None
    cards: tuple[CardView, ...]


class WindowView(msgspec.Struct, frozen=True):
    """A time in which a request may be made. `until` is its bound, none where there is no such time; `is_open` by our clock."""

    until: datetime | None
    days_left: int
    is_open: bool


class WindowsView(msgspec.Struct, frozen=True):
    """Until when a unit may come back for taste and for a fault."""

    taste: WindowView
    fault: WindowView


class BlockedView(msgspec.Struct, frozen=True):
    """A rejection that the law does not allow here, why, and what may be done instead."""

    reason: str
    label: str
    rule: str
    text: str
    source: str
    instead: str


class UnitRulesView(msgspec.Struct, frozen=True):
    """What holds for one unit: its card, its windows, the rejections that the law blocks.

    `on_file` is false where no version had begun at `asked_at`; `no_customs_rule_on` is the day of which nothing is on file.
    """

    asked_at: datetime
    on_file: bool
    category: str
    version: str = ""
    valid_from: datetime | None = None
    card: str = ""
    label: str = ""
    windows: WindowsView | None = None
    statements: tuple[StatementView, ...] = ()
    blocked: tuple[BlockedView, ...] = ()
    no_customs_rule_on: date | None = None


def rules_of_return(it: Return, terms: Terms, at: datetime, language: str) -> UnitRulesView:
    """The card beside a decision: that of the day of the request; the days left from now."""
    found = ruling_for(it, terms)
    if found is None:
        return UnitRulesView(it.requested_at, on_file=False, category=it.line.category)
    return _unit(
        found, it.requested_at, at, unlawful_rejections(it, terms), language, labels(terms.rejections, language)
    )


def rules_of_line(line: OrderLine, terms: Terms, at: datetime, language: str) -> UnitRulesView:
    """What the category and the dates allow a customer today."""
    goods = goods_of_line(line)
    found = ruling(terms.rule_books, goods, at)
    if found is None:
        return UnitRulesView(at, on_file=False, category=line.category)
    return _unit(found, at, at, {}, language, {})


def windows_of_line(line: OrderLine, terms: Terms, at: datetime) -> WindowsView | None:
    """Until when a delivered unit may come back; None: no rule is on file."""
    found = ruling(terms.rule_books, goods_of_line(line), at)
    return None if found is None else _windows(found, at)


def goods_of_line(line: OrderLine) -> Goods:
    """An order line as the cards see it."""
    return Goods(
        line.category,
        line.seller_country,
        line.weight_gram,
        from_us(line.delivered_at_us),
        marked=bool(line.marking_code),
    )


def cards_in_force(terms: Terms, category: str, at: datetime, language: str) -> RuleCardsView:
    """Every card in force at an instant, or the one of a category."""
    book = book_at(terms.rule_books, at)
    if book is None:
        return RuleCardsView(at, on_file=False, version="", valid_from=None, cards=())
    wanted = category.strip().lower()
    named = [card for card in book.cards if not wanted or wanted in (card.code, *card.categories)]
    cards = named or [card for card in book.cards if card.code == OTHER]
    return RuleCardsView(
        at,
        on_file=True,
        version=book.version,
        valid_from=book.valid_from,
        cards=tuple(
            CardView(
                card.code,
                _label(card, language),
                card.categories,
                card.windows,
                tuple(
                    _statement(said, card.windows, language)
                    for said in book.statements
                    if not said.cards or card.code in said.cards
                ),
            )
            for card in cards
        ),
    )


def _unit(
    found: Ruling,
    asked_at: datetime,
    at: datetime,
    forbidden: Mapping[str, Statement],
    language: str,
    names: Mapping[str, str],
) -> UnitRulesView:
    windows = found.card.windows
    customs = [said for said in found.statements if said.topic is Topic.CUSTOMS and said.countries]
    ruled_before = any(
        said.topic is Topic.CUSTOMS and found.goods.seller_country in said.countries for said in found.book.statements
    )
    return UnitRulesView(
        asked_at,
        on_file=True,
        category=found.goods.category,
        version=found.book.version,
        valid_from=found.book.valid_from,
        card=found.card.code,
        label=_label(found.card, language),
        windows=_windows(found, at),
        statements=tuple(_statement(said, windows, language) for said in found.statements),
        blocked=tuple(
            BlockedView(
                reason,
                names[reason],
                said.code,
                _text(said, windows, language),
                source(said, language),
                i18n.gettext(language, rule_texts.INSTEAD.get(said.code, rule_texts.INSTEAD_OTHERWISE)),
            )
            for reason, said in forbidden.items()
        ),
        no_customs_rule_on=found.customs_on if ruled_before and not customs else None,
    )


def _windows(found: Ruling, at: datetime) -> WindowsView:
    return WindowsView(_window(found.taste_until, at), _window(found.fault_until, at))


def _window(until: datetime | None, at: datetime) -> WindowView:
    if until is None:
        return WindowView(None, 0, is_open=False)
    return WindowView(until, days_left(until, at), is_open=at < until)


def _label(card: RuleCard, language: str) -> str:
    return i18n.gettext(language, rule_texts.CARD_LABELS.get(card.code, card.code))


def _statement(said: Statement, windows: Windows, language: str) -> StatementView:
    return StatementView(
        said.code,
        said.topic,
        said.force,
        _text(said, windows, language),
        source(said, language),
        said.valid_from,
        said.valid_to,
        said.groups,
    )


def _text(said: Statement, windows: Windows, language: str) -> str:
    """The sentence of a statement; its own words where it brings some."""
    text = said.texts.get(language) or said.texts.get(i18n.DEFAULT) or rule_texts.STATEMENTS.get(said.code, said.code)
    facts: dict[str, object] = {
        name: i18n.length_of_time(number, UNITS[name], language) if name in UNITS else number
        for name, number in said.facts.items()
    }
    if "kg" in said.facts:
        facts["kg"] = i18n.kilograms(said.facts["kg"] * 1000, language)
    facts |= {
        "proper": i18n.length_of_time(windows.proper_days, "day", language),
        "improper": i18n.length_of_time(windows.improper_days, "day", language),
        "refusal": i18n.length_of_time(windows.refusal_days, "day", language),
        "refusal_unwritten": i18n.length_of_time(windows.refusal_months_unwritten, "month", language),
    }
    return i18n.sentence(language, text, facts)


def source(said: Statement, language: str) -> str:
    """Law and article as text."""
    law = i18n.gettext(language, rule_texts.LAWS.get(said.law, said.law))
    if not said.article:
        return law
    return i18n.sentence(language, rule_texts.SOURCE, {"law": law, "article": said.article})
