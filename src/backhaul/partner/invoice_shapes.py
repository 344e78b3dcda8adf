"""What lists of charges, invoices, disputes and payments are made of; API v1 shows them as they are."""

from datetime import datetime

import msgspec

from backhaul.kit.money import Money
from backhaul.partner.rules.invoices import DisputeStatus, InvoiceStatus


class Line(msgspec.Struct, frozen=True):
    """A charge, explained: quantity x price by a version of the tariff; storage with its days. `invoice` is empty until billed."""

    line: str
    seller_id: int
    parcel_id: int
    number: str
    return_number: str
    event: str
    service: str
    quantity: int
    price: Money
    amount: Money
    tariff: str
    at: datetime
    stored_from: datetime | None
    stored_until: datetime | None
    invoice: str = ""


class InvoiceView(msgspec.Struct, frozen=True):
    """An invoice as it was issued, and how it stands now. `due` is the first instant at which it is
    overdue, `pay_by` the last moment before it.
    """

    id: int
    number: str
    seller_id: int
    company_id: int | None
    company: str
    month: str
    status: InvoiceStatus
    issued_at: datetime
    due: datetime
    pay_by: datetime
    lines: int
    net: Money
    vat_pct: int
    vat: Money
    total: Money
    credited: Money
    paid: Money
    disputed: Money
    open: Money
    language: str


class DisputeView(msgspec.Struct, frozen=True):
    """A dispute about a line; `amount` is what is disputed, `of` the line's amount."""

    id: int
    line: str
    invoice: str
    service: str
    number: str
    parcel_id: int
    amount: Money
    of: Money
    reason: str
    opened_at: datetime
    opened_by: str
    status: DisputeStatus
    answer: str
    decided_at: datetime | None


class CreditNote(msgspec.Struct, frozen=True):
    """What was taken off a line of an invoice."""

    id: int
    number: str
    invoice: str
    line: str
    service: str
    parcel: str
    net: Money
    vat: Money
    reason: str
    issued_at: datetime


class Payment(msgspec.Struct, frozen=True):
    """Money that came; `invoice` is empty while nobody knows what for."""

    reference: str
    invoice: str
    amount: Money
    paid_on: str
    details: str
    source: str
    recorded_at: datetime


class Unbilled(msgspec.Struct, frozen=True):
    """What a seller has been charged and nobody has invoiced yet."""

    seller_id: int
    lines: int
    amount: Money
    since: datetime
