"""A shift at the dock in Chromium: a keyboard-wedge scanner types and presses Enter, and nobody touches the mouse in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.partner.rules.words import GateStatus, Status
from tests.partner.house import ID, PASSWORD, House, opened

pytestmark = pytest.mark.browser


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(f"sqlite:///{tmp_path / 'house.db'}", tmp_path) as house:
        for n in range(3):
            house.expects(return_id=ID + n, return_number=f"R-{ID + n}", seal=f"S-{n}")
        yield house


def scan(page: Page, code: str) -> None:
    """As a wedge does it: characters and Enter into whatever has the focus."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_parcels_are_received_labelled_and_put_away_by_scanning(page: Page, house: House) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{house.url}/sign-in?lang=en")
    page.fill("#login", "ruslan")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"{house.url}/receiving?lang=en")

    for n, code in enumerate((f"R-{ID}", f"К-{ID + 1}", "s-2")):  # the second with the machine typing Russian
        scan(page, code)
        expect(page.locator("#answer")).to_contain_text("Received.")
        expect(page.locator("#answer > b")).to_have_text(house.it(ID + n).number)
        expect(page.locator("#code")).to_be_focused()
    assert [(Status.ARRIVED, GateStatus.DUE)] * 3 == [
        (house.it(ID + n).status, house.it(ID + n).gate.status) for n in range(3)
    ]
    scan(page, "XX-404")
    expect(page.locator("#answer")).to_contain_text("Unknown code")
    scan(page, f"R-{ID}")
    expect(page.locator("#answer")).to_contain_text("It is here already.")

    with page.expect_download() as printing:
        page.locator("#answer").get_by_role("button", name="ZPL").click()
    assert printing.value.suggested_filename == f"{house.it().number}.zpl"
    assert "^BCN,76,N,N,N^FD" + house.it().number in printing.value.path().read_text()
    assert 1 == house.it().labels_printed
    page.bring_to_front()
    expect(page.locator("#code")).to_be_focused()

    page.get_by_role("link", name="Put away").click()
    expect(page.locator("#code")).to_be_focused()
    for code in ("LOC-B-01", house.it(ID).number, house.it(ID + 1).number, "LOC-B-02", house.it(ID + 2).number):
        scan(page, code)
        expect(page.locator("#answer, #shelf").last).to_contain_text(code.removeprefix("LOC-"))
    assert ["B-01", "B-01", "B-02"] == [house.it(ID + n).shelf for n in range(3)]
    page.set_viewport_size({"width": 390, "height": 780})
    for path in ("/receiving", "/receiving/put-away", "/receiving/orphans", "/receiving/expected", "/receiving/gate"):
        page.goto(house.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [] == errors
