"""The bank's statement as a CSV file: which columns it has, and what each line says."""

import csv
import io
from collections.abc import Iterator

from backhaul.kit.machine import Refused
from backhaul.partner.rules.invoices import STATEMENT_COLUMNS, Paid, paid_of

ROWS_MAX = 5_000


def read(raw: bytes) -> Iterator[tuple[int, Paid | Refused]]:
    """(line number, payment or what is wrong with it). The first line names the columns; `,` or `;` parts them.

    Columns that are not asked for are passed over; `details` may be missing.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("statement_unreadable", "invalid", "file", columns=", ".join(STATEMENT_COLUMNS)) from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    try:
        named = [name.strip().lower() for name in reader.fieldnames or ()]
    except csv.Error:  # its first line is no line of a table either
        named = []
    if not set(STATEMENT_COLUMNS[:4]) <= set(named):
        raise Refused("statement_unreadable", "invalid", "file", columns=", ".join(STATEMENT_COLUMNS))
    reader.fieldnames = named
    try:
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
    except csv.Error:
        raise Refused("statement_unreadable", "invalid", "file", columns=", ".join(STATEMENT_COLUMNS)) from None
    if len(rows) > ROWS_MAX:
        raise Refused("statement_too_long", "invalid", "file", rows_max=ROWS_MAX)
    for number, row in rows:
        said = [str(row.get(name) or "").replace("\0", "") for name in STATEMENT_COLUMNS]
        try:
            yield number, paid_of(*said)
        except Refused as refused:
            yield number, refused
