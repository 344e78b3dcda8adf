"""What the bank says, as a file: XML (camt.053, pain.002) or CSV, read into entries. Nothing is stored here."""

import csv
import io
from collections.abc import Iterator
from datetime import date

from backhaul.kit.machine import Refused
from backhaul.marketplace import banks, statement_xml
from backhaul.marketplace.rules.payouts import BankEntry, Kind
from backhaul.marketplace.statement_xml import money_of, unreadable

ENTRIES_MAX = 5_000
COLUMNS = ("date", "amount", "currency", "reference", "end_to_end_id", "status", "reason")
STATUSES = {
    "": Kind.BOOKED, "booked": Kind.BOOKED, "returned": Kind.RETURNED, "rejected": Kind.REJECTED,
    "pending": Kind.PENDING,
}  # fmt: skip


def read(raw: bytes) -> tuple[str, list[BankEntry]]:
    """(form, entries). `Refused` when the file as a whole cannot be read; a line that cannot be read has its fault."""
    banks.check_size(raw)
    begins = raw[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    form, entries = statement_xml.read(raw) if begins == b"<" else ("csv", list(_csv(raw)))
    if len(entries) > ENTRIES_MAX:
        raise Refused("statement_too_long", "invalid", "file", entries_max=ENTRIES_MAX)
    if not entries:
        raise Refused("statement_empty", "invalid", "file")
    return form, entries


def _csv(raw: bytes) -> Iterator[BankEntry]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unreadable("not_utf8") from None
    first = text.partition("\n")[0]
    comma = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=comma)
    try:
        named = [name.strip().lower() for name in reader.fieldnames or ()]
        if not set(COLUMNS[:5]) <= set(named):
            raise unreadable("columns")
        reader.fieldnames = named
        for row in reader:
            if any(row.values()):
                yield _line(reader.line_num, {name: str(row.get(name) or "").strip() for name in COLUMNS})
    except csv.Error as error:
        raise unreadable("not_csv", str(error)) from error


def _line(number: int, said: dict[str, str]) -> BankEntry:
    said = {name: text.replace("\0", "") for name, text in said.items()}
    key, reference, reason = said["end_to_end_id"][:80], said["reference"][:120], said["reason"][:80]
    kind = STATUSES.get(said["status"].lower())
    if kind is None:
        return BankEntry(number, Kind.PENDING, key, None, None, reference, reason, "status")
    try:
        amount = money_of(said["amount"].lstrip("-").replace(",", "."), said["currency"])
    except ValueError:
        return BankEntry(number, kind, key, None, None, reference, reason, "amount")
    try:
        return BankEntry(number, kind, key, amount, date.fromisoformat(said["date"]), reference, reason)
    except ValueError:
        return BankEntry(number, kind, key, amount, None, reference, reason, "date")
