"""An invoice as a table for the books of whoever pays it: each line with what it was for, by which version of the tariff.

A revision is told with it: an invoice never changes, but each credit note makes another state of it, and `credited_minor`
says what was taken off a line.
"""

import csv
import io
from collections.abc import Iterable

import msgspec

from backhaul.kit.spreadsheets import inert, moscow_text
from backhaul.partner.invoice_shapes import InvoiceView, Line

COLUMNS = (
    "invoice", "revision", "line", "at", "service", "event", "parcel", "return", "quantity", "price_minor", "amount_minor",
    "credited_minor", "currency", "tariff", "stored_from", "stored_until",
)  # fmt: skip
KINDS = {"csv": "text/csv", "json": "application/json"}


class Exported(msgspec.Struct, frozen=True):
    """An invoice as JSON; `lines` have the columns of the CSV file that are a line's."""

    invoice: str
    revision: int
    month: str
    currency: str
    seller_id: int
    net_minor: int
    vat_minor: int
    credited_minor: int
    lines: tuple[dict[str, str | int], ...]


def export(it: InvoiceView, lines: Iterable[Line], credited: dict[str, int], revision: int, kind: str) -> bytes:
    """The file. `credited`: what credit notes took off each line, without tax; `revision`: 1, and one more for each of them."""
    rows = [_row(it, line, credited.get(line.line, 0), revision) for line in lines]
    return _csv(rows) if kind == "csv" else _json(it, rows, revision)


def _row(it: InvoiceView, line: Line, credited_minor: int, revision: int) -> dict[str, str | int]:
    return {
        "invoice": it.number, "revision": revision, "line": line.line, "at": moscow_text(line.at), "service": line.service,
        "event": line.event, "parcel": line.number, "return": line.return_number, "quantity": line.quantity,
        "price_minor": line.price.minor, "amount_minor": line.amount.minor, "credited_minor": credited_minor,
        "currency": line.amount.currency, "tariff": line.tariff,
        "stored_from": "" if line.stored_from is None else moscow_text(line.stored_from),
        "stored_until": "" if line.stored_until is None else moscow_text(line.stored_until),
    }  # fmt: skip


def _csv(rows: list[dict[str, str | int]]) -> bytes:
    """RFC 4180, UTF-8 with BOM; the header and the codes are stable, no cell is ever a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([inert(str(row[name])) for name in COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _json(it: InvoiceView, rows: list[dict[str, str | int]], revision: int) -> bytes:
    lines = tuple({name: value for name, value in row.items() if name not in {"invoice", "revision"}} for row in rows)
    net, vat, credited = it.net.minor, it.vat.minor, it.credited.minor
    whole = Exported(it.number, revision, it.month, it.net.currency, it.seller_id, net, vat, credited, lines)
    return msgspec.json.format(msgspec.json.encode(whole)) + b"\n"
