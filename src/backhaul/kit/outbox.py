"""Messages written with the change, sent after it, in order for each case, until the other side says yes."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import webhooks
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.rounds import Outcome, mark_of, marking

LETTERS_MAX = 100
TIMEOUT_SECONDS = 10


class Receiver(msgspec.Struct, frozen=True):
    """Where messages for somebody go, and the secret that signs them."""

    url: str
    secret: str


class Mailroom:
    """Sends what is due, and never gives up: the other house has to hear of it, and later letters of the case wait for it.

    `find` gives a receiver's address inside a reading transaction; None: not registered any more.
    """

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, client: httpx2.Client,
                 find: Callable[[Tx, str], Receiver | None], jitter: Callable[[], float] = random.random) -> None:  # fmt: skip
        self.database = database
        self.desk = desk
        self.clock = clock
        self.client = client
        self.find = find
        self.jitter = jitter
        outbox = desk.house.journal.outbox
        earlier = outbox.alias("earlier")
        self._due = Statement(
            sa.select(outbox.c.id, outbox.c.receiver, outbox.c.body, outbox.c.tries)
            .where(
                outbox.c.next_us <= bindparam("now_us"),
                ~sa.exists().where(
                    earlier.c.case_id == outbox.c.case_id,
                    earlier.c.receiver == outbox.c.receiver,
                    earlier.c.seq < outbox.c.seq,
                    earlier.c.next_us.is_not(None),
                ),
            )
            .order_by(outbox.c.next_us, outbox.c.case_id, outbox.c.seq)
            .limit(LETTERS_MAX)
        )
        self._mark = marking(outbox)

    def send_due(self) -> int:
        """One round: how many letters were accepted by their receivers."""
        now = self.clock.now()
        with self.database.read() as tx:
            due = tx.rows(self._due, now_us=to_us(now))
            receivers = {name: self.find(tx, name) for name in {row[1] for row in due}}
        if not due:
            return 0
        marks = [
            mark_of(
                row[0], row[3], self._send(row[0], row[1], bytes(row[2]), receivers[row[1]], now), now, self.jitter()
            )
            for row in due
        ]
        self.desk.perform_now(Errand(lambda tx, _: str(tx.many(self._mark, marks)).encode()))
        return sum(1 for mark in marks if mark["sent_us"] is not None)

    def _send(self, letter_id: str, name: str, body: bytes, receiver: Receiver | None, now: datetime) -> Outcome:
        if receiver is None:
            return Outcome(f"{name} is not registered", sent=False)
        try:
            answer = self.client.post(
                receiver.url,
                content=body,
                headers={"content-type": "application/json", **webhooks.headers(receiver.secret, letter_id, now, body)},
                timeout=TIMEOUT_SECONDS,
                follow_redirects=False,
            )
        except httpx2.HTTPError as error:
            return Outcome(type(error).__name__, sent=False)
        if answer.is_success:
            return Outcome(str(answer.status_code), sent=True)
        return Outcome(f"{answer.status_code} {answer.text[:300]}", sent=False)
