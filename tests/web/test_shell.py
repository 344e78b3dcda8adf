"""What stands around every page: places, partial updates, the menu of a phone, the page of the style."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import Market, market, served
from tests.web.company import PASSWORD, let_in

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path) as opened:
        opened.errand(let_in)
        opened.in_status(Status.SELLER_REVIEW)
        opened.in_status(Status.OFFER_SENT)
        yield opened


@pytest.fixture
def url(shop: Market) -> Iterator[str]:
    with served(shop) as address:
        yield address


def sign_in(page: Page, url: str, login: str) -> list[str]:
    """What the browser complains about from now on."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.goto(f"{url}/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    return complaints


def test_tabs_and_states_change_the_list_and_the_address_without_loading_the_page_anew(page: Page, url: str) -> None:
    complaints = sign_in(page, url, "elif")
    page.goto(f"{url}/returns")
    page.evaluate("window.same = true")
    page.click(".tabs a:nth-child(2)")
    expect(page.locator(".tabs a:nth-child(2)")).to_have_attribute("aria-current", "page")
    assert page.url == f"{url}/returns?tab=on_the_road"
    page.click(".tabs a:nth-child(1)")
    page.click(".chips a:nth-child(2)")
    expect(page.locator(".chips a:nth-child(2)")).to_have_attribute("aria-current", "true")
    assert page.evaluate("window.same") is True
    assert page.locator("main").count() == 1
    page.reload()
    expect(page.locator(".chips a:nth-child(2)")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator(".chips a:nth-child(1)")).to_have_attribute("aria-current", "true")
    assert complaints == []
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "R-" not in kept  # an address may stay in the browser, nobody's returns do
    assert "<" not in kept


def test_a_search_changes_the_list_and_the_address_says_what_counts_and_nothing_empty(page: Page, url: str) -> None:
    complaints = sign_in(page, url, "elif")
    page.evaluate("window.same = true")
    page.fill("#filter-q", "throw")
    page.click(".filter-line button")
    expect(page.locator(".set-filters")).to_contain_text("throw")
    assert page.url == f"{url}/to-decide?q=throw"
    page.click(".heat td a")
    expect(page.locator(".set-filters li")).to_have_count(5)
    assert page.evaluate("window.same") is True
    page.go_back()
    expect(page.locator(".set-filters li")).to_have_count(1)
    page.click(".set-filters a")
    expect(page.locator(".set-filters")).to_have_count(0)
    assert page.url == f"{url}/to-decide"
    assert complaints == []


def test_a_session_that_is_over_is_shown_as_the_whole_entrance(page: Page, url: str) -> None:
    sign_in(page, url, "elif")
    page.goto(f"{url}/returns")
    page.context.clear_cookies()
    page.click(".tabs a:nth-child(3)")
    expect(page.locator("[name=password]")).to_be_visible()
    assert page.locator("nav a[href='/keys']").count() == 0


def test_without_scripts_the_same_links_lead_to_the_same_pages(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url, "elif")
    page.goto(f"{url}/returns")
    page.click(".tabs a:nth-child(2)")
    assert page.url == f"{url}/returns?tab=on_the_road"
    page.set_viewport_size({"width": 390, "height": 800})
    page.click(".open-menu")  # a popover: the browser's own
    page.click("#menu a[href='/money']")
    assert page.url == f"{url}/money"
    page.click(".open-menu")
    page.select_option("#language", "tr")
    page.click(".languages button")
    assert page.get_attribute("html", "lang") == "tr"
    context.close()


def test_on_a_phone_few_places_stand_at_the_thumb_and_many_behind_a_button(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    complaints = sign_in(page, url, "irina")
    place = page.get_by_role("navigation", name="Main").get_by_role("link", name="My orders")
    box = place.bounding_box()
    assert box is not None
    assert box["y"] > 700
    assert box["height"] >= 44
    place.click()
    assert page.url == f"{url}/orders"
    page.context.clear_cookies()
    sign_in(page, url, "elif")
    expect(page.locator("#menu")).to_be_hidden()
    page.click(".open-menu")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert complaints == []


def test_the_page_of_the_style_shows_every_colour_in_use(page: Page, url: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(f"{url}/_style")
    shown = page.locator(".swatch").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert len(shown) >= 18
    assert "rgba(0, 0, 0, 0)" not in shown
    page.click("text=Dialog")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert complaints == []


def test_the_key_slash_leads_to_the_search_until_somebody_turns_it_off(page: Page, url: str) -> None:
    """A single key is no command for whoever dictates (WCAG 2.1.4): it can be turned off, and is a letter in every field."""
    complaints = sign_in(page, url, "marina")
    page.goto(f"{url}/support")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("R-100001")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/returns/100001")
    page.goto(f"{url}/search")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.locator("#q")).to_have_value("a/b")
    page.uncheck("[data-slash]")
    page.goto(f"{url}/support")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#find")).not_to_be_focused()
    assert complaints == []
