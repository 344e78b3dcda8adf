"""What programs are told, written with the change that tells it; afterwards each event gets its place in their order.

The place is given after the commit, by one at a time: a row that another process still writes cannot appear behind a reader
who has passed its place. Deliveries are written in the same transaction, so that both ways tell the same.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.webhook_law import wants
from backhaul.kit.webhook_tables import WebhookTables

PLACED_MAX = 500
DELETED_MAX = 500
FIRST_POSITION = 1

TakeNumber = Callable[[Tx, str, int, int], int]
Old = tuple[str, int, int]  # an event, whose it is, its position
Place = tuple[int, int]  # by which old events are passed: when it was written, its row
BEGINNING: Place = (0, 0)


class Told(msgspec.Struct, frozen=True):
    """A message for whom it is. `case_id`: what must be told in order; `recorded_us`: when it was written."""

    owner_id: int
    event_id: str
    case_id: int
    kind: str
    body: bytes
    recorded_us: int


class EventStore:
    """The events of a house. `take_number` gives numbers of a counter, under its lock; the counter is `seller_event` at the marketplace."""

    def __init__(self, tables: WebhookTables, take_number: TakeNumber) -> None:
        self.owner = tables.owner
        self._take_number = take_number
        self._counter = tables.events.name.removesuffix("s")
        events, deliveries, attempts, hooks = tables.events, tables.deliveries, tables.attempts, tables.webhooks
        self.insert = Statement(
            events.insert().values({c.name: bindparam(c.name) for c in events.columns if c.name != "id"})
        )
        self.any_unplaced = Statement(sa.select(events.c.id).where(events.c.position.is_(None)).limit(1))
        self.unplaced = Statement(
            sa.select(events.c.id, events.c.event_id, tables.owner_of_event, events.c.case_id, events.c.kind)
            .where(events.c.position.is_(None))
            .order_by(events.c.id)
            .limit(PLACED_MAX)
        )
        self._place = Statement(
            events.update().where(events.c.id == bindparam("row_id")).values(position=bindparam("to_position"))
        )
        self._receivers = Statement(
            sa.select(hooks.c.id, tables.owner_of_webhook, hooks.c.kinds).where(
                among(tables.owner_of_webhook, "owners"), hooks.c.removed_us.is_(None)
            )
        )
        self.insert_delivery = Statement(
            deliveries.insert().values({c.name: bindparam(c.name) for c in deliveries.columns if c.name != "id"})
        )
        self._of_what_is_old(tables)
        of_events = sa.select(deliveries.c.id).where(among(deliveries.c.event_id, "ids"))
        self.delete_attempts = Statement(attempts.delete().where(attempts.c.delivery_id.in_(of_events)))
        self.delete_deliveries = Statement(deliveries.delete().where(among(deliveries.c.event_id, "ids")))
        gone = tables.gone
        self._go_on = Statement(
            gone.update()
            .where(tables.owner_of_gone == bindparam("owner"), gone.c.position < bindparam("to_position"))
            .values(event_id=bindparam("to_event"), position=bindparam("to_position"))
        )
        self._is_noted = Statement(sa.select(gone.c.position).where(tables.owner_of_gone == bindparam("owner")))
        self._begin = Statement(gone.insert())
        self._delete = Statement(events.delete().where(among(events.c.event_id, "ids")))

    def _of_what_is_old(self, tables: WebhookTables) -> None:
        events, deliveries, hooks = tables.events.c, tables.deliveries.c, tables.webhooks.c
        behind = sa.tuple_(bindparam("behind_us", type_=sa.BigInteger), bindparam("behind", type_=sa.BigInteger))
        self.written_before = Statement(
            sa.select(events.recorded_us, events.id, events.event_id, tables.owner_of_event, events.position)
            .where(
                events.recorded_us < bindparam("before_us"),
                events.position.is_not(None),
                sa.tuple_(events.recorded_us, events.id) > behind,
            )
            .order_by(events.recorded_us, events.id)
            .limit(DELETED_MAX)
        )
        self._firsts_of_owner = Statement(
            sa.select(events.event_id, events.position)
            .where(tables.owner_of_event == bindparam("owner"), events.position > 0)
            .order_by(events.position)
            .limit(bindparam("most"))
        )
        # What a webhook waits for longest. Pings have no place.
        first = (
            sa.select(sa.func.min(deliveries.position))
            .where(deliveries.webhook_id == hooks.id, deliveries.next_us.is_not(None), deliveries.position > 0)
            .correlate(tables.webhooks)
            .scalar_subquery()
        )
        self._first_waiting = Statement(
            sa.select(tables.owner_of_webhook, first).where(
                among(tables.owner_of_webhook, "owners"), hooks.removed_us.is_(None)
            )
        )

    def write(self, tx: Tx, told: Sequence[Told]) -> None:
        """The messages of a batch, in its transaction."""
        tx.put(self.insert, [
            {
                "event_id": one.event_id, self.owner: one.owner_id, "case_id": one.case_id, "kind": one.kind,
                "body": one.body, "recorded_us": one.recorded_us, "position": None,
            }
            for one in told
        ])  # fmt: skip

    def place(self, tx: Tx, now_us: int) -> int:
        """Give places to what has none, and write its deliveries; how many. Whoever comes second waits for the counter's row."""
        first = self._take_number(tx, self._counter, FIRST_POSITION, 0)
        rows = tx.rows(self.unplaced)
        if not rows:
            return 0
        self._take_number(tx, self._counter, FIRST_POSITION, len(rows))
        tx.put(self._place, [{"row_id": row[0], "to_position": first + n} for n, row in enumerate(rows)])
        receivers: dict[int, list[tuple[str, str]]] = {}
        for webhook_id, owner_id, kinds in tx.rows(self._receivers, owners=sorted({row[2] for row in rows})):
            receivers.setdefault(owner_id, []).append((webhook_id, kinds))
        tx.put(self.insert_delivery, [
            delivery_row(webhook_id, row[1], row[4], row[3], first + n, now_us)
            for n, row in enumerate(rows)
            for webhook_id, kinds in receivers.get(row[2], ())
            if wants(kinds, row[4])
        ])  # fmt: skip
        return len(rows)

    def old(self, tx: Tx, before_us: int, behind: Place) -> tuple[list[Old], Place | None]:
        """Of the next 500 events that were written before an instant those that nobody waits for, and the place of the last of all.

        What a webhook waits for stays, and so does what came later for the same owner: who reads `GET /events` finds no gap.
        Neither goes what stands behind an event that an earlier round left there; the next pass comes to both.
        """
        rows = tx.rows(self.written_before, before_us=before_us, behind_us=behind[0], behind=behind[1])
        if not rows:
            return [], None
        of_owner: dict[int, set[str]] = {}
        for row in rows:
            of_owner.setdefault(row[3], set()).add(row[2])
        ends: dict[int, int] = {}
        for owner_id, first in tx.rows(self._first_waiting, owners=sorted(of_owner)):
            if first is not None:
                ends[owner_id] = min(first, ends.get(owner_id, first))
        for owner_id, ids in of_owner.items():
            firsts = tx.rows(self._firsts_of_owner, owner=owner_id, most=len(ids) + 1)
            stays = next((position for event_id, position in firsts if event_id not in ids), None)
            if stays is not None:
                ends[owner_id] = min(stays, ends.get(owner_id, stays))
        free = [(row[2], row[3], row[4]) for row in rows if row[4] < ends.get(row[3], row[4] + 1)]
        return free, (rows[-1][0], rows[-1][1])

    def delete_old(self, tx: Tx, before_us: int, behind: Place) -> int:
        """Delete them with their deliveries; how many."""
        free, _ = self.old(tx, before_us, behind)
        if free:
            ids = [event_id for event_id, _, _ in free]
            tx.run(self.delete_attempts, ids=ids)
            tx.run(self.delete_deliveries, ids=ids)
            tx.run(self._delete, ids=ids)
            self._note_gone(tx, free)
        return len(free)

    def _note_gone(self, tx: Tx, free: Sequence[Old]) -> None:
        """Of each owner the last one that went, by which `GET /events` knows a reader who has missed nothing."""
        last = {owner_id: (position, event_id) for event_id, owner_id, position in sorted(free, key=lambda one: one[2])}
        for owner_id, (position, event_id) in sorted(last.items()):
            moved = tx.run(self._go_on, owner=owner_id, to_event=event_id, to_position=position)
            if moved != 1 and tx.one(self._is_noted, owner=owner_id) is None:
                tx.run(self._begin, **{self.owner: owner_id}, event_id=event_id, position=position)


def delivery_row(webhook_id: str, event_id: str, kind: str, case_id: int, position: int, now_us: int,
                 body: bytes | None = None) -> dict[str, Any]:  # fmt: skip
    """A delivery that is due at once."""
    return {
        "webhook_id": webhook_id, "event_id": event_id, "kind": kind, "case_id": case_id, "position": position,
        "state": "waiting", "tries": 0, "written_us": now_us, "first_us": None, "next_us": now_us, "done_us": None,
        "body": body,
    }  # fmt: skip
