"""A back-test of ten million units: `python -m bench.quotes [UNITS]`, and a part of `./bh bench`.

The bare expression quotes the same columns with NumPy and nothing else; `quotes` is the law's own, `back-test` reckons
classes, sellers and the returns that change most besides, block by block as the house does.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from backhaul.kit.money import Money
from backhaul.marketplace.rules.back_tests import BackTest
from backhaul.marketplace.rules.compensation import SEED_CARD, quote
from backhaul.marketplace.rules.many_quotes import QUALITIES, Units, Whole, amounts
from backhaul.marketplace.rules.reckoning import Reckoning

UNITS, BLOCK, SELLERS, ROUNDS = 10_000_000, 100_000, 5_000, 3
ONE_BY_ONE = 100_000


def units(count: int) -> Units:
    """Invented units, the same in every run; what they brought is nothing."""
    chance = np.random.default_rng(20240902)
    return Units(
        np.arange(100_001, 100_001 + count),
        chance.integers(1, SELLERS, count),
        chance.integers(0, len(QUALITIES), count),
        chance.integers(1, 9_000, count),
        chance.integers(1, 30_000_00, count),
        np.zeros(count, dtype=np.int64),
    )


def blocks(of: Units) -> list[Units]:
    """The same units as the house has them: some at a time."""
    columns = [getattr(of, name) for name in Units.__struct_fields__]
    return [Units(*(c[n : n + BLOCK] for c in columns)) for n in range(0, len(of.return_ids), BLOCK)]


def bare(of: Units) -> Whole:
    """The shortest NumPy for the table."""
    rates = np.array([SEED_CARD.rates_pct[quality] for quality in QUALITIES])
    rows = np.searchsorted(SEED_CARD.weight_edges_gram, of.weights_gram)
    columns = np.searchsorted(SEED_CARD.price_edges_minor, of.prices_minor)
    found: Whole = (of.prices_minor * rates[of.qualities, rows, columns] + 50) // 100
    return found


def back_tested(of: list[Units]) -> BackTest:
    """As `reckoning.back_test` does it, after the rows were read."""
    reckoning = Reckoning(SEED_CARD)
    for block in of:
        reckoning.add(block, str)
    return reckoning.result()


def seconds(run: Callable[[], object]) -> float:
    """The quickest of some rounds."""
    took = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        run()
        took.append(time.perf_counter() - before)
    return min(took)


def measure(console: Console, count: int = UNITS) -> dict[str, float]:
    """Ratios of speeds to the bare expression in this run; every amount is compared before anything is told."""
    some = units(count)
    parts = blocks(some)
    if not np.array_equal(bare(some), amounts(SEED_CARD, some)):
        raise RuntimeError("the amounts are not those of the bare expression")
    rows = list(zip(some.qualities[:ONE_BY_ONE].tolist(), some.weights_gram[:ONE_BY_ONE].tolist(),
                    some.prices_minor[:ONE_BY_ONE].tolist(), strict=True))  # fmt: skip
    times = {
        "bare NumPy": seconds(lambda: bare(some)),
        "quotes": seconds(lambda: [amounts(SEED_CARD, part) for part in parts]),
        "back-test": seconds(lambda: back_tested(parts)),
        "one by one": seconds(lambda: [quote(SEED_CARD, QUALITIES[q], w, Money(p)) for q, w, p in rows])
        * (count / min(count, ONE_BY_ONE)),
    }
    table = Table("", "seconds", "million units/s", title=f"{count:,} units", title_justify="left")
    for name, took in times.items():
        table.add_row(name, f"{took:.2f}", f"{count / took / 1e6:.1f}")
    console.print(table)
    return {
        "quotes_vs_bare_numpy": times["bare NumPy"] / times["quotes"],
        "back_test_vs_bare_numpy": times["bare NumPy"] / times["back-test"],
    }


if __name__ == "__main__":
    print(measure(Console(), int(sys.argv[1]) if len(sys.argv) > 1 else UNITS))
