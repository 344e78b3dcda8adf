"""Compensations that nobody credited in time: support is told once of each day's (P18).

Once more when something accrues late by a bound of which it was told.
"""

from datetime import datetime, timedelta

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.noticeboard import Posted
from backhaul.marketplace import mailboxes, money_queries, money_views, notices, tables
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return

EVERY = timedelta(hours=1)
DAYS_MAX = 50


class CompensationAlarms:
    """Looks at what is due now and then."""

    def __init__(self, database: Database, desk: Desk[Return], clock: Clock) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self._looked_at: datetime | None = None

    def tell_due(self, policy: Policy) -> int:
        """One round, at most once an hour: of how many days support was told."""
        now = self.clock.now()
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return 0
        self._looked_at = now
        with self.database.read() as tx:
            days = money_queries.due_by_day(tx, money_views.alarm_until(now, policy))[-DAYS_MAX:]
            accrued = money_queries.accrued_by_day(tx, [day.due_by for day in days]) if days else {}
        if not days:
            return 0
        posted = [
            Posted(notices.of_late_compensations(day.count, day.amount, day.due_by, policy),
                   f"compensations.{to_us(day.due_by)}.{accrued.get(day.due_by, '')}", to_us(now), to_us(now))
            for day in days
        ]  # fmt: skip
        hang = tables.board.hang_once
        answer = self.desk.perform_now(Errand(lambda tx, _: str(hang(tx, posted, mailboxes.mailboxes)).encode()))
        return int(answer.body)
