"""A file of delivered orders handed in over API v1: loaded in the background, with a row for every fault (issue 8, point 3)."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.marketplace.jobs import orders
from backhaul.marketplace.jobs.working import LEASE
from backhaul.marketplace.orders import COLUMNS
from tests.marketplace.cast import Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.marketplace.test_jobs import JOBS, another_runner, job, kill, result, work

SOUND = {
    "posting_number": "30000001-0001-1", "line_number": "1", "sku": "700100", "offer_id": "HUB-1", "name": "USB hub",
    "category": "electronics", "unit_price": "2300.00", "currency": "RUB", "paid_price_rub": "2300.00", "weight_kg": "0.350",
    "quantity": "1", "seller_id": "2093311", "seller_country": "CN", "customer_ref": "C-9001",
    "customer_email": "c9001@example.com", "customer_language": "ru", "ordered_on": "2024-08-01",
    "delivered_at": "2024-08-05T12:00:00+03:00",
}  # fmt: skip


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def file(*rows: dict[str, str]) -> bytes:
    said = io.StringIO(newline="")
    writer = csv.DictWriter(said, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows({**SOUND, **row} for row in rows)
    return said.getvalue().encode()


def lines(count: int) -> list[dict[str, str]]:
    return [{"posting_number": f"3000000{n}-0001-1"} for n in range(count)]


def test_lines_are_loaded_once_and_each_fault_has_its_row(shop: Market, call: Call) -> None:
    marina = call("marina")
    raw = file(*lines(3), {"posting_number": "30000008-0001-1", "quantity": "0", "currency": "XXX"})
    asked = marina.post(f"{JOBS}/orders", params={"name": "august.csv"}, content=raw).json()
    work(another_runner(shop))
    again = marina.post(f"{JOBS}/orders", content=raw).json()
    work(another_runner(shop))

    assert ("orders", "done", {"new": 3, "known": 0, "bad": 1}) == _seen(marina, asked)
    assert [("5", "currency", "unknown_currency", "XXX"), ("5", "quantity", "out_of_range", "0")] == [
        (row["line"], row["column"], row["code"], row["value"]) for row in result(marina, asked)
    ]
    assert "This currency is not known." == result(marina, asked)[0]["detail"]
    assert ("orders", "done", {"new": 0, "known": 3, "bad": 1}) == _seen(marina, again)


def test_a_line_of_a_posting_that_is_somebody_elses_is_told(shop: Market, call: Call) -> None:
    marina = call("marina")
    marina.post(f"{JOBS}/orders", content=file(*lines(1)))
    work(another_runner(shop))
    other = file({**lines(1)[0], "line_number": "2", "customer_ref": "C-9002"})
    asked = marina.post(f"{JOBS}/orders", content=other).json()
    work(another_runner(shop))

    assert {"new": 0, "known": 0, "bad": 1} == job(marina, asked)["told"]
    assert [("2", "customer_ref", "posting_of_another_customer", "C-9002")] == [
        (row["line"], row["column"], row["code"], row["value"]) for row in result(marina, asked)
    ]


@pytest.mark.parametrize("steps", [1, 3])
def test_an_import_that_was_killed_is_done_whole_and_counted_right(
    shop: Market, call: Call, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "LINES_A_STEP", 1)
    marina = call("marina")
    asked = marina.post(f"{JOBS}/orders", content=file(*lines(3))).json()
    dying = another_runner(shop)
    for _ in range(steps):
        dying.work()
    kill(dying)
    shop.clock.turn(LEASE)
    work(another_runner(shop))

    assert ("orders", "done", {"new": 3, "known": 0, "bad": 0}) == _seen(marina, asked)


def test_what_was_loaded_before_it_was_cancelled_is_counted(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "LINES_A_STEP", 1)
    marina = call("marina")
    raw = file({**lines(1)[0], "quantity": "0"}, *lines(7)[1:])
    asked = marina.post(f"{JOBS}/orders", content=raw).json()
    runner = another_runner(shop)
    for _ in range(3):
        runner.work()
    marina.post(f"{JOBS}/{asked['id']}/cancel")
    work(runner)

    seen = job(marina, asked)
    assert ("cancelled", 1) == (seen["state"], seen["told"]["bad"])
    assert 1 <= seen["told"]["new"] < 6
    assert ["2"] == [row["line"] for row in result(marina, asked)]


HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("header", "facts"),
    [
        (HEADER.replace("sku,", ""), {"rule": "missing", "missing": "sku"}),
        (f"{HEADER},colour", {"rule": "unknown", "unknown": "colour"}),
        (HEADER.replace("sku,", "SKU,"), {"rule": "missing_and_unknown", "missing": "sku", "unknown": "SKU"}),
        (f"{HEADER},sku", {"rule": "duplicate", "duplicate": "sku"}),
        (HEADER.replace(",", ";"), {"rule": "semicolons"}),
        ('"posting_number', {"rule": "no_row"}),
        ("", {"rule": "empty"}),
    ],
)
def test_other_columns_are_refused_before_it_waits(call: Call, header: str, facts: dict[str, str]) -> None:
    refused = call("marina").post(f"{JOBS}/orders", content=header.encode())

    assert (422, "order_columns_differ") == told(refused)
    said = refused.json()
    assert facts == {name: said[name] for name in ("rule", "missing", "unknown", "duplicate") if name in said}


@pytest.mark.parametrize("login", ["elif", "aysel"])
def test_only_support_loads_orders(call: Call, login: str) -> None:
    assert (403, "not_your_role") == told(call(login).post(f"{JOBS}/orders", content=file(*lines(1))))


def _seen(client: Any, asked: Any) -> tuple[str, str, dict[str, int]]:
    found = job(client, asked)
    return found["kind"], found["state"], found["told"]
