"""What sellers' programs are told, on the shelf: messages are written with the change that they tell."""

from collections.abc import Sequence

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.desk import Change
from backhaul.kit.event_queries import EventQueries
from backhaul.kit.event_store import EventStore, Told
from backhaul.kit.webhook_errands import WebhookErrands
from backhaul.marketplace import store, tables
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.webhooks import TYPES, Message, message

_encode = msgspec.json.Encoder().encode

events = EventStore(tables.telling, store.take_number)
feed = EventQueries(tables.telling, msgspec.json.Decoder(Message).decode)
webhooks = WebhookErrands(tables.telling, events, TYPES)


def write(tx: Tx, changes: Sequence[Change[Return]]) -> None:
    """The messages of a batch, in its transaction."""
    told = []
    for change in changes:
        for seq, (event, _, _, after), mark in change.events:
            one = message(after, event, seq, from_us(mark.at_us))
            if one is not None:
                told.append(
                    Told(after.seller_id, one.id, change.case_id, one.type, _encode(one), mark.recorded_us)
                )  # fmt: skip
    events.write(tx, told)
