"""What the law and this marketplace's terms say of a category of goods: cards of windows and statements, in dated versions.

Only a statement with `bars` refuses anything (P24); all others stand beside the decision (D25). Engineering, not legal advice.
"""

from calendar import monthrange
from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from backhaul.kit.days import MOSCOW, end_of_day
from backhaul.marketplace.rules.words import REJECTIONS, ReasonGroup

OTHER = "default"


class Topic(StrEnum):
    """The heading under which a statement stands."""

    WINDOW = "window"
    QUALITY = "proper_quality"
    REJECTION = "rejection"
    WAY_BACK = "way_back"
    HANDLING = "handling"
    CUSTOMS = "customs"


class Force(StrEnum):
    """BLOCK: acts against it are refused. RULE: it holds, people see to it. ADVICE: sources differ, nothing follows by itself."""

    BLOCK = "block"
    RULE = "rule"
    ADVICE = "advice"


class Goods(msgspec.Struct, frozen=True):
    """What the cards must know of one unit."""

    category: str
    seller_country: str
    weight_gram: int
    delivered_at: datetime
    marked: bool = False


class Windows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days after the delivery, which is day 0. 0: none.

    `proper_days` and `improper_days` are this marketplace's terms, `refusal_days` the law's refusal of a distance purchase.
    """

    proper_days: int = 15
    improper_days: int = 15
    refusal_days: int = 7
    refusal_months_unwritten: int = 3
    defect_days: int = 730


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that holds, with its source, its dates (both days count) and the goods and reasons that it is about.

    `bars` are the rejections that it makes unlawful, `bars_with_photos` those only when the customer sent photos. `texts` holds
    the words by language of a statement that the product's catalogue does not know.
    """

    code: str
    topic: Topic
    force: Force
    law: str
    article: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    cards: tuple[str, ...] = ()
    groups: tuple[ReasonGroup, ...] = ()
    countries: tuple[str, ...] = ()
    over_gram: int | None = None
    marked: bool = False
    facts: dict[str, int] = {}
    bars: tuple[str, ...] = ()
    bars_with_photos: tuple[str, ...] = ()
    only_while_refusable: bool = False
    texts: dict[str, str] = {}

    def concerns(self, card: str, goods: Goods, on: date) -> bool:
        """Whether it is said of these goods on this day."""
        in_time = (self.valid_from or on) <= on <= (self.valid_to or on)
        of_card = not self.cards or card in self.cards
        of_country = not self.countries or goods.seller_country in self.countries
        of_weight = self.over_gram is None or goods.weight_gram > self.over_gram
        return in_time and of_card and of_country and of_weight and (goods.marked or not self.marked)


class RuleCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class of goods: the categories of orders that belong to it, and its windows."""

    code: str
    categories: tuple[str, ...] = ()
    windows: Windows = Windows()


class RuleBook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All cards of one version, in force from `valid_from` on.

    `terms_in_writing`: the customer gets the terms of return in writing with each delivery; if not, the law gives months.
    """

    version: str
    valid_from: datetime
    cards: tuple[RuleCard, ...]
    statements: tuple[Statement, ...]
    terms_in_writing: bool = True


class Ruling(msgspec.Struct, frozen=True):
    """What holds for one unit at one instant: the card with the statements that concern it, of the version then in force."""

    book: RuleBook
    card: RuleCard
    goods: Goods
    statements: tuple[Statement, ...]
    customs_on: date

    @property
    def refusable_until(self) -> datetime | None:
        """The bound of the distance refusal; None: these goods cannot be refused for taste."""
        windows, delivered_at = self.card.windows, self.goods.delivered_at
        if not windows.refusal_days:
            return None
        if not self.book.terms_in_writing:
            return end_of_month(delivered_at, windows.refusal_months_unwritten)
        return end_of_day(delivered_at, windows.refusal_days)

    @property
    def taste_until(self) -> datetime | None:
        """The later bound of law and terms for goods of proper quality; None: no way back for taste."""
        days = self.card.windows.proper_days
        bounds = [self.refusable_until, end_of_day(self.goods.delivered_at, days) if days else None]
        return max((bound for bound in bounds if bound is not None), default=None)

    @property
    def fault_until(self) -> datetime:
        """The later bound of law and terms for goods of improper quality."""
        windows = self.card.windows
        return end_of_day(self.goods.delivered_at, max(windows.improper_days, windows.defect_days))


def book_at(books: Sequence[RuleBook], at: datetime) -> RuleBook | None:
    """The version in force at an instant; None: no rule is on file for that date (D12)."""
    begun = [book for book in books if book.valid_from <= at]
    return max(reversed(begun), key=lambda book: book.valid_from) if begun else None


def card_of(book: RuleBook, category: str) -> RuleCard:
    """The card of a category; what no card names belongs to the one for all other goods."""
    by_category = {name: card for card in book.cards for name in (card.code, *card.categories)}
    return by_category.get(category.strip().lower(), by_category[OTHER])


def ruling(books: Sequence[RuleBook], goods: Goods, at: datetime) -> Ruling | None:
    """What holds for these goods at an instant; None: no rule is on file for that date.

    Customs go by the day of export; the delivery is the nearest day that we know.
    """
    book = book_at(books, at)
    if book is None:
        return None
    card = card_of(book, goods.category)
    today, customs_on = (moment.astimezone(MOSCOW).date() for moment in (at, goods.delivered_at))
    said = tuple(
        statement
        for statement in book.statements
        if statement.concerns(card.code, goods, customs_on if statement.topic is Topic.CUSTOMS else today)
    )
    return Ruling(book, card, goods, said, customs_on)


def barred(found: Ruling, group: ReasonGroup, asked_at: datetime, *, has_photos: bool) -> dict[str, Statement]:
    """The rejections that the law does not allow for a request of this group, each with the statement that says so."""
    refusable = found.refusable_until is not None and asked_at < found.refusable_until
    said = [
        statement
        for statement in found.statements
        if (not statement.groups or group in statement.groups) and (refusable or not statement.only_while_refusable)
    ]
    return {
        reason: statement
        for statement in reversed(said)
        for reason in (*statement.bars, *(statement.bars_with_photos if has_photos else ()))
    }


def end_of_month(at: datetime, months_after: int) -> datetime:
    """The bound of the same day some months later, or of that month's last day where it has no such day."""
    day = at.astimezone(MOSCOW).date()
    year, month = divmod(day.year * 12 + day.month - 1 + months_after, 12)
    last = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return end_of_day(datetime(last.year, last.month, last.day, tzinfo=MOSCOW), 0)


def faults(book: RuleBook, rejections: Collection[str] = tuple(REJECTIONS)) -> list[str]:
    """Why this version cannot be published; empty: it can. `rejections`: the codes that a statement may bar."""
    codes = [card.code for card in book.cards]
    names = [name for card in book.cards for name in {card.code, *card.categories}]
    found = [] if OTHER in codes else [f"no card is called {OTHER}"]
    found += [f"two cards for {name}" for name in sorted({name for name in names if names.count(name) > 1})]
    if book.valid_from.tzinfo is None:
        found.append("valid_from has no time zone")
    said = [statement.code for statement in book.statements]
    found += [f"two statements are called {code}" for code in sorted({code for code in said if said.count(code) > 1})]
    for statement in book.statements:
        unknown = {*statement.bars, *statement.bars_with_photos} - set(rejections)
        found += [f"{statement.code} bars the unknown rejection {reason}" for reason in sorted(unknown)]
        found += [f"{statement.code} is about the unknown card {card}" for card in statement.cards if card not in codes]
        if (statement.bars or statement.bars_with_photos) and statement.force is not Force.BLOCK:
            found.append(f"{statement.code} bars rejections and is no block")
        if statement.valid_from and statement.valid_to and statement.valid_to < statement.valid_from:
            found.append(f"{statement.code} ends before it begins")
    return found
