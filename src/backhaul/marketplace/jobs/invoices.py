"""An invoice of the partner with very many lines: taken in piece by piece, then compared unit by unit.

Broken off before its last line it counts for nothing, and is begun again; the same file is never taken in twice.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.marketplace import break_files, break_queries, reconciliation_errands, reconciliation_queries
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step, check_right
from backhaul.marketplace.reconciliation_errands import Begun
from backhaul.marketplace.reconciliation_rounds import UNITS_A_STEP
from backhaul.marketplace.rules.partner_invoices import PartnerInvoice

LINES_A_STEP = 500


def take_in(bench: Bench, job: Job) -> Iterator[Step]:
    """Its lines, then what does not agree about the units that it names or named before it was corrected: a row for each break."""
    asked: Any = job.wanted
    with bench.database.read() as tx:
        check_right(tx, asked.by, bench.now())
    with bench.look(job) as tx:
        it = msgspec.json.decode(queries.input_of(tx, job.id), type=PartnerInvoice)
    seller_id, lines = int(asked.by.subject), len(it.lines)
    units = sorted({line.return_number for line in it.lines})
    told, total = {"lines": lines, "breaks": 0}, lines + len(units)
    for done in _lines(bench, asked, seller_id, it):
        yield Step(done, total)
    for done in range(0, len(units), UNITS_A_STEP):
        numbers = units[done : done + UNITS_A_STEP]
        bench.reconciling.compare_units(seller_id, numbers)
        with bench.look(job) as tx:
            found = break_queries.about_units(tx, seller_id, numbers)
        told = {**told, "breaks": told["breaks"] + len(found)}
        yield Step(lines + done + len(numbers), total, [break_files.row(one, asked.language) for one in found], told)
    for _ in _corrected(bench, job, seller_id, it):
        yield Step(total, total, told=told)


def _lines(bench: Bench, asked: Any, seller_id: int, it: PartnerInvoice) -> Iterator[int]:
    """How many are taken in. It counts from its last piece on, when whoever brought it may still bring it."""

    def begin(tx: Tx, at: datetime) -> bytes:
        return msgspec.json.encode(reconciliation_errands.begin_invoice(tx, seller_id, it, asked.sha256, asked.by, at))

    begun = msgspec.json.decode(bench.desk.perform_now(Errand(begin)).body, type=Begun)
    if begun.known:
        yield len(it.lines)
        return
    for start in range(0, len(it.lines), LINES_A_STEP):
        piece = it.lines[start : start + LINES_A_STEP]
        bench.desk.perform_now(
            Errand(lambda tx, _, piece=piece: reconciliation_errands.add_lines(tx, begun.id, seller_id, piece))  # type: ignore[misc]
        )
        yield start + len(piece)

    def finish(tx: Tx, at: datetime) -> None:
        check_right(tx, asked.by, at)
        reconciliation_errands.finish_invoice(tx, begun.id, seller_id, it)

    bench.desk.perform_now(Errand(finish))


def _corrected(bench: Bench, job: Job, seller_id: int, it: PartnerInvoice) -> Iterator[None]:
    """The units of the invoice that this one has replaced: it may not name them any more."""
    with bench.look(job) as tx:
        earlier, after = reconciliation_queries.earlier(tx, seller_id, it.number, it.revision), 0
    while earlier is not None:
        with bench.look(job) as tx:
            numbers, last = reconciliation_queries.numbers_of(tx, earlier, after)
        bench.reconciling.compare_units(seller_id, numbers)
        yield
        if last is None:
            return
        after = last


KINDS = {"invoice": Kind(break_files.COLUMNS, N_("Breaks"), take_in, changes=True)}
