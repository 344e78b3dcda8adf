"""The partner's invoice against the facts of a unit, line by line: each kind of break, and the near case that is none.

A unit came on 3 October 2024 (J14's world). Prices by the partner's first tariff, in CNY: receipt 6.00, photo set 5.00,
Hong Kong 68.00, storage 1.50 a midnight, disposal 3.00. Instants are Moscow's.
"""

import random
import time
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.kit.money import Money, exact_scaled
from backhaul.marketplace.rules.findings import Finding
from backhaul.marketplace.rules.partner_invoices import InvoiceLine, invoice_of
from backhaul.marketplace.rules.reconciliation import Unit, nights, of_lines, of_unit
from tests.rules.cast import moscow

CAME = Unit(17, "R-100017", moscow("2024-10-03 16:42"))


def instant(text: str | None) -> datetime | None:
    return None if text is None else moscow(text)


def unit(*, left: str | None = None, destroyed: str | None = None) -> Unit:
    return Unit(17, "R-100017", moscow("2024-10-03 16:42"), instant(left), instant(destroyed))


def cny(text: str) -> Money:
    return Money(exact_scaled(text, 2), "CNY")


def line(service: str, when: str, **changes: Any) -> InvoiceLine:
    prices = {"receipt": 6_00, "media": 5_00, "ship_hk": 68_00, "storage": 1_50, "disposal": 3_00}
    price = changes.pop("price_minor", prices[service])
    quantity = changes.pop("quantity", 1)
    usual: dict[str, Any] = {
        "invoice": "INV-000001", "number": 1, "return_number": "R-100017", "service": service, "event": "", "at": moscow(when),
        "quantity": quantity, "price_minor": price, "amount_minor": price * quantity, "credited_minor": 0,
        "currency": "CNY", "tariff": "1",
    }  # fmt: skip
    return InvoiceLine(**{**usual, **changes})


def stored(since: str, until: str, number: int = 1, *, at: datetime | None = None, **changes: Any) -> InvoiceLine:
    """Storage between two days, each midnight of it paid."""
    first, last = moscow(f"{since} 12:00"), moscow(f"{until} 12:00")
    changes.setdefault("quantity", nights(first, last))
    usual = line("storage", f"{until} 12:00", number=number, stored_from=first, stored_until=last, **changes)
    return usual if at is None else replace(usual, at=at)


def found(lines: list[InvoiceLine], it: Unit | None = CAME, prices: Any = None) -> list[Finding]:
    return list(of_unit(2093311, lines, it, prices or {}))


def told(lines: list[InvoiceLine], it: Unit | None = CAME, prices: Any = None) -> list[tuple[str, str, int]]:
    """Kind, what would be right, and the line."""
    return [(one.kind.value, str(one.expected), one.line) for one in found(lines, it, prices)]


def test_a_usual_month_agrees() -> None:
    lines = [
        line("receipt", "2024-10-03 16:42", number=1), line("media", "2024-10-05 10:00", number=2),
        stored("2024-10-10", "2024-10-17", 3), line("ship_hk", "2024-10-17 12:00", number=4),
    ]  # fmt: skip

    assert [] == told(lines, unit(left="2024-10-17 12:00"))
    assert [] == told([*lines[:2], stored("2024-10-10", "2024-10-17", 3), line("disposal", "2024-10-18 09:00")],
                      unit(destroyed="2024-10-18 09:00"))  # fmt: skip


def test_a_unit_that_is_unknown_or_has_not_come_is_charged_nothing() -> None:
    receipt = line("receipt", "2024-10-03 16:42")

    assert [("unknown_unit", "0.00 CNY", 1)] == told([receipt], None)
    assert [("not_arrived", "0.00 CNY", 1)] == told([receipt], Unit(17, "R-100017"))
    assert [] == told([receipt])


@pytest.mark.parametrize(
    ("when", "kinds"),
    [("2024-10-02 23:59:59", ["not_arrived"]), ("2024-10-03 00:00:00", []), ("2024-10-03 16:41:00", [])],
)
def test_from_the_day_of_the_arrival_on_a_unit_may_be_charged(when: str, kinds: list[str]) -> None:
    assert kinds == [kind for kind, _, _ in told([line("media", when)])]


def test_storage_is_charged_once_for_each_midnight() -> None:
    """10 to 17 October is seven midnights, 10.50. The same line again: all seven are charged already, nothing is right."""
    first, again = stored("2024-10-10", "2024-10-17", 1), stored("2024-10-10", "2024-10-17", 2)

    assert [("duplicate_storage", "0.00 CNY", 2)] == told([first, again])
    [twice] = found([first, again])
    assert (7, "INV-000001", 1, cny("10.50")) == (twice.days, twice.other_invoice, twice.other_line, twice.partner)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2024-10-17", "2024-10-20", []),  # begins where the first one ends
        ("2024-10-16", "2024-10-20", [("duplicate_storage", "4.50 CNY", 2)]),  # one midnight of four
        ("2024-10-07", "2024-10-10", []),  # ends where the first one begins
        # The later charge is the wrong one, here the first: six of its seven midnights are right.
        ("2024-10-07", "2024-10-11", [("duplicate_storage", "9.00 CNY", 1)]),
    ],
)
def test_periods_that_touch_are_no_duplicates_and_those_that_share_a_midnight_are(
    since: str, until: str, expected: list[tuple[str, str, int]]
) -> None:
    lines = [stored("2024-10-10", "2024-10-17", 1), stored(since, until, 2)]

    assert expected == told(lines)


def test_storage_on_another_invoice_is_a_duplicate_too_and_what_was_credited_is_none() -> None:
    september = stored("2024-10-10", "2024-10-17", 4, invoice="INV-000001")
    october = stored("2024-10-10", "2024-10-17", 1, invoice="INV-000002")
    credited = stored("2024-10-10", "2024-10-17", 4, invoice="INV-000001", credited_minor=10_50)

    assert [("duplicate_storage", "INV-000002", "INV-000001", 4)] == [
        (one.kind.value, one.invoice, one.other_invoice, one.other_line) for one in found([october, september])
    ]
    assert [] == told([credited, october])


def test_every_other_service_is_charged_once_a_unit() -> None:
    receipt, again = line("receipt", "2024-10-03 16:42"), line("receipt", "2024-10-03 16:42", number=2)
    media = line("media", "2024-10-03 16:42", number=3)

    assert [("duplicate_charge", "0.00 CNY", 2)] == told([receipt, again])
    assert [] == told([receipt, media])


@pytest.mark.parametrize(
    ("service", "when", "expected"),
    [
        ("media", "2024-10-20 23:59:59", []),
        ("media", "2024-10-21 00:00:00", [("charged_after_disposal", "0.00 CNY", 1)]),
        ("disposal", "2024-10-21 00:00:00", []),  # billed the day after: it is the disposal itself
    ],
)
def test_what_is_charged_after_the_day_of_the_disposal_is_a_break(
    service: str, when: str, expected: list[tuple[str, str, int]]
) -> None:
    assert expected == told([line(service, when)], unit(destroyed="2024-10-20 09:00"))


@pytest.mark.parametrize(
    ("until", "gone", "expected"),
    [
        ("2024-10-20", {"destroyed": "2024-10-20 09:00"}, []),
        ("2024-10-21", {"destroyed": "2024-10-20 09:00"}, [("charged_after_disposal", "15.00 CNY", 1)]),
        ("2024-10-20", {"left": "2024-10-20 09:00"}, []),
        ("2024-10-21", {"left": "2024-10-20 09:00"}, [("storage_beyond_departure", "15.00 CNY", 1)]),
        ("2024-10-25", {"left": "2024-10-20 09:00"}, [("storage_beyond_departure", "15.00 CNY", 1)]),
    ],
)
def test_storage_ends_with_the_day_on_which_the_unit_goes(
    until: str, gone: dict[str, str], expected: list[tuple[str, str, int]]
) -> None:
    """From 10 to 20 October: ten midnights, 15.00."""
    assert expected == told([stored("2024-10-10", until)], unit(**gone))


def test_a_line_that_does_not_multiply_or_counts_other_days_is_told_with_the_right_amount() -> None:
    wrong = line("receipt", "2024-10-03 16:42", amount_minor=6_01)
    long = stored("2024-10-10", "2024-10-17", quantity=8)
    lump = stored("2024-10-10", "2024-10-17", quantity=1, price_minor=10_00)  # an amount that days do not divide

    assert [("amount_differs", "6.00 CNY", 1)] == told([wrong])
    assert [("amount_differs", "10.50 CNY", 1)] == told([long])
    assert [] == told([lump])


def test_a_price_is_compared_with_the_list_that_the_line_names_and_with_no_other() -> None:
    prices = {("1", "receipt"): cny("6.00"), ("2", "media"): cny("4.00")}

    assert [] == told([line("receipt", "2024-10-03 16:42"), line("media", "2024-10-04 10:00")], prices=prices)
    dear = line("receipt", "2024-10-03 16:42", price_minor=6_01)
    assert [("amount_differs", "6.00 CNY", 1)] == told([dear], prices=prices)
    assert ["other_currency"] == [
        one.why for one in found([line("receipt", "2024-10-03 16:42", currency="RUB")], prices=prices)
    ]


def test_a_line_has_one_break_only_and_its_key_is_the_same_whatever_else_stands_in_the_file() -> None:
    twice_and_late = [stored("2024-10-10", "2024-10-25", n) for n in (1, 2)]
    it = unit(left="2024-10-20 09:00")
    keys = [one.key for one in found(twice_and_late, it)]
    moved = [stored("2024-10-10", "2024-10-25", n) for n in (7, 9)]

    assert ["storage_beyond_departure", "duplicate_storage"] == [kind for kind, _, _ in told(twice_and_late, it)]
    assert keys == [one.key for one in found([*moved, line("receipt", "2024-10-03 16:42")], it)]
    assert 2 == len(set(keys))


def test_the_spans_of_storage_count_as_a_set_of_midnights_does() -> None:
    """Compared with days written down one by one, for periods that touch, enclose and overlap each other."""
    chance = random.Random(5)
    for _ in range(50):
        lines, right, paid = [], [], set[int]()
        for n in range(1, 12):
            since = chance.randrange(1, 20)
            until = since + chance.randrange(1, 8)
            lines.append(
                stored(f"2024-10-{3 + since:02}", f"2024-10-{3 + until:02}", n, at=moscow(f"2024-11-{n:02} 12:00"))
            )
            shared = len(paid & set(range(since, until)))
            right += [(n, shared)] if shared else []
            paid |= set(range(since, until))

        assert right == [(one.line, one.days) for one in found(lines)]


def test_many_lines_about_one_unit_take_no_longer_than_those_about_many() -> None:
    lines = [stored("2024-10-10", "2024-10-17", n) for n in range(20_000)]
    began = time.process_time()

    assert 19_999 == len(found(lines))
    assert time.process_time() - began < 10


def test_a_hundred_thousand_lines_take_seconds() -> None:
    """Fifty thousand units with a receipt and a storage each; every hundredth has its storage twice."""
    lines: list[InvoiceLine] = []
    units: dict[str, Unit] = {}
    receipt, storage = line("receipt", "2024-10-03 16:42"), stored("2024-10-10", "2024-10-17")
    for n in range(50_000):
        number = f"R-{n:06}"
        units[number] = Unit(n, number, moscow("2024-10-03 16:42") if n == 0 else units["R-000000"].arrived_at)
        lines += [replace(receipt, return_number=number), replace(storage, return_number=number)]
        if n % 100 == 0:
            lines.append(replace(storage, return_number=number, number=2))
    began = time.process_time()
    kinds = [one.kind.value for one in of_lines(1, lines, units, {})]
    took = time.process_time() - began

    assert ["duplicate_storage"] * 500 == kinds
    assert took < 10, took  # about one second on a free processor


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "is_read_as"),
    [
        ("3", "", "450", (3, 150)),  # without a price it is what one comes to
        ("3", "", "451", (1, 451)),  # no whole amount: the line counts as one
        ("", "", "450", (1, 450)),
        ("3", "150", "450", (3, 150)),
        ("3", "0", "450", (3, 0)),  # a price that is said stands, right or not
    ],
)
def test_a_line_without_a_price_is_no_break_by_itself(
    quantity: str, price: str, amount: str, is_read_as: tuple[int, int]
) -> None:
    row = {"return": "R-100017", "service": "media", "at": "2024-10-04", "currency": "CNY", "quantity": quantity,
           "price_minor": price, "amount_minor": amount}  # fmt: skip
    [read] = invoice_of([(2, row)], "INV-1").lines

    assert is_read_as == (read.quantity, read.price_minor)
    assert (["amount_differs"] if price == "0" else []) == [one.kind for one in found([read])]
