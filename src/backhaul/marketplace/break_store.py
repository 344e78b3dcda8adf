"""SQL that writes breaks with their history, a chain of hashes for each. Only the desk calls it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.journal import GENESIS, Mark
from backhaul.kit.machine import Refused
from backhaul.kit.noticeboard import Posted
from backhaul.marketplace import break_queries, mailboxes, notices, store
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import breaks as b
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.findings import Finding
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role

FIRST_BREAK_ID = 1
CALENDAR = By(Role.CALENDAR, "calendar")
CHANGING = ("kind", "status", "return_id", "return_number", "version", "doc", "head")

_encode = msgspec.json.Encoder().encode

INSERT = Statement(t.breaks.insert())
UPDATE = Statement(
    t.breaks.update()
    .where(t.breaks.c.id == bindparam("break_id"), t.breaks.c.version == bindparam("seen"))
    .values({name: bindparam(name) for name in CHANGING})
)
APPEND = Statement(t.break_events.insert())


class Tally(msgspec.Struct):
    """What a comparison changed: breaks that are new, that moved, that are gone."""

    found: int = 0
    changed: int = 0
    gone: int = 0

    @property
    def moved(self) -> int:
        """How many in all."""
        return self.found + self.changed + self.gone

    def add(self, other: "Tally") -> None:
        """Count another one in."""
        self.found += other.found
        self.changed += other.changed
        self.gone += other.gone


def load(tx: Tx, break_id: int) -> b.Break:
    """A break, locked; `Refused` when there is none."""
    row = tx.one(break_queries.LOCKED, break_id=break_id)
    if row is None:
        raise Refused("not_found", "missing")
    return break_queries.decode_break(row[0])


def move(tx: Tx, it: b.Break, events: Sequence[b.Any], by: By, at: datetime) -> b.Break:
    """A break with its events, written; without events nothing is."""
    if not events:
        return it
    stored = tx.one(break_queries.HEAD, break_id=it.id)
    after, head = it, GENESIS if stored is None else bytes(stored[0])
    rows = []
    for event in events:
        after = b.evolve(after, event, at)
        row, head = _event_row(after, event, head, by, at)
        rows.append(row)
    if tx.run(UPDATE, break_id=it.id, seen=it.version, **_row(after, head)) != 1:
        raise Refused("version_conflict")
    tx.many(APPEND, rows)
    return after


def keep(tx: Tx, found: Iterable[Finding], policy: Policy, at: datetime, *, tell: bool = True) -> Tally:
    """What one seller's comparison found: new breaks, and those that stand, once each. Found as before, nothing is written.

    `tell`: people hear of new ones; who brings an invoice sees what it found.
    """
    by_key = {finding.key: finding for finding in found}
    if not by_key:
        return Tally()
    seller_id = next(iter(by_key.values())).seller_id
    rows = tx.rows(break_queries.BY_KEY, seller=seller_id, keys=sorted(by_key))
    known = {it.finding.key: it for it in (break_queries.decode_break(row[0]) for row in rows)}
    tally = Tally()
    for key, it in known.items():
        events = b.decide(it, b.Find(by_key[key]), Role.CALENDAR, policy)
        move(tx, it, events, CALENDAR, at)
        tally.changed += bool(events)
    fresh = [finding for key, finding in by_key.items() if key not in known]
    tally.found = _begin(tx, fresh, at)
    if tell:
        cause, at_us = f"breaks.{seller_id}.{fresh[0].key if fresh else ''}", to_us(at)
        posted = [Posted(one, cause, at_us, at_us) for finding in fresh for one in notices.of_break(finding)]
        t.board.hang(tx, posted, mailboxes.mailboxes)
    return tally


def miss(tx: Tx, gone: Iterable[b.Break], policy: Policy, at: datetime) -> int:
    """Breaks that are not found any more close themselves; how many."""
    count = 0
    for it in gone:
        if it.status is not b.BreakStatus.CLOSED:
            move(tx, it, b.decide(it, b.Miss(), Role.CALENDAR, policy), CALENDAR, at)
            count += 1
    return count


def _begin(tx: Tx, findings: list[Finding], at: datetime) -> int:
    if not findings:
        return 0
    first = store.take_number(tx, "break", FIRST_BREAK_ID, len(findings))
    begun = [b.born(first + n, finding, at) for n, finding in enumerate(findings)]
    told = [_event_row(it, b.BreakFound(it.finding), GENESIS, CALENDAR, at) for it in begun]
    tx.many(INSERT, [
        {"id": it.id, "seller_id": it.finding.seller_id, "key": it.finding.key, "source": it.finding.source.value, **_row(it, head)}
        for it, (_, head) in zip(begun, told, strict=True)
    ])  # fmt: skip
    tx.many(APPEND, [row for row, _ in told])
    return len(begun)


def _row(it: b.Break, head: bytes) -> dict[str, object]:
    return {
        "kind": it.finding.kind.value, "status": it.status.value, "return_id": it.finding.return_id,
        "return_number": it.finding.return_number, "version": it.version, "doc": _encode(it), "head": head,
    }  # fmt: skip


def _event_row(it: b.Break, event: b.Any, head: bytes, by: By, at: datetime) -> tuple[dict[str, object], bytes]:
    """An event's row, and the chain's head after it. `it` is the break after the event."""
    data, at_us = _encode(event).decode(), to_us(at)
    after = break_queries.hash_of(head, it.id, it.version, data, Mark(at_us, at_us, by.role.value, by.id, ""))
    row = {
        "break_id": it.id, "seq": it.version, "data": data, "at_us": at_us, "role": by.role.value, "actor": by.id,
        "hash": after,
    }  # fmt: skip
    return row, after
