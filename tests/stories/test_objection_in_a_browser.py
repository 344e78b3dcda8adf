"""J8.3 in Chromium, on a phone: Pavel reads why, objects with photos; Anna decides; Pavel returns things again."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.stories.conftest import Raise
from tests.stories.test_dispose_and_compensate import press, sign_in
from tests.stories.test_ship_to_hong_kong import pictures
from tests.stories.test_substituted import OBJECTION, UPHELD, blocked, blocks_of


@pytest.mark.browser
def test_the_objection_is_clicked_on_a_phone_without_one_error(
    page: Page, raise_curtain: Raise, tmp_path: Path
) -> None:
    world, return_id = blocked(raise_curtain)
    errors: list[str] = []
    page.set_viewport_size({"width": 360, "height": 780})
    page.on("console", lambda said: errors.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    photos = []
    for n, picture in enumerate(pictures(world, 2)):
        photos.append(tmp_path / f"photo-{n}.jpg")
        photos[-1].write_bytes(picture)

    sign_in(page, world, "pavel")
    page.click(".open-menu")
    page.select_option(".languages select", "en")
    page.wait_for_url("**/my-returns")
    expect(page.get_by_text("You cannot start new returns here until 8 Oct 2025, 00:00 Moscow time.")).to_be_visible()
    page.get_by_role("link", name="Watch").click()
    expect(page.get_by_text("0.112", exact=False)).to_be_visible()
    page.get_by_label("What happened?").fill(OBJECTION)
    page.set_input_files("#appeal-photos", photos)
    page.get_by_role("button", name="Send the appeal").click()
    page.wait_for_url("**/my-block")
    expect(page.get_by_text("Appeal to be decided")).to_be_visible()
    expect(page.locator("#appeal .photos img")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    sign_in(page, world, "anna")
    page.goto(f"{world.stage.marketplace_web.url}/blocks?lang=en")
    page.locator("#appeals").get_by_role("link", name="C-1002").click()
    page.locator("form[action$='/decide-appeal']").get_by_label("Yes").check()
    press(page, "decide-appeal", {"comment": UPHELD})
    assert "lifted" == blocks_of(world)[0].status

    sign_in(page, world, "pavel")
    page.goto(f"{world.stage.marketplace_web.url}/returns/{return_id}?lang=en")
    expect(page.get_by_text(UPHELD)).to_be_visible()
    assert 0 == page.locator(".banner").count()
    assert [] == errors
