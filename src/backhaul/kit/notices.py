"""What people are told. A notice keeps facts, not words: it is worded when it is read, in its reader's language."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime

import msgspec

from backhaul.kit import i18n, letters
from backhaul.kit.days import days_left, last_moment
from backhaul.kit.money import Money


class Bound(msgspec.Struct, frozen=True, tag="bound"):
    """A deadline: people read the last moment that still counts (R94)."""

    at: datetime


class Moment(msgspec.Struct, frozen=True, tag="moment"):
    """An instant at which something happens."""

    at: datetime


class Sum(msgspec.Struct, frozen=True, tag="sum"):
    """An amount of money."""

    amount: Money


class Word(msgspec.Struct, frozen=True, tag="word", omit_defaults=True):
    """A code of one of the house's catalogues; a code without a text is shown as it is. `names`: its own words, by language."""

    catalogue: str
    code: str
    names: dict[str, str] = {}


class Days(msgspec.Struct, frozen=True, tag="days"):
    """How many days were left when the notice was written."""

    count: int


Fact = str | int | Bound | Moment | Sum | Word | Days
Facts = dict[str, Fact]
Catalogues = Mapping[str, Mapping[str, str]]


class Notice(msgspec.Struct, frozen=True):
    """Something that `to` is told, for example `customer:C-1001` or `seller:1180457`: everybody who reads under this name.

    `listing` names a fact that is a list: what comes about at one instant in one transaction is one notice, with all that
    this fact names in the one and how many there are in the fact `count`.
    """

    to: str
    kind: str
    facts: Facts
    listing: str = ""


class Wording(msgspec.Struct, frozen=True):
    """The words of a kind. `place` is where to act: a path with {places}; empty: the case of the notice."""

    subject: str
    body: str
    place: str = ""


class Told(msgspec.Struct, frozen=True):
    """A notice as its reader sees it."""

    subject: str
    body: str
    path: str


class Language(msgspec.Struct, frozen=True):
    """How a house speaks of its notices: its name, the wordings by kind, the catalogues of codes, the path of a case."""

    house: str
    wordings: Mapping[str, Wording]
    catalogues: Catalogues
    case_path: str

    def tell(self, kind: str, facts: Facts, case_id: int, language: str) -> Told:
        """Word a notice. The subject ends with the number of what it is about, so that mails can be found by it."""
        wording = self.wordings[kind]
        shown = {name: self._show(fact, language) for name, fact in facts.items()}
        subject = i18n.gettext(language, wording.subject)
        number = f" · {shown['number']}" if "number" in shown else ""
        place = wording.place or self.case_path
        path = i18n.filled(place, {**shown, "case_id": str(case_id)})
        return Told(f"{subject}{number}", i18n.filled(i18n.gettext(language, wording.body), shown), path)

    def _show(self, fact: Fact, language: str) -> str:
        match fact:
            case Bound(at):
                return i18n.moment(last_moment(at), language)
            case Moment(at):
                return i18n.moment(at, language)
            case Sum(amount):
                return i18n.money(amount, language)
            case Word(catalogue, code, names):
                return plain(names.get(language, "")) or i18n.gettext(
                    language, self.catalogues[catalogue].get(code, code)
                )
            case Days(count):
                return i18n.days_left(count, language)
            case str() | int():
                return plain(str(fact))


def left(bound: datetime, at: datetime) -> Days:
    """The days from `at` until a bound."""
    return Days(days_left(bound, at))


def plain(text: str) -> str:
    """One line without control characters: what people typed must not draw a page or a mail of their own."""
    straight = letters.straight(text)
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in straight).split())
