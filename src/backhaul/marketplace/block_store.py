"""SQL that writes customers' blocks, and the blocks that follow from marks. Only the desk calls it.

A block has a chain of hashes of its own, made like that of a return.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy import bindparam

from backhaul.kit import journal
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.desk import Change
from backhaul.kit.journal import event_hash
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.marketplace import block_notices, block_queries, mailboxes, person_store, store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Mark, Role

FIRST_BLOCK_ID = 1
CHANGING = ("status", "appeal", "version", "due_us", "decide_us", "doc", "head")

_encode = msgspec.json.Encoder().encode

LOAD_LOCKED = Statement(
    sa.select(t.blocks.c.doc, t.blocks.c.head).where(t.blocks.c.id == bindparam("block")).with_for_update()
)
INSERT = Statement(t.blocks.insert())
UPDATE = Statement(
    t.blocks.update()
    .where(t.blocks.c.id == bindparam("block"), t.blocks.c.version == bindparam("seen"))
    .values({name: bindparam(name) for name in CHANGING})
)
APPEND = Statement(t.block_events.insert())


class Signed(msgspec.Struct, frozen=True):
    """Who moves a block, when it counts, when it was written, and by which request."""

    role: Role
    actor: str
    at: datetime
    recorded: datetime
    request_id: str = ""


def load(tx: Tx, block_id: int) -> tuple[b.Block, bytes]:
    """A block with its chain's head, locked; `Refused` when there is none."""
    row = tx.one(LOAD_LOCKED, block=block_id)
    if row is None:
        raise Refused("not_found", "missing")
    return block_queries.decode_block(row[0]), bytes(row[1])


def decide(tx: Tx, block_id: int, command: b.Command, by: Signed, policy: Policy) -> b.Block:
    """One command to one block: the law, the row, the chain. Without events nothing is written."""
    it, head = load(tx, block_id)
    confirmed = b.confirmed_cases(block_queries.of_customer(tx, it.customer_ref))
    events = b.decide(it, command, by.role, by.at, policy, confirmed)
    events = [_closed(tx, it, one) if isinstance(one, b.Appealed) else one for one in events]
    after = it
    rows: list[dict[str, object]] = []
    posted: list[Posted] = []
    for event in events:
        after = b.evolve(after, event)
        head = _chained(rows, after, event, head, by)
        posted += _posted(after, event, by)
    if events and tx.run(UPDATE, block=it.id, seen=it.version, **_row(after, head)) != 1:
        raise Refused("version_conflict")
    tx.many(APPEND, rows)
    t.board.hang(tx, posted, mailboxes.mailboxes)
    return after


def _closed(tx: Tx, it: b.Block, event: b.Appealed) -> b.Appealed:
    return replace(event, comment=person_store.closed(tx, it.customer_ref, event.comment))


def impose(tx: Tx, customer_ref: str, case: b.AddCase, by: Signed, policy: Policy) -> b.Block:
    """A new block by a first case."""
    block_id = store.take_number(tx, "block", FIRST_BLOCK_ID)
    event = b.impose(customer_ref, case, by.at, policy)
    it = b.born(block_id, event)
    rows: list[dict[str, object]] = []
    head = _chained(rows, it, event, journal.GENESIS, by)
    tx.run(INSERT, id=it.id, customer_ref=customer_ref, imposed_us=to_us(it.imposed_at), **_row(it, head))
    tx.many(APPEND, rows)
    t.board.hang(tx, _posted(it, event, by), mailboxes.mailboxes)
    return it


def follow_marks(tx: Tx, changes: Sequence[Change[Return]], policy: Policy) -> None:
    """A substitution begins a block or is added to the one that stands; a revised mark takes its case back (P26, D7)."""
    for change in changes:
        parcel = change.before.parcel if change.before is not None else None
        mark = parcel.mark if parcel is not None else None
        for _, (event, _, at, it), written in change.events:
            if not isinstance(event, e.Marked):
                continue
            recorded = from_us(written.recorded_us)
            by = Signed(Role(written.role), written.actor, at, recorded, written.request_id)
            if event.mark is Mark.SUBSTITUTED and mark is not Mark.SUBSTITUTED:
                _substituted(tx, it, by, policy)
            elif event.mark is not Mark.SUBSTITUTED and mark is Mark.SUBSTITUTED:
                _not_substituted(tx, it, by, policy)
            mark = event.mark


def _substituted(tx: Tx, it: Return, by: Signed, policy: Policy) -> None:
    case = b.AddCase(it.id, it.number)
    known = block_queries.of_customer(tx, it.customer_ref)
    if b.cleared(known, it.id):
        return
    open_block = next((block for block in known if block.status in b.STANDING), None)
    if open_block is not None and by.at >= open_block.until:
        expire(tx, open_block, by.recorded, policy)
        open_block = None
    if open_block is None:
        impose(tx, it.customer_ref, case, by, policy)
    else:
        decide(tx, open_block.id, case, by, policy)


def _not_substituted(tx: Tx, it: Return, by: Signed, policy: Policy) -> None:
    for block in block_queries.of_customer(tx, it.customer_ref):
        if it.id in {case.return_id for case in block.cases}:
            decide(tx, block.id, b.WithdrawCase(it.id), by, policy)


def expire(tx: Tx, it: b.Block, recorded: datetime, policy: Policy) -> None:
    """The calendar ends a block at the instant at which its time was over, however late that is written (R95)."""
    decide(tx, it.id, b.Expire(), Signed(Role.CALENDAR, "calendar", it.until, recorded, "calendar"), policy)


def _chained(rows: list[dict[str, object]], it: b.Block, event: Any, head: bytes, by: Signed) -> bytes:
    """Append an event's row; the chain's head after it. `it` is the block after the event."""
    data = _encode(event)
    mark = journal.Mark(to_us(by.at), to_us(by.recorded), by.role, by.actor, by.request_id)
    head = event_hash(head, it.id, it.version, data, mark)
    rows.append({
        "block_id": it.id, "seq": it.version, "kind": type(event).__name__, "data": data.decode(), "at_us": mark.at_us,
        "recorded_us": mark.recorded_us, "role": mark.role, "actor": mark.actor, "request_id": mark.request_id,
        "hash": head,
    })  # fmt: skip
    return head


def _posted(it: b.Block, event: Any, by: Signed) -> list[Posted]:
    """What the customer is told of an event; `it` is the block after it."""
    cause = f"block.{it.id}.{it.version}"
    return [Posted(notice, cause, to_us(by.at), to_us(by.recorded)) for notice in block_notices.of_block(it, event)]


def _row(it: b.Block, head: bytes) -> dict[str, object]:
    open_appeal = it.appeal.decide_by if it.appeal.status is b.AppealStatus.OPEN else None
    return {
        "status": it.status.value,
        "appeal": it.appeal.status.value,
        "version": it.version,
        "due_us": to_us(it.until) if it.status in b.STANDING else None,
        "decide_us": None if open_appeal is None else to_us(open_appeal),
        "doc": _encode(it),
        "head": head,
    }
