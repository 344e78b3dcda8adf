"""What can have happened to an invoice, as its payer's programs are told. The books themselves are elsewhere."""

from datetime import datetime

import msgspec

from backhaul.kit.money import Money


class Event(msgspec.Struct, frozen=True):
    """Something that happened to one invoice."""


class Issued(Event, frozen=True):
    """An invoice for a month was issued. `due` is the first instant at which it is too late to pay."""

    amount: Money
    due: datetime


class Reminded(Event, frozen=True):
    """So much of it must be paid, disputed amounts aside; `overdue`: it should have been paid."""

    amount: Money
    due: datetime
    overdue: bool


class Paid(Event, frozen=True):
    """Money came for it."""

    amount: Money


class DisputeRefused(Event, frozen=True):
    """The dispute about one of its lines was refused: that amount is owed again."""

    line: str


class Credited(Event, frozen=True):
    """A credit note takes an amount off it, tax included."""

    credit_note: str
    amount: Money
