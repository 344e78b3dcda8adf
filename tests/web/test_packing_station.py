"""The packing station in a real Chromium: a hand scanner types codes and Enter, quicker than any page; nothing else is touched."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from backhaul.partner.doors import SESSION_COOKIE
from tests.partner.cast import moscow
from tests.partner.freight import by_weight, waiting
from tests.partner.house import CHEN, ID, PASSWORD, House, opened

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(f"sqlite:///{tmp_path / 'partner.db'}", tmp_path) as house:
        yield house


def enter(page: Page, house: House, login: str) -> None:
    page.goto(f"{house.url}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button")


def scan(page: Page, code: str) -> None:
    """As a keyboard wedge does it: letters without a pause, then Enter, wherever the cursor is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def measure(page: Page, cartons: dict[int, tuple[str, ...]]) -> None:
    """Length, width, height and weight of each carton."""
    for carton, sizes in cartons.items():
        card = page.locator(f"#carton-{carton}")
        for name, size in zip(("length_cm", "width_cm", "height_cm", "weight_gram"), sizes, strict=True):
            card.locator(f"input[name={name}]").fill(size)
        card.locator("button:text-is('Save the measures')").click()


def sent_and_delivered(page: Page) -> None:
    """Labels, the carrier, and the proof."""
    page.click("#price button")
    expect(page.locator("#documents")).to_contain_text("PL-C-1001")
    page.fill("#dispatch-tracking", "PF-88001")
    page.click("#dispatch button")
    page.fill("#deliver-received_by", "Mr Wong")
    proof = FilePayload(name="pod.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF")
    page.set_input_files("#deliver-proof", files=proof)
    page.click("#deliver > form > button")
    expect(page.locator("#tracking")).to_contain_text("6 units delivered")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


def test_a_packer_scans_a_consolidation_closes_it_and_the_seller_follows_it(page: Page, house: House) -> None:
    """R91: six scans in a row, one of them twice, a wrong one, another carton by its label; measures, price, labels, delivery."""
    by_weight(house)
    ids = waiting(house, 6)
    house.clock.turn_to(moscow("2024-10-10 09:00"))  # the promise ended with the 9th
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page, house, "ruslan")
    page.goto(f"{house.url}/packing")
    expect(page.locator(f"#group-{house.hong_kong}")).to_contain_text("6 units")
    expect(page.locator(f"#group-{house.hong_kong}")).to_contain_text("Late")
    shot(page, "packing")
    page.click("text=Open a consignment from these")
    page.fill("input[name=carrier]", "Pearl Freight")
    page.click("button:text-is('Open')")
    page.wait_for_url("**/consignments/*", wait_until="load")
    expect(page.locator("#code")).to_be_focused()

    for parcel in (ids[0], ids[1], ids[1], ids[2], ids[3]):
        scan(page, f"R-{parcel}")
    expect(page.locator("#carton-1 tbody tr")).to_have_count(4)
    expect(page.locator("#station .notice")).to_have_text(f"{house.it(ids[3]).number} is in carton 1.")
    scan(page, "R-NOBODY")
    expect(page.locator("[role=alert]")).to_have_text("Nothing here carries the code R-NOBODY.")
    page.click("text=Begin another carton")
    expect(page.locator("#carton-2")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    scan(page, f"R-{ids[4]}")
    scan(page, "C-1001-1")
    scan(page, f"r-{ids[5]}")
    expect(page.locator("#carton-1 tbody tr")).to_have_count(5)
    expect(page.locator("#carton-2 tbody tr")).to_have_count(1)

    measure(page, {1: ("40", "30", "25", "3000"), 2: ("20", "20", "10", "500")})
    expect(page.locator("#price .big")).to_have_text("127.50\xa0CNY")  # 40.00 + 12.50 x (6 + 1)
    shot(page, "station")
    sent_and_delivered(page)
    shot(page, "delivered")

    page.click("text=Sign out")
    enter(page, house, CHEN)
    page.click("nav >> text=Consignments")
    shot(page, "consignments")
    page.click("text=C-1001")
    expect(page.locator("main")).to_contain_text("Proof of delivery")
    expect(page.locator("#price .big")).to_have_text("127.50\xa0CNY")
    assert page.locator("main form").count() == 0
    shot(page, "seller")
    page.goto(f"{house.url}/parcels/{ID}")
    expect(page.locator("#facts")).to_contain_text("Consignment C-1001")
    assert {"delivered"} == {house.it(parcel).status for parcel in ids}


def test_what_is_scanned_after_the_session_is_over_is_packed_after_signing_in_again(page: Page, house: House) -> None:
    by_weight(house)
    ids = waiting(house, 2)
    enter(page, house, "ruslan")
    page.goto(f"{house.url}/packing")
    page.click("text=Open a consignment from these")
    page.fill("input[name=carrier]", "Pearl Freight")
    page.click("button:text-is('Open')")
    page.wait_for_url("**/consignments/*", wait_until="load")
    page.context.clear_cookies(name=SESSION_COOKIE)
    scan(page, f"R-{ids[0]}")
    page.fill("#login", "ruslan")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.click("text=Send it now")

    expect(page.locator("#station .notice")).to_have_text(f"{house.it(ids[0]).number} is in carton 1.")
