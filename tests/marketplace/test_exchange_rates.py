"""Exchange rates through their doors: rows that are only added, orders that are converted, payouts by the day of the accrual."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx2
import msgspec
import pytest
import sqlalchemy as sa
from rich.console import Console

from backhaul import importing_rates
from backhaul.kit.database import DatabaseError, Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import errands, queries, rate_files, rate_store, tables
from backhaul.marketplace.access import Account
from backhaul.marketplace.order_faults import BadRow, Imported
from backhaul.marketplace.orders import OrderLine, read
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.exchange import Rate
from backhaul.marketplace.rules.words import Role, Route
from tests.marketplace.cast import ANADOLU, ELIF, IRINA, MORNING, OLEG, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.marketplace.test_orders_file import HEADER, row

CSV = (
    b"date,currency,nominal,rate,source\n2024-08-30,CNY,1,13.50,Central bank\n2024-08-30,TRY,10,27.1395,Central bank\n"
)
SHEET = (
    '<?xml version="1.0" encoding="windows-1251"?><ValCurs Date="30.08.2024" name="Валютный рынок">'
    '<Valute ID="R01375"><NumCode>156</NumCode><CharCode>CNY</CharCode><Nominal>1</Nominal><Name>Юань</Name>'
    "<Value>13,5000</Value></Valute>"
    '<Valute ID="R01820"><CharCode>JPY</CharCode><Nominal>100</Nominal><Value>62,0000</Value></Valute></ValCurs>'
).encode("cp1251")


def rate(on: str = "2024-08-30", micro: int = 13_500_000, currency: str = "CNY") -> Rate:
    return Rate(currency, date.fromisoformat(on), 1, micro, "Central bank")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def hand_in(shop: Market, *rates: Rate) -> list[rate_store.Taken]:
    taken: list[rate_store.Taken] = []
    shop.errand(lambda tx, at: taken.append(rate_store.import_rates(tx, rates, "marina", at)))
    return taken


def test_a_csv_and_a_central_banks_sheet_say_the_same() -> None:
    csv = rate_files.parsed(CSV)
    sheet = rate_files.parsed(SHEET, "Central bank")

    assert [rate(), Rate("TRY", date(2024, 8, 30), 10, 27_139_500, "Central bank")] == csv
    assert [rate()] == sheet


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"date,currency,rate,source\n", "column_missing"),
        (CSV.replace(b"13.50", b"13,50,"), "row_length"),
        (CSV.replace(b"13.50", b"a lot"), "number_invalid"),
        (CSV.replace(b"2024-08-30,CNY", b"30.08.2024,CNY"), "day_unreadable"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><ValCurs Date="30.08.2024"/>', "not_a_rate_sheet"),
        (b"<html/>", "not_a_rate_sheet"),
        (b'<ValCurs Date="30.08.2024"></ValCurs>', "no_known_currency"),
        (b"x" * (1024 * 1024 + 1), "file_too_large"),
    ],
)
def test_a_file_that_is_none_is_told_why(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        rate_files.parsed(data)

    assert code in [one.code for one in refused.value.facts["faults"]]  # type: ignore[attr-defined]


def test_rates_are_only_added_and_the_last_row_of_a_day_counts(shop: Market) -> None:
    first = hand_in(shop, rate(), rate(currency="USD", micro=95_000_000))
    again = hand_in(shop, rate())
    corrected = hand_in(shop, rate(micro=13_600_000))
    with shop.office.database.read() as tx:
        rows = rate_store.of_currency(tx, "CNY")

    assert [rate_store.Taken(2, 0, 0)] == first
    assert [rate_store.Taken(0, 0, 1)] == again
    assert [rate_store.Taken(0, 1, 0)] == corrected
    assert [13_600_000, 13_500_000] == [one.rate.rate_micro for one in rows]


@pytest.mark.parametrize("act", ["update", "delete"])
def test_no_row_is_changed_even_by_sql(shop: Market, act: str) -> None:
    hand_in(shop, rate())
    table = tables.exchange_rates
    statement = Statement(table.delete() if act == "delete" else table.update().values(rate_micro=sa.literal(1)))

    def change(tx: Tx, _: object) -> None:
        with pytest.raises(DatabaseError), tx.savepoint():
            tx.run(statement)

    shop.errand(change)
    with shop.office.database.read() as tx:
        assert 1 == len(rate_store.newest(tx))


def lines_of(*rows: str) -> list[OrderLine | BadRow]:
    return list(read([HEADER, *rows], MORNING))


def test_an_order_without_roubles_is_converted_by_the_rate_of_its_day(shop: Market) -> None:
    """J13: 370.37 CNY at 13.50 are 4,999.995, which is 5,000.00. The day before a weekend's holds on it."""
    hand_in(shop, rate("2024-08-30"))
    lines = lines_of(row(unit_price="370.37", currency="CNY", order_rate="", ordered_on="2024-08-31"))
    done: list[Imported] = []
    shop.errand(lambda tx, _: done.append(errands.import_lines(tx, lines)))  # type: ignore[arg-type]
    with shop.office.database.read() as tx:
        found = queries.lines_of_customer(tx, lines[0].customer_ref)[0].line  # type: ignore[union-attr]

    assert [1] == [one.new for one in done]
    assert (5_000_00, "13.5", "2024-08-30", "Central bank") == (
        found.price_rub_minor, found.order_rate, found.rate_on, found.rate_source,
    )  # fmt: skip


def test_where_the_day_has_no_rate_the_line_is_refused_and_the_others_are_not(shop: Market) -> None:
    hand_in(shop, rate("2024-08-20"))
    fine = row(line_number="1", unit_price="1.00", currency="CNY", order_rate="", ordered_on="2024-08-30")
    late = row(line_number="2", unit_price="1.00", currency="CNY", order_rate="", ordered_on="2024-08-31")
    none = row(line_number="3", unit_price="1.00", currency="USD", order_rate="", ordered_on="2024-08-30")
    done: list[Imported] = []
    shop.errand(lambda tx, _: done.append(errands.import_lines(tx, lines_of(fine, late, none))))  # type: ignore[arg-type]

    assert 1 == done[0].new
    assert [(1, "rate_missing"), (2, "rate_missing")] == [(one.place, one.code) for one in done[0].conflicts]


@pytest.mark.parametrize(
    ("cells", "kopecks"),
    [
        ({"unit_price": "370.38", "currency": "CNY", "order_rate": "", "price_rub": "5000.13"}, 5_000_13),
        ({"unit_price": "370.38", "currency": "CNY", "order_rate": "13.50", "price_rub": "5000.13"}, 5_000_13),
        ({"unit_price": "12.00", "currency": "RUB", "order_rate": ""}, 12_00),
        ({"unit_price": "370.38", "currency": "CNY", "order_rate": ""}, 0),  # waits for the rate of its day
    ],
)
def test_an_order_may_bring_its_price_in_roubles(cells: dict[str, str], kopecks: int) -> None:
    header = HEADER.replace("\n", "") + ",price_rub\n"
    line = next(iter(read([header, row(**{"price_rub": ""} | cells)], MORNING)))

    assert isinstance(line, OrderLine), line
    assert kopecks == line.price_rub_minor


def test_a_price_in_roubles_that_is_not_the_price_times_the_rate_is_a_fault() -> None:
    header = HEADER.replace("\n", "") + ",price_rub\n"
    bad = next(iter(read([header, row(unit_price="1", currency="CNY", order_rate="2", price_rub="2.01")], MORNING)))

    assert isinstance(bad, BadRow)
    assert ("price_rub", "price_rub_differs") == (bad.column, bad.code)


def test_a_seller_who_is_paid_in_yuan_gets_the_rate_of_the_accrual(shop: Market) -> None:
    """J3 in yuan: accrued on 3 Sep; 3,720.00 at 13.50 are 275.56. The rate comes to us only before the credit."""
    owner = Account(1, "elif", Role.SELLER, str(ANADOLU), "Elif", "en", owner=True)
    shop.errand(lambda tx, _: errands.set_payout_currency(tx, owner, "CNY"))
    return_id = shop.draft(THROW)
    photos = (shop.photo, shop.photo)
    shop.does(IRINA, return_id, do.Submit())
    shop.does(ELIF, return_id, do.Approve(Route.A))
    shop.does(
        OLEG, return_id, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos), "2024-09-02 16:00"
    )
    shop.clock.turn_to(shop.now_is(return_id).refund.send_at)  # type: ignore[arg-type]
    shop.office.desk.sweep()
    hand_in(shop, rate("2024-09-03"), rate("2024-09-04", 14_000_000))
    shop.clock.turn_to(shop.now_is(return_id).compensation.credit_at)  # type: ignore[arg-type]
    shop.office.desk.sweep()
    compensation = shop.now_is(return_id).compensation

    assert "credited" == compensation.status
    assert compensation.payout is not None
    assert (Money(275_56, "CNY"), date(2024, 9, 3)) == (compensation.payout.amount, compensation.payout.rate_on)


# The door


def test_support_hands_rates_in_and_sellers_read_them(call: Call) -> None:
    body = {"rates": [{"currency": "CNY", "on": "2024-08-30", "rate": "13.50", "source": "Central bank"}]}
    taken = call("marina").post("/api/v1/exchange-rates", json=body)
    read_by_elif = call("elif").get("/api/v1/exchange-rates", params={"currency": "CNY"}).json()

    assert {"new": 1, "corrected": 0, "known": 0} == taken.json()
    assert [("CNY", 1, "13.5")] == [(one["currency"], one["nominal"], one["rate"]) for one in read_by_elif["rates"]]


@pytest.mark.parametrize("login", ["elif", "irina", "oleg", "nadia"])
def test_nobody_but_support_hands_rates_in(call: Call, login: str) -> None:
    body = {"rates": [{"currency": "CNY", "on": "2024-08-30", "rate": "13.50", "source": "Central bank"}]}

    assert (403, "not_your_role") == told(call(login).post("/api/v1/exchange-rates", json=body))


@pytest.mark.parametrize("login", ["irina", "oleg", "nadia"])
def test_customers_and_clerks_read_no_rates(call: Call, login: str) -> None:
    assert (403, "not_your_role") == told(call(login).get("/api/v1/exchange-rates"))


@pytest.mark.parametrize(
    ("one", "where"),
    [
        ({"rate": "a lot"}, "number_invalid"),
        ({"rate": "0"}, "rate_out_of_range"),
        ({"currency": "XXX"}, "currency_unknown"),
        ({"nominal": 3}, "nominal_invalid"),
        ({"on": "2030-01-01"}, "rate_day_out_of_range"),
    ],
)
def test_every_fault_of_a_rate_is_named_in_words(call: Call, one: dict[str, object], where: str) -> None:
    sound = {"currency": "CNY", "on": "2024-08-30", "rate": "13.50", "source": "Central bank"}
    answer: httpx2.Response = call("marina").post("/api/v1/exchange-rates", json={"rates": [sound | one]})

    assert (422, "rates_invalid") == told(answer)
    assert [where] == [fault["code"] for fault in answer.json()["faults"]]
    assert answer.json()["faults"][0]["detail"].startswith("Row 1")


def test_the_command_loads_a_file_twice_without_doubling(database_url: str, tmp_path: Path) -> None:
    source, console = tmp_path / "rates.csv", Console(quiet=True)
    source.write_bytes(CSV)
    url = database_url if database_url.startswith("postgresql") else ""
    codes = [importing_rates.run(source, "", tmp_path / "data", url, console) for _ in range(2)]
    source.write_bytes(CSV.replace(b"CNY", b"XXX"))
    codes.append(importing_rates.run(source, "", tmp_path / "data", url, console))

    assert [0, 0, 1] == codes


def test_a_rate_stays_what_it_was_in_its_json() -> None:
    assert rate() == msgspec.json.decode(msgspec.json.encode(rate()), type=Rate)
