"""Instants and calendar days, purely: nothing here knows what time it is."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# A hundred years: so far back every calendar reaches.
KEEP_DAYS_MAX = 36_500
# Days that somebody writes down lie in these years: with others a calendar cannot be reckoned to its ends.
YEARS = range(2000, 2201)


# How many of a unit there are in a hundred years, by the word for it in a field's name.
_UNITS = {"day": 1, "days": 1, "week": 1 / 7, "weeks": 1 / 7, "hour": 24, "hours": 24, "minutes": 24 * 60}


def beyond_calendars(named: Mapping[str, object]) -> Iterator[str]:
    """Fields of days, weeks, hours or minutes that reach further than any calendar: nothing could be reckoned with them."""
    for name, value in named.items():
        most = min((KEEP_DAYS_MAX * factor for unit, factor in _UNITS.items() if unit in name.split("_")), default=None)
        if most is not None and isinstance(value, int) and value > most:
            yield name


def to_us(at: datetime) -> int:
    """An instant as whole microseconds since 1970 UTC: how instants are stored."""
    return (at - EPOCH) // MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`."""
    return EPOCH + timedelta(microseconds=us)


def end_of_day(at: datetime, days_after: int, zone: ZoneInfo = MOSCOW) -> datetime:
    """The bound of calendar day N: 00:00 of day N+1 in `zone`, where the day of `at` is day 0 (P3). Allowed while now < it."""
    day = at.astimezone(zone).date() + timedelta(days=days_after + 1)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def last_moment(bound: datetime) -> datetime:
    """The last instant before a bound: what people read as the deadline, 23:59 and not 00:00 of the next day."""
    return bound - MICROSECOND


def days_left(bound: datetime, at: datetime, zone: ZoneInfo = MOSCOW) -> int:
    """Calendar days in `zone` until the last one before a bound: 0 on that day, never negative."""
    last_day = last_moment(bound).astimezone(zone).date()
    return max((last_day - at.astimezone(zone).date()).days, 0)


def at_hour(at: datetime, days_after: int, hour: int, zone: ZoneInfo = MOSCOW) -> datetime:
    """`hour`:00 of calendar day N in `zone`, where the day of `at` is day 0."""
    day = at.astimezone(zone).date() + timedelta(days=days_after)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
