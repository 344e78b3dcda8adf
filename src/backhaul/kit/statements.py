"""Statements of accounts: opening balance, entries, closing balance of one account between two days; the same in both houses.

The indexes of a ledger hold all that a balance needs, so that sums never read the entries themselves.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import MOSCOW, end_of_day, from_us, to_us
from backhaul.kit.journal import Journal
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money

PAGE_LINES = 100
STEP_LINES = 1_000
CURSOR_CHARACTERS_MAX = 200
DAYS_SHOWN = 31
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


class Account(msgspec.Struct, frozen=True):
    """One account of the ledger as its reader knows it. `party` narrows it to the cases of one party, by the books' `scope`.

    `grows`: the side that raises its balance.
    """

    code: str
    grows: str
    scope: str = ""
    party: str = ""


class Period(msgspec.Struct, frozen=True):
    """Whole days in Moscow, both included."""

    first: date
    last: date

    @property
    def start_us(self) -> int:
        """The first instant."""
        return to_us(datetime(self.first.year, self.first.month, self.first.day, tzinfo=MOSCOW))

    @property
    def end_us(self) -> int:
        """The instant after the last."""
        return to_us(end_of_day(datetime(self.last.year, self.last.month, self.last.day, tzinfo=MOSCOW), 0))


class Line(msgspec.Struct, frozen=True):
    """An entry seen from one account: `amount` raises its balance or lowers it, `balance` is that after it."""

    cause: str
    case_id: int
    at: datetime
    other: str
    amount: Money
    balance: Money


class Heading(msgspec.Struct, frozen=True):
    """A statement without its lines: opening + raised - lowered = closing."""

    account: Account
    period: Period
    opening: Money
    raised: Money
    lowered: Money
    closing: Money
    count: int


class Balance(msgspec.Struct, frozen=True):
    """What stands on an account, and how many entries led there."""

    account: Account
    amount: Money
    count: int


class Books:
    """The statements of a ledger. `scopes` tells, by name, how the cases of one party are found: a condition with `party`."""

    def __init__(self, journal: Journal, scopes: Mapping[str, sa.ColumnElement[bool]] | None = None) -> None:
        entries = journal.entries
        conditions: dict[str, Any] = {"": sa.true(), **(scopes or {})}
        self._sums = {name: Statement(_sums(entries, condition)) for name, condition in conditions.items()}
        self._lines = {name: Statement(_lines(entries, condition)) for name, condition in conditions.items()}
        self._currencies = Statement(
            sa.union(*(
                sa.select(entries.c.currency).where(entries.c[side] == bindparam("account"))
                for side in ("debit", "credit")
            )).limit(20)
        )  # fmt: skip

    def heading(self, tx: Tx, account: Account, period: Period, currency: str) -> Heading:
        """The sums of a statement."""
        opening, _, _ = self._sum(tx, account, currency, period.start_us, "")
        total, raised, lowered = self._moved(tx, account, currency, period)
        money = [Money(minor, currency) for minor in (opening, raised, lowered, opening + raised - lowered)]
        return Heading(account, period, *money, total)

    def balance(self, tx: Tx, account: Account, currency: str) -> Balance:
        """What stands on an account now."""
        minor, count, _ = self._sum(tx, account, currency, 2**62, "")
        return Balance(account, Money(minor, currency), count)

    def currencies(self, tx: Tx, account: Account) -> list[str]:
        """In which currencies an account has entries."""
        return sorted(row[0] for row in tx.rows(self._currencies, account=account.code))

    def page(self, tx: Tx, account: Account, period: Period, currency: str, after: str = "",
             most: int = PAGE_LINES) -> tuple[list[Line], str]:  # fmt: skip
        """Lines behind a cursor, and the cursor of the next page; it is empty on the last one."""
        at_us, cause = place(after) or (period.start_us, "")
        minor, _, _ = self._sum(tx, account, currency, at_us, cause)
        found = self._some(tx, account, period, currency, (at_us, cause), most + 1)
        lines = list(_told(found[:most], account, currency, minor))
        return lines, f"{found[most - 1][0]}_{found[most - 1][1]}" if len(found) > most else ""

    def lines(self, tx: Tx, account: Account, period: Period, currency: str) -> Iterator[Line]:
        """All lines, read step by step in one transaction."""
        minor, _, _ = self._sum(tx, account, currency, period.start_us, "")
        at = (period.start_us, "")
        while True:
            found = self._some(tx, account, period, currency, at, STEP_LINES)
            told = list(_told(found, account, currency, minor))
            yield from told
            if len(found) < STEP_LINES:
                return
            at, minor = (found[-1][0], found[-1][1]), told[-1].balance.minor

    def _some(self, tx: Tx, account: Account, period: Period, currency: str, after: tuple[int, str],
              most: int) -> list[tuple[Any, ...]]:  # fmt: skip
        values: dict[str, Any] = {"party": account.party} if account.scope else {}
        return tx.rows(self._lines[account.scope], account=account.code, currency=currency, after_us=after[0],
                       after_cause=after[1], end_us=period.end_us, most=most, **values)  # fmt: skip

    def _sum(self, tx: Tx, account: Account, currency: str, until_us: int, cause: str) -> tuple[int, int, int]:
        """Balance, number of entries and turnover up to a place, which is included."""
        sides = self._sides(tx, account, currency, (0, ""), (until_us, cause))
        other = "credit" if account.grows == "debit" else "debit"
        raised, lowered = sides[account.grows], sides[other]
        return raised[0] - lowered[0], raised[1] + lowered[1], raised[0] + lowered[0]

    def _moved(self, tx: Tx, account: Account, currency: str, period: Period) -> tuple[int, int, int]:
        sides = self._sides(tx, account, currency, (period.start_us, ""), (period.end_us, ""))
        other = "credit" if account.grows == "debit" else "debit"
        return sides[account.grows][1] + sides[other][1], sides[account.grows][0], sides[other][0]

    def _sides(self, tx: Tx, account: Account, currency: str, low: tuple[int, str],
               high: tuple[int, str]) -> dict[str, tuple[int, int]]:  # fmt: skip
        values: dict[str, Any] = {"party": account.party} if account.scope else {}
        rows = tx.rows(self._sums[account.scope], account=account.code, currency=currency, from_us=low[0],
                       until_us=high[0], until_cause=high[1], **values)  # fmt: skip
        return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def place(after: str) -> tuple[int, str] | None:
    """The entry behind which a list goes on, as it came from outside; None: nonsense is the start."""
    at_us, _, cause = after[:CURSOR_CHARACTERS_MAX].partition("_")
    if not (at_us.isascii() and at_us.isdigit() and len(at_us) <= 18) or "\0" in cause:
        return None
    return int(at_us), cause


def period_of(first: str, last: str, now: datetime) -> Period:
    """The days that somebody asked for; without them the last month up to today."""
    today = now.astimezone(MOSCOW).date()
    try:
        until = date.fromisoformat(last) if last else today
        since = date.fromisoformat(first) if first else until - timedelta(days=DAYS_SHOWN - 1)
    except (ValueError, OverflowError):
        raise Refused("period_invalid", "invalid", "from") from None
    if not EARLIEST <= since <= until <= LATEST:
        raise Refused("period_invalid", "invalid", "from")
    return Period(since, until)


def _told(rows: list[tuple[Any, ...]], account: Account, currency: str, minor: int) -> Iterator[Line]:
    for at_us, cause, case_id, debit, credit, amount in rows:
        raises = (debit if account.grows == "debit" else credit) == account.code
        moved = amount if raises else -amount
        minor += moved
        other = credit if debit == account.code else debit
        yield Line(cause, case_id, from_us(at_us), other, Money(moved, currency), Money(minor, currency))


def _sums(entries: sa.Table, condition: sa.ColumnElement[bool]) -> Any:
    n = entries.c
    return sa.union_all(*(
        sa.select(sa.literal(side), sa.func.coalesce(sa.func.sum(n.amount_minor), 0), sa.func.count()).where(
            n[side] == bindparam("account"),
            n.currency == bindparam("currency"),
            n.at_us >= bindparam("from_us"),
            n.at_us <= bindparam("until_us"),
            sa.or_(n.at_us < bindparam("until_us"), n.cause <= bindparam("until_cause")),
            condition,
        )
        for side in ("debit", "credit")
    ))  # fmt: skip


def _lines(entries: sa.Table, condition: sa.ColumnElement[bool]) -> Any:
    """Each side by its own index, as many rows as are wanted; together the first of both."""
    n = entries.c
    sides = [
        sa.select(sa.text("*")).select_from(
            sa.select(n.at_us, n.cause, n.case_id, n.debit, n.credit, n.amount_minor)
            .where(
                n[side] == bindparam("account"),
                n.currency == bindparam("currency"),
                n.at_us < bindparam("end_us"),
                sa.tuple_(n.at_us, n.cause) > sa.tuple_(bindparam("after_us"), bindparam("after_cause")),
                condition,
            )
            .order_by(n.at_us, n.cause)
            .limit(bindparam("most"))
            .subquery(side)
        )
        for side in ("debit", "credit")
    ]
    both = sa.union_all(*sides).subquery("both")
    return (
        sa.select(sa.text("*")).select_from(both).order_by(sa.text("at_us"), sa.text("cause")).limit(bindparam("most"))
    )
