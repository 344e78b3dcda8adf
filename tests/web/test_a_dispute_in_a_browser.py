"""A seller disputes a line of an invoice in a real Chromium on a narrow screen, and the supervisor credits it on a wide one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.partner.rules import commands as do
from tests.partner.cast import moscow
from tests.partner.house import CHEN, PASSWORD, House, opened

REASON = "The photos came two working days after they were promised."
pytestmark = pytest.mark.browser


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(f"sqlite:///{tmp_path / 'partner.db'}", tmp_path) as house:
        house.expects()
        house.arrives()
        house.gives(house.account(CHEN).by(), do.OrderMedia())
        house.clock.turn_to(moscow("2024-11-01 00:00"))
        while house.office.tick():
            pass
        yield house


def sign_in(page: Page, house: House, login: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{house.url}/sign-in?lang=en")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button")


def wide(page: Page) -> bool:
    """Whether something sticks out of the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_a_line_is_disputed_and_credited(page: Page, house: House) -> None:
    """J14."""
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, house, CHEN)
    page.goto(f"{house.url}/statement?month=2024-10&lang=en")
    expect(page.locator("tbody tr")).to_have_count(2)
    assert not wide(page)
    page.goto(f"{house.url}/invoices?lang=en")
    assert not wide(page)
    page.click("text=INV-000001")
    assert not wide(page)
    row = page.locator("tr", has_text="Photo set")
    row.get_by_text("Dispute this line").click()
    row.locator("textarea").fill("Too late.")
    row.get_by_role("button", name="Send the dispute").click()
    expect(page.get_by_role("alert")).to_contain_text("Explain in at least 30 characters.")
    row.locator("textarea").fill(REASON)  # the form is open again, with what was typed
    row.get_by_role("button", name="Send the dispute").click()
    expect(row).to_contain_text("Waits for a decision")

    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, house, "sonia")
    page.goto(f"{house.url}/billing?tab=disputes&lang=en")
    expect(page.locator("#dispute-1")).to_contain_text(REASON)
    page.locator("#dispute-1 summary", has_text="Issue the credit note").click()
    assert "5.00" == page.input_value("#credit-1-amount")
    page.fill("#credit-1-reason", REASON)
    page.locator("#dispute-1").get_by_role("button", name="Issue the credit note").click()
    expect(page.locator("main")).to_contain_text("No dispute waits.")
    page.goto(f"{house.url}/invoices/INV-000001?lang=en")
    expect(page.locator("#sums")).to_contain_text("Still open6.00 CNY")
