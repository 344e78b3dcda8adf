"""Time that is left, as pages tell it: days of the calendar in Moscow, of the last 24 hours the hours."""

from datetime import datetime

import pytest

from backhaul.kit.days import MOSCOW, days_left
from backhaul.kit.drawing import Pages

PAGES = Pages("backhaul.kit", "kit", {})
MIDNIGHT, AFTERNOON = "2024-09-13 00:00", "2024-09-12 15:00"


def moscow(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("until", "now", "days", "shown"),
    [
        (MIDNIGHT, "2024-09-10 00:00", 2, "2 days left"),
        (MIDNIGHT, "2024-09-10 16:00", 2, "2 days left"),
        (MIDNIGHT, "2024-09-11 23:59", 1, "1 day left"),
        (MIDNIGHT, "2024-09-12 00:00", 0, "24 hours left"),
        (MIDNIGHT, "2024-09-12 00:01", 0, "23 hours left"),
        (MIDNIGHT, "2024-09-12 23:30", 0, "Less than an hour left"),
        (MIDNIGHT, "2024-09-13 00:00", 0, "The time is over"),
        (AFTERNOON, "2024-09-10 14:00", 2, "2 days left"),
        (AFTERNOON, "2024-09-10 16:00", 2, "2 days left"),  # 47 hours
        (AFTERNOON, "2024-09-11 15:00", 1, "1 day left"),
        (AFTERNOON, "2024-09-11 15:01", 1, "23 hours left"),
    ],
)
def test_days_are_counted_alike_whatever_hour_the_bound_has(until: str, now: str, days: int, shown: str) -> None:
    macros = PAGES.environment("en").get_template("macros.html").module
    told = macros.left(moscow(until), moscow(now))  # type: ignore[attr-defined]

    assert (days, shown) == (days_left(moscow(until), moscow(now)), " ".join(str(told).split()))
