"""Messages written with the change, sent after it, in order for each case, until the other side says yes."""

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import fault_points, outside, webhooks
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.rounds import Outcome, Reach, mark_of, marking

LETTERS_MAX = 100
ROUND_SECONDS_MAX = 20  # then what is accepted is noted, and the next round goes on
ANSWER_BYTES_MAX = 100_000
NOT_THE_HOUSE = frozenset({*range(300, 400), 429, 502, 503, 504})


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
        self.reach = Reach()
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
        """One round: how many letters were accepted by their receivers.

        Whoever cannot be reached is left alone for a while, and asked by one letter then: each letter waits for its own time,
        but none waits for the time-outs of all others. When they are back, what waited goes out at once.
        """
        now, ends = self.clock.now(), time.monotonic() + ROUND_SECONDS_MAX
        with self.database.read() as tx:
            due = tx.rows(self._due, now_us=to_us(now))
            receivers = {name: self.find(tx, name) for name in {row[1] for row in due}}
        marks: list[dict[str, object]] = []
        back: set[str] = set()
        for row in due:
            name = row[1]
            if self.reach.is_away(name, now) or time.monotonic() > ends:
                continue
            fault_points.reached("letter.before")
            outcome, reached = self._send(row[0], name, bytes(row[2]), receivers[name], now)
            fault_points.reached("letter.after")
            if not reached:
                self.reach.missed(name, now, self.jitter())
            elif self.reach.answered(name):
                back.add(name)
            marks.append(mark_of(row[0], row[3], outcome, now, self.jitter()))
        if marks:
            self.desk.perform_now(Errand(lambda tx, _: self._note(tx, marks, back, now)))
        return sum(1 for mark in marks if mark["sent_us"] is not None)

    def _note(self, tx: Tx, marks: list[dict[str, object]], back: set[str], now: datetime) -> None:
        for name in back:
            self.desk.house.journal.hurry(tx, name, to_us(now))
        tx.many(self._mark, marks)

    def _send(self, letter_id: str, name: str, body: bytes, receiver: Receiver | None,
              now: datetime) -> tuple[Outcome, bool]:  # fmt: skip
        """What became of a letter, and whether its receiver was there: what stands in front of a house may answer for it."""
        if receiver is None:
            return Outcome(f"{name} is not registered", sent=False), True
        signed = webhooks.headers(receiver.secret, letter_id, now, body)
        try:
            with self.desk.watch.sending(body) as traced:
                headers = {"content-type": "application/json", **signed, **traced}
                answer = outside.post_known(self.client, receiver.url, body, headers, bytes_max=ANSWER_BYTES_MAX)
        except httpx2.HTTPError as error:
            return Outcome(type(error).__name__, sent=False), False
        is_success = 200 <= answer.status < 300
        if is_success and is_receipt(answer.body):
            return Outcome(str(answer.status), sent=True), True
        told = answer.body[:300].decode("utf-8", "replace").replace("\0", "\ufffd")
        return Outcome(f"{answer.status} {told}", sent=False), not (is_success or answer.status in NOT_THE_HOUSE)


def is_receipt(body: bytes) -> bool:
    """Whether a house says that it took a letter: with a JSON object, or without a word. A page of a network in between does not."""
    try:
        outside.read(body or b"{}", dict[str, msgspec.Raw])
    except httpx2.DecodingError:
        return False
    return True
