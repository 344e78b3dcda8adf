"""Where the marketplace's parts are put together: database, desk, clock, pictures, sealed secrets, mailroom."""

import os
from pathlib import Path

import httpx2
import msgspec

from backhaul.kit import keys, migrations
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.outbox import Mailroom, Receiver
from backhaul.marketplace import access, block_errands, block_queries, tables
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.returns_report.making import Maker
from backhaul.marketplace.rules.returns import Return


class Office(msgspec.Struct):
    """A running marketplace, without its web. `secure` marks cookies for https."""

    database: Database
    house: Marketplace
    desk: Desk[Return]
    clock: Clock
    blobs: BlobStore
    seal: keys.Seal
    client: httpx2.Client
    mailroom: Mailroom
    reports: Maker
    csrf_secret: str
    admin_token: str = ""
    chance: keys.Chance = os.urandom
    secure: bool = False

    def tick(self) -> int:
        """One round of the worker: overdue deadlines, blocks that are over, waiting messages, a slice of a report."""
        return self.desk.sweep() + self._end_blocks() + self.mailroom.send_due() + self.reports.work()

    def _end_blocks(self) -> int:
        """The desk is asked only when a block's time is over: that is rare, and a look costs no write."""
        with self.database.read() as tx:
            if not block_queries.due(tx, self.clock.now(), 1):
                return 0
        policy = self.house.terms.policy
        answer = self.desk.perform_now(Errand(lambda tx, at: str(block_errands.expire(tx, policy, at)).encode()))
        return int(answer.body)

    def close(self) -> None:
        """Finish what waits and let go of everything."""
        self.reports.close()
        self.desk.close()
        self.client.close()
        self.database.close()


def open_office(database_url: str, data: Path, clock: Clock, *, secure: bool = False) -> Office:
    """Migrate the database and set everything up; `data` holds pictures, reports and the seal's key."""
    data.mkdir(parents=True, exist_ok=True)
    database = Database(database_url)
    migrations.upgrade(database, "backhaul.marketplace", tables.metadata)
    house = Marketplace()
    desk = Desk(database, house, clock)
    seal = keys.Seal(data / "seal.key")
    client = httpx2.Client()

    def find(tx: Tx, receiver: str) -> Receiver | None:
        row = tx.one(access.PARTNER, id=receiver)
        return None if row is None else Receiver(f"{row[1]}/api/v1/events", seal.open(bytes(row[3])))

    mailroom = Mailroom(database, desk, clock, client, find)
    reports = Maker(database, desk, clock, data / "reports")
    csrf_secret = seal.derive("csrf")
    return Office(
        database,
        house,
        desk,
        clock,
        BlobStore(data / "blobs"),
        seal,
        client,
        mailroom,
        reports,
        csrf_secret,
        secure=secure,
    )
