"""A long file of exchange rates, some at a time: what differs from the rate of its day is a new row, nothing is doubled."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.i18n import N_
from backhaul.kit.spreadsheets import Cell
from backhaul.marketplace import access, rate_store
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step, answers
from backhaul.marketplace.rules.exchange import Rate

RATES_A_STEP = 500
COLUMNS = ("date", "currency", "nominal", "rate", "source")
NOTHING = {"new": 0, "corrected": 0, "known": 0}


def take_in(bench: Bench, job: Job) -> Iterator[Step]:
    """The file holds what was handed in. Each piece has a key of its own: done again, it counts as it did."""
    asked: Any = job.wanted
    with bench.database.read() as tx:
        objection = access.objection(tx, asked.by, bench.now())
    if objection is not None:
        yield from done_before(bench, job, Step(0, job.total))
        raise objection
    rates, told = _rates(bench, job), NOTHING
    for start in range(0, len(rates), RATES_A_STEP):
        piece = rates[start : start + RATES_A_STEP]

        def run(tx: Tx, at: datetime, piece: list[Rate] = piece) -> bytes:
            return msgspec.json.encode(rate_store.import_rates(tx, piece, asked.by.id, at))

        said = fingerprint((job.id, start))
        answer = bench.desk.perform_now(Errand(run, access.Known(asked.by), _key(job, start), said))
        told = _more(told, answer.body)
        yield Step(start + len(piece), len(rates), _rows(piece), told)


def done_before(bench: Bench, job: Job, last: Step) -> Iterator[Step]:
    """Of the pieces that come after this step, those that an earlier attempt had handed in."""
    asked: Any = job.wanted
    rates, told, done = _rates(bench, job), last.told or NOTHING, last.done
    for start in range(last.done, len(rates), RATES_A_STEP):
        key, piece = _key(job, start), rates[start : start + RATES_A_STEP]
        for body in answers(bench, asked.by, [key]).values():
            told, done = _more(told, body), done + len(piece)
            yield Step(done, len(rates), _rows(piece), told)


def _rates(bench: Bench, job: Job) -> list[Rate]:
    with bench.look(job) as tx:
        return msgspec.json.decode(queries.input_of(tx, job.id), type=list[Rate])


def _key(job: Job, start: int) -> str:
    return f"job-{job.id}:{start}"


def _more(told: dict[str, int], body: bytes) -> dict[str, int]:
    taken = msgspec.json.decode(body, type=rate_store.Taken)
    return {name: told[name] + getattr(taken, name) for name in told}


def _rows(piece: list[Rate]) -> list[Sequence[Cell]]:
    return [(str(it.on), it.currency, it.nominal, it.for_nominal, it.source) for it in piece]


KINDS = {"exchange_rates": Kind(COLUMNS, N_("Exchange rates"), take_in, changes=True, done_before=done_before)}
