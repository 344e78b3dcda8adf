"""What a seller's owner does with webhooks, inside the desk's transaction: made, changed, paused, removed; secrets; pings; again."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, event_store, webhook_queries, webhook_store
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.webhooks import PING, TYPES, wants

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


def create(tx: Tx, account: access.Account, webhook_id: str, wanted: Wanted, secret: Secret, policy: Policy,
           at: datetime) -> None:  # fmt: skip
    """A webhook that works at once, with its first secret."""
    seller_id = keeper(account)
    kinds = _checked(wanted)
    if len(webhook_queries.of_seller(tx, seller_id)) >= policy.webhooks_max:
        raise Refused("too_many_webhooks", "conflict", webhooks_max=policy.webhooks_max)
    tx.run(webhook_store.INSERT, id=webhook_id, seller_id=seller_id, url=wanted.url, name=wanted.name.strip(), kinds=kinds,
           state="active", why="", created_us=to_us(at), created_by=account.login, fails=0, failing_since_us=None,
           next_us=0, lease_us=0, removed_us=None)  # fmt: skip
    _put_secret(tx, account, webhook_id, 1, secret, at)


def change(tx: Tx, account: access.Account, webhook_id: str, wanted: Wanted) -> None:
    """Another address, name or choice of types; what waits goes to the new address."""
    _mine(tx, account, webhook_id)
    kinds = _checked(wanted)
    tx.run(webhook_store.CHANGE, webhook=webhook_id, to_url=wanted.url, to_name=wanted.name.strip(), to_kinds=kinds)


def pause(tx: Tx, account: access.Account, webhook_id: str) -> None:
    """Nothing is sent until it is resumed; what happens meanwhile waits."""
    hook = _mine(tx, account, webhook_id)
    if hook.state == "paused":
        raise Refused("webhook_paused_already", "conflict")
    tx.run(webhook_store.PAUSE, webhook=webhook_id, because="owner")


def resume(tx: Tx, account: access.Account, webhook_id: str, at: datetime) -> None:
    """Everything that waits goes out, oldest first, as if it had not been tried."""
    hook = _mine(tx, account, webhook_id)
    if hook.state != "paused":
        raise Refused("webhook_not_paused", "conflict")
    tx.run(webhook_store.RESUME, webhook=webhook_id)
    tx.run(webhook_store.AFRESH, webhook=webhook_id, now_us=to_us(at))


def remove(tx: Tx, account: access.Account, webhook_id: str, at: datetime) -> None:
    """Nothing is sent any more; its secrets are forgotten."""
    _mine(tx, account, webhook_id)
    tx.run(webhook_store.REMOVE, webhook=webhook_id, at_us=to_us(at))
    tx.run(webhook_store.DROP_WAITING, webhook=webhook_id, at_us=to_us(at))
    tx.run(webhook_store.FORGET_SECRETS, webhook=webhook_id)


def add_secret(tx: Tx, account: access.Account, webhook_id: str, secret: Secret, keep_hours: int, at: datetime) -> None:
    """Another secret; the earlier ones sign along for `keep_hours`, so that receivers can change without a gap."""
    _mine(tx, account, webhook_id)
    if not 0 <= keep_hours <= KEEP_HOURS_MAX:
        raise Refused("keep_hours_unusable", "invalid", "keep_hours", hours_max=KEEP_HOURS_MAX)
    until_us = to_us(at + timedelta(hours=keep_hours))
    active = webhook_queries.secrets(tx, webhook_id, at)
    if keep_hours and len(active) >= SECRETS_MAX:
        raise Refused("too_many_secrets", "conflict", secrets_max=SECRETS_MAX)
    number = active[0].number + 1
    tx.run(webhook_store.END_SECRETS, webhook=webhook_id, before=number, to_until=until_us)
    tx.run(webhook_store.DELETE_SECRETS, webhook=webhook_id, now_us=to_us(at))
    _put_secret(tx, account, webhook_id, number, secret, at)


def ping(tx: Tx, account: access.Account, webhook_id: str, ping_id: str, at: datetime) -> None:
    """A message for trying out; it goes ahead of others, and to a paused webhook too."""
    _mine(tx, account, webhook_id)
    body = msgspec.json.encode({"id": ping_id, "type": PING, "timestamp": at, "data": {"webhook_id": webhook_id}})
    tx.run(event_store.INSERT_DELIVERY, **event_store.delivery_row(webhook_id, ping_id, PING, 0, 0, to_us(at), body))
    tx.run(webhook_store.TRY_NOW, webhook=webhook_id)
    old = [row[0] for row in tx.rows(webhook_store.OLD_PINGS, webhook=webhook_id, kept=PINGS_KEPT)]
    if old:
        tx.run(event_store.DELETE_ATTEMPTS, ids=old)
        tx.run(event_store.DELETE_DELIVERIES, ids=old)


def redeliver(tx: Tx, account: access.Account, webhook_id: str, event_id: str, at: datetime) -> None:
    """Send one message again, with the same id."""
    _mine(tx, account, webhook_id)
    webhook_queries.one_delivery(tx, webhook_id, event_id)
    _again(tx, webhook_id, [event_id], at)


def redeliver_span(tx: Tx, account: access.Account, webhook_id: str, since: datetime, until: datetime, at: datetime, *,
                   undelivered: bool) -> int:  # fmt: skip
    """Send again what was written in [since, until), also what was never meant for this webhook before; how much.

    `undelivered`: only what this webhook has not taken.
    """
    hook = _mine(tx, account, webhook_id)
    if since >= until:
        raise Refused("span_empty", "invalid", "until")
    rows = tx.rows(webhook_queries.SPAN, webhook=webhook_id, seller=hook.seller_id, from_us=to_us(since),
                   until_us=to_us(until))  # fmt: skip
    if len(rows) > webhook_queries.SPAN_EVENTS_MAX:
        raise Refused("span_too_long", "invalid", "until", events_max=webhook_queries.SPAN_EVENTS_MAX)
    rows = [row for row in rows if wants(hook.kinds, row[1]) and not (undelivered and row[4] == "delivered")]
    tx.many(event_store.INSERT_DELIVERY, [
        event_store.delivery_row(webhook_id, row[0], row[1], row[2], row[3], to_us(at)) for row in rows if row[4] is None
    ])  # fmt: skip
    _again(tx, webhook_id, [row[0] for row in rows if row[4] is not None], at)
    return len(rows)


def _again(tx: Tx, webhook_id: str, event_ids: list[str], at: datetime) -> None:
    if event_ids:
        tx.run(webhook_store.AGAIN, webhook=webhook_id, ids=event_ids, now_us=to_us(at))
    tx.run(webhook_store.TRY_NOW, webhook=webhook_id)


def keeper(account: access.Account) -> int:
    """The seller for whom this person keeps webhooks: like keys, they carry data out."""
    if not account.keeps_keys:
        raise Refused("webhook_rights_needed", "forbidden")
    return int(account.subject)


def _mine(tx: Tx, account: access.Account, webhook_id: str) -> webhook_queries.WebhookRow:
    return webhook_queries.one(tx, webhook_id, keeper(account))


def _checked(wanted: Wanted) -> str:
    """The chosen types as they are stored."""
    if not wanted.name.strip() or len(wanted.name.strip()) > NAME_CHARACTERS_MAX:
        raise Refused("webhook_name_length", "invalid", "name", characters_max=NAME_CHARACTERS_MAX)
    for kind in wanted.types:
        if kind not in TYPES:
            raise Refused("unknown_event_type", "invalid", "types", event_type=kind[:60])
    return " ".join(_in_order(wanted.types))


def _in_order(kinds: Iterable[str]) -> list[str]:
    chosen = set(kinds)
    return [kind for kind in TYPES if kind in chosen]


def _put_secret(tx: Tx, account: access.Account, webhook_id: str, number: int, secret: Secret, at: datetime) -> None:
    tx.run(webhook_store.INSERT_SECRET, webhook_id=webhook_id, number=number, sealed=secret.sealed, last4=secret.last4,
           created_us=to_us(at), created_by=account.login, until_us=None)  # fmt: skip
