"""Somebody who owns the database and changes the past: by hand, or so well that everything holds together again.

Each way takes an open transaction without triggers, one return and chance. `CLUMSY` leaves a chain that does not hold, or a row or a
ledger that does not follow; `SKILFUL` computes everything anew.
"""

import random
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx
from backhaul.kit.journal import GENESIS, Mark, event_hash
from backhaul.marketplace import queries, store
from backhaul.marketplace import tables as t

EVENTS = t.journal.events
Row = dict[str, Any]
Way = Callable[[Tx, int, random.Random], None]
OTHER_WORDS = {"data": None, "kind": "Approved2", "role": "moderator2", "actor": "nobody", "request_id": "none"}


def history(tx: Tx, case_id: int) -> list[Row]:
    rows = tx.rows(t.journal.history, case_id=case_id)
    return [dict(zip(EVENTS.columns.keys(), row, strict=True)) for row in rows]


def do(tx: Tx, statement: Any) -> int:
    return tx.run(Statement(statement))


def put(tx: Tx, case_id: int, events: list[Row]) -> None:
    """Write the events of a return anew."""
    do(tx, EVENTS.delete().where(EVENTS.c.case_id == sa.literal(case_id)))
    for row in events:
        do(tx, EVENTS.insert().values({name: sa.literal(value, EVENTS.c[name].type) for name, value in row.items()}))


# -- Clumsy -----------------------------------------------------------------------------------------------------------


def edit(tx: Tx, case_id: int, chance: random.Random) -> None:
    """Another word or number in one event."""
    events = history(tx, case_id)
    one = chance.choice(events)
    column = chance.choice(("data", "kind", "at_us", "recorded_us", "role", "actor", "request_id", "hash"))
    match column:
        case "at_us" | "recorded_us":
            one[column] += chance.choice((-1, 1, 86_400_000_000))
        case "hash":
            one[column] = chance.randbytes(32)
        case "data":
            place = chance.randrange(len(one[column]))
            now = one[column][place]
            one[column] = (
                one[column][:place] + chance.choice([c for c in '0aZ"}' if c != now]) + one[column][place + 1 :]
            )
        case _:
            one[column] = OTHER_WORDS[column]
    put(tx, case_id, events)


def delete(tx: Tx, case_id: int, chance: random.Random) -> None:
    """One event is gone; the others keep their numbers, or move up."""
    events = history(tx, case_id)
    gone = chance.randrange(len(events))
    moves = chance.random() < 0.5
    left = [{**row, "seq": row["seq"] - (moves and n > gone)} for n, row in enumerate(events) if n != gone]
    put(tx, case_id, left)


def insert(tx: Tx, case_id: int, chance: random.Random) -> None:
    """An event of this or another return stands where none was."""
    events = history(tx, case_id)
    place = chance.randrange(len(events) + 1)
    more = {**chance.choice(events), "seq": place + 1, "hash": chance.randbytes(32)}
    later = [{**row, "seq": row["seq"] + 1} for row in events[place:]]
    put(tx, case_id, [*events[:place], more, *later])


def swap(tx: Tx, case_id: int, chance: random.Random) -> None:
    """Two events in the other order."""
    events = history(tx, case_id)
    one, other = chance.sample(events, 2)
    one["seq"], other["seq"] = other["seq"], one["seq"]
    put(tx, case_id, events)


def cut(tx: Tx, case_id: int, chance: random.Random) -> None:
    """The end is cut off, and the row is left as it was."""
    events = history(tx, case_id)
    put(tx, case_id, events[: chance.randrange(1, len(events))])


def chain_anew(tx: Tx, case_id: int, chance: random.Random) -> None:
    """A word is another one and every hash behind it fits again; the row still has the hash of before."""
    events = history(tx, case_id)
    chance.choice(events)["actor"] = "nobody"
    put(tx, case_id, chained(case_id, events))


def row(tx: Tx, case_id: int, chance: random.Random) -> None:
    """The row says what no event says."""
    of_row = t.returns.c.id == sa.literal(case_id)
    other = chance.choice(({"doc": _other_doc(tx, case_id)}, {"head": chance.randbytes(32)}))
    do(tx, t.returns.update().where(of_row).values({n: sa.literal(v, sa.LargeBinary) for n, v in other.items()}))


def _other_doc(tx: Tx, case_id: int) -> bytes:
    it = queries.one(tx, case_id)
    assert it is not None
    return store.encode_return(it).replace(b'"waybill":"', b'"waybill":"X') or b""


def ledger(tx: Tx, case_id: int, chance: random.Random) -> None:  # noqa: ARG001 -- the form of a way
    """An entry beside the events."""
    entries = t.journal.entries
    values = {
        "cause": "invented", "case_id": case_id, "seq": 1, "debit": "asset_bank", "credit": "pocket",
        "amount_minor": 100, "currency": "RUB", "at_us": 1,
    }  # fmt: skip
    do(tx, entries.insert().values({name: sa.literal(value, entries.c[name].type) for name, value in values.items()}))


# -- Skilful ----------------------------------------------------------------------------------------------------------


def chained(case_id: int, events: list[Row]) -> list[Row]:
    """The same events with hashes that fit."""
    head, again = GENESIS, []
    for one in events:
        mark = Mark(one["at_us"], one["recorded_us"], one["role"], one["actor"], one["request_id"])
        head = event_hash(head, case_id, one["seq"], one["data"].encode(), mark)
        again.append({**one, "hash": head})
    return again


def _refold(tx: Tx, case_id: int) -> None:
    """The row as the events say now, with their last hash, and no entry that none of them brings."""
    again, _ = queries.replay(tx, case_id)
    assert again is not None
    head = history(tx, case_id)[-1]["hash"]
    doc = store.encode_return(again)
    values = {
        "doc": sa.literal(doc, sa.LargeBinary),
        "head": sa.literal(head, sa.LargeBinary),
        "version": again.version,
    }
    do(tx, t.returns.update().where(t.returns.c.id == sa.literal(case_id)).values(values))
    entries = t.journal.entries.c
    do(tx, t.journal.entries.delete().where(entries.case_id == sa.literal(case_id), entries.seq > again.version))


def cut_and_fold(tx: Tx, case_id: int, chance: random.Random) -> None:
    """The last acts never happened."""
    events = history(tx, case_id)
    put(tx, case_id, events[: chance.randrange(1, len(events))])
    _refold(tx, case_id)


def chain_and_fold(tx: Tx, case_id: int, chance: random.Random) -> None:
    """Somebody else did it, or at another time, from some event on."""
    events = history(tx, case_id)
    one = chance.choice(events)
    match chance.randrange(3):
        case 0:
            one["actor"] = "nobody"
        case 1:
            one["recorded_us"] += 60_000_000
        case _:
            one["request_id"] = "invented"
    put(tx, case_id, chained(case_id, events))
    _refold(tx, case_id)


def vanish(tx: Tx, case_id: int, chance: random.Random) -> None:  # noqa: ARG001 -- the form of a way
    """The return never was."""
    put(tx, case_id, [])
    do(tx, t.journal.entries.delete().where(t.journal.entries.c.case_id == sa.literal(case_id)))
    do(tx, t.returns.delete().where(t.returns.c.id == sa.literal(case_id)))


CLUMSY: dict[str, Way] = {
    "edit": edit, "delete": delete, "insert": insert, "swap": swap, "truncate": cut, "re-chain": chain_anew,
    "row": row, "ledger": ledger,
}  # fmt: skip
SKILFUL: dict[str, Way] = {
    "truncate and fold": cut_and_fold, "re-chain and fold": chain_and_fold, "delete a whole return": vanish,
}  # fmt: skip
