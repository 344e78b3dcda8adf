"""T20: no parser of ours raises anything but a refusal, or takes longer than a second, whatever comes. `./bh fuzz` looks deeper, by coverage.

A run prints its seed; a fault is told with the bytes that did it.
"""

import os
import time
import traceback

import pytest

from backhaul.kit.machine import Refused
from tests.fuzzing.mutator import mutants
from tests.fuzzing.targets import TARGETS, Target, run, seeds

SEED = os.environ.get("BACKHAUL_SEED", "1")
FEW, MANY = 150, int(os.environ.get("BACKHAUL_EXECUTIONS", "20000"))
SECONDS_MAX = 1.0


def faults(name: str, target: Target, count: int) -> list[str]:
    """What went wrong, once a place in the code."""
    found: dict[str, str] = {}
    for data in mutants(seeds_of(name), f"{SEED} {name}", count):
        began = time.process_time()
        try:
            run(target, data)
        except Exception as error:  # noqa: BLE001 -- that none is raised is what is tried
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.setdefault(f"{type(error).__name__} {place.name}:{place.lineno}", repr(data[:300]))
        if (took := time.process_time() - began) > SECONDS_MAX:
            found.setdefault("too slow", f"{took:.1f} s for {data[:300]!r}")
    return [f"{name}: {what}, by {data}" for what, data in found.items()]


def seeds_of(name: str) -> list[bytes]:
    return seeds().get(name, [b"a,b\n1,2\n"])


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_nothing_that_reads_what_strangers_write_breaks(count: int) -> None:
    print(f"seed {SEED}: BACKHAUL_SEED={SEED} makes the same bytes")
    told = [fault for name, target in TARGETS.items() for fault in faults(name, target, count)]

    assert [] == told
    assert set(TARGETS) == set(seeds())


def test_a_parser_that_forgets_an_index_is_found() -> None:
    """The control: a planted IndexError, behind two conditions that fit."""

    def planted(data: bytes) -> None:
        cells = data.split(b",")
        if len(cells) < 2:
            raise Refused("not_csv", "invalid")
        if cells[0] == b"a":
            cells[3].decode("latin-1")

    assert any("IndexError" in one for one in faults("planted", planted, FEW))
