"""Months are closed once, invoices add up, credit notes and payments post to the cent, and only shipping waits for money (J14, P21)."""

from datetime import datetime
from random import Random
from typing import Any

import msgspec
import pytest

from backhaul.kit.database import DatabaseError, Statement
from backhaul.kit.desk import Errand
from backhaul.kit.journal import entry_row
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import (
    access,
    errands,
    invoice_audit,
    invoice_errands,
    invoice_queries,
    invoice_store,
    payment_errands,
    payment_queries,
    tables,
)
from backhaul.partner.billing import Billing
from backhaul.partner.invoice_shapes import InvoiceView
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.invoices import DisputeStatus, InvoiceStatus, paid_of
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.tariff import SEED_TARIFF
from backhaul.partner.rules.words import BusinessType, Service
from tests.partner.cast import ANADOLU, LUMITEK, QUIET, RUSLAN, SONIA, VERA, cny, moscow
from tests.partner.house import CHEN, ELIF, ID, LIU, STRANGER, VIEWER, House

REASON = "The photos came two working days after they were promised."


def run_until_quiet(house: House) -> int:
    """The worker's rounds; how much was done."""
    total = 0
    while done := house.office.tick():
        total += done
    return total


def turn_to(house: House, at: str) -> int:
    house.clock.turn_to(moscow(at))
    return run_until_quiet(house)


def unit(house: House, parcel: int, at: str, **changes: Any) -> None:
    """A unit that arrives: 6.00 CNY for the receipt."""
    house.expects(return_id=parcel, return_number=f"R-{parcel}", **changes)
    house.arrives(at, parcel=parcel)


def invoices(house: House) -> list[InvoiceView]:
    with house.office.database.read() as tx:
        return invoice_queries.of_all(tx, house.clock.now())[::-1]


def one(house: House, number: str = "INV-000001") -> InvoiceView:
    with house.office.database.read() as tx:
        found = invoice_queries.one(tx, number, house.clock.now())
    assert found is not None
    return found


def agrees(house: House) -> None:
    """What `backhaul verify partner` says of money."""
    with house.office.database.read() as tx:
        assert [] == invoice_audit.faults(tx)


def sums(it: InvoiceView) -> tuple[str, str, str, str, str]:
    """total, credited, paid, disputed, open"""
    return (str(it.total), str(it.credited), str(it.paid), str(it.disputed), str(it.open))


def pays(house: House, amount: str, number: str = "INV-000001", reference: str = "B-1") -> None:
    paid = paid_of("2024-11-12", amount, "CNY", reference)
    house.errand(lambda tx, at: payment_errands.record_payment(tx, SONIA, paid, number, at))


def disputes(house: House, login: str, cause: str, reason: str = REASON, number: str = "INV-000001") -> int:
    by, policy = house.account(login).by(), house.office.house.terms.policy
    found: int = house.errand(lambda tx, at: invoice_errands.dispute(tx, by, number, cause, reason, policy, at))
    return found


def credits_dispute(house: House, dispute: int, minor: int) -> str:
    policy = house.office.house.terms.policy
    found: str = house.errand(
        lambda tx, at: invoice_errands.credit_dispute(tx, SONIA, dispute, minor, REASON, policy, at)
    )
    return found


def credits_line(house: House, cause: str, minor: int, number: str = "INV-000001") -> str:
    policy = house.office.house.terms.policy
    found: str = house.errand(
        lambda tx, at: invoice_errands.credit(tx, SONIA, number, cause, minor, REASON, policy, at)
    )
    return found


def refuses_dispute(house: House, dispute: int) -> None:
    policy = house.office.house.terms.policy
    house.errand(lambda tx, at: invoice_errands.refuse_dispute(tx, SONIA, dispute, REASON, policy, at))


def refusal(work: Any) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.code


def told(house: House, login: str) -> list[str]:
    with house.office.database.read() as tx:
        readers = access.readers_of(tx, house.account(login))
        found = house.office.house.board.page(tx, readers)
    return [message.kind for message in found if message.kind.startswith(("invoice", "credit", "dispute"))][::-1]


# -- The end of a month -----------------------------------------------------------------------------------------------


def test_a_month_is_closed_on_the_1st_in_moscow_and_not_a_minute_before(house: House) -> None:
    """Two sellers, one invoice each, numbered without a gap, addressed to the company that decides."""
    unit(house, ID, "2024-10-03 16:42")
    unit(house, ID + 1, "2024-10-31 23:59", seller_id=ANADOLU, seller_country="TR", variant="T")
    turn_to(house, "2024-10-31 23:59")
    assert [] == invoices(house)

    turn_to(house, "2024-11-01 00:00")

    chen, elif_ = house.account(CHEN).company_id, house.account(ELIF).company_id
    assert [
        ("INV-000001", ANADOLU, elif_, "2024-10", 1, cny("6.00"), moscow("2024-11-11 00:00")),
        ("INV-000002", LUMITEK, chen, "2024-10", 1, cny("6.00"), moscow("2024-11-11 00:00")),
    ] == [(it.number, it.seller_id, it.company_id, it.month, it.lines, it.total, it.due) for it in invoices(house)]
    assert ["invoice_issued"] == told(house, CHEN)
    agrees(house)


def test_running_twice_makes_nothing_twice_and_after_downtime_every_month_has_its_invoice(house: House) -> None:
    unit(house, ID, "2024-10-03 16:42")
    unit(house, ID + 1, "2024-11-20 10:00")  # nobody worked on the 1st of November
    house.clock.turn_to(moscow("2025-01-05 12:00"))

    assert run_until_quiet(house) > 0
    again = Billing(house.office.database, house.office.house, house.office.desk, house.clock)

    assert 0 == again.run_due()
    assert [("2024-10", cny("6.00")), ("2024-11", cny("6.00"))] == [(it.month, it.total) for it in invoices(house)]
    assert {moscow("2025-01-15 00:00")} == {it.due for it in invoices(house)}  # nine days from the day of issue
    agrees(house)


def test_what_is_charged_late_for_a_closed_month_stands_on_the_next_invoice(house: House) -> None:
    unit(house, ID, "2024-10-03 16:42")
    turn_to(house, "2024-11-01 00:05")
    house.expects(return_id=ID + 1, return_number="R-2")
    late: Any = house.office.desk.house

    def waited(tx: Any, _: datetime) -> None:
        """Taken in before midnight, written after it: the queue of the desk was long."""
        tx.run(invoice_store.INSERT_CHARGE, cause="late:1", seller_id=LUMITEK, parcel_id=ID + 1, number="P-2",
               return_number="R-2", event="MediaOrdered", service="media", quantity=1, price_minor=500,
               amount_minor=500, currency="CNY", tariff="1", at_us=_us("2024-10-31 23:59"), stored_from_us=None,
               stored_until_us=None, invoice_id=None)  # fmt: skip
        entry = Entry(f"receivable:seller:{LUMITEK}", "income:media", cny("5.00"), "late:1")
        late.journal.write(tx, [], [entry_row(entry, ID + 1, 1, _us("2024-10-31 23:59"))], [], [])

    house.errand(waited)
    turn_to(house, "2024-12-01 00:00")

    assert [("2024-10", 1, cny("6.00")), ("2024-11", 1, cny("5.00"))] == [
        (it.month, it.lines, it.total) for it in invoices(house)
    ]
    agrees(house)


def _us(text: str) -> int:
    return int(moscow(text).timestamp()) * 1_000_000


def test_an_invoice_a_credit_note_and_a_billed_charge_cannot_be_changed(house: House) -> None:
    unit(house, ID, "2024-10-03 16:42")
    turn_to(house, "2024-11-01 00:00")
    credits_line(house, f"receipt:{ID}", 100)

    def changes(statement: Any) -> None:
        with pytest.raises((Refused, DatabaseError)):
            house.errand(lambda tx, _: tx.run(Statement(statement)))

    changes(tables.invoices.update().values(total_minor=1))
    changes(tables.invoices.delete())
    changes(tables.credit_notes.update().values(net_minor=1))
    changes(tables.charges.update().values(amount_minor=1))
    changes(tables.charges.update().values(invoice_id=7))
    changes(tables.charges.delete())
    agrees(house)


def test_storage_is_explained_by_its_days_and_every_charge_by_its_tariff(house: House) -> None:
    """Four midnights at 1.50; the price that was agreed to holds when the tariff changes."""
    unit(house, ID, "2024-10-03 16:42")
    house.clock.turn_to(moscow("2024-10-08 12:00"))
    house.gives(house.account(CHEN).by(), do.Decide("ship_hk", house.hong_kong, price_minor=68_00))
    dearer = {**SEED_TARIFF.prices_minor, Service.SHIP_HK: 90_00, Service.STORAGE: 3_00, Service.RECEIPT: 7_00}
    tariff = msgspec.structs.replace(SEED_TARIFF, version="2", prices_minor=dearer)
    house.errand(lambda tx, _: errands.put_terms(tx, "tariff", "2", tariff, moscow("2024-10-09 00:00")))
    house.clock.turn_to(moscow("2024-10-12 12:00"))
    house.gives(RUSLAN, do.PrintLabel())
    unit(house, ID + 1, "2024-10-12 13:00")

    with house.office.database.read() as tx:
        lines = invoice_queries.statement(tx, [LUMITEK], "2024-10")

    assert [
        ("receipt", 1, "6.00 CNY", "6.00 CNY", "1"), ("ship_hk", 1, "68.00 CNY", "68.00 CNY", "1"),
        ("storage", 4, "1.50 CNY", "6.00 CNY", "1"), ("receipt", 1, "7.00 CNY", "7.00 CNY", "2"),
    ] == [(it.service, it.quantity, str(it.price), str(it.amount), it.tariff) for it in lines]  # fmt: skip
    stored = next(it for it in lines if it.service == "storage")
    assert (moscow("2024-10-08 12:00"), moscow("2024-10-12 12:00")) == (stored.stored_from, stored.stored_until)


def test_nothing_is_bought_at_another_price_than_the_one_that_was_seen(house: House) -> None:
    unit(house, ID, "2024-10-03 16:42")
    unit(house, ID + 1, "2024-10-03 16:43")
    house.expects(return_id=ID + 2, return_number="R-3")
    chen = house.account(CHEN).by()
    acts: list[tuple[int, Any, Any]] = [
        (ID, do.OrderMedia(4_99), do.OrderMedia(5_00)),
        (ID, do.Decide("pickup", price_minor=1_49), do.Decide("pickup", price_minor=1_50)),
        (
            ID + 1,
            do.Decide("ship_hk", house.hong_kong, price_minor=67_99),
            do.Decide("ship_hk", house.hong_kong, price_minor=68_00),
        ),
        (ID + 1, do.Decide("dispose", price_minor=3_01), do.Decide("dispose", price_minor=3_00)),
        (ID + 2, do.DisposeOnArrival(wanted=True, price_minor=2), do.DisposeOnArrival(wanted=True, price_minor=3_00)),
    ]

    for parcel, wrong, right in acts:
        before = house.it(parcel)
        with pytest.raises(Refused) as refused:
            house.gives(chen, wrong, parcel)
        assert ("price_changed", "conflict", "price_minor") == (
            refused.value.code, refused.value.kind, refused.value.field,
        )  # fmt: skip
        assert before == house.it(parcel)
        house.gives(chen, right, parcel)
        assert before != house.it(parcel)


# -- Whom the partner bills -------------------------------------------------------------------------------------------


def test_the_company_that_may_decide_is_billed_and_not_the_one_that_looks_on(house: House) -> None:
    """Lumitek has two companies linked: Chen's, which may decide, and the viewers'."""
    unit(house, ID, "2024-10-03 16:42")
    turn_to(house, "2024-11-01 00:00")

    assert house.account(CHEN).company_id == one(house).company_id
    assert [] == told(house, VIEWER)


def test_the_last_payer_stays_it_when_nobody_is_linked_and_gives_way_to_who_may_decide(house: House) -> None:
    chen, stranger = house.account(CHEN), house.account(STRANGER)
    unit(house, ID, "2024-10-03 16:42")
    turn_to(house, "2024-11-01 00:00")
    house.errand(lambda tx, _: errands.unlink(tx, chen, LUMITEK))
    unit(house, ID + 1, "2024-11-03 16:42")
    turn_to(house, "2024-12-01 00:00")
    house.links(stranger, LUMITEK, BusinessType.CANCEL_ORDERS)
    unit(house, ID + 2, "2024-12-03 16:42")
    turn_to(house, "2025-01-01 00:00")
    house.links(chen, LUMITEK, BusinessType.CANCEL_ORDERS)
    unit(house, ID + 3, "2025-01-03 16:42")
    turn_to(house, "2025-02-01 00:00")

    payers = [it.company_id for it in invoices(house)]

    assert [chen.company_id, chen.company_id, stranger.company_id, stranger.company_id] == payers


def test_a_seller_of_nobody_gets_an_invoice_that_waits_for_the_first_company(house: House) -> None:
    unit(house, ID, "2024-10-03 16:42", seller_id=777, seller_country="CN")
    turn_to(house, "2024-11-01 00:00")
    stranger = house.account(STRANGER)
    assert "not_found" == refusal(lambda: disputes(house, STRANGER, f"receipt:{ID}"))
    house.links(stranger, 777, BusinessType.CANCEL_ORDERS)

    assert one(house).company_id is None
    assert disputes(house, STRANGER, f"receipt:{ID}") > 0


# -- Disputes and credit notes ----------------------------------------------------------------------------------------


def billed(house: House) -> None:
    """October: a receipt 6.00 and photos 5.00."""
    unit(house, ID, "2024-10-03 16:42")
    house.gives(house.account(CHEN).by(), do.OrderMedia())
    turn_to(house, "2024-11-01 00:00")


def test_a_dispute_takes_its_amount_out_of_what_is_overdue_until_it_is_decided(house: House) -> None:
    billed(house)
    dispute = disputes(house, LIU, f"media:{ID}")
    assert ("11.00 CNY", "0.00 CNY", "0.00 CNY", "5.00 CNY", "11.00 CNY") == sums(one(house))
    pays(house, "6.00")
    turn_to(house, "2024-11-30 12:00")
    assert InvoiceStatus.DISPUTED is one(house).status

    refuses_dispute(house, dispute)

    assert InvoiceStatus.OVERDUE is one(house).status
    assert ("11.00 CNY", "0.00 CNY", "6.00 CNY", "0.00 CNY", "5.00 CNY") == sums(one(house))
    assert "dispute_decided" == refusal(lambda: credits_dispute(house, dispute, 500))
    assert "dispute_refused" == told(house, CHEN)[-1]
    agrees(house)


def test_who_may_dispute_what_until_when_and_with_how_many_words(house: House) -> None:
    billed(house)
    media, receipt = f"media:{ID}", f"receipt:{ID}"

    assert "link_view_only" == refusal(lambda: disputes(house, VIEWER, media))
    assert "not_found" == refusal(lambda: disputes(house, ELIF, media))
    assert "not_your_role" == refusal(lambda: disputes(house, "sonia", media))
    assert "not_found" == refusal(lambda: disputes(house, CHEN, "media:1"))
    assert "explanation_required" == refusal(lambda: disputes(house, CHEN, media, "x" * 29 + " "))
    assert disputes(house, CHEN, media, "x" * 30) > 0
    assert "line_disputed_once" == refusal(lambda: disputes(house, CHEN, media))
    house.clock.turn_to(moscow("2024-12-01 23:59"))
    assert disputes(house, CHEN, receipt) > 0
    house.clock.turn_to(moscow("2024-12-02 00:00"))
    assert "dispute_window_closed" == refusal(lambda: disputes(house, CHEN, receipt))


def test_a_line_is_never_credited_beyond_its_amount(house: House) -> None:
    billed(house)
    dispute = disputes(house, CHEN, f"media:{ID}")

    assert "credit_beyond_line" == refusal(lambda: credits_dispute(house, dispute, 501))
    assert "credit_beyond_line" == refusal(lambda: credits_dispute(house, dispute, 0))
    assert "CN-000001" == credits_dispute(house, dispute, 300)
    assert "CN-000002" == credits_line(house, f"media:{ID}", 200)
    assert "credit_beyond_line" == refusal(lambda: credits_line(house, f"media:{ID}", 1))
    assert ("11.00 CNY", "5.00 CNY", "0.00 CNY", "0.00 CNY", "6.00 CNY") == sums(one(house))
    agrees(house)


def test_two_supervisors_at_once_credit_a_line_once(house: House) -> None:
    """Both sent before either was answered: the desk takes them in one batch."""
    billed(house)
    policy = Policy()
    works = [
        Errand(
            lambda tx, at: invoice_errands.credit(
                tx, SONIA, "INV-000001", f"media:{ID}", 400, REASON, policy, at
            ).encode()
        )
        for _ in range(4)
    ]
    results = house.office.desk.handle([(work, house.clock.now()) for work in works])

    assert [False, True, True, True] == [isinstance(result, Refused) for result in results]
    assert cny("4.00") == one(house).credited
    agrees(house)


def test_a_credit_note_for_what_was_paid_becomes_credit_and_pays_the_next_invoice(house: House) -> None:
    billed(house)
    pays(house, "11.00")
    credits_line(house, f"media:{ID}", 500)
    with house.office.database.read() as tx:
        assert [cny("5.00")] == payment_queries.credit_of(tx, house.account(CHEN).company_id)
    unit(house, ID + 1, "2024-11-20 10:00")
    turn_to(house, "2024-12-01 00:00")

    assert ("11.00 CNY", "5.00 CNY", "6.00 CNY", "0.00 CNY", "0.00 CNY") == sums(one(house))
    assert ("6.00 CNY", "0.00 CNY", "5.00 CNY", "0.00 CNY", "1.00 CNY") == sums(one(house, "INV-000002"))
    with house.office.database.read() as tx:
        assert [] == payment_queries.credit_of(tx, house.account(CHEN).company_id)
    agrees(house)


def test_value_added_tax_is_a_line_of_its_own_and_goes_back_with_a_credit_note(house: House) -> None:
    """7 % of 11.00 is 0.77; of 5.00 credited in two parts 0.35, without a cent that piles up."""
    policy = msgspec.structs.replace(QUIET, vat_pct=7)
    house.errand(lambda tx, at: errands.put_terms(tx, "policy", "2", policy, at))
    billed(house)
    assert (cny("11.00"), cny("0.77"), cny("11.77")) == (one(house).net, one(house).vat, one(house).total)

    credits_line(house, f"media:{ID}", 3_33)
    credits_line(house, f"media:{ID}", 1_67)

    assert ("11.77 CNY", "5.35 CNY", "0.00 CNY", "0.00 CNY", "6.42 CNY") == sums(one(house))
    agrees(house)


def test_all_lines_in_dispute_are_all_that_is_owed_whatever_the_tax_of_each_is_rounded_to(house: House) -> None:
    """7 % of 6.05 is 0.42, of 5.05 is 0.35, of both 0.78: the cent belongs to a line, and nothing is overdue."""
    prices = {**SEED_TARIFF.prices_minor, Service.RECEIPT: 6_05, Service.MEDIA: 5_05}
    tariff = msgspec.structs.replace(SEED_TARIFF, version="2", prices_minor=prices)
    policy = msgspec.structs.replace(QUIET, vat_pct=7)
    house.errand(lambda tx, at: errands.put_terms(tx, "policy", "2", policy, at))
    house.errand(lambda tx, at: errands.put_terms(tx, "tariff", "2", tariff, at))
    billed(house)
    receipt, media = (disputes(house, CHEN, f"{line}:{ID}") for line in ("receipt", "media"))
    turn_to(house, "2024-11-30 12:00")
    assert ("11.88 CNY", "0.00 CNY", "0.00 CNY", "11.88 CNY", "11.88 CNY") == sums(one(house))
    assert InvoiceStatus.DISPUTED is one(house).status
    agrees(house)

    credits_dispute(house, receipt, 6_05)
    assert ("11.88 CNY", "6.47 CNY", "0.00 CNY", "5.41 CNY", "5.41 CNY") == sums(one(house))
    assert InvoiceStatus.DISPUTED is one(house).status
    agrees(house)

    refuses_dispute(house, media)
    assert InvoiceStatus.OVERDUE is one(house).status
    assert ("11.88 CNY", "6.47 CNY", "0.00 CNY", "0.00 CNY", "5.41 CNY") == sums(one(house))
    agrees(house)


def test_what_stays_in_dispute_is_reckoned_anew_when_another_line_is_decided(house: House) -> None:
    """The line that took the cent is decided last or first: its credit note has the tax that is left."""
    prices = {**SEED_TARIFF.prices_minor, Service.RECEIPT: 6_05, Service.MEDIA: 5_05}
    tariff = msgspec.structs.replace(SEED_TARIFF, version="2", prices_minor=prices)
    policy = msgspec.structs.replace(QUIET, vat_pct=7)
    house.errand(lambda tx, at: errands.put_terms(tx, "policy", "2", policy, at))
    house.errand(lambda tx, at: errands.put_terms(tx, "tariff", "2", tariff, at))
    billed(house)
    receipt, media = (disputes(house, CHEN, f"{line}:{ID}") for line in ("receipt", "media"))
    refuses_dispute(house, receipt)
    assert ("11.88 CNY", "0.00 CNY", "0.00 CNY", "5.40 CNY", "11.88 CNY") == sums(one(house))
    agrees(house)

    credits_line(house, f"receipt:{ID}", 6_05)
    assert ("11.88 CNY", "6.47 CNY", "0.00 CNY", "5.41 CNY", "5.41 CNY") == sums(one(house))
    credits_dispute(house, media, 5_05)

    assert InvoiceStatus.PAID is one(house).status
    agrees(house)


def test_a_line_in_dispute_is_credited_by_deciding_the_dispute_only(house: House) -> None:
    billed(house)
    dispute = disputes(house, CHEN, f"media:{ID}")

    assert "line_in_dispute" == refusal(lambda: credits_line(house, f"media:{ID}", 500))
    assert "CN-000001" == credits_line(house, f"receipt:{ID}", 600)
    assert "CN-000002" == credits_dispute(house, dispute, 300)
    assert "CN-000003" == credits_line(house, f"media:{ID}", 200)
    assert ("11.00 CNY", "11.00 CNY", "0.00 CNY", "0.00 CNY", "0.00 CNY") == sums(one(house))
    agrees(house)


# -- Payments ---------------------------------------------------------------------------------------------------------


def test_partial_payments_add_up_a_reference_counts_once_and_what_is_beyond_is_credit(house: House) -> None:
    billed(house)
    pays(house, "4.00", reference="B-1")
    assert "payment_known" == refusal(lambda: pays(house, "4.00", reference="B-1"))
    assert "payment_known" == refusal(lambda: pays(house, "4.00", reference=" B-1 "))
    assert InvoiceStatus.OPEN is one(house).status
    pays(house, "10.00", reference="B-2")

    assert ("11.00 CNY", "0.00 CNY", "11.00 CNY", "0.00 CNY", "0.00 CNY") == sums(one(house))
    assert InvoiceStatus.PAID is one(house).status
    with house.office.database.read() as tx:
        assert [cny("3.00")] == payment_queries.credit_of(tx, house.account(CHEN).company_id)
    assert ["invoice_issued", "invoice_paid", "invoice_paid"] == told(house, CHEN)
    agrees(house)


def test_credit_that_waited_for_a_dispute_pays_what_is_owed_again_when_it_is_refused(house: House) -> None:
    """16.00 for an invoice of 6.00: 6.00 of the 10.00 beyond pay the other one, the disputed 5.00 wait."""
    billed(house)
    dispute = disputes(house, CHEN, f"media:{ID}")
    unit(house, ID + 1, "2024-11-20 10:00")
    turn_to(house, "2024-12-01 00:00")
    pays(house, "16.00", "INV-000002")
    assert ("11.00 CNY", "0.00 CNY", "6.00 CNY", "5.00 CNY", "5.00 CNY") == sums(one(house))

    refuses_dispute(house, dispute)

    assert ("11.00 CNY", "0.00 CNY", "10.00 CNY", "0.00 CNY", "1.00 CNY") == sums(one(house))
    agrees(house)


def test_what_a_seller_of_nobody_paid_beyond_pays_its_invoices_when_a_company_is_linked(house: House) -> None:
    """10.00 for 6.00 before anybody was linked, then a company is billed for that seller, and for another one."""
    unit(house, ID, "2024-10-03 16:42", seller_id=777, seller_country="CN")
    turn_to(house, "2024-11-01 00:00")
    pays(house, "10.00")
    stranger = house.account(STRANGER)
    house.links(stranger, 777, BusinessType.CANCEL_ORDERS)
    house.links(stranger, 778, BusinessType.CANCEL_ORDERS)
    unit(house, ID + 1, "2024-11-19 10:00", seller_id=777, seller_country="CN")
    unit(house, ID + 2, "2024-11-20 10:00", seller_id=778, seller_country="CN")
    turn_to(house, "2024-12-01 00:00")

    assert [(777, stranger.company_id, cny("2.00")), (778, stranger.company_id, cny("6.00"))] == [
        (it.seller_id, it.company_id, it.open) for it in invoices(house)[1:]
    ]
    with house.office.database.read() as tx:
        assert [] == payment_queries.credit_of(tx, None, 777)
    agrees(house)


def test_a_statement_of_the_bank_is_matched_once_and_the_rest_waits_for_a_person(house: House) -> None:
    billed(house)

    def imports(amount: str, reference: str, details: str, currency: str = "CNY") -> tuple[str, str]:
        paid = paid_of("2024-11-05", amount, currency, reference, details)
        found: tuple[str, str] = house.errand(lambda tx, at: payment_errands.import_payment(tx, SONIA, paid, at))
        return found

    assert ("matched", "INV-000001") == imports("2.00", "S-1", "for inv-000001, thanks")
    assert ("known", "") == imports("2.00", "S-1", "for inv-000001, thanks")
    assert "reference_taken" == refusal(lambda: imports("2.01", "S-1", "for inv-000001, thanks"))
    assert ("unmatched", "") == imports("3.00", "S-2", "October")
    assert ("unmatched", "") == imports("3.00", "S-3", "INV-000001 INV-000002")
    assert ("unmatched", "") == imports("3.00", "S-4", "INV-000001", "USD")
    assert ("unmatched", "") == imports("3.00", "S-5", "INV-000009")
    agrees(house)

    def match(reference: str) -> None:
        house.errand(lambda tx, at: payment_errands.match_payment(tx, SONIA, reference, "INV-000001", at))

    match("S-2")
    assert "payment_known" == refusal(lambda: match("S-2"))
    assert "other_currency" == refusal(lambda: match("S-4"))
    with house.office.database.read() as tx:
        assert ["S-3", "S-4", "S-5"] == [payment.reference for payment in payment_queries.unmatched(tx)]
    assert ("11.00 CNY", "0.00 CNY", "5.00 CNY", "0.00 CNY", "6.00 CNY") == sums(one(house))
    agrees(house)


def test_only_a_supervisor_records_money_and_decides(house: House) -> None:
    billed(house)
    dispute, policy, paid = disputes(house, CHEN, f"media:{ID}"), Policy(), paid_of("2024-11-05", "1", "CNY", "R")
    for by in (house.account(CHEN).by(), RUSLAN, VERA):
        works: list[Any] = [
            lambda tx, at, by=by: payment_errands.record_payment(tx, by, paid, "INV-000001", at),
            lambda tx, at, by=by: payment_errands.import_payment(tx, by, paid, at),
            lambda tx, at, by=by: payment_errands.match_payment(tx, by, "R", "INV-000001", at),
            lambda tx, at, by=by: invoice_errands.credit_dispute(tx, by, dispute, 1, REASON, policy, at),
            lambda tx, at, by=by: invoice_errands.refuse_dispute(tx, by, dispute, REASON, policy, at),
            lambda tx, at, by=by: invoice_errands.credit(tx, by, "INV-000001", f"media:{ID}", 1, REASON, policy, at),
        ]
        assert ["not_your_role"] * 6 == [refusal(lambda work=work: house.errand(work)) for work in works]
    with house.office.database.read() as tx:
        assert [DisputeStatus.OPEN] == [one.status for one in invoice_queries.disputes_of(tx, 1)]


# -- Reminders and the hold -------------------------------------------------------------------------------------------


def test_the_payer_is_reminded_on_the_last_day_and_three_and_seven_days_after_it(house: House) -> None:
    billed(house)
    kinds = []
    for at in ("2024-11-10 09:59", "2024-11-10 10:00", "2024-11-13 09:59", "2024-11-13 10:00", "2024-11-17 10:00",
               "2024-12-10 10:00"):  # fmt: skip
        turn_to(house, at)
        kinds.append(len(told(house, CHEN)))

    assert [1, 2, 2, 3, 4, 4] == kinds
    assert ["invoice_issued", "invoice_due", "invoice_overdue", "invoice_overdue"] == told(house, CHEN)


def test_after_downtime_only_the_latest_reminder_is_told_and_a_paid_invoice_has_none(house: House) -> None:
    billed(house)
    turn_to(house, "2024-11-20 12:00")
    assert ["invoice_issued", "invoice_overdue"] == told(house, CHEN)
    unit(house, ID + 1, "2024-11-21 10:00")
    turn_to(house, "2024-12-01 00:00")
    pays(house, "6.00", "INV-000002")
    turn_to(house, "2025-01-01 00:00")

    assert ["invoice_issued", "invoice_overdue", "invoice_issued", "invoice_paid"] == told(house, CHEN)


def test_an_overdue_invoice_holds_labels_only_and_from_the_first_instant_after_its_last_day(house: House) -> None:
    """P21: deciding, keeping, handing over, disposal, photos and the clock go on."""
    billed(house)
    house.gives(VERA, do.DeliverMedia(("m1",)))
    chen = house.account(CHEN).by()
    for n in range(1, 5):
        unit(house, ID + n, f"2024-11-02 10:0{n}")
    house.gives(chen, do.Decide("ship_hk", house.hong_kong), ID + 1)
    house.gives(chen, do.Decide("ship_hk", house.hong_kong), ID + 2)
    house.clock.turn_to(moscow("2024-11-10 23:59"))
    house.gives(RUSLAN, do.PrintLabel(), ID + 1)
    house.clock.turn_to(moscow("2024-11-11 00:00"))

    with pytest.raises(Refused) as refused:
        house.gives(RUSLAN, do.PrintLabel(), ID + 2)
    assert ("invoice_overdue", "INV-000001") == (refused.value.code, refused.value.facts["invoice"])
    house.gives(chen, do.OrderMedia(), ID + 3)
    house.gives(VERA, do.DeliverMedia(("m2",)), ID + 3)
    house.gives(chen, do.Decide("pickup"), ID + 3)
    house.gives(RUSLAN, do.HandOver("Ivan Petrov", house.code(ID + 3)), ID + 3)
    house.gives(chen, do.Decide("dispose"), ID + 4)
    turn_to(house, "2024-11-11 03:00")
    house.gives(RUSLAN, do.StartDisposal(), ID + 4)
    house.gives(RUSLAN, do.Destroy("shredding", "M. Orlova", ("d1",)), ID + 4)
    unit(house, ID + 5, "2024-11-11 10:00")
    turn_to(house, "2024-11-26 10:00")
    assert "disposal_due" == house.it(ID + 5).status

    pays(house, "10.99")
    assert "invoice_overdue" == refusal(lambda: house.gives(RUSLAN, do.PrintLabel(), ID + 2))
    pays(house, "0.01", reference="B-2")
    house.gives(RUSLAN, do.PrintLabel(), ID + 2)
    agrees(house)


def test_another_sellers_debt_holds_nothing_of_mine(house: House) -> None:
    unit(house, ID, "2024-10-03 16:42", seller_id=ANADOLU, seller_country="TR", variant="T")
    unit(house, ID + 1, "2024-11-12 10:00")
    turn_to(house, "2024-11-12 12:00")
    house.gives(house.account(CHEN).by(), do.Decide("ship_hk", house.hong_kong), ID + 1)

    house.gives(RUSLAN, do.PrintLabel(), ID + 1)

    assert "in_work" == house.it(ID + 1).status
    assert Money(6_00, "CNY") == one(house).open


def test_whatever_is_paid_credited_and_disputed_the_ledger_agrees(house: House) -> None:
    """A hundred acts by chance, refused ones among them, over four months; the same chance every time."""
    chance = Random(14)
    house.errand(lambda tx, at: errands.put_terms(tx, "policy", "2", msgspec.structs.replace(QUIET, vat_pct=7), at))
    for month in (10, 11, 12):
        for n in range(3):
            parcel = ID + month * 10 + n
            unit(house, parcel, f"2024-{month}-0{3 + n} 10:00")
            house.gives(house.account(CHEN).by(), do.OrderMedia(), parcel)
        turn_to(house, f"2024-{month + 1}-01 00:00" if month < 12 else "2025-01-01 00:00")
    refused = 0
    for step in range(100):
        it = chance.choice(invoices(house))
        with house.office.database.read() as tx:
            line = chance.choice(invoice_queries.lines(tx, it.id))
            waiting = invoice_queries.disputes(tx)
        acts: list[Any] = [
            lambda it=it, step=step: pays(house, f"{chance.randint(1, 900) / 100:.2f}", it.number, f"R-{step}"),
            lambda it=it, line=line: credits_line(house, line.line, chance.randint(1, 400), it.number),
            lambda it=it, line=line: disputes(house, CHEN, line.line, number=it.number),
            lambda waiting=waiting: credits_dispute(house, waiting[0].id if waiting else 0, chance.randint(1, 300)),
        ]
        try:
            chance.choice(acts)()
        except Refused:
            refused += 1
        if step % 20 == 19:
            agrees(house)

    assert 0 < refused < 100
    assert all(it.open.minor == it.total.minor - it.credited.minor - it.paid.minor >= 0 for it in invoices(house))


def test_the_audit_finds_what_does_not_agree(house: House) -> None:
    billed(house)
    house.errand(lambda tx, _: tx.run(Statement(tables.dues.update().values(paid_minor=1))))

    with house.office.database.read() as tx:
        assert ["invoice INV-000001: what is owed is not what the ledger says"] == invoice_audit.faults(tx)
