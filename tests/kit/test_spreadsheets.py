"""No cell of a file is a formula, and what was written is read back (T22)."""

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backhaul.kit.spreadsheets import Cell, CsvSheet, XlsxSheet, clean, inert

AT = datetime(2024, 9, 2, 7, tzinfo=UTC)
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫"
BLANKS = " \t\r\n\x00\ufeff\xa0\u200b\u2028\u3000\ue000\ufe0f"
HOSTILE = [
    *(f"{blank}{sign}1+1" for sign in SIGNS for blank in ("", *BLANKS, "\ufeff \xa0")),
    "\t1", "\r1", "ok;=1+1", "ok\n=1+1", "ok\t@SUM(A1)", 'ok";=cmd|\' /C calc\'!A0', '=HYPERLINK("http://a")',
    '<r></t></is></c><c r="B9"><f>1+1</f></c></r>', "_x003D_1+1", "{=1+1}",
]  # fmt: skip
NAMES = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
texts = st.text(st.characters(), max_size=40) | st.builds(
    "{}{}{}".format, st.text(BLANKS + "a;\n", max_size=4), st.sampled_from([*SIGNS, ""]), st.text(max_size=8)
)


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def csv_of(path: Path, *rows: list[Cell]) -> bytes:
    sheet = CsvSheet(path / "a.csv", ["a", "b"])
    for row in rows:
        sheet.add(row)
    sheet.close()
    return (path / "a.csv").read_bytes()


def xlsx_of(path: Path, *rows: list[Cell], rows_max: int = 1000) -> zipfile.ZipFile:
    sheet = XlsxSheet(path / "a.xlsx", ["a", "b"], "Returns", AT, rows_max=rows_max)
    for row in rows:
        sheet.add(row)
    sheet.close()
    return zipfile.ZipFile(io.BytesIO((path / "a.xlsx").read_bytes()))


def sheets(book: zipfile.ZipFile) -> list[ET.Element]:
    names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
    return [ET.fromstring(book.read(name)) for name in names]  # noqa: S314 -- our own file


def shown(cell: ET.Element) -> str:
    """A string cell as programs read it: `_xHHHH_` is a character."""
    text = "".join(part.text or "" for part in cell.iterfind(".//m:t", NAMES))
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def is_live(cell: str) -> bool:
    """As a suspicious program would take it: blanks and what cannot be seen do not count."""
    seen = "".join(c for c in cell if unicodedata.category(c)[0] not in "CZ")
    return cell[:1] in {"\t", "\r"} or unicodedata.normalize("NFKC", seen[:1]) in {"=", "+", "-", "@"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula_in_a_csv_however_it_is_split(text: str, tmp_path: Path) -> None:
    raw = csv_of(tmp_path, [text, "next"]).decode("utf-8-sig")

    for delimiter in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter) for cell in row]
        assert [] == [cell for cell in cells if is_live(cell)]


@pytest.mark.parametrize("text", [*HOSTILE, 'a;"=1+1', 'a;""=1+1', 'a\t" "@SUM(A1)', '"=1+1', 'a;"\t1+1', 'a;""\r1'])
def test_no_text_becomes_a_formula_behind_another_cell_either(text: str, tmp_path: Path) -> None:
    """Who splits at semicolons sees this cell begin in the middle of the one before: its quotes are other ones then."""
    raw = csv_of(tmp_path, ["first", text]).decode("utf-8-sig")

    for delimiter in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter) for cell in row]
        assert [] == [cell for cell in cells if is_live(cell)]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula_in_an_xlsx(text: str, tmp_path: Path) -> None:
    (sheet,) = sheets(xlsx_of(tmp_path, [text, "next"]))
    cells = sheet.findall(".//m:c", NAMES)

    assert [] == sheet.findall(".//m:f", NAMES)
    assert ["A1", "B1", "A2", "B2"] == [cell.get("r") for cell in cells]
    assert {"inlineStr"} == {cell.get("t") for cell in cells}
    assert clean(text).replace("\r\n", "\n").replace("\r", "\n").rstrip(" ") == shown(cells[2]).replace(
        "\r\n", "\n"
    ).replace("\r", "\n").rstrip(" ")


@settings(max_examples=300, deadline=None)
@given(texts)
def test_a_csv_is_read_back_as_it_was_written_and_is_inert(text: str) -> None:
    with folder() as path:
        raw = csv_of(path, [text, 7])

    assert raw.startswith(b"\xef\xbb\xbfa,b\r\n")
    assert [["a", "b"], [inert(text), "7"]] == list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert inert(text).replace("'", "") == clean(text).replace("'", "")
    for delimiter in (",", ";", "\t"):
        found = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        assert [] == [cell for row in found for cell in row if is_live(cell)]


@settings(max_examples=300, deadline=None)
@given(texts)
def test_an_xlsx_holds_the_very_text_and_no_formula(text: str) -> None:
    with folder() as path:
        (sheet,) = sheets(xlsx_of(path, [text, 7]))
    cells = {cell.get("r"): cell for cell in sheet.findall(".//m:c", NAMES)}

    assert [] == sheet.findall(".//m:f", NAMES)
    assert "7" == cells["B2"].findtext("m:v", namespaces=NAMES)
    assert (shown(cells["A2"]) if "A2" in cells else "") == clean(text)


def test_harmless_texts_stay_as_they_are() -> None:
    for text in ("Woven throw", "A-1", "1+1", "R-100001", "don't = do", "плед, красный", "毛毯", "👩‍👩‍👧", "a; b"):
        assert text == inert(text)


def test_numbers_and_instants_have_their_form_in_both(tmp_path: Path) -> None:
    row: list[Cell] = [Decimal("12400.00"), Decimal("0.900")]
    raw = csv_of(tmp_path, row, [AT, True], [10**17, None]).decode("utf-8-sig")
    (sheet,) = sheets(xlsx_of(tmp_path, row, [AT, True], [10**17, None]))
    cells = {cell.get("r"): cell for cell in sheet.findall(".//m:c", NAMES)}

    assert "a,b\r\n12400.00,0.900\r\n2024-09-02T10:00:00+03:00,true\r\n100000000000000000,\r\n" == raw
    assert ("12400", None) == (cells["A2"].findtext("m:v", namespaces=NAMES), cells["A2"].get("t"))
    assert ("0.9", None) == (cells["B2"].findtext("m:v", namespaces=NAMES), cells["B2"].get("t"))
    assert "2024-09-02T10:00:00+03:00" == shown(cells["A3"])
    assert "b" == cells["B3"].get("t")
    assert "100000000000000000" == shown(cells["A4"])  # a number of Excel has 15 digits
    assert "B4" not in cells


def test_rows_that_a_sheet_cannot_hold_go_to_the_next(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[f"row {n}", n] for n in range(5)]
    book = xlsx_of(tmp_path, *rows, rows_max=2)
    firsts = [
        [shown(c) for c in sheet.findall(".//m:c", NAMES) if (c.get("r") or "")[0] == "A"] for sheet in sheets(book)
    ]

    assert [["a", "row 0", "row 1"], ["a", "row 2", "row 3"], ["a", "row 4"]] == firsts


def test_a_text_longer_than_a_cell_is_cut_and_the_file_is_whole(tmp_path: Path) -> None:
    (sheet,) = sheets(xlsx_of(tmp_path, ["x" * 40_000, 1]))

    assert ["a", "b", "x" * 32_767, ""] == [shown(cell) for cell in sheet.findall(".//m:c", NAMES)]


def test_an_abandoned_sheet_leaves_nothing_open(tmp_path: Path) -> None:
    for sheet in (CsvSheet(tmp_path / "a.csv", ["a"]), XlsxSheet(tmp_path / "a.xlsx", ["a"], "Returns", AT)):
        sheet.add(["text"])
        sheet.abandon()

    assert not (tmp_path / "a.xlsx").exists()
