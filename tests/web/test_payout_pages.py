"""Support's payouts in a browser: files to download, a statement to take in, what is in doubt, what fits nothing."""

from tests.marketplace.bank import bank_of, entry, payments, rounds, statement
from tests.marketplace.cast import Market, moscow
from tests.marketplace.test_payouts import key, refund, refunded
from tests.web.company import Door

FILES = "/support/payouts"
TAKE_IN = f"{FILES}/statements"


def test_support_downloads_a_file_and_takes_the_statement_in(shop: Market, enter: Door) -> None:
    bank_of(shop)
    ids = refunded(shop, 2)
    rounds(shop)
    marina = enter("marina").open(FILES)

    assert "PAYOUTS-000001" in marina.text
    assert "Handed over" in marina.text
    assert f"{FILES}/1/file" in marina.page.links
    assert "Every entry fits." in marina.text

    file = marina.client.get(f"{FILES}/1/file")

    assert [(key(n), "12400.00") for n in ids] == payments(file.content)
    assert "application/xml" == file.headers["content-type"]

    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    raw = statement([entry(key(ids[0])), entry(key(ids[1]), "1.00")])
    marina.press(TAKE_IN, {"file": [raw]})

    assert f"{TAKE_IN}/1" == marina.path
    assert "The amount is another one." in marina.text
    assert ("confirmed", 1) == refund(shop, ids[0])

    marina.open(FILES).press(TAKE_IN, {"file": [raw]})

    assert "This very file was taken in before" in marina.text

    marina.open(FILES).press(f"{TAKE_IN}/1/2/settle", {"comment": "A typing error of the bank."})

    assert "Every entry fits." in marina.text
    assert "marina: A typing error of the bank." in marina.open(f"{TAKE_IN}/1").text
    assert "Paid" in marina.open(f"{FILES}/1").text


def test_a_file_that_is_no_statement_is_refused_on_the_page(shop: Market, enter: Door) -> None:
    bank_of(shop)
    marina = enter("marina").open(FILES).press(TAKE_IN, {"file": [b"<html/>"]})

    assert (422, True) == (marina.status, "This is no bank statement that can be read" in marina.text)
    assert "No statement yet." in marina.text


def test_refunds_in_doubt_are_listed_and_their_file_is_handed_over_again(shop: Market, enter: Door) -> None:
    bank = bank_of(shop, "takes and times out")
    (return_id,) = refunded(shop)
    rounds(shop)
    marina = enter("marina").open(FILES)

    assert key(return_id) in marina.text
    assert f"/returns/{return_id}" in marina.page.links

    marina.open(f"{FILES}/1").press(f"{FILES}/1/hand-over")
    rounds(shop)

    assert "No refund is in doubt." in marina.open(FILES).text
    assert (2, 1) == (len(bank.seen), len(bank.booked))
    assert not marina.open(f"{FILES}/1").offers(f"{FILES}/1/hand-over")


def test_nobody_else_sees_payouts(enter: Door) -> None:
    for login in ("irina", "elif", "oleg", "nadia"):
        for path in (FILES, f"{FILES}/1", f"{FILES}/1/file", f"{TAKE_IN}/1"):
            assert 403 == enter(login).open(path).status
