"""A ledger entry moves one positive amount from one account to another; unbalanced cannot be said."""

import msgspec

from backhaul.kit.money import Money


class Entry(msgspec.Struct, frozen=True):
    """Debit one account, credit another, by one positive amount.

    `cause` names what is paid for (`refund:100017`) and is unique in the ledger, so the same thing is never paid twice.
    """

    debit: str
    credit: str
    amount: Money
    cause: str

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            msg = f"an entry moves a positive amount, not {self.amount}"
            raise ValueError(msg)
        if self.debit == self.credit:
            msg = f"an entry needs two accounts, not {self.debit} twice"
            raise ValueError(msg)


def reverse(entry: Entry, cause: str) -> Entry:
    """The correction of an entry: the same amount the other way; the first one stays."""
    return Entry(entry.credit, entry.debit, entry.amount, cause)
