"""What leaves the warehouse, by keyboard alone: a unit is destroyed and its certificate opened, another packed and sent; a seller decides."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import Decision, DisposalStatus, Status
from tests.partner.cast import moscow
from tests.partner.freight import by_weight, waiting
from tests.partner.house import CHEN, ID, PASSWORD, House, opened, picture
from tests.web.by_keyboard import Hands

pytestmark = pytest.mark.browser
PACKED, DESTROYED, UNDECIDED = ID, ID + 1, ID + 2
PHOTO = FilePayload(name="after.jpg", mimeType="image/jpeg", buffer=picture("black"))
SIZES = (("length_cm", "40"), ("width_cm", "30"), ("height_cm", "25"), ("weight_gram", "1400"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("leaving")
    with opened(f"sqlite:///{folder / 'partner.db'}", folder) as house:
        by_weight(house)
        waiting(house, 1)
        for number in (DESTROYED, UNDECIDED):
            house.expects(return_id=number, return_number=f"R-{number}", seal=f"S-{number}", sku=number)
            house.arrives("2024-10-04 10:00", parcel=number)
        house.gives(house.account(CHEN).by(), do.Decide("dispose"), DESTROYED)
        house.clock.turn_to(moscow("2024-10-05 12:00"))
        house.office.desk.sweep()
        yield house


def test_a_unit_is_destroyed_and_its_certificate_opened_without_a_mouse(page: Page, house: House) -> None:
    hands = Hands(page).sign_in(house.url, "ruslan", PASSWORD)
    page.goto(f"{house.url}/warehouse?queue=destroy")
    hands.scan(f"R-{DESTROYED}")
    page.wait_for_url("**/parcels/*")
    expect(page.locator("#code")).to_be_focused()
    hands.scan("1")  # the act that waits
    hands.to("form[action$='/start-disposal'] button").press("Enter")
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    hands.to("details:has(form[action$='/destroy']) > summary")
    if not page.locator("form[action$='/destroy']").is_visible():
        hands.press("Enter")
    hands.to("form[action$='/destroy'] [name=method]").type("Shredded and recycled")
    hands.to("form[action$='/destroy'] [name=witness]").type("N. Orlova")
    with page.expect_file_chooser() as asked:
        hands.to("form[action$='/destroy'] input[type=file]").press("Enter")
    asked.value.set_files(PHOTO)
    hands.to("form[action$='/destroy'] button[type=submit]").press("Enter")
    expect(page.locator("#answer")).to_contain_text("Disposal certificate")
    with page.context.expect_page() as opened_page:
        hands.scan("1")

    assert opened_page.value.url.endswith(f"/parcels/{DESTROYED}/certificate.pdf")
    assert DisposalStatus.DESTROYED is house.it(DESTROYED).disposal.status
    assert [] == hands.faults


def test_a_consignment_is_packed_closed_and_sent_without_a_mouse(page: Page, house: House) -> None:
    hands = Hands(page).sign_in(house.url, "ruslan", PASSWORD)
    page.goto(f"{house.url}/packing")
    hands.to("details.sure > summary").press("Enter")
    hands.to("[name=carrier]").type("Pearl Freight").press("Enter")
    page.wait_for_url("**/consignments/*", wait_until="load")
    expect(page.locator("#code")).to_be_focused()
    hands.scan(f"R-{PACKED}")
    expect(page.locator("#carton-1 tbody tr")).to_have_count(1)
    expect(page.locator("#code")).to_be_focused()
    for name, size in SIZES:
        hands.to(f"#carton-1 input[name={name}]").write(size)
    hands.press("Enter")
    expect(page.locator("#price .big")).to_have_text("115.00\xa0CNY")  # 40.00 + 12.50 x 6 kg of volume
    page.wait_for_load_state("load")
    hands.to("#price button").press("Enter")
    expect(page.locator("#dispatch-tracking")).to_be_visible()
    page.wait_for_load_state("load")
    hands.to("#dispatch-tracking").scan("PF-88002")
    expect(page.locator("#facts")).to_contain_text("PF-88002")

    assert Status.IN_WORK is house.it(PACKED).status
    assert [] == hands.faults


def test_a_seller_decides_at_the_partner_without_a_mouse(page: Page, house: House) -> None:
    hands = Hands(page).sign_in(house.url, CHEN, PASSWORD)
    hands.open(f"main a[href='/parcels/{UNDECIDED}']", f"/parcels/{UNDECIDED}$")
    hands.to("form[action$='/decide'] button").press("Enter")
    expect(page.locator("main [role=status]")).to_be_visible()

    assert Decision.NONE is not house.it(UNDECIDED).decision
    assert [] == hands.faults
