"""The seller's first page: the map of what waits, filters in the address, a bulk over all that match, and what it weighs."""

import gzip
import re

from backhaul.kit.assets import assets
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import MUG, Market
from tests.web.company import Door

PAGE_BYTES_MAX = 150_000


def returns_of(links: list[str]) -> list[str]:
    return [link for link in links if re.fullmatch(r"/returns/\d+", link)]


def test_a_field_of_the_map_leads_to_its_returns_and_each_filter_can_be_taken_away(enter: Door, shop: Market) -> None:
    dear, cheap = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW, MUG)
    visit = enter("elif").open("/to-decide")
    [field] = [link for link in visit.page.links if "price_from=10000" in link]
    everything = returns_of(visit.page.links)
    assert "2 returns wait for you, worth 13,600.00" in visit.text
    assert "1 return, 12,400.00" in visit.text

    narrow = visit.follow(field)
    assert [f"/returns/{dear}"] == returns_of(narrow.page.links)
    assert "Found: 1" in narrow.text
    taken_away = [link for link in narrow.page.links if link.startswith("/to-decide?") and "price_from" not in link]
    assert [f"/returns/{dear}", f"/returns/{cheap}"] == everything == returns_of(visit.follow(taken_away[0]).page.links)
    visit.open("/returns?q=MUG&tab=requests")
    assert [f"/returns/{cheap}"] == returns_of(visit.page.links)
    assert "Nothing matches the filters." in visit.open("/returns?mark=serviceable").text
    assert "Nothing waits for your decision." in enter("chen").open("/to-decide").text


def test_a_filter_that_cannot_be_read_is_told_and_a_customer_has_no_such_page(enter: Door, shop: Market) -> None:
    shop.in_status(Status.SELLER_REVIEW)
    visit = enter("elif").open("/to-decide?price_from=many&q=")

    assert 422 == visit.status
    assert "a whole number is needed" in visit.text
    assert 422 == visit.open("/returns?days_to=999&q=").status
    assert 403 == enter("irina").open("/to-decide").status


def test_a_bulk_of_all_that_match_leaves_the_others_alone(enter: Door, shop: Market) -> None:
    dear, cheap = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW, MUG)
    more = shop.in_status(Status.SELLER_REVIEW, MUG)
    visit = enter("elif").open("/to-decide?price_below=3000")
    form = visit.form("/returns/selected")
    form.values |= {"all": ["yes"], "act": ["approve"]}
    visit.send(form)
    assert "2 returns" in visit.text
    assert "2,400.00" in visit.text
    visit.press("/returns/selected/decide")

    statuses = [shop.now_is(return_id).status for return_id in (dear, cheap, more)]
    assert [Status.SELLER_REVIEW, Status.APPROVED, Status.APPROVED] == statuses


def test_the_page_with_fifty_rows_its_style_and_its_scripts_weigh_less_than_150_kilobytes(
    enter: Door, shop: Market
) -> None:
    for _ in range(25):
        shop.in_status(Status.SELLER_REVIEW)
        shop.in_status(Status.SELLER_REVIEW, MUG)
    visit = enter("elif").open("/to-decide")
    fetched = re.findall(r"/static/([\w.]+)\?v=", visit.answer.text)
    weights = [len(gzip.compress(visit.answer.content)), *(len(assets()[name].packed) for name in set(fetched))]

    assert 50 == len(returns_of(visit.page.links))
    assert {"style.css", "htmx.js", "page.js", "icon.svg"} <= set(fetched)
    assert sum(weights) < PAGE_BYTES_MAX, weights
