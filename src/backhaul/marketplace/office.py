"""Where the marketplace's parts are put together: database, desk, clock, pictures, sealed secrets, mailroom."""

import os
from datetime import datetime
from pathlib import Path

import httpx2
import msgspec

from backhaul.kit import keys, migrations
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk
from backhaul.kit.outbox import Mailroom, Receiver
from backhaul.marketplace import access, tables
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.rules.returns import Return


class Office(msgspec.Struct):
    """A running marketplace, without its web. `secure` marks cookies for https; `key_uses`: when each key's use was last noted."""

    database: Database
    house: Marketplace
    desk: Desk[Return]
    clock: Clock
    blobs: BlobStore
    seal: keys.Seal
    client: httpx2.Client
    mailroom: Mailroom
    csrf_secret: str
    admin_token: str = ""
    chance: keys.Chance = os.urandom
    secure: bool = False
    key_uses: dict[str, datetime] = msgspec.field(default_factory=dict)

    def tick(self) -> int:
        """One round of the worker: overdue deadlines, then waiting messages. How much was done."""
        return self.desk.sweep() + self.mailroom.send_due()

    def close(self) -> None:
        """Finish what waits and let go of everything."""
        self.desk.close()
        self.client.close()
        self.database.close()


def open_office(database_url: str, data: Path, clock: Clock, *, secure: bool = False) -> Office:
    """Migrate the database and set everything up; `data` holds pictures and the seal's key."""
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
    csrf_secret = seal.derive("csrf")
    return Office(
        database, house, desk, clock, BlobStore(data / "blobs"), seal, client, mailroom, csrf_secret, secure=secure
    )
