"""A ledger entry moves one positive amount from one account to another; unbalanced cannot be said."""

from collections.abc import Iterator, Sequence

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


def differences(found: Sequence[Entry], follows: Sequence[Entry]) -> Iterator[str]:
    """What a ledger has and what follows from its events: a sentence for each entry that is in one of them only."""
    yield from (f"the ledger lacks {_told(entry)}" for entry in follows if entry not in found)
    yield from (f"no event has brought {_told(entry)}" for entry in found if entry not in follows)


def _told(entry: Entry) -> str:
    return f"{entry.cause}: {entry.amount} from {entry.debit} to {entry.credit}"


def reverse(entry: Entry, cause: str) -> Entry:
    """The correction of an entry: the same amount the other way; the first one stays."""
    return Entry(entry.credit, entry.debit, entry.amount, cause)


class AccountKind(msgspec.Struct, frozen=True):
    """One line of a chart of accounts. A code that ends with `:` is a family: one account for each party behind it.

    `grows` is the side that raises the balance: debit for what one has and spends, credit for what one owes and earns.
    """

    code: str
    grows: str

    @property
    def is_family(self) -> bool:
        """Whether parties have accounts of their own."""
        return self.code.endswith(":")


class Chart(msgspec.Struct, frozen=True):
    """The chart of accounts of a house."""

    kinds: tuple[AccountKind, ...]

    def kind(self, code: str) -> AccountKind | None:
        """The line that an account belongs to."""
        exact = next((kind for kind in self.kinds if kind.code == code), None)
        return exact or next((kind for kind in self.kinds if kind.is_family and code.startswith(kind.code)), None)
