"""The figures of 8.2, by hand: what is recovered, open and lost; ranks of times; months and days of Moscow."""

from datetime import UTC, datetime

import pytest

from backhaul.marketplace.rules.metrics import (
    Balance,
    Due,
    DueDay,
    Group,
    Outcome,
    balance,
    disagrees,
    forecast,
    months_from,
    outcome,
    stage_times,
    tenths,
)
from tests.marketplace.cast import moscow


@pytest.mark.parametrize(
    ("status", "group", "compensation", "claim", "expected"),
    [
        ("disposed_by_marketplace", "utilization", "accrued", "none", Outcome.COMPENSATION),
        ("disposed_by_marketplace", "utilization", "credited", "none", Outcome.COMPENSATION),
        ("disposed_by_marketplace", "utilization", "reversed", "none", Outcome.LOST),
        ("accepted_at_pvz", "delivering", "expected", "none", Outcome.OPEN),
        ("lost", "arbitration", "none", "paid", Outcome.CLAIM),
        ("lost", "arbitration", "accrued", "paid", Outcome.CLAIM),
        ("lost", "arbitration", "none", "filed", Outcome.OPEN),
        ("lost", "arbitration", "none", "refused", Outcome.LOST),
        ("on_the_way", "delivering", "none", "none", Outcome.OPEN),
        ("at_partner", "checkout", "none", "none", Outcome.OPEN),
        ("at_partner", "approved", "none", "none", Outcome.GOODS),
        ("at_partner", "utilization", "none", "none", Outcome.LOST),
        ("refunded_without_return", "approved", "none", "none", Outcome.LOST),
        ("partially_refunded", "approved", "none", "none", Outcome.LOST),
    ],
)
def test_what_became_of_a_refund(status: str, group: str, compensation: str, claim: str, expected: Outcome) -> None:
    assert expected is outcome(status, group, compensation, claim)


def group(
    status: str, of: str, compensation: str = "none", claim: str = "none", *, refund: int, paid: int = 0
) -> Group:
    return Group("B", status, of, compensation, claim, "", "", 1, refund, paid, paid)


def test_a_refund_is_recovered_open_or_lost() -> None:
    """Refunded 1,000 + 500 + 300 + 200: a compensation of 300, goods back for 500, 300 open, 200 destroyed; lost 700 + 200."""
    groups = [
        group("disposed_by_marketplace", "utilization", "credited", refund=1_000, paid=300),
        group("at_partner", "approved", refund=500),
        group("on_the_way", "delivering", refund=300),
        group("at_partner", "utilization", refund=200),
    ]

    assert Balance(4, 2_000, 800, 300, 900) == balance(groups)


def test_nothing_is_lost_where_a_claim_brings_more_than_was_refunded() -> None:
    it = balance([group("lost", "arbitration", claim="paid", refund=900, paid=1_000)])

    assert Balance(1, 900, 1_000, 0, 0) == it


def test_a_share_is_in_tenths_of_a_percent_half_up_and_none_of_nothing() -> None:
    assert (333, 667, 1, None) == (tenths(1, 3), tenths(2, 3), tenths(1, 2000), tenths(0, 0))


def test_months_are_those_of_moscow() -> None:
    """23:30 UTC of 31 August is 2:30 of 1 September there; the year ends before January."""
    september = months_from(datetime(2024, 8, 31, 23, 30, tzinfo=UTC), 2)
    january = months_from(moscow("2025-01-10 12:00"), 3)

    assert [
        (moscow("2024-08-01 00:00"), moscow("2024-09-01 00:00")), (moscow("2024-09-01 00:00"), moscow("2024-09-02 00:00")),
    ] == september  # fmt: skip
    assert [moscow("2024-11-01 00:00"), moscow("2024-12-01 00:00"), moscow("2025-01-01 00:00")] == [
        since for since, _ in january
    ]


def test_median_and_ninth_tenth_are_times_that_occurred() -> None:
    """Of ten answers after 1 to 10 hours five took no more than 5 hours and nine no more than 9."""
    nothing = dict.fromkeys(
        ("submitted", "answered", "approved", "accepted", "dispatched", "arrived", "marked", "decided", "done")
    )
    hour = 3_600_000_000
    moments = [{**nothing, "submitted": hour, "answered": hour + n * hour} for n in range(1, 11)]
    by_stage = {one.stage: one for one in stage_times([*moments, nothing])}

    answer, transit = by_stage["answer"], by_stage["transit"]
    assert (10, 5 * 3600, 9 * 3600) == (answer.count, answer.median_seconds, answer.p90_seconds)
    assert (0, None, None) == (transit.count, transit.median_seconds, transit.p90_seconds)


@pytest.mark.parametrize(
    ("mark", "reason_group", "expected"),
    [
        ("serviceable", "defect", True),
        ("partially_damaged", "defect", False),
        ("serviceable", "damage_on_delivery", True),
        ("serviceable", "fit_or_dislike", False),
        ("completely_damaged", "fit_or_dislike", True),
        ("serviceable", "misgrading", False),
        ("substituted", "misgrading", True),
    ],
)
def test_a_mark_may_say_another_thing_than_the_customer(mark: str, reason_group: str, expected: bool) -> None:  # noqa: FBT001 -- a column
    assert expected is disagrees(mark, reason_group)


def test_deadlines_of_today_and_the_13_days_after_it_are_ahead() -> None:
    now = moscow("2024-09-02 10:00")
    dues = [
        Due(moscow("2024-09-02 10:00"), "request", 9, 9),  # over
        Due(moscow("2024-09-02 18:00"), "request", 1, 100),
        Due(moscow("2024-09-03 00:00"), "unit", 2, 50),
        Due(moscow("2024-09-16 00:00"), "unit", 1, 70),
        Due(moscow("2024-09-16 10:00"), "request", 9, 9),  # the fifteenth day
    ]
    days = forecast(dues, now)

    assert 14 == len(days)
    last = datetime.fromisoformat("2024-09-02T20:59:59.999999+00:00")
    assert DueDay(last, 1, 100, 2, 50) == days[0]
    assert (0, 0, 1, 70) == (days[13].requests, days[13].requests_minor, days[13].units, days[13].units_minor)
    assert 3 == sum(day.requests + day.units for day in days) - 1
