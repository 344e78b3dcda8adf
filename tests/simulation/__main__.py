"""`./bh sim`: replays a seed, runs many, or hunts every planted bug until it is caught."""

import argparse
import sys
from typing import Any

from rich.progress import Progress

from tests.simulation import running
from tests.simulation.bugs import REGISTER
from tests.simulation.page import publish
from tests.simulation.situations import missing


def parsed(words: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="./bh sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed, or the first of many")
    parser.add_argument(
        "--seeds", type=int, default=0, help="how many of them; of a hunt: at most so many, 200 unless told otherwise"
    )
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--bug", default="", help="plant this bug", choices=("", *REGISTER), metavar="NAME")
    parser.add_argument("--bugs", action="store_true", help="name all planted bugs")
    parser.add_argument("--score", action="store_true", help="hunt every planted bug until it is caught")
    parser.add_argument("--publish", action="store_true", help="write the last figures into docs/reliability.md")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """0: nothing was found, and of planted bugs: all of them."""
    asked = parsed(words)
    if asked.bugs:
        print("\n".join(f"{name:52}{bug.what}" for name, bug in REGISTER.items()))
        return 0
    if asked.score:
        return _publishes(asked, _score(asked))
    if asked.seeds > 1:
        return _publishes(asked, _seeds(asked))
    if asked.publish:
        publish()
        return 0
    running.quietly()
    outcome = running.run(asked.seed, asked.steps, asked.bug)
    print(f"seed {outcome.seed}, {outcome.steps} steps, {outcome.events} events, trace {outcome.trace}")
    if outcome.invariant:
        print(f"step {outcome.at_step}: {outcome.fault}")
        if not asked.bug:
            print(f"kept in {running.save(outcome)}")
    return 1 if outcome.invariant else 0


def _publishes(asked: argparse.Namespace, result: int) -> int:
    if asked.publish:
        publish()
    return result


def _score(asked: argparse.Namespace) -> int:
    with Progress() as bar:
        task = bar.add_task("planted bugs", total=len(REGISTER))

        def told(one: running.Caught, so_far: dict[str, Any]) -> None:
            running.written("score", so_far)
            where = "NOT CAUGHT" if one.seed is None else f"{one.invariant} at seed {one.seed}, step {one.step}"
            bar.console.print(f"{one.bug}: {where}{f' (masked: {one.masked_by})' if one.masked_by else ''}")
            bar.advance(task)

        figures = running.score(asked.seeds or 200, asked.steps, told)
    wrong = figures["unmasked"]
    print(f"{figures['caught']} of {figures['planted'] - figures['masked']} caught, {figures['masked']} masked by a guard, "
          f"median {figures['median_seeds']} seeds, most {figures['most_seeds']}, {figures['seconds']} s")  # fmt: skip
    for name in figures["missed"]:
        print(f"NOT CAUGHT: {name}")
    for name in wrong:
        print(f"NOT MASKED, OR ITS PAIR IS NOT CAUGHT: {name}")
    return 1 if figures["missed"] or wrong else 0


def _seeds(asked: argparse.Namespace) -> int:
    with Progress() as bar:
        task = bar.add_task("seeds", total=asked.seeds)

        def told(outcome: Any) -> None:
            if outcome.invariant:
                bar.console.print(
                    f"seed {outcome.seed}, step {outcome.at_step}: {outcome.fault}; kept in {running.save(outcome)}"
                )
            bar.advance(task)

        figures = running.seeds(asked.seed, asked.seeds, asked.steps, told)
    never = missing(figures["situations"])
    figures["never"] = never
    running.written("seeds", figures)
    print(f"{figures['seeds']} seeds, {figures['steps']} steps, {figures['events']} events, {figures['seconds']} s, "
          f"{figures['steps'] / figures['seconds']:.0f} steps a second, {len(figures['failed'])} failed")  # fmt: skip
    for name in never:
        print(f"NEVER HAPPENED: {name}")
    return 1 if figures["failed"] or never else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
