"""Round by round the photos that cases have come to show are compared with all that were there before. Beside everything else: nobody waits for it."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit import pictures
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.machine import Refused
from backhaul.kit.seen_photos import SeenPhotos

WALKED = "cases whose photos are compared"
CASES_A_STEP = 200

Judge = Callable[[Tx, int, Collection[int]], Collection[int]]
PhotosOf = Callable[[Tx, Collection[int]], dict[int, frozenset[str]]]


class ComparingPhotos:
    """The rounds of a house. `judge`: with which of these other cases a case must not share a photo; `photos_of`: what of their photos is compared."""

    def __init__(self, desk: Desk[Any], clock: Clock, blobs: BlobStore, seen: SeenPhotos, cases: sa.Table,
                 numbers: sa.Table, judge: Judge, photos_of: PhotosOf) -> None:  # fmt: skip
        self.database = desk.database
        self.desk = desk
        self.clock = clock
        self.blobs = blobs
        self.seen = seen
        self.judge = judge
        self.photos_of = photos_of
        self._following = Statement(
            sa.select(cases.c.id).where(cases.c.id > bindparam("after")).order_by(cases.c.id).limit(CASES_A_STEP)
        )
        named = numbers.c.name == WALKED
        self._walked = Statement(sa.select(numbers.c.next).where(named))
        self._begin = Statement(numbers.insert().values(name=WALKED, next=bindparam("to_case")))
        self._go_on = Statement(numbers.update().where(named).values(next=bindparam("to_case")))

    def work(self) -> int:
        """A few looks that are due; without any, a step through the cases of before photos were compared. How much was done."""
        now = self.clock.now()
        with self.database.read() as tx:
            due = self.seen.due(tx, now)
        for photo, case_id in due:
            self._look(photo, case_id)
        return len(due) or self._walk()

    def _look(self, photo: str, case_id: int) -> None:
        with self.database.read() as tx:
            missing = not self.seen.has_print(tx, photo)
        if missing:
            self._make_print(photo)
        with self.database.read() as tx:
            found = [
                (one, pct, other)
                for one, pct in self.seen.alike(tx, photo).items()
                for other in self.seen.showing(tx, one, case_id)
            ]
            flagged = self.judge(tx, case_id, {other for _, _, other in found}) if found else ()

        def write(tx: Tx, at: datetime) -> bytes:
            for one, pct, other in found:
                if other in flagged:
                    self.seen.note(tx, case_id, photo, other, one, pct, at)
            self.seen.looked(tx, photo, case_id)
            return b""

        self.desk.perform_now(Errand(write))

    def _make_print(self, photo: str) -> None:
        """Of a photo that came before prints were made. One that is not here, or not a photo, has none."""
        try:
            made = pictures.made_anew(self.blobs.read(photo))
        except Refused:
            return

        def keep(tx: Tx, _: datetime) -> bytes:
            self.seen.keep(tx, photo, made.print)
            return b""

        self.desk.perform_now(Errand(keep))

    def _walk(self) -> int:
        """How far it has come is in the database: whoever begins again goes on from there, and what is born later needs no step."""
        with self.database.read() as tx:
            row = tx.one(self._walked)
            ids = [int(one[0]) for one in tx.rows(self._following, after=0 if row is None else row[0])]
            photos = self.photos_of(tx, ids) if ids else {}
        if not ids:
            return 0

        def step(tx: Tx, at: datetime) -> bytes:
            for case_id, those in photos.items():
                self.seen.show(tx, case_id, those, to_us(at))
            if tx.one(self._walked) is None:
                tx.run(self._begin, to_case=ids[-1])
            else:
                tx.run(self._go_on, to_case=ids[-1])
            return b""

        self.desk.perform_now(Errand(step))
        return len(ids)
