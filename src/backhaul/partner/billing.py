"""The worker's part of billing: months that have ended are closed, payers are reminded. Running twice does nothing twice."""

from datetime import datetime, timedelta
from typing import Any

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database
from backhaul.kit.desk import Desk, Errand
from backhaul.partner import invoice_errands
from backhaul.partner.perform import Partner
from backhaul.partner.rules import invoices

EVERY = timedelta(minutes=1)


class Billing:
    """Looks once a minute, and at once in a new month: a bounded step each time, until nothing is left."""

    def __init__(self, database: Database, house: Partner, desk: Desk[Any], clock: Clock) -> None:
        self.database = database
        self.house = house
        self.desk = desk
        self.clock = clock
        self._quiet_since: datetime | None = None

    def run_due(self) -> int:
        """One step; how much was done."""
        now, since = self.clock.now(), self._quiet_since
        same_month = since is not None and invoices.month_of(since) == invoices.month_of(now)
        if since is not None and same_month and timedelta(0) <= now - since < EVERY:
            return 0
        policy = self.house.terms.policy
        with self.database.read() as tx:
            closes = invoice_errands.month_to_close(tx, now) is not None
        done = self._do(lambda tx, at: invoice_errands.close_month(tx, policy, at)) if closes else 0
        done += self._do(lambda tx, at: invoice_errands.remind(tx, policy, at))
        self._quiet_since = None if done else now
        return done

    def _do(self, work: Any) -> int:
        return int(self.desk.perform_now(Errand(lambda tx, at: str(work(tx, at)).encode())).body)
