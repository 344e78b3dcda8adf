"""Looks at webhooks: those of a seller, one with its secrets, deliveries with their attempts, and what is due to whom."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_tables import WebhookTables

WEBHOOKS_MAX = 100
DELIVERIES_PAGE = 50
ATTEMPTS_MAX = 50
SPAN_EVENTS_MAX = 2000
DUE_MAX = 100


class WebhookRow(msgspec.Struct, frozen=True):
    """A webhook. `kinds`: with blanks between them, none means all; `why` it is paused: `owner`, `failing` or `gone`."""

    id: str
    owner_id: int
    url: str
    name: str
    kinds: str
    state: str
    why: str
    created_us: int
    created_by: str
    fails: int
    failing_since_us: int | None
    next_us: int

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        return from_us(self.created_us)

    @property
    def failing_since(self) -> datetime | None:
        """Since when it takes nothing."""
        return None if self.failing_since_us is None else from_us(self.failing_since_us)


class SecretRow(msgspec.Struct, frozen=True):
    """A secret, sealed."""

    number: int
    sealed: bytes
    last4: str
    created_at: datetime
    created_by: str
    until: datetime | None


class DeliveryRow(msgspec.Struct, frozen=True):
    """One message to one receiver. `state`: waiting, delivered, dead or dropped."""

    id: int
    event_id: str
    kind: str
    case_id: int
    state: str
    tries: int
    written_at: datetime
    first_at: datetime | None
    next_at: datetime | None
    done_at: datetime | None


class Attempt(msgspec.Struct, frozen=True):
    """One try: what was sent, and what came back. `status` 0: nothing, and `error` says why."""

    at: datetime
    url: str
    stamp: str
    signature: str
    status: int
    milliseconds: int
    error: str
    answer: str

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300


class WebhookQueries:
    """Looks at the webhooks of a house."""

    def __init__(self, tables: WebhookTables) -> None:
        self._of_webhooks(tables)
        self._of_deliveries(tables)
        self._of_what_waits(tables)
        self._of_who_waits(tables)

    def _of_webhooks(self, tables: WebhookTables) -> None:
        hooks, secrets = tables.webhooks.c, tables.secrets.c
        names = (
            "id", tables.owner, "url", "name", "kinds", "state", "why", "created_us", "created_by", "fails",
            "failing_since_us", "next_us",
        )  # fmt: skip
        columns = [hooks[name] for name in names]
        self._of_owner = Statement(
            sa.select(*columns)
            .where(tables.owner_of_webhook == bindparam("owner"), hooks.removed_us.is_(None))
            .order_by(hooks.created_us, hooks.id)
            .limit(WEBHOOKS_MAX)
        )
        self._one = Statement(sa.select(*columns).where(hooks.id == bindparam("webhook"), hooks.removed_us.is_(None)))
        self._secrets = Statement(
            sa.select(
                secrets.number, secrets.sealed, secrets.last4, secrets.created_us, secrets.created_by, secrets.until_us
            )
            .where(
                secrets.webhook_id == bindparam("webhook"),
                sa.or_(secrets.until_us.is_(None), secrets.until_us > bindparam("now_us")),
            )
            .order_by(secrets.number.desc())
        )

    def _of_deliveries(self, tables: WebhookTables) -> None:
        deliveries, attempts, events = tables.deliveries.c, tables.attempts.c, tables.events.c
        page = (
            sa.select(*_columns(tables))
            .where(deliveries.webhook_id == bindparam("webhook"), deliveries.id < bindparam("before"))
            .order_by(deliveries.id.desc())
            .limit(DELIVERIES_PAGE + 1)
        )
        self._deliveries = Statement(page)
        self._deliveries_in_state = Statement(page.where(deliveries.state == bindparam("state")))
        self._one_delivery = Statement(
            sa.select(*_columns(tables), sa.func.coalesce(deliveries.body, events.body))
            .outerjoin(tables.events, events.event_id == deliveries.event_id)
            .where(deliveries.webhook_id == bindparam("webhook"), deliveries.event_id == bindparam("event"))
        )
        self._attempts = Statement(
            sa.select(
                attempts.at_us, attempts.url, attempts.stamp, attempts.signature, attempts.status,
                attempts.milliseconds, attempts.error, attempts.answer,
            )
            .where(attempts.delivery_id == bindparam("delivery"))
            .order_by(attempts.id.desc())
            .limit(ATTEMPTS_MAX)
        )  # fmt: skip
        self.span = Statement(
            sa.select(events.event_id, events.kind, events.case_id, events.position, deliveries.state)
            .outerjoin(
                tables.deliveries,
                sa.and_(deliveries.event_id == events.event_id, deliveries.webhook_id == bindparam("webhook")),
            )
            .where(
                tables.owner_of_event == bindparam("owner"),
                events.recorded_us >= bindparam("from_us"),
                events.recorded_us < bindparam("until_us"),
                events.position.is_not(None),
            )
            .order_by(events.position)
            .limit(SPAN_EVENTS_MAX + 1)
        )

    def _of_what_waits(self, tables: WebhookTables) -> None:
        """What waits and has nothing earlier of its case before it, longest due first. Pings are of no case.

        The index gives this order, so a long queue costs no more than a short one.
        """
        deliveries, events = tables.deliveries.c, tables.events.c
        earlier = tables.deliveries.alias("earlier").c
        waiting = (
            sa.select(*_columns(tables), sa.func.coalesce(deliveries.body, events.body))
            .outerjoin(tables.events, events.event_id == deliveries.event_id)
            .where(deliveries.webhook_id == bindparam("webhook"), deliveries.next_us.is_not(None))
            .limit(bindparam("most"))
        )
        heads = waiting.order_by(deliveries.next_us, deliveries.position).where(
            deliveries.case_id != 0,
            ~sa.exists().where(
                earlier.webhook_id == deliveries.webhook_id,
                earlier.case_id == deliveries.case_id,
                earlier.position < deliveries.position,
                earlier.next_us.is_not(None),
            ),
        )
        self.heads_due = Statement(heads.where(deliveries.next_us <= bindparam("now_us")))
        self.heads = Statement(heads)
        self.pings = Statement(waiting.where(deliveries.case_id == 0).order_by(deliveries.position, deliveries.id))

    def _of_who_waits(self, tables: WebhookTables) -> None:
        """Who has something to be sent. A receiver that takes nothing is asked with what is not due yet; one that is paused gets pings."""
        hooks, deliveries = tables.webhooks.c, tables.deliveries.c
        waits_for = sa.and_(deliveries.webhook_id == hooks.id, deliveries.next_us.is_not(None))
        self.due = Statement(
            sa.select(hooks.id, tables.owner_of_webhook)
            .where(
                hooks.removed_us.is_(None),
                hooks.next_us <= bindparam("now_us"),
                hooks.lease_us <= bindparam("now_us"),
                sa.or_(
                    sa.and_(
                        hooks.state == "active", sa.exists().where(waits_for, deliveries.next_us <= bindparam("now_us"))
                    ),
                    sa.and_(hooks.state == "active", hooks.fails > 0, sa.exists().where(waits_for)),
                    sa.exists().where(waits_for, deliveries.case_id == 0),
                ),
            )
            .order_by(hooks.next_us, hooks.id)
            .limit(DUE_MAX)
        )

    def of_owner(self, tx: Tx, owner_id: int) -> list[WebhookRow]:
        """An owner's webhooks, oldest first."""
        return [WebhookRow(*row) for row in tx.rows(self._of_owner, owner=owner_id)]

    def find(self, tx: Tx, webhook_id: str) -> WebhookRow | None:
        """A webhook, whose ever it is."""
        row = tx.one(self._one, webhook=webhook_id)
        return None if row is None else WebhookRow(*row)

    def one(self, tx: Tx, webhook_id: str, owner_id: int) -> WebhookRow:
        """A webhook of this owner; `Refused` when there is none."""
        found = self.find(tx, webhook_id)
        if found is None or found.owner_id != owner_id:
            raise Refused("not_found", "missing")
        return found

    def secrets(self, tx: Tx, webhook_id: str, at: datetime) -> list[SecretRow]:
        """The secrets that sign now, newest first."""
        rows = tx.rows(self._secrets, webhook=webhook_id, now_us=to_us(at))
        return [SecretRow(row[0], bytes(row[1]), row[2], from_us(row[3]), row[4], _instant(row[5])) for row in rows]

    def deliveries(self, tx: Tx, webhook_id: str, state: str, before: int) -> tuple[list[DeliveryRow], bool]:
        """A page of deliveries, newest first, and whether there are older ones."""
        if state:
            rows = tx.rows(self._deliveries_in_state, webhook=webhook_id, before=before, state=state)
        else:
            rows = tx.rows(self._deliveries, webhook=webhook_id, before=before)
        return [delivery(row) for row in rows[:DELIVERIES_PAGE]], len(rows) > DELIVERIES_PAGE

    def one_delivery(self, tx: Tx, webhook_id: str, event_id: str) -> tuple[DeliveryRow, bytes, list[Attempt]]:
        """A delivery with what is sent and its latest tries, newest first."""
        row = tx.one(self._one_delivery, webhook=webhook_id, event=event_id)
        if row is None:
            raise Refused("not_found", "missing")
        tries = [Attempt(from_us(one[0]), *one[1:]) for one in tx.rows(self._attempts, delivery=row[0])]
        return delivery(row), bytes(row[-1] or b""), tries


def delivery(row: tuple[Any, ...]) -> DeliveryRow:
    """A row that begins with the columns of a delivery."""
    number, event_id, kind, case_id, state, tries, written_us, *instants = row[:10]
    first, following, done = (_instant(us) for us in instants)
    return DeliveryRow(number, event_id, kind, case_id, state, tries, from_us(written_us), first, following, done)


def _columns(tables: WebhookTables) -> "list[sa.Column[Any]]":
    names = ("id", "event_id", "kind", "case_id", "state", "tries", "written_us", "first_us", "next_us", "done_us")
    return [tables.deliveries.c[name] for name in names]


def _instant(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
