"""The chart of accounts: what each event charges the seller, and what invoices and payments move. The ledger is the partner's alone."""

from datetime import date, datetime

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.ledger import AccountKind, Chart, Entry
from backhaul.kit.machine import cases_of
from backhaul.kit.money import Money
from backhaul.partner.rules import events as e
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Service

BANK = "bank"
VAT = "vat:payable"
UNMATCHED = "payments:unmatched"
RECEIVABLE, INCOME, PREPAID_BY_COMPANY, PREPAID_BY_SELLER = (
    "receivable:seller:", "income:", "prepaid:company:", "prepaid:seller:",
)  # fmt: skip
CHART = Chart((
    AccountKind(BANK, "debit"), AccountKind(RECEIVABLE, "debit"), AccountKind(VAT, "credit"),
    AccountKind(UNMATCHED, "credit"), AccountKind(PREPAID_BY_COMPANY, "credit"),
    AccountKind(PREPAID_BY_SELLER, "credit"), AccountKind(INCOME, "credit"),
))  # fmt: skip


class Charge(msgspec.Struct, frozen=True):
    """What a seller pays for one service to one parcel, and how it came to that: `quantity` x `price`.

    Storage counts days, from `stored_from` until `stored_until`.
    """

    cause: str
    service: Service
    quantity: int
    price: Money
    amount: Money
    tariff: str
    stored_from: datetime | None = None
    stored_until: datetime | None = None


def receivable(seller_id: int) -> str:
    """What this seller owes the partner."""
    return f"{RECEIVABLE}{seller_id}"


def income(service: Service) -> str:
    """What a service has brought in."""
    return f"{INCOME}{service}"


def prepaid(company_id: int | None, seller_id: int) -> str:
    """What was paid beyond all invoices: the credit of the company, or of a seller whom no company pays for."""
    return f"{PREPAID_BY_SELLER}{seller_id}" if company_id is None else f"{PREPAID_BY_COMPANY}{company_id}"


def entries(it: Parcel, event: e.Any) -> list[Entry]:
    """The postings of one event; `it` is the parcel after the event. Most events charge nothing."""
    if type(event) not in CHARGING:
        return []
    return [
        Entry(receivable(it.seller_id), income(charge.service), charge.amount, charge.cause)
        for charge in charges(it, event)
    ]


def charges(it: Parcel, event: e.Any) -> list[Charge]:
    """What one event charges; `it` is the parcel after the event. What costs nothing is no charge."""
    return [charge for charge in _charges(it, event) if charge.amount.minor > 0] if type(event) in CHARGING else []


def _charges(it: Parcel, event: e.Any) -> list[Charge]:
    if isinstance(event, e.Arrived):
        return [_once(it, "receipt", Service.RECEIPT, event.fee, event.tariff)]
    if isinstance(event, e.MediaOrdered):
        return [_once(it, "media", Service.MEDIA, event.fee, event.tariff)]
    if isinstance(event, e.LabelPrinted):
        priced_by = event.fee_tariff or event.tariff
        return [_once(it, "shipping", Service(it.decision), event.fee, priced_by), _storage(it, event)]
    if isinstance(event, e.HandedOver | e.DisposalStarted):
        return [_storage(it, event)]
    if isinstance(event, e.Destroyed):
        return [_once(it, "disposal", Service.DISPOSAL, event.fee, event.tariff)]
    return []


def _once(it: Parcel, cause: str, service: Service, fee: Money, tariff: str) -> Charge:
    return Charge(f"{cause}:{it.id}", service, 1, fee, fee, tariff)


def _storage(it: Parcel, event: e.LabelPrinted | e.HandedOver | e.DisposalStarted) -> Charge:
    """The amount is the event's; days and price explain it. An amount that days do not divide stands as one."""
    amount, since = event.storage, it.stored_from
    days = 0 if since is None else (_day(event.at) - _day(since)).days
    if days <= 0 or amount.minor % days:
        return Charge(f"storage:{it.id}", Service.STORAGE, 1, amount, amount, event.tariff, since, event.at)
    price = Money(amount.minor // days, amount.currency)
    return Charge(f"storage:{it.id}", Service.STORAGE, days, price, amount, event.tariff, since, event.at)


def _day(at: datetime) -> date:
    return at.astimezone(MOSCOW).date()


CHARGING = cases_of(_charges, e.Event.__subclasses__())  # most events need not look through the cases
