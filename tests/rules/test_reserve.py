"""What the marketplace will owe by each day, by hand; Monday 2 September 2024, 10:00 in Moscow."""

from backhaul.marketplace.rules.reserve import Owed, by_day
from tests.marketplace.cast import MORNING, moscow


def test_what_accrued_stands_at_its_last_day_and_what_waits_for_a_refund_seven_days_after_it() -> None:
    accrued = [
        Owed(moscow("2024-08-31 00:00"), 1, 100),  # overdue: to be paid today
        Owed(moscow("2024-09-03 00:00"), 2, 250),  # the last moment of today
        Owed(moscow("2024-09-10 00:00"), 1, 70),
        Owed(moscow("2024-09-16 00:00"), 1, 5),  # the last of 14 days
        Owed(moscow("2024-09-17 00:00"), 9, 9),
    ]
    expected = [
        Owed(moscow("2024-09-01 12:00"), 1, 40),  # should have left: it leaves today
        Owed(moscow("2024-09-02 12:00"), 1, 30),
        Owed(moscow("2024-09-08 12:00"), 1, 20),
        Owed(moscow("2024-09-09 12:00"), 9, 9),  # the fifteenth day
    ]
    days = by_day(accrued, expected, 7, MORNING)
    found = [(n, day.accrued, day.accrued_minor, day.expected, day.expected_minor) for n, day in enumerate(days)]

    assert [(0, 3, 350, 0, 0), (7, 1, 70, 2, 70), (13, 1, 5, 1, 20)] == [one for one in found if any(one[1:])]
    assert 14 == len(days)
