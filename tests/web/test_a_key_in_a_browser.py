"""Settings, API keys in a real Chromium: generate, copy, "I saved it", the list, revoke. Also on a narrow screen."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.marketplace import errands
from backhaul.marketplace.rules.words import Role
from tests.marketplace.cast import LUMITEK, market, served

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    hashed = keys.hash_password(PASSWORD)

    def let_in(tx: Tx, _: datetime) -> None:
        errands.add_account(tx, "chen", hashed, Role.SELLER, str(LUMITEK), "Chen Wei", "en", owner=True)

    with market(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path) as opened:
        opened.errand(let_in)
        with served(opened) as address:
            yield address


def test_a_key_is_generated_copied_saved_listed_and_revoked(page: Page, url: str) -> None:
    """J1.3, R36-R41."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{url}/sign-in")
    page.fill("#login", "chen")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"{url}/keys")
    page.click("text=Generate key")
    page.fill("#name", "IML prod")
    page.check("input[value=returns]")
    page.click("button:text-is('Generate')")

    shown = page.inner_text("#key")
    page.click("button[data-copy]")
    expect(page.locator("button[data-copy]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert shown == copied
    assert shown.startswith("bh_rw_")
    page.click("text=Continue")  # the browser asks for the check mark first
    assert page.url.endswith("/keys")
    assert page.is_visible("#key")
    page.check("text=I saved it")
    page.click("text=Continue")

    expect(page.locator("td").first).to_contain_text(f"IML prod…{shown[-4:]}")
    assert shown not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
    page.click("summary:text-is('Revoke')")
    page.click("button:text-is('Revoke this key')")
    expect(page.locator(".badge").first).to_have_text("Revoked")
