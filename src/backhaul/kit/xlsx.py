"""XLSX files written as they grow: each row goes into the compressed file at once, so that no table is ever held or packed at the end.

The parts are those that ECMA-376 asks of a workbook: sheets of inline texts, numbers and booleans; there is no part that
could hold a formula. The same rows give the same bytes on every machine.
"""

import os
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from backhaul.kit.cells import DIGITS_KEPT_MAX, Cell, clean, moscow_text
from backhaul.kit.letters import cut

ROWS_PER_SHEET_MAX = 1_000_000
CHARACTERS_MAX = 32_767
COLUMN_WIDTH = 18
BUFFER_CHARACTERS = 100_000
PACKING_LEVEL = 1  # the quickest: a level more makes files a tenth smaller and takes twice as long
MADE = (1980, 1, 1, 0, 0, 0)

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Texts that stand in XML as they are, and do not begin or end with what readers take away.
_AS_IT_IS = re.compile(
    "[^\x00-\x20&<>\x7f\ud800-\udfff\ufffe\uffff](?:[^\x00-\x1f&<>_\x7f\ud800-\udfff\ufffe\uffff]*[^\x00-\x20&<>_\x7f\ud800-\udfff\ufffe\uffff])?"
)
_TAKEN_FOR_CODES = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_NAME_CHARACTERS_MAX = 31
_PLAIN, _BOLD, _FIRST_NUMBER = 0, 1, 2  # formats of cells
_FIRST_FORMAT = 164  # of our own


class XlsxSheet:
    """Texts are strings and never evaluated, amounts are numbers. Rows beyond what a sheet holds go to the next one."""

    def __init__(self, path: Path, header: Sequence[str], name: str, at: datetime, *,
                 rows_max: int = ROWS_PER_SHEET_MAX) -> None:  # fmt: skip
        self._path, self._header, self._rows_max, self._at = path, header, rows_max, at
        self._name = _NOT_IN_NAMES.sub(" ", name)
        self._columns = [_letters(n) for n in range(len(header))]
        self._book = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=PACKING_LEVEL)
        self._formats: dict[int, int] = {}  # by the digits behind the point
        self._sheets = self._row = self._waiting_characters = 0
        self._waiting: list[str] = []
        self._begin()

    def add(self, cells: Sequence[Cell]) -> None:
        """One more row."""
        if self._row > self._rows_max:
            self._end()
            self._begin()
        self._put("".join([self._cell(column, cell) for column, cell in zip(self._columns, cells, strict=False)]))

    def close(self) -> None:
        """Finish the file; it is on the disk afterwards."""
        self._end()
        for name, text in self._parts():
            self._book.writestr(_entry(name), _HEAD + text)
        self._book.close()
        with self._path.open("rb") as file:
            os.fsync(file.fileno())

    def abandon(self) -> None:
        """Let go of the file as it is."""
        self._sheet.close()
        self._book.close()
        self._path.unlink(missing_ok=True)  # whoever took the report over may have cleared it away

    # Sheets

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.open(_entry(f"xl/worksheets/sheet{self._sheets}.xml"), "w", force_zip64=True)
        last = len(self._header)
        widths = (
            f'<cols><col min="1" max="{last}" width="{COLUMN_WIDTH}.7109375" customWidth="1"/></cols>' if last else ""
        )
        chosen = ' tabSelected="1"' if self._sheets == 1 else ""
        pane = '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>'
        self._write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView{chosen} workbookViewId="0">{pane}</sheetView>'
            f'</sheetViews><sheetFormatPr defaultRowHeight="15"/>{widths}<sheetData>'
        )
        self._row = 0
        self._put("".join([_text(f"{c}1", title, _BOLD) for c, title in zip(self._columns, self._header, strict=True)]))

    def _put(self, cells: str) -> None:
        self._row += 1
        self._write(f'<row r="{self._row}">{cells}</row>')

    def _write(self, text: str) -> None:
        self._waiting.append(text)
        self._waiting_characters += len(text)
        if self._waiting_characters > BUFFER_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        self._sheet.write("".join(self._waiting).encode())
        self._waiting, self._waiting_characters = [], 0

    def _end(self) -> None:
        self._write("</sheetData></worksheet>")
        self._flush()
        self._sheet.close()

    # Cells

    def _cell(self, column: str, cell: Cell) -> str:
        if cell is None or cell == "":
            return ""
        place = f"{column}{self._row + 1}"
        kind = type(cell)
        if kind is bool:
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'  # type: ignore[arg-type]
        if kind is int and abs(cell) < 10**DIGITS_KEPT_MAX:  # type: ignore[arg-type]
            return f'<c r="{place}"><v>{cell}</v></c>'
        if isinstance(cell, Decimal):
            return f'<c r="{place}" s="{self._format(cell)}"><v>{_number(cell)}</v></c>'
        return _text(place, moscow_text(cell) if isinstance(cell, datetime) else str(cell), _PLAIN)

    def _format(self, cell: Decimal) -> int:
        digits = max(-int(cell.as_tuple().exponent), 0)
        return self._formats.setdefault(digits, _FIRST_NUMBER + len(self._formats))

    # The other parts

    def _parts(self) -> list[tuple[str, str]]:
        numbers = range(1, self._sheets + 1)
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_WORKBOOK}.worksheet+xml"/>'
            for n in numbers
        )
        names = "".join(f'<sheet name="{_escaped(self._title(n))}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        links = "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        styles = f'<Relationship Id="rId{self._sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        made = self._at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self._at.tzinfo else self._at.isoformat()
        return [
            ("[Content_Types].xml",
             (f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
             'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
             '<Default Extension="xml" ContentType="application/xml"/>'
             f'<Override PartName="/xl/workbook.xml" ContentType="{_WORKBOOK}.sheet.main+xml"/>'
             f'<Override PartName="/xl/styles.xml" ContentType="{_WORKBOOK}.styles+xml"/>'
             '<Override PartName="/docProps/core.xml" '
             f'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>{overrides}</Types>')),
            ("_rels/.rels",
             (f'<Relationships xmlns="{_PACKAGE}/relationships">'
             f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
             f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
             'Target="docProps/core.xml"/></Relationships>')),
            ("docProps/core.xml",
             (f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dcterms="http://purl.org/dc/terms/" '
             'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
             f'<dcterms:created xsi:type="dcterms:W3CDTF">{made}</dcterms:created></cp:coreProperties>')),
            ("xl/workbook.xml",
             f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>'),
            ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{links}{styles}</Relationships>'),
            ("xl/styles.xml", self._styles()),
        ]  # fmt: skip

    def _title(self, number: int) -> str:
        behind = "" if number == 1 else f" {number}"
        return f"{self._name[: _NAME_CHARACTERS_MAX - len(behind)]}{behind}"

    def _styles(self) -> str:
        formats = "".join(
            f'<numFmt numFmtId="{_FIRST_FORMAT + n}" formatCode="{"0." + "0" * digits if digits else "0"}"/>'
            for n, digits in enumerate(self._formats)
        )
        numbers = f'<numFmts count="{len(self._formats)}">{formats}</numFmts>' if formats else ""
        of_numbers = "".join(
            f'<xf numFmtId="{_FIRST_FORMAT + n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for n in range(len(self._formats))
        )
        font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
        plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"'
        return (
            f'<styleSheet xmlns="{_MAIN}">{numbers}<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
            '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            f'<cellStyleXfs count="1">{plain}/></cellStyleXfs><cellXfs count="{_FIRST_NUMBER + len(self._formats)}">'
            f'{plain} xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>{of_numbers}'
            '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        )


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, MADE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info._compresslevel = PACKING_LEVEL  # type: ignore[attr-defined]  # noqa: SLF001 -- public from Python 3.13 on
    return info


def _letters(column: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    while column >= 0:
        letters, column = chr(65 + column % 26) + letters, column // 26 - 1
    return letters


def _number(cell: Decimal) -> str:
    """As a spreadsheet program keeps it: a float, without zeros behind it."""
    value = float(cell)
    return str(int(value)) if value.is_integer() and abs(value) < 10**DIGITS_KEPT_MAX else repr(value)


def _text(place: str, text: str, style: int) -> str:
    styled = f' s="{style}"' if style else ""
    if len(text) <= CHARACTERS_MAX and _AS_IT_IS.fullmatch(text):
        return f'<c r="{place}"{styled} t="inlineStr"><is><t>{text}</t></is></c>'
    said = _escaped(cut(clean(text), CHARACTERS_MAX))
    return f'<c r="{place}"{styled} t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'


def _escaped(text: str) -> str:
    text = _TAKEN_FOR_CODES.sub("_x005F_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text.replace("\r", "_x000D_")
