"""Where the partner's parts are put together: database, desk, clock, pictures, sealed secrets, mailroom."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx2
import msgspec

from backhaul import wire
from backhaul.kit import egress, keys, mail, migrations, outside, webhooks
from backhaul.kit.attempts import Attempts
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.comparing_photos import ComparingPhotos
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.event_rounds import EventRounds
from backhaul.kit.health import Readiness
from backhaul.kit.key_reminders import KeyReminders
from backhaul.kit.machine import Refused
from backhaul.kit.mailing import Mailing
from backhaul.kit.media import MediaRoom
from backhaul.kit.object_storage import storage_of
from backhaul.kit.outbox import Mailroom, Receiver
from backhaul.kit.retention import Leftovers, Retention
from backhaul.kit.rounds import Reach
from backhaul.kit.running import one_by_one
from backhaul.kit.sign_in_brake import SignInBrake
from backhaul.kit.turns import Turns
from backhaul.kit.walk import Walk
from backhaul.kit.webhook_sending import WebhookSender
from backhaul.partner import (
    access,
    arrival_pass_errands,
    arrival_pass_queries,
    draw_errands,
    notice_texts,
    second_check_errands,
    second_check_queries,
    seen_photo_store,
    tables,
    telling,
)
from backhaul.partner.billing import Billing
from backhaul.partner.carrier_rounds import CarrierRounds
from backhaul.partner.carriers import FolderCarrier
from backhaul.partner.link_reminders import LinkReminders
from backhaul.partner.perform import THE_MARKETPLACE, Partner
from backhaul.partner.retention import judge
from backhaul.partner.rules.around import By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Role


class Office(msgspec.Struct):
    """A running partner, without its web. `secure` marks cookies for https; a demo has a `walk`."""

    database: Database
    house: Partner
    desk: Desk[Parcel]
    clock: Clock
    blobs: BlobStore
    seal: keys.Seal
    line: outside.Line
    mailroom: Mailroom
    mailing: Mailing
    key_reminders: KeyReminders
    media: MediaRoom
    retention: Retention
    leftovers: Leftovers
    comparing_photos: ComparingPhotos
    billing: Billing
    carrier_rounds: CarrierRounds
    link_reminders: LinkReminders
    attempts: Attempts
    sign_ins: SignInBrake
    events: EventRounds
    webhooks: WebhookSender
    turns: Turns
    csrf_secret: str
    readiness: Readiness
    admin_token: str = ""
    chance: keys.Chance = os.urandom
    secure: bool = False
    walk: Walk | None = None
    reach: Reach = msgspec.field(default_factory=lambda: Reach(patience=3))
    lines: outside.Lines = msgspec.field(default_factory=outside.Lines)

    def tick(self) -> int:
        """A round of everything here; how much was done. In a running house each part has a worker of its own."""
        return one_by_one(self.work, self.send_letters, self.delete_media)

    def work(self) -> int:
        """Overdue deadlines, keys that expire, ended months, who is not linked, the carrier's files, events: what asks nobody beyond this house."""
        policy = self.house.terms.policy
        return one_by_one(
            self.desk.sweep,
            lambda: self.key_reminders.tell_due(policy.key_reminder_days),
            self.billing.run_due,
            lambda: self.turns.run("carrier", self.carrier_rounds.make_due),
            lambda: self.link_reminders.tell_due(policy.link_reminder_days),
            self.publish_epochs,
            self.draw_samples,
            self.forget_passes,
            self.events.place_due,
            lambda: self.events.delete_due(policy.event_keep_days),
            lambda: self.leftovers.delete_due(policy.media_keep_days),
        )

    @contextmanager
    def look(self, by: By) -> Iterator[Tx]:
        """A look for somebody: a company sees its own rows and its sellers', whatever a query forgets (PostgreSQL, D28)."""
        with self.database.read() as tx:
            access.hold_to_own(tx, by)
            yield tx

    def look_for(self, owner_id: int) -> AbstractContextManager[Tx]:
        """A look for whoever keeps webhooks here: a company."""
        return self.look(By(Role.SELLER, "", str(owner_id)))

    def send_letters(self) -> int:
        """A round of its own: a marketplace that answers slowly keeps no deadline waiting."""
        return self.turns.run("letters", self.mailroom.send_due)

    def delete_media(self) -> int:
        """Old pictures and videos; a round of its own, because the marketplace is asked whether it holds them."""
        keep_days, held = self.house.terms.policy.media_keep_days, self.held_at_the_marketplace
        return self.turns.run("media", lambda: self.retention.delete_due(keep_days, held))

    def compare_photos(self) -> int:
        """A round of its own: comparing photos keeps no deadline waiting."""
        return self.turns.run("photos", self.comparing_photos.work)

    def send_webhooks(self) -> int:
        """A round of its own: receivers that answer slowly keep nothing else waiting."""
        return self.webhooks.send_due()

    def held_at_the_marketplace(self, parcel_ids: list[int]) -> list[int]:
        """Those about which a dispute, claim or block is open there; all of them while nobody answers."""
        try:
            answer = self.ask_marketplace("hold-check", wire.HoldCheck(tuple(parcel_ids)))
            if answer is None:
                return []
            told = answer.status == httpx2.codes.OK
            return list(outside.read(answer.body, wire.HoldAnswer).held) if told else parcel_ids
        except httpx2.HTTPError:
            return parcel_ids

    def ask_marketplace(self, question: str, asked: msgspec.Struct,
                        bytes_max: int = outside.ANSWER_BYTES_MAX) -> outside.Answer | None:  # fmt: skip
        """What our marketplace answers to a question that only the registered partner can sign; None: there is no marketplace.

        `httpx2.HTTPError` when it is away. Whether it refused is for the caller to see.
        """
        with self.database.read() as tx:
            row = tx.one(access.MARKETPLACE, id=THE_MARKETPLACE)
        if row is None:
            return None
        body, message_id = msgspec.json.encode(asked), f"ask_{self.chance(12).hex()}"
        signed = webhooks.headers(self.seal.open(bytes(row[3])), message_id, self.clock.now(), body)
        address = f"{row[1]}/api/v1/partner/{question}"
        return outside.post(self.line, address, body, signed, known=True, bytes_max=bytes_max)

    def draw_samples(self) -> int:
        """Draw the samples for second checks of the weeks that are over; how many units are checked again."""
        with self.database.read() as tx:
            last = second_check_queries.last_week(tx)
        if not any(second_check_errands.weeks_due(last, self.clock.now())):
            return 0
        key, policy = self.seal.derive("second checks"), self.house.terms.policy
        answer = self.desk.perform_now(
            Errand(lambda tx, at: str(second_check_errands.draw_samples(tx, key, policy, at)).encode())
        )
        return int(answer.body)

    def forget_passes(self) -> int:
        """Delete announced vehicles whose time of keeping is over; how many."""
        bound = arrival_pass_errands.kept_until(self.house.terms.policy, self.clock.now())
        with self.database.read() as tx:
            over = arrival_pass_queries.over(tx, bound)
        if not over:
            return 0
        answer = self.desk.perform_now(Errand(lambda tx, _: str(arrival_pass_errands.forget(tx, over)).encode()))
        return int(answer.body)

    def publish_epochs(self) -> int:
        """Publish the keys' hashes of the next epochs of the draw, when it is time; how many."""
        policy = self.house.terms.policy
        with self.database.read() as tx:
            if not draw_errands.is_due(tx, policy, self.clock.now()):
                return 0
        seal, chance = self.seal, self.chance
        answer = self.desk.perform_now(
            Errand(lambda tx, at: str(draw_errands.publish(tx, seal, chance, policy, at)).encode())
        )
        return int(answer.body)

    def close(self) -> None:
        """Finish what waits and let go of everything."""
        self.webhooks.close()
        with suppress(Refused):  # the desk died: the leases run out
            self.turns.leave()
        self.desk.close()
        self.line.close()
        self.media.mill.close()
        self.database.close()


def open_office(database_url: str, data: Path, clock: Clock, *, secure: bool = False, mail_to: str = "",
                mail_from: str = "", webhooks_into: str = "", media: str = "") -> Office:  # fmt: skip
    """Migrate the database and set everything up; `data` holds pictures, the seal's key, and mails that go to files.

    `mail_to` is where mails go (`mail.sender_of`), `mail_from` the address that stands on them.
    `webhooks_into` are networks of our own that webhooks may lead into, also without https: for trying out.
    `media`: a bucket for pictures and videos (`kit/object_storage`) instead of the directory.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(database_url)
    migrations.upgrade(database, "backhaul.partner", tables.metadata)
    seal = keys.Seal(data / "seal.key")
    house = Partner(seal)
    desk = Desk(database, house, clock)
    line = outside.open_line()

    def find(tx: Tx, receiver: str) -> Receiver | None:
        row = tx.one(access.MARKETPLACE, id=receiver)
        return None if row is None else Receiver(f"{row[1]}/api/v1/reports", seal.open(bytes(row[3])))

    mailroom = Mailroom(database, desk, clock, line.own, find)
    mailing = Mailing(
        database, desk, clock, tables.board, notice_texts.LANGUAGE,
        mail.sender_of(mail_to, data / "mail"), sent_from=mail_from or mail.FROM,
    )  # fmt: skip
    key_reminders = KeyReminders(database, desk, clock, tables.board, tables.api_keys, "company_id")
    blobs = BlobStore(storage_of(media, data / "blobs"))
    room = MediaRoom(database, desk, blobs, tables.book)
    retention = Retention(database, desk, clock, blobs, tables.book, tables.parcels.c.over_us, judge)
    leftovers = Leftovers(database, desk, clock, blobs, tables.book)
    comparing_photos = ComparingPhotos(
        desk, clock, blobs, tables.book.seen, tables.parcels, tables.numbers, seen_photo_store.told_with,
        seen_photo_store.photos_of,
    )  # fmt: skip
    carrier_rounds = CarrierRounds(database, desk, house, clock, FolderCarrier(data / "carrier"))
    link_reminders = LinkReminders(database, desk, clock)
    csrf_secret = seal.derive("csrf")
    billing = Billing(database, house, desk, clock)
    events = EventRounds(database, desk, clock, telling.events)
    way = egress.Way(egress.networks(webhooks_into))
    sender = WebhookSender(database, desk, clock, seal, tables.telling, way, lambda: house.terms.policy)
    return Office(
        database, house, desk, clock, blobs, seal, line, mailroom, mailing, key_reminders,
        room, retention, leftovers, comparing_photos, billing, carrier_rounds, link_reminders, Attempts(desk, clock), SignInBrake(clock), events, sender,
        Turns(desk, clock, tables.turns), csrf_secret, Readiness(database, desk, "backhaul.partner"), secure=secure,
    )  # fmt: skip
