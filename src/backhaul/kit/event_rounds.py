"""The worker's rounds over what programs are told: places for new events, and the end of old ones."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.event_store import BEGINNING, EventStore, Place

DELETE_EVERY = timedelta(minutes=10)


class EventRounds(msgspec.Struct):
    """Looks on a reading connection; the desk is asked when there is something to do."""

    database: Database
    desk: Desk[Any]
    clock: Clock
    store: EventStore
    deleted_at: datetime | None = None
    passed: Place = BEGINNING

    def place_due(self) -> int:
        """One round: how many events got their place."""
        with self.database.read() as tx:
            if tx.one(self.store.any_unplaced) is None:
                return 0
        return self._perform(lambda tx, at: self.store.place(tx, to_us(at)))

    def delete_due(self, keep_days: int) -> int:
        """One round, every ten minutes until all were passed: how many events were deleted, and one more while some are left."""
        now = self.clock.now()
        if self.deleted_at is not None and now - self.deleted_at < DELETE_EVERY:
            return 0
        before_us = to_us(now - timedelta(days=keep_days))
        with self.database.read() as tx:
            free, last = self.store.old(tx, before_us, self.passed)
        if last is None:
            self.deleted_at, self.passed = now, BEGINNING
            return 0
        behind, self.passed = self.passed, last
        return 1 + (self._perform(lambda tx, _: self.store.delete_old(tx, before_us, behind)) if free else 0)

    def _perform(self, run: Any) -> int:
        def count(tx: Tx, at: datetime) -> bytes:
            return str(run(tx, at)).encode()

        return int(self.desk.perform_now(Errand(count)).body)
