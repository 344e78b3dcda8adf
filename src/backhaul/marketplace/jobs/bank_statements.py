"""A long bank statement: recorded as it is, then its entries applied some at a time; a row for each with what became of it.

It cannot be cancelled once it has begun: what is recorded is applied to its end, by whoever comes first.
The same bytes are recorded once and an entry is applied once: by this job, or by the worker of payouts.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.kit.spreadsheets import Cell
from backhaul.marketplace import payout_queries, payout_texts, statement_errands, statement_files
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step, check_right
from backhaul.marketplace.payout_queries import EntryView, StatementView

COLUMNS = (
    "place", "line", "key", "kind", "amount", "currency", "booked_on", "reference", "outcome", "code", "detail", "return_id",
)  # fmt: skip


def take_in(bench: Bench, job: Job) -> Iterator[Step]:
    """Recorded first; the rows when every entry has its outcome."""
    asked: Any = job.wanted
    with bench.look(job) as tx:
        raw = queries.input_of(tx, job.id)
    form, entries = statement_files.read(raw)

    def record(tx: Tx, at: datetime) -> bytes:
        check_right(tx, asked.by, at)
        said = statement_errands.record(tx, (asked.name, form, raw), entries, asked.by, at)
        return msgspec.json.encode(said)

    found = msgspec.json.decode(bench.desk.perform_now(Errand(record)).body, type=StatementView)
    while (view := _seen(bench, job, found.id)).waiting:
        yield Step(view.entries - view.waiting, view.entries)
        statement_errands.apply_some(bench.desk)
    told, after = {"entries": view.entries, "applied": view.applied, "unfit": view.breaks}, 0
    while rows := _page(bench, job, found.id, after):
        yield Step(view.entries, view.entries, [_row(one, asked.language) for one in rows], told)
        after = rows[-1].place


def _seen(bench: Bench, job: Job, statement_id: int) -> StatementView:
    with bench.look(job) as tx:
        return payout_queries.statement(tx, statement_id)


def _page(bench: Bench, job: Job, statement_id: int, after: int) -> list[EntryView]:
    with bench.look(job) as tx:
        return payout_queries.entries(tx, statement_id, after)


def _row(one: EntryView, language: str) -> list[Cell]:
    why = payout_texts.MISFITS.get(one.code or "", "")
    return [
        one.place, one.line, one.key, one.kind, Decimal(one.amount.minor).scaleb(-2), one.amount.currency, one.booked_on,
        one.reference, one.outcome.value, one.code, i18n.gettext(language, why) if why else "", one.return_id,
    ]  # fmt: skip


KINDS = {"bank_statement": Kind(COLUMNS, N_("Bank statement"), take_in, changes=True, stops=False)}
