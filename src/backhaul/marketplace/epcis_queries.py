"""The events of returns that EPCIS tells of, for one return and for a page of a seller's."""

from itertools import groupby

import msgspec
import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.marketplace import tables as t
from backhaul.marketplace import telling
from backhaul.marketplace.queries import decode_event
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.epcis import KINDS, ObjectEvent, Recorded, object_events
from backhaul.marketplace.rules.webhooks import message_id, type_of

PAGE_EVENTS_MAX = 100

_events = t.journal.events.c
STEPS = Statement(
    sa.select(_events.case_id, _events.seq, _events.data, _events.at_us, _events.recorded_us)
    .where(among(_events.case_id, "cases"), among(_events.kind, "kinds"))
    .order_by(_events.case_id, _events.seq)
)


class Page(msgspec.Struct, frozen=True):
    """EPCIS events of a seller; `last` is the id to go on after."""

    events: list[ObjectEvent]
    last: str
    more: bool


def steps(tx: Tx, return_ids: list[int]) -> dict[int, list[tuple[int, ObjectEvent]]]:
    """The steps of some returns by return, each with the number of its event."""
    rows = tx.rows(STEPS, cases=return_ids, kinds=[kind.__name__ for kind in KINDS])
    return {
        return_id: object_events(
            [Recorded(row[1], decode_event(row[2]), from_us(row[3]), from_us(row[4])) for row in of]
        )
        for return_id, of in groupby(rows, key=lambda row: row[0])
    }


def page(tx: Tx, seller_id: int, after: str, most: int) -> Page:
    """What was recorded after an event of `GET /events`, in that order; `after` empty: from the oldest that is kept."""
    kinds = [type_of(kind) for kind in KINDS if kind is not e.Requested]
    told = telling.feed.page(tx, seller_id, after, most + 1, kinds)
    shown = told[:most]
    of_returns = steps(tx, sorted({one.data.return_id for one in shown}))
    by_event: dict[str, list[ObjectEvent]] = {}
    for return_id, found in of_returns.items():
        for seq, event in found:
            by_event.setdefault(message_id(return_id, seq), []).append(event)
    events = [event for one in shown for event in by_event.get(one.id, ())]
    last, more = shown[-1].id if shown else after, len(told) > most
    return Page(events, last if more else telling.feed.newest(tx, seller_id, last), more)
