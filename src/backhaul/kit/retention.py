"""Media after their time: found by the end of their case, judged by the house's law, written down as deleted, then unlinked.

First the tombstone, then the file together with the mark that nothing is left to do: a round that was cut off is done again,
and a file that somebody brings again meanwhile stays.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.media import MediaBook

CASES_A_ROUND = 50
EVERY = timedelta(hours=1)


class Verdict(StrEnum):
    """What the law says of a case's media: delete them, look again because something holds them, or it is not over."""

    DELETE = "delete"
    HOLD = "hold"
    NOT_OVER = "not_over"


Judge = Callable[[Tx, int, datetime], Verdict]


class Retention:
    """The media of one house. `cases` has a column `over_us`: since when a case is over, None when there is nothing to delete."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, blobs: BlobStore, book: MediaBook,
                 cases: sa.Table, judge: Judge) -> None:  # fmt: skip
        self.database = database
        self.desk = desk
        self.clock = clock
        self.blobs = blobs
        self.book = book
        self.judge = judge
        self._rest_until: datetime | None = None
        self._after = (0, 0)
        case = cases.c
        later = sa.or_(
            case.over_us > bindparam("after_us"),
            sa.and_(case.over_us == bindparam("after_us"), case.id > bindparam("after_id")),
        )
        self._due = Statement(
            sa.select(case.over_us, case.id)
            .where(case.over_us <= bindparam("bound_us"), case.over_us >= bindparam("after_us"), later)
            .order_by(case.over_us, case.id)
            .limit(CASES_A_ROUND)
        )
        self._done = Statement(
            cases.update()
            .where(case.id == bindparam("case_id"), case.over_us == bindparam("seen_us"))
            .values(over_us=None)
        )

    def delete_due(self, keep_days: int, holds: Callable[[list[int]], Iterable[int]] = lambda _: ()) -> int:
        """One round of a few cases, then rest for an hour: how many cases lost their media.

        `holds`: which of these cases somebody beyond this house holds.
        """
        now = self.clock.now()
        if self._rest_until is not None and now < self._rest_until:
            return 0
        bound_us = to_us(now - timedelta(days=keep_days))
        with self.database.read() as tx:
            found = tx.rows(self._due, bound_us=bound_us, after_us=self._after[0], after_id=self._after[1])
        full = len(found) == CASES_A_ROUND
        self._after = (found[-1][0], found[-1][1]) if full else (0, 0)
        self._rest_until = None if full else now + EVERY
        held = set(holds([row[1] for row in found])) if found else set()
        return sum(self._delete(case_id, over_us) for over_us, case_id in found if case_id not in held)

    def _delete(self, case_id: int, over_us: int) -> bool:
        buried: list[str] = []

        def bury(tx: Tx, at: datetime) -> bytes:
            verdict = self.judge(tx, case_id, at)
            if verdict is Verdict.DELETE:
                buried.extend(self.book.only_of(tx, case_id))
                self.book.bury(tx, buried, at)
            return verdict.encode()

        verdict = Verdict(self.desk.perform_now(Errand(bury)).body.decode())
        if verdict is Verdict.HOLD:
            return False

        def done(tx: Tx, _: datetime) -> bytes:
            for one in self.book.still_buried(tx, buried):
                self.blobs.delete(one)
            if tx.run(self._done, case_id=case_id, seen_us=over_us) and verdict is Verdict.DELETE:
                self.book.forget(tx, case_id)
            return b""

        self.desk.perform_now(Errand(done))
        return bool(buried)
