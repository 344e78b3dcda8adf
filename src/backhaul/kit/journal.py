"""What every change leaves behind, in the same transaction: chained events, ledger entries, letters, remembered answers."""

import hashlib
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, bindparam

from backhaul.kit.database import Database, Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.ledger import Entry

GENESIS = b"\0" * 32

_encode = msgspec.json.Encoder().encode


class Letter(msgspec.Struct, frozen=True):
    """A message to another system, sent after the commit. `to` names a registered receiver, `topic` is the type."""

    to: str
    topic: str
    body: bytes


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """That the house answers; how many messages to the other house wait, and since when the oldest does."""

    status: str
    letters_waiting: int = 0
    waiting_since: datetime | None = None


class Mark(msgspec.Struct, frozen=True):
    """Who did something, when, and by which request. `at_us` is when it counts, `recorded_us` when it was written."""

    at_us: int
    recorded_us: int
    role: str
    actor: str
    request_id: str


class Journal:
    """The tables that both houses have alike, and their statements. `case_id` is the return's or parcel's id."""

    def __init__(self, metadata: MetaData) -> None:
        self.events = Table(
            "events",
            metadata,
            Column("case_id", BigInteger, primary_key=True, autoincrement=False),
            Column("seq", Integer, primary_key=True),
            Column("kind", Text, nullable=False),
            Column("data", Text, nullable=False),
            Column("at_us", BigInteger, nullable=False),
            Column("recorded_us", BigInteger, nullable=False),
            Column("role", Text, nullable=False),
            Column("actor", Text, nullable=False),
            Column("request_id", Text, nullable=False),
            Column("hash", LargeBinary, nullable=False),
        )
        self.entries = Table(
            "entries",
            metadata,
            Column("cause", Text, primary_key=True),
            Column("case_id", BigInteger, nullable=False),
            Column("seq", Integer, nullable=False),
            Column("debit", Text, nullable=False),
            Column("credit", Text, nullable=False),
            Column("amount_minor", BigInteger, nullable=False),
            Column("currency", Text, nullable=False),
            Column("at_us", BigInteger, nullable=False),
            sa.CheckConstraint("amount_minor > 0", name="entries_positive"),
            Index("entries_of_case", "case_id", "seq"),
            # One event moves money between two accounts once, whatever the cause is called. Below 1 are no cases.
            Index(
                "entries_once",
                "case_id",
                "seq",
                "debit",
                "credit",
                unique=True,
                sqlite_where=sa.text("case_id > 0"),
                postgresql_where=sa.text("case_id > 0"),
            ),
            Index("entries_by_debit", "debit", "at_us", "cause", "currency", "amount_minor"),
            Index("entries_by_credit", "credit", "at_us", "cause", "currency", "amount_minor"),
        )
        self.outbox = Table(
            "outbox",
            metadata,
            Column("id", Text, primary_key=True),
            Column("receiver", Text, nullable=False),
            Column("case_id", BigInteger, nullable=False),
            Column("seq", Integer, nullable=False),
            Column("topic", Text, nullable=False),
            Column("body", LargeBinary, nullable=False),
            Column("written_us", BigInteger, nullable=False),
            Column("next_us", BigInteger),
            Column("tries", Integer, nullable=False),
            Column("sent_us", BigInteger),
            Column("answer", Text, nullable=False),
        )
        Index("outbox_waiting", self.outbox.c.next_us, sqlite_where=self.outbox.c.next_us.is_not(None),
              postgresql_where=self.outbox.c.next_us.is_not(None))  # fmt: skip
        Index("outbox_of_case", self.outbox.c.case_id, self.outbox.c.seq)
        self.answers = Table(
            "answers",
            metadata,
            Column("key", Text, primary_key=True),
            Column("caller", Text, primary_key=True),
            Column("body_hash", LargeBinary, nullable=False),
            Column("answer", LargeBinary, nullable=False),
            Column("at_us", BigInteger, nullable=False),
        )
        self.access_log = Table(
            "access_log",
            metadata,
            Column("id", Integer, primary_key=True, autoincrement=True),
            Column("at_us", BigInteger, nullable=False),
            Column("caller", Text, nullable=False),
            Column("what", Text, nullable=False),
            Column("code", Text, nullable=False),
        )
        self._insert_event = Statement(self.events.insert())
        self._insert_entry = Statement(self.entries.insert())
        self._insert_letter = Statement(self.outbox.insert())
        self._insert_answer = Statement(self.answers.insert())
        log = self.access_log
        self._insert_access = Statement(
            log.insert().values({c.name: bindparam(c.name) for c in log.columns if c.name != "id"})
        )
        answers = self.answers
        self._known_answers = Statement(
            sa.select(answers.c.caller, answers.c.key, answers.c.body_hash, answers.c.answer).where(
                among(answers.c.key, "keys")
            )
        )
        self._letters_waiting = Statement(
            sa.select(sa.func.count(), sa.func.min(self.outbox.c.written_us)).where(self.outbox.c.next_us.is_not(None))
        )
        self._hurry = Statement(
            self.outbox.update()
            .where(self.outbox.c.next_us > bindparam("now_us"), self.outbox.c.receiver == bindparam("to_whom"))
            .values(next_us=bindparam("now_us"))
        )
        self._moving = Statement(
            sa.select(self.outbox.c.case_id)
            .where(
                among(self.outbox.c.case_id, "cases"),
                sa.or_(
                    self.outbox.c.next_us.is_not(None),
                    self.outbox.c.written_us >= bindparam("since_us"),
                    self.outbox.c.sent_us >= bindparam("since_us"),
                ),
            )
            .distinct()
        )
        self.history = Statement(
            sa.select(*self.events.c).where(self.events.c.case_id == bindparam("case_id")).order_by(self.events.c.seq)
        )

    def write(self, tx: Tx, events: list[dict[str, object]], entries: list[dict[str, object]],
              letters: list[dict[str, object]], answers: list[dict[str, object]]) -> None:  # fmt: skip
        """Append everything that a batch leaves behind."""
        tx.put(self._insert_event, events)
        tx.put(self._insert_entry, entries)
        tx.put(self._insert_letter, letters)
        tx.put(self._insert_answer, answers)

    def known_answers(self, tx: Tx, keys: list[str]) -> dict[tuple[str, str], tuple[bytes, bytes]]:
        """(caller, key) -> (body hash, answer) for the keys that were used before."""
        rows = tx.rows(self._known_answers, keys=keys)
        return {(row[0], row[1]): (bytes(row[2]), bytes(row[3])) for row in rows}

    def letters_waiting(self, tx: Tx) -> tuple[int, int | None]:
        """How many letters wait to be accepted by their receivers, and since when the oldest does, in us."""
        row = tx.one(self._letters_waiting)
        return (0, None) if row is None else (int(row[0]), row[1])

    def health(self, database: Database) -> Health:
        """Asks the database, and tells how far behind the other house is."""
        with database.read() as tx:
            count, oldest_us = self.letters_waiting(tx)
        return Health("ok", count, None if oldest_us is None else from_us(oldest_us))

    def moving(self, tx: Tx, case_ids: list[int], since_us: int) -> set[int]:
        """The cases of these that have letters which wait, or were written or accepted since an instant."""
        return {int(row[0]) for row in tx.rows(self._moving, cases=case_ids, since_us=since_us)} if case_ids else set()

    def hurry(self, tx: Tx, receiver: str, now_us: int) -> int:
        """The receiver is back: what waits for a later try goes out now. How many letters."""
        return tx.run(self._hurry, to_whom=receiver, now_us=now_us)

    def log_access(self, tx: Tx, attempts: list[dict[str, object]]) -> None:
        """Remember refused attempts."""
        tx.put(self._insert_access, attempts)


def event_hash(head: bytes, case_id: int, seq: int, data: bytes, mark: Mark) -> bytes:
    """SHA-256 over the previous hash and everything the event says: each event vouches for all before it."""
    said = (case_id, seq, mark.at_us, mark.recorded_us, mark.role, mark.actor, mark.request_id)
    return hashlib.sha256(head + _encode(said) + data).digest()


def traced(letter: Letter, traceparent: str) -> Letter:
    """A letter, a JSON object, that carries the trace of the work that caused it: inside, and so under its signature."""
    if not traceparent:
        return letter
    said = b',"traceparent":"%s"}' % traceparent.encode()
    return msgspec.structs.replace(letter, body=letter.body.rstrip()[:-1] + said)


def letter_row(letter: Letter, letter_id: str, case_id: int, seq: int, written_us: int) -> dict[str, object]:
    """A letter as a row of `outbox`, due at once. Letters of one case reach one receiver in the order of `seq`."""
    return {
        "id": letter_id, "receiver": letter.to, "case_id": case_id, "seq": seq, "topic": letter.topic,
        "body": letter.body, "written_us": written_us, "next_us": written_us, "tries": 0, "sent_us": None, "answer": "",
    }  # fmt: skip


def entry_row(entry: Entry, case_id: int, seq: int, at_us: int) -> dict[str, object]:
    """A ledger entry as a row of `entries`."""
    return {
        "cause": entry.cause,
        "case_id": case_id,
        "seq": seq,
        "debit": entry.debit,
        "credit": entry.credit,
        "amount_minor": entry.amount.minor,
        "currency": entry.amount.currency,
        "at_us": at_us,
    }
