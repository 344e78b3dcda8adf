"""Currencies (P9, D13, J13): which rate holds on a day, and the two conversions around the table. Expectations are by hand."""

from datetime import date, timedelta

import pytest

from backhaul.kit.money import Money
from backhaul.marketplace.rules.exchange import Payout, Rate, faults, holding, payout, roubles
from tests.rules.cast import moscow

TODAY = date(2024, 9, 2)


def cny(on: date = TODAY, micro: int = 13_500_000, nominal: int = 1, source: str = "Central bank") -> Rate:
    return Rate("CNY", on, nominal, micro, source)


@pytest.mark.parametrize(
    ("minor", "kopecks"),
    [
        (370_37, 5_000_00),  # 4,999.995 goes up, before the band is looked up
        (370_38, 5_000_13),
        (1, 14),  # 0.135
        (100, 13_50),
    ],
)
def test_a_price_becomes_roubles_half_up(minor: int, kopecks: int) -> None:
    assert kopecks == roubles(minor, cny())


def test_a_rate_for_ten_units_is_a_tenth_for_one_exactly() -> None:
    lira = Rate("TRY", TODAY, 10, 27_139_500, "Central bank")

    assert "2.71395" == str(lira)
    assert "27.1395" == lira.for_nominal
    assert 2_713_95 == roubles(1_000_00, lira)


@pytest.mark.parametrize(("days", "holds"), [(0, True), (10, True), (11, False), (-1, False)])
def test_the_last_rate_holds_over_days_without_one_but_not_for_ever(days: int, holds: bool) -> None:  # noqa: FBT001
    assert holds == (holding([cny()], "CNY", TODAY + timedelta(days), 10) is not None)


def test_of_rows_for_one_day_the_last_counts_and_a_later_day_beats_them() -> None:
    first, correction = cny(), cny(micro=13_600_000)
    tomorrow = cny(TODAY + timedelta(1), 13_400_000)

    assert correction == holding([first, correction, tomorrow], "CNY", TODAY, 10)
    assert tomorrow == holding([first, correction, tomorrow], "CNY", TODAY + timedelta(1), 10)


def test_a_payout_is_by_the_rate_of_the_moscow_day_on_which_it_accrued() -> None:
    """3,720.00 RUB at 13.50 are 275.555… CNY."""
    rates = (cny(), cny(TODAY + timedelta(1), 14_000_000))

    last = payout(Money(3_720_00), Payout("CNY", rates), moscow("2024-09-02 23:59"), 10)
    first = payout(Money(3_720_00), Payout("CNY", rates), moscow("2024-09-03 00:00"), 10)

    assert last is not None
    assert first is not None
    assert (Money(275_56, "CNY"), "13.5", TODAY, "Central bank") == (last.amount, last.rate, last.rate_on, last.source)
    assert Money(265_71, "CNY") == first.amount


def test_who_is_paid_in_roubles_or_on_a_day_without_a_rate_has_no_conversion() -> None:
    assert payout(Money(100), Payout(), moscow("2024-09-02 12:00"), 10) is None
    assert payout(Money(100), Payout("USD", (cny(),)), moscow("2024-09-02 12:00"), 10) is None


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        (Rate("XXX", TODAY, 1, 1, "s"), "currency_unknown"),
        (Rate("RUB", TODAY, 1, 1, "s"), "currency_unknown"),
        (cny(date(1999, 12, 31)), "rate_day_out_of_range"),
        (cny(TODAY + timedelta(15)), "rate_day_out_of_range"),
        (cny(nominal=5), "nominal_invalid"),
        (cny(micro=0), "rate_out_of_range"),
        (cny(source=" "), "source_invalid"),
        (cny(source="x" * 81), "source_invalid"),
    ],
)
def test_a_rate_that_cannot_be_one_is_named(rate: Rate, code: str) -> None:
    assert [(code, "1")] == [(one.code, one.where) for one in faults([rate], TODAY)]


def test_both_ends_of_what_a_rate_may_be_are_fine() -> None:
    assert [] == faults([cny(date(2000, 1, 1)), cny(TODAY + timedelta(14)), cny(micro=1, source="x" * 80)], TODAY)


def test_two_rates_for_one_day_in_one_file_contradict_each_other() -> None:
    assert ["rate_twice"] == [one.code for one in faults([cny(), cny(micro=1)], TODAY)]
