"""The events of an owner in their order, from a place on."""

from collections.abc import Callable
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_tables import WebhookTables

PAGE_ROWS_MAX = 500
M = TypeVar("M")


class EventQueries(Generic[M]):
    """Looks at a house's events; `decode` makes a message of a stored body."""

    def __init__(self, tables: WebhookTables, decode: Callable[[bytes], M]) -> None:
        self._decode = decode
        events = tables.events.c
        self._position = Statement(
            sa.select(events.position).where(
                events.event_id == bindparam("event"),
                tables.owner_of_event == bindparam("owner"),
                events.position.is_not(None),
            )
        )
        page = (
            sa.select(events.body)
            .where(tables.owner_of_event == bindparam("owner"), events.position > bindparam("position"))
            .order_by(events.position)
            .limit(bindparam("most"))
        )
        self._all = Statement(page)
        self._of_kinds = Statement(page.where(among(events.kind, "kinds")))

    def page(self, tx: Tx, owner_id: int, after: str, most: int, kinds: list[str]) -> list[M]:
        """The next events after one of them; `after` empty: from the oldest that is kept.

        `Refused` when there is no such event (any more): to begin elsewhere without a word would lose some.
        """
        position = 0
        if after:
            row = tx.one(self._position, event=after, owner=owner_id)
            if row is None:
                raise Refused("event_unknown", "gone", "after")
            position = row[0]
        if kinds:
            rows = tx.rows(self._of_kinds, owner=owner_id, position=position, most=most, kinds=kinds)
        else:
            rows = tx.rows(self._all, owner=owner_id, position=position, most=most)
        return [self._decode(row[0]) for row in rows]
