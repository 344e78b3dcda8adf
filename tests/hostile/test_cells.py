"""T22: no cell of a file is ever evaluated, as somebody else's reader sees it (openpyxl, Python's csv), and every text comes back as it was.

A hundred thousand cells of each kind with `./bh soak` (`BACKHAUL_CELLS`), some hundred on every run. A run prints its seed.
"""

import csv
import os
import random
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from openpyxl.utils.escape import unescape  # type: ignore[import-untyped]

from backhaul.kit import cells
from backhaul.kit.spreadsheets import Cell, CsvSheet, XlsxSheet

SEED = int(os.environ.get("BACKHAUL_SEED", "1"))
CELLS = int(os.environ.get("BACKHAUL_CELLS", "100000"))
AT = datetime(2024, 9, 2, 7, tzinfo=UTC)
COLUMNS = 10
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫\t\r\0"
BEFORE = [
    "",
    " ",
    "  ",
    "\ufeff",
    "\xa0",
    "\u200b",
    "\u3000",
    "\n",
    ";",
    "a;",
    "a\n",
    "\u202e",
    "\u2066",
    "\x01",
    "'",
    '"',
    "\u00ad",
    "\U000e0041",
    "\u0301",
]
BODIES = (
    "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://127.0.0.1/?"&A1,"x")', "SUM(A1:A9)", 'WEBSERVICE("http://127.0.0.1")', 'DDE("cmd";"/C calc";"x")',
    'IMPORTXML(CONCAT("http://127.0.0.1/",A1),"//a")', "2+5+cmd|' /C calc'!A0", "", "x", "毛毯", "плед", "👩‍👩‍👧", "_x003D_1", "a\r\nb", 'a"b', "a,b;c\td",
)  # fmt: skip


def hostile(count: int) -> list[str]:
    """Signs, behind everything that a reader passes over, before everything that a program would do."""
    chance = random.Random(SEED)
    every = [c for c in map(chr, range(0x20, 0x3100)) if not unicodedata.category(c).startswith("Cs")]

    def one() -> str:
        before = "".join(chance.choice(BEFORE) for _ in range(chance.randint(0, 3)))
        return (
            before
            + chance.choice(SIGNS)
            + chance.choice(BODIES)
            + "".join(chance.choices(every, k=chance.randint(0, 4)))
        )

    return [one() for _ in range(count)]


def rows_of(texts: list[str]) -> list[list[Cell]]:
    return [list(texts[at : at + COLUMNS]) for at in range(0, len(texts), COLUMNS)]


def is_live(cell: str) -> bool:
    """As a suspicious program would take it: blanks and what cannot be seen do not count.

    A text that ends with a semicolon makes a cell of our own line's end for who splits there: what follows counts then.
    """
    cell = cell.removeprefix("\r\n")
    seen = "".join(c for c in cell if unicodedata.category(c)[0] not in "CZM")
    return cell[:1] in {"\t", "\r"} or unicodedata.normalize("NFKC", seen[:1])[:1] in {"=", "+", "-", "@"}


def written(path: Path, texts: list[str]) -> tuple[Path, Path]:
    header = [f"c{n}" for n in range(COLUMNS)]
    for sheet in (CsvSheet(path / "a.csv", header), XlsxSheet(path / "a.xlsx", header, "Returns", AT)):
        for row in rows_of(texts):
            sheet.add(row)
        sheet.close()
    return path / "a.csv", path / "a.xlsx"


def csv_cells(file: Path, delimiter: str = ",") -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return [
            cell for row in list(csv.reader(opened, delimiter=delimiter, strict=delimiter == ","))[1:] for cell in row
        ]


def xlsx_cells(file: Path) -> list[tuple[str, str]]:
    """Kind and text of each cell below the header."""
    book = openpyxl.load_workbook(file, read_only=False, data_only=False)
    found = [
        (str(cell.data_type), unescape(str(cell.value or "")))
        for sheet in book
        for row in sheet.iter_rows(min_row=2)
        for cell in row
    ]
    book.close()
    return found


def as_read(text: str) -> str:
    """XML knows one kind of line end, unless it is named; readers see what was meant."""
    return cells.clean(text).replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("count", [300, pytest.param(CELLS, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_no_cell_is_evaluated_and_all_of_them_come_back(tmp_path: Path, count: int) -> None:
    print(f"seed {SEED}: BACKHAUL_SEED={SEED} makes the same cells")
    texts = hostile(count)
    as_csv, as_xlsx = written(tmp_path, texts)
    read, book = csv_cells(as_csv), xlsx_cells(as_xlsx)

    assert [cells.inert(text) for text in texts] == read  # RFC 4180, to the character
    assert [cells.clean(text).replace("'", "") for text in texts] == [cell.replace("'", "") for cell in read]
    assert [] == [cell for delimiter in ",;\t" for cell in csv_cells(as_csv, delimiter) if is_live(cell)]
    assert [as_read(text) for text in texts] == [as_read(text) for _, text in book]
    assert {"s", "n"} >= {kind for kind, _ in book}
    assert [] == [text for kind, text in book if kind == "n" and text]


def test_a_file_without_the_apostrophe_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nothing is put before a sign."""
    monkeypatch.setattr("backhaul.kit.spreadsheets.inert", cells.clean)
    as_csv, _ = written(tmp_path, hostile(100))

    assert any(is_live(cell) for cell in csv_cells(as_csv))


def test_a_formula_in_a_workbook_is_noticed(tmp_path: Path) -> None:
    """The control of the reader: it knows a formula when it sees one."""
    book = openpyxl.Workbook()
    book.active["A2"] = "=1+1"
    book.save(tmp_path / "b.xlsx")

    assert [("f", "=1+1")] == xlsx_cells(tmp_path / "b.xlsx")
