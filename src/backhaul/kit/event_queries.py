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
        gone = tables.gone.c
        self._gone = Statement(
            sa.select(gone.event_id, gone.position).where(tables.owner_of_gone == bindparam("owner"))
        )
        self._newest = Statement(
            sa.select(events.event_id)
            .where(tables.owner_of_event == bindparam("owner"), events.position > 0)
            .order_by(events.position.desc())
            .limit(1)
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

        `Refused` when there is no such event, or something after it is gone: to begin elsewhere without a word would lose it.
        """
        position = self._after(tx, owner_id, after) if after else 0
        if kinds:
            rows = tx.rows(self._of_kinds, owner=owner_id, position=position, most=most, kinds=kinds)
        else:
            rows = tx.rows(self._all, owner=owner_id, position=position, most=most)
        return [self._decode(row[0]) for row in rows]

    def newest(self, tx: Tx, owner_id: int, after: str) -> str:
        """Where a reader of some kinds stands who has read to the end: the last event of any kind; `after` when none is kept."""
        row = tx.one(self._newest, owner=owner_id)
        return after if row is None else str(row[0])

    def _after(self, tx: Tx, owner_id: int, event_id: str) -> int:
        """The place from which to go on. The last one that was deleted is known: whoever has read it has lost nothing."""
        last_gone, gone_until = tx.one(self._gone, owner=owner_id) or ("", 0)
        row = tx.one(self._position, event=event_id, owner=owner_id)
        position = row[0] if row is not None else gone_until if event_id == last_gone else 0
        if position < max(gone_until, 1):
            raise Refused("event_unknown", "gone", "after")
        return int(position)
