"""Where the partner's parts are put together: database, desk, clock, pictures, sealed secrets, mailroom."""

import os
from pathlib import Path

import httpx2
import msgspec

from backhaul.kit import keys, mail, migrations
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk
from backhaul.kit.key_reminders import KeyReminders
from backhaul.kit.mailing import Mailing
from backhaul.kit.outbox import Mailroom, Receiver
from backhaul.partner import access, notice_texts, tables
from backhaul.partner.link_reminders import LinkReminders
from backhaul.partner.perform import Partner
from backhaul.partner.rules.parcels import Parcel


class Office(msgspec.Struct):
    """A running partner, without its web. `secure` marks cookies for https."""

    database: Database
    house: Partner
    desk: Desk[Parcel]
    clock: Clock
    blobs: BlobStore
    seal: keys.Seal
    client: httpx2.Client
    mailroom: Mailroom
    mailing: Mailing
    key_reminders: KeyReminders
    link_reminders: LinkReminders
    csrf_secret: str
    admin_token: str = ""
    chance: keys.Chance = os.urandom
    secure: bool = False

    def tick(self) -> int:
        """One round of the worker: overdue deadlines, waiting messages, keys that expire, who is not linked. How much was done."""
        policy = self.house.terms.policy
        done = self.desk.sweep() + self.mailroom.send_due() + self.key_reminders.tell_due(policy.key_reminder_days)
        return done + self.link_reminders.tell_due(policy.link_reminder_days)

    def close(self) -> None:
        """Finish what waits and let go of everything."""
        self.desk.close()
        self.client.close()
        self.database.close()


def open_office(database_url: str, data: Path, clock: Clock, *, secure: bool = False, mail_to: str = "",
                mail_from: str = "") -> Office:  # fmt: skip
    """Migrate the database and set everything up; `data` holds pictures, the seal's key, and mails that go to files.

    `mail_to` is where mails go (`mail.sender_of`), `mail_from` the address that stands on them.
    """
    data.mkdir(parents=True, exist_ok=True)
    database = Database(database_url)
    migrations.upgrade(database, "backhaul.partner", tables.metadata)
    house = Partner()
    desk = Desk(database, house, clock)
    seal = keys.Seal(data / "seal.key")
    client = httpx2.Client()

    def find(tx: Tx, receiver: str) -> Receiver | None:
        row = tx.one(access.MARKETPLACE, id=receiver)
        return None if row is None else Receiver(f"{row[1]}/api/v1/reports", seal.open(bytes(row[3])))

    mailroom = Mailroom(database, desk, clock, client, find)
    mailing = Mailing(
        database, desk, clock, tables.board, notice_texts.LANGUAGE,
        mail.sender_of(mail_to, data / "mail"), sent_from=mail_from or mail.FROM,
    )  # fmt: skip
    key_reminders = KeyReminders(database, desk, clock, tables.board, tables.api_keys, "company_id")
    link_reminders = LinkReminders(database, desk, clock)
    csrf_secret = seal.derive("csrf")
    return Office(
        database, house, desk, clock, BlobStore(data / "blobs"), seal, client, mailroom, mailing, key_reminders, link_reminders,
        csrf_secret, secure=secure,
    )  # fmt: skip
