"""A house as a process: its server, its worker, and a clean end."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence

from backhaul.kit.server import Served
from backhaul.kit.watching import NOBODY, Watch

TICK_SECONDS = 0.5
LITTLE, LITTLE_SECONDS = (
    100,
    0.05,
)  # work comes in as it is done: rounds without a rest would only take the house's time
BUSY_TICK_SECONDS = 0.01

LOG = logging.getLogger("backhaul.worker")


def one_by_one(*parts: Callable[[], int]) -> int:
    """Every part of a round has its turn, whatever befalls another one; how much was done. Then what failed is raised."""
    done, faults = 0, list[Exception]()
    for part in parts:
        try:
            done += part()
        except Exception as fault:  # noqa: BLE001 -- raised below
            faults.append(fault)
    if len(faults) > 1:
        raise ExceptionGroup("parts of a round failed", faults)
    if faults:
        raise faults[0]
    return done


class Worker:
    """Calls `tick` again and again: at once while there is much work, soon after a little, else twice a second. One fault does not end it."""

    def __init__(self, tick: Callable[[], int], name: str = "worker", watch: Watch = NOBODY) -> None:
        self.tick = tick
        self.name = name
        self.watch = watch
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the round and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _run(self) -> None:
        while not self._stop.is_set():
            done, failed, began = 0, False, time.perf_counter()
            try:
                done = self.tick()
            except Exception:
                failed = True
                LOG.exception("the worker's round failed; it goes on")
            self.watch.round(self.name, time.perf_counter() - began, failed=failed)
            self._stop.wait(_rest(done))


def _rest(done: int) -> float:
    """Seconds until the next round."""
    if not done:
        return TICK_SECONDS
    return LITTLE_SECONDS if done < LITTLE else BUSY_TICK_SECONDS


def heed_signals(told: threading.Event) -> None:
    """Ctrl-C and SIGTERM set `told` from now on: called before anybody reads that the house runs."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: told.set())


def until_told(served: Served | None, on_stop: Sequence[Callable[[], None]], told: threading.Event,
               before: Callable[[], None] = lambda: None) -> None:  # fmt: skip
    """Serve until `told`; then `before`, while it still serves, stop the server and run `on_stop` in order."""
    while not told.wait(0.5):
        pass
    before()
    if served is not None:
        served.stop()
    for end in on_stop:
        end()
