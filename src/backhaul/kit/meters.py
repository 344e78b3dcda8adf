"""The metrics of a house, by prometheus-client, in a registry of their own: two houses in one process do not mix.

This module is imported when somebody opens a door for metrics, not before. Labels are route templates, status codes, codes
of refusals and names of our own code: nothing that a visitor writes ever becomes a label.
"""

import logging
from collections.abc import Sequence
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from backhaul import __version__
from backhaul.kit.clock import Clock
from backhaul.kit.database import DatabaseError
from backhaul.kit.days import to_us
from backhaul.kit.desk import Desk
from backhaul.kit.machine import Refused

disable_created_metrics()  # type: ignore[no-untyped-call] # when each was first counted: twice the lines, and nobody asks
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Meters:
    """What a process of a house counts and measures."""

    def __init__(self, house: str) -> None:
        self.house = house
        self.registry = CollectorRegistry()
        own: dict[str, Any] = {"registry": self.registry}
        self._requests = Histogram(
            "backhaul_http_request_seconds", "Requests by route and status, from the first byte to the last.",
            ("house", "method", "route", "status"), buckets=SECONDS, **own,
        )  # fmt: skip
        being_answered = Gauge("backhaul_http_requests_open", "Requests that are being answered.", ("house",), **own)
        self._told = Counter(
            "backhaul_http_refusals",
            "Requests that were refused, by the code of the refusal.",
            ("house", "code"),
            **own,
        )
        self._works = Counter(
            "backhaul_desk_works", "Pieces of work that the desk finished, by how.", ("house", "outcome"), **own
        )
        self._refusals = Counter(
            "backhaul_desk_refusals", "Work that the law or the desk refused, by the code.", ("house", "code"), **own
        )
        self._batch = Histogram(
            "backhaul_desk_batch_size", "Pieces of work in one batch.", ("house",), buckets=SIZES, **own
        )
        self._batch_seconds = Histogram(
            "backhaul_desk_batch_seconds", "A batch, from its beginning to its commit.", ("house",), buckets=SECONDS, **own
        )  # fmt: skip
        self._commit = Histogram(
            "backhaul_desk_commit_seconds", "The commit of a batch.", ("house",), buckets=SECONDS, **own
        )
        self._rounds = Histogram(
            "backhaul_worker_round_seconds", "Rounds of the workers.", ("house", "worker"), buckets=SECONDS, **own
        )
        self._failed_rounds = Counter(
            "backhaul_worker_rounds_failed", "Rounds in which something failed.", ("house", "worker"), **own
        )
        self._last_round = Gauge(
            "backhaul_worker_last_round_timestamp_seconds", "When a worker went round last.", ("house", "worker"), **own
        )  # fmt: skip
        self._records = Counter(
            "backhaul_log_records", "Warnings and errors in the log.", ("house", "level", "logger"), **own
        )
        Gauge("backhaul_build_info", "What runs.", ("house", "version"), **own).labels(house, __version__).set(1)
        ProcessCollector(registry=self.registry)
        self.open = 0  # changed by the one loop that answers
        being_answered.labels(house).set_function(lambda: self.open)
        self._size, self._took, self._committed = (
            one.labels(house) for one in (self._batch, self._batch_seconds, self._commit)
        )
        self._done, self._refused, self._broken = (
            self._works.labels(house, how) for how in ("done", "refused", "failed")
        )
        self._routes: dict[tuple[str, str, int], Any] = {}
        self._clock = Clock()

    def request(self, method: str, route: str, status: int, seconds: float, refused: str) -> None:
        """A request was answered."""
        name = method, route, status
        child = self._routes.get(name)
        if child is None:
            child = self._routes[name] = self._requests.labels(self.house, method, route, str(status))
        child.observe(seconds)
        if refused:
            self._told.labels(self.house, refused).inc()

    def batch(self, results: Sequence[Any], seconds: float) -> None:
        """The desk finished a batch."""
        self._size.observe(len(results))
        self._took.observe(seconds)
        refused = failed = 0
        for result in results:
            if isinstance(result, Refused):
                if isinstance(result.__cause__, DatabaseError) or result.code == "failed":
                    failed += 1
                else:
                    refused += 1
                self._refusals.labels(self.house, result.code).inc()
        self._done.inc(len(results) - refused - failed)
        self._refused.inc(refused)
        self._broken.inc(failed)

    def committed(self, seconds: float) -> None:
        """A transaction was committed."""
        self._committed.observe(seconds)

    def round(self, name: str, seconds: float, *, failed: bool) -> None:
        """A worker went round."""
        self._rounds.labels(self.house, name).observe(seconds)
        self._failed_rounds.labels(self.house, name).inc(int(failed))
        self._last_round.labels(self.house, name).set(to_us(self._clock.now()) / 1_000_000)

    def watch_desk(self, desk: Desk[Any]) -> None:
        """How many wait at the desk, for how long, and whether it is there at all, at the moment when somebody asks."""
        depth = Gauge("backhaul_desk_waiting", "Work that waits at the desk.", ("house",), registry=self.registry)
        age = Gauge("backhaul_desk_oldest_seconds", "Since when the oldest waits.", ("house",), registry=self.registry)
        alive = Gauge("backhaul_desk_alive", "1 while the desk takes work.", ("house",), registry=self.registry)

        def oldest() -> float:
            since = desk.clerk.queue()[1]
            return 0.0 if since is None else max(0.0, (desk.clock.now() - since).total_seconds())

        depth.labels(self.house).set_function(lambda: desk.clerk.queue()[0])
        age.labels(self.house).set_function(oldest)
        alive.labels(self.house).set_function(lambda: float(desk.clerk.is_alive))

    def watch_log(self, dropped: Any) -> logging.Handler:
        """Count what is logged, and what was not (`dropped` says how much). The handler is for the root logger."""
        lost = Gauge("backhaul_log_lines_dropped", "Lines that nobody could take.", ("house",), registry=self.registry)
        lost.labels(self.house).set_function(dropped)
        return _Counting(self._records, self.house)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)


class _Counting(logging.Handler):
    def __init__(self, records: Counter, house: str) -> None:
        super().__init__(logging.WARNING)
        self._records, self._house = records, house

    def emit(self, record: logging.LogRecord) -> None:
        ours = record.name if record.name.startswith("backhaul") else record.name.partition(".")[0]
        self._records.labels(self._house, record.levelname.lower(), ours).inc()
