"""The cells of tables that become files: no text of ours is ever a formula, and none holds what a file of cells cannot carry."""

import re
import unicodedata
from datetime import datetime
from decimal import Decimal

from backhaul.kit.days import MOSCOW

Cell = str | int | bool | Decimal | datetime | None

DIGITS_KEPT_MAX = 15

# What neither format can carry: controls but tab and line ends, halves of surrogate pairs, the two non-characters.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Programs that split a line at `;` or a tab see a cell begin there, whatever the quotes say.
_CELL_STARTS = re.compile("(?<=[;\t\r\n])")
_FORMULA_SIGNS = frozenset("=+-@")
_INVISIBLE = "CZM"  # controls, blanks and marks, by the first letter of their category
# Most texts: they begin with a letter or digit, and hold nothing that must be taken out or looks like the start of a cell.
HARMLESS_FIRST = "0-9A-Za-zА-Яа-яЁё一-鿿"
_HARMLESS = re.compile(f"[{HARMLESS_FIRST}][^\x00-\x1f;\x7f\ud800-\udfff\ufffe\uffff]*")


def clean(text: str) -> str:
    """A text without the characters that a file of cells cannot carry."""
    return _UNWRITABLE.sub("", text)


def inert(text: str) -> str:
    """A text that no program takes for a formula: an apostrophe stands where one could begin.

    Also behind blanks, quotes and invisible characters, for full-width and other forms of the signs, and where a program that
    splits at semicolons or tabs would see a cell begin: there a quote of the text is taken for one around the cell.
    """
    if _HARMLESS.fullmatch(text):
        return text
    return "".join(_guarded(part) for part in _CELL_STARTS.split(clean(text)))


def _guarded(part: str) -> str:
    if part.lstrip('"')[:1] in {"\t", "\r"}:
        return f"'{part}"
    seen = next((c for c in part if c != '"' and unicodedata.category(c)[0] not in _INVISIBLE), "")
    return f"'{part}" if unicodedata.normalize("NFKC", seen)[:1].strip() in _FORMULA_SIGNS else part


def moscow_text(at: datetime) -> str:
    """`2024-09-02T10:00:00+03:00`: Moscow's wall clock with its zone, to the second."""
    return at.astimezone(MOSCOW).isoformat(timespec="seconds")
