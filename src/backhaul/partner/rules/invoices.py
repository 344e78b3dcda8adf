"""The law of invoices: months, due days, value added tax, disputes, credit notes, what a payment is for. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec

from backhaul.kit.days import MOSCOW, at_hour, end_of_day, last_moment
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money, exact_scaled, half_up
from backhaul.partner.rules.policy import Policy

INVOICE_NUMBER = re.compile(r"\bINV-\d{6,9}\b", re.IGNORECASE)
STATEMENT_COLUMNS = ("date", "amount", "currency", "reference", "details")
AMOUNT_MINOR_MAX = 10**15


class InvoiceStatus(StrEnum):
    """How an invoice stands: `disputed` when nothing is owed but what is disputed."""

    OPEN = "open"
    OVERDUE = "overdue"
    DISPUTED = "disputed"
    PAID = "paid"


class DisputeStatus(StrEnum):
    """The life of a dispute about one line."""

    OPEN = "open"
    REFUSED = "refused"
    CREDITED = "credited"


class Invoice(msgspec.Struct, frozen=True):
    """An invoice as it was issued; nothing of it changes. The fields are the columns."""

    id: int
    number: str
    seller_id: int
    company_id: int | None
    month: str
    currency: str
    lines: int
    net_minor: int
    vat_pct: int
    vat_minor: int
    total_minor: int
    language: str
    issued_us: int
    due_us: int
    doc: bytes

    @property
    def reader(self) -> str:
        """The name under which its payer is told things."""
        return f"seller:{self.seller_id}" if self.company_id is None else f"company:{self.company_id}"


class Due(msgspec.Struct, frozen=True):
    """What of an invoice is still owed. The fields are the columns."""

    invoice_id: int
    seller_id: int
    company_id: int | None
    currency: str
    due_us: int
    credited_minor: int
    paid_minor: int
    disputed_minor: int
    open_minor: int
    remind_us: int | None


class Addressee(msgspec.Struct, frozen=True):
    """Who is billed and who bills, as it was on the day of issue: what the paper says besides its lines."""

    company: str
    country: str
    email: str
    seller_id: int
    seller_name: str
    issuer: tuple[str, ...]
    bank: tuple[str, ...]


# Months, written 2024-10


def month_of(at: datetime) -> str:
    """The month of an instant in Moscow."""
    return f"{at.astimezone(MOSCOW):%Y-%m}"


def month_before(month: str) -> str:
    """The one before."""
    year, number = _parts(month)
    return f"{year - 1}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def month_after(month: str) -> str:
    """The next one."""
    year, number = _parts(month)
    return f"{year + 1:04}-01" if number == 12 else f"{year:04}-{number + 1:02}"


def month_start(month: str) -> datetime:
    """Its first instant: 00:00 of the 1st in Moscow."""
    year, number = _parts(month)
    return datetime(year, number, 1, tzinfo=MOSCOW).astimezone(UTC)


def month_bound(month: str) -> datetime:
    """The first instant after it."""
    return month_start(month_after(month))


def is_month(text: str) -> bool:
    """Whether somebody wrote a month."""
    return re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text) is not None


def _parts(month: str) -> tuple[int, int]:
    year, _, number = month.partition("-")
    return int(year), int(number)


# What is owed, and until when


def due_bound(issued: datetime, policy: Policy) -> datetime:
    """The first instant at which an invoice is overdue: the end of day N, where the day of issue is day 0 (P3)."""
    return end_of_day(issued, policy.invoice_due_days)


def vat_of(net_minor: int, vat_pct: int) -> int:
    """The tax on a sum: reckoned once, on the whole."""
    return half_up(net_minor * vat_pct, 100)


def status_of(open_minor: int, disputed_minor: int, due: datetime, at: datetime) -> InvoiceStatus:
    """A disputed amount is not overdue before it is decided."""
    if open_minor <= 0:
        return InvoiceStatus.PAID
    if open_minor <= disputed_minor:
        return InvoiceStatus.DISPUTED
    return InvoiceStatus.OVERDUE if at >= due else InvoiceStatus.OPEN


def reminders(due: datetime, policy: Policy) -> list[tuple[int, datetime]]:
    """The stages at which the payer is reminded: so many days after the last day to pay, in the morning."""
    last_day = last_moment(due)
    return [(days, at_hour(last_day, days, policy.reminder_hour)) for days in sorted(policy.invoice_reminder_days)]


# Disputes and credit notes


def disputable_until(issued: datetime, policy: Policy) -> datetime:
    """The first instant at which it is too late to dispute a line."""
    return end_of_day(issued, policy.dispute_days)


def check_dispute(reason: str, issued: datetime, at: datetime, creditable_minor: int, policy: Policy) -> None:
    """A line can be disputed for some days after the issue, with a reason, while something of it can be credited."""
    bound = disputable_until(issued, policy)
    if at >= bound:
        raise Refused("dispute_window_closed", until=last_moment(bound))
    check_explanation(reason, policy)
    if creditable_minor <= 0:
        raise Refused("line_credited_already")


def check_explanation(reason: str, policy: Policy) -> None:
    """Enough words for the other side to understand."""
    if len(reason.strip()) < policy.dispute_reason_min_characters:
        characters_min = policy.dispute_reason_min_characters
        raise Refused("explanation_required", "invalid", "reason", characters_min=characters_min)


def check_credit(net_minor: int, line_minor: int, credited_minor: int, currency: str) -> None:
    """All credit notes of a line together never go beyond its amount."""
    left = line_minor - credited_minor
    if not 0 < net_minor <= left:
        raise Refused("credit_beyond_line", "invalid", "amount", most=Money(left, currency))


def vat_to_credit(net_minor: int, credited_net_minor: int, vat_pct: int) -> int:
    """The tax that goes back with a credit note: reckoned on all credit notes of the invoice, so that cents do not pile up."""
    return vat_of(credited_net_minor + net_minor, vat_pct) - vat_of(credited_net_minor, vat_pct)


def in_dispute(nets_minor: Sequence[int], credited_net_minor: int, vat_pct: int) -> list[int]:
    """What is disputed with each line, its tax reckoned as if all were credited in turn: all lines are all that is owed."""
    amounts = []
    for net in nets_minor:
        amounts.append(net + vat_to_credit(net, credited_net_minor, vat_pct))
        credited_net_minor += net
    return amounts


# Payments


class Paid(msgspec.Struct, frozen=True):
    """Money that came: when, how much, by which reference of the bank, and what stands beside it."""

    paid_on: str
    amount_minor: int
    currency: str
    reference: str
    details: str = ""


def paid_of(paid_on: str, amount: str, currency: str, reference: str, details: str = "") -> Paid:
    """A payment from texts, or `Refused` with the field that does not fit."""
    try:
        day = date.fromisoformat(paid_on.strip()).isoformat()
    except ValueError:
        raise Refused("date_unreadable", "invalid", "date") from None
    try:
        minor = exact_scaled(amount.strip(), 2)
    except ValueError:
        minor = 0
    if not 0 < minor <= AMOUNT_MINOR_MAX:
        raise Refused("amount_unreadable", "invalid", "amount")
    if not re.fullmatch(r"[A-Z]{3}", currency.strip()):
        raise Refused("currency_unknown", "invalid", "currency")
    reference = " ".join(reference.split())
    if not 0 < len(reference) <= 80:
        raise Refused("reference_needed", "invalid", "reference")
    return Paid(day, minor, currency.strip(), reference, details.strip()[:500])


def invoice_named(text: str) -> str:
    """The one invoice that a text names; nothing when it names none, or several."""
    named = {found.upper() for found in INVOICE_NUMBER.findall(text)}
    return named.pop() if len(named) == 1 else ""
