"""A statement of an account as a file: CSV and XLSX written row by row to the disk, PDF by its template."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Stream

from backhaul.kit import i18n, paper
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money, decimal_text
from backhaul.kit.spreadsheets import Cell, CsvSheet, Sheet, XlsxSheet
from backhaul.kit.statements import Heading, Line

ROWS_MAX = {"pdf": 3_000, "xlsx": 200_000, "csv": 2_000_000}
TYPES = {
    "csv": "text/csv", "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
COLUMNS = ("at", "entry", "case", "counter_account", "raised", "lowered", "balance", "currency", "cause")
STEP_BYTES = 256 * 1024


class Words(msgspec.Struct, frozen=True):
    """How a house says things: the account's name, what an entry is, what case it is about, and other accounts."""

    account: str
    entry: Callable[[str], str]
    case: Callable[[int], str]
    other: Callable[[str], str]
    language: str


def answer(kind: str, heading: Heading, lines: Iterable[Line], words: Words, at: datetime) -> Response[Any]:
    """The file as a download that no cache keeps. Whatever its size, it takes little memory: all but PDFs are on the disk."""
    if kind not in TYPES:
        raise Refused("not_found", "missing")
    if heading.count > ROWS_MAX[kind]:
        raise Refused("ledger_statement_too_long", "invalid", "from", rows_max=ROWS_MAX[kind])
    name = f"statement-{heading.period.first}-{heading.period.last}.{kind}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }  # fmt: skip
    if kind == "pdf":
        return Response(pdf(heading, lines, words, at), media_type=TYPES[kind], headers=headers)
    return Stream(_read(_written(kind, heading, lines, words, at)), media_type=TYPES[kind], headers=headers)


def kind_of(path: str) -> str:
    """The kind of file that an address names."""
    return path.rpartition(".")[2]


def pdf(heading: Heading, lines: Iterable[Line], words: Words, at: datetime) -> bytes:
    """The statement on paper."""
    language = words.language
    say = i18n.translations(language).gettext
    data = {
        "title": say(N_("Statement of account")),
        "account": words.account,
        "facts": [
            (say(N_("Period")), f"{i18n.day(heading.period.first, language)} – {i18n.day(heading.period.last, language)}"),
            (say(N_("Opening balance")), i18n.money(heading.opening, language)),
        ],
        "head": [say(word) for word in (N_("Date"), N_("Entry"), N_("Number"), N_("Amount"), N_("Balance"))],
        "rows": [
            (
                i18n.day(line.at, language), f"{words.entry(line.cause)}\n{words.other(line.other)}",
                words.case(line.case_id), i18n.money(line.amount, language), i18n.money(line.balance, language),
            )
            for line in lines
        ],
        "sums": [
            (say(N_("Increases")), i18n.money(heading.raised, language)),
            (say(N_("Decreases")), i18n.money(heading.lowered, language)),
            (say(N_("Closing balance")), i18n.money(heading.closing, language)),
        ],
        "foot": f"{say(N_('Made on'))} {i18n.moment(at, language)}",
    }  # fmt: skip
    return paper.pdf(_template(), data, at=at)


def _written(kind: str, heading: Heading, lines: Iterable[Line], words: Words, at: datetime) -> Any:
    """An open file without a name: it is gone when it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"statement.{kind}"
        sheet: Sheet = CsvSheet(path, COLUMNS) if kind == "csv" else XlsxSheet(path, COLUMNS, "Statement", at)
        try:
            for row in _rows(heading, lines, words):
                sheet.add(row)
        except BaseException:
            sheet.abandon()
            raise
        sheet.close()
        return path.open("rb")


def _rows(heading: Heading, lines: Iterable[Line], words: Words) -> Iterator[tuple[Cell, ...]]:
    """The codes of columns and causes are stable; what is said in words is in the reader's language."""
    yield opening_row(heading, words.language)
    for line in lines:
        yield line_row(line, words)
    yield closing_row((heading.raised, heading.lowered, heading.closing), words.language)


def opening_row(heading: Heading, language: str) -> tuple[Cell, ...]:
    """What stood there before."""
    said = i18n.gettext(language, N_("Opening balance"))
    return (None, said, "", "", None, None, _number(heading.opening), heading.opening.currency, "opening")


def line_row(line: Line, words: Words) -> tuple[Cell, ...]:
    """An entry."""
    currency = line.amount.currency
    raised, lowered = (line.amount, None) if line.amount.minor > 0 else (None, Money(-line.amount.minor, currency))
    return (
        line.at, words.entry(line.cause), words.case(line.case_id), words.other(line.other), _number(raised),
        _number(lowered), _number(line.balance), currency, line.cause,
    )  # fmt: skip


def closing_row(sums: tuple[Money, Money, Money], language: str) -> tuple[Cell, ...]:
    """Raised by, lowered by, and what stands there then."""
    said = i18n.gettext(language, N_("Closing balance"))
    return (None, said, "", "", *(_number(one) for one in sums), sums[0].currency, "closing")


def _number(amount: Money | None) -> Decimal | None:
    return None if amount is None else Decimal(decimal_text(amount.minor))


def _read(file: Any) -> Iterator[bytes]:
    with file:
        while piece := file.read(STEP_BYTES):
            yield piece


@cache
def _template() -> str:
    return (files("backhaul.kit") / "templates" / "statement.typ").read_text(encoding="utf-8")
