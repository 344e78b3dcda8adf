"""The warehouse's day by keyboard alone, and without scripts: a scanner, digits and Enter; a photo comes from the camera."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from backhaul.partner.rules.words import GateStatus, InspectionStatus, Mark, Status
from tests.partner.cast import moscow
from tests.partner.house import ID, PASSWORD, House, opened, picture
from tests.web.by_keyboard import Hands

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("stations")
    with opened(f"sqlite:///{folder / 'partner.db'}", folder) as house:
        for number in (ID, ID + 1):
            defect = {"reason": "defective", "reason_group": "defect"}
            house.expects(return_id=number, return_number=f"R-{number}", seal=f"S-{number}", sku=number, **defect)
        house.clock.turn_to(moscow("2024-10-03 09:00"))
        yield house


def scan(page: Page, code: str) -> None:
    """As a keyboard wedge does it: characters and Enter into whatever has the focus."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def sign_in(page: Page, house: House, login: str) -> None:
    page.goto(f"{house.url}/sign-in?lang=en")
    page.focus("#login")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    scan(page, PASSWORD)
    page.wait_for_url(lambda url: "/sign-in" not in url)


def tab_to(page: Page, name: str) -> None:
    """On with Tab until the cursor is in a field; at every stop it is seen where it is."""
    hands = Hands(page).to(f"[name={name}]")
    assert [] == hands.faults


def heard(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.heard"))


def photo(name: str) -> FilePayload:
    return FilePayload(name=f"{name}.jpg", mimeType="image/jpeg", buffer=picture(name))


def check_at_the_gate(page: Page, house: House) -> None:
    """A number opens the form, digits answer it, Enter sends it."""
    scan(page, "1")
    expect(page.locator("form[action$='/check-gate'] input:focus")).to_have_count(1)
    page.keyboard.press("1")  # the label matches; the next question follows
    tab_to(page, "item_code")
    page.keyboard.type(str(ID))
    tab_to(page, "weight_gram")
    page.keyboard.type("350")
    page.locator("form[action$='/check-gate'] input[type=file]").set_input_files(photo("orange"))
    page.keyboard.press("Enter")
    expect(page.locator("#answer > b")).to_have_text("Checked at the gate")
    expect(page.locator("#answer a:has-text('Back to the queue')")).to_have_attribute("href", "/receiving/gate")
    assert (GateStatus.PASSED, "good") == (house.it().gate.status, heard(page))


def test_the_day_of_the_warehouse_goes_by_keyboard_alone(page: Page, house: House) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, house, "ruslan")
    page.goto(f"{house.url}/receiving?lang=en")
    scan(page, "XX-404")
    expect(page.locator("#answer")).to_contain_text("Unknown code")
    assert "bad" == heard(page)
    scan(page, f"R-{ID}")
    expect(page.locator("#answer")).to_contain_text("Received.")
    assert "good" == heard(page)
    scan(page, f"R-{ID}")
    expect(page.locator("#answer")).to_contain_text("It is here already.")
    assert "attention" == heard(page)

    page.goto(f"{house.url}/receiving/put-away?lang=en")
    scan(page, "LOC-A-01")
    expect(page.locator("#shelf")).to_have_text("A-01")
    scan(page, house.it().number)
    expect(page.locator("#answer > b")).to_contain_text("A-01")
    page.goto(f"{house.url}/receiving/gate?lang=en")
    scan(page, f"R-{ID}")
    expect(page.locator("#code")).to_be_focused()
    check_at_the_gate(page, house)
    expect(page.locator("#code")).to_be_focused()

    page.context.clear_cookies()
    sign_in(page, house, "vera")
    expect(page.locator("#next > b")).to_have_text("A-01")
    scan(page, "1")
    expect(page.locator("form[action$='/mark'] input:focus")).to_have_count(1)
    page.keyboard.press("2")  # the second of the marks
    tab_to(page, "defect")
    page.keyboard.type("Scratched housing")
    page.locator("form[action$='/mark'] input[type=file]").set_input_files([photo("red"), photo("green")])
    page.keyboard.press("Enter")
    expect(page.locator("#answer > b")).to_have_text("Inspected")
    assert (InspectionStatus.DONE, Mark.PARTIALLY_DAMAGED) == (house.it().inspection.status, house.it().inspection.mark)
    page.goto(f"{house.url}/inspections-today?lang=en")
    expect(page.locator("#own")).to_contain_text("You have marked 1 unit today.")
    page.locator("#own h2").click()
    page.keyboard.press("Escape")
    expect(page.locator("#code")).to_be_focused()
    assert [] == errors


def test_the_same_is_done_without_scripts(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, house, "ruslan")
    page.goto(f"{house.url}/receiving?lang=en")
    scan(page, f"R-{ID + 1}")
    expect(page.locator("#answer")).to_contain_text("Received.")
    page.goto(f"{house.url}/receiving/put-away?shelf=B-02&lang=en")
    scan(page, f"R-{ID + 1}")
    expect(page.locator("#answer > b")).to_contain_text("B-02")
    page.goto(f"{house.url}/receiving/shelves?age=0&lang=en")
    page.click(".shelf-map a:has-text('B-02')")
    expect(page.locator("#units")).to_contain_text(house.it(ID + 1).number)
    context.close()

    assert (Status.ARRIVED, "B-02") == (house.it(ID + 1).status, house.it(ID + 1).shelf)


def test_a_phone_takes_photos_one_after_the_other(browser: Browser, house: House) -> None:
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    page = context.new_page()
    sign_in(page, house, "ruslan")
    page.goto(f"{house.url}/parcels/{ID + 1}?lang=en#check-gate")
    for colour in ("red", "green"):
        with page.expect_file_chooser() as asked:
            page.locator("form[action$='/check-gate']").get_by_role("button", name="Take a photo").click()
        asked.value.set_files(photo(colour))
    expect(page.locator("form[action$='/check-gate'] .take .count")).to_have_text("2")
    taken = page.locator("form[action$='/check-gate'] input[name=photos]").evaluate("field => field.files.length")
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert (2, True) == (taken, wide <= 360)
