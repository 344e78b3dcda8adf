"""The partner's invoice as a seller brings it: what a line says, and which numbers a corrected one may have. Pure."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.kit.money import DIGITS_BY_CURRENCY, Money, exact_scaled
from backhaul.marketplace.rules.versions import Fault

LINES_MAX = 100_000
FAULTS_SHOWN_MAX = 50
AMOUNT_MINOR_MAX = 10**13
NEEDED = ("return", "service", "at", "currency")
STORAGE, DISPOSAL = "storage", "disposal"

Row = dict[str, str]

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


class InvoiceStatus(StrEnum):
    """Whether an invoice counts: its lines are still coming, it counts, a corrected one counts instead, or it never came wholly."""

    COMING = "coming"
    CURRENT = "current"
    REPLACED = "replaced"
    BROKEN_OFF = "broken_off"


class PriceList(msgspec.Struct, frozen=True):
    """What the partner has published: prices of one version of its tariff. What goes by weight has no price of a unit."""

    version: str
    currency: str
    prices_minor: dict[str, int]


class InvoiceLine(msgspec.Struct, frozen=True):
    """One charge. `number` counts the lines of the file; `ref` is the partner's own name of the charge, if the file has it.

    `credited_minor` is what a credit note has taken off it since.
    """

    invoice: str
    number: int
    return_number: str
    service: str
    event: str
    at: datetime
    quantity: int
    price_minor: int
    amount_minor: int
    credited_minor: int
    currency: str
    tariff: str
    stored_from: datetime | None = None
    stored_until: datetime | None = None
    ref: str = ""

    @property
    def charged(self) -> Money:
        """What is asked for it now."""
        return Money(self.amount_minor - self.credited_minor, self.currency)


class PartnerInvoice(msgspec.Struct, frozen=True):
    """A whole invoice. A correction has the same number and a higher revision."""

    number: str
    revision: int
    currency: str
    lines: tuple[InvoiceLine, ...]

    @property
    def total(self) -> Money:
        """The sum of its lines."""
        return Money(sum(line.amount_minor - line.credited_minor for line in self.lines), self.currency)


def invalid(faults: list[Fault]) -> Refused:
    """The refusal of a file: what is wrong with it, line by line."""
    return Refused("invoice_file_invalid", "invalid", "file", faults=faults[:FAULTS_SHOWN_MAX], count=len(faults))


def invoice_of(found: list[tuple[int, dict[str, Any]]], number: str = "", revision: str = "") -> PartnerInvoice:
    """An invoice from rows of texts, each with its line in the file; `Refused` with every fault, else the whole of it.

    `number` and `revision` are what whoever brings it says where the rows do not.
    """
    faults: list[Fault] = []
    if not found:
        raise invalid([Fault("file_empty")])
    if len(found) > LINES_MAX:
        raise invalid([Fault("too_many_lines", facts={"lines_max": LINES_MAX})])
    rows = [(place, _said(row)) for place, row in found]
    said = {row.get("invoice", "") for _, row in rows} or {number.strip()}
    if len(said - {""}) > 1 or (len(said) > 1 and "" in said):
        faults.append(Fault("invoices_several"))
    named = max(said) or number.strip()
    if not _NUMBER.fullmatch(named):
        faults.append(Fault("invoice_unnamed"))
    revisions = {row.get("revision", "") for _, row in rows} - {""} or {revision.strip() or "1"}
    if len(revisions) > 1 or not _whole(min(revisions), 1, 9_999):
        faults.append(Fault("revision_invalid"))
    lines = []
    for count, (place, row) in enumerate(rows, start=1):
        line = _line(named, count, place, row, faults)
        if line is not None:
            lines.append(line)
    currencies = sorted({line.currency for line in lines})
    if len(currencies) > 1:
        faults.append(Fault("currencies_several", facts={"currencies": ", ".join(currencies)}))
    if faults:
        raise invalid(faults)
    return PartnerInvoice(named, int(min(revisions)), currencies[0], tuple(lines))


def _line(invoice: str, count: int, place: int, row: Row, faults: list[Fault]) -> InvoiceLine | None:
    """A row as a line, or None after its faults were noted."""
    known = len(faults)

    def wrong(column: str, code: str = "value_unreadable") -> None:
        faults.append(Fault(code, str(place), {"row": place, "column": column, "value": row.get(column, "")[:40]}))

    for column in NEEDED:
        if not row.get(column, ""):
            wrong(column, "value_missing")
    currency = row.get("currency", "").upper()
    if currency and currency not in DIGITS_BY_CURRENCY:
        wrong("currency")
    if row.get("service", "") and not _WORD.fullmatch(row.get("service", "")):
        wrong("service")
    times = {column: _instant(row.get(column, "")) for column in ("at", "stored_from", "stored_until")}
    for column, instant in times.items():
        if instant is None and row.get(column, ""):
            wrong(column)
    since, until = times["stored_from"], times["stored_until"]
    if since is not None and until is not None and until < since:
        wrong("stored_until")
    amount, price, credited = (_amount(row, name, wrong) for name in ("amount", "price", "credited"))
    if amount is None and not (row.get("amount", "") or row.get("amount_minor", "")):
        wrong("amount", "value_missing")
    if amount is not None and credited is not None and credited > amount:
        wrong("credited_minor" if row.get("credited_minor", "") else "credited")
    quantity = row.get("quantity", "") or "1"
    if not _whole(quantity, 1, 1_000_000):
        wrong("quantity")
    if len(faults) > known or amount is None or times["at"] is None:
        return None
    # Without a price it is what a unit of the quantity comes to; where that is no whole amount, the line counts as one.
    count_of = 1 if price is None and amount % int(quantity) else int(quantity)
    return InvoiceLine(
        invoice, count, row.get("return", "")[:80], row.get("service", ""), row.get("event", "")[:80], times["at"],
        count_of, amount // count_of if price is None else price, amount, credited or 0, currency, row.get("tariff", "")[:40],
        since, until, row.get("line", "")[:80],
    )  # fmt: skip


def _amount(row: Row, name: str, wrong: Any) -> int | None:
    """An amount: in minor units where the column ends so, else a decimal with two digits at most."""
    minor, decimal = row.get(f"{name}_minor", ""), row.get(name, "")
    if minor:
        if not _whole(minor, 0, AMOUNT_MINOR_MAX):
            wrong(f"{name}_minor")
            return None
        return int(minor)
    if not decimal:
        return None
    try:
        scaled = exact_scaled(decimal, 2)
    except ValueError:
        scaled = -1
    if not 0 <= scaled <= AMOUNT_MINOR_MAX:
        wrong(name)
        return None
    return scaled


def _said(row: dict[str, Any]) -> Row:
    return {column: "" if value is None else str(value).strip() for column, value in row.items()}


def _whole(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 14 and low <= int(text) <= high


def _instant(text: str) -> datetime | None:
    """An instant with its zone, or a day or time of day of Moscow."""
    if not text:
        return None
    try:
        if len(text) == len("2024-10-31"):
            day = date.fromisoformat(text)
            found = datetime(day.year, day.month, day.day, tzinfo=MOSCOW)
        else:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo else found.replace(tzinfo=MOSCOW)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2199 else None
