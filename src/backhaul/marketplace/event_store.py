"""What sellers are told, written with the change that tells it; afterwards each event gets its place in their order.

The place is given after the commit, by one at a time: a row that another process still writes cannot appear behind a reader
who has passed its place. Deliveries are written in the same transaction, so that both ways tell the same.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.desk import Change
from backhaul.marketplace import store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.webhooks import message, wants

PLACED_MAX = 500
DELETED_MAX = 500
COUNTER, FIRST_POSITION = "seller_event", 1

_encode = msgspec.json.Encoder().encode
_events, _deliveries, _attempts = t.seller_events, t.webhook_deliveries, t.webhook_attempts

INSERT = Statement(_events.insert().values({c.name: bindparam(c.name) for c in _events.columns if c.name != "id"}))
ANY_UNPLACED = Statement(sa.select(_events.c.id).where(_events.c.position.is_(None)).limit(1))
UNPLACED = Statement(
    sa.select(_events.c.id, _events.c.event_id, _events.c.seller_id, _events.c.case_id, _events.c.kind)
    .where(_events.c.position.is_(None))
    .order_by(_events.c.id)
    .limit(PLACED_MAX)
)
PLACE = Statement(_events.update().where(_events.c.id == bindparam("row_id")).values(position=bindparam("to_position")))
RECEIVERS = Statement(
    sa.select(t.webhooks.c.id, t.webhooks.c.seller_id, t.webhooks.c.kinds).where(
        among(t.webhooks.c.seller_id, "sellers"), t.webhooks.c.removed_us.is_(None)
    )
)
INSERT_DELIVERY = Statement(
    _deliveries.insert().values({c.name: bindparam(c.name) for c in _deliveries.columns if c.name != "id"})
)
OLD = Statement(
    sa.select(_events.c.recorded_us, _events.c.id, _events.c.event_id, _events.c.seller_id, _events.c.position)
    .where(
        _events.c.recorded_us < bindparam("before_us"),
        _events.c.position.is_not(None),
        sa.tuple_(_events.c.recorded_us, _events.c.id)
        > sa.tuple_(bindparam("behind_us", type_=sa.BigInteger), bindparam("behind", type_=sa.BigInteger)),
    )
    .order_by(_events.c.recorded_us, _events.c.id)
    .limit(DELETED_MAX)
)
# What a seller's webhook waits for longest. Pings have no place.
_first = (
    sa.select(sa.func.min(_deliveries.c.position))
    .where(_deliveries.c.webhook_id == t.webhooks.c.id, _deliveries.c.next_us.is_not(None), _deliveries.c.position > 0)
    .correlate(t.webhooks)
    .scalar_subquery()
)
FIRST_WAITING = Statement(
    sa.select(t.webhooks.c.seller_id, _first).where(
        among(t.webhooks.c.seller_id, "sellers"), t.webhooks.c.removed_us.is_(None)
    )
)
DELETE_ATTEMPTS = Statement(
    _attempts.delete().where(
        _attempts.c.delivery_id.in_(sa.select(_deliveries.c.id).where(among(_deliveries.c.event_id, "ids")))
    )
)
DELETE_DELIVERIES = Statement(_deliveries.delete().where(among(_deliveries.c.event_id, "ids")))
DELETE = Statement(_events.delete().where(among(_events.c.event_id, "ids")))


def write(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """The messages of a batch, in its transaction."""
    rows: list[dict[str, object]] = []
    for change in changes:
        for seq, (event, _, _, after), mark in change.events:
            told = message(after, event, seq, from_us(mark.at_us))
            if told is not None:
                rows.append({
                    "event_id": told.id, "seller_id": after.seller_id, "case_id": change.case_id, "kind": told.type,
                    "body": _encode(told), "recorded_us": mark.recorded_us, "position": None,
                })  # fmt: skip
    tx.many(INSERT, rows)


def place(tx: Tx, now_us: int) -> int:
    """Give places to what has none, and write its deliveries; how many. Whoever comes second waits for the counter's row."""
    first = store.take_number(tx, COUNTER, FIRST_POSITION, 0)
    rows = tx.rows(UNPLACED)
    if not rows:
        return 0
    store.take_number(tx, COUNTER, FIRST_POSITION, len(rows))
    tx.many(PLACE, [{"row_id": row[0], "to_position": first + n} for n, row in enumerate(rows)])
    receivers: dict[int, list[tuple[str, str]]] = {}
    for webhook_id, seller_id, kinds in tx.rows(RECEIVERS, sellers=sorted({row[2] for row in rows})):
        receivers.setdefault(seller_id, []).append((webhook_id, kinds))
    tx.many(INSERT_DELIVERY, [
        delivery_row(webhook_id, row[1], row[4], row[3], first + n, now_us)
        for n, row in enumerate(rows)
        for webhook_id, kinds in receivers.get(row[2], ())
        if wants(kinds, row[4])
    ])  # fmt: skip
    return len(rows)


def delivery_row(webhook_id: str, event_id: str, kind: str, case_id: int, position: int, now_us: int,
                 body: bytes | None = None) -> dict[str, Any]:  # fmt: skip
    """A delivery that is due at once."""
    return {
        "webhook_id": webhook_id, "event_id": event_id, "kind": kind, "case_id": case_id, "position": position,
        "state": "waiting", "tries": 0, "written_us": now_us, "first_us": None, "next_us": now_us, "done_us": None,
        "body": body,
    }  # fmt: skip


Place = tuple[int, int]  # by which old events are passed: when it was written, its row
BEGINNING: Place = (0, 0)


def old(tx: Tx, before_us: int, behind: Place) -> tuple[list[str], Place | None]:
    """Of the next 500 events that were written before an instant those that nobody waits for, and the place of the last of all.

    What a webhook waits for stays, and so does what came later for the same seller: who reads `GET /events` finds no gap.
    """
    rows = tx.rows(OLD, before_us=before_us, behind_us=behind[0], behind=behind[1])
    firsts: dict[int, int] = {}
    for seller_id, first in tx.rows(FIRST_WAITING, sellers=sorted({row[3] for row in rows})) if rows else ():
        if first is not None:
            firsts[seller_id] = min(first, firsts.get(seller_id, first))
    free = [row[2] for row in rows if row[4] < firsts.get(row[3], row[4] + 1)]
    return free, (rows[-1][0], rows[-1][1]) if rows else None


def delete_old(tx: Tx, before_us: int, behind: Place) -> int:
    """Delete them with their deliveries; how many."""
    ids, _ = old(tx, before_us, behind)
    if ids:
        tx.run(DELETE_ATTEMPTS, ids=ids)
        tx.run(DELETE_DELIVERIES, ids=ids)
        tx.run(DELETE, ids=ids)
    return len(ids)
