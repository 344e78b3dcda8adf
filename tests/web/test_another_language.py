"""Whoever reads in another language stays where they were: signed in or out, in a filtered list, on an error page."""

import pytest

from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import Market
from tests.partner.doors import entering
from tests.partner.house import CHEN, House
from tests.web.company import Door
from tests.web.forms import Visit


def where(visit: Visit) -> tuple[int, str, str]:
    """Status, address and language of the page in front of somebody."""
    lang = visit.answer.text.partition('<html lang="')[2].partition('"')[0]
    return visit.status, visit.answer.url.raw_path.decode(), lang


def test_a_reader_stays_on_any_page_of_the_marketplace(url: str, enter: Door) -> None:
    seller = enter("elif")
    with Visit(url) as visitor:
        assert (200, "/sign-in", "ru") == where(visitor.open("/sign-in").read_in("ru"))
        assert (404, "/nowhere?of=1", "tr") == where(visitor.open("/nowhere?of=1&lang=en").read_in("tr"))  # no door
    assert (200, "/returns?tab=on_the_road", "zh") == where(seller.open("/returns?tab=on_the_road").read_in("zh"))
    assert (404, "/returns/404", "ru") == where(seller.open("/returns/404").read_in("ru"))
    assert (403, "/support", "en") == where(seller.open("/support").read_in("en"))
    assert (200, "/sign-in", "en") == where(seller.open("/returns").press("/sign-out"))


def test_the_way_to_the_first_page_keeps_the_language_that_was_asked_for(url: str, enter: Door) -> None:
    assert (200, "/to-decide?lang=ru", "ru") == where(enter("elif").open("/?lang=ru"))
    with Visit(url) as visitor:
        assert (200, "/sign-in?lang=tr", "tr") == where(visitor.open("/?lang=tr"))
        assert (200, "/sign-in?back=%2Fmessages%3Flang%3Dzh&lang=zh", "zh") == where(visitor.open("/messages?lang=zh"))
        assert (200, "/sign-in") == where(visitor.open("/?lang=xx"))[:2]


def test_a_list_that_changed_without_loading_the_page_keeps_its_filter(url: str, enter: Door) -> None:
    seller = enter("elif").open("/returns")
    seller.client.headers["referer"] = f"{url}/returns?tab=resolved"
    assert (200, "/returns?tab=resolved", "tr") == where(seller.read_in("tr"))


def test_what_a_form_was_answered_with_leads_back_to_the_page_of_the_form(url: str) -> None:
    with Visit(url) as visitor:
        visitor.open("/sign-in")
        visitor.client.headers["referer"] = f"{url}/sign-in"
        visitor.press("/sign-in", {"login": "elif", "password": "wrong"})
        assert "/sign-in" == visitor.form("/language").values["back"][0]
        visitor.open("/sign-in")
        visitor.client.headers["referer"] = "https://elsewhere.example/returns"
        visitor.press("/sign-in", {"login": "elif", "password": "wrong"})
        assert "/" == visitor.form("/language").values["back"][0]


def test_an_address_that_is_none_leads_to_the_front(url: str) -> None:
    """Whatever a browser, or something that is none, writes into the Referer."""
    with Visit(url) as visitor:
        visitor.open("/sign-in")
        visitor.client.headers["referer"] = "http://["
        assert 401 == visitor.press("/sign-in", {"login": "elif", "password": "wrong"}).status
        assert "/" == visitor.form("/language").values["back"][0]
        assert (200, "/sign-in", "tr") == where(visitor.open("/sign-in").read_in("tr"))


def test_another_language_at_the_entrance_keeps_where_it_leads(url: str) -> None:
    with Visit(url) as visitor:
        visitor.open("/sign-in?back=/returns%3Ftab%3Dall%26page%3D2")
        visitor.follow("/sign-in?lang=tr&back=/returns%3Ftab%3Dall%26page%3D2")
        assert ["/returns?tab=all&page=2"] == visitor.form("/sign-in").values["back"]


def test_after_a_second_refusal_another_language_leads_to_the_page_itself(url: str, enter: Door, shop: Market) -> None:
    """The form stood on the answer to itself then, and its address is for sending only."""
    return_id = shop.in_status(Status.SELLER_REVIEW)
    act, its_page = f"/returns/{return_id}/reject", f"/returns/{return_id}"
    seller = enter("elif").open(its_page)
    for came in (its_page, act):
        seller.client.headers["referer"] = f"{url}{came}"
        seller.press(act)
        assert (422, its_page) == (seller.status, seller.form("/language").values["back"][0]), came


@pytest.mark.parametrize(
    "back", ["//elsewhere.example", "/\t/[", "/\\elsewhere.example", "https://elsewhere.example", ""]
)
def test_nobody_is_led_to_another_house(url: str, back: str) -> None:
    with Visit(url) as visitor:
        form = visitor.open("/sign-in").form("/language").fill(language="ru", back=back)
        assert (200, "/sign-in", "ru") == where(visitor.send(form))


def test_a_reader_stays_on_any_page_of_the_partner(house: House) -> None:
    with entering(house) as enter:
        company = enter(CHEN)
        assert (200, "/parcels?lang=ru", "ru") == where(company.open("/?lang=ru"))
        assert (404, "/nowhere", "tr") == where(company.open("/nowhere").read_in("tr"))
        assert (403, "/warehouse", "ru") == where(company.open("/warehouse").read_in("ru"))
        assert (200, "/parcels?tab=all", "zh") == where(company.open("/parcels?tab=all").read_in("zh"))
        assert (200, "/sign-in", "ru") == where(company.press("/sign-out").read_in("ru"))
        assert (200, "/sign-in?lang=tr", "tr") == where(company.open("/parcels?lang=tr"))


def test_the_language_of_a_link_is_that_of_what_is_opened_and_sent_next(url: str) -> None:
    wrong = {"login": "elif", "password": "wrong"}
    with Visit(url) as visitor:
        assert (200, "/sign-in", "ru") == where(visitor.open("/sign-in").follow("/sign-in?lang=ru").open("/sign-in"))
        assert (401, "/sign-in", "ru") == where(visitor.press("/sign-in", wrong))
    with Visit(url) as visitor:
        assert (200, "/sign-in?back=%2Fmy-data%3Flang%3Dzh&lang=zh", "zh") == where(visitor.open("/my-data?lang=zh"))
        assert (200, "/sign-in?lang=tr", "tr") == where(visitor.open("/?lang=tr"))
        assert (404, "/nowhere?lang=ru", "ru") == where(visitor.open("/nowhere?lang=ru"))


def test_a_language_that_is_none_and_one_that_a_program_names_are_not_kept(url: str) -> None:
    with Visit(url) as visitor:
        for asked in ("/sign-in?lang=xx", "/sign-in?lang=", "/sign-in?slang=ru", "/api/v1/my-data?lang=ru"):
            assert "language" not in visitor.open(asked).client.cookies, asked


def test_the_language_of_a_link_to_the_partner_is_kept(house: House) -> None:
    wrong = {"login": CHEN, "password": "wrong"}
    with Visit(house.url) as visitor:
        visitor.open("/sign-in").follow("/sign-in?lang=ru")
        assert (401, "/sign-in", "ru") == where(visitor.press("/sign-in", wrong))
        assert (200, "/sign-in?lang=tr", "tr") == where(visitor.open("/?lang=tr"))
