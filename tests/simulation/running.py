"""Many runs: of seeds, of planted bugs until they are caught, and the score that is published."""

import gc
import json
import logging
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from tests.simulation.bugs import REGISTER
from tests.simulation.simulator import Outcome, simulate

REGRESSIONS = Path(__file__).parents[1] / "regressions"
MEMORY = Path("/dev/shm")  # noqa: S108 - each run makes a folder of its own in it


class Saved(msgspec.Struct, frozen=True):
    """A run that once found a fault: it is replayed for ever, and finds none. With a planted `bug` it still breaks the rule in `found`."""

    seed: int
    steps: int
    found: str
    bug: str = ""


class Caught(msgspec.Struct, frozen=True):
    """What became of a planted bug: the seed and step at which it was caught, None: it was not."""

    bug: str
    number: int
    what: str
    masked_by: str
    pair: str
    seed: int | None
    step: int
    invariant: str


@contextmanager
def memory() -> Iterator[Path]:
    """A folder for databases that need not outlast a power cut."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-simulation-", dir=MEMORY if MEMORY.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(seed: int, steps: int, bug: str = "") -> Outcome:
    """One seed, in a folder of its own."""
    with memory() as folder:
        return simulate(seed, steps, folder / "run", REGISTER[bug] if bug else None)


def hunted(bug: str, seeds: int, steps: int) -> Caught:
    """A planted bug is run until it is caught."""
    found = REGISTER[bug]
    for seed in range(seeds):
        outcome = run(seed, steps, bug)
        if outcome.invariant:
            return Caught(
                bug, found.number, found.what, found.masked_by, found.pair, seed, outcome.at_step, outcome.invariant
            )
    return Caught(bug, found.number, found.what, found.masked_by, found.pair, None, 0, "")


def save(outcome: Outcome) -> Path:
    """A seed that failed is replayed with every run of the tests from now on."""
    REGRESSIONS.mkdir(exist_ok=True)
    path = REGRESSIONS / f"seed-{outcome.seed}-{outcome.steps}.json"
    path.write_bytes(
        msgspec.json.format(msgspec.json.encode(Saved(outcome.seed, outcome.steps, outcome.fault))) + b"\n"
    )
    return path


def saved() -> list[Saved]:
    """All of them."""
    return [msgspec.json.decode(path.read_bytes(), type=Saved) for path in sorted(REGRESSIONS.glob("seed-*.json"))]


def many(work: Callable[[Any], Any], given: Iterable[Any]) -> Iterator[Any]:
    """Side by side, as many as there are processors; as they end."""
    with get_context("spawn").Pool(len(os.sched_getaffinity(0)), initializer=quietly) as pool:
        yield from pool.imap_unordered(work, given)


def quietly() -> None:
    """Faults that were planted, and houses that are killed, fill no log; and nobody looks for garbage among so many rows."""
    gc.set_threshold(100_000, 20, 20)
    logging.disable(logging.CRITICAL)


def _seed(asked: tuple[int, int]) -> Outcome:
    return run(*asked)


def _hunt(asked: tuple[str, int, int]) -> Caught:
    return hunted(*asked)


def seeds(first: int, count: int, steps: int, told: Callable[[Outcome], None]) -> dict[str, Any]:
    """So many seeds; what they came to, in figures."""
    began = time.monotonic()
    total: Counter[str] = Counter()
    events, failed = 0, []
    for outcome in many(_seed, [(seed, steps) for seed in range(first, first + count)]):
        total.update(outcome.situations)
        events += outcome.events
        if outcome.invariant:
            failed.append(outcome)
        told(outcome)
    seconds = time.monotonic() - began
    return {"seeds": count, "steps": count * steps, "seconds": round(seconds, 1), "events": events, "situations": dict(sorted(total.items())),
            "failed": [f"seed {one.seed}: {one.fault}" for one in failed]}  # fmt: skip


def score(
    limit: int, steps: int, told: Callable[[Caught, dict[str, Any]], None], names: Iterable[str] = ()
) -> dict[str, Any]:
    """Every planted bug; which of them were caught, and where. `told`: of each, and the figures so far, for it takes long."""
    began = time.monotonic()
    found: list[Caught] = []
    figures: dict[str, Any] = {}
    for caught in many(_hunt, [(name, limit, steps) for name in names or REGISTER]):
        found.append(caught)
        figures = {**_summed(found, time.monotonic() - began), "limit": limit, "steps": steps}
        told(caught, figures)
    return figures


def _summed(found: list[Caught], seconds: float) -> dict[str, Any]:
    order = list(REGISTER)
    found = sorted(found, key=lambda one: order.index(one.bug))
    alone = [one for one in found if not one.masked_by]
    at = [one.seed for one in alone if one.seed is not None]
    caught = {one.bug for one in found if one.seed is not None}
    return {
        "registered": len(REGISTER), "planted": len(found), "caught": len(at), "masked": len(found) - len(alone), "seconds": round(seconds, 1),
        "missed": [one.bug for one in alone if one.seed is None],
        "unmasked": [one.bug for one in found if one.masked_by and (one.seed is not None or one.pair not in caught)], "median_seeds": median(at) + 1 if at else None,
        "most_seeds": max(at) + 1 if at else None, "bugs": [msgspec.to_builtins(one) for one in found],
    }  # fmt: skip


def written(name: str, figures: dict[str, Any]) -> Path:
    """The figures of a run, where the page of reliability is made from."""
    path = Path("var") / f"simulation-{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return path
