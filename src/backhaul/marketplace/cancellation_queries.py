"""Returns of a seller that ended before their product was shipped, by ascending id. Reads only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.marketplace import tables as t
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.queries import decode_return
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.wire_states import CANCELLED_BY, LOOKS
from backhaul.marketplace.rules.words import Status

(GROUP,) = {LOOKS[status].group for statuses in CANCELLED_BY.values() for status in statuses}

_decode_line = msgspec.json.Decoder(OrderLine).decode


class Cancellation(msgspec.Struct, frozen=True):
    """A return that was withdrawn or given up. `ordered_on` is a date of the order, nothing when it is not known."""

    it: Return
    at: datetime
    ordered_on: str


_r = t.returns.c
# A draft is in no group: it does not exist for its seller.
_of_seller = (_r.seller_id == bindparam("seller"), _r.group_state == GROUP, among(_r.status, "statuses"))


def _page(*more: Any) -> Statement:
    where = (*_of_seller, _r.id > bindparam("after"), *more)
    return Statement(sa.select(_r.doc, _r.over_us).where(*where).order_by(_r.id).limit(bindparam("most")))


def _count(*more: Any) -> Statement:
    return Statement(sa.select(sa.func.count()).where(*_of_seller, *more))


_postings = among(_r.posting_number, "postings")
PAGE, PAGE_OF_POSTINGS = _page(), _page(_postings)
COUNT, COUNT_OF_POSTINGS = _count(), _count(_postings)
LINES = Statement(sa.select(t.order_lines.c.id, t.order_lines.c.doc).where(among(t.order_lines.c.id, "ids")))


def page(tx: Tx, seller_id: int, statuses: Sequence[Status], postings: Sequence[str], after: int, most: int
         ) -> list[Cancellation]:  # fmt: skip
    """The ones after an id."""
    values: dict[str, Any] = {"seller": seller_id, "statuses": list(statuses), "after": after, "most": most}
    if postings:
        values["postings"] = list(postings)
    rows = [(decode_return(row[0]), row[1]) for row in tx.rows(PAGE_OF_POSTINGS if postings else PAGE, **values)]
    ids = sorted({it.line.line_id for it, _ in rows})
    ordered = {row[0]: _decode_line(row[1]).ordered_on for row in tx.rows(LINES, ids=ids)} if ids else {}
    return [
        Cancellation(it, it.requested_at if over_us is None else from_us(over_us), ordered.get(it.line.line_id, ""))
        for it, over_us in rows
    ]


def count(tx: Tx, seller_id: int, statuses: Sequence[Status], postings: Sequence[str]) -> int:
    """How many there are."""
    values: dict[str, Any] = {"seller": seller_id, "statuses": list(statuses)}
    row = tx.one(COUNT_OF_POSTINGS, **values, postings=list(postings)) if postings else tx.one(COUNT, **values)
    return 0 if row is None else int(row[0])
