"""The worker's part in reports: a bounded slice at each round, so that deadlines never wait for a large table (D29).

Reads go to connections that cannot write; progress goes through the desk. A report belongs to one maker by a lease that
every slice renews; whoever finds a lease run out (the process died) makes the report again from its start.
"""

import logging
import os
import shutil
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from backhaul.kit import i18n, replica, sealed_words
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError, Tx
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk, Errand
from backhaul.kit.finishing import Finished, Finisher, finished
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.spreadsheets import CsvSheet, Sheet, XlsxSheet
from backhaul.marketplace import person_queries
from backhaul.marketplace.perform import THE_PARTNER
from backhaul.marketplace.returns_report import columns, queries, store
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.texts import ERASED_WORDS

SLICE_ROWS = 500
LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 3
SHEET_NAME = N_("Returns")

LOG = logging.getLogger("backhaul.marketplace.reports")


class Job(msgspec.Struct):
    """The report that this maker has open. `after` is the last return seen: time of its request in us, id."""

    report: queries.Report
    path: Path
    sheet: Sheet
    partner: str
    after: tuple[int, int]
    total: int
    done: int = 0
    found: int = 0
    packing: "Future[Finished] | None" = None
    mark: str = ""  # what a replica must have seen to be asked for this report


class Maker:
    """Makes one report after another. `directory` is shared by all processes of a house."""

    def __init__(self, database: Database, desk: Desk[Return], clock: Clock, directory: Path) -> None:
        self.database = database
        self.desk = desk
        self.clock = clock
        self.directory = directory
        self.name = os.urandom(8).hex()
        self.slice_rows = SLICE_ROWS
        self._job: Job | None = None
        self._finisher = Finisher("report-packer")

    def work(self) -> int:
        """One round: begin a report, go on with it, or let one expire. 0 when there is nothing to do."""
        job = self._job
        if job is None:
            return self._begin()
        try:
            self._go_on(job)
        except Exception as error:
            self._drop(job)
            if isinstance(error, Refused | DatabaseError):
                raise  # the house closes, or its database is away: the lease runs out, and it is made again
            LOG.exception("report %s failed", job.report.id)
            self._write(lambda tx, _: store.end_as(tx, job.report, self.name, queries.FAILED))
        return 1

    def close(self) -> None:
        """Give an unfinished report back to those that wait, and leave no half file."""
        job = self._job
        if job is not None:
            self._drop(job)
            with suppress(Refused):  # the desk died: the lease runs out, and the report is made again
                self._write(lambda tx, _: store.end_as(tx, job.report, self.name, queries.WAITING))
        self._finisher.close()

    def path_of(self, report: queries.Report) -> Path:
        """Where the file of a ready report lies."""
        return self.directory / report.file

    # Slices

    def _begin(self) -> int:
        with self.database.read() as tx:
            if not queries.is_anything_due(tx, self.clock.now()):
                return 0
        taken: list[queries.Report | None] = []
        self._write(lambda tx, at: taken.append(store.claim(tx, self.name, LEASE, ATTEMPTS_MAX, at)))
        report = taken[0]
        if report is None:
            return 0
        self._sweep_away(report)
        if report.state == queries.RUNNING:
            try:
                self._job = self._open(report)
            except Exception:
                LOG.exception("report %s cannot be begun", report.id)
                self._write(lambda tx, _: store.end_as(tx, report, self.name, queries.FAILED))
        return 1

    def _open(self, report: queries.Report) -> Job:
        folder = self.directory / f"{report.id}-{self.name}"
        folder.mkdir(parents=True)
        wanted = report.wanted
        path = folder / f"report.{wanted.kind}"
        mark = replica.mark(self.database)
        with replica.look(self.database, mark) as tx:
            partner = queries.partner_name(tx, THE_PARTNER)
            tx.only_of("seller", str(report.seller_id))
            total = queries.count(tx, report)
        sheet: Sheet
        if wanted.kind == "csv":
            sheet = CsvSheet(path, columns.NAMES)
        else:
            name = i18n.gettext(wanted.language, SHEET_NAME)
            sheet = XlsxSheet(path, columns.titles(wanted.language), name, report.created_at)
        return Job(report, path, sheet, partner, (to_us(wanted.from_at), 0), total, mark=mark)

    def _go_on(self, job: Job) -> None:
        if job.packing is None:
            self._read_slice(job)
        elif (packed := finished(job.packing)) is not None:
            self._finish(job, *packed)
            return
        until, total = self.clock.now() + LEASE, max(job.total, job.done)
        if not self._asks(lambda tx, _: store.progress(tx, job.report, self.name, job.done, job.found, total, until)):
            LOG.warning("report %s was taken over by another maker", job.report.id)
            self._drop(job)

    def _read_slice(self, job: Job) -> None:
        wanted, now = job.report.wanted, self.clock.now()
        with replica.look(self.database, job.mark) as tx:
            tx.only_of("seller", str(job.report.seller_id))
            rows = queries.page(tx, job.report, job.after, self.slice_rows)
            taken = [it for _, _, it in rows if wanted.takes(it)]
            known = queries.around(tx, taken, job.partner, now) if taken else []
        for one in self._opened(known, wanted.language):
            job.sheet.add(columns.row(one) if wanted.kind == "csv" else columns.row_for_people(one, wanted.language))
        job.done += len(rows)
        job.found += len(taken)
        if len(rows) == self.slice_rows:
            job.after = rows[-1][:2]
            return
        job.total = job.done
        job.packing = self._finisher.begin(job.sheet, job.path)

    def _opened(self, known: list[columns.Known], language: str) -> list[columns.Known]:
        """With what the customers wrote, as a seller may read it. A seller's look has no keys: the house opens it."""
        ids = {one for about in known for one in sealed_words.key_ids(about.it.comment)}
        if not ids:
            return known
        with self.database.read() as tx:
            found = person_queries.keys(tx, ids)
        gone = i18n.gettext(language, ERASED_WORDS)
        said = [sealed_words.opened(about.it.comment, found, gone, in_full=False) for about in known]
        return [replace(about, it=replace(about.it, comment=text)) for about, text in zip(known, said, strict=True)]

    def _finish(self, job: Job, size_bytes: int, sha256: str) -> None:
        """The file first, then the row: a row that says ready has its file."""
        file = str(job.path.relative_to(self.directory))
        if self._asks(lambda tx, _: store.finish(tx, job.report, self.name, file, size_bytes, sha256)):
            self._job = None
        else:
            self._drop(job)

    # What is left behind

    def _drop(self, job: Job) -> None:
        self._job = None
        if job.packing is None:
            job.sheet.abandon()
        else:
            job.packing.exception()  # waits: a file must not be taken away under the packer
        shutil.rmtree(job.path.parent, ignore_errors=True)

    def _sweep_away(self, report: queries.Report) -> None:
        """Files of earlier attempts, and those of a report that expired."""
        for folder in self.directory.glob(f"{report.id}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    # The desk

    def _write(self, run: Any) -> None:
        self._asks(run)

    def _asks(self, run: Any) -> bool:
        """Perform an errand; what `run` answered."""
        answered: list[Any] = []

        def kept(tx: Tx, at: datetime) -> bytes:
            answered.append(run(tx, at))
            return b""

        self.desk.perform_now(Errand(kept))
        return bool(answered[-1])
