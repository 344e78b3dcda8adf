"""A moderator goes through a queue by keys alone, in a real Chromium: j and k from row to row, Enter into the request."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import Market, market, served
from tests.web.company import PASSWORD, let_in
from tests.web.test_staff_pages import moderated

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market(f"sqlite:///{tmp_path / 'marketplace.db'}", tmp_path) as opened:
        opened.errand(let_in)
        moderated(opened)
        yield opened


def test_j_and_k_go_through_the_rows_and_enter_opens_one(page: Page, shop: Market) -> None:
    first, second = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW)
    with served(shop) as url:
        page.goto(f"{url}/sign-in?lang=en")
        page.fill("#login", "nadia")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Moderation")
        expect(page.get_by_text("next and previous row")).to_be_visible()
        page.keyboard.press("k")
        expect(page.get_by_role("link", name=f"R-{first}")).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.get_by_role("link", name=f"R-{second}")).to_be_focused()
        page.get_by_text("Filters").press("Enter")
        page.get_by_label("Seller number").press("k")
        expect(page.get_by_label("Seller number")).to_be_focused()  # in a field a letter is a letter
        page.get_by_role("link", name=f"R-{second}").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/returns/{second}")
