"""Whoever reads in another language stays where they were: signed in or out, in a filtered list, on an error page."""

import pytest

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


@pytest.mark.parametrize("back", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", ""])
def test_nobody_is_led_to_another_house(url: str, back: str) -> None:
    with Visit(url) as visitor:
        form = visitor.open("/sign-in").form("/language").fill(language="ru", back=back)
        assert (200, "/sign-in", "ru") == where(visitor.send(form))


def test_a_reader_stays_on_any_page_of_the_partner(house: House) -> None:
    with entering(house) as enter:
        company = enter(CHEN)
        assert (404, "/nowhere", "tr") == where(company.open("/nowhere").read_in("tr"))
        assert (403, "/warehouse", "ru") == where(company.open("/warehouse").read_in("ru"))
        assert (200, "/parcels?tab=all", "zh") == where(company.open("/parcels?tab=all").read_in("zh"))
        assert (200, "/sign-in", "ru") == where(company.press("/sign-out").read_in("ru"))
