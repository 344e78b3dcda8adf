"""The file of delivered orders: what is read, and what is said about every row that is not."""

import csv
import io
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from backhaul.kit.days import from_us
from backhaul.kit.money import decimal_text
from backhaul.marketplace import orders
from backhaul.marketplace.order_faults import HINTS, SENTENCES, BadHeader, BadRow, told
from backhaul.marketplace.order_rows import ROW_LINES_MOST
from backhaul.marketplace.orders import OrderLine

AT = datetime(2024, 9, 30, 9, 0, tzinfo=UTC)  # noon in Moscow
JUST_AFTER_MIDNIGHT = datetime(2024, 9, 29, 21, 10, tzinfo=UTC)  # 30 September in Moscow, still the 29th in UTC

HEADER = (
    "posting_number,line_number,sku,offer_id,name,category,unit_price,currency,order_rate,ordered_on,paid_price_rub,"
    "weight_kg,outbound_weight_kg,quantity,seller_id,seller_country,customer_ref,customer_email,customer_language,"
    "serial,marking_code,delivered_at\n"
)
ROW = (
    "40910307-0703-1,1,1030910514,AET-HT-101,Woven throw,home textile,12400.00,RUB,1,2024-08-20,12000,"
    "0.900,0.905,2,1180457,TR,C-1001,irina.s@example.com,ru,,,2024-09-01T12:15:00+03:00\n"
)
CELLS = dict(zip(HEADER.strip().split(","), ROW.strip().split(","), strict=True))
OTHER_ROW = ROW.replace("40910307", "11111111")


def as_csv(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def row(**changes: str) -> str:
    return as_csv((CELLS | changes).values()).replace("\r\n", "\n")


def read(text: str, at: datetime = AT) -> list[OrderLine | BadRow]:
    return list(orders.read(io.StringIO(text, newline=""), at))


def read_one(at: datetime = AT, **changes: str) -> OrderLine:
    (line,) = read(HEADER + row(**changes), at)
    assert isinstance(line, OrderLine), line
    return line


def test_a_row_becomes_an_order_line() -> None:
    expected = (
        "40910307-0703-1|1|1030910514|AET-HT-101|Woven throw|home textile|1240000|RUB|1|1240000|1200000|900|905|2|"
        "1180457|TR|C-1001|irina.s@example.com|ru|None|None|2024-08-20|1725182100000000|None||"
    )

    assert expected == "|".join(str(value) for value in astuple(read_one()))


def read_with_gtin(cell: str) -> OrderLine | BadRow:
    (found,) = read(HEADER.replace("\n", ",gtin\n") + ROW.replace("\n", f",{cell}\n"))
    return found


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("4600000000015", "04600000000015"),
        ("04600000000015", "04600000000015"),
        ("012345678905", "00012345678905"),
        ("96385074", "00000096385074"),
        ("", None),
    ],
)
def test_a_column_that_came_later_may_be_there(cell: str, kept: str | None) -> None:
    """An article number in each of its lengths is kept in the longest one; the other tests read files without it."""
    found = read_with_gtin(cell)

    assert isinstance(found, OrderLine)
    assert kept == found.gtin


@pytest.mark.parametrize("cell", ["4600000000014", "460000000001", "46000000000x5", "1234567"])
def test_an_article_number_that_is_none_is_a_fault(cell: str) -> None:
    found = read_with_gtin(cell)

    assert isinstance(found, BadRow)
    assert ("gtin", "not_a_gtin", cell) == (found.column, found.code, found.value)


PRICES = "370.37 CNY 13.50 5000.00|370.38 CNY 13.50 5000.13|0.01 KZT 0.5 0.01|1 USD 91.2449 91.24|0.5 RUB 1.0 0.50"


@pytest.mark.parametrize("price", PRICES.split("|"))
def test_the_price_in_roubles_is_rounded_half_up_to_kopecks(price: str) -> None:
    unit_price, currency, order_rate, price_rub = price.split()
    line = read_one(unit_price=unit_price, currency=currency, order_rate=order_rate)

    assert price_rub == decimal_text(line.price_rub_minor)
    assert order_rate == line.order_rate


DELIVERIES = """
2024-09-01 17:15:00.25+08:00 | 2024-09-01T09:15:00.250000+00:00
2024-09-01T09:15Z | 2024-09-01T09:15:00+00:00
-12d 14:30 | 2024-09-18T11:30:00+00:00
-0d 00:05 | 2024-09-29T21:05:00+00:00
"""


@pytest.mark.parametrize("delivery", DELIVERIES.strip().splitlines())
def test_a_delivery_is_an_instant_or_counts_back_from_the_moscow_day(delivery: str) -> None:
    cell, expected = delivery.split(" | ")
    line = read_one(JUST_AFTER_MIDNIGHT, delivered_at=cell, ordered_on="-40d")

    assert expected == from_us(line.delivered_at_us).isoformat()
    assert line.ordered_on == "2024-08-21"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n").removesuffix("\r\n"),
        "\n\r\n" + HEADER + "\n  \n" + ROW + "," * 21 + "\n",
        (HEADER + ROW).replace(",", " , "),
        as_csv(reversed(CELLS)) + as_csv(reversed(CELLS.values())),
    ],
)
def test_marks_line_ends_spaces_and_the_order_of_columns_do_not_matter(text: str) -> None:
    assert [read_one()] == read(text)


BAD_CELLS = """
posting_number: posting_number_shape 4091307-0703-1 | posting_number_shape ٤0910307-0703-1 | missing_value
line_number: out_of_range 0 | out_of_range 1000
sku: not_a_number 12a | too_many_decimals 12.0 | out_of_range 1000000000001
unit_price: decimal_comma 12400,00 | not_a_number 1,240.00 | not_a_number 1e4 | not_a_number NaN | not_a_number +1
unit_price: not_a_number .5 | negative -12.00 | too_many_decimals 1.000 | out_of_range 0.00 | out_of_range 100000000.01
currency: unknown_currency RUR | unknown_currency rub
order_rate: rate_of_rub_is_not_one 13.50 | out_of_range 0.000000 | too_many_decimals 1.0000001
paid_price_rub: out_of_range 0 | negative -0.01 | missing_value
weight_kg: out_of_range 0.000 | out_of_range 200.001 | too_many_decimals 0.9000 | decimal_comma 0,9
outbound_weight_kg: not_a_number 905g | out_of_range 0
quantity: negative -1 | out_of_range 1001
seller_country: unknown_country XX | unknown_country EU | unknown_country tr
customer_email: not_an_email irina@example | not_an_email irina s@example.com | not_an_email a@example.com,b@example.com
customer_language: unknown_language de
ordered_on: not_a_date 20.08.2024 | not_a_date 2024-02-30 | in_the_future 2024-10-01 | too_long_ago 1999-12-31
delivered_at: no_time_zone 2024-09-01T12:15:00 | not_a_time 2024-09-01 | not_a_time -12d | not_a_time -12d 24:00
delivered_at: not_a_time 2024-09-01T25:00:00Z | in_the_future -0d 12:01 | in_the_future 9999-12-31T23:59:59-14:00
delivered_at: too_long_ago 0001-01-01T00:00:00+14:00 | delivered_before_ordered 2024-08-19T23:59:59+03:00
"""
FAULTS = [line.partition(": ")[::2] for line in BAD_CELLS.strip().splitlines()]


@pytest.mark.parametrize(("column", "fault"), [(c, fault) for c, faults in FAULTS for fault in faults.split(" | ")])
def test_a_bad_cell_is_named_with_its_line_column_and_reason(column: str, fault: str) -> None:
    code, _, value = fault.partition(" ")

    assert [BadRow(3, column, code, value)] == read(HEADER + OTHER_ROW + row(**{column: value}))[1:]
    assert re.fullmatch(rf"line 3, column {column}: [A-Z][^_]+\. Found: .*", told(BadRow(3, column, code, value)))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("AET\x00", BadRow(2, "offer_id", "control_character", r"AET\x00")),
        ("throw\u202e", BadRow(2, "name", "control_character", r"throw\u202e")),
        ("throw \udcff", BadRow(2, "name", "not_utf8", r"throw \udcff")),
        (" \n ", BadRow(2, "name", "missing_value", r"\n")),
        ("n" * 501, BadRow(2, "name", "too_long", "n" * 79 + "…")),
        ("9" * 5000, BadRow(2, "sku", "too_long", "9" * 79 + "…")),
        ("\x00" * 80, BadRow(2, "serial", "control_character", r"\x00" * 19 + r"\x0" + "…")),
    ],
)
def test_what_cannot_be_printed_is_refused_and_shown_escaped_and_short(cell: str, expected: BadRow) -> None:
    assert [expected] == read(HEADER + row(**{expected.column: cell}))


def test_every_bad_cell_of_a_row_is_named_and_every_price_that_is_bad_in_roubles() -> None:
    expected = [
        BadRow(2, "sku", "not_a_number", "?"),
        BadRow(2, "delivered_at", "not_a_time", "yesterday"),
        BadRow(3, "unit_price", "out_of_range", "0.01"),
        BadRow(4, "unit_price", "out_of_range", "99999999"),
    ]
    under_a_kopeck = row(unit_price="0.01", currency="KZT", order_rate="0.49", line_number="2")
    too_much = row(unit_price="99999999", currency="EUR", order_rate="100", line_number="3")

    assert expected == read(HEADER + row(sku="?", delivered_at="yesterday") + under_a_kopeck + too_much)


def test_a_posting_has_one_seller_one_customer_and_each_line_once() -> None:
    expected = [
        BadRow(4, "line_number", "line_repeated", "1"),
        BadRow(5, "seller_id", "posting_has_two_sellers", "2093311"),
        BadRow(6, "customer_ref", "posting_has_two_customers", "C-1002"),
    ]
    two_sellers, two_customers = row(line_number="2", seller_id="2093311"), row(line_number="3", customer_ref="C-1002")

    assert expected == read(HEADER + OTHER_ROW + ROW + row(sku="5") + two_sellers + two_customers)[2:]


@pytest.mark.parametrize(
    ("bad", "code", "value"),
    [
        ("40910307-0703-1,1\n", "wrong_number_of_cells", "2"),
        (ROW.replace("\n", ",\n"), "wrong_number_of_cells", "23"),
        ('1,"two"2,3\n', "not_csv", r'1,"two"2,3\n'),
        ('1,"two,3\n', "quote_left_open", r'1,"two,3\n'),
        ('"' + "a" * 100_000 + '"\n', "row_too_long", '"' + "a" * 78 + "…"),
    ],
)
def test_a_row_that_is_no_row_is_named_and_the_next_one_is_read(bad: str, code: str, value: str) -> None:
    on_two_lines = row(name="Two\r\n\tlines\n", posting_number="22222222-2222-2")
    first, actual, last = read(HEADER + on_two_lines + bad + ROW)

    assert read_one(name="Two lines", posting_number="22222222-2222-2") == first
    assert BadRow(5, "", code, value) == actual
    assert read_one() == last


@pytest.mark.parametrize(("name", "code"), [("throw", "quote_left_open"), ("throw, indigo", "not_csv")])
def test_a_quote_left_open_does_not_swallow_the_rows_after_it(name: str, code: str) -> None:
    open_row, after = ROW.replace("Woven", '"Woven'), ["throw", name, *["throw"] * 60]
    rows = [row(name=name, line_number=str(number)) for number, name in enumerate(after, start=1)]
    bad, *others = read(HEADER + open_row + "".join(rows))

    assert BadRow(2, "", code, open_row[:79] + "…") == bad
    assert after == [line.name for line in others if isinstance(line, OrderLine)]


def test_rows_are_read_only_when_they_are_asked_for() -> None:
    lines = (line or pytest.fail("nobody asked for a third line") for line in (HEADER, ROW, ""))

    assert isinstance(next(orders.read(lines, AT)), OrderLine)


def test_a_header_names_what_is_missing_unknown_and_twice() -> None:
    with pytest.raises(BadHeader, match="missing: sku, serial; unknown: SKU; duplicate: quantity") as bad:
        orders.read([HEADER.replace("sku", "SKU").replace("serial", "quantity")], AT)

    assert (bad.value.missing, bad.value.unknown, bad.value.duplicate) == (("sku", "serial"), ("SKU",), ("quantity",))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        (HEADER.replace(",", ";"), "semicolons"),
        ('"' + HEADER.replace(",", '";"'), "semicolons"),
        (HEADER.replace(",", "\t"), "tabs"),
        ("\udcff\udcfep\0o\0s\0", "not_utf8"),
        ("\udc89PNG\r\n\x1a\n", "not_utf8"),
        ('"posting_number', "quote_left_open"),
        ("x" * 100_001, "row_too_long"),
    ],
)
def test_a_header_that_is_none_says_why(text: str, hint: str) -> None:
    with pytest.raises(BadHeader, match=HINTS.get(hint) or re.escape(SENTENCES[hint])) as caught:
        orders.read([text], AT)

    needed = tuple(column for column in orders.COLUMNS if column not in {"gtin", "order_rate", "price_rub"})
    assert (hint, needed) == (caught.value.hint, caught.value.missing)


TEXTS = st.text(st.one_of(st.sampled_from('",;\n\r\t \0-.:0123456789dTZ\ufeff\udcff'), st.characters()), max_size=60)
ROWS = st.lists(st.one_of(TEXTS, st.sampled_from(list(CELLS.values()))), min_size=22, max_size=22)


@given(TEXTS)
@settings(deadline=None)
def test_no_text_raises_anything_but_a_bad_header(text: str) -> None:
    with pytest.raises(BadHeader):
        read(text)

    assert all(isinstance(result, BadRow) for result in read(HEADER + text))
    assert all(isinstance(result, BadRow) for result in orders.read([HEADER, *text.split("d")], AT))


@given(ROWS, ROWS)
@settings(deadline=None)
def test_every_row_is_an_order_line_or_named_by_the_line_where_it_starts(one: list[str], other: list[str]) -> None:
    lines_of_one, lines_of_other = (len(list(io.StringIO(as_csv(cells), newline=""))) for cells in (one, other))
    assume(max(lines_of_one, lines_of_other) <= ROW_LINES_MOST)
    assume(all(any(cell.strip(" ").strip("\r\n") for cell in cells) for cells in (one, other)))
    results = read(HEADER + as_csv(one) + as_csv(other))

    assert {2, 2 + lines_of_one} == {result.line for result in results if isinstance(result, BadRow)}


SAMPLE_TEXT = (Path(orders.__file__).parent / "sample" / "orders.csv").read_text("utf-8")
SAMPLE = [line for line in read(SAMPLE_TEXT) if isinstance(line, OrderLine)]


def test_the_sample_has_500_lines_without_a_fault_on_any_day() -> None:
    for at in (AT, JUST_AFTER_MIDNIGHT, datetime(2028, 2, 29, 20, 59, tzinfo=UTC)):
        assert Counter({OrderLine: 500}) == Counter(type(line) for line in read(SAMPLE_TEXT, at))


def test_the_sample_has_three_sellers_forty_customers_and_every_cell_of_the_rate_card() -> None:
    prices, weights = [500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000], [1000, 4000, 7000]
    bands = {(bisect_left(weights, it.weight_gram), bisect_left(prices, it.price_rub_minor)) for it in SAMPLE}
    languages = {it.customer_ref: it.customer_language for it in SAMPLE}
    codes = [code for it in SAMPLE for code in (it.serial, it.marking_code) if code]

    assert {(1180457, "TR"), (2093311, "CN"), (3155720, "HK")} == {(it.seller_id, it.seller_country) for it in SAMPLE}
    assert {f"C-{number}" for number in range(1001, 1041)} == languages.keys()
    assert Counter(ru=31, en=4, zh=3, tr=2) == Counter(languages.values())
    assert len(bands) == 24
    assert len(codes) == len(set(codes)) == 260
    assert {1} == {it.quantity for it in SAMPLE if it.serial or it.marking_code}


JOURNEYS = """
headset 7900.00 0.350 2093311|throw 12400.00 0.900 1180457|kettle 5300.00 1.240 1180457|sneakers 9400.00 0.880 2093311
drone 21900.00 1.100 2093311|lamp 16800.00 0.800 2093311|watch 18500.50 0.250 2093311|hub 2300.00 0.110 2093311
throw 5000.13 0.350 1180457|shawl 25000.01 0.350 1180457|kilim 17000.00 7.001 1180457
"""


@pytest.mark.parametrize("goods", JOURNEYS.strip().replace("\n", "|").split("|"))
def test_the_sample_has_the_goods_of_the_journeys_bought_at_full_price(goods: str) -> None:
    product, expected = goods.split(" ", 1)
    bought = [it for it in SAMPLE if product in it.name.lower() and it.paid_price_rub_minor == it.price_rub_minor]
    actual = [f"{decimal_text(it.price_rub_minor)} {decimal_text(it.weight_gram, 3)} {it.seller_id}" for it in bought]

    assert expected in actual
