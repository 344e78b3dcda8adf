"""Statements of accounts: they balance for any days, page by page and as a file, and everybody reads their own."""

import csv
import io
import json
import random
import runpy
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.statements import Account, Period, period_of
from backhaul.marketplace import ledger_doors, ledger_texts, queries, tables
from backhaul.marketplace.ledger_doors import BOOKS
from backhaul.marketplace.rules import chart
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Route, Status
from backhaul.marketplace.store import encode_return
from tests.marketplace.cast import ANADOLU, ELIF, IRINA, LUMITEK, MARINA, NADIA, OLEG, THROW, Market, market, moscow
from tests.marketplace.people import Call, calling, let_in, told

SELLER = Account(f"payable:seller:{ANADOLU}", "credit")
WEEK = {"from": "2024-09-01", "to": "2024-09-30"}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def disposed(shop: Market) -> int:
    """J3: refund of 12,400.00 sent on 3 Sep at 12:00, 3,720.00 credited on 9 Sep at 02:00."""
    return_id = shop.draft(THROW)
    shop.does(IRINA, return_id, do.Submit())
    shop.does(ELIF, return_id, do.Approve(Route.A))
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo, shop.photo))
    shop.does(OLEG, return_id, check, "2024-09-02 16:00")
    for at in ("2024-09-03 12:00", "2024-09-09 02:00"):
        shop.clock.turn_to(moscow(at))
        shop.office.desk.sweep()
    return return_id


def filled(shop: Market, count: int = 300) -> list[tuple[int, str, int]]:
    """Entries of the seller at random instants of forty days, many at the same one; what each does to the account."""
    chance = random.Random(7)
    start = to_us(moscow("2024-08-01 00:00"))
    rows, said = [], []
    for n in range(count):
        at_us = start + chance.randrange(40) * 86_400_000_000 + chance.choice((0, 0, 3_600_000_000))
        amount, up = chance.randrange(1, 10_000_00), chance.random() < 0.5
        debit, credit = ("asset:bank", SELLER.code) if up else (SELLER.code, "asset:bank")
        cause = f"test:{n:04}"
        rows.append({"cause": cause, "case_id": 0, "seq": 0, "debit": debit, "credit": credit, "amount_minor": amount,
                     "currency": "RUB", "at_us": at_us})  # fmt: skip
        said.append((at_us, cause, amount if up else -amount))
    shop.errand(lambda tx, _: tx.many(Statement(tables.journal.entries.insert()), rows))
    return sorted(said)


def test_opening_and_entries_are_the_closing_balance_of_any_days(shop: Market) -> None:
    said, chance = filled(shop), random.Random(11)
    with shop.office.database.read() as tx:
        for _ in range(40):
            first = date(2024, 7, 30) + timedelta(chance.randrange(40))
            period = Period(first, first + timedelta(chance.randrange(20)))
            heading = BOOKS.heading(tx, SELLER, period, "RUB")
            lines = list(BOOKS.lines(tx, SELLER, period, "RUB"))
            before = sum(amount for at_us, _, amount in said if at_us < period.start_us)
            within = [one for one in said if period.start_us <= one[0] < period.end_us]

            assert before == heading.opening.minor
            assert [one[1:] for one in within] == [(line.cause, line.amount.minor) for line in lines]
            assert before + sum(one[2] for one in within) == heading.closing.minor
            assert heading.closing == (lines[-1].balance if lines else heading.opening)
            assert (len(within), heading.closing) == (heading.count, heading.opening + heading.raised - heading.lowered)


def test_pages_are_the_whole_with_its_balances_even_at_one_instant(shop: Market) -> None:
    filled(shop)
    period, pages, after = Period(date(2024, 8, 3), date(2024, 9, 5)), [], ""
    with shop.office.database.read() as tx:
        whole = list(BOOKS.lines(tx, SELLER, period, "RUB"))
        while True:
            lines, after = BOOKS.page(tx, SELLER, period, "RUB", after, most=7)
            pages += lines
            if not after:
                break
        before_the_period, _ = BOOKS.page(tx, SELLER, period, "RUB", "0_test:0000", most=7)

    assert whole == pages
    assert whole[:7] == before_the_period


@pytest.mark.parametrize("after", ["nonsense", "_", "12_", "99999999999999999999_x", "1_\0"])
def test_a_cursor_of_nonsense_is_the_start_or_the_end_and_no_failure(shop: Market, after: str) -> None:
    filled(shop, 5)
    with shop.office.database.read() as tx:
        BOOKS.page(tx, SELLER, Period(date(2024, 8, 1), date(2024, 9, 30)), "RUB", after)


def test_the_statement_of_j3(shop: Market, call: Call) -> None:
    return_id = disposed(shop)
    view = call("elif").get("/api/v1/ledger/statement", params=WEEK).json()

    assert ("0.00", "-8680.00") == tuple(f"{view[name]['minor'] / 100:.2f}" for name in ("opening", "closing"))
    assert [
        ("Refund owed to the customer", f"R-{return_id}", -12_400_00, -12_400_00),
        ("Compensation credited", f"R-{return_id}", 3_720_00, -8_680_00),
    ] == [(one["entry"], one["case"], one["amount"]["minor"], one["balance"]["minor"]) for one in view["lines"]]
    assert 3_720_00 == call("elif").get("/api/v1/ledger/statement", params={"from": "2024-09-09", "to": "2024-09-09"}).json()[
        "raised"]["minor"]  # fmt: skip


def test_a_customer_reads_what_is_owed_to_them_and_no_other_reads_it(shop: Market, call: Call) -> None:
    disposed(shop)
    irina, pavel = (call(login).get("/api/v1/ledger/statement", params=WEEK).json() for login in ("irina", "pavel"))

    assert [12_400_00, -12_400_00] == [one["amount"]["minor"] for one in irina["lines"]]
    assert ([], 0) == (pavel["lines"], pavel["closing"]["minor"])
    assert ["payable:seller:", "clearing:refunds_in_transit"] == [one["counter_account"] for one in irina["lines"]]


@pytest.mark.parametrize(
    ("login", "of"),
    [
        ("elif", f"seller:{LUMITEK}"),
        ("elif", "account:asset:bank"),
        ("elif", "customer:C-1001"),
        ("irina", "customer:C-1002"),
        ("irina", f"seller:{ANADOLU}"),
    ],
)
def test_another_ones_statement_looks_like_none(call: Call, login: str, of: str) -> None:
    for path in ("statement", "statement.csv", "statement.xlsx", "statement.pdf"):
        assert (404, "not_found") == told(call(login).get(f"/api/v1/ledger/{path}", params={"of": of}))


@pytest.mark.parametrize("by", [OLEG, NADIA])
def test_clerks_and_moderators_read_no_statement(shop: Market, by: object) -> None:
    with shop.office.database.read() as tx, pytest.raises(Refused, match="not_your_role"):
        ledger_doors.party(tx, by, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("of", ["seller:1", "seller:x", "customer:nobody", "account:nothing", "planet:mars", "x\0:y"])
def test_support_reads_no_account_that_is_none(shop: Market, of: str) -> None:
    with shop.office.database.read() as tx, pytest.raises(Refused, match="account_unknown"):
        ledger_doors.party(tx, MARINA, of)


@pytest.mark.parametrize(("first", "last"), [("2024-09-02", "2024-09-01"), ("x", ""), ("", "2024-13-01"), ("1999-12-31", "2024-01-01")])  # fmt: skip
def test_days_that_are_none_are_refused(first: str, last: str) -> None:
    with pytest.raises(Refused, match="days_invalid"):
        period_of(first, last, moscow("2024-09-02 10:00"))


def test_without_days_it_is_the_last_month_and_today_is_moscows() -> None:
    assert Period(date(2024, 8, 4), date(2024, 9, 3)) == period_of("", "", moscow("2024-09-03 00:30"))


def test_the_files_say_what_the_page_says(shop: Market, call: Call) -> None:
    disposed(shop)
    elif_ = call("elif")
    table = list(
        csv.reader(io.StringIO(elif_.get("/api/v1/ledger/statement.csv", params=WEEK).content.decode("utf-8-sig")))
    )
    book = elif_.get("/api/v1/ledger/statement.xlsx", params=WEEK)
    paper = elif_.get("/api/v1/ledger/statement.pdf", params=WEEK)

    assert ["opening", "refund_owed:100001", "compensation:100001", "closing"] == [row[-1] for row in table[1:]]
    assert ["-12400.00", "-8680.00", "-8680.00"] == [row[6] for row in table[2:]]
    assert "no-store" == book.headers["cache-control"]
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    assert paper.content.startswith(b"%PDF")


def test_the_balances_of_all_accounts_are_nothing_together(shop: Market, call: Call) -> None:
    """Every entry is a debit and a credit: what one has is what one owes (MNY-1)."""
    disposed(shop)
    found = call("marina").get("/api/v1/ledger/balances").json()
    signed = sum(one["balance"]["minor"] * (1 if one["grows"] == "credit" else -1) for one in found)
    elif_ = call("marina").get("/api/v1/ledger/statement", params={"of": f"seller:{ANADOLU}", **WEEK}).json()

    assert 0 == signed + elif_["closing"]["minor"]
    assert (403, "not_your_role") == told(call("elif").get("/api/v1/ledger/balances"))


def test_claims_stand_by_carrier(shop: Market) -> None:
    """J6: lost on the way; the carrier that had it owes the price of it, another one nothing."""
    return_id = shop.draft(THROW)
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo, shop.photo))
    for by, command in ((IRINA, do.Submit()), (ELIF, do.Approve(Route.B)), (OLEG, check)):
        shop.does(by, return_id, command)
    shop.does(OLEG, return_id, do.Dispatch("Linehaul North", "W-1"))
    shop.clock.turn_to(moscow("2024-10-04 00:00"))
    shop.office.desk.sweep()
    for who, act in ((ELIF, do.FileClaim()), (MARINA, do.TakeUpClaim()), (MARINA, do.ApproveClaim()),
                        (MARINA, do.PayClaim())):  # fmt: skip
        shop.does(who, return_id, act)
    period = Period(date(2024, 9, 1), date(2024, 10, 31))
    with shop.office.database.read() as tx:
        there = ledger_doors.carriers(tx)
        closing = {
            name: BOOKS.heading(
                tx, ledger_doors.party(tx, MARINA, f"carrier:{name}").account, period, "RUB"
            ).closing.minor
            for name in ("Linehaul North", "Linehaul South")
        }

    assert ["Linehaul North"] == there
    assert {"Linehaul North": 12_400_00, "Linehaul South": 0} == closing


def test_every_account_and_entry_of_the_code_has_words() -> None:
    codes = [value for name, value in vars(chart).items() if name.isupper() and isinstance(value, str) and ":" in value]

    assert [] == [code for code in codes if chart.CHART.kind(code) is None]
    assert set(ledger_texts.ACCOUNTS) == {kind.code for kind in chart.CHART.kinds}


def test_a_statement_is_found_by_its_indexes(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop, shop.office.database.read() as tx:
        statements = (BOOKS.lines_of[""], BOOKS.sums_of[""])
        told_by = [plan_of(tx, statement, shop.office.database.dialect) for statement in statements]

    assert all("entries_by_debit" in one and "entries_by_credit" in one for one in told_by)


def plan_of(tx: Tx, statement: Statement, dialect: str) -> str:
    asked = {"account": "asset:bank", "currency": "RUB", "after_us": 0, "after_cause": "", "end_us": 2**60, "from_us": 0,
             "until_us": 2**60, "until_cause": "", "most": 100}  # fmt: skip
    text, constants = statement.text(dialect)
    if dialect == "sqlite":
        return str(tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", {**constants, **asked}).fetchall())
    tx.connection.execute("SET enable_seqscan = off")
    tx.connection.execute("SET enable_bitmapscan = off")
    return str(tx.connection.execute(f"EXPLAIN {text}", {**constants, **asked}).fetchall())


def test_what_the_migration_fills_in_is_what_the_house_writes(shop: Market) -> None:
    """0016 reads the stored returns; a house writes the same when their money moves."""
    path = Path(tables.__file__).parent / "migrations" / "versions" / "0016_rates_statements_and_money.py"
    script = runpy.run_path(str(path))
    ids = [
        disposed(shop),
        *(shop.in_status(status) for status in (Status.AT_PARTNER, Status.REFUNDED_WITHOUT_RETURN, Status.APPROVED)),
    ]
    with shop.office.database.read() as tx:
        docs = {it.id: encode_return(it) for it in queries.by_ids(tx, ids)}
        rows = {row[0]: row for row in tx.rows(Statement(tables.return_money.select()))}
    filled_in = {one: script["_row"](json.loads(doc)) for one, doc in docs.items()}
    columns = [column.name for column in tables.return_money.columns]

    assert {ids[0], ids[1], ids[2]} == set(rows)
    assert rows == {one: tuple(row[name] for name in columns) for one, row in filled_in.items() if row is not None}
