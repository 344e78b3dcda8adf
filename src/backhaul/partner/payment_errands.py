"""Payments: by hand, from the bank's statement, by the payer's credit. Each change runs in the desk's transaction."""

from datetime import datetime

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.noticeboard import Posted
from backhaul.kit.notices import Notice
from backhaul.partner import access, invoice_notices, invoice_store, store, tables, telling
from backhaul.partner.rules import chart, invoice_events, invoices
from backhaul.partner.rules.around import By
from backhaul.partner.rules.invoices import Invoice, Paid
from backhaul.partner.rules.words import Role

HAND, IMPORT = "hand", "import"


def record_payment(tx: Tx, by: By, paid: Paid, number: str, at: datetime) -> None:
    """Money that a person saw on the account, for one invoice. A reference counts once."""
    supervisor_only(by)
    it = invoice_store.invoice(tx, number)
    if tx.one(invoice_store.PAYMENT, of=paid.reference) is not None:
        raise Refused("payment_known", "conflict", "reference")
    if paid.currency != it.currency:
        raise Refused("other_currency", "invalid", "currency", wanted=it.currency)
    _insert_payment(tx, by, paid, it.id, HAND, at)
    _settle(tx, it, paid, chart.BANK, f"payment:{paid.reference}", at)


def import_payment(tx: Tx, by: By, paid: Paid, at: datetime) -> tuple[str, str]:
    """A line of the bank's statement: (`matched`, invoice), `unmatched`, or `known` when it was here before."""
    supervisor_only(by)
    known = tx.one(invoice_store.PAYMENT, of=paid.reference)
    if known is not None:
        if (known[2], known[3]) != (paid.amount_minor, paid.currency):
            raise Refused("reference_taken", "conflict", "reference")
        return "known", ""
    named = invoices.invoice_named(f"{paid.reference} {paid.details}")
    row = tx.one(invoice_store.INVOICE, number=named) if named else None
    it = None if row is None else Invoice(*row)
    if it is None or it.currency != paid.currency:
        _insert_payment(tx, by, paid, None, IMPORT, at)
        amount = Money(paid.amount_minor, paid.currency)
        invoice_store.post(tx, [Entry(chart.BANK, chart.UNMATCHED, amount, f"payment:{paid.reference}")], 0, at)
        return "unmatched", ""
    _insert_payment(tx, by, paid, it.id, IMPORT, at)
    _settle(tx, it, paid, chart.BANK, f"payment:{paid.reference}", at)
    return "matched", it.number


def match_payment(tx: Tx, by: By, reference: str, number: str, at: datetime) -> None:
    """The supervisor says for which invoice an unmatched payment was."""
    supervisor_only(by)
    it, row = invoice_store.invoice(tx, number), tx.one(invoice_store.PAYMENT, of=reference)
    if row is None:
        raise Refused("not_found", "missing")
    if row[1] is not None:
        raise Refused("payment_known", "conflict", "reference")
    if row[3] != it.currency:
        raise Refused("other_currency", "invalid", "number", wanted=row[3])
    tx.run(invoice_store.MATCH_PAYMENT, of=reference, invoice=it.id)
    _settle(tx, it, Paid("", row[2], row[3], reference), chart.UNMATCHED, f"matched:{reference}", at)


def _insert_payment(tx: Tx, by: By, paid: Paid, invoice_id: int | None, source: str, at: datetime) -> None:
    tx.run(
        invoice_store.INSERT_PAYMENT, reference=paid.reference, invoice_id=invoice_id, amount_minor=paid.amount_minor,
        currency=paid.currency, paid_on=paid.paid_on, details=paid.details, source=source, recorded_us=to_us(at),
        recorded_by=by.id,
    )  # fmt: skip


def _settle(tx: Tx, it: Invoice, paid: Paid, account: str, cause: str, at: datetime) -> None:
    """What an invoice is paid with; what is beyond it becomes credit of the payer, and pays its other invoices."""
    due = invoice_store.due_locked(tx, it.id)
    taken = min(paid.amount_minor, due.open_minor)
    beyond = paid.amount_minor - taken
    posted = []
    if taken:
        posted.append(Entry(account, chart.receivable(it.seller_id), Money(taken, it.currency), cause))
    if beyond:
        credit_account = chart.prepaid(it.company_id, it.seller_id)
        posted.append(Entry(account, credit_account, Money(beyond, it.currency), f"{cause}:beyond"))
    invoice_store.post(tx, posted, it.id, at)
    invoice_store.move_due(tx, it.id, paid=taken)
    amount = Money(paid.amount_minor, it.currency)
    tell(tx, it, invoice_notices.paid(it, amount), invoice_events.Paid(amount), cause, at)
    if beyond:
        use_prepaid(tx, it, at)


def use_prepaid(tx: Tx, it: Invoice, at: datetime) -> None:
    """Credit pays open invoices, the one that is due first before the others; disputed amounts wait.

    What was paid before a company was linked to the seller pays that seller's invoices, the company's credit all of its own.
    """
    _use(tx, chart.prepaid(None, it.seller_id), invoice_store.OPEN_OF_SELLER, it.seller_id, it.currency, at)
    if it.company_id is not None:
        account = chart.prepaid(it.company_id, it.seller_id)
        _use(tx, account, invoice_store.OPEN_OF_COMPANY, it.company_id, it.currency, at)


def _use(tx: Tx, account: str, owed: Statement, of: int, currency: str, at: datetime) -> None:
    left = invoice_store.total(tx, invoice_store.PREPAID, account=account, in_currency=currency)
    if left <= 0:
        return
    for invoice_id, seller_id, open_minor, disputed_minor in tx.rows(owed, of=of, in_currency=currency):
        taken = min(left, open_minor - disputed_minor)
        if taken <= 0:
            continue
        number = store.take_number(tx, "applied", 1)
        entry = Entry(account, chart.receivable(seller_id), Money(taken, currency), f"applied:{number}")
        invoice_store.post(tx, [entry], invoice_id, at)
        invoice_store.move_due(tx, invoice_id, paid=taken)
        left -= taken


def supervisor_only(by: By) -> None:
    """Money is recorded and credited by a supervisor; `Refused` for everybody else."""
    if by.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=by.role)


def tell(tx: Tx, it: Invoice, notice: Notice, event: invoice_events.Event, cause: str, at: datetime) -> None:
    """Tell the payer of an invoice and the payer's programs, once for each cause."""
    posted = Posted(notice, f"{it.number}.{cause}", to_us(at), to_us(at))
    if tables.board.hang_once(tx, [posted], access.mailboxes):
        telling.write_of_invoice(tx, it, event, at)
