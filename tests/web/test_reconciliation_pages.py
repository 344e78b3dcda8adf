"""Reconciliation on pages: a seller brings an invoice, reads the break, disputes the line; support reads it too. In a browser without scripts."""

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import IML, Market
from tests.marketplace.papers import charge, paper, storage
from tests.web.company import Door

TWICE = "Duplicate storage"


def twice(shop: Market) -> bytes:
    """Ten midnights of storage of a kettle, the same line twice."""
    unit = f"R-{shop.in_status(Status.AT_PARTNER)}"
    line = storage(unit, "2024-09-03 10:00", "2024-09-13 10:00", 10)
    return paper(charge(unit, "receipt", "2024-09-02 10:00", 600), line, line)


def test_a_seller_brings_an_invoice_and_disputes_the_line_that_is_charged_twice(shop: Market, enter: Door) -> None:
    data, chen = twice(shop), enter("chen").open("/returns").follow("/reconciliation")
    assert "Everything agrees." in chen.text
    assert "You have not brought an invoice yet." in chen.text

    chen.send(chen.form("/reconciliation/invoices").fill(file=[data]))

    assert (200, "/reconciliation") == (chen.status, chen.path)
    assert "Invoice INV-000001, revision 1: 3 lines taken in. 1 new break." in chen.text
    assert TWICE in chen.text
    assert "10 days of this storage are charged already on line 2 of the invoice INV-000001." in chen.text
    [link] = [link for link in chen.page.links if link.startswith("/reconciliation/breaks/")]
    chen.follow(link)
    form = chen.form(f"{link}/dispute")
    [words] = form.values["comment"]
    assert words.startswith("Invoice INV-000001, line 3: Storage, return R-")
    refused = chen.send(chen.form(f"{link}/explain").fill(comment="No."))
    assert "Explain in at least 10 characters." in refused.text
    chen.send(chen.form(f"{link}/dispute"))
    assert (200, link) == (chen.status, chen.path)
    assert "Disputed with the partner" in chen.text
    assert " ".join(words.split()) in chen.text
    chen.open("/reconciliation")
    assert "Everything agrees." in chen.text
    assert TWICE in chen.follow("/reconciliation?status=claimed").text


def test_the_same_file_is_known_and_one_that_does_not_fit_is_told_line_by_line(shop: Market, enter: Door) -> None:
    data, chen = twice(shop), enter("chen").open("/reconciliation")
    for _ in range(2):
        chen.send(chen.form("/reconciliation/invoices").fill(file=[data]))
    assert "Invoice INV-000001, revision 1, was here already." in chen.text

    chen.send(chen.form("/reconciliation/invoices").fill(file=[data.replace(b"150", b"many", 1)]))
    assert 422 == chen.status
    assert "This file cannot be taken in: nothing of it is kept." in chen.text
    assert "Line 3, price_minor: “many” does not fit here." in chen.text
    chen.send(chen.form("/reconciliation/invoices").fill(file=[]))
    assert (422, True) == (chen.status, "The file is empty." in chen.text)
    chen.open("/reconciliation").follow("/reconciliation/invoices/1")
    assert (200, True) == (chen.status, "Sum: 36.00" in chen.text.replace("\N{NO-BREAK SPACE}", " "))


def test_support_reads_every_sellers_breaks_and_who_has_no_business_there_nothing(shop: Market, enter: Door) -> None:
    data, chen = twice(shop), enter("chen").open("/reconciliation")
    chen.send(chen.form("/reconciliation/invoices").fill(file=[data]))
    [link] = [link for link in chen.page.links if link.startswith("/reconciliation/breaks/")]

    marina = enter("marina").open("/support").follow("/reconciliation")
    assert "2093311" in marina.text
    assert "Bring an invoice" not in marina.text
    marina.follow(link).send(marina.form(f"{link}/close").fill(comment="The partner has credited it."))
    assert (200, "Closed") == (marina.status, marina.text[marina.text.index("Closed") :][:6])

    elif_ = enter("elif")
    assert 404 == elif_.open(link).status
    assert "Everything agrees." in elif_.open("/reconciliation").text
    assert [403, 403] == [enter(who).open("/reconciliation").status for who in ("irina", "nadia")]
    assert b"duplicate_storage" in chen.client.get("/reconciliation/export/csv?status=all").content
    assert b"duplicate_storage" not in elif_.client.get("/reconciliation/export/csv?status=all").content


def test_a_price_list_and_a_unit_that_left_are_compared(shop: Market, enter: Door) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordHandover("shipping", "HK"), "2024-09-12 12:00")
    stored = storage(f"R-{return_id}", "2024-09-05 10:00", "2024-09-14 10:00", 9)
    dear = charge(f"R-{return_id}", "receipt", "2024-09-02 10:00", 700)
    chen = enter("chen").open("/reconciliation")
    chen.send(chen.form("/reconciliation/invoices").fill(file=[paper(stored, dear)]))
    assert "2 days of storage are charged after the product left the partner on 12 Sep 2024." in chen.text

    prices = b'{"version":"1","currency":"CNY","prices_minor":{"receipt":600}}'
    chen.send(chen.form("/reconciliation/price-lists").fill(file=[prices]))

    assert "The price list that the line names has another price for “Receipt at the warehouse”." in chen.text
