"""The seller's overview in a browser: named pictures, a period that the address keeps, nothing that scrolls sideways on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.marketplace.cast import Market, market, served
from tests.marketplace.test_metrics import happened
from tests.web.company import let_in
from tests.web.test_shell import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    with market(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path) as opened:
        opened.errand(let_in)
        happened(opened)
        yield opened


def test_the_overview_is_drawn_and_keeps_its_period_in_the_address(page: Page, shop: Market) -> None:
    with served(shop) as url:
        page.set_viewport_size({"width": 360, "height": 780})
        complaints = sign_in(page, url, "elif")
        page.goto(f"{url}/overview")
        page.evaluate("window.same = true")
        page.click("a[href='/overview?months=12']")
        expect(page).to_have_url(f"{url}/overview?months=12")
        expect(page.get_by_role("img", name="What became of the refunds, by month")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        with page.expect_download() as coming:
            page.click("a[href='/overview/money.csv?months=12']")

        assert 360 == wide
        assert "money-12.csv" == coming.value.suggested_filename
        assert page.evaluate("window.same") is True
        assert [] == complaints
