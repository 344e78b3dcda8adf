"""The law of invoices, cell by cell: months in Moscow, days, tax without lost cents, what a payment names."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.partner.rules import chart, invoices
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.invoices import InvoiceStatus
from backhaul.partner.rules.policy import Policy
from tests.partner.cast import CHEN, HONG_KONG, RUSLAN, VERA, ParcelStory, cny, moscow

POLICY = Policy()
MICROSECOND = timedelta(microseconds=1)


def test_a_month_begins_and_ends_at_midnight_in_moscow() -> None:
    assert "2024-10" == invoices.month_of(moscow("2024-11-01 00:00") - MICROSECOND)
    assert "2024-11" == invoices.month_of(moscow("2024-11-01 00:00"))
    assert ("2024-12", "2025-01") == (invoices.month_before("2025-01"), invoices.month_after("2024-12"))
    assert (moscow("2024-12-01 00:00"), moscow("2025-01-01 00:00")) == (
        invoices.month_start("2024-12"), invoices.month_bound("2024-12"),
    )  # fmt: skip
    assert [True, False, False, False] == [invoices.is_month(text) for text in ("2024-02", "2024-13", "2024-2", "x")]


def test_an_invoice_of_the_1st_is_due_by_the_10th() -> None:
    """J14: issued on the 1st of November, due on the 10th, on hold on the 11th."""
    due = invoices.due_bound(moscow("2024-11-01 00:00"), POLICY)

    assert moscow("2024-11-11 00:00") == due
    assert [(0, moscow("2024-11-10 10:00")), (3, moscow("2024-11-13 10:00")), (7, moscow("2024-11-17 10:00"))] == (
        invoices.reminders(due, POLICY)
    )
    assert InvoiceStatus.OPEN is invoices.status_of(1, 0, due, due - MICROSECOND)
    assert InvoiceStatus.OVERDUE is invoices.status_of(1, 0, due, due)
    assert InvoiceStatus.DISPUTED is invoices.status_of(1, 1, due, due)
    assert InvoiceStatus.OVERDUE is invoices.status_of(2, 1, due, due)
    assert InvoiceStatus.PAID is invoices.status_of(0, 1, due, due)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=20), st.integers(0, 100), st.randoms(use_true_random=False))
def test_tax_on_credit_notes_adds_up_to_the_tax_of_the_invoice(lines: list[int], pct: int, chance: object) -> None:  # noqa: ARG001
    """However a whole invoice is credited in pieces, not a cent of tax is left or too much."""
    credited = back = 0
    for line in lines:
        for piece in (line // 3, line - line // 3):
            back += invoices.vat_to_credit(piece, credited, pct)
            credited += piece
            assert 0 <= back <= invoices.vat_of(sum(lines), pct)

    assert invoices.vat_of(sum(lines), pct) == back


@pytest.mark.parametrize(
    ("nets", "credited", "amounts"),
    [
        ((6_05, 5_05), 0, [6_47, 5_41]),  # 7 % of 11.10 is 0.78, of 6.05 is 0.42
        ((5_05,), 6_05, [5_41]),
        ((5_05,), 0, [5_40]),
        ((), 6_05, []),
    ],
)
def test_what_is_in_dispute_has_the_tax_of_its_sum(nets: tuple[int, ...], credited: int, amounts: list[int]) -> None:
    assert amounts == invoices.in_dispute(nets, credited, 7)


@given(st.integers(0, 40), st.integers(0, 40))
def test_every_charge_is_its_ledger_entry_and_its_quantity_times_its_price(wait: int, stays: int) -> None:
    """Receipt, photos, shipping and storage, for any number of days on the shelf."""
    story = ParcelStory().arrived()
    story.does(CHEN, do.OrderMedia())
    story.does(VERA, do.DeliverMedia(("m1",)))
    story.decided("ship_hk", HONG_KONG, story.now + timedelta(hours=wait % 11))
    before = len(story.events)
    story.does(RUSLAN, do.PrintLabel(), story.now + timedelta(days=stays))
    charges = [charge for event in story.events[before:] for charge in chart.charges(story.it, event)]

    assert [entry for entry in story.entries if entry.cause.startswith(("shipping", "storage"))] == [
        Entry(chart.receivable(story.it.seller_id), chart.income(one.service), one.amount, one.cause) for one in charges
    ]
    assert all(one.amount.minor == one.quantity * one.price.minor for one in charges)
    assert [stays] * bool(stays) == [one.quantity for one in charges if one.cause.startswith("storage")]
    assert cny("68.00").minor + stays * 1_50 == sum(one.amount.minor for one in charges)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Payment for INV-000017", "INV-000017"), ("inv-000017, thanks", "INV-000017"), ("INV-000017/INV-000017", "INV-000017"),
        ("INV-000017 INV-000018", ""), ("INV-17", ""), ("XINV-000017", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_payment_names_one_invoice_or_none(text: str, number: str) -> None:
    assert number == invoices.invoice_named(text)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (("2024-02-30", "1", "CNY", "R"), "date_unreadable"), (("", "1", "CNY", "R"), "date_unreadable"),
        (("2024-02-29", "0", "CNY", "R"), "amount_unreadable"), (("2024-02-29", "1.005", "CNY", "R"), "amount_unreadable"),
        (("2024-02-29", "1e3", "CNY", "R"), "amount_unreadable"), (("2024-02-29", "9" * 30, "CNY", "R"), "amount_unreadable"),
        (("2024-02-29", "1", "cny", "R"), "currency_unknown"), (("2024-02-29", "1", "CNY", " "), "reference_needed"),
        (("2024-02-29", "1", "CNY", "R" * 81), "reference_needed"),
    ],
)  # fmt: skip
def test_a_payment_that_does_not_fit_is_named(said: tuple[str, str, str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        invoices.paid_of(*said)

    assert code == refused.value.code
