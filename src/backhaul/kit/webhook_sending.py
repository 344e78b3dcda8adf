"""The worker's round of the webhooks: whoever is due gets a job of their own, so that a slow receiver keeps nobody else waiting.

A job takes its webhook for a while (`lease_us`), so that two workers never send to it at once and the order of each return
holds. At least once: who dies between the answer and the note sends again, with the same id.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from backhaul.kit import egress, webhook_queries, webhooks
from backhaul.kit.calls import Call
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.keys import Seal
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.kit.notices import Facts, Notice
from backhaul.kit.places import Places
from backhaul.kit.rounds import next_probe, next_try
from backhaul.kit.webhook_law import WebhookPolicy, is_given_up, is_to_pause, was_down
from backhaul.kit.webhook_queries import DeliveryRow, WebhookQueries, WebhookRow
from backhaul.kit.webhook_store import WebhookStore
from backhaul.kit.webhook_tables import WebhookTables

THREADS = 16
JOBS_OF_OWNER_MAX = 2
LOOKUPS_MAX = 4
MESSAGES_MAX = 20
JOB_SECONDS_MAX = 20
LEASE = timedelta(seconds=90)
NOTHING_TO_SEND = timedelta(seconds=5)
GONE = 410

LOG = logging.getLogger("backhaul.webhooks")


class Plan(msgspec.Struct):
    """What a job sends: bodies in their order, signed with every secret that holds now."""

    webhook: WebhookRow
    secrets: list[str]
    messages: list[tuple[DeliveryRow, bytes]]


class Try(msgspec.Struct):
    """A message that was sent, and what became of it."""

    delivery: DeliveryRow
    headers: dict[str, str]
    at: datetime
    reply: egress.Reply


class WebhookSender:
    """Sends what is due. `way` is how calls leave the house; `policy` is the one in force; `jitter` is chance, 0 to 1."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, seal: Seal, tables: WebhookTables, way: egress.Way,
                 policy: Callable[[], WebhookPolicy], jitter: Callable[[], float] = random.random) -> None:  # fmt: skip
        self.database = database
        self.queries = WebhookQueries(tables)
        self.store = WebhookStore(tables)
        self.policy = policy
        self.desk = desk
        self.clock = clock
        self.seal = seal
        self.way = way
        self.jitter = jitter
        self.post: Callable[[Call, datetime], egress.Reply] = Call.go  # a sandbox puts its faults here
        self.lookups = Places(LOOKUPS_MAX)  # of names, when an address is chosen
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
        self._in_hand: dict[str, int] = {}
        self._lock = threading.Lock()

    def send_due(self) -> int:
        """One round: how many receivers got a job. Does not wait for them."""
        return len(self._start())

    def send_now(self) -> int:
        """The same, and waits: how many messages were sent. For stages whose clock stands still meanwhile."""
        jobs = self._start()
        wait(jobs)
        return sum(job.result() for job in jobs)

    def close(self) -> None:
        """Finish what is on its way."""
        self._pool.shutdown(cancel_futures=True)

    def _start(self) -> list["Future[int]"]:
        with self.database.read() as tx:
            due = tx.rows(self.queries.due, now_us=to_us(self.clock.now()))
        jobs = []
        for webhook_id, owner_id in due:
            with self._lock:
                busy = Counter(self._in_hand.values())[owner_id] >= JOBS_OF_OWNER_MAX
                if webhook_id in self._in_hand or busy or len(self._in_hand) >= THREADS:
                    continue
                self._in_hand[webhook_id] = owner_id
            jobs.append(self._pool.submit(self._job, webhook_id))
        return jobs

    def _job(self, webhook_id: str) -> int:
        try:
            plan = self._take(webhook_id)
            if plan is None:
                return 0
            tries = self._send(plan)
            self._note(plan, tries)
            return len(tries)
        except Refused as refused:
            if refused.code != "house_is_closing":
                LOG.exception("a job of the webhook %s failed", webhook_id)
            return 0
        except Exception:  # the lease ends by itself, and the job is tried again
            LOG.exception("a job of the webhook %s failed", webhook_id)
            return 0
        finally:
            with self._lock:
                self._in_hand.pop(webhook_id, None)

    def _take(self, webhook_id: str) -> Plan | None:
        """What to send now, once nobody else does. It is read beside the desk: a long queue keeps no command waiting."""
        at = self.clock.now()
        now_us = to_us(at)

        def take(tx: Tx, _: datetime) -> bytes:
            taken = tx.run(self.store.take, webhook=webhook_id, now_us=now_us, until_us=to_us(at + LEASE))
            return b"taken" if taken == 1 else b""

        if not self.desk.perform_now(Errand(take)).body:
            return None
        with self.database.read() as tx:
            hook = self.queries.find(tx, webhook_id)
            if hook is None:
                return None
            rows = tx.rows(self.queries.pings, webhook=webhook_id, most=1)
            if hook.state == "active" and not hook.fails:
                rows += tx.rows(self.queries.heads_due, webhook=webhook_id, now_us=now_us, most=MESSAGES_MAX)
            elif hook.state == "active" and not rows:
                rows = tx.rows(self.queries.heads, webhook=webhook_id, most=1)
            secrets = [self.seal.open(one.sealed) for one in self.queries.secrets(tx, webhook_id, at)]
        messages = [(webhook_queries.delivery(one), bytes(one[-1])) for one in rows if one[-1] is not None]
        return Plan(hook, secrets, messages)

    def _send(self, plan: Plan) -> list[Try]:
        """One after the other, until one is not taken, or the time of a job is over."""
        tries: list[Try] = []
        spent = 0
        for delivery, body in plan.messages:
            at = self.clock.now()
            sign = partial(_headers, plan.secrets, delivery.event_id, body)
            reply = self.post(Call(self.way, plan.webhook.url, body, sign), at)
            tries.append(Try(delivery, sign(at), at, reply))
            spent += reply.milliseconds
            if not reply.is_success or spent > JOB_SECONDS_MAX * 1000:
                break
        return tries

    def _note(self, plan: Plan, tries: list[Try]) -> None:
        """Write down what became of it all, and when this webhook is tried next.

        Of a webhook that was removed meanwhile, or has another address now, it says only what was taken.
        """
        policy = self.policy()
        now = self.clock.now()

        def note(tx: Tx, _: datetime) -> None:
            tx.many(self.store.insert_attempt, [_attempt_row(plan.webhook, one) for one in tries])
            hook = self.queries.find(tx, plan.webhook.id)
            if hook is None or hook.url != plan.webhook.url:
                taken = [self._mark(one, policy, now) for one in tries if one.reply.is_success]
                tx.many(self.store.mark, taken)
                tx.run(self.store.leave, webhook=plan.webhook.id)
                return
            marks = [self._mark(one, policy, now) for one in tries]
            tx.many(self.store.mark, marks)
            failed = bool(tries) and not tries[-1].reply.is_success
            delivered = any(one.reply.is_success for one in tries)
            fails = (0 if delivered else hook.fails) + failed if tries else hook.fails
            since = (
                (hook.failing_since_us if not delivered and hook.failing_since_us is not None else to_us(now))
                if fails
                else None
            )
            next_us = next_probe(fails, now, self.jitter()) if fails else to_us(now)  # who was served goes to the end
            if not tries:  # what is due waits behind an earlier message of its case
                next_us = max(next_us, to_us(now + NOTHING_TO_SEND))
            if fails and tx.one(self.store.any_waiting, webhook=hook.id) is None:
                # Nothing waits for it any more: its next failure is its first.
                fails, since, next_us = 0, None, to_us(now)
            tx.run(self.store.let_go, webhook=hook.id, to_fails=fails, to_failing_since=since, to_next=next_us)
            if delivered and was_down(hook.fails):
                tx.run(self.store.hurry, webhook=hook.id, now_us=to_us(now))
            self._tell(tx, hook, tries, [str(mark["to_state"]) for mark in marks], since, policy, now)

        self.desk.perform_now(Errand(note))

    def _mark(self, one: Try, policy: WebhookPolicy, now: datetime) -> dict[str, object]:
        delivery = one.delivery
        first = delivery.first_at or one.at
        mark: dict[str, object] = {
            "delivery": delivery.id, "to_tries": delivery.tries + 1, "to_first_us": to_us(first), "to_next_us": None,
            "to_done_us": to_us(now),
        }  # fmt: skip
        if one.reply.is_success:
            return {**mark, "to_state": "delivered"}
        if (
            is_given_up(first, now, policy) or delivery.case_id == 0
        ):  # a ping is one question, no event that must arrive
            return {**mark, "to_state": "dead"}
        return {
            **mark,
            "to_state": "waiting",
            "to_next_us": next_try(delivery.tries, now, self.jitter()),
            "to_done_us": None,
        }

    def _tell(self, tx: Tx, hook: WebhookRow, tries: list[Try], states: list[str], since_us: int | None, policy: WebhookPolicy,
              now: datetime) -> None:  # fmt: skip
        """The owner hears of messages that were given up, once a day a webhook, and of a webhook that is paused."""
        day = now.date().isoformat()
        facts: Facts = {"name": hook.name, "webhook": hook.id, "days": policy.webhook_try_days}
        posted = []
        if any(state == "dead" and one.delivery.case_id for one, state in zip(tries, states, strict=True)):
            posted.append(Posted(Notice(f"owner:{hook.owner_id}", "webhook_dead", facts), f"{hook.id}.dead.{day}",
                                 to_us(now), to_us(now)))  # fmt: skip
        why = ""
        if tries and tries[-1].reply.status == GONE:
            why = "gone"
        elif since_us is not None and is_to_pause(from_us(since_us), now, policy):
            why = "failing"
        if why and hook.state == "active":
            tx.run(self.store.pause, webhook=hook.id, because=why)
            facts = {**facts, "days": policy.webhook_pause_days}
            posted.append(Posted(Notice(f"owner:{hook.owner_id}", f"webhook_paused_{why}", facts),
                                 f"{hook.id}.paused.{to_us(now)}", to_us(now), to_us(now)))  # fmt: skip
        if posted:
            self.desk.house.board.hang_once(tx, posted, self.desk.house.mailboxes)


def _headers(secrets: list[str], event_id: str, body: bytes, at: datetime) -> dict[str, str]:
    signed = webhooks.headers(secrets, event_id, at, body)
    return {"content-type": "application/json", "user-agent": "Backhaul-Webhooks/1", **signed}


def _attempt_row(hook: WebhookRow, one: Try) -> dict[str, object]:
    answer = one.reply.body.decode("utf-8", "replace").replace("\0", "�")
    return {
        "delivery_id": one.delivery.id, "at_us": to_us(one.at), "url": hook.url, "stamp": one.headers["webhook-timestamp"],
        "signature": one.headers["webhook-signature"], "status": one.reply.status,
        "milliseconds": one.reply.milliseconds, "error": one.reply.error, "answer": answer,
    }  # fmt: skip
