"""The worker's part in long work: at each round a step of one job, so that deadlines never wait for a large table (D29).

A job belongs to one runner by a lease that every step renews; whoever finds a lease run out (the process died) does the job
again from its start. Nothing is applied twice: steps that change something hand in work with keys of its own, and what was
done answers as before.
"""

import logging
import os
import shutil
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from backhaul.kit import i18n
from backhaul.kit.desk import Errand
from backhaul.kit.finishing import Finished, Finisher, finished
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import CsvSheet, Sheet, XlsxSheet
from backhaul.marketplace.jobs import queries, store
from backhaul.marketplace.jobs.kinds import KINDS
from backhaul.marketplace.jobs.queries import CANCELLED, DONE, FAILED, RUNNING, Job
from backhaul.marketplace.jobs.steps import Bench, Step, is_away
from backhaul.marketplace.jobs.store import Left
from backhaul.marketplace.reconciliation_rounds import Reconciling

LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 3
PLACES = 16  # jobs that take turns

LOG = logging.getLogger("backhaul.marketplace.jobs")


class InHand(msgspec.Struct):
    """A job that this runner has open, and until when it is this runner's."""

    job: Job
    path: Path
    sheet: Sheet
    steps: Iterator[Step]
    last: Step
    until: datetime
    rows: int = 0
    ends_as: str = DONE
    failure: Refused | None = None
    packing: "Future[Finished] | None" = None


class Runner:
    """Does jobs in turns, a step of each. `directory` is shared by all processes of a house."""

    def __init__(self, reconciling: Reconciling, directory: Path) -> None:
        self.database, self.house = reconciling.database, reconciling.house
        self.desk, self.clock = reconciling.desk, reconciling.clock
        self.directory = directory
        self.name = os.urandom(8).hex()
        self.bench = Bench(self.database, self.desk, self.clock.now, reconciling)
        self._in_hand: deque[InHand] = deque()
        self._finisher = Finisher("job-packer")

    def work(self) -> int:
        """One round: take on a job, and go on with the one whose turn it is. 0 when there is nothing to do."""
        self._drop_lost()
        begun = self._begin() if len(self._in_hand) < PLACES else 0
        if not self._in_hand:
            return begun
        one = self._in_hand.popleft()
        try:
            if self._goes_on(one):
                self._in_hand.append(one)
        except Exception as error:
            if is_away(error):
                self._let_go(one)
                raise  # the house closes, or its database is away: the lease runs out, and it is done again
            if self._winds_up(one, FAILED, _why(one.job, error)):
                self._in_hand.append(one)
        return 1

    def close(self) -> None:
        """Give unfinished jobs back to those that wait, and leave no half file."""
        while self._in_hand:
            one = self._in_hand.popleft()
            self._let_go(one)
            with suppress(Refused):  # the desk died: the lease runs out, and the job is done again
                self._asks(lambda tx, _, job=one.job: store.give_back(tx, job))
        self._finisher.close()

    def path_of(self, job: Job) -> Path:
        """Where the file of a job lies."""
        return self.directory / job.file

    # Steps

    def _drop_lost(self) -> None:
        """Leases that ran out while this process stood still: others, or this runner itself, claim those jobs anew."""
        now = self.clock.now()
        for _ in range(len(self._in_hand)):
            one = self._in_hand.popleft()
            if one.until > now:
                self._in_hand.append(one)
            else:
                LOG.warning("the lease of job %s ran out", one.job.id)
                self._let_go(one)

    def _begin(self) -> int:
        with self.database.read() as tx:
            if not queries.is_anything_due(tx, self.clock.now()):
                return 0
        until = self.clock.now() + LEASE
        job: Job | None = self._asks(
            lambda tx, at: store.claim(tx, self.name, LEASE, ATTEMPTS_MAX, self.house.terms.policy, at)
        )
        if job is None:
            return 0
        for folder in self.directory.glob(f"{job.id}-*"):  # of earlier attempts, or of one that expired
            shutil.rmtree(folder, ignore_errors=True)
        if job.state == RUNNING:
            try:
                self._in_hand.appendleft(self._opened(job, until))
            except Exception as error:  # noqa: BLE001 -- told to whoever asked
                self._end(job, Left(FAILED, failure=_why(job, error)))
        return 1

    def _opened(self, job: Job, until: datetime) -> InHand:
        folder = self.directory / f"{job.id}-{job.worker}"
        folder.mkdir(parents=True)
        kind, wanted = KINDS[job.kind], job.wanted
        path = folder / f"result.{wanted.file}"
        sheet: Sheet
        if wanted.file == "csv":
            sheet = CsvSheet(path, kind.columns)
        else:
            sheet = XlsxSheet(path, kind.columns, i18n.gettext(wanted.language, kind.sheet), job.created_at)
        one = InHand(job, path, sheet, kind.run(self.bench, job), Step(0, job.total), until)
        if job.is_cancelling and kind.done_before is not None:
            self._cancel(one)
        return one

    def _goes_on(self, one: InHand) -> bool:
        """A step; whether there is more to do."""
        if one.packing is None:
            step = next(one.steps, None)
            if step is None and one.ends_as != DONE:
                return self._winds_up(one, one.ends_as)
            if step is None:
                self._pack(one)
            else:
                for row in step.rows:
                    one.sheet.add(row)
                one.last, one.rows = step, one.rows + len(step.rows)
        elif (packed := finished(one.packing)) is not None:
            return self._finish(one, *packed)
        until, last = self.clock.now() + LEASE, one.last
        cancelled: bool | None = self._asks(
            lambda tx, _: store.progress(tx, one.job, last.done, max(last.total, last.done), one.rows, until)
        )
        if cancelled is None:
            LOG.warning("job %s was taken over by another runner", one.job.id)
            self._let_go(one)
            return False
        one.until = until
        stops = cancelled and one.packing is None and one.ends_as == DONE and KINDS[one.job.kind].stops
        return not stops or self._cancel(one)

    def _cancel(self, one: InHand) -> bool:
        """Begin nothing new; what earlier attempts had done still gets its rows."""
        done_before = KINDS[one.job.kind].done_before
        if done_before is None:
            return self._winds_up(one, CANCELLED)
        one.steps, one.ends_as = done_before(self.bench, one.job, one.last), CANCELLED
        return True

    def _winds_up(self, one: InHand, ends_as: str, failure: Refused | None = None) -> bool:
        """Stop here; whether its file is packed. What was changed stays changed, so that is told; half an export is of no use."""
        if KINDS[one.job.kind].changes and one.rows and one.packing is None:
            one.ends_as, one.failure = ends_as, failure
            self._pack(one)
            return True
        self._let_go(one)
        self._end(one.job, Left(ends_as, failure=failure))
        return False

    def _pack(self, one: InHand) -> None:
        one.packing = self._finisher.begin(one.sheet, one.path)

    def _finish(self, one: InHand, size_bytes: int, sha256: str) -> bool:
        """The file first, then the row: a row that says done has its file."""
        file = str(one.path.relative_to(self.directory))
        if not self._end(one.job, Left(one.ends_as, file, size_bytes, sha256, one.last.told, one.failure)):
            self._let_go(one)
        return False

    # Ends

    def _let_go(self, one: InHand) -> None:
        if one.packing is None:
            one.sheet.abandon()
        else:
            one.packing.exception()  # waits: a file must not be taken away under the packer
        shutil.rmtree(one.path.parent, ignore_errors=True)

    def _end(self, job: Job, left: Left) -> bool:
        return bool(self._asks(lambda tx, at: store.end(tx, job, left, self.house.terms.policy, at)))

    def _asks(self, run: Any) -> Any:
        """Perform an errand; what `run` answered."""
        answered: list[Any] = []

        def kept(tx: Any, at: Any) -> bytes:
            answered.append(run(tx, at))
            return b""

        self.desk.perform_now(Errand(kept))
        return answered[-1]


def _why(job: Job, error: Exception) -> Refused:
    """What whoever asked is told."""
    if isinstance(error, Refused):
        return error
    LOG.error("job %s failed", job.id, exc_info=error)
    return Refused("failed", "away")
