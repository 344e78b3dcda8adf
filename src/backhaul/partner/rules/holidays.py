"""The working calendar of Russia as published: days off on weekdays, and working weekends."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from backhaul.kit.days import MOSCOW, end_of_day

DAYS_OFF: dict[int, tuple[str, ...]] = {
    2024: (
        "01-01", "01-02", "01-03", "01-04", "01-05", "01-08", "02-23", "03-08", "04-29", "04-30", "05-01", "05-09",
        "05-10", "06-12", "11-04", "12-30", "12-31",
    ),
    2025: (
        "01-01", "01-02", "01-03", "01-06", "01-07", "01-08", "05-01", "05-02", "05-08", "05-09", "06-12", "06-13",
        "11-03", "11-04", "12-31",
    ),
    2026: (
        "01-01", "01-02", "01-05", "01-06", "01-07", "01-08", "01-09", "02-23", "03-09", "05-01", "05-11", "06-12",
        "11-04", "12-31",
    ),
    2027: (
        "01-01", "01-04", "01-05", "01-06", "01-07", "01-08", "02-22", "02-23", "03-08", "05-03", "05-10", "06-14",
        "11-04", "11-05", "12-31",
    ),
}  # fmt: skip
WORKING_WEEKENDS: dict[int, tuple[str, ...]] = {
    2024: ("04-27", "11-02", "12-28"),
    2025: ("11-01",),
    2026: (),
    2027: ("02-20",),
}

_off = frozenset(date.fromisoformat(f"{year}-{day}") for year, days in DAYS_OFF.items() for day in days)
_on = frozenset(date.fromisoformat(f"{year}-{day}") for year, days in WORKING_WEEKENDS.items() for day in days)


def is_working(day: date) -> bool:
    """Whether the warehouse works that day. Years without data: Monday to Friday."""
    return day in _on or (day.weekday() < 5 and day not in _off)


def working_day_from(at: datetime) -> datetime:
    """The start of the first working day that is not before the day of `at`, and never before `at`."""
    return max(at, _opening(at.astimezone(MOSCOW).date()).astimezone(at.tzinfo))


@lru_cache(1024)  # a million deadlines may pass in one night
def _opening(day: date) -> datetime:
    while not is_working(day):
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=MOSCOW).astimezone(UTC)


def end_of_working_day(at: datetime, days_after: int) -> datetime:
    """The bound of working day N after the day of `at`, which is day 0 whether it is a working day or not."""
    day = at.astimezone(MOSCOW).date()
    first = day
    for _ in range(days_after):
        day += timedelta(days=1)
        while not is_working(day):
            day += timedelta(days=1)
    return end_of_day(at, (day - first).days)
