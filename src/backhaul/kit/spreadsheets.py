"""Tables as files, written row by row in constant memory: CSV (RFC 4180, UTF-8 with BOM) and XLSX. No cell is ever a formula."""

import csv
import os
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from backhaul.kit.cells import Cell, clean, inert, moscow_text
from backhaul.kit.xlsx import XlsxSheet

__all__ = ["Cell", "CsvSheet", "Sheet", "XlsxSheet", "clean", "inert", "moscow_text"]


class Sheet(Protocol):
    """A file that grows by rows."""

    def add(self, cells: Sequence[Cell]) -> None:
        """One more row."""

    def close(self) -> None:
        """Finish the file; it is on the disk afterwards."""

    def abandon(self) -> None:
        """Let go of the file as it is."""


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


def _as_text(cell: Cell) -> str | int | None:
    """As the writer takes it: it makes nothing of None, and digits of a number."""
    if isinstance(cell, str):
        return inert(cell if type(cell) is str else str.__str__(cell))
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return moscow_text(cell) if isinstance(cell, datetime) else cell
