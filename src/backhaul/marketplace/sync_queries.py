"""What the partner compares its units with, and what it last said of itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul import wire
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Route, Status

UNITS_MAX = 500
# A partner that has not asked for so long is called silent.
SILENT_AFTER = timedelta(minutes=30)

_r = t.returns.c
UNITS = Statement(
    sa.select(_r.id, _r.doc)
    .where(_r.route == Route.B.value, _r.id > bindparam("after"))
    .order_by(_r.id)
    .limit(bindparam("most"))
)
UNITS_OF = Statement(sa.select(_r.id, _r.doc).where(among(_r.id, "ids"), _r.route == Route.B.value).order_by(_r.id))
SYNC = Statement(sa.select(*t.partner_syncs.c).where(t.partner_syncs.c.partner_id == bindparam("partner")))
_decode = msgspec.json.Decoder(Return).decode


class Sync(msgspec.Struct, frozen=True):
    """What the partner said of itself when it last asked."""

    asked_at: datetime
    letters_waiting: int
    waiting_since: datetime | None
    differences: int


def units(tx: Tx, after: int, most: int) -> list[Return]:
    """The next units that are routed to the partner, after an id."""
    return [_decode(row[1]) for row in tx.rows(UNITS, after=after, most=min(most, UNITS_MAX))]


def units_of(tx: Tx, ids: Sequence[int]) -> list[Return]:
    """Those of these returns that are routed to the partner."""
    return [_decode(row[1]) for row in tx.rows(UNITS_OF, ids=list(ids))] if ids else []


def state_of(it: Return, *, waits: bool) -> wire.UnitState:
    """A unit as the partner compares it."""
    known = it.parcel
    here = it.status is Status.AT_PARTNER
    stage = "here" if here else "held" if known is not None else "lost" if it.status is Status.LOST else "coming"
    if known is None:
        return wire.UnitState(it.id, it.number, it.seller_id, stage, waits)
    return wire.UnitState(
        return_id=it.id,
        return_number=it.number,
        seller_id=it.seller_id,
        stage=stage,
        waits=waits,
        arrived_at_us=None if known.arrived_at is None else to_us(known.arrived_at),
        mark=known.mark or "",
        mark_revision=known.mark_revision,
        parcel_status=known.status,
        decision=known.decision,
        decide_by_us=None if known.decide_by is None else to_us(known.decide_by),
        certificate=known.certificate,
    )


def sync_of(tx: Tx, partner_id: str) -> Sync | None:
    """When the partner last asked, and what it said; None: it never did."""
    row = tx.one(SYNC, partner=partner_id)
    if row is None:
        return None
    return Sync(from_us(row[1]), row[2], None if row[3] is None else from_us(row[3]), row[4])
