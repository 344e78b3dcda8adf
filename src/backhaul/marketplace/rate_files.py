"""Exchange rates as files: our CSV, and the daily XML sheet that central banks publish (a Valute for each currency)."""

import csv
import re
from datetime import date
from xml.parsers import expat

from backhaul.kit.machine import Refused
from backhaul.kit.money import exact_scaled
from backhaul.marketplace.rules.exchange import CURRENCIES, FAULTS_MAX, Rate
from backhaul.marketplace.rules.versions import Fault

COLUMNS = ("date", "currency", "nominal", "rate", "source")
FILE_BYTES_MAX = 1024 * 1024
ROWS_MAX = 20_000
DAY_OF_SHEET = re.compile(r"(\d{2})[./](\d{2})[./](\d{4})")
NUMBER_CHARACTERS_MAX = 20


def parsed(data: bytes, source: str = "") -> list[Rate]:
    """The rates of a file; `Refused` with every fault. `source`: whose an XML sheet is, if not what it says of itself."""
    if len(data) > FILE_BYTES_MAX:
        raise invalid([Fault("file_too_large", facts={"kb_max": FILE_BYTES_MAX // 1024})])
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return _sheet(data, source.strip())
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid([Fault("not_utf8")]) from error
    if not text.strip():
        raise invalid([Fault("file_empty")])
    return _csv(text)


def invalid(faults: list[Fault]) -> Refused:
    """The refusal of rates: what is wrong, fault by fault."""
    return Refused("rates_invalid", "invalid", "file", faults=faults)


def _csv(text: str) -> list[Rate]:
    lines = text.splitlines()
    separator = ";" if ";" in lines[0] else ","
    try:
        table = [row for row in csv.reader(lines, delimiter=separator, strict=True) if any(c.strip() for c in row)]
    except csv.Error as error:
        raise invalid([Fault("not_csv", facts={"reason": str(error)[:200]})]) from error
    if not table:
        raise invalid([Fault("file_empty")])
    header = [name.strip().lower() for name in table[0]]
    faults = [Fault("column_missing", name, {"column": name}) for name in COLUMNS if name not in header]
    faults += [Fault("column_unknown", name, {"column": name[:40]}) for name in header if name not in COLUMNS]
    if len(set(header)) < len(header):
        faults.append(Fault("column_twice"))
    if len(table) - 1 > ROWS_MAX:
        faults.append(Fault("too_many_rates", facts={"rows_max": ROWS_MAX}))
    if faults:
        raise invalid(faults[:FAULTS_MAX])
    rates: list[Rate] = []
    for number, row in enumerate(table[1:], start=1):
        if len(row) != len(header):
            facts: dict[str, str | int] = {"row": number, "cells": len(row), "columns": len(header)}
            faults.append(Fault("row_length", str(number), facts))
        else:
            cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
            rate = _rate(number, cells, faults, decimal_comma=separator == ";")
            rates += [rate] if rate is not None else []
        if len(faults) >= FAULTS_MAX:
            break
    if faults:
        raise invalid(faults)
    return rates


def _rate(row: int, cells: dict[str, str], faults: list[Fault], *, decimal_comma: bool) -> Rate | None:
    known = len(faults)
    try:
        on = date.fromisoformat(cells["date"])
    except ValueError:
        faults.append(_fault("day_unreadable", row, "date", cells["date"]))
        on = date.min
    number = cells["rate"].replace(",", ".") if decimal_comma else cells["rate"]
    nominal = _number(row, "nominal", cells["nominal"] or "1", 0, faults)
    rate = _number(row, "rate", number, 6, faults)
    if len(faults) > known:
        return None
    return Rate(cells["currency"].upper(), on, nominal, rate, cells["source"])


def _number(row: int, column: str, text: str, digits: int, faults: list[Fault]) -> int:
    try:
        return exact_scaled(text[:NUMBER_CHARACTERS_MAX], digits)
    except ValueError:
        faults.append(_fault("number_invalid", row, column, text))
        return 0


def _fault(code: str, row: int, column: str, value: str) -> Fault:
    return Fault(code, f"{row}:{column}", {"row": row, "column": column, "value": value[:40]})


def _sheet(data: bytes, source: str) -> list[Rate]:
    """A day's sheet; currencies that no order can have are passed over."""
    reading = _Sheet()
    try:
        reading.parser.Parse(data, True)  # noqa: FBT003 -- the library's own flag: this is the end
    except (expat.ExpatError, _NoSheet, LookupError, ValueError) as error:
        raise invalid([Fault("not_a_rate_sheet", facts={"reason": str(error)[:200]})]) from error
    found = DAY_OF_SHEET.fullmatch(reading.said.get("Date", ""))
    if found is None:
        raise invalid([Fault("not_a_rate_sheet", facts={"reason": "Date"})])
    day = f"{found[3]}-{found[2]}-{found[1]}"
    source = source or reading.said.get("name", "") or "—"
    faults: list[Fault] = []
    rates: list[Rate] = []
    for number, fields in enumerate(reading.rows, start=1):
        if fields.get("CharCode", "") in CURRENCIES:
            cells = {"date": day, "currency": fields["CharCode"], "nominal": fields.get("Nominal", ""),
                     "rate": fields.get("Value", ""), "source": source}  # fmt: skip
            rate = _rate(number, cells, faults, decimal_comma=True)
            rates += [rate] if rate is not None else []
    if not rates and not faults:
        faults.append(Fault("no_known_currency"))
    if faults:
        raise invalid(faults)
    return rates


class _NoSheet(Exception):
    pass


class _Sheet:
    """Reads ValCurs/Valute. A document type is refused: entities are how a small file becomes a large one."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.rows: list[dict[str, str]] = []
        self._field = ""
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text

    def _refuse(self, *_: object) -> None:
        raise _NoSheet("DOCTYPE")

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if name == "ValCurs":
            self.said = attributes
        elif not self.said:
            raise _NoSheet(name[:40])
        elif name == "Valute":
            self.rows.append({})
        self._field = name

    def _close(self, _: str) -> None:
        self._field = ""

    def _text(self, text: str) -> None:
        if self._field and self.rows:
            self.rows[-1][self._field] = self.rows[-1].get(self._field, "") + text.strip()
