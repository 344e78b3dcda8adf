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
from backhaul.kit.media_book import FILES_A_ROUND, MediaBook

CASES_A_ROUND = 50
EVERY = timedelta(hours=1)
FORM_DAYS_MIN = 7  # somebody may still have the form open, however short the time of keeping is


class Verdict(StrEnum):
    """What the law says of a case's media: delete them, look again because something holds them, or it is not over."""

    DELETE = "delete"
    HOLD = "hold"
    NOT_OVER = "not_over"


Judge = Callable[[Tx, int, datetime], Verdict]


Concerned = Callable[[Tx, int, list[str]], list[str]]


class Retention:
    """The media of a house's cases. `since`: the column since when a case is over, None when there is nothing to delete.

    `concerned`: which of the files of a case go after this time; without it all of them.
    """

    def __init__(
        self,
        database: Database,
        desk: Desk[Any],
        clock: Clock,
        blobs: BlobStore,
        book: MediaBook,
        since: sa.Column[Any],
        judge: Judge,
        concerned: Concerned = lambda _, __, ids: ids,
    ) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self.blobs = blobs
        self.book = book
        self.judge = judge
        self.concerned = concerned
        self._rest_until: datetime | None = None
        self._after = (0, 0)
        cases: sa.Table = since.table
        case_id = cases.c.id
        later = sa.or_(
            since > bindparam("after_us"), sa.and_(since == bindparam("after_us"), case_id > bindparam("after_id"))
        )
        self._due = Statement(
            sa.select(since, case_id)
            .where(since <= bindparam("bound_us"), since >= bindparam("after_us"), later)
            .order_by(since, case_id)
            .limit(CASES_A_ROUND)
        )
        self._done = Statement(
            cases.update().where(case_id == bindparam("case_id"), since == bindparam("seen_us")).values({since: None})
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
        files, buried = list[str](), list[str]()

        def bury(tx: Tx, at: datetime) -> bytes:
            verdict = self.judge(tx, case_id, at)
            if verdict is Verdict.DELETE:
                files.extend(self.concerned(tx, case_id, self.book.of_case(tx, case_id)))
                buried.extend(self.book.bury_only_of(tx, case_id, files, at))
            return verdict.encode()

        verdict = Verdict(self.desk.perform_now(Errand(bury)).body.decode())
        if verdict is Verdict.HOLD:
            return False

        def done(tx: Tx, _: datetime) -> bytes:
            for one in self.book.still_buried(tx, buried):
                self.blobs.delete(one)
            if tx.run(self._done, case_id=case_id, seen_us=over_us) and verdict is Verdict.DELETE:
                self.book.forget(tx, case_id, files)
            return b""

        self.desk.perform_now(Errand(done))
        return bool(buried)


class Leftovers:
    """Files that somebody brought and that nothing came to name: a form that was never sent, a request that was refused."""

    def __init__(self, database: Database, desk: Desk[Any], clock: Clock, blobs: BlobStore, book: MediaBook) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self.blobs = blobs
        self.book = book
        self._rest_until: datetime | None = None

    def delete_due(self, keep_days: int) -> int:
        """One round of a few files, then rest for an hour when there were no more: how many there were."""
        now = self.clock.now()
        if self._rest_until is not None and now < self._rest_until:
            return 0
        bound = now - timedelta(days=max(keep_days, FORM_DAYS_MIN))
        with self.database.read() as tx:
            found = self.book.left(tx, bound)
        self._rest_until = None if len(found) == FILES_A_ROUND else now + EVERY
        if found:
            self._delete(found, bound)
        return len(found)

    def _delete(self, found: list[str], bound: datetime) -> None:
        buried = list[str]()

        def bury(tx: Tx, at: datetime) -> bytes:
            buried.extend(self.book.bury_left(tx, found, bound, at))
            return b""

        def done(tx: Tx, _: datetime) -> bytes:
            still = self.book.still_buried(tx, buried)
            for one in still:
                self.blobs.delete(one)
            self.book.name(tx, still)
            return b""

        self.desk.perform_now(Errand(bury))
        self.desk.perform_now(Errand(done))
