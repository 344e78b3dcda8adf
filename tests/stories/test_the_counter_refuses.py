"""J5: the pick-up point refuses worn sneakers, the customer asks again, is rejected and disputes. Told by pages."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace import queries
from backhaul.marketplace.rules.returns import Return
from backhaul.world import World
from tests.stories.conftest import Raise
from tests.stories.telling import deliver, moscow
from tests.stories.test_dispose_and_compensate import ANADOLU, one_stage, press, sign_in
from tests.stories.test_ship_to_hong_kong import browse, pictures
from tests.web.forms import Entries, NoSuchFormError, Visit

__all__ = ["one_stage"]

REJECTION = "The soles are worn through, and that is no defect of the shoes.."
DISPUTE = "The sole came off on the second day, please look at the photos."
DECISION = "The photos show wear and tear of many weeks; the seller is right."
POINT = "77-0412"


def sneakers(world: World, posting: str = "70000005-0001-1", marking_code: str | None = None) -> None:
    """Sneakers for 9,400 roubles."""
    deliver(world, "Sneakers", 9_400, 900, seller=ANADOLU, posting=posting, marking_code=marking_code)


def found(world: World, return_id: int) -> Return:
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    return it


def come(world: World, login: str) -> Visit:
    return browse(world.stage.marketplace_web.url, login)


def asked(world: World, reason: str) -> int:
    """Irina sends a request for the one order that she can return, with three photos."""
    irina = come(world, "irina").open("/orders")
    [order] = [link for link in irina.page.links if link.startswith("/orders/")]
    irina.follow(order)
    irina.press(order, {"reason": reason, "comment": "See the photos.", "photos": pictures(world, 3)})
    return_id = int(irina.path.rsplit("/", 1)[-1])
    assert irina.press(f"/returns/{return_id}/submit").status == 200
    return return_id


def approved(world: World, reason: str) -> int:
    return_id = asked(world, reason)
    elif_ = come(world, "elif").open("/returns").follow(f"/returns/{return_id}")
    assert elif_.press(f"/returns/{return_id}/approve").status == 200
    irina = come(world, "irina").open("/my-returns").follow(f"/returns/{return_id}")
    assert irina.press(f"/returns/{return_id}/choose-point", {"point_id": POINT}).status == 200
    return return_id


def code_on_the_pass(world: World, return_id: int) -> str:
    """Irina opens her pass and reads its code."""
    irina = come(world, "irina").open(f"/returns/{return_id}").follow(f"/returns/{return_id}/pass")
    assert irina.status == 200
    [code] = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", irina.text)
    return str(code)


def checked(world: World, return_id: int, **answers: str) -> Visit:
    """Oleg scans the pass and fills in the checklist."""
    oleg = come(world, "oleg").open("/counter").press("/counter", {"number": code_on_the_pass(world, return_id)})
    assert oleg.path == f"/returns/{return_id}"
    checklist: Entries = {"same_product": "yes", "photos": pictures(world, 2), **answers}
    assert oleg.press(f"/returns/{return_id}/check-in", checklist).status == 200
    return oleg


def rejected(world: World) -> tuple[int, int]:
    """J5.1 and the first half of J5.2: refused on 15 September, asked again, rejected on the 17th; both ids."""
    world.stage.turn_to(moscow(9, 12, 10))
    sneakers(world)
    first = approved(world, "did_not_fit")
    world.stage.turn_to(moscow(9, 15, 12))
    oleg = checked(world, first, used="yes")
    assert "Not accepted" in oleg.text
    assert "The product was used, and the reason is fit or taste" in oleg.text
    assert "Give the product back" in oleg.text

    world.stage.turn_to(moscow(9, 16, 9))
    second = asked(world, "does_not_work")
    world.stage.turn_to(moscow(9, 17, 11))
    elif_ = come(world, "elif").open("/returns").follow(f"/returns/{second}")
    assert "Earlier requests of this order" in elif_.text
    assert "Did not fit · The product was used, and the reason is fit or taste" in elif_.text
    beside = [link for link in elif_.page.links if link.startswith(f"/photos/{first}/")]
    assert len(beside) == 5  # three of the customer and two of the point
    assert {elif_.client.get(link).status_code for link in beside} == {200}
    assert len(REJECTION) == 64
    answer: Entries = {"reason": "looks_used", "comment": REJECTION}
    assert elif_.press(f"/returns/{second}/reject", answer).status == 200
    return first, second


def test_worn_sneakers_are_refused_and_the_dispute_is_decided_for_the_seller(raise_curtain: Raise) -> None:
    """J5.1, J5.2, R54, R55, P4: disputed on day 4 of 5, decided on day 2 of 3."""
    world = raise_curtain(moscow(9, 11, 10))
    first, second = rejected(world)
    refused = found(world, first)
    assert (refused.status, refused.refused_because) == ("refused_at_pvz", "used_and_reason_fit_or_dislike")
    assert refused.turned_away is not None
    assert len(refused.turned_away.photos) == 2
    assert refused.refund.status == "none"
    irina = come(world, "irina").open(f"/returns/{first}")
    assert "Not accepted at the pick-up point" in irina.text
    assert irina.open(f"/returns/{first}/pass").status == 409

    world.stage.turn_to(moscow(9, 21, 20))
    irina.open("/my-returns").follow(f"/returns/{second}")
    assert REJECTION in irina.text
    assert irina.press(f"/returns/{second}/open-dispute", {"comment": DISPUTE}).status == 200
    world.stage.turn_to(moscow(9, 23, 12))
    anna = come(world, "anna").open("/moderation").follow(f"/returns/{second}")
    assert "The product was used, and the reason is fit or taste" in anna.text
    decision: Entries = {"for_customer": "no", "comment": DECISION}
    assert anna.press(f"/returns/{second}/decide-dispute", decision).status == 200

    assert (found(world, second).status, found(world, second).dispute_answer) == ("rejected", DECISION)
    assert DECISION in irina.open(f"/returns/{second}").text
    assert not irina.offers(f"/returns/{second}/open-dispute")
    assert found(world, second).refund.status == "none"


def test_a_dispute_on_the_sixth_day_is_refused(raise_curtain: Raise) -> None:
    """J5, P4: the fifth day counts to its last second; a form that was open then is refused a second later."""
    world = raise_curtain(moscow(9, 11, 10))
    _, second = rejected(world)
    world.stage.turn_to(moscow(9, 22, 23, 59, 59))
    irina = come(world, "irina").open(f"/returns/{second}")
    assert irina.offers(f"/returns/{second}/open-dispute")
    world.stage.turn_to(moscow(9, 23))
    irina.press(f"/returns/{second}/open-dispute", {"comment": DISPUTE})

    assert irina.status == 409
    assert "Too late" in irina.text
    assert not irina.open(f"/returns/{second}").offers(f"/returns/{second}/open-dispute")
    assert found(world, second).status == "rejected"


@pytest.mark.parametrize(
    ("reason", "used", "says"),
    [
        ("external_defects", "yes", "The reason is not taste: a used product is taken in."),
        ("wrong_item", "no", "Compare with the customer’s photos, not with the product card"),
    ],
    ids=["J5.3", "J5.4"],
)
def test_the_mirror_cases_are_accepted(raise_curtain: Raise, reason: str, used: str, says: str) -> None:
    """J5.3: worn, but the reason is a defect. J5.4: blue instead of black, as the customer's photos show."""
    world = raise_curtain(moscow(9, 11, 10))
    sneakers(world)
    return_id = approved(world, reason)
    world.stage.turn_to(moscow(9, 15, 12))
    oleg = come(world, "oleg").open(f"/returns/{return_id}")
    assert says in oleg.text
    oleg = checked(world, return_id, used=used)

    assert "The product is accepted" in oleg.text
    assert "9,400.00 RUB are sent on 16 Sep 2024, 12:00 Moscow time." in oleg.text
    assert found(world, return_id).status == "accepted_at_pvz"
    assert found(world, return_id).refund.status == "held"


def test_a_product_that_cannot_be_checked_is_taken_in_and_inspected(raise_curtain: Raise) -> None:
    """P7: the fourth outcome; the page says what it means before the button and after it."""
    world = raise_curtain(moscow(9, 11, 10))
    sneakers(world)
    return_id = approved(world, "did_not_fit")
    oleg = come(world, "oleg").open(f"/returns/{return_id}")
    assert "the inspection is certain, and changed contents are at the expense of the marketplace" in oleg.text
    oleg.send(oleg.form(f"/returns/{return_id}/check-in", checked="no"))

    assert "It was taken in without a check" in oleg.text
    check = found(world, return_id).check
    assert check is not None
    assert not check.checked


def test_another_customer_has_no_pass_and_an_expired_one_opens_nothing(raise_curtain: Raise) -> None:
    """P6: five days; the code still leads the clerk to the answer, which is no."""
    world = raise_curtain(moscow(9, 11, 10))
    sneakers(world)
    return_id = approved(world, "did_not_fit")
    code = code_on_the_pass(world, return_id)
    for path in ("pass", "pass.svg", "pass.pdf"):
        assert come(world, "pavel").open(f"/returns/{return_id}/{path}").status == 404
        assert come(world, "irina").open(f"/returns/{return_id}/{path}").status == 200
    world.stage.turn_to(moscow(9, 17))
    oleg = come(world, "oleg").open("/counter").press("/counter", {"number": code})

    assert come(world, "irina").open(f"/returns/{return_id}/pass").status == 409
    assert "Too late" in oleg.text
    with pytest.raises(NoSuchFormError):
        oleg.form(f"/returns/{return_id}/check-in")


# -- The clerk, in a browser ------------------------------------------------------------------------------------------

CODE = "010460123456789021abcDEF1234567"
# What a browser with a camera has and this one lacks: a picture and a reader of codes.
CAMERA = """
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement("canvas");
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, Math.random() * 99, 99), 40);
  return canvas.captureStream();
};
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code", "data_matrix"]; }
  async detect() { return [{ rawValue: "%s" }]; }
};
"""


@pytest.mark.browser
def test_a_clerk_works_with_scanner_and_camera_in_a_browser(page: Page, one_stage: World, tmp_path: Path) -> None:
    """J5.1 in Chromium: the hand scanner types the pass and Enter, photos are attached, the answer stands in big words."""
    world = one_stage
    world.stage.turn_to(moscow(9, 12, 10))
    sneakers(world, marking_code=CODE)
    return_id = approved(world, "did_not_fit")
    code = code_on_the_pass(world, return_id)
    photos = []
    for n, picture in enumerate(pictures(world, 2)):
        photos.append(tmp_path / f"photo-{n}.jpg")
        photos[-1].write_bytes(picture)
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    sign_in(page, world, "oleg")
    page.wait_for_url("**/counter")
    expect(page.locator("#number")).to_be_focused()
    expect(page.get_by_role("button", name="Scan with the camera")).to_be_hidden()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/returns/{return_id}")

    form = page.locator("form[action$='/check-in']").first
    form.locator("[name=same_product][value=yes]").check()
    form.locator("[name=used][value=yes]").check()
    form.locator("[name=marking_code]").focus()
    page.keyboard.type(CODE)
    page.keyboard.press("Enter")  # the scanner's; the checklist is not sent yet
    expect(form.locator("[name=marking_unreadable]")).to_be_focused()
    for n, photo in enumerate(photos):
        form.locator("input[type=file]").nth(n).set_input_files(photo)
    with page.expect_navigation():
        form.get_by_role("button", name="Finish the check").click()

    expect(page.locator(".answer")).to_contain_text("Not accepted")
    expect(page.locator(".answer")).to_contain_text("The product was used")
    assert (found(world, return_id).status, errors) == ("refused_at_pvz", [])

    page.add_init_script(CAMERA % code)
    page.goto(f"{world.stage.marketplace_web.url}/counter")
    page.get_by_role("button", name="Scan with the camera").click()
    page.wait_for_url(f"**/returns/{return_id}")
    assert errors == []


@pytest.mark.browser
def test_a_hand_over_of_many_is_clicked_in_a_browser(page: Page, one_stage: World) -> None:
    """R56: everything that waits goes with one waybill; the act is there to be printed."""
    world = one_stage
    world.stage.turn_to(moscow(9, 12, 10))
    ids = []
    for n in (1, 2):
        sneakers(world, posting=f"7000001{n}-0001-1")
        ids.append(approved(world, "external_defects"))
        checked(world, ids[-1], used="no", seal=f"S-{n}")
    sign_in(page, world, "oleg")
    page.wait_for_url("**/counter")
    press(page, "dispatch", {"carrier": "Linehaul North", "waybill": "WB-9"})

    expect(page.get_by_role("heading", name="Handed over: 2 of 2")).to_be_visible()
    assert {found(world, return_id).status for return_id in ids} == {"on_the_way"}
    act = page.get_by_role("link", name="Hand-over act").get_attribute("href") or ""
    answer = page.request.get(f"{world.stage.marketplace_web.url}{act}")
    assert answer.body().startswith(b"%PDF-")
