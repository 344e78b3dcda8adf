"""A request on a phone: photos come one by one, a connection that breaks and a session that ends cost nothing (issue 7)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from backhaul.marketplace import errands, passes
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.pages.sheets import CSRF_COOKIE
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import IRINA, Market, market, served
from tests.web.company import PASSWORD, THREE_PHOTOS, Door, let_in, picture
from tests.web.forms import Visit

FORM = "/orders/1/return"


def sends(visit: Visit, content: bytes, key: str = "") -> tuple[int, dict[str, str]]:
    """One photo as the page sends it."""
    headers = {"x-csrftoken": visit.client.cookies[CSRF_COOKIE], "content-type": "application/octet-stream"}
    answer = visit.client.post("/photos", content=content, headers=headers | ({"idempotency-key": key} if key else {}))
    return answer.status_code, answer.json()


def test_a_photo_that_was_sent_already_is_not_stored_again(enter: Door) -> None:
    irina = enter("irina").open(FORM)
    first, again = sends(irina, THREE_PHOTOS[0], "a"), sends(irina, THREE_PHOTOS[0], "a")

    assert 201 == first[0]
    assert first == again
    assert (422, "key_used_for_another_request") == told(sends(irina, THREE_PHOTOS[1], "a"))
    assert (422, "not_a_picture") == told(sends(irina, b"no picture", "b"))


def told(answer: tuple[int, dict[str, str]]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


def test_a_photo_that_no_return_shows_yet_is_seen_by_nobody_else(enter: Door, shop: Market) -> None:
    irina, pavel, elif_ = enter("irina").open(FORM), enter("pavel"), enter("elif")
    path = f"/photos/mine/{sends(irina, THREE_PHOTOS[0])[1]['id']}"

    assert (200, "image/jpeg") == (irina.open(path).status, irina.answer.headers["content-type"])
    assert (404, 403) == (pavel.open(path).status, elif_.open(path).status)
    assert (403, "not_your_role") == told(sends(elif_, THREE_PHOTOS[0]))
    token = irina.client.cookies[SESSION_COOKIE]
    shop.errand(lambda tx, _: errands.sign_out(tx, token))
    assert (401, "sign_in_needed") == told(sends(irina, THREE_PHOTOS[1]))
    assert 403 == irina.client.post("/photos", content=THREE_PHOTOS[0]).status_code  # another site has no token


def test_a_photo_that_is_kept_can_be_left_out(enter: Door, shop: Market) -> None:
    irina = enter("irina").open(FORM)
    form = irina.form(FORM).fill(photos=THREE_PHOTOS)
    form.values["reason"] = ["a reason of my own"]
    again = irina.send(form).form(FORM).fill(reason="did_not_like")
    del again.values["photos"][0]  # its box is not ticked
    irina.send(again)

    assert 2 == len(shop.now_is(100_001).photos)


def test_a_link_of_an_e_mail_leads_through_the_sign_in(shop: Market, url: str) -> None:
    page = f"/returns/{shop.in_status(Status.APPROVED)}"
    with Visit(url) as irina:
        irina.open(f"{page}?lang=tr")
        form = irina.form("/sign-in").fill(login="irina", password="guessed")
        assert 401 == irina.send(form).status
        irina.press("/sign-in", {"login": "irina", "password": PASSWORD})
        assert (200, page) == (irina.status, irina.path)


def test_the_page_of_a_return_says_what_is_next_and_has_the_pass_at_hand(enter: Door, shop: Market) -> None:
    return_id = shop.in_status(Status.AWAITING_DROPOFF)
    page = f"/returns/{return_id}"
    irina = enter("irina").open(page)

    assert (
        "What happens next Hand the product in at the pick-up point. Until 7 Sep 2024, 23:59 Moscow time" in irina.text
    )
    way = "Requested 2 Sep 2024 Completed Approved 2 Sep 2024 Completed Handed in Under way Money refunded Comes later"
    assert way in irina.text
    with shop.office.database.read() as tx:
        its_pass = passes.pass_of(shop.office, tx, return_id, IRINA, shop.clock.now())
    assert its_pass.code in irina.text
    assert (True, 200) == (f'src="{page}/pass.svg"' in irina.answer.text, irina.open(f"{page}/pass.svg").status)
    irina.open(page).press(f"{page}/cancel")
    assert (Status.CANCELLED, False) == (shop.now_is(return_id).status, its_pass.code in irina.text)
    assert "Handed in Ended here" in irina.text


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example/", "/\t/elsewhere.example", "/\\elsewhere.example"]
)
def test_the_sign_in_leads_nowhere_else(url: str, back: str) -> None:
    with Visit(url) as irina:
        form = irina.open("/sign-in").form("/sign-in").fill(login="irina", password=PASSWORD)
        form.values["back"] = [back]
        assert (200, "/my-returns") == (irina.send(form).status, irina.path)


# -- In a browser -----------------------------------------------------------------------------------------------------

PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str]]:
    place: Path = tmp_path_factory.mktemp("shop")
    with market(f"sqlite:///{place / 'marketplace.db'}", place) as shop:
        shop.errand(let_in)
        with served(shop) as address:
            yield shop, address


def comes_in(page: Page, url: str) -> None:
    page.goto(f"{url}{FORM}?lang=en")  # signed out: the entrance leads back to the form
    page.fill("#login", "irina")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/return?lang=en")


def chooses(page: Page, *colours: str) -> None:
    files: list[FilePayload] = [
        {"name": f"{one}.jpg", "mimeType": "image/jpeg", "buffer": picture(one)} for one in colours
    ]
    page.set_input_files("#photos", files)


def asked(page: Page) -> int:
    page.wait_for_url("**/returns/*")
    return int(page.url.rpartition("/")[2])


@pytest.mark.browser
def test_a_request_goes_on_after_the_connection_was_gone(page: Page, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    page.set_viewport_size(PHONE)
    comes_in(page, url)
    page.select_option("#reason", "did_not_like")
    chooses(page, "teal")
    expect(page.locator(".thumbs li[data-is=done]")).to_have_count(1)
    page.context.set_offline(True)
    chooses(page, "navy", "olive")
    expect(page.locator("[data-away]")).to_be_visible()
    page.fill("#comment", "Too bright.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("button", name="Sending …")).to_be_disabled()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    page.context.set_offline(False)
    it = shop.now_is(asked(page))

    assert (Status.SELLER_REVIEW, 3) == (it.status, len(it.photos))
    expect(page.locator("main")).to_contain_text("Too bright.")
    page.goto(f"{url}{FORM}?lang=en")
    expect(page.locator("[data-restored]")).to_be_hidden()  # what was sent is not offered again
    assert "" == page.input_value("#comment")


@pytest.mark.browser
def test_a_reload_and_a_session_that_is_over_lose_nothing(page: Page, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    comes_in(page, url)
    page.select_option("#reason", "did_not_fit")
    page.fill("#comment", "Too wide.")
    page.route("**/photos", lambda route: route.abort())
    chooses(page, "plum")
    expect(page.locator(".thumbs li")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-restored]")).to_be_visible()
    assert ("did_not_fit", "Too wide.") == (page.input_value("#reason"), page.input_value("#comment"))
    expect(page.locator(".thumbs li")).to_have_count(1)
    page.unroute("**/photos")
    token = next(one["value"] for one in page.context.cookies() if one["name"] == SESSION_COOKIE)
    shop.errand(lambda tx, _: errands.sign_out(tx, token))
    page.get_by_role("button", name="Send the request").click()
    page.wait_for_url("**/sign-in?back=*")
    page.fill("#login", "irina")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.locator(".thumbs li[data-is=done]")).to_have_count(1)
    page.get_by_role("button", name="Send the request").click()
    it = shop.now_is(asked(page))

    assert ("did_not_fit", 1) == (it.reason, len(it.photos))
    expect(page.locator("main")).to_contain_text("Too wide.")


@pytest.mark.browser
def test_the_same_request_without_scripts(browser: Browser, open_shop: tuple[Market, str]) -> None:
    shop, url = open_shop
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    try:
        page = context.new_page()
        comes_in(page, url)
        page.select_option("#reason", "did_not_like")
        chooses(page, "teal", "navy")
        page.get_by_role("button", name="Send the request").click()
        it = shop.now_is(asked(page))
    finally:
        context.close()

    assert (Status.SELLER_REVIEW, 2) == (it.status, len(it.photos))
