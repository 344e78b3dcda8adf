"""Pushes in the contract's mechanics: POST of JSON, answered 200 `{"result": true}`; else again, later and later.

An address gets its messages one after the other. At least once: who dies between the answer and the note sends again.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backhaul.kit import egress
from backhaul.kit.calls import Call
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.noticeboard import Posted
from backhaul.kit.notices import Facts, Notice
from backhaul.kit.places import Counters
from backhaul.marketplace import push_queries, push_store
from backhaul.marketplace.perform import Marketplace
from backhaul.marketplace.push_queries import PushUrl
from backhaul.marketplace.rules.pushes import PAUSED_AFTER, PING, is_paused, next_try

THREADS = 8
PINGS_MAX = 8
MESSAGES_MAX = 20
SECONDS_MAX = 5.0
LEASE = timedelta(seconds=SECONDS_MAX * MESSAGES_MAX + 60)
JSON = {"content-type": "application/json"}
# What is wrong with an answer to a ping, as the contract names it, and in words.
FAULTS = {
    "REQUEST_ERROR": "the address could not be called",
    "REQUEST_TIMEOUT": "no answer within 5 seconds",
    "SERVER_FAULT": "the server failed",
    "STATUS_CODE_NOT_OK": "the status is not 200",
    "EMPTY_BODY": "the body is empty",
    "INVALID_JSON": "the body is no JSON",
    "INVALID_BODY": "the body is no object",
    "WRONG_RESULT_FIELD": "version and name are needed",
    "WRONG_RESULT_TIME_FIELD": "time is needed, by RFC 3339",
}
JOBS_OF_SELLER_MAX = 2

LOG = logging.getLogger("backhaul.pushes")


class PushSender:
    """Sends what is due. `way` is how calls leave the house."""

    def __init__(self, database: Database, house: Marketplace, desk: Desk[Any], clock: Clock, way: egress.Way) -> None:
        self.database = database
        self.house = house
        self.desk = desk
        self.clock = clock
        self.way = msgspec.structs.replace(way, seconds_max=SECONDS_MAX, kept_bytes=egress.ANSWER_BYTES_MAX)
        self.post: Callable[[Call, datetime], egress.Reply] = Call.go  # a sandbox puts its faults here
        self.pings = Counters(PINGS_MAX, "pings_busy")
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="pushes")
        self._in_hand: dict[int, int] = {}
        self._lock = threading.Lock()

    def send_due(self) -> int:
        """One round: how many addresses got a job. Does not wait for them: a slow program keeps nobody else waiting."""
        return len(self._start())

    def send_now(self) -> int:
        """The same, and waits: how many messages were taken. For stages whose clock stands still meanwhile."""
        return sum(job.result() for job in self._start())

    def _start(self) -> list["Future[int]"]:
        with self.database.read() as tx:
            due = push_queries.due(tx, self.clock.now())
        jobs = []
        for to in due:
            with self._lock:
                busy = Counter(self._in_hand.values())[to.seller_id] >= JOBS_OF_SELLER_MAX
                if to.id in self._in_hand or busy or len(self._in_hand) >= THREADS:
                    continue
                self._in_hand[to.id] = to.seller_id
            jobs.append(self._pool.submit(self._job, to))
        return jobs

    def _job(self, to: PushUrl) -> int:
        try:
            return self._send(to)
        except Exception:  # the lease ends by itself, and the job is tried again
            LOG.exception("a job of the push address %d failed", to.id)
            return 0
        finally:
            with self._lock:
                self._in_hand.pop(to.id, None)

    def close(self) -> None:
        """Finish what is on its way."""
        self._pool.shutdown(cancel_futures=True)

    def check(self, url: str) -> str:
        """What is wrong with an address: one of `FAULTS`; nothing when it answers a ping as it should."""
        ping = {"message_type": PING, "time": self.clock.now()}
        reply = egress.post(self.way, url, msgspec.json.encode(ping), JSON)
        if reply.status == 0:
            return "REQUEST_TIMEOUT" if reply.error == "too_slow" else "REQUEST_ERROR"
        if reply.status != 200:
            return "SERVER_FAULT" if reply.status >= 500 else "STATUS_CODE_NOT_OK"
        return _fault_of(reply.body)

    def _send(self, to: PushUrl) -> int:
        now = self.clock.now()
        taken = Errand(lambda tx, _: _take(tx, to, now))
        if self.desk.perform_now(taken).body != b"1":
            return 0
        with self.database.read() as tx:
            messages = push_queries.waiting(tx, to.id, MESSAGES_MAX)
        done = []
        for number, body in messages:
            if not _is_accepted(self.post(Call(self.way, to.url, body, lambda _: JSON), self.clock.now())):
                break
            done.append(number)
        failed = messages[len(done)][0] if len(done) < len(messages) else None
        more = len(done) + 1 < len(messages)
        self.desk.perform_now(Errand(lambda tx, at: self._note(tx, to, done, failed, at, more=more)))
        return len(done)

    def _note(self, tx: Tx, to: PushUrl, done: list[int], failed: int | None, at: datetime, *,
              more: bool) -> bytes:  # fmt: skip
        """What was taken is gone. A message that failed too often is given up, an address that failed for a day is paused."""
        fails = 0 if failed is None else (0 if done else to.fails) + 1
        since = None if failed is None else at if done else to.failing_since or at
        again = at if failed is None else next_try(fails, at)
        if again is None and failed is not None:
            done, fails, again = [*done, failed], 0, at
            since = since if more else None  # nothing waits for it any more: its next failure is its first
        if done:
            tx.run(push_store.DONE, ids=done)
        if is_paused(since, at):
            tx.run(push_store.DROP, url_id=to.id)
            tx.run(push_store.SWITCH, url_id=to.id, to_enabled=False)
            self._tell(tx, to, at)
            return b""
        tx.run(push_store.NOTE, url_id=to.id, to_fails=fails, to_since=None if since is None else to_us(since))
        tx.run(push_store.REST, url_id=to.id, to_next=to_us(again or at))
        return b""

    def _tell(self, tx: Tx, to: PushUrl, at: datetime) -> None:
        """The seller's people hear that their program hears nothing any more."""
        facts: Facts = {"address": to.url, "hours": PAUSED_AFTER // timedelta(hours=1)}
        notice = Notice(f"seller:{to.seller_id}", "pushes_switched_off", facts)
        posted = Posted(notice, f"push_url.{to.id}.off.{to_us(at)}", to_us(at), to_us(at))
        self.house.board.hang_once(tx, [posted], self.house.mailboxes)


def _take(tx: Tx, to: PushUrl, now: datetime) -> bytes:
    """Nobody else sends to it meanwhile."""
    return str(tx.run(push_store.TAKE, url_id=to.id, now_us=to_us(now), until_us=to_us(now + LEASE))).encode()


def _is_accepted(reply: egress.Reply) -> bool:
    try:
        return reply.status == 200 and msgspec.json.decode(reply.body).get("result") is True
    except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, RecursionError):
        return False


def _fault_of(body: bytes) -> str:
    if not body.strip():
        return "EMPTY_BODY"
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "INVALID_JSON"
    if not isinstance(said, dict):
        return "INVALID_BODY"
    if not all(isinstance(said.get(name), str) and said[name] for name in ("version", "name")):
        return "WRONG_RESULT_FIELD"
    try:
        msgspec.convert(said.get("time"), datetime)
    except msgspec.ValidationError:
        return "WRONG_RESULT_TIME_FIELD"
    return ""
