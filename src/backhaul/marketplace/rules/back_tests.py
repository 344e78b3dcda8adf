"""What a rate card would have done to returns that are over: who would have received more, who less, and by how much."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice

import msgspec
import numpy as np

from backhaul.kit.money import Money
from backhaul.marketplace.rules.compensation import Quality, Quote, RateCard
from backhaul.marketplace.rules.many_quotes import QUALITIES, Units, Whole, amounts, units_of
from backhaul.marketplace.rules.words import ClaimStatus, CompensationStatus, RefundStatus, Status

SHOWN = 10
BLOCK = 10_000
COMPENSATED = (CompensationStatus.ACCRUED, CompensationStatus.CREDITED)
REFUNDED = (RefundStatus.SENT, RefundStatus.IN_DOUBT, RefundStatus.CONFIRMED)
UNCLAIMED = (ClaimStatus.NONE, ClaimStatus.REFUSED)


class _Check(msgspec.Struct, frozen=True):
    quote: Quote | None = None


class _Refund(msgspec.Struct, frozen=True):
    status: RefundStatus = RefundStatus.NONE


class _Compensation(msgspec.Struct, frozen=True):
    status: CompensationStatus = CompensationStatus.NONE
    quote: Quote | None = None


class _Claim(msgspec.Struct, frozen=True):
    status: ClaimStatus = ClaimStatus.NONE


class Past(msgspec.Struct, frozen=True):
    """As much of a return as a back-test reads."""

    id: int
    number: str
    seller_id: int
    status: Status
    check: _Check | None = None
    refund: _Refund = _Refund()
    compensation: _Compensation = _Compensation()
    claim: _Claim = _Claim()


class Change(msgspec.Struct, frozen=True):
    """A return with what it brought and what it would have brought, in kopecks."""

    return_id: int
    number: str
    seller_id: int
    quality: Quality
    weight_gram: int
    price: Money
    before: Money
    after: Money

    @property
    def minor(self) -> int:
        """More than nothing: the seller gains."""
        return self.after.minor - self.before.minor


class Tally(msgspec.Struct):
    """How many gain, lose and stay, and the sums in kopecks; `gained` and `lost` are what the change is made of."""

    returns: int = 0
    gaining: int = 0
    losing: int = 0
    before_minor: int = 0
    after_minor: int = 0
    gained_minor: int = 0
    lost_minor: int = 0

    @property
    def same(self) -> int:
        """Returns that bring the same."""
        return self.returns - self.gaining - self.losing

    @property
    def change_minor(self) -> int:
        """What the card costs the marketplace more, or less."""
        return self.after_minor - self.before_minor

    def add(self, before: Whole, after: Whole) -> None:
        """More returns, as columns of what they brought and what they would have brought."""
        change = after - before
        more, less = change[change > 0], change[change < 0]
        self.returns += len(change)
        self.before_minor += int(before.sum())
        self.after_minor += int(after.sum())
        self.gaining += len(more)
        self.losing += len(less)
        self.gained_minor += int(more.sum())
        self.lost_minor -= int(less.sum())


class SellersChange(msgspec.Struct, frozen=True):
    """A seller and the sum of the changes."""

    seller_id: int
    change_minor: int


class BackTest(msgspec.Struct, frozen=True):
    """The result. `complete` is false where the period has more returns than one look may cost."""

    total: Tally
    classes: dict[Quality, Tally]
    gaining: tuple[Change, ...]
    losing: tuple[Change, ...]
    sellers_gaining: int
    sellers_losing: int
    sellers: tuple[SellersChange, ...]
    complete: bool = True


def compensation_of(it: Past) -> Quote | None:
    """What a return brought by the table: its compensation, or the nothing of a cell with 0 %; None: by no table."""
    if it.compensation.status in COMPENSATED:
        return it.compensation.quote
    quoted = it.check.quote if it.check is not None else None
    if quoted is None or quoted.amount.minor or it.compensation.status is not CompensationStatus.NONE:
        return None
    settled = it.refund.status in REFUNDED and it.claim.status in UNCLAIMED and it.status is not Status.LOST
    return quoted if settled else None


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
            self.classes[quality].add(units.brought_minor[some], after[some])
        self.total.add(units.brought_minor, after)
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
