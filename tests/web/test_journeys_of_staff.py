"""The main way of each of the marketplace's staff and of a supervisor at the partner, in Chromium, in English."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace.rules.words import Status
from backhaul.partner import errands
from backhaul.partner.rules.policy import Policy
from tests.marketplace.cast import Market, market, served
from tests.partner.house import CHEN, House, opened
from tests.partner.house import PASSWORD as PARTNERS_PASSWORD
from tests.web.company import PASSWORD, let_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str]]:
    folder: Path = tmp_path_factory.mktemp("staff")
    with market(f"sqlite:///{folder / 'shop.db'}", folder) as shop:
        shop.errand(let_in)
        with served(shop) as url:
            yield shop, url


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("supervisor")
    with opened(f"sqlite:///{folder / 'partner.db'}", folder) as house:
        yield house


def sign_in(page: Page, url: str, login: str, password: str = PASSWORD) -> list[str]:
    """What the browser complains about from now on."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.goto(f"{url}/sign-in?lang=en")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("main button")
    page.wait_for_url(lambda address: "/sign-in" not in address)
    return complaints


def test_a_moderator_decides_a_dispute_from_the_queue(page: Page, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    it = shop.now_is(shop.in_status(Status.DISPUTE))
    complaints = sign_in(page, url, "nadia")
    page.click(f"main a:has-text('{it.number}')")
    form = page.locator("form[action$='/decide-dispute']")
    form.locator("input[value=yes]").check()
    form.locator("textarea").fill("The photos show no wear: the soles are clean.")
    form.locator("button[type=submit]").click()
    expect(page.locator("main [role=status]")).to_be_visible()

    assert Status.DISPUTE is not shop.now_is(it.id).status
    assert [] == complaints


def test_support_finds_a_return_and_publishes_a_number_of_the_policy(page: Page, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    it = shop.now_is(shop.in_status(Status.SELLER_REVIEW))
    complaints = sign_in(page, url, "marina")
    page.fill("form[role=search] input", it.number)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(it.number)
    page.goto(f"{url}/support/policy")
    page.fill("[name=draft_days]", "5")
    page.fill("[name=valid_from]", "2024-10-01T00:00")
    page.fill("[name=why]", "Customers ask for more time to finish.")
    page.click("form.terms button[type=submit]")
    expect(page.locator("main table")).to_contain_text("draft_days")
    page.click("button:has-text('Publish this version')")
    expect(page.locator("#versions")).to_contain_text("Customers ask for more time to finish.")

    assert [] == complaints


def test_a_supervisor_confirms_an_address_that_a_seller_entered(page: Page, warehouse: House) -> None:
    address, chen = ("HK", "Hong Kong", "Queens Road 7", "Mr Wong"), warehouse.account(CHEN)
    warehouse.errand(lambda tx, at: errands.add_destination(tx, chen, address, Policy(), at))
    complaints = sign_in(page, warehouse.url, "sonia", PARTNERS_PASSWORD)
    page.goto(f"{warehouse.url}/addresses")
    row = page.locator("tr, li, .card").filter(has_text="Queens Road 7").last
    row.locator("button").click()
    expect(page.locator("main [role=status]")).to_have_text("Saved.")

    assert [] == complaints
