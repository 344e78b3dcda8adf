"""What somebody may hear and see of a house that runs: lines in its log, metrics at a door of their own, traces. All but faults by choice."""

import logging
import os
import time
from collections.abc import Callable
from typing import Any

import msgspec

from backhaul.kit import logs, metrics_door, strict_transport
from backhaul.kit.observing import Observer
from backhaul.kit.server import Served
from backhaul.kit.watching import NOBODY, Watch

FAULTS, REQUESTS = "faults", "requests"
LOGS = (FAULTS, REQUESTS)
TOKEN = "BACKHAUL_METRICS_TOKEN"  # noqa: S105 -- the name of a variable
DRAIN_SECONDS_MAX = 300.0


class Wanted(msgspec.Struct, frozen=True):
    """What an operator asks for. `traces` is where they go (`tracing.exporter_of`); `drain_seconds`: how long a house that was
    told to end still serves, not ready any more, so that a balancer sends nobody else.
    """

    metrics: metrics_door.Place | None = None
    traces: str = ""
    requests: bool = False
    drain_seconds: float = 0.0


NOTHING = Wanted()


def wanted_of(metrics: str, traces: str, log: str, drain_seconds: float = 0.0) -> Wanted:
    """The options of a command line. ValueError with a sentence for one that cannot be."""
    try:
        place = metrics_door.place_of(metrics, os.environ.get(TOKEN, ""))
    except ValueError as error:
        raise ValueError(f"--metrics: {error}") from None
    if log not in LOGS:
        raise ValueError(f"--log is {' or '.join(LOGS)}, not {log!r}")
    if not 0 <= drain_seconds <= DRAIN_SECONDS_MAX:
        raise ValueError(f"--drain is 0 to {DRAIN_SECONDS_MAX:.0f} seconds, not {drain_seconds:g}")
    if traces:
        from backhaul.kit import tracing  # noqa: PLC0415 -- an extra

        tracing.check(traces)
    return Wanted(place, traces, log == REQUESTS, drain_seconds)


class Listening:
    """Ears for one process of a house. `gauges` gives the module with its `NOUNS` and `QUEUES`."""

    def __init__(self, house: str, office: Any, wanted: Wanted, lines: logs.Lines, gauges: Callable[[], Any]) -> None:
        self.office = office
        self.wanted = wanted
        self.lines = lines
        self.watch: Watch = NOBODY
        self._around: Callable[[Any], Any] = lambda app: app
        self._door: Served | None = None
        self._tracer: Any = None
        meters = None
        if wanted.metrics is not None:
            from backhaul.kit.gauges import Gauges  # noqa: PLC0415 -- loaded for whoever wants metrics
            from backhaul.kit.meters import Meters  # noqa: PLC0415

            meters, asked = Meters(house), gauges()
            meters.watch_desk(office.desk)
            logging.getLogger().addHandler(meters.watch_log(lambda: lines.dropped))
            meters.registry.register(Gauges(house, office.database, office.clock, asked.NOUNS, asked.QUEUES))
            web = metrics_door.door(meters.text, office.readiness, wanted.metrics.token)
            self._door = Served(web, wanted.metrics.host, wanted.metrics.port)
        if wanted.traces:
            from backhaul.kit import tracing  # noqa: PLC0415 -- an extra

            self._tracer = tracing.open_tracer(house, wanted.traces)
        if meters is not None or self._tracer is not None or wanted.requests:
            observer = Observer(house, meters, self._tracer, lines if wanted.requests else None)
            self.watch, self._around = observer, observer.around
            office.desk.watch = observer

    def around(self, app: Any) -> Any:
        """The house's web, listened to where somebody wants it; behind TLS it says so."""
        return strict_transport.told(self._around(app), secure=self.office.secure)

    def start(self) -> str:
        """Open the door; words that say where it is, empty without one."""
        if self.wanted.requests:
            self.lines.start()
        return "" if self._door is None else f", its metrics at {self._door.start().url}/metrics"

    def before_the_end(self) -> None:
        """The house was told to end: it is not ready any more, and serves on for those who do not know it yet."""
        self.office.readiness.closing.set()
        time.sleep(self.wanted.drain_seconds)

    def stop(self) -> None:
        """Last of all: let go of everything that was heard."""
        if self._door is not None:
            self._door.stop()
        if self._tracer is not None:
            self._tracer.close()
        self.lines.close()
