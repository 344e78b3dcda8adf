"""A back-test in columns: a rate card over very many units, by whoever wants one; nobody else loads the arrays for it."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np

from backhaul.kit.money import Money
from backhaul.marketplace.rules.back_tests import BackTest, Change, Past, SellersChange, Tally, compensation_of
from backhaul.marketplace.rules.compensation import Quality, RateCard
from backhaul.marketplace.rules.many_quotes import QUALITIES, Units, Whole, amounts, units_of

SHOWN = 10
BLOCK = 10_000


class Reckoning:
    """A card over blocks of units, one after the other: sums for all, for classes and for sellers, and who changes most."""

    def __init__(self, card: RateCard) -> None:
        self.card = card
        self.total, self.classes = Tally(), {quality: Tally() for quality in Quality}
        self.sellers: Counter[int] = Counter()
        self.best: list[Change] = []
        self.worst: list[Change] = []

    def add(self, units: Units, number_of: Callable[[int], str]) -> None:
        """A block. `number_of` gives the return's number by its place in the block, for the few that are named."""
        after = amounts(self.card, units)
        change = after - units.brought_minor
        for place, quality in enumerate(QUALITIES):
            some = units.qualities == place
            _add(self.classes[quality], units.brought_minor[some], after[some])
        _add(self.total, units.brought_minor, after)
        moved = np.flatnonzero(change)
        sellers, belongs_to = np.unique(units.seller_ids[moved], return_inverse=True)
        sums = np.zeros(len(sellers), dtype=np.int64)
        np.add.at(sums, belongs_to, change[moved])
        for seller, minor in zip(sellers.tolist(), sums.tolist(), strict=True):
            self.sellers[seller] += minor
        for most, size in ((self.best, change), (self.worst, -change)):
            most += [self._row(units, after, i, number_of(i)) for i in _largest(size, units.return_ids)]
            most.sort(key=lambda row: (-abs(row.minor), row.return_id))
            del most[SHOWN:]

    def _row(self, units: Units, after: Whole, i: int, number: str) -> Change:
        return Change(
            int(units.return_ids[i]), number, int(units.seller_ids[i]), QUALITIES[units.qualities[i]],
            int(units.weights_gram[i]), Money(int(units.prices_minor[i])), Money(int(units.brought_minor[i])),
            Money(int(after[i])),
        )  # fmt: skip

    def result(self) -> BackTest:
        """What has been added so far."""
        ordered = sorted(self.sellers.items(), key=lambda one: (-abs(one[1]), one[0]))
        return BackTest(
            self.total,
            self.classes,
            tuple(self.best),
            tuple(self.worst),
            sum(change > 0 for change in self.sellers.values()),
            sum(change < 0 for change in self.sellers.values()),
            tuple(SellersChange(*one) for one in ordered[:SHOWN]),
        )


def back_test(card: RateCard, past: Iterable[Past]) -> BackTest:
    """The card over returns: totals, classes, sellers, and the returns that change most. Reads each return once."""
    reckoning = Reckoning(card)
    compensated = ((it, brought) for it in past if (brought := compensation_of(it)) is not None)
    while block := list(islice(compensated, BLOCK)):
        rows = [
            (it.id, it.seller_id, QUALITIES.index(b.quality), b.weight_gram, b.price.minor, b.amount.minor)
            for it, b in block
        ]
        reckoning.add(units_of(rows), lambda i, block=block: block[i][0].number)  # type: ignore[misc]  # bound at once
    return reckoning.result()


def _largest(size: Whole, return_ids: Whole) -> list[int]:
    """The places of the largest sizes above nothing, at most as many as are shown; of equal ones the older returns."""
    places = np.flatnonzero(size > 0)
    if len(places) > SHOWN:
        least = np.partition(size[places], -SHOWN)[-SHOWN]
        places = places[size[places] >= least]
    order = np.lexsort((return_ids[places], -size[places]))
    return [int(i) for i in places[order[:SHOWN]]]


def _add(tally: Tally, before: Whole, after: Whole) -> None:
    """More returns, as columns of what they brought and what they would have brought."""
    change = after - before
    more, less = change[change > 0], change[change < 0]
    tally.returns += len(change)
    tally.before_minor += int(before.sum())
    tally.after_minor += int(after.sum())
    tally.gaining += len(more)
    tally.losing += len(less)
    tally.gained_minor += int(more.sum())
    tally.lost_minor -= int(less.sum())
