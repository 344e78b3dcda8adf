"""SQL that only looks at breaks: lists for sellers and support, one with its history. Every list has a limit and an order."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules.findings import BreakKind, Source

PAGE_ROWS = 50
STANDING_A_STEP = 500

decode_break = msgspec.json.Decoder(b.Break).decode
decode_event = msgspec.json.Decoder(b.Any).decode

_b = t.breaks.c
_docs = sa.select(_b.doc)
ONE = Statement(_docs.where(_b.id == bindparam("break_id")))
LOCKED = Statement(_docs.where(_b.id == bindparam("break_id")).with_for_update())
BY_KEY = Statement(_docs.where(_b.seller_id == bindparam("seller"), among(_b.key, "keys")).with_for_update())
BY_IDS = Statement(_docs.where(among(_b.id, "ids")).order_by(_b.id))
# Of these returns, those of the books that stand.
OF_RETURNS = Statement(
    _docs.where(
        among(_b.return_id, "ids"),
        _b.source == Source.BOOKS.value,
    )
    .order_by(_b.id)
    .with_for_update()
)
# Those of invoices that stand, about the units behind one: of some units or of all, up to one or to the last.
_standing = (
    sa.select(_b.id, _b.key, _b.return_number)
    .where(
        _b.seller_id == bindparam("seller"),
        _b.source == Source.INVOICE.value,
        _b.status != b.BreakStatus.CLOSED.value,
    )
    .order_by(_b.return_number, _b.id)
    .limit(STANDING_A_STEP)
)
STANDING_OF_INVOICES = {
    (of_units, bounded): Statement(
        _standing.where(
            sa.tuple_(place, _b.id)
            > sa.tuple_(bindparam("unit", type_=sa.Text), bindparam("after", type_=sa.BigInteger)),
            *((among(_b.return_number, "numbers"),) if of_units else ()),
            *((place <= bindparam("until"),) if bounded else ()),
        )
    )
    # By an expression where units are named: by the bare column, SQLite would look at everything between.
    for of_units, place in ((True, _b.return_number.concat("")), (False, _b.return_number))
    for bounded in (True, False)
}
_asked = (
    sa.or_(bindparam("kind", type_=sa.Text) == "", _b.kind == bindparam("kind", type_=sa.Text)),
    sa.or_(bindparam("number", type_=sa.Text) == "", _b.return_number == bindparam("number", type_=sa.Text)),
    _b.id < bindparam("before"),
)
_of_seller, _in_status = _b.seller_id == bindparam("seller"), _b.status == bindparam("status")
# By whether a seller and a status are asked for: each has its index.
LISTS = {
    (of_seller, in_status): Statement(
        _docs.where(*((_of_seller,) if of_seller else ()), *((_in_status,) if in_status else ()), *_asked)
        .order_by(_b.id.desc())
        .limit(bindparam("most"))
    )
    for of_seller in (True, False)
    for in_status in (True, False)
}
_count = sa.select(_b.status, sa.func.count()).group_by(_b.status).order_by(_b.status).limit(10)
COUNTS = {True: Statement(_count.where(_of_seller)), False: Statement(_count)}
HEAD = Statement(sa.select(_b.head, _b.doc).where(_b.id == bindparam("break_id")))
ALL_IDS = Statement(sa.select(_b.id, _b.status).where(_b.id > bindparam("after")).order_by(_b.id).limit(500))
CHAIN = Statement(
    sa.select(*t.break_events.c)
    .where(t.break_events.c.break_id == bindparam("break_id"))
    .order_by(t.break_events.c.seq)
)
HISTORY = Statement(
    sa.select(*t.break_events.c)
    .where(t.break_events.c.break_id == bindparam("break_id"))
    .order_by(t.break_events.c.seq)
    .limit(500)
)


class Wanted(msgspec.Struct, frozen=True):
    """Which breaks somebody asks for. `seller_id` None: those of all sellers."""

    seller_id: int | None = None
    status: b.BreakStatus | None = None
    kind: BreakKind | None = None
    return_number: str = ""


class Happening(msgspec.Struct, frozen=True):
    """One line of a break's history."""

    seq: int
    event: Any
    role: str
    actor: str
    at: datetime


def one(tx: Tx, break_id: int) -> b.Break | None:
    """A break by its id."""
    row = tx.one(ONE, break_id=break_id)
    return None if row is None else decode_break(row[0])


def standing(
    tx: Tx, seller_id: int, after: str, until: str, numbers: Sequence[str] | None
) -> Iterator[tuple[int, str]]:
    """The breaks of invoices that stand about the units behind `after` up to `until` (empty: all), each with its key."""
    values: dict[str, object] = {} if numbers is None else {"numbers": list(numbers)}
    if until:
        values["until"] = until
    statement = STANDING_OF_INVOICES[numbers is not None, bool(until)]
    unit, last = after, 2**62  # behind every break of the unit that was compared last
    while True:
        rows = tx.rows(statement, seller=seller_id, unit=unit, after=last, **values)
        yield from ((row[0], row[1]) for row in rows)
        if len(rows) < STANDING_A_STEP:
            return
        last, unit = rows[-1][0], rows[-1][2]


def about_units(tx: Tx, seller_id: int, numbers: Sequence[str]) -> list[b.Break]:
    """The breaks of invoices that stand about some units, at most 500 of them at a time are asked for."""
    ids = [break_id for break_id, _ in standing(tx, seller_id, "", "", numbers)]
    return [decode_break(row[0]) for row in tx.rows(BY_IDS, ids=ids)]


def listed(tx: Tx, wanted: Wanted, before: int = 2**62, most: int = PAGE_ROWS) -> list[b.Break]:
    """Breaks that are asked for, newest first."""
    values: dict[str, object] = {}
    if wanted.seller_id is not None:
        values["seller"] = wanted.seller_id
    if wanted.status is not None:
        values["status"] = wanted.status.value
    statement = LISTS[wanted.seller_id is not None, wanted.status is not None]
    rows = tx.rows(
        statement, kind="" if wanted.kind is None else wanted.kind.value, number=wanted.return_number, before=before,
        most=most, **values,
    )  # fmt: skip
    return [decode_break(row[0]) for row in rows]


def counts(tx: Tx, seller_id: int | None) -> dict[str, int]:
    """How many there are in each status."""
    rows = tx.rows(COUNTS[False]) if seller_id is None else tx.rows(COUNTS[True], seller=seller_id)
    return {row[0]: int(row[1]) for row in rows}


def history(tx: Tx, break_id: int) -> list[Happening]:
    """What happened to a break, oldest first."""
    return [
        Happening(row[1], decode_event(row[2]), row[4], row[5], from_us(row[3]))
        for row in tx.rows(HISTORY, break_id=break_id)
    ]


def all_ids(tx: Tx, after: int = 0) -> list[tuple[int, str]]:
    """Ids and statuses of up to 500 breaks after an id."""
    return [(row[0], row[1]) for row in tx.rows(ALL_IDS, after=after)]


def replay(tx: Tx, break_id: int) -> tuple[b.Break | None, bool]:
    """The break folded anew from its events, and whether its chain of hashes verifies up to the row's head."""
    head = GENESIS
    it: b.Break | None = None
    for _, seq, data, at_us, role, actor, kept in tx.rows(CHAIN, break_id=break_id):
        head = hash_of(head, break_id, seq, data, Mark(at_us, at_us, role, actor, ""))
        if kept is None or head != bytes(kept):
            return it, False
        event, at = decode_event(data), from_us(at_us)
        it = (
            b.born(break_id, event.finding, at)
            if isinstance(event, b.BreakFound)
            else b.evolve(it, event, at)
            if it
            else None
        )
    stored = tx.one(HEAD, break_id=break_id)
    return it, stored is not None and stored[0] is not None and bytes(stored[0]) == head


def hash_of(head: bytes, break_id: int, seq: int, data: str, mark: Mark) -> bytes:
    """The hash of a break's event, made like that of a return's."""
    return event_hash(head, break_id, seq, data.encode(), mark)
