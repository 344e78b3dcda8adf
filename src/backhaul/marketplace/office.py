"""Where the marketplace's parts are put together: database, desk, clock, pictures, sealed secrets, mailroom."""

import os
from datetime import datetime
from pathlib import Path

import httpx2
import msgspec

from backhaul.kit import egress, keys, mail, migrations
from backhaul.kit.attempts import Attempts
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.key_reminders import KeyReminders
from backhaul.kit.mailing import Mailing
from backhaul.kit.media import MediaRoom
from backhaul.kit.outbox import Mailroom, Receiver
from backhaul.kit.retention import Retention
from backhaul.marketplace import access, block_errands, block_queries, notice_texts, tables
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.push_sending import PushSender
from backhaul.marketplace.request_gate import Gate
from backhaul.marketplace.retention import judge
from backhaul.marketplace.returns_report.making import Maker
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
    reports: Maker
    mailing: Mailing
    key_reminders: KeyReminders
    media: MediaRoom
    retention: Retention
    attempts: Attempts
    gate: Gate
    pushes: PushSender
    csrf_secret: str
    admin_token: str = ""
    chance: keys.Chance = os.urandom
    secure: bool = False
    key_uses: dict[str, datetime] = msgspec.field(default_factory=dict)

    def tick(self) -> int:
        """One round of the worker: overdue deadlines, blocks that are over, waiting messages, keys that expire, a slice of a report, old media."""
        done = self.desk.sweep() + self._end_blocks() + self.mailroom.send_due()
        policy = self.house.terms.policy
        done += self.retention.delete_due(policy.media_keep_days)
        return done + self.key_reminders.tell_due(policy.key_reminder_days) + self.reports.work()

    def send_pushes(self) -> int:
        """A round of its own: programs that answer slowly keep nothing else waiting."""
        return self.pushes.send_due()

    def _end_blocks(self) -> int:
        """The desk is asked only when a block's time is over: that is rare, and a look costs no write."""
        with self.database.read() as tx:
            if not block_queries.due(tx, self.clock.now(), 1):
                return 0
        policy = self.house.terms.policy
        answer = self.desk.perform_now(Errand(lambda tx, at: str(block_errands.expire(tx, policy, at)).encode()))
        return int(answer.body)

    def read_terms_again(self) -> None:
        """A version was published: what began with it holds from the next look on, not seconds later."""
        with self.database.read() as tx:
            self.house.read_terms_again(tx, self.clock.now())

    def close(self) -> None:
        """Finish what waits and let go of everything."""
        self.pushes.close()
        self.reports.close()
        self.desk.close()
        self.client.close()
        self.database.close()


def open_office(database_url: str, data: Path, clock: Clock, *, secure: bool = False, mail_to: str = "",
                mail_from: str = "") -> Office:  # fmt: skip
    """Migrate the database and set everything up; `data` holds pictures, reports, the seal's key, and mails that go to files.

    `mail_to` is where mails go (`mail.sender_of`), `mail_from` the address that stands on them.
    """
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
    mailing = Mailing(
        database, desk, clock, tables.board, notice_texts.LANGUAGE,
        mail.sender_of(mail_to, data / "mail"), sent_from=mail_from or mail.FROM,
    )  # fmt: skip
    key_reminders = KeyReminders(database, desk, clock, tables.board, tables.api_keys, "seller_id")
    blobs = BlobStore(data / "blobs")
    media = MediaRoom(database, desk, blobs, tables.book)
    retention = Retention(database, desk, clock, blobs, tables.book, tables.returns, judge)
    csrf_secret = seal.derive("csrf")
    return Office(
        database, house, desk, clock, blobs, seal, client, mailroom, reports, mailing,
        key_reminders, media, retention, Attempts(desk, clock), Gate(),
        PushSender(database, desk, clock, egress.Way()), csrf_secret, secure=secure,
    )  # fmt: skip
