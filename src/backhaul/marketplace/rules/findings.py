"""What a comparison of books and papers can find wrong: the kinds of breaks, and one finding with its amounts side by side. Pure."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backhaul.kit.money import Money


class BreakKind(StrEnum):
    """What does not agree."""

    REFUND_WITHOUT_ACCEPTANCE = "refund_without_acceptance"
    COMPENSATION_LATE = "compensation_late"
    COMPENSATION_MISSING = "compensation_missing"
    COMPENSATED_TWICE = "compensated_twice"
    MISSING_REVERSAL = "missing_reversal"
    UNKNOWN_UNIT = "unknown_unit"
    NOT_ARRIVED = "not_arrived"
    CHARGED_AFTER_DISPOSAL = "charged_after_disposal"
    STORAGE_BEYOND_DEPARTURE = "storage_beyond_departure"
    DUPLICATE_STORAGE = "duplicate_storage"
    DUPLICATE_CHARGE = "duplicate_charge"
    AMOUNT_DIFFERS = "amount_differs"


class Source(StrEnum):
    """Where a finding comes from: the marketplace's own books, or the partner's invoice that the seller brought."""

    BOOKS = "books"
    INVOICE = "invoice"


class Finding(msgspec.Struct, frozen=True):
    """One thing that does not agree. `key` is the same as often as it is found.

    `expected` is what follows from the facts, `marketplace` what our books say, `partner` what the invoice says; an amount
    that nobody states is None. `why` names the sentence that explains it, `days` and `since` fill it.
    """

    key: str
    kind: BreakKind
    source: Source
    seller_id: int
    why: str
    since: datetime
    return_id: int = 0
    return_number: str = ""
    expected: Money | None = None
    marketplace: Money | None = None
    partner: Money | None = None
    invoice: str = ""
    line: int = 0
    service: str = ""
    days: int = 0
    other_invoice: str = ""
    other_line: int = 0
    until: datetime | None = None

    @property
    def difference(self) -> Money | None:
        """By how much what is said goes beyond what is right; None where nobody says anything."""
        said = self.partner if self.partner is not None else self.marketplace
        return None if said is None or self.expected is None else said - self.expected
