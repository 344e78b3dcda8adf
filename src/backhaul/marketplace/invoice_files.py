"""The partner's invoices and price lists as files: CSV or JSON, as our own partner exports them and as others may write them."""

import csv
import hashlib
import io
from typing import Any

import msgspec

from backhaul.kit.money import DIGITS_BY_CURRENCY
from backhaul.marketplace.rules.partner_invoices import (
    AMOUNT_MINOR_MAX,
    LINES_MAX,
    PartnerInvoice,
    PriceList,
    invalid,
    invoice_of,
)
from backhaul.marketplace.rules.versions import Fault

FILE_BYTES_MAX = 32 * 1024 * 1024
PRICES_MAX = 200
# What others call our columns.
ALIASES = {"return_number": "return", "date": "at", "number": "parcel", "invoice_number": "invoice"}
NEEDED_COLUMNS = ("return", "service", "at", "currency")

Rows = list[tuple[int, dict[str, Any]]]
_decode = msgspec.json.Decoder(float_hook=str).decode  # amounts stay as they were written


def sha256(data: bytes) -> str:
    """By which the same file is known again."""
    return hashlib.sha256(data).hexdigest()


def read(data: bytes, number: str = "", revision: str = "") -> PartnerInvoice:
    """The invoice of a file; `Refused` names every line that does not fit. `number` and `revision` where the file has none."""
    text = _text(data)
    if text.lstrip()[:1] in "{[":
        head, rows = _json(text)
        number, revision = number or head.get("invoice", ""), revision or head.get("revision", "")
    else:
        rows = _csv(text)
    return invoice_of(rows, number, revision)


def read_price_list(data: bytes) -> PriceList:
    """A price list as the partner publishes it (`GET /tariff`): `version`, `currency`, `prices_minor` by service.

    A service whose price goes by weight is left out: `freight` names its countries.
    """
    try:
        said = msgspec.json.decode(_text(data), type=_Tariff)
    except (msgspec.DecodeError, RecursionError) as error:
        raise invalid([Fault("not_a_price_list", facts={"reason": str(error)[:200]})]) from error
    by_weight = {f"ship_{country.lower()}" for country in said.freight}
    fits = (
        0 < len(said.version) <= 40
        and said.currency in DIGITS_BY_CURRENCY
        and 0 < len(said.prices_minor) <= PRICES_MAX
        and all(0 < len(name) <= 40 and 0 <= minor <= AMOUNT_MINOR_MAX for name, minor in said.prices_minor.items())
    )
    if not fits:
        raise invalid([Fault("not_a_price_list", facts={"reason": "version, currency, prices_minor"})])
    prices = {name: minor for name, minor in sorted(said.prices_minor.items()) if name not in by_weight}
    return PriceList(said.version, said.currency, prices)


class _Tariff(msgspec.Struct):
    version: str
    currency: str
    prices_minor: dict[str, int]
    freight: dict[str, Any] = {}


def _text(data: bytes) -> str:
    if len(data) > FILE_BYTES_MAX:
        raise invalid([Fault("file_too_large", facts={"kb_max": FILE_BYTES_MAX // 1024})])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid([Fault("not_utf8")]) from error
    if not text.strip():
        raise invalid([Fault("file_empty")])
    return text.replace("\0", "")


def _csv(text: str) -> Rows:
    """Rows with the lines of the file on which they end; the first one names the columns."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max((",", ";", "\t"), key=first.count), strict=True)
    rows: Rows = []
    faults: list[Fault] = []
    try:
        header = [_column(name) for name in next(reader)]
        missing = [name for name in NEEDED_COLUMNS if name not in header]
        if not {"amount", "amount_minor"} & set(header):
            missing.append("amount")
        if missing or len(set(header)) < len(header):
            raise invalid(
                [Fault("column_missing", name, {"column": name}) for name in missing] or [Fault("column_twice")]
            )
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                counts: dict[str, str | int] = {"row": reader.line_num, "cells": len(cells), "columns": len(header)}
                faults.append(Fault("row_length", str(reader.line_num), counts))
            elif len(rows) <= LINES_MAX:
                rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise invalid([Fault("not_csv", facts={"reason": str(error)[:200]})]) from error
    if faults:
        raise invalid(faults)
    return rows


def _json(text: str) -> tuple[dict[str, str], Rows]:
    """What the file says of the invoice, and its lines with their places."""
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise invalid([Fault("not_json", facts={"reason": str(error)[:200]})]) from error
    head = found if isinstance(found, dict) else {}
    lines = head.get("lines") if isinstance(found, dict) else found
    if not isinstance(lines, list):
        raise invalid([Fault("no_lines")])
    wrong = [
        Fault("line_no_object", str(place), {"row": place})
        for place, one in enumerate(lines, 1)
        if not isinstance(one, dict)
    ]
    if wrong:
        raise invalid(wrong)
    said = {name: str(head[name]) for name in ("invoice", "revision") if isinstance(head.get(name), str | int)}
    return said, [(place, _flat(one)) for place, one in enumerate(lines, 1)]


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    """A line as a row: an amount with its currency becomes two columns."""
    row: dict[str, Any] = {}
    for name, value in line.items():
        column = _column(name)
        if isinstance(value, dict):
            row[f"{column}_minor"] = value.get("minor")
            row.setdefault("currency", value.get("currency"))
        elif isinstance(value, str | int) or value is None:
            row[column] = value
    return row


def _column(name: str) -> str:
    column = name.strip().lower()
    return ALIASES.get(column, column)
