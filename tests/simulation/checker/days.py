"""Moscow's calendar in whole microseconds, from the text of P3: day N ends at 00:00 of day N+1, the day of the event is day 0."""

from datetime import UTC, date, datetime, timedelta

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
MOSCOW = 3 * HOUR  # UTC+3 all year, since October 2014
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Working days that are off in Russia between September 2024 and the end of 2025, and weekends that are worked.
OFF = {date(2024, 11, 4), date(2024, 12, 30), date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 3),
       date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 8), date(2025, 5, 1), date(2025, 5, 2), date(2025, 5, 8),
       date(2025, 5, 9), date(2025, 6, 12), date(2025, 6, 13), date(2025, 11, 3), date(2025, 11, 4), date(2025, 12, 31)}  # fmt: skip
ON = {date(2024, 11, 2), date(2024, 12, 28), date(2025, 11, 1)}


def us(text: str | None) -> int | None:
    """An instant as events write it."""
    if text is None:
        return None
    passed = datetime.fromisoformat(text) - EPOCH
    return (passed.days * 86_400 + passed.seconds) * SECOND + passed.microseconds


def end_of_day(at: int, days: int) -> int:
    """The bound of calendar day N."""
    return ((at + MOSCOW) // DAY + days + 1) * DAY - MOSCOW


def hour_of_day(at: int, days: int, hour: int) -> int:
    """An hour of calendar day N."""
    return ((at + MOSCOW) // DAY + days) * DAY - MOSCOW + hour * HOUR


def midnights(since: int, until: int) -> int:
    """How many midnights lie between two instants."""
    return (until + MOSCOW) // DAY - (since + MOSCOW) // DAY


def bound_of_decision(arrived: int) -> int:
    """P3, P12, D8: the end of day 14, and never less than 14 x 24 hours."""
    return max(end_of_day(arrived, 14), arrived + 14 * DAY)


def working_day_from(at: int) -> int:
    """P14: not before the next working day; during one, at once."""
    day = date(1970, 1, 1) + timedelta(days=(at + MOSCOW) // DAY)
    n = 0
    while (day in OFF or day.weekday() >= 5) and day not in ON:
        day += timedelta(days=1)
        n += 1
    return at if n == 0 else hour_of_day(at, n, 0)
