"""The marketplace's own help: Markdown files by language, their numbers taken from the terms in force, never typed (R11, R29).

A file is a Jinja text: `{{ answer_days|days }}` is a number of the policy, `{{ t("…") }}` a text of the catalogue, so that the
help says what the buttons say; `## Title {#name}` names a heading, so that a comment begins otherwise. Unknown names fail. HTML in a file is shown, not obeyed.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec
from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.kit.money import Money
from backhaul.marketplace import rule_texts, texts
from backhaul.marketplace.reason_names import name_of
from backhaul.marketplace.rules.catalogues import ReturnReasons
from backhaul.marketplace.rules.compensation import Quality, RateCard, quality, quote
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.rate_cards import bands
from backhaul.marketplace.rules.rule_cards import OTHER, book_at, card_of
from backhaul.marketplace.version_texts import price_band, weight_band

SLUGS = ("pick-up-returns", "return-requests", "return-reasons", "compensations", "partner-sign-up")
FENCE = "---\n"
EXAMPLE_WEIGHT_GRAM = 900
HEADING_NAME = re.compile(r"\s*\{#([a-z-]+)\}\s*$")
EXAMPLE_PRICE = Money(12_400_00)


class HelpPage(msgspec.Struct, frozen=True):
    """One page of help as it is shown."""

    slug: str
    title: str
    summary: str
    html: str = ""


def listed(language: str) -> list[HelpPage]:
    """All pages with their titles, in the order of reading."""
    return [HelpPage(slug, *_head(_source(slug, language))) for slug in SLUGS]


def drawn(slug: str, language: str, terms: Terms, at: datetime) -> HelpPage:
    """A page with the numbers in force."""
    source = _source(slug, language)
    body = source.split(FENCE, 2)[2]
    text = _environment(language).from_string(body).render(_numbers(terms) | _tables(terms, at, language))
    return HelpPage(slug, *_head(source), _html(text))


def _source(slug: str, language: str) -> str:
    return (files("backhaul.marketplace") / "help" / language / f"{slug}.md").read_text(encoding="utf-8")


def _head(source: str) -> tuple[str, str]:
    """Title and summary of the front matter."""
    lines = dict(line.split(": ", 1) for line in source.split(FENCE, 2)[1].splitlines())
    return lines["title"], lines["summary"]


@cache
def _environment(language: str) -> Environment:
    environment = Environment(autoescape=False, undefined=StrictUndefined, comment_start_string="<!--#")  # noqa: S701 -- Markdown: its HTML is shown as text
    environment.globals["t"] = lambda text: i18n.gettext(language, text)
    environment.filters["days"] = lambda n: i18n.length_of_time(n, "day", language)
    environment.filters["hours"] = lambda n: i18n.length_of_time(n, "hour", language)
    environment.filters["months"] = lambda n: i18n.length_of_time(n, "month", language)
    environment.filters["rub"] = lambda n: i18n.money(Money(n * 100), language)
    environment.filters["money"] = lambda amount: i18n.money(amount, language)
    environment.filters["kg"] = lambda gram: i18n.kilograms(gram, language)
    environment.filters["moment"] = lambda at: i18n.moment(at, language)
    environment.filters["day"] = lambda at: i18n.day(at, language)
    return environment


def _numbers(terms: Terms) -> dict[str, object]:
    """Every number of the policy by its name."""
    policy = msgspec.structs.asdict(terms.policy)
    return policy | {
        "moderation_free_until": datetime.fromisoformat(terms.policy.moderation_free_until),
        "premoderation_price": Money(terms.policy.premoderation_price_minor),
        "moderation_price_version": terms.policy_version,
    }


def _tables(terms: Terms, at: datetime, language: str) -> dict[str, object]:
    example = quote(terms.card, Quality.PROPER, EXAMPLE_WEIGHT_GRAM, EXAMPLE_PRICE)
    book = book_at(terms.rule_books, at)
    windows = card_of(book, OTHER).windows if book else None
    return {
        "rate_table": _rate_table(terms.card, language),
        "reason_table": _reason_table(terms.reasons, language),
        "rejection_list": "\n".join(f"- {name_of(entry, language)}" for entry in terms.rejections.active()),
        "window_table": _window_table(terms, at, language),
        "card_version": terms.card.version,
        "rules_version": book.version if book else "—",
        "example": example,
        "example_class": i18n.gettext(language, texts.QUALITY_LABELS[example.quality]),
        "edge_price": Money(terms.card.price_edges_minor[:2][-1]),
        "defect_days": windows.defect_days if windows else 0,
        "refusal_days": windows.refusal_days if windows else 0,
        "refusal_months": windows.refusal_months_unwritten if windows else 0,
    }


def _rate_table(card: RateCard, language: str) -> str:
    """The card in force, class by class, as it is published."""
    say = _sayer(language)
    prices = [price_band(low, high, language) for low, high in bands(card.price_edges_minor)]
    weights = [weight_band(low, high, language) for low, high in bands(card.weight_edges_gram)]
    titles = [
        say(N_("Product quality")),
        say(N_("Weight, kg")),
        *(f"{band} RUB" for band in prices),
    ]
    rows = [
        [say(texts.QUALITY_LABELS[quality]) if band == weights[0] else "", band, *(f"{rate} %" for rate in rates)]
        for quality, table in card.rates_pct.items()
        for band, rates in zip(weights, table, strict=True)
    ]
    return _table(titles, rows)


def _reason_table(reasons: ReturnReasons, language: str) -> str:
    """The catalogue: each reason with its group and the class that a compensation has by it."""
    say = _sayer(language)
    titles = [say(N_("Group")), say(N_("Reason")), say(N_("Counts as a defect")), say(N_("Class of the compensation"))]
    rows = []
    for reason in reasons.active():
        resolved = quality(reason.group, None, packaging_damaged=reason.code == "packaging_and_product_damaged")
        rows.append(
            [
                say(texts.REASON_GROUPS[reason.group]),
                name_of(reason, language),
                say(N_("Yes")) if reason.is_defect else say(N_("No")),
                say(texts.QUALITY_LABELS[resolved]) if resolved else "—",
            ]
        )
    return _table(titles, rows)


def _window_table(terms: Terms, at: datetime, language: str) -> str:
    """The windows of every card in force."""
    say = _sayer(language)
    book = book_at(terms.rule_books, at)
    if book is None:
        return say(N_("No rule is on file for this day."))
    titles = [
        say(N_("Goods")),
        say(N_("Proper quality, our terms")),
        say(N_("A fault, our terms")),
        say(N_("Refusal by the law")),
    ]

    def days(count: int) -> str:
        return i18n.length_of_time(count, "day", language) if count else "—"

    rows = [
        [say(rule_texts.CARD_LABELS.get(card.code, card.code)), days(card.windows.proper_days),
         days(card.windows.improper_days), days(card.windows.refusal_days)]
        for card in book.cards
    ]  # fmt: skip
    return _table(titles, rows)


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _sayer(language: str) -> Callable[[str], str]:
    return lambda text: i18n.gettext(language, text)


def _html(text: str) -> str:
    """Markdown as HTML: tables scroll on a phone, named headings can be linked to."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            _name_heading(opening, inline)
    html = str(markdown.renderer.render(tokens, markdown.options, {}))
    return html.replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")


def _name_heading(opening: Token, inline: Token) -> None:
    found = HEADING_NAME.search(inline.content)
    if found and inline.children:
        opening.attrSet("id", found[1])
        last = inline.children[-1]
        last.content = HEADING_NAME.sub("", last.content)
