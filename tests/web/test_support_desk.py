"""What support works with: the whole timeline of a return, one field of search."""

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import IML, KETTLE, MARINA, Market
from tests.web.company import Door


def test_the_timeline_of_a_return_is_one_click_away_and_its_filters_live_in_the_address(
    enter: Door, shop: Market
) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.SERVICEABLE, 1, "", ("a", "b", "c")))
    shop.does(MARINA, return_id, do.SendRefund())
    path = f"/returns/{return_id}/timeline"
    marina = enter("marina").open(f"/returns/{return_id}").follow(path)

    assert f"Timeline of R-{return_id}" in marina.text
    assert "Refund owed to the customer" in marina.text
    assert "Warehouse IML-MSK-2" in marina.text
    marina.follow(f"{path}?kind=warehouse")
    assert "Inspected by the partner" in marina.text
    assert "Refund owed to the customer" not in marina.text
    marina.follow(f"{path}?party=partner&kind=warehouse").follow(f"{path}?party=partner")
    assert "Return started" not in marina.text

    chen, oleg = enter("chen").open(f"/returns/{return_id}").follow(path), enter("oleg").open(path)
    assert (200, 404) == (chen.status, oleg.status)
    assert "Refund owed to the customer" not in chen.text


def test_one_find_is_opened_at_once_and_several_are_listed(enter: Door, shop: Market) -> None:
    first, second = (shop.in_status(Status.SELLER_REVIEW, KETTLE) for _ in range(2))
    marina = enter("marina")

    assert f"/returns/{first}" == marina.press("/search", {"q": f"R-{first}"}).path
    marina.press("/search", {"q": KETTLE.posting_number})
    assert ("/search", 200) == (marina.path, marina.status)
    assert {f"/returns/{first}", f"/returns/{second}"} <= set(marina.page.links)
    marina.press("/search", {"q": "irina"}).follow(f"/returns/{second}")
    nothing = marina.open("/search?q=nothing+of+the+kind")
    assert "Nothing was found for “nothing of the kind”." in nothing.text
    assert "first three letters" in nothing.text


def test_a_seller_is_led_on_to_names_of_products_and_others_have_no_such_field(enter: Door) -> None:
    chen = enter("chen").press("/search", {"q": "kettle"})

    assert "/returns?q=kettle" in chen.page.links
    for login in ("irina", "oleg"):
        visit = enter(login)
        assert not visit.offers("/search")
        assert 403 == visit.open("/search?q=kettle").status
