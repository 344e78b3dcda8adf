"""Help in the product: five pages in four languages, open to everybody, with the numbers in force (deliver 10, R11, R29)."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from backhaul.cli import app as commands
from backhaul.kit import i18n
from backhaul.marketplace import errands, help_pages
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.policy import Policy
from tests.marketplace.cast import Market, moscow, served
from tests.web.company import PASSWORD
from tests.web.forms import Visit

SOURCES = Path(help_pages.__file__).parent / "help"
PAGES = {
    "pick-up-returns": "Returns to pick-up points",
    "return-requests": "Consideration of return requests",
    "return-reasons": "Return reasons",
    "compensations": "Compensations to sellers",
    "partner-sign-up": "How to sign up with the logistics partner",
}


@pytest.fixture
def visit(shop: Market) -> Iterator[Visit]:
    with served(shop) as url, Visit(url) as opened:
        yield opened


def built(html: str) -> tuple[list[str], Counter[str]]:
    """The skeleton of an article: its blocks in their order; links, bold words and codes in any, as languages go."""
    return re.findall(r"<(h2[^>]*|ul|ol|li|table|tr|td)>", html), Counter(
        re.findall(r"<(a href[^>]*|strong|code)>", html)
    )


def test_every_page_opens_without_a_sign_in_in_every_language(visit: Visit) -> None:
    for language in i18n.LANGUAGES:
        contents = visit.open(f"/help?lang={language}")
        assert 200 == contents.status
        assert set(PAGES) <= {link.rpartition("/")[2] for link in contents.page.links}
        for slug in PAGES:
            page = visit.open(f"/help/{slug}?lang={language}")
            assert 200 == page.status
            assert "{{" not in page.text
            assert "{#" not in page.text
            assert "**" not in page.text
            assert "&lt;" not in page.answer.text


def test_the_pages_have_the_titles_that_the_source_links() -> None:
    assert PAGES == {page.slug: page.title for page in help_pages.listed("en")}


@pytest.mark.parametrize("slug", PAGES)
def test_a_page_is_built_alike_in_every_language(shop: Market, slug: str) -> None:
    drawn = {
        language: help_pages.drawn(slug, language, shop.office.house.terms, shop.clock.now())
        for language in i18n.LANGUAGES
    }

    assert [built(drawn["en"].html)] * 4 == [built(page.html) for page in drawn.values()]
    assert 4 == len({page.title for page in drawn.values()})
    assert all(page.summary for page in drawn.values())


def test_there_is_no_page_that_is_not_listed() -> None:
    names = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.md")}

    assert {f"{language}/{slug}.md" for language in i18n.LANGUAGES for slug in PAGES} == names


def test_every_link_of_the_help_leads_somewhere(visit: Visit) -> None:
    """As a seller, who may open what the help names; a name behind # stands on its page."""
    visit.sign_in("elif", PASSWORD)
    links: set[str] = set()
    for language in i18n.LANGUAGES:
        for slug in ("", *PAGES):
            page = visit.open(f"/help/{slug}?lang={language}".replace("/?", "?"))
            links |= {link for link in page.page.links if link.startswith("/")}
    assert {"/keys", "/settings", "/help/compensations"} <= links
    for link in sorted(links):
        page = visit.open(link)
        assert 200 == page.status, link


def test_every_place_that_the_product_links_to_stands_in_the_help(visit: Visit) -> None:
    """The templates link to headings by name: /help/return-requests#reject."""
    pages = SOURCES.parent
    texts = [path.read_text(encoding="utf-8") for path in (*pages.rglob("*.html"), *pages.rglob("*.py"))]
    linked = {link for text in texts for link in re.findall(r'"(/help/[a-z-]+(?:#[a-z-]+)?)"', text)}
    for link in linked:
        slug, _, name = link.removeprefix("/help/").partition("#")
        assert 200 == visit.open(f"/help/{slug}").status
        if name:
            assert f'id="{name}"' in visit.answer.text, link
    assert {slug for slug in PAGES} == {link.removeprefix("/help/").partition("#")[0] for link in linked}  # noqa: C416


def test_an_unknown_page_is_missing(visit: Visit) -> None:
    assert 404 == visit.open("/help/secrets").status
    assert 404 == visit.open("/help/..%2Fen%2Fcompensations").status


def test_the_numbers_are_those_of_the_policy_in_force(shop: Market, visit: Visit) -> None:
    before = visit.open("/help/return-requests?lang=en").text
    policy = Policy(answer_days=4, offers_max=3, auto_refund_below_rub=2100, premoderation_price_minor=45_00)
    shop.errand(lambda tx, _: errands.put_terms(tx, "policy", "2", policy, moscow("2024-09-03 00:00")))
    shop.clock.turn_to(moscow("2024-09-03 12:00"))
    shop.office.tick()
    after = visit.open("/help/return-requests?lang=en").text

    assert "You have 3 days, counted" in before
    assert "1,800.00 RUB" in before
    assert "30.00 RUB" in before
    assert "You have 4 days, counted" in after
    assert "At most 3 offers" in after
    assert "2,100.00 RUB" in after
    assert "45.00 RUB" in after


def test_the_example_is_what_the_command_quotes_and_follows_the_card_in_force(shop: Market, visit: Visit) -> None:
    """The README's quote: proper, 0.9 kg, 12 400 RUB pay 3720.00."""
    said = CliRunner().invoke(commands, ["quote", "--class", "proper", "--weight-kg", "0.9", "--price-rub", "12400"])
    seed = visit.open("/help/compensations?lang=en").text
    rates = {q: tuple(tuple(rate // 2 for rate in row) for row in rows) for q, rows in SEED_CARD.rates_pct.items()}
    card = msgspec.structs.replace(SEED_CARD, version="half", rates_pct=rates)
    shop.errand(lambda tx, _: errands.put_terms(tx, "rate_card", "half", card, moscow("2024-09-03 00:00")))
    shop.clock.turn_to(moscow("2024-09-03 12:00"))
    shop.office.tick()
    half = visit.open("/help/compensations?lang=en").text

    assert said.stdout.startswith("3720.00")
    assert "12,400.00 RUB × 30 % = 3,720.00 RUB" in seed
    assert "12,400.00 RUB × 15 % = 1,860.00 RUB" in half
    assert "Card in force: half" in half


def test_the_rate_table_has_all_seventy_two_cells(shop: Market) -> None:
    html = help_pages.drawn("compensations", "en", shop.office.house.terms, shop.clock.now()).html
    cells = [int(cell) for cell in re.findall(r"<td>(\d+) %</td>", html)]

    assert (72, 388) == (len(cells), sum(cells))


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.md")), ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_the_words_are_our_own_and_numbers_are_never_typed(path: Path) -> None:
    """P2: no brand. A number before a unit of time, money or weight comes from the terms."""
    source = path.read_text(encoding="utf-8")

    assert None is re.search(r"ozon|\biml\b", source, re.IGNORECASE)
    assert [] == re.findall(r"\d+\s*(?:days?|hours?|RUB|kg|%|дн|час|руб|кг|天|小时|卢布|千克|gün|saat|ruble)", source)


@pytest.mark.parametrize("language", sorted(set(i18n.LANGUAGES) - {"en"}))
def test_what_the_help_calls_a_button_is_what_the_button_says(language: str) -> None:
    named = {
        text
        for path in (SOURCES / language).glob("*.md")
        for text in re.findall(r't\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    }
    unknown = {text for text in named if i18n.gettext(language, text) == text}

    assert len(named) >= 25
    assert set() == unknown
