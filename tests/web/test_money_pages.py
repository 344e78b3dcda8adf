"""Money, finance, ledger and rates as pages: what each role sees, with something in it and with nothing."""

import pytest

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Route
from tests.marketplace.cast import ELIF, IRINA, OLEG, THROW, Market, moscow
from tests.web.company import Door


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
    money, ledger = elif_.get("/money").text, elif_.get("/ledger").text

    assert number in money
    assert "30% of 12,400.00\N{NO-BREAK SPACE}RUB are 3,720.00\N{NO-BREAK SPACE}RUB" in money
    assert "Refund owed to the customer" in ledger
    assert "-12,400.00" in ledger
    assert "<script>" not in money
    assert "style=" not in money + ledger


@pytest.mark.parametrize("tab", ["accrued", "expected", "credited", "reversed", "claims", "nonsense"])
def test_every_tab_of_money_is_calm_when_it_is_empty(enter: Door, tab: str) -> None:
    page = enter("chen").get(f"/money?tab={tab}")

    assert 200 == page.status_code
    assert 'class="empty"' in page.text


def test_support_reads_finance_with_its_plot(shop: Market, enter: Door) -> None:
    number = f"R-{accrued(shop)}"
    marina = enter("marina")
    page = marina.get("/finance").text

    assert number in page
    assert 1 == page.count("<rect ")
    assert "style=" not in page
    assert [200, 200, 200] == [marina.get(f"/finance?tab={tab}").status_code for tab in ("alarm", "overdue", "x")]
    assert 200 == marina.get("/ledger?of=customer:C-1001").status_code


@pytest.mark.parametrize(("login", "path"), [("irina", "/money"), ("marina", "/money"), ("elif", "/finance"), ("oleg", "/ledger"), ("irina", "/finance/rates")])  # fmt: skip
def test_money_is_not_for_everybody(enter: Door, login: str, path: str) -> None:
    assert 403 == enter(login).get(path).status_code


def test_support_hands_in_a_file_of_rates_and_reads_every_fault_of_another(enter: Door) -> None:
    marina = enter("marina")
    sound = b"date,currency,nominal,rate,source\n2024-08-30,CNY,1,13.50,Central bank\n"
    done = marina.send("/finance/rates", {"source": ""}, files={"file": ("rates.csv", sound, "text/csv")})
    page = marina.get("/finance/rates?currency=CNY").text
    wrong = marina.send("/finance/rates", {"source": ""}, files={"file": ("rates.csv", sound.replace(b"13.50", b"x"), "text/csv")})  # fmt: skip

    assert done.status_code in (200, 303)
    assert "13.5</td>" in page
    assert 422 == wrong.status_code
    assert "Row 1, rate" in wrong.text


def test_the_owner_chooses_the_currency_of_payouts(shop: Market, enter: Door) -> None:
    enter("elif").send("/settings", {"what": "payout", "payout_currency": "TRY"})
    refused = enter("elif").send("/settings", {"what": "payout", "payout_currency": "XXX"})

    assert "selected>TRY" in enter("elif").get("/settings").text.replace(" selected", "selected")
    assert 422 == refused.status_code


def test_the_clerk_photographs_the_scale_and_the_seller_objects(shop: Market, enter: Door) -> None:
    """J13 in pages: 0.900 kg by the catalogue, 1.060 kg on the scale."""
    return_id = shop.draft(THROW)
    for by, command in ((IRINA, do.Submit()), (ELIF, do.Approve(Route.A))):
        shop.does(by, return_id, command)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo, shop.photo), weight_gram=1_060,
                       scale_photos=(shop.photo,))  # fmt: skip
    shop.does(OLEG, return_id, check)
    page = enter("elif").get(f"/returns/{return_id}").text

    assert "Object to the weight" in page
    assert "1.060" in page
    assert "2,480.00" in page  # 20 % of 12,400.00 from 1 to 4 kg
