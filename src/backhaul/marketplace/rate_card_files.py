"""Rate cards as files: CSV with a row for each cell, or JSON with the same cells; both are written and read."""

import csv
import io
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.machine import Refused
from backhaul.kit.money import decimal_text
from backhaul.marketplace.rules.compensation import RateCard
from backhaul.marketplace.rules.rate_cards import COLUMNS, Cell, assembled, cells_of, read
from backhaul.marketplace.rules.versions import Fault

FILE_BYTES_MAX = 512 * 1024


class RateCardFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file's cells as texts, and what it says of itself."""

    cells: tuple[dict[str, str | int | float | None], ...]
    version: str = ""
    valid_from: datetime | None = None


def parsed(data: bytes) -> RateCardFile:
    """A file as its rows: JSON when it begins with a bracket, else CSV with commas or semicolons."""
    if len(data) > FILE_BYTES_MAX:
        raise invalid([Fault("file_too_large", facts={"kb_max": FILE_BYTES_MAX // 1024})])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid([Fault("not_utf8")]) from error
    if not text.strip():
        raise invalid([Fault("file_empty")])
    return _json(text) if text.lstrip()[:1] in "{[" else _csv(text)


def card_of(file: RateCardFile, version: str) -> RateCard:
    """The card of a file; `Refused` with every fault of its rows, else with every gap and overlap."""
    cells, faults = read({name: _text(value) for name, value in row.items()} for row in file.cells)
    if not faults:
        card, faults = assembled(version, cells)
        if card is not None:
            return card
    raise invalid(faults)


def invalid(faults: list[Fault]) -> Refused:
    """The refusal of a file: what is wrong with it, fault by fault."""
    return Refused("rate_card_invalid", "invalid", "file", faults=faults)


def as_csv(card: RateCard) -> bytes:
    """A card as a CSV file to change and to hand in."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(row.values() for row in rows(card))
    return out.getvalue().encode("utf-8-sig")


def as_json(card: RateCard) -> bytes:
    """The same as JSON. Without version and date: a file to start from has neither."""
    return msgspec.json.format(msgspec.json.encode({"cells": rows(card)})) + b"\n"


def rows(card: RateCard) -> list[dict[str, str | int | float | None]]:
    """The cells of a card as a file has them."""
    return [_row(cell) for cell in cells_of(card)]


def _row(cell: Cell) -> dict[str, str | int | float | None]:
    return {
        "class": cell.quality.value,
        "weight_from_gram": cell.weight_low_gram,
        "weight_to_gram": cell.weight_high_gram,
        "price_from_rub": _roubles(cell.price_low_minor),
        "price_to_rub": None if cell.price_high_minor is None else _roubles(cell.price_high_minor),
        "rate_pct": cell.rate_pct,
    }


def _roubles(minor: int) -> str:
    return decimal_text(minor).removesuffix(".00")


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _json(text: str) -> RateCardFile:
    try:
        found = msgspec.json.decode(text)
        return msgspec.convert({"cells": found} if isinstance(found, list) else found, RateCardFile)
    except msgspec.ValidationError as error:
        raise invalid([Fault("not_a_rate_card", facts={"reason": str(error)[:200]})]) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise invalid([Fault("not_json", facts={"reason": str(error)[:200]})]) from error


def _csv(text: str) -> RateCardFile:
    lines = text.splitlines()
    separator = ";" if ";" in next(filter(str.strip, lines), "") else ","
    try:
        table = [
            row for row in csv.reader(lines, delimiter=separator, strict=True) if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise invalid([Fault("not_csv", facts={"reason": str(error)[:200]})]) from error
    if not table:
        raise invalid([Fault("file_empty")])
    header = [name.strip().lower() for name in table[0]]
    faults = [Fault("column_missing", name, {"column": name}) for name in COLUMNS if name not in header]
    faults += [Fault("column_unknown", name, {"column": name[:40]}) for name in header if name not in COLUMNS]
    if len(set(header)) < len(header):
        faults.append(Fault("column_twice"))
    faults += [
        Fault("row_length", str(number), {"row": number, "cells": len(row), "columns": len(header)})
        for number, row in enumerate(table[1:], start=1)
        if len(row) != len(header)
    ]
    if faults:
        raise invalid(faults[:50])
    return RateCardFile(tuple(_named(header, row) for row in table[1:]))


def _named(header: list[str], row: list[str]) -> dict[str, str | int | float | None]:
    return dict(zip(header, row, strict=True))
