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


class Scope(msgspec.Struct, frozen=True):
    """How the entries of one party are told from those of all: a condition on the entry's case, with the parameter `party`.

    `is_small`: the party has few cases, so its entries are found by them; else by the account, looking at each case.
    """

    condition: Any
    is_small: bool


EVERYBODY = Scope(sa.true(), is_small=False)


class Books:
    """The statements of a ledger; `scopes` by their names."""

    def __init__(self, journal: Journal, scopes: Mapping[str, Scope] | None = None) -> None:
        entries = journal.entries
        all_scopes = {"": EVERYBODY, **(scopes or {})}
        self.sums_of = {name: Statement(_sums(entries, scope)) for name, scope in all_scopes.items()}
        self.lines_of = {name: Statement(_lines(entries, scope)) for name, scope in all_scopes.items()}
        self._currencies = Statement(
            sa.union(*(
                sa.select(entries.c.currency).where(entries.c[side] == bindparam("account"))
                for side in ("debit", "credit")
            )).limit(20)
        )  # fmt: skip

    def heading(self, tx: Tx, account: Account, period: Period, currency: str) -> Heading:
        """The sums of a statement."""
        opening, _ = self._until(tx, account, currency, (period.start_us, ""))
        moved = self._sides(tx, account, currency, (period.start_us, ""), (period.end_us, ""))
        (raised, ups), (lowered, downs) = moved[account.grows], moved[_other(account.grows)]
        return Heading(
            account=account,
            period=period,
            opening=Money(opening, currency),
            raised=Money(raised, currency),
            lowered=Money(lowered, currency),
            closing=Money(opening + raised - lowered, currency),
            count=ups + downs,
        )

    def balance(self, tx: Tx, account: Account, currency: str) -> Balance:
        """What stands on an account now."""
        minor, count = self._until(tx, account, currency, (2**62, ""))
        return Balance(account, Money(minor, currency), count)

    def currencies(self, tx: Tx, account: Account) -> list[str]:
        """In which currencies an account has entries."""
        return sorted(row[0] for row in tx.rows(self._currencies, account=account.code))

    def page(self, tx: Tx, account: Account, period: Period, currency: str, after: str = "",
             most: int = PAGE_LINES) -> tuple[list[Line], str]:  # fmt: skip
        """Lines behind a cursor, and the cursor of the next page; it is empty on the last one."""
        start = max(place(after) or (0, ""), (period.start_us, ""))
        minor, _ = self._until(tx, account, currency, start)
        found = self._some(tx, account, period, currency, start, most + 1)
        lines = list(_told(found[:most], account, currency, minor))
        return lines, f"{found[most - 1][0]}_{found[most - 1][1]}" if len(found) > most else ""

    def lines(self, tx: Tx, account: Account, period: Period, currency: str) -> Iterator[Line]:
        """All lines, read step by step in one transaction."""
        at = (period.start_us, "")
        minor, _ = self._until(tx, account, currency, at)
        while True:
            told, at = self.some(tx, account, period, currency, at, minor)
            yield from told
            if len(told) < STEP_LINES:
                return
            minor = told[-1].balance.minor

    def some(self, tx: Tx, account: Account, period: Period, currency: str, after: tuple[int, str], minor: int
             ) -> tuple[list[Line], tuple[int, str]]:  # fmt: skip
        """The next lines behind a place where `minor` stood, at most a step of them, and where they end."""
        found = self._some(tx, account, period, currency, after, STEP_LINES)
        return list(_told(found, account, currency, minor)), (found[-1][0], found[-1][1]) if found else after

    def _some(self, tx: Tx, account: Account, period: Period, currency: str, after: tuple[int, str],
              most: int) -> list[tuple[Any, ...]]:  # fmt: skip
        values: dict[str, Any] = {"party": account.party} if account.scope else {}
        return tx.rows(self.lines_of[account.scope], account=account.code, currency=currency, after_us=after[0],
                       after_cause=after[1], end_us=period.end_us, most=most, **values)  # fmt: skip

    def _until(self, tx: Tx, account: Account, currency: str, place: tuple[int, str]) -> tuple[int, int]:
        """Balance and number of entries up to a place, which is included."""
        sides = self._sides(tx, account, currency, (0, ""), place)
        (raised, ups), (lowered, downs) = sides[account.grows], sides[_other(account.grows)]
        return raised - lowered, ups + downs

    def _sides(self, tx: Tx, account: Account, currency: str, low: tuple[int, str],
               high: tuple[int, str]) -> dict[str, tuple[int, int]]:  # fmt: skip
        values: dict[str, Any] = {"party": account.party} if account.scope else {}
        rows = tx.rows(self.sums_of[account.scope], account=account.code, currency=currency, from_us=low[0],
                       until_us=high[0], until_cause=high[1], **values)  # fmt: skip
        return {row[0]: (int(row[1]), int(row[2])) for row in rows}


def _other(side: str) -> str:
    return "credit" if side == "debit" else "debit"


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
        raise Refused("days_invalid", "invalid", "from") from None
    if not EARLIEST <= since <= until <= LATEST:
        raise Refused("days_invalid", "invalid", "from")
    return Period(since, until)


def _told(rows: list[tuple[Any, ...]], account: Account, currency: str, minor: int) -> Iterator[Line]:
    for at_us, cause, case_id, debit, credit, amount in rows:
        raises = (debit if account.grows == "debit" else credit) == account.code
        moved = amount if raises else -amount
        minor += moved
        other = credit if debit == account.code else debit
        yield Line(cause, case_id, from_us(at_us), other, Money(moved, currency), Money(minor, currency))


def _is_account(column: sa.Column[Any], scope: Scope) -> sa.ColumnElement[bool]:
    """Behind an expression no index of accounts is used: then the cases lead to the entries."""
    found: sa.ColumnElement[str] = column.concat(sa.literal_column("''")) if scope.is_small else column
    return found == bindparam("account", type_=sa.Text())


def _sums(entries: sa.Table, scope: Scope) -> Any:
    n = entries.c
    return sa.union_all(*(
        sa.select(sa.literal(side), sa.func.coalesce(sa.func.sum(n.amount_minor), 0), sa.func.count()).where(
            _is_account(n[side], scope),
            n.currency == bindparam("currency"),
            n.at_us >= bindparam("from_us"),
            n.at_us <= bindparam("until_us"),
            sa.or_(n.at_us < bindparam("until_us"), n.cause <= bindparam("until_cause")),
            scope.condition,
        )
        for side in ("debit", "credit")
    ))  # fmt: skip


def _lines(entries: sa.Table, scope: Scope) -> Any:
    """Each side by its own index, as many rows as are wanted; together the first of both."""
    n = entries.c
    sides = [
        sa.select(sa.text("*")).select_from(
            sa.select(n.at_us, n.cause, n.case_id, n.debit, n.credit, n.amount_minor)
            .where(
                _is_account(n[side], scope),
                n.currency == bindparam("currency"),
                n.at_us < bindparam("end_us"),
                sa.tuple_(n.at_us, n.cause) > sa.tuple_(bindparam("after_us"), bindparam("after_cause")),
                scope.condition,
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
