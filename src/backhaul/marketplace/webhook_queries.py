"""Looks at webhooks: those of a seller, one with its secrets, deliveries with their attempts, and what is due to whom."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t

WEBHOOKS_MAX = 100
DELIVERIES_PAGE = 50
ATTEMPTS_MAX = 50
SPAN_EVENTS_MAX = 2000
DUE_MAX = 100


class WebhookRow(msgspec.Struct, frozen=True):
    """A webhook. `kinds`: with blanks between them, none means all; `why` it is paused: `owner`, `failing` or `gone`."""

    id: str
    seller_id: int
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


_hooks, _secrets, _deliveries = t.webhooks.c, t.webhook_secrets.c, t.webhook_deliveries.c
_attempts, _events = t.webhook_attempts.c, t.seller_events.c
_columns = [
    _hooks[name]
    for name in (
        "id", "seller_id", "url", "name", "kinds", "state", "why", "created_us", "created_by", "fails", "failing_since_us",
        "next_us",
    )
]  # fmt: skip
OF_SELLER = Statement(
    sa.select(*_columns)
    .where(_hooks.seller_id == bindparam("seller"), _hooks.removed_us.is_(None))
    .order_by(_hooks.created_us, _hooks.id)
    .limit(WEBHOOKS_MAX)
)
ONE = Statement(sa.select(*_columns).where(_hooks.id == bindparam("webhook"), _hooks.removed_us.is_(None)))
SECRETS = Statement(
    sa.select(
        _secrets.number, _secrets.sealed, _secrets.last4, _secrets.created_us, _secrets.created_by, _secrets.until_us
    )
    .where(
        _secrets.webhook_id == bindparam("webhook"),
        sa.or_(_secrets.until_us.is_(None), _secrets.until_us > bindparam("now_us")),
    )
    .order_by(_secrets.number.desc())
)
_delivery = [
    _deliveries[name]
    for name in (
        "id", "event_id", "kind", "case_id", "state", "tries", "written_us", "first_us", "next_us", "done_us",
    )
]  # fmt: skip
_page = (
    sa.select(*_delivery)
    .where(_deliveries.webhook_id == bindparam("webhook"), _deliveries.id < bindparam("before"))
    .order_by(_deliveries.id.desc())
    .limit(DELIVERIES_PAGE + 1)
)
DELIVERIES = Statement(_page)
DELIVERIES_IN_STATE = Statement(_page.where(_deliveries.state == bindparam("state")))
_body = sa.func.coalesce(_deliveries.body, _events.body)
ONE_DELIVERY = Statement(
    sa.select(*_delivery, _body)
    .outerjoin(t.seller_events, _events.event_id == _deliveries.event_id)
    .where(_deliveries.webhook_id == bindparam("webhook"), _deliveries.event_id == bindparam("event"))
)
ATTEMPTS = Statement(
    sa.select(
        _attempts.at_us, _attempts.url, _attempts.stamp, _attempts.signature, _attempts.status,
        _attempts.milliseconds, _attempts.error, _attempts.answer,
    )
    .where(_attempts.delivery_id == bindparam("delivery"))
    .order_by(_attempts.id.desc())
    .limit(ATTEMPTS_MAX)
)  # fmt: skip
SPAN = Statement(
    sa.select(_events.event_id, _events.kind, _events.case_id, _events.position, _deliveries.state)
    .outerjoin(
        t.webhook_deliveries,
        sa.and_(_deliveries.event_id == _events.event_id, _deliveries.webhook_id == bindparam("webhook")),
    )
    .where(
        _events.seller_id == bindparam("seller"),
        _events.recorded_us >= bindparam("from_us"),
        _events.recorded_us < bindparam("until_us"),
        _events.position.is_not(None),
    )
    .order_by(_events.position)
    .limit(SPAN_EVENTS_MAX + 1)
)
# What waits and has nothing earlier of its return before it, longest due first: the index gives this order, so a long queue
# costs no more than a short one. Pings are of no return.
_earlier = t.webhook_deliveries.alias("earlier")
_waiting = (
    sa.select(*_delivery, _body)
    .outerjoin(t.seller_events, _events.event_id == _deliveries.event_id)
    .where(_deliveries.webhook_id == bindparam("webhook"), _deliveries.next_us.is_not(None))
    .limit(bindparam("most"))
)
_heads = _waiting.order_by(_deliveries.next_us, _deliveries.position).where(
    _deliveries.case_id != 0,
    ~sa.exists().where(
        _earlier.c.webhook_id == _deliveries.webhook_id,
        _earlier.c.case_id == _deliveries.case_id,
        _earlier.c.position < _deliveries.position,
        _earlier.c.next_us.is_not(None),
    ),
)
HEADS_DUE = Statement(_heads.where(_deliveries.next_us <= bindparam("now_us")))
HEADS = Statement(_heads)
PINGS = Statement(_waiting.where(_deliveries.case_id == 0).order_by(_deliveries.position, _deliveries.id))
# Who has something to be sent. A receiver that takes nothing is asked with what is not due yet; one that is paused gets pings.
_waits_for = sa.and_(_deliveries.webhook_id == _hooks.id, _deliveries.next_us.is_not(None))
DUE = Statement(
    sa.select(_hooks.id, _hooks.seller_id)
    .where(
        _hooks.removed_us.is_(None),
        _hooks.next_us <= bindparam("now_us"),
        _hooks.lease_us <= bindparam("now_us"),
        sa.or_(
            sa.and_(
                _hooks.state == "active", sa.exists().where(_waits_for, _deliveries.next_us <= bindparam("now_us"))
            ),
            sa.and_(_hooks.state == "active", _hooks.fails > 0, sa.exists().where(_waits_for)),
            sa.exists().where(_waits_for, _deliveries.case_id == 0),
        ),
    )
    .order_by(_hooks.next_us, _hooks.id)
    .limit(DUE_MAX)
)


def of_seller(tx: Tx, seller_id: int) -> list[WebhookRow]:
    """A seller's webhooks, oldest first."""
    return [WebhookRow(*row) for row in tx.rows(OF_SELLER, seller=seller_id)]


def one(tx: Tx, webhook_id: str, seller_id: int) -> WebhookRow:
    """A webhook of this seller; `Refused` when there is none."""
    row = tx.one(ONE, webhook=webhook_id)
    if row is None or row[1] != seller_id:
        raise Refused("not_found", "missing")
    return WebhookRow(*row)


def secrets(tx: Tx, webhook_id: str, at: datetime) -> list[SecretRow]:
    """The secrets that sign now, newest first."""
    rows = tx.rows(SECRETS, webhook=webhook_id, now_us=to_us(at))
    return [SecretRow(row[0], bytes(row[1]), row[2], from_us(row[3]), row[4], _instant(row[5])) for row in rows]


def deliveries(tx: Tx, webhook_id: str, state: str, before: int) -> tuple[list[DeliveryRow], bool]:
    """A page of deliveries, newest first, and whether there are older ones."""
    if state:
        rows = tx.rows(DELIVERIES_IN_STATE, webhook=webhook_id, before=before, state=state)
    else:
        rows = tx.rows(DELIVERIES, webhook=webhook_id, before=before)
    return [delivery(row) for row in rows[:DELIVERIES_PAGE]], len(rows) > DELIVERIES_PAGE


def one_delivery(tx: Tx, webhook_id: str, event_id: str) -> tuple[DeliveryRow, bytes, list[Attempt]]:
    """A delivery with what is sent and its latest tries, newest first."""
    row = tx.one(ONE_DELIVERY, webhook=webhook_id, event=event_id)
    if row is None:
        raise Refused("not_found", "missing")
    tries = [Attempt(from_us(one[0]), *one[1:]) for one in tx.rows(ATTEMPTS, delivery=row[0])]
    return delivery(row), bytes(row[-1] or b""), tries


def delivery(row: tuple[Any, ...]) -> DeliveryRow:
    """A row that begins with the columns of a delivery."""
    number, event_id, kind, case_id, state, tries, written_us, *instants = row[:10]
    first, following, done = (_instant(us) for us in instants)
    return DeliveryRow(number, event_id, kind, case_id, state, tries, from_us(written_us), first, following, done)


def _instant(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
