"""What an inspector begins the day with: what is due, what a second person is needed for, what was marked, how far second checks agree."""

from datetime import datetime

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import at_hour, end_of_day
from backhaul.partner import queries, second_check_queries
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import WEEK, Week, week_of


class InspectionsToday(msgspec.Struct, frozen=True):
    """The figures of one inspector. `late` and `due_today` are among `to_inspect`; none of the queues is counted beyond `most`."""

    to_inspect: int
    late: int
    due_today: int
    second_looks: int
    second_checks: int
    media: int
    marked_today: int
    most: int
    weeks: tuple[Week, ...]


def figures(tx: Tx, by: By, queues: dict[str, list[Parcel]], policy: Policy, at: datetime) -> InspectionsToday:
    """Of the first page of each of an inspector's queues."""
    dues = [it.inspection.due for it in queues["inspect"] if it.inspection.due is not None]
    late, tomorrow = sum(due <= at for due in dues), end_of_day(at, 0)
    since = week_of(at) - policy.second_check_weeks * WEEK
    return InspectionsToday(
        to_inspect=len(queues["inspect"]),
        late=late,
        due_today=sum(due <= tomorrow for due in dues) - late,
        second_looks=len(queues["second"]),
        second_checks=len(queues["second_checks"]),
        media=len(queues["media"]),
        marked_today=second_check_queries.marked(tx, by.id, at_hour(at, 0, 0)),
        most=queries.PAGE_ROWS,
        weeks=tuple(week for week in second_check_queries.weeks(tx, since) if week.inspector == by.id),
    )
