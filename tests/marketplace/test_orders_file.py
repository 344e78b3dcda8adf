"""The file of delivered orders: what is read, and what is said about every row that is not."""

import csv
import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from backhaul.marketplace import orders
from backhaul.marketplace.orders import BadHeader, BadRow, OrderLine

AT = datetime(2024, 9, 30, 9, 0, tzinfo=UTC)  # noon in Moscow
JUST_AFTER_MIDNIGHT = datetime(2024, 9, 29, 21, 10, tzinfo=UTC)  # 30 September in Moscow, still the 29th in UTC

HEADER = (
    "posting_number,line_number,sku,offer_id,name,category,unit_price,currency,order_rate,ordered_on,paid_price_rub,"
    "weight_kg,outbound_weight_kg,quantity,seller_id,seller_country,customer_ref,customer_email,customer_language,"
    "serial,marking_code,delivered_at\n"
)
THROW = {
    "posting_number": "40910307-0703-1",
    "line_number": "1",
    "sku": "1030910514",
    "offer_id": "AET-HT-101",
    "name": "Woven throw, indigo",
    "category": "home textile",
    "unit_price": "12400.00",
    "currency": "RUB",
    "order_rate": "1",
    "ordered_on": "2024-08-20",
    "paid_price_rub": "12000",
    "weight_kg": "0.900",
    "outbound_weight_kg": "0.905",
    "quantity": "2",
    "seller_id": "1180457",
    "seller_country": "TR",
    "customer_ref": "C-1001",
    "customer_email": "irina.s@example.com",
    "customer_language": "ru",
    "serial": "",
    "marking_code": "",
    "delivered_at": "2024-09-01T12:15:00+03:00",
}
GOOD_POSTING = {"posting_number": "11111111-2222-3"}


def as_csv(cells: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def row(**changes: str) -> str:
    return as_csv((THROW | changes).values()).replace("\r\n", "\n")


def read(text: str, at: datetime = AT) -> list[OrderLine | BadRow]:
    return list(orders.read(io.StringIO(text, newline=""), at))


def read_one(at: datetime = AT, **changes: str) -> OrderLine:
    (line,) = read(HEADER + row(**changes), at)
    assert isinstance(line, OrderLine), line
    return line


# -- What is read -----------------------------------------------------------------------------------------------------


def test_a_row_becomes_an_order_line() -> None:
    expected = OrderLine(
        posting_number="40910307-0703-1",
        line_number=1,
        sku=1030910514,
        offer_id="AET-HT-101",
        name="Woven throw, indigo",
        category="home textile",
        unit_price_minor=1_240_000,
        currency="RUB",
        order_rate="1",
        price_rub_minor=1_240_000,
        paid_price_rub_minor=1_200_000,
        weight_gram=900,
        outbound_weight_gram=905,
        quantity=2,
        seller_id=1180457,
        seller_country="TR",
        customer_ref="C-1001",
        customer_email="irina.s@example.com",
        customer_language="ru",
        serial=None,
        marking_code=None,
        ordered_on="2024-08-20",
        delivered_at_us=1_725_182_100_000_000,
    )

    assert [expected] == read(HEADER + row())


@pytest.mark.parametrize(
    ("unit_price", "currency", "order_rate", "expected"),
    [
        ("370.37", "CNY", "13.50", 500_000),  # 4,999.995: the half goes up
        ("370.38", "CNY", "13.50", 500_013),
        ("0.01", "KZT", "0.5", 1),
        ("1", "USD", "91.2449", 9_124),
        ("1.00", "EUR", "100.005", 10_001),
        ("25000.01", "RUB", "1.0000", 2_500_001),
        ("100000000", "RUB", "1", 10_000_000_000),
    ],
)
def test_the_price_in_roubles_is_rounded_half_up_to_kopecks(
    unit_price: str, currency: str, order_rate: str, expected: int
) -> None:
    line = read_one(unit_price=unit_price, currency=currency, order_rate=order_rate)

    assert expected == line.price_rub_minor
    assert order_rate == line.order_rate


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-09-01T12:15:00+03:00", datetime(2024, 9, 1, 9, 15, tzinfo=UTC)),
        ("2024-09-01T09:15Z", datetime(2024, 9, 1, 9, 15, tzinfo=UTC)),
        ("2024-09-01 17:15:00.250000+08:00", datetime(2024, 9, 1, 9, 15, 0, 250_000, tzinfo=UTC)),
        ("-12d 14:30", datetime(2024, 9, 18, 11, 30, tzinfo=UTC)),
        ("-0d 00:05", datetime(2024, 9, 29, 21, 5, tzinfo=UTC)),
        ("-1d 23:59", datetime(2024, 9, 29, 20, 59, tzinfo=UTC)),
    ],
)
def test_a_delivery_is_an_instant_or_counts_back_from_the_moscow_day(cell: str, expected: datetime) -> None:
    actual = read_one(JUST_AFTER_MIDNIGHT, delivered_at=cell).delivered_at_us

    assert expected == datetime.fromtimestamp(actual // 1_000_000, UTC).replace(microsecond=actual % 1_000_000)


def test_the_day_of_the_order_counts_back_from_the_moscow_day() -> None:
    line = read_one(JUST_AFTER_MIDNIGHT, ordered_on="-20d", delivered_at="-20d 00:00")

    assert line.ordered_on == "2024-09-10"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + row(),
        (HEADER + row()).replace("\n", "\r\n"),
        HEADER + row().removesuffix("\n"),
        "\n\r\n" + HEADER + "\n  \n" + row() + "\n" + "," * 21 + "\n",
    ],
    ids=["byte order mark", "CRLF", "no line end at the end", "empty lines"],
)
def test_line_ends_a_byte_order_mark_and_empty_lines_do_not_matter(text: str) -> None:
    assert read(HEADER + row()) == read(text)


def test_columns_stand_in_any_order_and_spaces_around_cells_do_not_matter() -> None:
    cells = dict(reversed(THROW.items()))
    text = " , ".join(cells) + "\n" + ",".join(f" {cell} " for cell in (cells | {"name": "Woven throw"}).values())

    assert read(HEADER + row(name="Woven throw")) == read(text)


def test_a_line_break_in_a_quoted_name_becomes_a_space() -> None:
    assert read_one(name="Woven throw,\r\n\tindigo\n").name == "Woven throw, indigo"


def test_a_posting_may_have_several_lines() -> None:
    assert len(read(HEADER + row() + row(line_number="2"))) == 2


# -- What is wrong with one cell --------------------------------------------------------------------------------------

BAD_CELLS = [
    BadRow(3, "posting_number", "posting_number_shape", "4091307-0703-1"),
    BadRow(3, "posting_number", "posting_number_shape", "٤0910307-0703-1"),
    BadRow(3, "posting_number", "missing_value", ""),
    BadRow(3, "line_number", "out_of_range", "0"),
    BadRow(3, "line_number", "out_of_range", "1000"),
    BadRow(3, "sku", "not_a_number", "12a"),
    BadRow(3, "sku", "too_many_decimals", "12.0"),
    BadRow(3, "sku", "out_of_range", "1000000000001"),
    BadRow(3, "quantity", "negative", "-1"),
    BadRow(3, "quantity", "out_of_range", "1001"),
    BadRow(3, "seller_id", "out_of_range", "0"),
    BadRow(3, "name", "missing_value", ""),
    BadRow(3, "unit_price", "decimal_comma", "12400,00"),
    BadRow(3, "unit_price", "not_a_number", "1,240.00"),
    BadRow(3, "unit_price", "not_a_number", "1e4"),
    BadRow(3, "unit_price", "not_a_number", "NaN"),
    BadRow(3, "unit_price", "not_a_number", "+1"),
    BadRow(3, "unit_price", "not_a_number", ".50"),
    BadRow(3, "unit_price", "negative", "-12400.00"),
    BadRow(3, "unit_price", "too_many_decimals", "12400.000"),
    BadRow(3, "unit_price", "out_of_range", "0.00"),
    BadRow(3, "unit_price", "out_of_range", "100000000.01"),
    BadRow(3, "paid_price_rub", "out_of_range", "0"),
    BadRow(3, "currency", "unknown_currency", "RUR"),
    BadRow(3, "order_rate", "rate_of_rub_is_not_one", "13.50"),
    BadRow(3, "order_rate", "out_of_range", "0.000000"),
    BadRow(3, "order_rate", "too_many_decimals", "1.0000001"),
    BadRow(3, "weight_kg", "out_of_range", "0.000"),
    BadRow(3, "weight_kg", "out_of_range", "200.001"),
    BadRow(3, "weight_kg", "too_many_decimals", "0.9000"),
    BadRow(3, "outbound_weight_kg", "decimal_comma", "0,905"),
    BadRow(3, "seller_country", "unknown_country", "XX"),
    BadRow(3, "seller_country", "unknown_country", "EU"),
    BadRow(3, "seller_country", "unknown_country", "tr"),
    BadRow(3, "customer_ref", "missing_value", ""),
    BadRow(3, "customer_email", "not_an_email", "irina.s@example"),
    BadRow(3, "customer_email", "not_an_email", "irina s@example.com"),
    BadRow(3, "customer_email", "not_an_email", "irina@example.com,olga@example.com"),
    BadRow(3, "customer_language", "unknown_language", "de"),
    BadRow(3, "ordered_on", "not_a_date", "20.08.2024"),
    BadRow(3, "ordered_on", "not_a_date", "2024-02-30"),
    BadRow(3, "ordered_on", "in_the_future", "2024-10-01"),
    BadRow(3, "ordered_on", "too_long_ago", "1999-12-31"),
    BadRow(3, "delivered_at", "no_time_zone", "2024-09-01T12:15:00"),
    BadRow(3, "delivered_at", "not_a_time", "2024-09-01"),
    BadRow(3, "delivered_at", "not_a_time", "-12d"),
    BadRow(3, "delivered_at", "not_a_time", "-12d 24:00"),
    BadRow(3, "delivered_at", "not_a_time", "2024-09-01T25:00:00Z"),
    BadRow(3, "delivered_at", "in_the_future", "-0d 12:01"),
    BadRow(3, "delivered_at", "in_the_future", "9999-12-31T23:59:59-14:00"),
    BadRow(3, "delivered_at", "too_long_ago", "0001-01-01T00:00:00+14:00"),
    BadRow(3, "delivered_at", "delivered_before_ordered", "2024-08-19T23:59:59+03:00"),
]


@pytest.mark.parametrize("expected", BAD_CELLS, ids=lambda bad: f"{bad.column} {bad.code} {bad.value[:30]!r}")
def test_a_bad_cell_is_named_with_its_line_column_and_reason(expected: BadRow) -> None:
    good, actual = read(HEADER + row(**GOOD_POSTING) + row(**{expected.column: expected.value}))

    assert isinstance(good, OrderLine)
    assert expected == actual


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("AET\0101", BadRow(2, "offer_id", "control_character", r"AET\x00101")),
        ("home\ntextile", BadRow(2, "category", "control_character", r"home\ntextile")),
        ("01\x1d91", BadRow(2, "marking_code", "control_character", r"01\x1d91")),
        ("throw\u202e", BadRow(2, "name", "control_character", r"throw\u202e")),
        ("throw \udcff", BadRow(2, "name", "not_utf8", r"throw \udcff")),
        (" \n ", BadRow(2, "name", "missing_value", r"\n")),
        ("c" * 101, BadRow(2, "category", "too_long", "c" * 79 + "…")),
        ("\0" * 80, BadRow(2, "serial", "control_character", r"\x00" * 19 + r"\x0" + "…")),
        ("9" * 5000, BadRow(2, "sku", "too_long", "9" * 79 + "…")),
    ],
)
def test_what_cannot_be_printed_is_shown_escaped_and_short(cell: str, expected: BadRow) -> None:
    assert [expected] == read(HEADER + row(**{expected.column: cell}))


def test_a_byte_that_is_no_utf8_is_named_when_the_file_is_opened_as_asked() -> None:
    file = io.TextIOWrapper(
        io.BytesIO((HEADER + row(name="Плед")).encode("cp1251")), "utf-8", errors="surrogateescape", newline=""
    )

    assert [BadRow(2, "name", "not_utf8", r"\udccf\udceb\udce5\udce4")] == list(orders.read(file, AT))


def test_every_bad_cell_of_a_row_is_named() -> None:
    expected = [
        BadRow(2, "sku", "not_a_number", "?"),
        BadRow(2, "currency", "unknown_currency", "XXX"),
        BadRow(2, "weight_kg", "missing_value", ""),
        BadRow(2, "delivered_at", "not_a_time", "yesterday"),
    ]

    assert expected == read(HEADER + row(sku="?", currency="XXX", weight_kg="", delivered_at="yesterday"))


def test_a_price_that_is_no_kopeck_or_too_much_in_roubles_is_refused() -> None:
    expected = [
        BadRow(2, "unit_price", "out_of_range", "0.01"),
        BadRow(3, "unit_price", "out_of_range", "99999999"),
    ]
    small = row(unit_price="0.01", currency="KZT", order_rate="0.49")
    large = row(unit_price="99999999", currency="EUR", order_rate="100", line_number="2")

    assert expected == read(HEADER + small + large)


def test_a_name_has_500_characters_at_most() -> None:
    assert isinstance(read(HEADER + row(name="n" * 500))[0], OrderLine)
    assert [BadRow(2, "name", "too_long", "n" * 79 + "…")] == read(HEADER + row(name="n" * 501))


# -- What is wrong with a row among the others ------------------------------------------------------------------------


def test_a_line_given_twice_is_refused_the_second_time() -> None:
    again = read(HEADER + row() + row(**GOOD_POSTING) + row(sku="5"))

    assert BadRow(4, "line_number", "line_repeated", "1") == again[2]


def test_a_posting_with_two_sellers_or_two_customers_is_refused() -> None:
    expected = [
        BadRow(3, "seller_id", "posting_has_two_sellers", "2093311"),
        BadRow(4, "customer_ref", "posting_has_two_customers", "C-1002"),
    ]
    two_sellers = row(line_number="2", seller_id="2093311", seller_country="CN")

    assert expected == read(HEADER + row() + two_sellers + row(line_number="3", customer_ref="C-1002"))[1:]


@pytest.mark.parametrize(
    ("bad", "code", "value"),
    [
        ("40910307-0703-1,1\n", "wrong_number_of_cells", "2"),
        (row().replace("\n", ",\n"), "wrong_number_of_cells", "23"),
        ('1,"two"2,3\n', "not_csv", r'1,"two"2,3\n'),
        ('"' + "a" * 100_000 + '"\n', "row_too_long", '"' + "a" * 78 + "…"),
    ],
    ids=["too few", "too many", "text after a quote", "a line without end"],
)
def test_a_row_that_is_no_row_is_named_and_the_next_one_is_read(bad: str, code: str, value: str) -> None:
    good, actual, next_one = read(HEADER + row(**GOOD_POSTING) + bad + row())

    assert BadRow(3, "", code, value) == actual
    assert isinstance(good, OrderLine)
    assert isinstance(next_one, OrderLine)


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (["Woven throw"], "quote_left_open"),
        (["Woven throw"] * 9, "quote_left_open"),
        (["Woven throw"] * 60, "quote_left_open"),
        (["Woven throw", "Woven throw, indigo", "Woven throw"], "not_csv"),
    ],
    ids=["at the end", "before a few rows", "before many rows", "before another quote"],
)
def test_a_quote_left_open_does_not_swallow_the_rows_after_it(after: list[str], code: str) -> None:
    open_row = row(name="Woven throw").replace("Woven", '"Woven')
    rows = [row(name=name, line_number=str(number)) for number, name in enumerate(after, start=1)]

    actual, *others = read(HEADER + open_row + "".join(rows))

    assert BadRow(2, "", code, open_row[:79] + "…") == actual
    assert after == [line.name for line in others if isinstance(line, OrderLine)]


def test_rows_are_read_only_when_they_are_asked_for() -> None:
    def lines() -> Iterator[str]:
        yield HEADER
        yield row()
        pytest.fail("nobody asked for a third line")

    assert isinstance(next(orders.read(lines(), AT)), OrderLine)


def test_a_row_is_numbered_by_the_line_where_it_starts() -> None:
    text = (
        HEADER + row(name="two\nlines", posting_number="11111111-2222-3") + "\n" + row(name="three\r\n\nlines") + "x\n"
    )

    assert BadRow(8, "", "wrong_number_of_cells", "1") == read(text)[2]


# -- What is wrong with the header ------------------------------------------------------------------------------------


def test_a_header_names_what_is_missing_unknown_and_twice() -> None:
    with pytest.raises(BadHeader) as caught:
        read(HEADER.replace("sku", "SKU").replace("serial", "quantity") + row())

    assert caught.value.missing == ("sku", "serial")
    assert caught.value.unknown == ("SKU",)
    assert caught.value.duplicate == ("quantity",)
    assert caught.value.hint is None
    assert str(caught.value) == "missing: sku, serial; unknown: SKU; duplicate: quantity"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("\ufeff\n\n", "empty"),
        (HEADER.replace(",", ";"), "other_separator"),
        ('"' + HEADER.strip().replace(",", '";"') + '"\n', "other_separator"),
        (HEADER.replace(",", "\t"), "other_separator"),
        ('"posting_number', "quote_left_open"),
        ('"posting"_number', "not_csv"),
        ("x" * 100_001, "row_too_long"),
    ],
)
def test_a_header_that_is_none_says_why(text: str, hint: str) -> None:
    with pytest.raises(BadHeader) as caught:
        read(text)

    assert hint == caught.value.hint
    assert orders.COLUMNS == caught.value.missing


def test_the_header_is_judged_before_any_row_is_asked_for() -> None:
    with pytest.raises(BadHeader, match="semicolons"):
        orders.read([HEADER.replace(",", ";")], AT)


# -- Whatever stands in the file --------------------------------------------------------------------------------------

CODES = frozenset(
    "control_character decimal_comma delivered_before_ordered in_the_future line_repeated missing_value negative "
    "no_time_zone not_a_date not_a_number not_a_time not_an_email not_csv not_utf8 out_of_range "
    "posting_has_two_customers posting_has_two_sellers posting_number_shape quote_left_open rate_of_rub_is_not_one "
    "row_too_long too_long too_long_ago too_many_decimals unknown_country unknown_currency unknown_language "
    "wrong_number_of_cells".split()
)
TEXTS = st.text(st.one_of(st.sampled_from('",;\n\r\t \0-.:0123456789dTZ\ufeff\udcff'), st.characters()), max_size=60)
CELLS = st.one_of(
    TEXTS,
    st.sampled_from(list(THROW.values())),
    *(st.from_regex(shape, fullmatch=True) for shape in (orders.MOMENT, orders.DAY, orders.DECIMAL, orders.EMAIL)),
)


@given(TEXTS, st.sampled_from(["", HEADER]))
@settings(deadline=None)
def test_no_text_raises_anything_but_a_bad_header(text: str, header: str) -> None:
    try:
        results = list(orders.read((header + text).splitlines(keepends=True), AT))
    except BadHeader as bad:
        assert not header, bad
    else:
        assert {result.code for result in results if isinstance(result, BadRow)} <= CODES


@given(st.lists(TEXTS))
@settings(deadline=None)
def test_lines_that_are_no_lines_raise_nothing_either(lines: list[str]) -> None:
    assert all(isinstance(result, BadRow) for result in orders.read([HEADER, *lines], AT))


@given(st.lists(st.lists(CELLS, min_size=22, max_size=22), max_size=3))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_is_an_order_line_or_named_by_the_line_where_it_starts(rows: list[list[str]]) -> None:
    text = HEADER
    expected = []
    for cells in rows:
        if any(cell.strip(" ").strip("\r\n") for cell in cells):
            expected.append(1 + len(list(io.StringIO(text, newline=""))))
        text += as_csv(cells)
    assume(max((as_csv(cells).count("\n") + as_csv(cells).count("\r") for cells in rows), default=0) < 50)
    results = read(text)
    named = [result.line for result in results if isinstance(result, BadRow)]
    good = len(results) - len(named)

    assert set(named) <= set(expected)
    assert len(expected) == len(set(named)) + good


# -- The sample -------------------------------------------------------------------------------------------------------

JOURNEYS = [  # name of the product, price in kopecks, gram, seller
    ("headset", 790_000, 350, 2093311),
    ("throw", 1_240_000, 900, 1180457),
    ("kettle", 530_000, 1240, 1180457),
    ("sneakers", 940_000, 880, 2093311),
    ("drone", 2_190_000, 1100, 2093311),
    ("lamp", 1_680_000, 800, 2093311),
    ("watch", 1_850_050, 250, 2093311),
    ("hub", 230_000, 110, 2093311),
    ("throw", 500_000, 350, 1180457),
    ("throw", 500_013, 350, 1180457),
]


def sample(at: datetime = AT) -> list[OrderLine | BadRow]:
    file = files("backhaul.marketplace") / "sample" / "orders.csv"
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        return list(orders.read(lines, at))


def sample_lines() -> list[OrderLine]:
    return [line for line in sample() if isinstance(line, OrderLine)]


@pytest.mark.parametrize("at", [AT, JUST_AFTER_MIDNIGHT, datetime(2028, 2, 29, 20, 59, 59, tzinfo=UTC)])
def test_the_sample_is_read_on_any_day_without_a_fault(at: datetime) -> None:
    lines = sample(at)

    assert [] == [line for line in lines if isinstance(line, BadRow)]
    assert len(lines) == 500


def test_the_sample_has_three_sellers_and_forty_customers() -> None:
    lines = sample_lines()
    languages = {line.customer_ref: line.customer_language for line in lines}

    assert {(1180457, "TR"), (2093311, "CN"), (3155720, "HK")} == {
        (line.seller_id, line.seller_country) for line in lines
    }
    assert {f"C-{number}" for number in range(1001, 1041)} == languages.keys()
    assert Counter(ru=31, en=4, zh=3, tr=2) == Counter(languages.values())


def test_the_sample_fills_every_cell_of_the_rate_card() -> None:
    prices_minor, weights_gram = [500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000], [1000, 4000, 7000]
    cells = {
        (bisect_left(weights_gram, line.weight_gram), bisect_left(prices_minor, line.price_rub_minor))
        for line in sample_lines()
    }

    assert {(weight, price) for weight in range(4) for price in range(6)} == cells


@pytest.mark.parametrize(("product", "price_rub_minor", "weight_gram", "seller_id"), JOURNEYS)
def test_the_sample_has_the_goods_of_the_journeys(
    product: str, price_rub_minor: int, weight_gram: int, seller_id: int
) -> None:
    goods = {
        (line.price_rub_minor, line.weight_gram, line.seller_id)
        for line in sample_lines()
        if product in line.name.lower() and line.paid_price_rub_minor == line.price_rub_minor
    }

    assert (price_rub_minor, weight_gram, seller_id) in goods


def test_the_sample_has_no_serial_or_marking_code_twice_and_one_unit_for_each() -> None:
    lines = sample_lines()
    codes = [code for line in lines for code in (line.serial, line.marking_code) if code]

    assert len(codes) == len(set(codes)) > 200
    assert {1} == {line.quantity for line in lines if line.serial or line.marking_code}
