"""Where the marketplace's parts are put together: database, desk, clock, pictures, sealed secrets, mailroom."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from backhaul.kit import egress, keys, mail, migrations, outside
from backhaul.kit.attempts import Attempts
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.comparing_photos import ComparingPhotos
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import SWEEP_MAX, Desk, Errand
from backhaul.kit.event_rounds import EventRounds
from backhaul.kit.health import Readiness
from backhaul.kit.key_reminders import KeyReminders
from backhaul.kit.machine import Refused
from backhaul.kit.mailing import Mailing
from backhaul.kit.media import MediaRoom
from backhaul.kit.object_storage import storage_of
from backhaul.kit.outbox import Mailroom, Receiver
from backhaul.kit.retention import Leftovers, Retention
from backhaul.kit.running import one_by_one
from backhaul.kit.sealed_words import in_json
from backhaul.kit.sign_in_brake import SignInBrake
from backhaul.kit.turns import Turns
from backhaul.kit.walk import Walk
from backhaul.kit.webhook_sending import WebhookSender
from backhaul.marketplace import (
    access,
    block_errands,
    block_queries,
    notice_texts,
    person_queries,
    seen_photo_store,
    tables,
    telling,
)
from backhaul.marketplace.banks import FileBank
from backhaul.marketplace.category_rates import CategoryRates
from backhaul.marketplace.compensation_alarms import CompensationAlarms
from backhaul.marketplace.erasing import Erasing
from backhaul.marketplace.jobs.working import Runner
from backhaul.marketplace.payout_rounds import PayoutRun
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.push_sending import PushSender
from backhaul.marketplace.reconciliation_rounds import Reconciling
from backhaul.marketplace.request_gate import Gate
from backhaul.marketplace.retention import judge, of_the_customer, of_the_partner
from backhaul.marketplace.returns_report.making import Maker
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.tombstones import Tombstones
from backhaul.marketplace.word_retention import WordRetention


class Office(msgspec.Struct):
    """A running marketplace, without its web. `secure` marks cookies for https; a demo has a `walk`; `key_uses`: when each key's use was last noted."""

    database: Database
    house: Marketplace
    desk: Desk[Return]
    clock: Clock
    blobs: BlobStore
    seal: keys.Seal
    line: outside.Line
    mailroom: Mailroom
    reports: Maker
    jobs: Runner
    payouts: PayoutRun
    mailing: Mailing
    key_reminders: KeyReminders
    compensation_alarms: CompensationAlarms
    media: MediaRoom
    retention: Retention
    copies_retention: Retention
    leftovers: Leftovers
    comparing_photos: ComparingPhotos
    erasing: Erasing
    word_retention: WordRetention
    attempts: Attempts
    sign_ins: SignInBrake
    gate: Gate
    reconciling: Reconciling
    events: EventRounds
    webhooks: WebhookSender
    pushes: PushSender
    turns: Turns
    csrf_secret: str
    readiness: Readiness
    categories: CategoryRates
    admin_token: str = ""
    chance: keys.Chance = os.urandom
    secure: bool = False
    walk: Walk | None = None
    key_uses: dict[str, datetime] = msgspec.field(default_factory=dict)
    lines: outside.Lines = msgspec.field(default_factory=outside.Lines)
    data: Path = Path()

    def tick(self) -> int:
        """A round of everything here but what programs are sent. In a running house letters have a worker of their own."""
        return one_by_one(self.work, self.send_letters)

    def work(self) -> int:
        """Deadlines, blocks that are over, payouts, the day's comparison, events, keys, reports, long work, old media: what asks nobody beyond this house."""
        return one_by_one(
            self._sweep_and_pay,
            self._end_blocks,
            self.reconciling.run_due,
            lambda: self.retention.delete_due(self._policy.media_keep_days),
            lambda: self.leftovers.delete_due(self._policy.media_keep_days),
            lambda: self.copies_retention.delete_due(self._policy.inspection_photos_keep_days),
            self.erasing.work,
            lambda: self.word_retention.work(self._policy),
            self.events.place_due,
            lambda: self.events.delete_due(self._policy.event_keep_days),
            lambda: self.compensation_alarms.tell_due(self._policy),
            lambda: self.key_reminders.tell_due(self._policy.key_reminder_days),
            self.reports.work,
            self.jobs.work,
        )

    @contextmanager
    def look(self, by: By) -> Iterator[Tx]:
        """A look for somebody: sellers and customers see their own rows, whatever a query forgets (PostgreSQL, D28)."""
        with self.database.read() as tx:
            access.hold_to_own(tx, by)
            yield tx

    def look_for(self, owner_id: int) -> AbstractContextManager[Tx]:
        """A look for whoever keeps webhooks here: a seller."""
        return self.look(By(Role.SELLER, "", str(owner_id)))

    @property
    def _policy(self) -> Policy:
        """The one in force now: the sweep may have begun another."""
        return self.house.terms.policy

    def _sweep_and_pay(self) -> int:
        swept = 0

        def sweep() -> int:
            nonlocal swept
            swept = self.desk.sweep()
            return swept

        def pay() -> int:
            return self.payouts.work(self._policy) if swept < SWEEP_MAX else 0

        # Of a full sweep more refunds fall due at this very instant: they leave in one file.
        return one_by_one(sweep, pay)

    def send_letters(self) -> int:
        """A round of its own: a partner that answers slowly keeps no deadline waiting."""
        return self.turns.run("letters", self.mailroom.send_due)

    def compare_photos(self) -> int:
        """A round of its own: comparing photos keeps no deadline waiting."""
        return self.turns.run("photos", self.comparing_photos.work)

    def send_webhooks(self) -> int:
        """A round of its own: receivers that answer slowly keep nothing else waiting."""
        return self.webhooks.send_due()

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
        self.webhooks.close()
        self.pushes.close()
        self.reports.close()
        self.jobs.close()
        with suppress(Refused):  # the desk died: the leases run out
            self.turns.leave()
        self.desk.close()
        self.line.close()
        self.media.mill.close()
        self.database.close()


def open_office(database_url: str, data: Path, clock: Clock, *, secure: bool = False, mail_to: str = "",
                mail_from: str = "", webhooks_into: str = "", media: str = "") -> Office:  # fmt: skip
    """Migrate the database and set everything up; `data` holds pictures, reports, the seal's key, the bank's files, and mails that go to files.

    `mail_to` is where mails go (`mail.sender_of`), `mail_from` the address that stands on them.
    `webhooks_into` are networks of our own that webhooks may lead into, also without https: for trying out.
    `media`: a bucket for pictures and videos (`kit/object_storage`) instead of the directory.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(database_url)
    migrations.upgrade(database, "backhaul.marketplace", tables.metadata)
    house = Marketplace()
    desk = Desk(database, house, clock)
    seal = keys.Seal(data / "seal.key")
    line = outside.open_line()

    def find(tx: Tx, receiver: str) -> Receiver | None:
        row = tx.one(access.PARTNER, id=receiver)
        return None if row is None else Receiver(f"{row[1]}/api/v1/events", seal.open(bytes(row[3])))

    mailroom = Mailroom(database, desk, clock, line.own, find)
    reports = Maker(database, desk, clock, data / "reports")
    mailing = Mailing(
        database, desk, clock, tables.board, notice_texts.LANGUAGE,
        mail.sender_of(mail_to, data / "mail"), sent_from=mail_from or mail.FROM,
    )  # fmt: skip

    def opened(facts: str, kind: str, language: str) -> str:
        with database.read() as tx:
            return person_queries.opened(tx, facts, language, in_json, in_full=kind in notice_texts.THEIR_OWN)

    mailing.opened = opened
    key_reminders = KeyReminders(database, desk, clock, tables.board, tables.api_keys, "seller_id")
    blobs = BlobStore(storage_of(media, data / "blobs"))
    room = MediaRoom(database, desk, blobs, tables.book)
    over, copies_over = tables.returns.c.over_us, tables.returns.c.copies_over_us
    retention = Retention(database, desk, clock, blobs, tables.book, over, judge, of_the_customer)
    copies_retention = Retention(database, desk, clock, blobs, tables.book, copies_over, judge, of_the_partner)
    leftovers = Leftovers(database, desk, clock, blobs, tables.book)
    comparing_photos = ComparingPhotos(
        desk, clock, blobs, tables.book.seen, tables.returns, tables.numbers, seen_photo_store.told_with,
        seen_photo_store.photos_of,
    )  # fmt: skip
    events = EventRounds(database, desk, clock, telling.events)
    way = egress.Way(egress.networks(webhooks_into))
    webhooks = WebhookSender(database, desk, clock, seal, tables.telling, way, lambda: house.terms.policy)
    reconciling = Reconciling(database, house, desk, clock)
    csrf_secret = seal.derive("csrf")
    payouts = PayoutRun(database, desk, clock, FileBank(data / "bank"))
    return Office(
        database, house, desk, clock, blobs, seal, line, mailroom, reports,
        Runner(reconciling, data / "jobs"), payouts, mailing,
        key_reminders, CompensationAlarms(database, desk, clock), room, retention, copies_retention, leftovers, comparing_photos,
        Erasing(database, desk, clock, blobs, mailing.sender, Tombstones(data / "erasures.jsonl")), WordRetention(database, desk, clock, mailing.sender),
        Attempts(desk, clock), SignInBrake(clock), Gate(),
        reconciling, events, webhooks, PushSender(database, house, desk, clock, way), Turns(desk, clock, tables.turns),
        csrf_secret, Readiness(database, desk, "backhaul.marketplace"),
        CategoryRates(database), secure=secure, data=data,
    )  # fmt: skip
