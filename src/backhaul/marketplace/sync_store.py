"""SQL of the comparison with the partner: its units, what it said of itself, and messages that go out once more."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul import wire
from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.journal import Letter, letter_row
from backhaul.marketplace import store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Route, Status

UNITS_MAX = 500

_r = t.returns.c
UNITS = Statement(
    sa.select(_r.id, _r.doc)
    .where(_r.route == Route.B.value, _r.id > bindparam("after"))
    .order_by(_r.id)
    .limit(bindparam("most"))
)
UNITS_OF = Statement(sa.select(_r.id, _r.doc).where(among(_r.id, "ids"), _r.route == Route.B.value).order_by(_r.id))
SYNC = Statement(sa.select(*t.partner_syncs.c).where(t.partner_syncs.c.partner_id == bindparam("partner")))
INSERT_SYNC = Statement(t.partner_syncs.insert())
UPDATE_SYNC = Statement(
    t.partner_syncs.update()
    .where(t.partner_syncs.c.partner_id == bindparam("partner"))
    .values({name: bindparam(name) for name in ("asked_us", "letters_waiting", "waiting_since_us", "differences")})
)

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


def note_sync(tx: Tx, partner_id: str, asked: wire.UnitsAsked, at: datetime) -> None:
    """Remember that the partner asked, and how far behind it is."""
    values = {
        "asked_us": to_us(at), "letters_waiting": asked.letters_waiting, "waiting_since_us": asked.waiting_since_us,
        "differences": asked.differences,
    }  # fmt: skip
    if tx.run(UPDATE_SYNC, partner=partner_id, **values) == 0:
        tx.run(INSERT_SYNC, partner_id=partner_id, **values)


def post_again(tx: Tx, it: Return, letters: Sequence[Letter], at: datetime) -> None:
    """Letters of a unit once more, under numbers of their own, in the order of its events."""
    first = store.take_number(tx, "again", 1, len(letters))
    rows = [
        letter_row(letter, f"msg_{letter.to}_{it.id}_again_{first + n}", it.id, n + 1, to_us(at))
        for n, letter in enumerate(letters)
    ]
    t.journal.write(tx, [], [], rows, [])
