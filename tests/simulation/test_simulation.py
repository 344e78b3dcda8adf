"""The simulation of both houses: no violation in a few seeds, every planted bug of a few caught, the same seed the same run.

The whole of it is `./bh sim --seeds 500 --steps 400` and `./bh sim --score`, or `./bh soak`.
"""

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.simulation import running, situations
from tests.simulation.bugs import REGISTER

CHECKER = Path(__file__).with_name("checker")
SEEDS, STEPS = range(4), 60
QUICK = ("no-remembered-answer", "unbalanced-by-one", "unit-in-two-returns", "thirteen-days", "event-without-actor",
         "chain-without-links")  # fmt: skip


@pytest.mark.timeout(300)
def test_a_few_seeds_break_no_rule_and_things_go_wrong_in_them() -> None:
    """T06. A seed that fails is named, and `./bh sim --seed N --steps N` replays it."""
    happened: Counter[str] = Counter()
    for seed in SEEDS:
        outcome = running.run(seed, STEPS)
        happened.update(outcome.situations)
        assert "" == outcome.fault, f"./bh sim --seed {seed} --steps {STEPS}"

    assert [] == situations.missing(happened, situations.EVERY_DAY)


@pytest.mark.parametrize("bug", QUICK)
def test_planted_bugs_are_caught(bug: str) -> None:
    """2.6: what does not find them finds nothing."""
    caught = running.hunted(bug, 4, STEPS)

    assert caught.seed is not None


def test_what_was_found_once_is_not_there_any_more() -> None:
    """Seeds that failed are replayed for ever (`tests/regressions`). The control: a planted bug that was found in one is found still."""
    found = [(saved, running.run(saved.seed, saved.steps, saved.bug)) for saved in running.saved()]

    assert [] == [(saved, outcome.fault) for saved, outcome in found if outcome.fault and not saved.bug]
    assert [] == [(saved, outcome.fault) for saved, outcome in found if saved.bug and outcome.invariant != saved.found]
    assert {True, False} == {bool(saved.bug) for saved, _ in found}


def test_the_checker_imports_nothing_of_the_product() -> None:
    """2.0, rule 5: it would make the same mistakes."""
    imported = set()
    for file in CHECKER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")

    assert set() == {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names} - {
        f"tests.simulation.checker{rest}" for rest in ("", *(f".{file.stem}" for file in CHECKER.glob("*.py")))
    }


def test_the_register_has_forty_five_bugs_and_names_their_guards() -> None:
    """The score is out of at least forty-five; a masked one has its pair."""
    assert len(REGISTER) >= 45
    assert all(bug.what for bug in REGISTER.values())
    masked = [bug for bug in REGISTER.values() if bug.masked_by]
    assert [] == [bug.name for bug in masked if bug.pair not in REGISTER or REGISTER[bug.pair].masked_by]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_same_seed_is_the_same_run_whatever_python_hashes() -> None:
    """48 of the register: under PYTHONHASHSEED 0 and 1 twenty seeds leave the same trace."""
    told = [_traces(seed) for seed in ("0", "1")]

    assert told[0] == told[1]
    assert 20 == len(told[0])


def _traces(hash_seed: str) -> list[str]:
    program = (
        "from tests.simulation import running; running.quietly(); print(*[running.run(n, 60).trace for n in range(20)])"
    )
    words = [sys.executable, "-c", program]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    root = Path(__file__).parents[2]
    return subprocess.run(words, env=environment, cwd=root, check=True, capture_output=True, text=True).stdout.split()


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_five_hundred_seeds_of_four_hundred_steps() -> None:
    """T06 at the figure of the programme."""
    figures = running.seeds(0, 500, 400, lambda _: None)

    assert ([], []) == (figures["failed"], situations.missing(figures["situations"]))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_planted_bug_is_caught_or_masked_with_its_pair_caught() -> None:
    """2.6: the number to publish."""
    figures = running.score(200, 120, lambda *_: None)

    assert ([], []) == (figures["missed"], figures["unmasked"])
