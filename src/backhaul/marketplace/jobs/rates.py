"""A long file of exchange rates, some at a time: what differs from the rate of its day is a new row, nothing is doubled."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.i18n import N_
from backhaul.marketplace import access, rate_store
from backhaul.marketplace.jobs import queries
from backhaul.marketplace.jobs.queries import Job
from backhaul.marketplace.jobs.steps import Bench, Kind, Step
from backhaul.marketplace.rules.exchange import Rate

RATES_A_STEP = 500
COLUMNS = ("date", "currency", "nominal", "rate", "source")


def take_in(bench: Bench, job: Job) -> Iterator[Step]:
    """The file holds what was handed in. Each piece has a key of its own: done again, it counts as it did."""
    asked: Any = job.wanted
    with bench.database.read() as tx:
        objection = access.objection(tx, asked.by, bench.now())
        rates = msgspec.json.decode(queries.input_of(tx, job.id), type=list[Rate])
    if objection is not None:
        raise objection
    told = {"new": 0, "corrected": 0, "known": 0}
    for start in range(0, len(rates), RATES_A_STEP):
        piece = rates[start : start + RATES_A_STEP]

        def run(tx: Tx, at: datetime, piece: list[Rate] = piece) -> bytes:
            return msgspec.json.encode(rate_store.import_rates(tx, piece, asked.by.id, at))

        said = fingerprint((job.id, start))
        answer = bench.desk.perform_now(Errand(run, access.Known(asked.by), f"job-{job.id}:{start}", said))
        taken = msgspec.json.decode(answer.body, type=rate_store.Taken)
        told = {name: told[name] + getattr(taken, name) for name in told}
        rows = [(str(it.on), it.currency, it.nominal, it.for_nominal, it.source) for it in piece]
        yield Step(start + len(piece), len(rates), rows, told)


KINDS = {"exchange_rates": Kind(COLUMNS, N_("Exchange rates"), take_in, changes=True)}
