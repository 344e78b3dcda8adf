"""What the payer of an invoice is told, and its words."""

from datetime import datetime

from backhaul.kit.days import from_us
from backhaul.kit.i18n import N_
from backhaul.kit.money import Money
from backhaul.kit.notices import Bound, Notice, Sum, Wording
from backhaul.partner.rules.invoices import Due, Invoice

NOTICES = {
    "invoice_issued": Wording(
        N_("Invoice"),
        N_("Our invoice {number} for {month} is {amount}. Pay by {until}."),
        "/invoices/{number}",
    ),
    "invoice_due": Wording(
        N_("Invoice is due"),
        N_(
            "{amount} of the invoice {number} must be paid by {until}. After that nothing of yours is shipped until it is paid."
        ),
        "/invoices/{number}",
    ),
    "invoice_overdue": Wording(
        N_("Invoice is overdue"),
        N_(
            "{amount} of the invoice {number} was due by {until}. Nothing of yours is shipped until it is paid. Everything else goes on: you can decide, keep, collect and order photos, the deadlines run, and units without a decision are still disposed of."
        ),
        "/invoices/{number}",
    ),
    "invoice_paid": Wording(
        N_("Payment received"), N_("We received {amount} for the invoice {number}. Thank you."), "/invoices/{number}"
    ),
    "dispute_refused": Wording(
        N_("Dispute refused"),
        N_("Your dispute about a line of the invoice {number} was refused: {reason}"),
        "/invoices/{number}",
    ),
    "credit_note": Wording(
        N_("Credit note"),
        N_("The credit note {note} takes {amount} off the invoice {number}: {reason}"),
        "/invoices/{number}",
    ),
}


def issued(it: Invoice) -> Notice:
    """A new invoice."""
    amount = Sum(Money(it.total_minor, it.currency))
    facts = {"number": it.number, "month": it.month, "amount": amount, "until": Bound(from_us(it.due_us))}
    return Notice(it.reader, "invoice_issued", facts)  # type: ignore[arg-type]  # a dictionary of facts


def reminder(it: Invoice, due: Due, at: datetime) -> Notice:
    """What is owed, disputed amounts aside: on the last day to pay, or after it."""
    bound = from_us(due.due_us)
    amount = Sum(Money(due.open_minor - due.disputed_minor, it.currency))
    kind = "invoice_overdue" if at >= bound else "invoice_due"
    return Notice(it.reader, kind, {"number": it.number, "amount": amount, "until": Bound(bound)})


def paid(it: Invoice, amount: Money) -> Notice:
    """Money came."""
    return Notice(it.reader, "invoice_paid", {"number": it.number, "amount": Sum(amount)})


def dispute_refused(it: Invoice, reason: str) -> Notice:
    """A dispute was refused."""
    return Notice(it.reader, "dispute_refused", {"number": it.number, "reason": reason})


def credited(it: Invoice, note: str, amount: Money, reason: str) -> Notice:
    """A line was credited."""
    return Notice(
        it.reader, "credit_note", {"number": it.number, "note": note, "amount": Sum(amount), "reason": reason}
    )
