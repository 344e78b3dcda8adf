"""Money, finance, ledger and rates as pages: what each role sees, with something in it and with nothing."""

import pytest

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Route
from tests.marketplace.cast import ELIF, IRINA, OLEG, THROW, Market, moscow
from tests.web.company import THREE_PHOTOS, Door, picture


def accrued(shop: Market) -> int:
    return_id = shop.draft(THROW)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo, shop.photo))
    for by, command in ((IRINA, do.Submit()), (ELIF, do.Approve(Route.A)), (OLEG, check)):
        shop.does(by, return_id, command)
    shop.clock.turn_to(moscow("2024-09-03 12:00"))
    shop.office.desk.sweep()
    return return_id


def test_the_seller_reads_what_will_be_credited_and_why(shop: Market, enter: Door) -> None:
    number = f"R-{accrued(shop)}"
    elif_ = enter("elif")
    money, html = elif_.open("/money").text, elif_.answer.text
    ledger = elif_.open("/ledger").text

    assert number in money
    assert "30% of 12,400.00 RUB are 3,720.00 RUB; there is nothing to round." in money.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "Refund owed to the customer" in ledger
    assert "-12,400.00" in ledger
    assert "style=" not in html + elif_.answer.text


@pytest.mark.parametrize("tab", ["accrued", "expected", "credited", "reversed", "claims", "nonsense"])
def test_every_tab_of_money_is_calm_when_it_is_empty(enter: Door, tab: str) -> None:
    page = enter("chen").open(f"/money?tab={tab}")

    assert 200 == page.status
    assert 'class="empty"' in page.answer.text


def test_support_reads_finance_with_its_plot(shop: Market, enter: Door) -> None:
    number = f"R-{accrued(shop)}"
    marina = enter("marina")
    page = marina.open("/finance").text
    html = marina.answer.text

    assert number in page
    assert 2 == html.count("<rect ")  # in what is due, and in the reserve
    assert "style=" not in html
    assert [200, 200, 200] == [marina.open(f"/finance?tab={tab}").status for tab in ("alarm", "overdue", "x")]
    assert "Refunds of customer C-1001" in marina.open("/ledger?of=customer:C-1001").text


@pytest.mark.parametrize(
    ("login", "path"),
    [("irina", "/money"), ("marina", "/money"), ("elif", "/finance"), ("oleg", "/ledger"), ("irina", "/finance/rates")],
)
def test_money_is_not_for_everybody(enter: Door, login: str, path: str) -> None:
    assert 403 == enter(login).open(path).status


def test_support_hands_in_a_file_of_rates_and_reads_every_fault_of_another(enter: Door) -> None:
    marina, path = enter("marina"), "/finance/rates"
    sound = b"date,currency,nominal,rate,source\n2024-08-30,CNY,1,13.50,Central bank\n"
    done = marina.open(path).press(path, {"file": [sound]})
    said, status = done.text, done.status
    there = marina.open(f"{path}?currency=CNY").text
    wrong = marina.open(path).press(path, {"file": [sound.replace(b"13.50", b"x")]})

    assert 200 == status
    assert "New: 1. Corrections: 0. There already: 0." in said
    assert "Central bank" in there
    assert 422 == wrong.status
    assert "Row 1, rate: “x” is no number that fits here." in wrong.text


def test_a_file_of_empty_cells_is_an_empty_file_and_numbers_of_other_scripts_count_nothing(enter: Door) -> None:
    marina, path = enter("marina"), "/finance/rates"
    empty = marina.open(path).press(path, {"file": [b",,,,\n , \n"]})
    said, status = empty.text, empty.status

    assert 422 == status
    assert "The file is empty." in said
    assert [200] * 3 == [marina.open(f"{path}?taken={count}").status for count in ("%C2%B2", "1-%E2%85%A7-0", "--")]


def test_the_owner_chooses_the_currency_of_payouts(enter: Door) -> None:
    elif_ = enter("elif").open("/settings")
    elif_.send(elif_.form("/settings", what="payout").fill(payout_currency="TRY"))

    assert ["TRY"] == elif_.open("/settings").form("/settings", what="payout").values["payout_currency"]


def test_the_clerk_photographs_the_scale_and_the_seller_objects(shop: Market, enter: Door) -> None:
    """J13 in pages: 0.900 kg by the catalogue, 1.060 kg on the scale: 20 % of 12,400.00 and not 30 %."""
    return_id = shop.draft(THROW)
    for by, command in ((IRINA, do.Submit()), (ELIF, do.Approve(Route.A))):
        shop.does(by, return_id, command)
    path = f"/returns/{return_id}"
    oleg = enter("oleg").open(path)
    answers = {"same_product": "yes", "used": "no", "complete": "yes", "packaging_intact": "yes", "weight_gram": "1060"}
    without = oleg.press(f"{path}/check-in", {**answers, "photos": THREE_PHOTOS})
    told, status = without.text, without.status
    oleg.press(f"{path}/check-in", {"scale_photos": [picture("red")]})
    elif_ = enter("elif").open(path)
    page = elif_.text
    elif_.press(f"{path}/object-to-weight", {"comment": "The scale shows the product with its box and a pallet."})
    marina = enter("marina")

    assert 422 == status
    assert "take a photo of the scale" in told
    assert "1.060" in page
    assert "2,480.00" in page
    assert "Objections to measured weights" in marina.open("/finance").text
    assert marina.open(path).offers(f"{path}/decide-weight")
