"""Statements of accounts as API v1 and pages show them, the same in both houses."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from backhaul.kit.money import Money
from backhaul.kit.statement_files import TYPES, Words
from backhaul.kit.statements import Balance, Heading, Line


class LineView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry seen from the account: `amount` raises its balance or lowers it, `balance` is that after it.

    `cause` is unique in the ledger; `case_id` is the return or parcel that it is about, if there is one.
    """

    cause: str
    entry: str
    at: datetime
    counter_account: str
    counter_name: str
    amount: Money
    balance: Money
    case_id: int = 0
    case: str = ""


class StatementView(msgspec.Struct, frozen=True, omit_defaults=True):
    """opening + raised - lowered = closing, over whole days in Moscow. Lines come 100 a page; `next` leads to the next one."""

    account: str
    name: str
    first: date
    last: date
    opening: Money
    raised: Money
    lowered: Money
    closing: Money
    entries: int
    lines: tuple[LineView, ...]
    next: str = ""


class BalanceView(msgspec.Struct, frozen=True):
    """What stands on an account. `grows` is the side that raises it."""

    account: str
    name: str
    grows: str
    balance: Money
    entries: int


def statement(heading: Heading, lines: Sequence[Line], following: str, words: Words) -> StatementView:
    """A page of a statement."""
    return StatementView(
        account=heading.account.code,
        name=words.account,
        first=heading.period.first,
        last=heading.period.last,
        opening=heading.opening,
        raised=heading.raised,
        lowered=heading.lowered,
        closing=heading.closing,
        entries=heading.count,
        lines=tuple(_line(line, words) for line in lines),
        next=following,
    )


def _line(line: Line, words: Words) -> LineView:
    return LineView(
        cause=line.cause,
        entry=words.entry(line.cause),
        at=line.at,
        counter_account=line.other,
        counter_name=words.other(line.other),
        amount=line.amount,
        balance=line.balance,
        case_id=line.case_id,
        case=words.case(line.case_id),
    )


def balance(found: Balance, name: str) -> BalanceView:
    """A balance."""
    return BalanceView(found.account.code, name, found.account.grows, found.amount, found.count)


def shown(view: StatementView, of: str, currencies: Sequence[str], currency: str, after: str) -> dict[str, Any]:
    """What the page of a statement needs, besides its frame."""
    return {
        "statement": view, "of": of, "currencies": currencies, "currency": currency, "after": after,
        "kinds": tuple(TYPES),
    }  # fmt: skip
