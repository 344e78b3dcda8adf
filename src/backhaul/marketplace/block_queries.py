"""SQL that only looks at customers' blocks. What a block is stands in `rules/blocks.py`."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.kit.paging import NEWEST
from backhaul.marketplace import queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.filters import EVER_US
from backhaul.marketplace.places import START, Place
from backhaul.marketplace.queue_filters import AppealFilter
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.substitutions import money_is_open

BLOCKS_MAX = 50
UPHELD_MAX = 500

decode_block = msgspec.json.Decoder(b.Block).decode
decode_event = msgspec.json.Decoder(b.Any).decode

_b = t.blocks.c
_docs = sa.select(_b.doc)
LOAD = Statement(sa.select(_b.doc, _b.head).where(_b.id == bindparam("block")))
STANDING = Statement(_docs.where(among(_b.customer_ref, "refs"), _b.due_us.is_not(None)).order_by(_b.id))
OF_CUSTOMER = Statement(
    _docs.where(_b.customer_ref == bindparam("customer"), _b.id < bindparam("before"))
    .order_by(_b.id.desc())
    .limit(bindparam("most"))
)
LATEST = Statement(_docs.where(_b.id < bindparam("before")).order_by(_b.id.desc()).limit(bindparam("most")))
_after_us = bindparam("after_us", type_=sa.BigInteger())
_level = bindparam("level", type_=sa.Text())
APPEALS = Statement(
    sa.select(_b.decide_us, _b.id, _b.doc)
    .where(
        _b.appeal == bindparam("appeal"),
        _b.decide_us >= _after_us,
        _b.decide_us < bindparam("until_us", type_=sa.BigInteger()),
        sa.or_(_b.decide_us > _after_us, _b.id > bindparam("after_id")),
        sa.or_(_level == "", _b.status == _level),
    )
    .order_by(_b.decide_us, _b.id)
    .limit(bindparam("most"))
)
UPHELD = Statement(_docs.where(_b.appeal == bindparam("appeal")).order_by(_b.id.desc()).limit(bindparam("most")))
DUE = Statement(
    sa.select(_b.id).where(_b.due_us <= bindparam("now_us")).order_by(_b.due_us, _b.id).limit(bindparam("most"))
)
ALL_IDS = Statement(sa.select(_b.id, _b.status).where(_b.id > bindparam("after")).order_by(_b.id).limit(500))
HISTORY = Statement(
    sa.select(*t.block_events.c).where(t.block_events.c.block_id == bindparam("block")).order_by(t.block_events.c.seq)
)


class Happening(msgspec.Struct, frozen=True):
    """One line of a block's history. `at` is when it counts, `recorded_at` when it was written."""

    seq: int
    event: Any
    kind: str
    role: str
    actor: str
    at: datetime
    recorded_at: datetime


class Unsettled(msgspec.Struct, frozen=True):
    """A return whose finding was overturned by an appeal while money still follows it."""

    block: b.Block
    it: Return


def one(tx: Tx, block_id: int) -> b.Block | None:
    """A block by its id."""
    row = tx.one(LOAD, block=block_id)
    return None if row is None else decode_block(row[0])


def standing(tx: Tx, customer_refs: Sequence[str]) -> dict[str, b.Block]:
    """The blocks of these customers that nobody has ended yet; whether the time of one is over, the law says."""
    return {it.customer_ref: it for it in _decoded(tx.rows(STANDING, refs=sorted(set(customer_refs))))}


def of_customer(tx: Tx, customer_ref: str, before: int = NEWEST) -> list[b.Block]:
    """A customer's blocks, the newest first, 50 at most."""
    return _decoded(tx.rows(OF_CUSTOMER, customer=customer_ref, before=before, most=BLOCKS_MAX))


def every_of_customer(tx: Tx, customer_ref: str) -> Iterator[b.Block]:
    """All of them."""
    before = NEWEST
    while some := of_customer(tx, customer_ref, before):
        yield from some
        before = some[-1].id


def of_return(tx: Tx, it: Return) -> b.Block | None:
    """The newest block that came from this return, for its page."""
    named = (block for block in of_customer(tx, it.customer_ref) if it.id in {case.return_id for case in block.cases})
    return next(named, None)


def latest(tx: Tx, before: int = 2**62) -> list[b.Block]:
    """All blocks, the newest first."""
    return _decoded(tx.rows(LATEST, before=before, most=BLOCKS_MAX))


def appeals(tx: Tx, wanted: AppealFilter, at: datetime, after: Place = START,
            most: int = BLOCKS_MAX) -> tuple[list[b.Block], Place | None]:  # fmt: skip
    """Open appeals that match, the shortest time first; and where more stands."""
    until_us = EVER_US if wanted.within_hours is None else to_us(at + timedelta(hours=wanted.within_hours)) + 1
    rows = tx.rows(APPEALS, appeal=b.AppealStatus.OPEN.value, level=wanted.level or "", after_us=after.bound_us,
                   after_id=after.id, until_us=until_us, most=most + 1)  # fmt: skip
    onward = Place(rows[most - 1][0], rows[most - 1][1]) if len(rows) > most else None
    return [decode_block(row[2]) for row in rows[:most]], onward


def unsettled(tx: Tx) -> list[Unsettled]:
    """Returns of upheld appeals about which support still has to undo a claim or a cancelled refund (J8)."""
    upheld = _decoded(tx.rows(UPHELD, appeal=b.AppealStatus.UPHELD.value, most=UPHELD_MAX))
    of_case = {case.return_id: block for block in upheld for case in block.cases}
    returns = [queries.decode_return(row[1]) for row in tx.rows(queries.LOAD, ids=sorted(of_case))] if of_case else []
    return [Unsettled(of_case[it.id], it) for it in returns if money_is_open(it)][:BLOCKS_MAX]


def due(tx: Tx, at: datetime, most: int) -> list[int]:
    """The blocks whose time is over, the longest overdue first."""
    return [row[0] for row in tx.rows(DUE, now_us=to_us(at), most=most)]


def history(tx: Tx, block_id: int) -> list[Happening]:
    """What happened to a block, oldest first."""
    return [
        Happening(row[1], decode_event(row[3]), row[2], row[6], row[7], from_us(row[4]), from_us(row[5]))
        for row in tx.rows(HISTORY, block=block_id)
    ]


def all_ids(tx: Tx, after: int = 0) -> list[tuple[int, str]]:
    """Ids and statuses of up to 500 blocks after an id."""
    return [(row[0], row[1]) for row in tx.rows(ALL_IDS, after=after)]


def replay(tx: Tx, block_id: int) -> tuple[b.Block | None, bool]:
    """The block folded anew from its events, and whether its chain of hashes verifies up to the row's head."""
    head = GENESIS
    it: b.Block | None = None
    for row in tx.rows(HISTORY, block=block_id):
        mark = Mark(row[4], row[5], row[6], row[7], row[8])
        head = event_hash(head, block_id, row[1], row[3].encode(), mark)
        if head != bytes(row[9]):
            return it, False
        event = decode_event(row[3])
        if row[2] != type(event).__name__:
            return it, False  # the word beside the event is not in the chain
        it = b.born(block_id, event) if isinstance(event, b.Imposed) else b.evolve(it, event) if it else None
    stored = tx.one(LOAD, block=block_id)
    return it, stored is not None and bytes(stored[1]) == head


def _decoded(rows: list[tuple[Any, ...]]) -> list[b.Block]:
    return [decode_block(row[0]) for row in rows]
