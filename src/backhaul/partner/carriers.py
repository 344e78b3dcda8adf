"""How carriers are spoken to: a manifest out, statuses in. `FolderCarrier` does it by files in two directories, for any carrier.

Another way (a carrier's own interface) is another class with these three methods.
"""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from backhaul.kit import forms
from backhaul.kit.file_names import fitting
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import inert
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.shapes import CarrierResult

FILE_BYTES_MAX = 1024 * 1024
LINES_MAX = 5000
FILES_A_ROUND_MAX = 20


class StatusLine(msgspec.Struct, frozen=True):
    """One line of a carrier's file. `number`: our consignment's or the carrier's own tracking number."""

    number: str
    status: str
    at: str = ""
    place: str = ""
    received_by: str = ""
    tracking: str = ""
    note: str = ""


class Carrier(Protocol):
    """What the house asks of a carrier."""

    def announce(self, it: Consignment) -> None:
        """Tell of a closed consignment; told again, it is the same."""

    def collect(self) -> Iterator[tuple[str, bytes]]:
        """(name, content) of files with statuses that nobody has put away yet."""

    def put_away(self, name: str, result: CarrierResult) -> None:
        """A file is read, and this came of it."""


class FolderCarrier:
    """`out/` gets a manifest as JSON and CSV for each consignment; files in `in/` are read and moved to `in/read/`."""

    def __init__(self, directory: Path) -> None:
        self.out, self.inbox, self.read = directory / "out", directory / "in", directory / "in" / "read"
        for folder in (self.out, self.inbox, self.read):
            folder.mkdir(parents=True, exist_ok=True)

    def announce(self, it: Consignment) -> None:
        """Both files, each whole or not there."""
        _write(self.out / f"{it.number}.csv", manifest_csv(it).encode())
        _write(self.out / f"{it.number}.json", manifest_json(it))

    def collect(self) -> Iterator[tuple[str, bytes]]:
        """Oldest name first. What is larger than a file of statuses can be is cut, and so refused as unreadable."""
        found = [path for path in sorted(self.inbox.iterdir()) if path.suffix.lower() in {".csv", ".json"}]
        for path in [path for path in found if path.is_file() and not path.is_symlink()][:FILES_A_ROUND_MAX]:
            with path.open("rb") as file:
                yield path.name, file.read(FILE_BYTES_MAX + 1)

    def put_away(self, name: str, result: CarrierResult) -> None:
        """The file and what came of it stand side by side in `in/read/`; a very long name is cut there."""
        kept = fitting(name)
        _write(self.read / f"{kept}.result.json", msgspec.json.format(msgspec.json.encode(result), indent=2))
        (self.inbox / name).replace(self.read / kept)


def manifest(it: Consignment) -> dict[str, Any]:
    """What a carrier must know of a consignment."""
    return {
        "consignment": it.number,
        "carrier": it.carrier,
        "closed_at": it.closed_at,
        "sender": {"name": it.sender, "address": it.sender_address, "warehouse": it.warehouse},
        "receiver": {
            "company": it.company, "country": it.destination.country, "city": it.destination.city,
            "street": it.destination.street, "contact": it.destination.contact,
        },
        "cartons": [
            {
                "code": carton_code(it, carton.number), "length_cm": carton.length_cm, "width_cm": carton.width_cm,
                "height_cm": carton.height_cm, "weight_gram": carton.weight_gram,
                "chargeable_gram": it.chargeable_gram.get(carton.number, 0), "units": len(it.inside(carton.number)),
            }
            for carton in it.cartons
        ],
    }  # fmt: skip


def manifest_json(it: Consignment) -> bytes:
    """The manifest as JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest(it)), indent=2) + b"\n"


def manifest_csv(it: Consignment) -> str:
    """The manifest as CSV, a row a carton."""
    told = manifest(it)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["consignment", "carton", "carrier", "company", "country", "city", "street", "contact", "length_cm",
                     "width_cm", "height_cm", "weight_gram", "chargeable_gram", "units"])  # fmt: skip
    to = told["receiver"]
    where = [inert(to[name]) for name in ("company", "country", "city", "street", "contact")]
    for carton in told["cartons"]:
        sizes = [carton[name] for name in ("length_cm", "width_cm", "height_cm", "weight_gram", "chargeable_gram")]
        writer.writerow([it.number, carton["code"], inert(it.carrier), *where, *sizes, carton["units"]])
    return out.getvalue()


def carton_code(it: Consignment, carton: int) -> str:
    """What stands on a carton's label."""
    return f"{it.number}-{carton}"


def rows_of(name: str, data: bytes) -> list[dict[str, str]]:
    """The rows of a file of statuses: JSON (a list, or `statuses`), else CSV with the fields' names on top."""
    if len(data) > FILE_BYTES_MAX:
        raise Refused("carrier_file_too_large", "invalid", "file", bytes_max=FILE_BYTES_MAX)
    try:
        text = data.decode("utf-8-sig")
        rows = _json(text) if name.lower().endswith(".json") else _csv(text)
    except (UnicodeDecodeError, ValueError, csv.Error, RecursionError) as error:
        raise Refused("carrier_file_unreadable", "invalid", "file", name=name) from error
    if not rows:
        raise Refused("carrier_file_unreadable", "invalid", "file", name=name)
    if len(rows) > LINES_MAX:
        raise Refused("carrier_file_too_long", "invalid", "file", lines_max=LINES_MAX)
    return rows


def line_of(row: dict[str, str]) -> StatusLine:
    """A row as a line, or `Refused`. JSON can escape halves of characters, which nothing can store."""
    for name in StatusLine.__struct_fields__:
        if legible(row.get(name, "")) != row.get(name, ""):
            raise Refused("line_unreadable", "invalid", name)
    return forms.convert(StatusLine, row)


def legible(text: str) -> str:
    """A text with a question mark for each half of a character."""
    return text.encode(errors="replace").decode()


def _json(text: str) -> list[dict[str, str]]:
    found = json.loads(text)
    rows = found.get("statuses") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(text[:80])
    return [{str(key): str(value) for key, value in row.items() if value is not None} for row in rows]


def _csv(text: str) -> list[dict[str, str]]:
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    if not {"number", "status"} <= {(name or "").strip().lower() for name in reader.fieldnames or ()}:
        raise ValueError(head[:80])
    return [
        {key.strip().lower(): value.strip() for key, value in row.items() if key and isinstance(value, str)}
        for row in reader
    ]


def _write(path: Path, data: bytes) -> None:
    """The whole file or none of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
