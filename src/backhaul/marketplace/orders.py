"""Reads a file of delivered orders: each row becomes one OrderLine, or one BadRow for every fault found in it.

Stores nothing. The caller opens the file with newline="" and errors="surrogateescape": then no byte stops the reading.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

import msgspec
from babel import Locale

from backhaul.kit.days import MOSCOW, from_us, to_us
from backhaul.kit.money import Money
from backhaul.marketplace import order_cells
from backhaul.marketplace.order_faults import BadHeader, BadRow
from backhaul.marketplace.order_postings import LINE_NUMBER_MOST, Postings
from backhaul.marketplace.order_prices import PRICE_MINOR_MOST, RATE_OF_RUB, contradictions, price_rub_minor
from backhaul.marketplace.order_rows import Row, rows_of
from backhaul.marketplace.rules import events as e

EARLIEST_ON = date(2000, 1, 1)

CURRENCY = re.compile("RUB|CNY|USD|EUR|TRY|BYN|KZT")
LANGUAGE = re.compile("en|ru|zh|tr")
# CLDR also names islands, unions and test regions that ISO 3166-1 has no country code for.
NOT_COUNTRY = re.compile(".*[^A-Z].*|AC|CP|CQ|DG|EA|EU|EZ|IC|QO|TA|UN|XA|XB|ZZ")
COUNTRY = re.compile("|".join(key for key in map(str, Locale("en").territories) if not NOT_COUNTRY.fullmatch(key)))
POSTING_NUMBER = re.compile(r"[0-9]{8}-[0-9]{4}-[0-9]")
ATOM, LABEL = r"[^\s@.,;:<>()\[\]\\\"]+", r"[^\W_](?:[\w-]*[^\W_])?"
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(DAY.pattern + r"[T ][0-9:.]+(?:Z|[+-][0-9:]+)?")
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # of a picture, a workbook, or UTF-16
DAYS_BACK = re.compile(r"-([0-9]{1,4})d")
MOMENT_BACK = re.compile(r"(-[0-9]{1,4}d) ([0-9]{2}:[0-9]{2})")


class OrderLine(msgspec.Struct, frozen=True):
    """One line of a delivered posting. Prices and weights are those of one unit, whatever the quantity.

    `price_rub_minor` 0 waits for the rate of the order's day, which is looked up when the line is imported; day and source of
    that rate stay with the line. A rate without a source came with the order, as did the price of a line that has no rate.
    """

    posting_number: str
    line_number: int
    sku: int
    offer_id: str
    name: str
    category: str
    unit_price_minor: int
    currency: str
    order_rate: str
    price_rub_minor: int
    paid_price_rub_minor: int
    weight_gram: int
    outbound_weight_gram: int | None
    quantity: int
    seller_id: int
    seller_country: str
    customer_ref: str
    customer_email: str
    customer_language: str
    serial: str | None
    marking_code: str | None
    ordered_on: str
    delivered_at_us: int
    gtin: str | None = None
    rate_on: str = ""
    rate_source: str = ""


def read(lines: Iterable[str], at: datetime) -> Iterator[OrderLine | BadRow]:
    """The header is read at once (BadHeader), the rows when asked for. `-12d` is twelve days before `at` in Moscow."""
    return (result for _, result in read_numbered(lines, at))


def read_numbered(lines: Iterable[str], at: datetime) -> Iterator[tuple[int, OrderLine | BadRow]]:
    """The same, each with the line where its row starts."""
    rows = rows_of(lines)
    reading = _Reading(at, _header(rows))
    return ((row[0], result) for row in rows for result in reading.judge(*row))


def _header(rows: Iterator[Row]) -> list[str]:
    _, names, code = next(rows, (1, [""], "empty"))
    hint = _cause(names) or code or None
    times = Counter(names if not code else ())
    missing = tuple(column for column in COLUMNS if column not in times and column not in LATER_COLUMNS)
    unknown = tuple(order_cells.shown(name) for name in times if name not in COLUMNS)
    duplicate = tuple(order_cells.shown(name) for name in times if times[name] > 1)
    if missing or unknown or duplicate:
        raise BadHeader(missing, unknown, duplicate, hint)
    return names


def _cause(names: list[str]) -> str:
    """Why none of the names is a column's, where that can be seen: no text in UTF-8, or other separators."""
    if any(NO_TEXT.search(name) for name in names):
        return "not_utf8"
    separator = re.search("[;\t]", names[0])
    return "" if separator is None else "semicolons" if separator[0] == ";" else "tabs"


@lru_cache(4096)
def day_of(at_us: int) -> str:
    """An instant's day in Moscow."""
    return from_us(at_us).astimezone(MOSCOW).date().isoformat()


class _Reading:
    """One file at one instant, and what its earlier rows said about their postings and sellers."""

    def __init__(self, at: datetime, columns: list[str]) -> None:
        self.at, self.at_us, self.today, self.columns = at, to_us(at), at.astimezone(MOSCOW).date(), columns
        parsers = PARSERS | {"ordered_on": self.day, "delivered_at": self.moment_us}
        self.places = {column: place for place, column in enumerate(columns)}
        self.parsers = [
            (self.places.get(c, -1), FIELDS.get(c, c), lru_cache(4096)(partial(order_cells.value, c, p, c in OPTIONAL)))
            for c, p in parsers.items()
        ]
        self.countries = dict[int, str]()
        self.postings = Postings()

    def judge(self, line: int, row: list[str], code: str) -> list[OrderLine | BadRow]:
        if not code and len(row) != len(self.columns):
            row, code = [str(len(row))], "wrong_number_of_cells"
        if code:
            return [BadRow(line, "", code, order_cells.shown(row[0]))]
        cells = [*row, ""]  # at the end, what stands in a column that the file has not
        it, faults = dict[str, Any](), list[tuple[str, str]]()
        for place, field, parse in self.parsers:
            try:
                it[field] = parse(cells[place])
            except order_cells.Fault as fault:
                faults.append((self.columns[place], fault.code))
        faults += [*contradictions(it), *self.contradictions(it)]
        if faults:
            return [BadRow(line, column, code, order_cells.shown(self._cell(cells, column))) for column, code in faults]
        it["price_rub_minor"] = price_rub_minor(it)
        it["order_rate"] = self._cell(cells, "order_rate") or ("1" if it["currency"] == "RUB" else "")
        return [OrderLine(**it)]

    def _cell(self, cells: list[str], column: str) -> str:
        return cells[self.places.get(column, -1)]

    def contradictions(self, it: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """What only several cells can tell together. `it` holds the values of the sound ones."""
        if day_of(it.get("delivered_at_us", self.at_us)) < it.get("ordered_on", ""):
            yield "delivered_at", "delivered_before_ordered"
        if "seller_id" in it and "seller_country" in it:
            country = it["seller_country"]
            if self.countries.setdefault(it["seller_id"], country) != country:
                yield "seller_country", "seller_has_two_countries"
        if posting := it.get("posting_number"):
            yield from self.postings.contradictions(int(posting.replace("-", "")), it)

    def day(self, cell: str) -> str:
        """An ISO date, whose order as text is the order in time."""
        back = DAYS_BACK.fullmatch(cell)
        try:
            day = (
                self.today - timedelta(int(back[1]))
                if back
                else date.fromisoformat(order_cells.shaped(DAY, "not_a_date", cell))
            )
        except ValueError:
            raise order_cells.Fault("not_a_date") from None
        order_cells.refuse(too_long_ago=day < EARLIEST_ON, in_the_future=day > self.today)
        return day.isoformat()

    def moment_us(self, cell: str) -> int:
        back = MOMENT_BACK.fullmatch(cell)
        iso = f"{self.day(back[1])}T{back[2]}" if back else order_cells.shaped(MOMENT, "not_a_time", cell)
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            raise order_cells.Fault("not_a_time") from None
        moment = moment.replace(tzinfo=MOSCOW) if back else moment
        order_cells.refuse(no_time_zone=moment.tzinfo is None, too_long_ago=moment.date() < EARLIEST_ON)
        order_cells.refuse(in_the_future=moment > self.at)
        return to_us(moment)


PARSERS: dict[str, Callable[[str], object]] = {
    "posting_number": partial(order_cells.shaped, POSTING_NUMBER, "posting_number_shape"),
    "line_number": partial(order_cells.scaled, 0, LINE_NUMBER_MOST),
    "sku": partial(order_cells.scaled, 0, 10**12),
    "offer_id": order_cells.text,
    "name": partial(order_cells.text, most=500),
    "category": order_cells.text,
    "unit_price": partial(order_cells.scaled, 2, PRICE_MINOR_MOST),
    "currency": partial(order_cells.shaped, CURRENCY, "unknown_currency"),
    "order_rate": partial(order_cells.scaled, 6, 10_000 * RATE_OF_RUB),
    "price_rub": partial(order_cells.scaled, 2, PRICE_MINOR_MOST),
    "ordered_on": order_cells.text,
    "paid_price_rub": partial(order_cells.scaled, 2, PRICE_MINOR_MOST),
    "weight_kg": partial(order_cells.scaled, 3, 200_000),
    "outbound_weight_kg": partial(order_cells.scaled, 3, 200_000),
    "quantity": partial(order_cells.scaled, 0, 1_000),
    "seller_id": partial(order_cells.scaled, 0, 10**10),
    "seller_country": partial(order_cells.shaped, COUNTRY, "unknown_country"),
    "customer_ref": order_cells.text,
    "customer_email": partial(order_cells.shaped, EMAIL, "not_an_email"),
    "customer_language": partial(order_cells.shaped, LANGUAGE, "unknown_language"),
    "serial": order_cells.text,
    "marking_code": order_cells.text,
    "delivered_at": order_cells.text,
    "gtin": order_cells.article,
}
COLUMNS = tuple(PARSERS)
# Columns that files need not have.
LATER_COLUMNS = ("gtin", "order_rate", "price_rub")
OPTIONAL = {"outbound_weight_kg", "serial", "marking_code", *LATER_COLUMNS}
FIELDS = {
    "unit_price": "unit_price_minor",
    "price_rub": "price_rub_minor",
    "paid_price_rub": "paid_price_rub_minor",
    "weight_kg": "weight_gram",
    "outbound_weight_kg": "outbound_weight_gram",
    "delivered_at": "delivered_at_us",
}


def snapshot(line: OrderLine, line_id: int, unit_no: int) -> e.Line:
    """What a return keeps of the order line that it is of: later changes of orders move no return."""
    return e.Line(
        line_id=line_id,
        unit_no=unit_no,
        posting_number=line.posting_number,
        sku=line.sku,
        offer_id=line.offer_id,
        name=line.name,
        category=line.category,
        unit_price=Money(line.unit_price_minor, line.currency),
        price=Money(line.price_rub_minor),
        paid=Money(line.paid_price_rub_minor),
        weight_gram=line.weight_gram,
        outbound_weight_gram=line.outbound_weight_gram,
        serial=line.serial,
        marking_code=line.marking_code,
        delivered_at=from_us(line.delivered_at_us),
        gtin=line.gtin or "",
        ordered_on=line.ordered_on,
        order_rate=line.order_rate,
        rate_on=line.rate_on,
        rate_source=line.rate_source,
    )
