"""What it costs that PostgreSQL holds a look to its owner's rows: the product's own look-ups, held and not, call by call in one run.

`python -m bench.held [RETURNS]` tells it; 100,000 returns unless told otherwise. A figure is the middle of the ratios of five passes.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from backhaul.kit.database import Tx
from backhaul.kit.statements import Period
from backhaul.marketplace import ledger_doors, queries
from backhaul.marketplace.rules import chart
from bench import flat
from bench.copies import FIRST_ID
from bench.fixture import SELLER_ID
from bench.flat import CALLS, PASSES, Place
from bench.flat_looks import LOOKS, Among, Look

OF_SELLERS = ("inbox", "api_list", "seller_api", "report")
# An entry for each return of the seller, in the ledger's order: as old as the return.
ENTRIES = f"""INSERT INTO entries (cause, case_id, seq, debit, credit, amount_minor, currency, at_us)
  SELECT 'claim:' || returns.id, returns.id, 1, '{chart.CARRIERS}', '{chart.SELLERS}{SELLER_ID}', 100, 'RUB', requested_us
  FROM returns WHERE seller_id = {SELLER_ID}"""  # noqa: S608 -- names of our own


@dataclass
class Took:
    """Of each pass the middle of its calls in milliseconds: a look for the house, and one for the seller."""

    free: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(held / free for held, free in zip(self.held, self.free, strict=True))


def _one(tx: Tx, among: Among, nth: int) -> int:
    """A return with what happened to it."""
    it = queries.one(tx, FIRST_ID + among.some(nth))
    return 0 if it is None else min(1, len(queries.history(tx, it.id)))


def _ledger(tx: Tx, among: Among, _: int) -> int:
    """A page of the last days, with the sum of all that was before."""
    party, last = ledger_doors.party_of(f"seller:{SELLER_ID}"), among.at.date()
    lines, _after = ledger_doors.BOOKS.page(tx, party.account, Period(last, last + timedelta(days=1)), "RUB")
    return min(1, len(lines))


def looks() -> Iterator[Look]:
    """The seller's, of the lists that `bench.flat` measures, and two more."""
    yield from (look for look in LOOKS if look.group in OF_SELLERS)
    yield Look("return", "one and what happened", 1, _one)
    yield Look("ledger", "a page of a statement", 1, _ledger)


def run(place: Place) -> dict[str, Took]:
    """One pass to warm up, then the measured ones: a call free and one held, turn about, each with its transaction."""
    took: dict[str, Took] = {look.name: Took() for look in looks()}
    for nth in range(PASSES + 1):
        for look in looks():
            free: list[float] = []
            held: list[float] = []
            for call in range(CALLS):
                pair: list[tuple[list[float], Callable[[Tx], None]]] = [(free, _nobody), (held, _seller)]
                for times, hold in pair if call % 2 else reversed(pair):
                    times.append(_timed(place, look, hold, 1 + call))
            if nth:
                took[look.name].free.append(statistics.median(free))
                took[look.name].held.append(statistics.median(held))
    return took


def _nobody(tx: Tx) -> None:
    """A look for the house."""


def _seller(tx: Tx) -> None:
    tx.only_of("seller", str(SELLER_ID))


def _timed(place: Place, look: Look, hold: Callable[[Tx], None], nth: int) -> float:
    begun = time.perf_counter()
    with place.database.read() as tx:
        hold(tx)
        rows = look.run(tx, place.among, nth)
    took = 1000 * (time.perf_counter() - begun)
    if rows != look.rows:
        raise RuntimeError(f"{look.name}: {rows} rows, not {look.rows}")
    return took


def tell(console: Console, count: int, took: dict[str, Took]) -> None:
    """Every look with both its times."""
    table = Table("group", "look", "free, ms", "held, ms", "held / free",
                  title=f"Looks held to their seller, {count:,} returns, PostgreSQL, p50", title_justify="left")  # fmt: skip
    for look in looks():
        one = took[look.name]
        table.add_row(look.group, look.name, f"{statistics.median(one.free):.2f}", f"{statistics.median(one.held):.2f}",
                      f"{one.ratio:.2f}")  # fmt: skip
    console.print(table)


def main(count: int) -> None:
    """Make the returns, look at them, tell."""
    with (
        tempfile.TemporaryDirectory(prefix="backhaul-bench-") as folder,
        flat.places(Path(folder) / "held", "postgres", {"held": count}, 2_000) as (place,),
    ):
        with place.database.engine().begin() as owner:
            owner.execute(sa.text(ENTRIES))
            owner.execute(sa.text("ANALYZE entries"))
        tell(Console(width=120), count, run(place))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
