"""A file of decisions: one row a parcel, written by hand or in a spreadsheet from the list that Order management gives out."""

import csv
import io
from collections.abc import Iterator

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import last_moment
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import inert
from backhaul.partner import decision_queries, queries
from backhaul.partner.bulk import ITEMS_MAX, Item
from backhaul.partner.rules.codes import number_of_ours
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.parcels import Parcel

BYTES_MAX = 1_000_000
COLUMNS = ("number", "decision", "destination_id")
# Told along with each parcel, and passed over when the file comes back.
FOR_THE_READER = ("return_number", "name", "price_rub", "decide_until")
CELL_CHARACTERS_MAX = 80


class Fault(msgspec.Struct, frozen=True):
    """A row that is no decision. `line` counts from 1, the header."""

    line: int
    refused: Refused


class Read(msgspec.Struct, frozen=True):
    """What a file says: decisions in the order of its rows, each with its line, and the rows that say none."""

    items: list[Item]
    lines: dict[int, int]
    faults: list[Fault]


def read(tx: Tx, company_id: int, data: bytes) -> Read:
    """The decisions of a file about parcels of a company. `Refused` when it is no such file at all.

    An empty `destination_id` is filled when the company has one address in the country.
    """
    rows = _rows(data)
    header = [cell.strip().lower() for cell in next(_whole(rows), [])]
    missing = [column for column in COLUMNS[:2] if column not in header]
    if missing:
        raise Refused("file_columns_missing", "invalid", "file", columns=missing)
    book = queries.destinations_of_company(tx, company_id)
    items, lines, faults, seen = list[Item](), dict[int, int](), list[Fault](), set[int]()
    for line, cells in enumerate(_whole(rows), 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(items) + len(faults) >= ITEMS_MAX:
            raise Refused("bulk_size", "invalid", "file", low=1, high=ITEMS_MAX)
        said = {name: cell.strip()[:CELL_CHARACTERS_MAX] for name, cell in zip(header, cells, strict=False)}
        try:
            it = _parcel(tx, company_id, said.get("number", ""))
            if it.id in seen:
                raise Refused("row_repeated", "invalid", "number", text=it.number)  # noqa: TRY301
            item = Item(it.id, said.get("decision", "").lower(), _destination(said, book), it.version)
        except Refused as refused:
            faults.append(Fault(line, refused))
        else:
            seen.add(it.id)
            lines[it.id] = line
            items.append(item)
    if not items and not faults:
        raise Refused("file_empty", "invalid", "file")
    return Read(items, lines, faults)


def write(parcels: list[Parcel]) -> str:
    """The list of what waits, as a file to fill in: `decision` and `destination_id` are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*COLUMNS, *FOR_THE_READER))
    for it in parcels:
        until = "" if it.decide_by is None else last_moment(it.decide_by).isoformat(timespec="minutes")
        told = (it.unit.return_number, it.unit.name, f"{it.unit.price.minor / 100:.2f}", until)
        writer.writerow((it.number, "", "", *(inert(text) for text in told)))
    return "\ufeff" + out.getvalue()


def _rows(data: bytes) -> Iterator[list[str]]:
    if len(data) > BYTES_MAX:
        raise Refused("file_too_large", "invalid", "file", bytes_max=BYTES_MAX)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("file_not_utf8", "invalid", "file") from error
    first = text.partition("\n")[0]
    separator = max((",", ";", "\t"), key=first.count)
    return csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=separator)


def _whole(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows, or `Refused` where the file is no table: an open quotation mark makes a cell of all that follows."""
    try:
        yield from rows
    except csv.Error as error:
        raise Refused("file_not_csv", "invalid", "file") from error


def _parcel(tx: Tx, company_id: int, number: str) -> Parcel:
    found = decision_queries.by_number(tx, company_id, number_of_ours(number)) if number else None
    if found is None:
        raise Refused("code_unknown", "missing", "number", text=number)
    return found


def _destination(said: dict[str, str], book: list[Destination]) -> int:
    text = said.get("destination_id", "")
    if text:
        return int(text) if text.isascii() and text.isdigit() else -1  # an address that nobody has
    country = said.get("decision", "").lower().removeprefix("ship_").upper()
    fitting = [one.id for one in book if one.country == country and one.confirmed_at is not None]
    return fitting[0] if len(fitting) == 1 else 0
