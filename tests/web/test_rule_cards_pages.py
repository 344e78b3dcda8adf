"""The rule cards on the pages: in the customer's form and beside the decision (deliver 1 and 2 of issue 3, D25, P24)."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backhaul.marketplace import errands
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ELIF, EXPLAINED, IRINA, LUMITEK, MARINA, Market, market, moscow, served
from tests.web.company import PASSWORD, Door, let_in, picture
from tests.web.forms import Visit

INK, QUIET = "rgb(24, 32, 44)", "rgb(87, 99, 117)"  # --ink and --soft of kit/styles/tokens.css, by day

# -- The customer -----------------------------------------------------------------------------------------------------


def test_the_orders_say_until_when_they_may_come_back(enter: Door) -> None:
    text = enter("irina").open("/orders").text

    assert "For taste 16 Sep 2024, 23:59 Moscow time For a defect 1 Sep 2026, 23:59 Moscow time" in text


def test_the_form_says_in_plain_words_what_is_allowed_today(enter: Door) -> None:
    text = enter("irina").open("/orders/1/return").text

    assert "It does not fit or please 14 days left until 16 Sep 2024, 23:59 Moscow time" in text
    assert "A defect, damage or the wrong product 729 days left until 1 Sep 2026, 23:59 Moscow time" in text
    assert "Unused, with its look and properties kept." in text
    assert "Proper quality: the customer pays the way back." in text
    assert "Rule cards version 1, in force since 23 Jan 2024. Not legal advice." in text


def test_after_the_time_the_request_is_still_taken(shop: Market, enter: Door) -> None:
    """16 Sep is the last day for taste; on 17 Sep the form says so, and the seller gets the request."""
    shop.clock.turn_to(moscow("2024-09-17 00:00"))
    visit = enter("irina").open("/orders/1/return")

    assert "The time is over it ended 16 Sep 2024, 23:59 Moscow time" in visit.text
    assert "the request is not refused by itself, the seller decides" in visit.text

    visit.press("/orders/1/return", {"reason": "did_not_fit", "photos": [picture("white")]})
    return_id = int(visit.path.rpartition("/")[2])
    visit.press(f"/returns/{return_id}/submit")

    assert Status.SELLER_REVIEW is shop.now_is(return_id).status


def test_of_a_day_before_all_versions_the_form_says_that_nothing_is_on_file(database_url: str, tmp_path: Path) -> None:
    """D12."""
    with market(database_url, tmp_path, moscow("2023-12-01 10:00")) as opened:
        opened.errand(let_in)
        with served(opened) as address, Visit(address) as visit:
            visit.sign_in("irina", PASSWORD)

            assert "No rule is on file for this day." in visit.open("/orders").text
            assert "No rule card is on file for 1 Dec 2023" in visit.open("/orders/1/return").text


def test_the_way_of_the_chosen_reason_stands_out_without_a_script(page: Page, url: str) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("#login", "irina")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{url}/orders/1/return")
    page.select_option("#reason", "did_not_fit")
    expect(page.locator(".way.taste")).to_have_css("color", INK)
    expect(page.locator(".way.fault")).to_have_css("color", QUIET)
    page.select_option("#reason", "wrong_item")
    expect(page.locator(".way.taste")).to_have_css("color", QUIET)
    expect(page.locator(".way.fault")).to_have_css("color", INK)


# -- Beside the decision ----------------------------------------------------------------------------------------------


def test_the_seller_reads_the_card_with_its_blocks_and_sources(shop: Market, enter: Door) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    visit = enter("elif").open(f"/returns/{return_id}")

    assert (
        "The law blocks these rejections here This product cannot be returned The request came too late" in visit.text
    )
    assert "Law of the Russian Federation No. 2300-1 on consumer protection, art. 26.1(4)" in visit.text
    assert (
        "Approve, offer a part of the price, refund without return, or reject with a reason that the photos"
        in visit.text
    )
    assert "Rule cards version 1" in visit.text


def test_blocked_reasons_are_marked_in_the_form_and_cannot_be_chosen(shop: Market, enter: Door) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, reason="does_not_work")
    visit = enter("elif").open(f"/returns/{return_id}")

    assert (
        '<option value="packaging_damaged" disabled>The packaging is opened or damaged (the law does not allow this here)'
        in visit.answer.text
    )
    assert '<option value="defect_not_visible">' in visit.answer.text


@pytest.mark.parametrize(
    ("reason", "rejection", "sentence"),
    [
        ("did_not_like", "not_returnable", "A distance purchase may be refused for 7 days after the delivery"),
        ("does_not_work", "packaging_damaged", "A defect cannot be rejected only because the packaging is opened"),
    ],
)
def test_a_blocked_rejection_that_is_sent_all_the_same_is_refused_and_keeps_what_was_typed(
    shop: Market, enter: Door, reason: str, rejection: str, sentence: str
) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW, reason=reason)
    visit = enter("elif").open(f"/returns/{return_id}")
    visit.press(f"/returns/{return_id}/reject", {"reason": rejection, "comment": EXPLAINED})

    assert 409 == visit.status
    assert sentence in visit.text
    assert "Approve, offer a part of the price" in visit.text
    assert [EXPLAINED] == visit.form(f"/returns/{return_id}/reject").values["comment"]
    assert Status.SELLER_REVIEW is shop.now_is(return_id).status


def test_the_moderator_reads_the_same_card_and_is_bound_by_it(shop: Market, enter: Door) -> None:
    shop.errand(lambda tx, _: errands.switch_moderation(tx, MARINA, int(ELIF.subject), "55-1204", "", "Be kind."))
    return_id = shop.draft()
    shop.does(IRINA, return_id, do.Submit())
    visit = enter("nadia").open(f"/returns/{return_id}")

    assert "The law blocks these rejections here" in visit.text

    visit.press(f"/returns/{return_id}/reject", {"reason": "request_too_late", "comment": EXPLAINED})

    assert (409, Status.PRE_MODERATION) == (visit.status, shop.now_is(return_id).status)


@pytest.mark.parametrize("login", ["irina", "oleg"])
def test_who_does_not_decide_sees_no_card_on_the_return(shop: Market, enter: Door, login: str) -> None:
    visit = enter(login).open(f"/returns/{shop.in_status(Status.AWAITING_DROPOFF)}")

    assert 200 == visit.status
    assert "What the law and the category say" not in visit.text
    assert str(LUMITEK) not in visit.text
