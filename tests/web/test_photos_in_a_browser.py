"""Photos of a return: beside each other, and one over the page, large and in turn; without scripts a link leads to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import IML, Market, market, served
from tests.web.company import let_in
from tests.web.test_shell import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def url(shop: Market) -> Iterator[str]:
    with served(shop) as address:
        yield address


def test_a_photo_is_looked_at_over_its_page_by_keyboard_and_without_scripts(
    shop: Market, page: Page, browser: Browser, url: str
) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.PARTIALLY_DAMAGED, 1, "", (shop.photo,)))
    complaints = sign_in(page, url, "chen")
    page.goto(f"{url}/returns/{return_id}")
    expect(page.locator("#photos figure")).to_have_count(2)
    count = page.locator("main .photos a").count()

    page.focus("#photos figure:nth-child(2) .photos a")
    page.keyboard.press("Enter")
    expect(page.locator("#zoom")).to_be_visible()
    expect(page.locator("#zoom .which")).to_contain_text(f"{count} / {count}")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#zoom .which")).to_contain_text(f"1 / {count}")
    page.keyboard.press("+")
    expect(page.locator("#zoom .near")).to_have_attribute("aria-pressed", "true")
    assert page.locator("#zoom img").bounding_box()["width"] > page.locator("#zoom .seen").bounding_box()["width"]  # type: ignore[index]
    page.keyboard.press("Escape")
    expect(page.locator("#zoom")).to_be_hidden()
    assert page.url == f"{url}/returns/{return_id}"
    assert page.evaluate("document.activeElement.matches('#photos figure:nth-child(2) .photos a')")
    assert complaints == []

    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, url, "chen")
    plain.goto(f"{url}/returns/{return_id}")
    plain.click("#photos .photos a >> nth=0")
    assert plain.url == f"{url}/photos/{return_id}/{shop.photo}"
    context.close()
