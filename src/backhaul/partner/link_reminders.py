"""Companies that signed up and linked nothing: they are reminded after some days, each time once, whatever was down meanwhile."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.noticeboard import Posted
from backhaul.partner import access, notices, platform_queries, tables
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.publishing import LINK_REMINDED_DAYS

EVERY = timedelta(minutes=1)
GIVEN_UP_AFTER = timedelta(days=LINK_REMINDED_DAYS)


class LinkReminders:
    """Looks at the companies now and then."""

    def __init__(self, database: Database, desk: Desk[Parcel], clock: Clock) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self._looked_at: datetime | None = None

    def tell_due(self, stages: Sequence[int]) -> int:
        """One round, at most once a minute: how many companies were told. Of stages that passed unseen only the latest is told."""
        now = self.clock.now()
        if self._looked_at is not None and now - self._looked_at < EVERY:
            return 0
        self._looked_at = now
        after = [timedelta(days=stage) for stage in sorted(set(stages))]
        windows = list(zip(after, [*after[1:], GIVEN_UP_AFTER], strict=True))
        with self.database.read() as tx:
            posted = [
                Posted(notices.link_reminder(company_id), f"link.{company_id}.{stage.days}",
                       confirmed_us + stage // timedelta(microseconds=1), to_us(now))
                for stage, end in windows
                for company_id, confirmed_us in platform_queries.unlinked(tx, to_us(now - end), to_us(now - stage), stage.days)
            ]  # fmt: skip
        if not posted:
            return 0
        hang = tables.board.hang_once
        answer = self.desk.perform_now(Errand(lambda tx, _: str(hang(tx, posted, access.mailboxes)).encode()))
        return int(answer.body)
