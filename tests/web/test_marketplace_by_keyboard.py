"""By keyboard alone at the marketplace, in Chromium: a seller looks, compares, decides one and several; a clerk's counter, by scanner and digits."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import IML, MUG, Market, market, served
from tests.web.by_keyboard import Hands
from tests.web.company import PASSWORD, let_in, picture

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str]]:
    folder: Path = tmp_path_factory.mktemp("keys")
    with market(f"sqlite:///{folder / 'shop.db'}", folder) as shop:
        shop.errand(let_in)
        with served(shop) as url:
            yield shop, url


def test_a_seller_opens_looks_and_rejects_without_a_mouse(page: Page, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    return_id = shop.in_status(Status.SELLER_REVIEW)
    hands = Hands(page).sign_in(url, "elif", PASSWORD)
    assert page.url == f"{url}/to-decide"

    hands.to(".skip").press("Enter")  # over the navigation
    hands.open(f'main a[href="/returns/{return_id}"]', f"/returns/{return_id}$")
    hands.to("main .photos a").press("Enter")
    expect(page.locator("#zoom")).to_be_visible()
    hands.to("#zoom .near").press("Enter")
    expect(page.locator("#zoom .near")).to_have_attribute("aria-pressed", "true")
    hands.press("Escape")
    expect(page.locator("#zoom")).to_be_hidden()
    assert hands.look("main .photos a")["found"]

    hands.to("details:has(#do-reject) > summary", "Shift+Tab").press("Enter")
    hands.to("#do-reject select").press("ArrowDown")
    hands.to("#do-reject textarea").type("Worn: the soles are scratched.")
    hands.to("#do-reject button").press("Enter")
    expect(page.locator("main [role=status]")).to_be_visible()
    assert Status.REJECTED is shop.now_is(return_id).status
    assert [] == hands.faults


def test_a_seller_decides_several_without_a_mouse(page: Page, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    chosen = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(2)]
    left = shop.in_status(Status.SELLER_REVIEW, MUG)
    hands = Hands(page).sign_in(url, "elif", PASSWORD)
    for return_id in chosen:
        hands.to(f"input[name=return_id][value='{return_id}']").press("Space")
    hands.open(".selection-bar button[value=approve]", "/returns/selected$")
    expect(page.locator("h1 + .lead")).to_contain_text("2 returns")
    hands.open("main form[action='/returns/selected/decide'] button", "/returns/selected/decide")
    expect(page.locator("main h2").first).to_have_text("Done: 2 returns")

    assert [Status.APPROVED, Status.APPROVED, Status.SELLER_REVIEW] == [
        shop.now_is(it).status for it in (*chosen, left)
    ]
    assert [] == hands.faults


def test_photos_of_the_point_and_of_the_warehouse_are_compared_without_a_mouse(
    page: Page, open_shop: tuple[Market, str]
) -> None:
    shop, url = open_shop
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.PARTIALLY_DAMAGED, 1, "", (shop.photo,)))
    hands = Hands(page).sign_in(url, "chen", PASSWORD)
    page.goto(f"{url}/returns/{return_id}")
    hands.to("#photos figure:nth-child(1) .photos a")
    hands.to("#photos figure:nth-child(2) .photos a").press("Enter", "ArrowRight", "Escape")

    assert hands.look("#photos figure:nth-child(2) .photos a")["found"]
    assert len(hands.round()) > 20
    hands.to("#language").press("ArrowDown")
    assert page.url == f"{url}/returns/{return_id}"  # looking through the languages changes nothing
    hands.to(".languages button").press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert [] == hands.faults


def test_a_clerk_checks_a_product_in_and_hands_it_over_without_a_mouse(
    page: Page, open_shop: tuple[Market, str]
) -> None:
    """Scan, digits for the answers, a photo from the camera by Enter; then the carrier."""
    shop, url = open_shop
    it = shop.now_is(shop.in_status(Status.AWAITING_DROPOFF))
    hands = Hands(page).sign_in(url, "oleg", PASSWORD)
    expect(page.locator("#number")).to_be_focused()
    hands.scan(it.number)
    page.wait_for_url(f"**/returns/{it.id}")
    expect(page.locator("#number")).to_be_focused()
    hands.scan("1")  # the checklist
    expect(page.locator("[name=same_product]:focus")).to_have_count(1)
    for answer in "1211":  # it is the product, not used, complete, in its packaging
        hands.look()
        hands.press(answer)
    for colour in ("indigo", "white"):
        with page.expect_file_chooser() as asked:
            hands.look("input[name=photos]")
            hands.press("Enter")
        asked.value.set_files(FilePayload(name="side.jpg", mimeType="image/jpeg", buffer=picture(colour)))
        hands.press("Tab")
    hands.to("form[action$='/check-in'] button[type=submit]").press("Enter")
    expect(page.locator("section.answer")).to_contain_text("The product is accepted")
    assert Status.ACCEPTED_AT_PVZ is shop.now_is(it.id).status

    hands.to("[name=carrier]").type("Linehaul South")
    hands.to("form[action$='/dispatch'] button[type=submit]").press("Enter")
    expect(page.locator("section.answer, main [role=status]").first).to_be_visible()
    assert Status.ACCEPTED_AT_PVZ is not shop.now_is(it.id).status
    assert [] == hands.faults


def test_nothing_that_sticks_to_an_edge_covers_the_focus(page: Page, open_shop: tuple[Market, str]) -> None:
    """WCAG 2.4.11 on a small screen: the bar of acts, the bar of the chosen, places at the thumb."""
    shop, url = open_shop
    rows = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(4)]
    page.set_viewport_size({"width": 360, "height": 640})
    hands = Hands(page).sign_in(url, "elif", PASSWORD)
    for path in ("/to-decide", f"/returns/{rows[0]}"):
        page.goto(url + path)
        assert len(hands.round()) > 15
    page.context.clear_cookies()
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    hands.sign_in(url, "oleg", PASSWORD)
    assert len(hands.round()) > 10

    assert [] == hands.faults
