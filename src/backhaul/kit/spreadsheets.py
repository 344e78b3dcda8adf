"""Tables as files, written row by row in constant memory: CSV (RFC 4180, UTF-8 with BOM) and XLSX. No cell is ever a formula."""

import csv
import os
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from backhaul.kit.days import MOSCOW

Cell = str | int | bool | Decimal | datetime | None

ROWS_PER_SHEET_MAX = 1_000_000
CHARACTERS_MAX = 32_767
DIGITS_KEPT_MAX = 15
COLUMN_WIDTH = 18

# What neither format can carry: controls but tab and line ends, halves of surrogate pairs, the two non-characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Programs that split a line at `;` or a tab see a cell begin there, whatever the quotes say.
_CELL_STARTS = re.compile("(?<=[;\t\r\n])")
_FORMULA_SIGNS = frozenset("=+-@")
_INVISIBLE = "CZM"  # controls, blanks and marks, by the first letter of their category


class Sheet(Protocol):
    """A file that grows by rows."""

    def add(self, cells: Sequence[Cell]) -> None:
        """One more row."""

    def close(self) -> None:
        """Finish the file; it is on the disk afterwards."""

    def abandon(self) -> None:
        """Let go of the file as it is."""


def clean(text: str) -> str:
    """A text without the characters that a file of cells cannot carry."""
    return _UNWRITABLE.sub("", text)


def inert(text: str) -> str:
    """A text that no program takes for a formula: an apostrophe stands where one could begin.

    Also behind blanks and invisible characters, for full-width and other forms of the signs, and where a program that
    splits at semicolons or tabs would see a cell begin.
    """
    return "".join(_guarded(part) for part in _CELL_STARTS.split(clean(text)))


def _guarded(part: str) -> str:
    if part[:1] in {"\t", "\r"}:
        return f"'{part}"
    seen = next((c for c in part if unicodedata.category(c)[0] not in _INVISIBLE), "")
    return f"'{part}" if unicodedata.normalize("NFKC", seen)[:1].strip() in _FORMULA_SIGNS else part


class CsvSheet:
    """UTF-8 with BOM, commas, CRLF, quotes where needed. Texts are `inert`, numbers plain decimals."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow(header)

    def add(self, cells: Sequence[Cell]) -> None:
        """One more row."""
        self._writer.writerow([_as_text(cell) for cell in cells])

    def close(self) -> None:
        """Finish the file; it is on the disk afterwards."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._file.close()


def _as_text(cell: Cell) -> str:
    if isinstance(cell, str):
        return inert(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, datetime):
        return moscow_text(cell)
    return "" if cell is None else str(cell)


class XlsxSheet:
    """Texts are strings and never evaluated, amounts are numbers. Rows beyond what a sheet holds go to the next one."""

    def __init__(self, path: Path, header: Sequence[str], name: str, at: datetime, *,
                 rows_max: int = ROWS_PER_SHEET_MAX) -> None:  # fmt: skip
        import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 -- loads slowly, and only reports need it

        self._path, self._header, self._name, self._rows_max = path, header, name, rows_max
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book: Any = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"created": at.replace(tzinfo=None)})
        self._bold = self._book.add_format({"bold": True})
        self._formats: dict[int, Any] = {}
        self._sheets = 0
        self._begin()

    def add(self, cells: Sequence[Cell]) -> None:
        """One more row."""
        if self._row > self._rows_max:
            self._begin()
        for column, cell in enumerate(cells):
            self._put(column, cell)
        self._row += 1

    def close(self) -> None:
        """Finish the file; it is on the disk afterwards. Packs everything, so it takes long for a large table."""
        self._book.close()
        with self._path.open("rb") as file:
            os.fsync(file.fileno())

    def abandon(self) -> None:
        """Let go of the file as it is."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        self._book.fileclosed = True  # else it packs itself when it is collected

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        self._sheet.set_column(0, len(self._header) - 1, COLUMN_WIDTH)
        self._sheet.freeze_panes(1, 1)
        for column, title in enumerate(self._header):
            self._sheet.write_string(0, column, title, self._bold)
        self._row = 1

    def _put(self, column: int, cell: Cell) -> None:
        """A text that looks like the library's own mark-up ends with a blank: else it would be written as it is, tags and all."""
        row, sheet = self._row, self._sheet
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, Decimal):
            sheet.write_number(row, column, float(cell), self._digits(cell))
        elif isinstance(cell, int) and abs(cell) < 10**DIGITS_KEPT_MAX:
            sheet.write_number(row, column, cell)
        else:
            text = moscow_text(cell) if isinstance(cell, datetime) else clean(str(cell))[:CHARACTERS_MAX]
            sheet.write_string(row, column, f"{text[: CHARACTERS_MAX - 1]} " if text.startswith("<r>") else text)

    def _digits(self, cell: Decimal) -> Any:
        digits = max(-int(cell.as_tuple().exponent), 0)
        if digits not in self._formats:
            self._formats[digits] = self._book.add_format({"num_format": f"0.{'0' * digits}" if digits else "0"})
        return self._formats[digits]


def moscow_text(at: datetime) -> str:
    """`2024-09-02T10:00:00+03:00`: Moscow's wall clock with its zone, to the second."""
    return at.astimezone(MOSCOW).isoformat(timespec="seconds")
