"""What a rate card would have done to returns that are over: who would have received more, who less, and by how much."""

import msgspec

from backhaul.kit.money import Money
from backhaul.marketplace.rules.compensation import Quality, Quote
from backhaul.marketplace.rules.words import ClaimStatus, CompensationStatus, RefundStatus, Status

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
