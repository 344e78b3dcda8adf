"""SQL of exchange rates: what stands for a currency, what is handed in, and order lines converted by the rate of their day."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.days import from_us, to_us
from backhaul.marketplace import tables as t
from backhaul.marketplace.order_faults import Conflict
from backhaul.marketplace.order_prices import PRICE_MINOR_MOST
from backhaul.marketplace.orders import OrderLine
from backhaul.marketplace.rate_files import invalid
from backhaul.marketplace.rules.exchange import Rate, day_of, faults, holding, roubles

PAGE_ROWS = 50
# Rates of about half a year: so long a house may have been down, and still pay by the rate of the right day.
LATEST_ROWS = 200

_x = t.exchange_rates.c
_COLUMNS = (_x.currency, _x.on_day, _x.nominal, _x.rate_micro, _x.source)
BETWEEN = Statement(
    sa.select(*_COLUMNS)
    .where(among(_x.currency, "currencies"), _x.on_day >= bindparam("first"), _x.on_day <= bindparam("last"))
    .order_by(_x.currency, _x.on_day, _x.id)
)
INSERT = Statement(
    t.exchange_rates.insert().values({c.name: bindparam(c.name) for c in t.exchange_rates.columns if c.name != "id"})
)
NEWEST = Statement(
    sa.select(_x.id, *_COLUMNS, _x.imported_by, _x.imported_us)
    .where(_x.id < bindparam("before"))
    .order_by(_x.id.desc())
    .limit(bindparam("most"))
)
OF_CURRENCY = Statement(
    sa.select(_x.id, *_COLUMNS, _x.imported_by, _x.imported_us)
    .where(
        _x.currency == bindparam("currency"),
        sa.tuple_(_x.on_day, _x.id) < sa.tuple_(bindparam("day"), bindparam("before")),
    )
    .order_by(_x.on_day.desc(), _x.id.desc())
    .limit(bindparam("most"))
)


class Taken(msgspec.Struct, frozen=True):
    """What became of rates that were handed in: new ones, those that correct an earlier one, those that were there."""

    new: int
    corrected: int
    known: int


class RateRow(msgspec.Struct, frozen=True):
    """A row as it stands: a rate, and who brought it when."""

    id: int
    rate: Rate
    imported_by: str
    imported_at: datetime


def between(tx: Tx, currencies: Sequence[str], first: date, last: date) -> list[Rate]:
    """The rates of these currencies from a day up to a day, corrections behind what they correct."""
    rows = tx.rows(BETWEEN, currencies=sorted(set(currencies)), first=first.isoformat(), last=last.isoformat())
    return [Rate(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows]


def import_rates(tx: Tx, rates: Sequence[Rate], by: str, at: datetime) -> Taken:
    """Write what differs from what stands for the day; nothing is changed and nothing is doubled."""
    rates = [msgspec.structs.replace(rate, source=rate.source.strip()) for rate in rates]
    wrong = faults(rates, day_of(at))
    if wrong:
        raise invalid(wrong)
    if not rates:
        return Taken(0, 0, 0)
    days = [rate.on for rate in rates]
    there = {(one.currency, one.on): one for one in between(tx, [r.currency for r in rates], min(days), max(days))}
    fresh = [rate for rate in dict.fromkeys(rates) if there.get((rate.currency, rate.on)) != rate]
    corrected = sum((rate.currency, rate.on) in there for rate in fresh)
    tx.many(INSERT, [
        {"currency": rate.currency, "on_day": rate.on.isoformat(), "nominal": rate.nominal,
         "rate_micro": rate.rate_micro, "source": rate.source, "imported_by": by, "imported_us": to_us(at)}
        for rate in fresh
    ])  # fmt: skip
    return Taken(len(fresh) - corrected, corrected, len(rates) - len(fresh))


def converted(tx: Tx, lines: Sequence[OrderLine], days_max: int) -> tuple[list[OrderLine], dict[int, Conflict]]:
    """Lines without a rouble price get it by the rate of their order's day; what cannot be converted, by its place among them."""
    wanting = [line for line in lines if not line.price_rub_minor]
    if not wanting:
        return list(lines), {}
    days = [date.fromisoformat(line.ordered_on) for line in wanting]
    rates = between(tx, [line.currency for line in wanting], min(days) - timedelta(days=days_max), max(days))
    done: list[OrderLine] = []
    conflicts: dict[int, Conflict] = {}
    for place, line in enumerate(lines):
        fixed = line if line.price_rub_minor else _fixed(line, rates, days_max)
        if fixed is None:
            conflicts[place] = Conflict(place, "currency", "rate_missing")
        elif not 1 <= fixed.price_rub_minor <= PRICE_MINOR_MOST:
            conflicts[place] = Conflict(place, "unit_price_minor", "out_of_range")
        done.append(fixed or line)
    return done, conflicts


def _fixed(line: OrderLine, rates: Sequence[Rate], days_max: int) -> OrderLine | None:
    rate = holding(rates, line.currency, date.fromisoformat(line.ordered_on), days_max)
    if rate is None:
        return None
    return msgspec.structs.replace(
        line,
        price_rub_minor=roubles(line.unit_price_minor, rate),
        order_rate=str(rate),
        rate_on=rate.on.isoformat(),
        rate_source=rate.source,
    )


def latest(tx: Tx, currency: str) -> tuple[Rate, ...]:
    """The last rates of a currency, the oldest first, corrections behind what they correct."""
    return tuple(row.rate for row in reversed(of_currency(tx, currency, most=LATEST_ROWS)))


def newest(tx: Tx, before: int = 2**31 - 1, most: int = PAGE_ROWS) -> list[RateRow]:
    """What was handed in last, of all currencies."""
    return [_row(row) for row in tx.rows(NEWEST, before=min(before, 2**31 - 1), most=most)]


def of_currency(tx: Tx, currency: str, day: str = "9999-12-31", before: int = 2**31 - 1,
                most: int = PAGE_ROWS) -> list[RateRow]:  # fmt: skip
    """The rates of one currency, the latest day first; of one day the last row first, which is the one that counts."""
    rows = tx.rows(OF_CURRENCY, currency=currency, day=day, before=min(before, 2**31 - 1), most=most)
    return [_row(row) for row in rows]


def end_of(row: RateRow) -> str:
    """Where a list goes on behind a row."""
    return f"{row.rate.on.isoformat()}_{row.id}"


def cursor(text: str) -> tuple[str, int]:
    """A day and a row, as they came from outside; nonsense is the start."""
    day, _, number = text.partition("_")
    sound = number.isascii() and number.isdigit() and len(number) <= 10 and len(day) == 10
    return (day, int(number)) if sound else ("9999-12-31", 2**31 - 1)


def _row(row: tuple[object, ...]) -> RateRow:
    number, currency, on, nominal, rate_micro, source, by, us = row
    rate = Rate(str(currency), date.fromisoformat(str(on)), int(str(nominal)), int(str(rate_micro)), str(source))
    return RateRow(int(str(number)), rate, str(by), from_us(int(str(us))))
