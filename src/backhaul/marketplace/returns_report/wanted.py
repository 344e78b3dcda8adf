"""What is asked of a returns report: a period by request date, filters, the kind of file. Checked before anything is stored."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from backhaul.kit import i18n
from backhaul.kit.days import MOSCOW, last_moment
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules.returns import Return, group_of
from backhaul.marketplace.rules.wire_states import LOOKS, ON_THE_ROAD, REQUESTS, RESOLVED, look
from backhaul.marketplace.rules.words import ReasonGroup, Route, Status

KINDS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
TABS = (REQUESTS, ON_THE_ROAD, RESOLVED)
STATES = tuple(status for status in Status if status is not Status.NEW)  # a draft is its customer's alone


class Wanted(msgspec.Struct, frozen=True):
    """Requests from `from_at` until before `until`. Empty filters let everything through.

    `looks` are wire states of the Seller API, where several of ours may look alike; None: they do not matter.
    """

    from_at: datetime
    until: datetime
    kind: str = "xlsx"
    language: str = "en"
    states: tuple[Status, ...] = ()
    tab: str = ""
    reason_group: str = ""
    route: str = ""
    looks: tuple[str, ...] | None = None
    params: dict[str, str] = {}

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The states that a row of the database must have."""
        of_tab = {status for status in STATES if not self.tab or LOOKS[status].tab == self.tab}
        return tuple(status for status in self.states or STATES if status in of_tab)

    def takes(self, it: Return) -> bool:
        """What the database was not asked: sent by its customer, reason, how it looks on the wire."""
        return (
            it.submitted_at is not None
            and (not self.reason_group or group_of(it) == self.reason_group)
            and (self.looks is None or look(it).state in self.looks)
        )

    @property
    def last_moment(self) -> datetime:
        """The last instant of the period."""
        return last_moment(self.until)

    @property
    def last_day(self) -> date:
        """The last Moscow day of the period, as people say it."""
        return self.last_moment.astimezone(MOSCOW).date()

    @property
    def first_day(self) -> date:
        """Its first Moscow day."""
        return self.from_at.astimezone(MOSCOW).date()


def start_of(day: date) -> datetime:
    """00:00 in Moscow."""
    return datetime(day.year, day.month, day.day, tzinfo=MOSCOW)


def months_after(at: datetime, months: int) -> datetime:
    """The same day and time some months later; a day that the month lacks is the first of the next one."""
    years, month = divmod(at.month - 1 + months, 12)
    try:
        return at.replace(year=at.year + years, month=month + 1)
    except ValueError:
        return months_after(at.replace(day=1), months + 1)


def checked(wanted: Wanted, months_max: int) -> Wanted:
    """The same, or `Refused` that names the first field that does not fit."""
    if wanted.until <= wanted.from_at:
        raise Refused("period_backwards", "invalid", "last_day")
    if wanted.until > months_after(wanted.from_at.astimezone(MOSCOW), months_max):
        raise Refused("period_too_long", "invalid", "last_day", months_max=months_max)
    for field, value, known in (
        ("kind", wanted.kind, tuple(KINDS)),
        ("language", wanted.language, tuple(i18n.LANGUAGES)),
        ("tab", wanted.tab, ("", *TABS)),
        ("reason_group", wanted.reason_group, ("", *ReasonGroup)),
        ("route", wanted.route, ("", *Route)),
    ):
        if value not in known:
            raise Refused("not_in_the_list", "invalid", field)
    if any(state not in STATES for state in wanted.states):
        raise Refused("not_in_the_list", "invalid", "states")
    return wanted


def of_form(values: Mapping[str, str], language: str) -> Wanted:
    """A filled-in form: days in Moscow, both ends belong to the period."""
    first, last = _day(values, "first_day"), _day(values, "last_day")
    state = values.get("state", "")
    if state and state not in STATES:
        raise Refused("not_in_the_list", "invalid", "state")
    return Wanted(
        start_of(first),
        start_of(last + timedelta(days=1)),
        values.get("kind", ""),
        language,
        (Status(state),) if state else (),
        values.get("tab", ""),
        values.get("reason_group", ""),
        values.get("route", ""),
    )


def _day(values: Mapping[str, str], field: str) -> date:
    text = values.get(field, "").strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("day_unreadable", "invalid", field) from None
    if not 2000 <= day.year <= 2200:
        raise Refused("day_unreadable", "invalid", field)
    return day
