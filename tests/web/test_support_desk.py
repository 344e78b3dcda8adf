"""What support works with: the whole timeline of a return."""

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Mark, Status
from tests.marketplace.cast import IML, MARINA, Market
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
