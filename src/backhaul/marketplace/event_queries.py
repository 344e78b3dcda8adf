"""The events of a seller in their order, from a place on."""

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.machine import Refused
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.webhooks import Message

PAGE_ROWS_MAX = 500

_events = t.seller_events.c
_decode = msgspec.json.Decoder(Message).decode

POSITION = Statement(
    sa.select(_events.position).where(
        _events.event_id == bindparam("event"), _events.seller_id == bindparam("seller"), _events.position.is_not(None)
    )
)
PAGE = (
    sa.select(_events.body)
    .where(_events.seller_id == bindparam("seller"), _events.position > bindparam("position"))
    .order_by(_events.position)
    .limit(bindparam("most"))
)
ALL = Statement(PAGE)
OF_KINDS = Statement(PAGE.where(among(_events.kind, "kinds")))


def page(tx: Tx, seller_id: int, after: str, most: int, kinds: list[str]) -> list[Message]:
    """The next events after one of them; `after` empty: from the oldest that is kept.

    `Refused` when there is no such event (any more): to begin elsewhere without a word would lose some.
    """
    position = 0
    if after:
        row = tx.one(POSITION, event=after, seller=seller_id)
        if row is None:
            raise Refused("event_unknown", "gone", "after")
        position = row[0]
    if kinds:
        rows = tx.rows(OF_KINDS, seller=seller_id, position=position, most=most, kinds=kinds)
    else:
        rows = tx.rows(ALL, seller=seller_id, position=position, most=most)
    return [_decode(row[0]) for row in rows]
