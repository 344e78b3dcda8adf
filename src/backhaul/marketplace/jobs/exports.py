"""Tables too long to wait for: breaks, and the statement of an account."""

from collections.abc import Iterator
from typing import Any

from backhaul.kit import replica
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.kit.statement_files import COLUMNS as STATEMENT_COLUMNS
from backhaul.kit.statement_files import closing_row, line_row, opening_row
from backhaul.kit.statements import STEP_LINES, Period
from backhaul.marketplace import break_files, break_queries, ledger_doors
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step
from backhaul.marketplace.ledger_doors import BOOKS

ROWS_A_STEP = 500
ROWS_MAX = {"csv": 2_000_000, "xlsx": 1_000_000}


def breaks(bench: Bench, job: Job) -> Iterator[Step]:
    """Breaks, newest first."""
    asked: Any = job.wanted
    wanted = break_queries.Wanted(asked.seller_id, asked.status, asked.break_kind, asked.return_number)
    before, done, mark = 2**62, 0, replica.mark(bench.database)
    while True:
        with bench.look(job, mark) as tx:
            found = break_queries.listed(tx, wanted, before, ROWS_A_STEP)
        done += len(found)
        within(done, asked.file)
        yield Step(done, job.total, [break_files.row(it, asked.language) for it in found])
        if len(found) < ROWS_A_STEP:
            return
        before = found[-1].id


def statement(bench: Bench, job: Job) -> Iterator[Step]:
    """All entries of an account between two days, with what stood there before and afterwards.

    The sums at its end are those of the lines above it: an entry that is written meanwhile is in both or in none.
    """
    asked: Any = job.wanted
    party, period = ledger_doors.party_of(asked.of), Period(asked.first, asked.last)
    words, mark = ledger_doors.words(party, asked.language), replica.mark(bench.database)
    with bench.look(job, mark) as tx:
        heading = BOOKS.heading(tx, party.account, period, asked.currency)
    yield Step(0, heading.count, [opening_row(heading, asked.language)])
    place, minor = (period.start_us, ""), heading.opening.minor
    done = raised = lowered = 0
    while True:
        with bench.look(job, mark) as tx:
            lines, place = BOOKS.some(tx, party.account, period, asked.currency, place, minor)
        done += len(lines)
        within(done, asked.file)
        raised += sum(line.amount.minor for line in lines if line.amount.minor > 0)
        lowered -= sum(line.amount.minor for line in lines if line.amount.minor < 0)
        minor = lines[-1].balance.minor if lines else minor
        yield Step(done, heading.count, [line_row(line, words) for line in lines])
        if len(lines) < STEP_LINES:
            break
    sums = Money(raised, asked.currency), Money(lowered, asked.currency), Money(minor, asked.currency)
    yield Step(done, heading.count, [closing_row(sums, asked.language)])


def within(rows: int, file: str) -> None:
    """No file is longer than programs can open."""
    if rows > ROWS_MAX[file]:
        raise Refused("job_too_long", "invalid", rows_max=ROWS_MAX[file])


KINDS = {
    "breaks": Kind(break_files.COLUMNS, N_("Breaks"), breaks),
    "statement": Kind(STATEMENT_COLUMNS, N_("Statement"), statement),
}
