"""A day at the warehouse in Chromium: 20 parcels are scanned, checked, inspected with photos, stored; some leave together, one is destroyed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from backhaul.partner.rules import commands as do
from backhaul.partner.rules.words import DisposalStatus, GateStatus, InspectionStatus, Mark, Status
from tests.partner.cast import moscow
from tests.partner.freight import by_weight
from tests.partner.house import CHEN, ID, PASSWORD, House, opened, picture

pytestmark = pytest.mark.browser
COUNT = 20
DEFECTIVE, DESTROYED = (ID, ID + 1), ID + 2
SHIPPED = (ID + 3, ID + 4, ID + 5)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(f"sqlite:///{tmp_path / 'partner.db'}", tmp_path) as house:
        by_weight(house)
        for number in range(ID, ID + COUNT):
            reason = {"reason": "defective", "reason_group": "defect"} if number in DEFECTIVE else {}
            house.expects(return_id=number, return_number=f"R-{number}", seal=f"S-{number}", sku=number, **reason)
        house.clock.turn_to(moscow("2024-10-03 09:00"))
        yield house


def enter(page: Page, house: House, login: str) -> None:
    page.goto(f"{house.url}/sign-in?lang=en")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def scan(page: Page, code: str) -> None:
    """As a keyboard wedge does it: letters, then Enter, wherever the cursor is."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def photo(name: str) -> FilePayload:
    return FilePayload(name=f"{name}.jpg", mimeType="image/jpeg", buffer=picture(name))


def form_of(page: Page, word: str) -> Locator:
    """The form of an act, opened by its headline when it is closed."""
    form = page.locator(f"form[action$='/{word}']")
    form.wait_for(state="attached")
    around = page.locator("details.act", has=form)
    if around.count() and around.get_attribute("open") is None:
        around.locator("summary").click()
    return form


def checked_at_the_gate(page: Page, house: House, parcel: int) -> None:
    """Scan the unit on the gate's page, weigh it, scan the product, photograph the outside."""
    page.goto(f"{house.url}/receiving/gate?lang=en")
    scan(page, f"R-{parcel}")
    form = form_of(page, "check-gate")
    form.locator("[name=item_code]").fill(str(parcel))
    form.locator("[name=weight_gram]").fill("350")
    for name in ("label_matches", "packaging_intact", "seal_intact"):
        choice = form.locator(f"[name={name}][value=yes]")
        if choice.count():
            choice.check()
    form.locator("input[type=file]").set_input_files(photo("orange"))
    form.locator("button[type=submit]").click()
    assert GateStatus.PASSED is house.it(parcel).gate.status


def receive_and_store(page: Page, house: House) -> None:
    """Twenty scans at the dock, two shelves, and the gate check of what will leave."""
    enter(page, house, "ruslan")
    page.goto(f"{house.url}/receiving?lang=en")
    for parcel in range(ID, ID + COUNT):
        scan(page, f"R-{parcel}")
        expect(page.locator("#answer > b")).to_have_text(house.it(parcel).number)
    assert {Status.ARRIVED} == {house.it(parcel).status for parcel in range(ID, ID + COUNT)}
    page.goto(f"{house.url}/receiving/put-away?lang=en")
    for shelf, first in (("A-01", ID), ("A-02", ID + 10)):
        scan(page, f"LOC-{shelf}")
        expect(page.locator("#answer, #shelf").last).to_contain_text(shelf)
        for parcel in range(first, first + 10):
            scan(page, house.it(parcel).number)
            expect(page.locator("#answer, #shelf").last).to_contain_text(house.it(parcel).number)
    assert [10, 10] == [sum(house.it(n).shelf == s for n in range(ID, ID + COUNT)) for s in ("A-01", "A-02")]
    for parcel in (*DEFECTIVE, DESTROYED, *SHIPPED):
        checked_at_the_gate(page, house, parcel)
    page.click("text=Sign out")


def inspect(page: Page, house: House) -> None:
    """Two units whose reason demands it, each with two photos."""
    enter(page, house, "vera")
    for parcel, mark in zip(DEFECTIVE, (Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED), strict=True):
        page.goto(f"{house.url}/warehouse?queue=inspect&lang=en")
        scan(page, f"R-{parcel}")
        form = form_of(page, "mark")
        form.locator(f"label:has([value={mark}])").click()
        form.locator("[name=defect]").fill("Scratched housing")
        form.locator("input[type=file]").set_input_files([photo("red"), photo("green")])
        form.locator("button[type=submit]").click()
        expect(page.locator("#inspection")).to_contain_text("Scratched housing")
        assert (InspectionStatus.DONE, mark, 2) == (
            house.it(parcel).inspection.status, house.it(parcel).inspection.mark, len(house.it(parcel).inspection.photos),
        )  # fmt: skip
    page.click("text=Sign out")


def decide(house: House) -> None:
    """Chen has one destroyed and three shipped; the two hours to undo go by."""
    chen = house.account(CHEN).by()
    house.gives(chen, do.Decide("dispose"), DESTROYED)
    for parcel in SHIPPED:
        house.gives(chen, do.Decide("ship_hk", house.hong_kong), parcel)
    house.clock.turn_to(moscow("2024-10-03 15:00"))
    house.office.desk.sweep()


def destroy(page: Page, house: House) -> None:
    """Off the shelf, and the certificate."""
    enter(page, house, "ruslan")
    page.goto(f"{house.url}/warehouse?queue=destroy&lang=en")
    scan(page, f"R-{DESTROYED}")
    form_of(page, "start-disposal").locator("button[type=submit]").click()
    form = form_of(page, "destroy")
    form.locator("[name=method]").fill("Shredded and recycled")
    form.locator("[name=witness]").fill("N. Orlova")
    form.locator("input[type=file]").set_input_files(photo("black"))
    form.locator("button[type=submit]").click()
    expect(page.locator("#facts")).to_contain_text("Shredded and recycled")
    assert (Status.DISPOSED, DisposalStatus.DESTROYED) == (
        house.it(DESTROYED).status,
        house.it(DESTROYED).disposal.status,
    )


def ship(page: Page, house: House) -> None:
    """Three units into one carton, its price, the carrier."""
    page.goto(f"{house.url}/packing?lang=en")
    page.click("text=Open a consignment from these")
    page.fill("input[name=carrier]", "Pearl Freight")
    page.click("button:text-is('Open')")
    page.wait_for_url("**/consignments/*", wait_until="load")
    expect(page.locator("#code")).to_be_focused()
    for parcel in SHIPPED:
        scan(page, f"R-{parcel}")
    expect(page.locator("#carton-1 tbody tr")).to_have_count(3)
    for name, size in (("length_cm", "40"), ("width_cm", "30"), ("height_cm", "25"), ("weight_gram", "1400")):
        page.locator(f"#carton-1 input[name={name}]").fill(size)
    page.locator("#carton-1 button:text-is('Save the measures')").click()
    expect(page.locator("#price .big")).to_have_text("115.00\xa0CNY")  # 40.00 + 12.50 x 6 kg of volume
    page.click("#price button")
    page.fill("#dispatch-tracking", "PF-88002")
    page.click("#dispatch button")
    expect(page.locator("main")).to_contain_text("PF-88002")
    assert {Status.IN_WORK} == {house.it(parcel).status for parcel in SHIPPED}


def test_twenty_parcels_come_and_what_is_decided_leaves(page: Page, house: House) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    receive_and_store(page, house)
    inspect(page, house)
    decide(house)
    destroy(page, house)
    ship(page, house)

    assert [] == errors
