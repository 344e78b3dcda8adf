"""Gauges of the business: how many cases stand where, what is due and overdue, how long queues are and how old.

They are asked of the database when somebody looks at the metrics, at most twice a minute, on a connection that only reads.
Every question walks an index and stops: at `CASES_MAX` of a stage, at `ROWS_MAX` of a queue. A figure that has reached its bound
means "that many or more"; a look never reads a table through.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import bindparam, func, literal_column

from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Statement
from backhaul.kit.days import end_of_day, to_us

CASES_MAX = 100_000
ROWS_MAX = 10_000
KEPT_SECONDS = 30.0

TODAY, OVERDUE = "today", "overdue"


class Noun(msgspec.Struct, frozen=True):
    """Cases of a kind: their stages, and three questions about them."""

    name: str
    stages: tuple[str, ...]
    by_stage: Statement
    due: Statement
    oldest_due: Statement


def noun(name: str, stages: Iterable[str], table: sa.Table, *, ended: Iterable[str] = ()) -> Noun:
    """Of a table with `status` and `due_us`, each with an index of its own. At `ended` stages cases only pile up: nobody counts them."""
    known = tuple(str(stage) for stage in stages)
    status, due_us = table.c.status, table.c.due_us
    counts: list[Any] = [
        sa.select(literal_column(f"'{stage}'").label("stage"), func.count().label("count")).select_from(
            sa.select(literal_column("1"))
            .select_from(table)
            .where(status == literal_column(f"'{stage}'"))
            .limit(bindparam("most"))
            .subquery(f"at_{stage}")
        )
        for stage in known
        if stage not in set(map(str, ended))
    ]
    due = (
        sa.select(status.label("stage"))
        .where(due_us > bindparam("after_us"), due_us <= bindparam("until_us"))
        .order_by(due_us)
        .limit(bindparam("most"))
        .subquery("due")
    )
    return Noun(
        name, known, Statement(sa.union_all(*counts)),
        Statement(sa.select(due.c.stage, func.count()).group_by(due.c.stage)),
        Statement(sa.select(func.min(due_us)).where(due_us <= bindparam("now_us"))),
    )  # fmt: skip


def queue(since: Any, *where: Any, order: Sequence[Any], state: tuple[Any, str] | None = None) -> Statement:
    """How many rows of a queue wait, and since when the oldest does. `order` is that of the index which finds them.

    `state`: a column and the value that counts, among the rows that the index found.
    """
    kept = [since.label("since"), *([state[0].label("state")] if state else [])]
    rows = sa.select(*kept).where(*where).order_by(*order).limit(bindparam("most")).subquery("waiting")
    told = sa.select(func.count(), func.min(rows.c.since))
    return Statement(told.where(rows.c.state == literal_column(f"'{state[1]}'")) if state else told)


class Gauges(Collector):
    """Answers from what it found last, while that is fresh. When the database does not answer, the figures are away, not old."""

    def __init__(self, house: str, database: Database, clock: Clock, nouns: Sequence[Noun],
                 queues: Mapping[str, Statement]) -> None:  # fmt: skip
        self.house = house
        self.database = database
        self.clock = clock
        self.nouns = nouns
        self.queues = queues
        self._found: list[Metric] = []
        self._until = 0.0
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """For the registry. Others who ask meanwhile wait for the first one's answer."""
        with self._lock:
            if time.monotonic() >= self._until:
                began = time.monotonic()
                try:
                    found, good = list(self._look(self.clock.now())), 1.0
                except Exception:  # noqa: BLE001 -- told as a figure, and by whatever else needs the database
                    found, good = [], 0.0
                took = time.monotonic() - began
                fresh = _family("backhaul_gauges_fresh", "1 when the database answered the last look.", "house")
                fresh.add_metric([self.house], good)
                seconds = _family("backhaul_gauges_seconds", "How long the last look took.", "house")
                seconds.add_metric([self.house], took)
                self._found, self._until = [*found, fresh, seconds], time.monotonic() + KEPT_SECONDS
            yield from self._found

    def describe(self) -> Iterable[Metric]:
        """Nothing: to register it must not ask the database."""
        return ()

    def _look(self, now: datetime) -> Iterator[Metric]:
        at_stage = _family(
            "backhaul_cases", f"Cases by stage; {CASES_MAX} means that many or more.", "house", "noun", "stage"
        )
        due = _family(
            "backhaul_deadlines", f"Deadlines by stage; {ROWS_MAX} means that many or more.", "house", "noun", "stage", "due"
        )  # fmt: skip
        late = _family("backhaul_sweep_late_seconds", "How long the oldest deadline is overdue.", "house", "noun")
        waiting = _family(
            "backhaul_queue_waiting", f"What waits; {ROWS_MAX} means that many or more.", "house", "queue"
        )
        oldest = _family("backhaul_queue_oldest_seconds", "Since when the oldest waits.", "house", "queue")
        now_us, today_us = to_us(now), to_us(end_of_day(now, 0))  # 23:59 is stored as 00:00
        with self.database.read() as tx:
            for one in self.nouns:
                for stage, count in tx.rows(one.by_stage, most=CASES_MAX):
                    at_stage.add_metric([self.house, one.name, stage], count)
                for when, after_us, until_us in ((OVERDUE, -(2**62), now_us), (TODAY, now_us, today_us)):
                    rows = dict(tx.rows(one.due, after_us=after_us, until_us=until_us, most=ROWS_MAX))
                    for stage in one.stages:
                        due.add_metric([self.house, one.name, stage, when], rows.get(stage, 0))
                first = tx.one(one.oldest_due, now_us=now_us)
                late.add_metric([self.house, one.name], _age(now_us, first[0] if first else None))
            for name, statement in self.queues.items():
                count, since_us = tx.one(statement, most=ROWS_MAX) or (0, None)
                waiting.add_metric([self.house, name], count)
                oldest.add_metric([self.house, name], _age(now_us, since_us))
        yield from (at_stage, due, late, waiting, oldest)


def _family(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, labels=labels)


def _age(now_us: int, since_us: int | None) -> float:
    return 0.0 if since_us is None else max(0, now_us - since_us) / 1_000_000
