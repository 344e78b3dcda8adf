"""The chains of hashes of a house as they stand: the last event of each, and events that belong to nothing.

Within one chain each event vouches for those before it. That the last one is still the last, and that a chain was not computed
anew from some event on, only somebody outside can tell who kept its hash: `kit/anchors.py`.
"""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among

CHAINS_A_ROUND = 500
STRAYS_MAX = 100


class Head(msgspec.Struct, frozen=True, order=True):
    """The newest event of a chain. `noun` and `case_id` say whose, `hash` vouches for all `seq` events."""

    noun: str
    case_id: int
    seq: int
    hash: bytes


class Chain:
    """The chains of one kind of case. `key`: the column of the events that says whose they are."""

    def __init__(self, noun: str, rows: sa.Table, events: sa.Table, key: str) -> None:
        self.noun = noun
        case, later = events.c[key], events.alias()
        follows = sa.exists().where(later.c[key] == case, later.c.seq == events.c.seq + 1)
        self.newest = Statement(
            sa.select(case, events.c.seq, events.c.hash)
            .where(case > bindparam("after"), ~follows)
            .order_by(case, events.c.seq)
            .limit(CHAINS_A_ROUND)
        )
        self.of_cases = Statement(
            sa.select(case, events.c.seq, events.c.hash).where(among(case, "ids"), events.c.hash.is_not(None))
        )
        self.strays = Statement(
            sa.select(case).where(~sa.exists().where(rows.c.id == case)).group_by(case).order_by(case).limit(STRAYS_MAX)
        )

    def heads(self, tx: Tx) -> Iterator[Head]:
        """The head of every chain, by case."""
        after = 0
        while rows := tx.rows(self.newest, after=after):
            for case_id, seq, kept in rows:
                if kept is not None:
                    yield Head(self.noun, case_id, seq, bytes(kept))
            after = rows[-1][0]

    def missing(self, tx: Tx, heads: list[Head]) -> Iterator[Head]:
        """Those of these heads that no event of today has: what they vouched for was changed, or cut off."""
        rows = tx.rows(self.of_cases, ids=sorted({head.case_id for head in heads}))
        there = {(case_id, seq): bytes(kept) for case_id, seq, kept in rows}
        yield from (head for head in heads if there.get((head.case_id, head.seq)) != head.hash)

    def faults(self, tx: Tx) -> Iterator[str]:
        """Events of cases that are not there any more."""
        for (case_id,) in tx.rows(self.strays):
            yield f"{self.noun} {case_id}: there are events, and no row"
