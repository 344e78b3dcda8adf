"""The round of erasures: what was held is looked at once a day, files go after the commit, and tombstones are laid.

A tombstone is a line of a file beside the database: whose key was destroyed, and when. Whoever comes back with a backup is erased anew by
it, at the start of the house or by `backhaul marketplace erase-again`. It holds a pseudonym and the id of a key, nothing else.
"""

import logging
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.mail import FileSender, Sender
from backhaul.marketplace import person_errands, person_queries, person_store, tables
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules.erasure import State

EVERY = timedelta(minutes=1)

LOG = logging.getLogger("backhaul.marketplace.erasing")


class Tombstone(msgspec.Struct, frozen=True):
    """Who must not come back."""

    customer_ref: str
    key_id: str
    erased_at: datetime


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tombstone).decode


class Erasing:
    """Of one house. `file` is where the tombstones stand."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, blobs: BlobStore, sender: Sender,
                 file: Path) -> None:  # fmt: skip
        self.database = database
        self.desk = desk
        self.clock = clock
        self.blobs = blobs
        self.sender = sender
        self.file = file
        self._rest_until: datetime | None = None
        self._has_begun = False

    def work(self) -> int:
        """One round: how many erasures came further. The first one looks for whom a backup has brought back."""
        done = 0
        if not self._has_begun:
            self._has_begun = True
            done = self.erase_again()
        now = self.clock.now()
        if self._rest_until is not None and now < self._rest_until:
            return done
        with self.database.read() as tx:
            due = person_queries.due(tx, now)
        self._rest_until = None if due else now + EVERY
        return done + sum(self._go_on(asked) for asked in due)

    def erase_again(self) -> int:
        """Erase anew everybody who was erased and is here again; how many."""
        with self.database.read() as tx:
            stones = {one.key_id: one for one in self._stones()}
            for asked in person_queries.all_erased(tx):
                at = asked.erased_at or asked.asked_at
                stones[asked.key_id] = Tombstone(asked.customer_ref, asked.key_id, at)
            here = [one for one in stones.values() if _is_here(tx, one)]
        return sum(self._once_more(one) for one in here)

    def bring(self, stones: bytes) -> None:
        """Tombstones from elsewhere: of the machine whose backup this is."""
        known = {one.key_id for one in self._stones()}
        for line in stones.splitlines():
            stone = _decode(line)
            if stone.key_id not in known:
                self._lay(stone)

    def finish(self, asked: Asked) -> None:
        """The files of somebody whom the database has forgotten, then the tombstone, then the mark that nothing is left to do."""
        destroyed = asked.it.destroyed
        if asked.state is not State.FILES or destroyed is None:
            return
        with self.database.read() as tx:
            files = tables.book.deleted(tx, destroyed.files)
        for one in files:
            self.blobs.delete(one)
        if isinstance(self.sender, FileSender):
            for mail in asked.it.mails:
                (self.sender.directory / f"{mail}.eml").unlink(missing_ok=True)
        self._lay(Tombstone(asked.customer_ref, asked.key_id, asked.erased_at or self.clock.now()))
        it = msgspec.structs.replace(asked.it, mails=())

        def note(tx: Tx, _: datetime) -> bytes:
            person_store.move(tx, asked.id, State.DONE, it, None, asked.erased_at)
            return b""

        self.desk.perform_now(Errand(note))

    def _go_on(self, asked: Asked) -> bool:
        if asked.state is State.HELD:
            found: list[Asked] = []

            def attempt(tx: Tx, at: datetime) -> bytes:
                found.append(person_errands.attempt(tx, asked.id, at))
                return b""

            self.desk.perform_now(Errand(attempt))
            asked = found[0]
        self.finish(asked)
        return asked.state is not State.HELD

    def _once_more(self, stone: Tombstone) -> bool:
        found: list[Asked | None] = []

        def erase(tx: Tx, at: datetime) -> bytes:
            found.append(person_errands.again(tx, stone.customer_ref, stone.key_id, stone.erased_at, at))
            return b""

        self.desk.perform_now(Errand(erase))
        asked = found[0]
        if asked is not None:
            LOG.warning("erasure %d was done anew", asked.id)
            self.finish(asked)
        return asked is not None

    def _stones(self) -> Iterator[Tombstone]:
        if not self.file.is_file():
            return
        for line in self.file.read_bytes().splitlines():
            try:
                yield _decode(line)
            except msgspec.DecodeError:
                LOG.exception("a tombstone cannot be read")

    def _lay(self, stone: Tombstone) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as file:
            file.write(_encode(stone) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _is_here(tx: Tx, stone: Tombstone) -> bool:
    key = person_queries.key_id(tx, stone.customer_ref)
    if key:
        return key == stone.key_id
    return person_queries.address(tx, stone.customer_ref) is not None
