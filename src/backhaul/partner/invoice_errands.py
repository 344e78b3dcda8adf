"""Invoices, disputes and credit notes: the changes, each in the desk's transaction. What was issued or posted stays as it is."""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.ledger import Entry
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import invoice_notices, invoice_queries, invoice_store, store
from backhaul.partner.payment_errands import supervisor_only, tell, use_prepaid
from backhaul.partner.rules import chart, invoices
from backhaul.partner.rules import invoice_events as happened
from backhaul.partner.rules.around import By
from backhaul.partner.rules.invoices import Addressee, DisputeStatus, Invoice
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import Role, Service

SELLERS_A_STEP = 20
REMINDERS_A_STEP = 100

_encode = msgspec.json.Encoder().encode


# The end of a month


def month_to_close(tx: Tx, at: datetime) -> str | None:
    """The oldest month that has ended and is not closed. None: nothing to do before the 1st."""
    ended = invoices.month_before(invoices.month_of(at))
    row = tx.one(invoice_store.NEWEST_CLOSED)
    if row is not None and row[0] is not None:
        return invoices.month_after(row[0]) if row[0] < ended else None
    oldest = tx.one(invoice_store.OLDEST_UNBILLED)
    first = ended if oldest is None or oldest[0] is None else invoices.month_of(from_us(oldest[0]))
    return min(first, ended)


def close_month(tx: Tx, policy: Policy, at: datetime) -> int:
    """One bounded step of the oldest month to close; how much was done. The month is closed when no seller is left in it.

    What is charged for it later goes on the next invoice. Two workers wait for each other.
    """
    store.take_number(tx, "invoice_run", 1)
    month = month_to_close(tx, at)
    if month is None:
        return 0
    bound_us = to_us(invoices.month_bound(month))
    sellers = tx.rows(invoice_store.SELLERS_TO_BILL, bound_us=bound_us, month=month, most=SELLERS_A_STEP)
    for seller_id, currency in sellers:
        _issue(tx, seller_id, month, currency, policy, at)
    if len(sellers) < SELLERS_A_STEP:
        tx.run(invoice_store.CLOSE_MONTH, month=month, closed_us=to_us(at))
    return len(sellers) + 1


def _issue(tx: Tx, seller_id: int, month: str, currency: str, policy: Policy, at: datetime) -> None:
    """One invoice. Its number is taken in the transaction that writes it, so none is missing."""
    invoice_id = store.take_number(tx, "invoice", 1)
    bound_us = to_us(invoices.month_bound(month))
    tx.run(invoice_store.PUT_ON_INVOICE, seller=seller_id, in_currency=currency, bound_us=bound_us, invoice=invoice_id)
    count, net = tx.one(invoice_store.SUM_OF_LINES, invoice=invoice_id) or (0, 0)
    company_id = payer_of(tx, seller_id)
    net, due = int(net), invoices.due_bound(at, policy)
    vat = invoices.vat_of(net, policy.vat_pct)
    it = Invoice(
        invoice_id, f"INV-{invoice_id:06}", seller_id, company_id, month, currency, int(count), net, policy.vat_pct, vat,
        net + vat, _language_of(tx, company_id), to_us(at), to_us(due),
        _encode(_addressee(tx, seller_id, company_id, policy)),
    )  # fmt: skip
    tx.run(invoice_store.INSERT_INVOICE, **msgspec.structs.asdict(it))
    remind_us = next((to_us(when) for _, when in invoices.reminders(due, policy)), None)
    tx.run(
        invoice_store.INSERT_DUE, invoice_id=it.id, seller_id=seller_id, company_id=company_id, currency=currency,
        due_us=it.due_us, credited_minor=0, paid_minor=0, disputed_minor=0, open_minor=it.total_minor,
        remind_us=remind_us,
    )  # fmt: skip
    tax = [Entry(chart.receivable(seller_id), chart.VAT, Money(vat, currency), f"vat:{it.number}")] if vat else []
    invoice_store.post(tx, tax, it.id, at)
    issued = happened.Issued(Money(it.total_minor, it.currency), due)
    tell(tx, it, invoice_notices.issued(it), issued, "issued", at)
    use_prepaid(tx, it, at)


def payer_of(tx: Tx, seller_id: int) -> int | None:
    """Whom the partner bills: the last payer while it may still decide, else the company that was linked first and may.

    Without such a company the last payer stays it. None: nobody ever was, and the invoice waits for who links next.
    """
    may_decide = [row[0] for row in tx.rows(invoice_store.PAYERS, seller=seller_id)]
    row = tx.one(invoice_store.LAST_PAYER, seller=seller_id)
    last = None if row is None else int(row[0])
    return last if last in may_decide or not may_decide else may_decide[0]


def _language_of(tx: Tx, company_id: int | None) -> str:
    row = None if company_id is None else tx.one(invoice_store.OWNER_LANGUAGE, company=company_id)
    return "en" if row is None else str(row[0])


def _addressee(tx: Tx, seller_id: int, company_id: int | None, policy: Policy) -> Addressee:
    row = None if company_id is None else tx.one(invoice_store.COMPANY, company=company_id)
    name, country, email = ("", "", "") if row is None else row
    seller = tx.one(invoice_store.SELLER_NAME, seller=seller_id)
    seller_name = "" if seller is None else seller[0]
    return Addressee(name, country, email, seller_id, seller_name, policy.invoice_issuer, policy.invoice_bank)


def remind(tx: Tx, policy: Policy, at: datetime) -> int:
    """Remind payers of what is due or overdue. Of stages that passed unseen only the latest is told."""
    rows = tx.rows(invoice_store.TO_REMIND, now_us=to_us(at), most=REMINDERS_A_STEP)
    for (invoice_id,) in rows:
        it, due = invoice_store.invoice_by_id(tx, invoice_id), invoice_store.due_locked(tx, invoice_id)
        stages = invoices.reminders(from_us(due.due_us), policy)
        passed = [days for days, when in stages if when <= at]
        following = next((to_us(when) for _, when in stages if when > at), None)
        tx.run(invoice_store.SET_REMINDER, invoice=invoice_id, to_us=following)
        if passed:
            amount, bound = Money(due.open_minor - due.disputed_minor, it.currency), from_us(due.due_us)
            reminded = happened.Reminded(amount, bound, at >= bound)
            tell(tx, it, invoice_notices.reminder(it, due, at), reminded, f"remind.{passed[-1]}", at)
    return len(rows)


# Disputes and credit notes


def dispute(tx: Tx, by: By, number: str, cause: str, reason: str, policy: Policy, at: datetime) -> int:
    """The payer, or a company that may decide for the seller, disputes a line, once; the dispute's id."""
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    it = invoice_store.invoice(tx, number)
    if not invoice_queries.may_see(tx, by, it.seller_id, it.company_id):
        raise Refused("not_found", "missing")
    if not may_dispute(tx, by, it.seller_id, it.company_id):
        raise Refused("link_view_only", "forbidden")
    invoice_store.due_locked(tx, it.id)
    line = _line(tx, it, cause)
    left = line.amount.minor - invoice_store.total(tx, invoice_store.CREDITED_OF_LINE, invoice=it.id, cause=cause)
    invoices.check_dispute(reason, from_us(it.issued_us), at, left, policy)
    if tx.one(invoice_store.DISPUTE_OF_LINE, cause=cause) is not None:
        raise Refused("line_disputed_once")
    row = tx.one(
        invoice_store.INSERT_DISPUTE, cause=cause, invoice_id=it.id, amount_minor=0, currency=it.currency,
        reason=reason.strip(), opened_us=to_us(at), opened_by=by.id, status=DisputeStatus.OPEN.value, answer="",
        decided_us=None, decided_by="",
    )  # fmt: skip
    _reckon_disputes(tx, it)
    return 0 if row is None else int(row[0])


def refuse_dispute(tx: Tx, by: By, dispute_id: int, reason: str, policy: Policy, at: datetime) -> None:
    """The supervisor refuses a dispute with a reason: the amount is owed again, and credit of the payer pays it."""
    supervisor_only(by)
    it, cause = _decided(tx, dispute_id, DisputeStatus.REFUSED, reason, by, policy, at)
    _reckon_disputes(tx, it)
    refused = happened.DisputeRefused(cause)
    tell(tx, it, invoice_notices.dispute_refused(it, reason.strip()), refused, f"dispute.{cause}", at)
    use_prepaid(tx, it, at)


def credit_dispute(tx: Tx, by: By, dispute_id: int, net_minor: int, reason: str, policy: Policy, at: datetime) -> str:
    """The supervisor credits a disputed line, wholly or in part; the number of the credit note."""
    supervisor_only(by)
    it, cause = _decided(tx, dispute_id, DisputeStatus.CREDITED, reason, by, policy, at)
    return _credit(tx, it, cause, net_minor, reason, by, at)


def credit(tx: Tx, by: By, number: str, cause: str, net_minor: int, reason: str, policy: Policy, at: datetime) -> str:
    """The supervisor credits a line that nobody disputes; the number of the credit note."""
    supervisor_only(by)
    it = invoice_store.invoice(tx, number)
    invoices.check_explanation(reason, policy)
    if tx.one(invoice_store.DISPUTE_OF_LINE, cause=cause) == (DisputeStatus.OPEN,):
        raise Refused("line_in_dispute", "conflict", "line")
    return _credit(tx, it, cause, net_minor, reason, by, at)


def _reckon_disputes(tx: Tx, it: Invoice) -> None:
    """What is in dispute, after a line was disputed, decided or credited: the tax of the lines is that of their sum."""
    rows = tx.rows(invoice_store.OPEN_DISPUTES, invoice=it.id)
    credited = invoice_store.total(tx, invoice_store.CREDITED_OF_INVOICE, invoice=it.id)
    amounts = invoices.in_dispute([int(net) for _, _, net in rows], credited, it.vat_pct)
    changed = [(row[0], amount, amount - row[1]) for row, amount in zip(rows, amounts, strict=True) if amount != row[1]]
    tx.many(invoice_store.SET_DISPUTED, [{"dispute": one, "minor": amount} for one, amount, _ in changed])
    invoice_store.move_due(tx, it.id, disputed=sum(more for _, _, more in changed))


def _decided(tx: Tx, dispute_id: int, status: DisputeStatus, reason: str, by: By, policy: Policy,
             at: datetime) -> tuple[Invoice, str]:  # fmt: skip
    row = tx.one(invoice_store.DISPUTE, dispute=dispute_id)
    if row is None:
        raise Refused("not_found", "missing")
    _, cause, invoice_id, amount, now = row
    if now != DisputeStatus.OPEN:
        raise Refused("dispute_decided")
    invoices.check_explanation(reason, policy)
    invoice_store.due_locked(tx, invoice_id)
    tx.run(invoice_store.DECIDE_DISPUTE, dispute=dispute_id, to_status=status.value, words=reason.strip(),
           at_us=to_us(at), person=by.id)  # fmt: skip
    invoice_store.move_due(tx, invoice_id, disputed=-amount)
    return invoice_store.invoice_by_id(tx, invoice_id), cause


class Line(msgspec.Struct, frozen=True):
    """A line of an invoice, as far as a credit note needs it."""

    cause: str
    service: Service
    amount: Money


def _line(tx: Tx, it: Invoice, cause: str) -> Line:
    row = tx.one(invoice_store.CHARGE, cause=cause)
    if row is None or row[5] != it.id:
        raise Refused("not_found", "missing", "line")
    return Line(row[0], Service(row[2]), Money(row[3], row[4]))


def _credit(tx: Tx, it: Invoice, cause: str, net_minor: int, reason: str, by: By, at: datetime) -> str:
    """A numbered credit note: contra entries, never an edit. What was paid already becomes credit of the payer."""
    due, line = invoice_store.due_locked(tx, it.id), _line(tx, it, cause)
    of_line = invoice_store.total(tx, invoice_store.CREDITED_OF_LINE, invoice=it.id, cause=cause)
    invoices.check_credit(net_minor, line.amount.minor, of_line, it.currency)
    of_invoice = invoice_store.total(tx, invoice_store.CREDITED_OF_INVOICE, invoice=it.id)
    vat = invoices.vat_to_credit(net_minor, of_invoice, it.vat_pct)
    note_id = store.take_number(tx, "credit_note", 1)
    number = f"CN-{note_id:06}"
    tx.run(
        invoice_store.INSERT_CREDIT_NOTE, id=note_id, number=number, invoice_id=it.id, cause=cause, net_minor=net_minor,
        vat_minor=vat, currency=it.currency, reason=reason.strip(), issued_us=to_us(at), issued_by=by.id,
    )  # fmt: skip
    owes, gross = chart.receivable(it.seller_id), net_minor + vat
    beyond = max(gross - due.open_minor, 0)
    posted = [Entry(chart.income(line.service), owes, Money(net_minor, it.currency), f"credit:{number}")]
    if vat:
        posted.append(Entry(chart.VAT, owes, Money(vat, it.currency), f"credit_vat:{number}"))
    if beyond:
        account = chart.prepaid(it.company_id, it.seller_id)
        posted.append(Entry(owes, account, Money(beyond, it.currency), f"overpaid:{number}"))
    invoice_store.post(tx, posted, it.id, at)
    invoice_store.move_due(tx, it.id, credited=gross, paid=-beyond)
    _reckon_disputes(tx, it)
    amount = Money(gross, it.currency)
    credited = happened.Credited(number, amount)
    tell(tx, it, invoice_notices.credited(it, number, amount, reason.strip()), credited, f"credit.{number}", at)
    use_prepaid(tx, it, at)
    return number


# Who


def may_dispute(tx: Tx, by: By, seller_id: int, company_id: int | None) -> bool:
    """The payer, and every company that may decide for the seller."""
    if by.role is not Role.SELLER:
        return False
    deciders = [row[0] for row in tx.rows(invoice_store.PAYERS, seller=seller_id)]
    return by.subject == str(company_id) or int(by.subject) in deciders
