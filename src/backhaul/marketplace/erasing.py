"""The round of erasures: what was held is looked at once a day, files go after the commit, and tombstones are laid.

Whoever comes back with a backup is erased anew by their tombstone, at the start of the house or by `backhaul marketplace erase-again`.
"""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from backhaul.kit import mail
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.mail import Sender
from backhaul.kit.running import one_by_one
from backhaul.marketplace import person_errands, person_queries, person_store, tables
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules.erasure import State
from backhaul.marketplace.tombstones import Tombstone, Tombstones

EVERY = timedelta(minutes=1)

LOG = logging.getLogger("backhaul.marketplace.erasing")


class Erasing:
    """Of one house."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, blobs: BlobStore, sender: Sender,
                 tombstones: Tombstones) -> None:  # fmt: skip
        self.database = database
        self.desk = desk
        self.clock = clock
        self.blobs = blobs
        self.sender = sender
        self.tombstones = tombstones
        self._rest_until: datetime | None = None
        self._begin_at: datetime | None = datetime.min.replace(tzinfo=UTC)

    def work(self) -> int:
        """One round: how many erasures came further. The first one looks for whom a backup has brought back."""
        return one_by_one(self._begin, self._go_on_due)

    def erase_again(self, *, by_reference: bool = False) -> int:
        """Erase anew everybody who was erased and is here again; how many. `by_reference`: as `person_errands.is_here` has it."""
        with self.database.read() as tx:
            stones = set(self.tombstones)
            for asked in person_queries.all_erased(tx):
                stones.add(Tombstone(asked.customer_ref, asked.key_id, asked.erased_at or asked.asked_at))
            here = [
                one
                for one in stones
                if person_errands.is_here(tx, one.customer_ref, one.key_id, by_reference=by_reference)
            ]
        return one_by_one(*(partial(self._once_more, one, by_reference=by_reference) for one in here))

    def finish(self, asked: Asked) -> None:
        """The tombstone of somebody whom the database has forgotten, then their files, then the mark that nothing is left to do."""
        destroyed = asked.it.destroyed
        if asked.state is not State.FILES or destroyed is None:
            return
        self.tombstones.lay([Tombstone(asked.customer_ref, asked.key_id, asked.erased_at or self.clock.now())])
        with self.database.read() as tx:
            files = tables.book.deleted(tx, destroyed.files)
        for one in files:
            self.blobs.delete(one)
        mail.take_away(self.sender, asked.it.mails)
        it = msgspec.structs.replace(asked.it, mails=())

        def note(tx: Tx, _: datetime) -> bytes:
            person_store.move(tx, asked.id, State.DONE, it, None, asked.erased_at)
            return b""

        self.desk.perform_now(Errand(note))

    def _begin(self) -> int:
        """Once; again after a rest when it failed: somebody may be here whom a backup has brought back."""
        now = self.clock.now()
        if self._begin_at is None or now < self._begin_at:
            return 0
        self._begin_at = now + EVERY
        done = self.erase_again()
        self._begin_at = None
        return done

    def _go_on_due(self) -> int:
        now = self.clock.now()
        if self._rest_until is not None and now < self._rest_until:
            return 0
        with self.database.read() as tx:
            due = person_queries.due(tx, now)
        self._rest_until = now + EVERY
        done = one_by_one(*(partial(self._go_on, asked) for asked in due))
        self._rest_until = None if due else self._rest_until
        return done

    def _go_on(self, asked: Asked) -> bool:
        if asked.state is State.HELD:
            found: list[Asked] = []

            def attempt(tx: Tx, at: datetime) -> bytes:
                found.append(person_errands.attempt(tx, self.desk, asked.id, at))
                return b""

            self.desk.perform_now(Errand(attempt))
            asked = found[0]
        self.finish(asked)
        return asked.state is not State.HELD

    def _once_more(self, stone: Tombstone, *, by_reference: bool) -> int:
        found: list[Asked] = []

        def erase(tx: Tx, at: datetime) -> bytes:
            found.clear()
            if person_errands.is_here(tx, stone.customer_ref, stone.key_id, by_reference=by_reference):
                found.append(person_errands.again(tx, self.desk, stone.customer_ref, stone.key_id, stone.erased_at, at))
            return b""

        self.desk.perform_now(Errand(erase))
        for asked in found:
            LOG.warning("erasure %d was done anew", asked.id)
            self.finish(asked)
        return len(found)
