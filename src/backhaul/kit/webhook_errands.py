"""What an owner does with webhooks, inside the desk's transaction: made, changed, paused, removed; secrets; pings; again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.event_store import EventStore, delivery_row
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_law import PING, WebhookPolicy, wants
from backhaul.kit.webhook_queries import SPAN_EVENTS_MAX, WebhookQueries, WebhookRow
from backhaul.kit.webhook_store import WebhookStore
from backhaul.kit.webhook_tables import WebhookTables

NAME_CHARACTERS_MAX = 64
SECRETS_MAX = 5
KEEP_HOURS_MAX = 168
PINGS_KEPT = 20


class Wanted(msgspec.Struct, frozen=True):
    """How a webhook should be. `url` was checked by the door; no `types`: all."""

    url: str
    name: str
    types: tuple[str, ...]


class Secret(msgspec.Struct, frozen=True):
    """A fresh secret as it is stored."""

    sealed: bytes
    last4: str


class Keeper(msgspec.Struct, frozen=True):
    """The person who keeps webhooks, and whose they are. `changes`: may change them; `known`: as the desk is told who it is."""

    owner_id: int
    login: str
    changes: bool
    known: Any


class WebhookErrands:
    """The errands of a house. `types`: the events that there are."""

    def __init__(self, tables: WebhookTables, events: EventStore, types: Iterable[str]) -> None:
        self.owner = tables.owner
        self.events = events
        self.types = tuple(types)
        self.queries = WebhookQueries(tables)
        self.store = WebhookStore(tables)

    def create(self, tx: Tx, by: Keeper, webhook_id: str, wanted: Wanted, secret: Secret, policy: WebhookPolicy,
               at: datetime) -> None:  # fmt: skip
        """A webhook that works at once, with its first secret."""
        owner_id = keeper(by)
        kinds = self._checked(wanted)
        if len(self.queries.of_owner(tx, owner_id)) >= policy.webhooks_max:
            raise Refused("too_many_webhooks", "conflict", webhooks_max=policy.webhooks_max)
        tx.run(self.store.insert, id=webhook_id, **{self.owner: owner_id}, url=wanted.url, name=wanted.name.strip(), kinds=kinds,
               state="active", why="", created_us=to_us(at), created_by=by.login, fails=0, failing_since_us=None,
               next_us=0, lease_us=0, removed_us=None)  # fmt: skip
        self._put_secret(tx, by, webhook_id, 1, secret, at)

    def change(self, tx: Tx, by: Keeper, webhook_id: str, wanted: Wanted, at: datetime) -> None:
        """Another address, name or choice of types; what waits goes to the new address, as if it had not been tried."""
        hook = self._mine(tx, by, webhook_id)
        kinds = self._checked(wanted)
        if wanted.url != hook.url:
            tx.run(self.store.try_anew, webhook=webhook_id)
            tx.run(self.store.afresh, webhook=webhook_id, now_us=to_us(at))
        tx.run(self.store.change, webhook=webhook_id, to_url=wanted.url, to_name=wanted.name.strip(), to_kinds=kinds)

    def pause(self, tx: Tx, by: Keeper, webhook_id: str) -> None:
        """Nothing is sent until it is resumed; what happens meanwhile waits."""
        hook = self._mine(tx, by, webhook_id)
        if hook.state == "paused":
            raise Refused("webhook_paused_already", "conflict")
        tx.run(self.store.pause, webhook=webhook_id, because="owner")

    def resume(self, tx: Tx, by: Keeper, webhook_id: str, at: datetime) -> None:
        """Everything that waits goes out, oldest first, as if it had not been tried."""
        hook = self._mine(tx, by, webhook_id)
        if hook.state != "paused":
            raise Refused("webhook_not_paused", "conflict")
        tx.run(self.store.resume, webhook=webhook_id)
        tx.run(self.store.afresh, webhook=webhook_id, now_us=to_us(at))

    def remove(self, tx: Tx, by: Keeper, webhook_id: str, at: datetime) -> None:
        """Nothing is sent any more; its secrets are forgotten."""
        self._mine(tx, by, webhook_id)
        tx.run(self.store.remove, webhook=webhook_id, at_us=to_us(at))
        tx.run(self.store.drop_waiting, webhook=webhook_id, at_us=to_us(at))
        tx.run(self.store.forget_secrets, webhook=webhook_id)

    def add_secret(self, tx: Tx, by: Keeper, webhook_id: str, secret: Secret, keep_hours: int, at: datetime) -> None:
        """Another secret; the earlier ones sign along for `keep_hours`, so that receivers can change without a gap."""
        self._mine(tx, by, webhook_id)
        if not 0 <= keep_hours <= KEEP_HOURS_MAX:
            raise Refused("keep_hours_unusable", "invalid", "keep_hours", hours_max=KEEP_HOURS_MAX)
        until_us = to_us(at + timedelta(hours=keep_hours))
        active = self.queries.secrets(tx, webhook_id, at)
        if keep_hours and len(active) >= SECRETS_MAX:
            raise Refused("too_many_secrets", "conflict", secrets_max=SECRETS_MAX)
        number = active[0].number + 1
        tx.run(self.store.end_secrets, webhook=webhook_id, before=number, to_until=until_us)
        tx.run(self.store.delete_secrets, webhook=webhook_id, now_us=to_us(at))
        self._put_secret(tx, by, webhook_id, number, secret, at)

    def ping(self, tx: Tx, by: Keeper, webhook_id: str, ping_id: str, at: datetime) -> None:
        """A message for trying out; it goes ahead of others, and to a paused webhook too."""
        self._mine(tx, by, webhook_id)
        body = msgspec.json.encode({"id": ping_id, "type": PING, "timestamp": at, "data": {"webhook_id": webhook_id}})
        tx.run(self.events.insert_delivery, **delivery_row(webhook_id, ping_id, PING, 0, 0, to_us(at), body))
        tx.run(self.store.try_now, webhook=webhook_id)
        old = [row[0] for row in tx.rows(self.store.old_pings, webhook=webhook_id, kept=PINGS_KEPT)]
        if old:
            tx.run(self.events.delete_attempts, ids=old)
            tx.run(self.events.delete_deliveries, ids=old)

    def redeliver(self, tx: Tx, by: Keeper, webhook_id: str, event_id: str, at: datetime) -> None:
        """Send one message again, with the same id."""
        self._mine(tx, by, webhook_id)
        self.queries.one_delivery(tx, webhook_id, event_id)
        self._again(tx, webhook_id, [event_id], at)

    def redeliver_span(self, tx: Tx, by: Keeper, webhook_id: str, since: datetime, until: datetime, at: datetime, *,
                       undelivered: bool) -> int:  # fmt: skip
        """Send again what was written in [since, until), also what was never meant for this webhook before; how much.

        `undelivered`: only what this webhook has not taken.
        """
        hook = self._mine(tx, by, webhook_id)
        if since >= until:
            raise Refused("span_empty", "invalid", "until")
        rows = tx.rows(self.queries.span, webhook=webhook_id, owner=hook.owner_id, from_us=to_us(since),
                       until_us=to_us(until))  # fmt: skip
        if len(rows) > SPAN_EVENTS_MAX:
            raise Refused("span_too_long", "invalid", "until", events_max=SPAN_EVENTS_MAX)
        rows = [row for row in rows if wants(hook.kinds, row[1]) and not (undelivered and row[4] == "delivered")]
        tx.many(self.events.insert_delivery, [
            delivery_row(webhook_id, row[0], row[1], row[2], row[3], to_us(at)) for row in rows if row[4] is None
        ])  # fmt: skip
        self._again(tx, webhook_id, [row[0] for row in rows if row[4] is not None], at)
        return len(rows)

    def _again(self, tx: Tx, webhook_id: str, event_ids: list[str], at: datetime) -> None:
        if event_ids:
            tx.run(self.store.again, webhook=webhook_id, ids=event_ids, now_us=to_us(at))
        tx.run(self.store.try_now, webhook=webhook_id)

    def _mine(self, tx: Tx, by: Keeper, webhook_id: str) -> WebhookRow:
        return self.queries.one(tx, webhook_id, keeper(by))

    def _checked(self, wanted: Wanted) -> str:
        """The chosen types as they are stored."""
        if not wanted.name.strip() or len(wanted.name.strip()) > NAME_CHARACTERS_MAX:
            raise Refused("webhook_name_length", "invalid", "name", characters_max=NAME_CHARACTERS_MAX)
        for kind in wanted.types:
            if kind not in self.types:
                raise Refused("unknown_event_type", "invalid", "types", event_type=kind[:60])
        return " ".join(self._in_order(wanted.types))

    def _in_order(self, kinds: Iterable[str]) -> list[str]:
        chosen = set(kinds)
        return [kind for kind in self.types if kind in chosen]

    def _put_secret(self, tx: Tx, by: Keeper, webhook_id: str, number: int, secret: Secret, at: datetime) -> None:
        tx.run(self.store.insert_secret, webhook_id=webhook_id, number=number, sealed=secret.sealed, last4=secret.last4,
               created_us=to_us(at), created_by=by.login, until_us=None)  # fmt: skip


def keeper(by: Keeper) -> int:
    """For whom this person keeps webhooks: like keys, they carry data out."""
    if not by.changes:
        raise Refused("webhook_rights_needed", "forbidden")
    return by.owner_id
