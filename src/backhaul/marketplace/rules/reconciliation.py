"""The partner's invoice against what the seller may expect of it: matched by unit, service and amount. Pure.

A line has one finding at most, the first of: an unknown unit, a unit that had not come, charged twice, charged after the
unit had gone, another amount than the line itself or the known price gives. Days are days of Moscow (P3): two houses write
down the same act at slightly different instants, and storage is counted by midnights anyhow.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.money import Money
from backhaul.marketplace.rules.findings import BreakKind, Finding, Source
from backhaul.marketplace.rules.partner_invoices import DISPOSAL, STORAGE, InvoiceLine

Prices = Mapping[tuple[str, str], Money]


class Unit(msgspec.Struct, frozen=True):
    """What the house knows of a unit at the partner: when it came, when it left, when it was destroyed."""

    return_id: int
    return_number: str
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    disposed_at: datetime | None = None


def day(at: datetime) -> date:
    """The day of an instant in Moscow."""
    return at.astimezone(MOSCOW).date()


def nights(since: datetime, until: datetime) -> int:
    """The midnights of Moscow between two instants: how storage is counted."""
    return max((day(until) - day(since)).days, 0)


def of_lines(
    seller_id: int, lines: Iterable[InvoiceLine], units: Mapping[str, Unit], prices: Prices
) -> Iterator[Finding]:
    """What is wrong with lines of one seller. The lines of a unit stand together; `prices` by (version of the tariff, service)."""
    for return_number, group in groupby(lines, key=attrgetter("return_number")):
        yield from of_unit(seller_id, list(group), units.get(return_number), prices)


def of_unit(seller_id: int, lines: Sequence[InvoiceLine], unit: Unit | None, prices: Prices) -> Iterator[Finding]:
    """What is wrong with the lines about one unit, those of all invoices; of two that are the same the later one is wrong."""
    before = Before()
    for line in sorted(lines, key=lambda one: (one.at, one.invoice, one.number)):
        if line.charged.minor <= 0:
            continue
        found = (
            _not_there(line, unit)
            or _twice(line, before)
            or _after_it_had_gone(line, unit)
            or _other_amount(line, prices)
        )
        again = before.add(line)
        if found is not None:
            yield _placed(found, seller_id, line, unit, again)


class Before:
    """What was charged for a unit so far: the last line of each service, and the midnights of storage as spans that share none.

    However many lines name one unit, each is compared in the time of a search.
    """

    def __init__(self) -> None:
        self.last: dict[str, InvoiceLine] = {}
        self.names: dict[tuple[str, str], int] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._lines: list[InvoiceLine] = []

    def shared(self, since: int, until: int) -> tuple[int, InvoiceLine | None]:
        """How many midnights of a period are charged already, and by which line last; a period without one equals its like."""
        if since == until:
            last = self.last.get(STORAGE)
            return 0, last if last is not None and _period(last) == (since, until) else None
        first, end = self._span(since, until)
        count = sum(min(until, self._ends[n]) - max(since, self._starts[n]) for n in range(first, end))
        return count, self._lines[end - 1] if end > first else None

    def add(self, line: InvoiceLine) -> int:
        """One more line; how many of its name there were."""
        if line.service == STORAGE:
            self._store(line)
        self.last[line.service] = line
        name = _name(line)
        again = self.names.get(name, 0)
        self.names[name] = again + 1
        return again

    def _store(self, line: InvoiceLine) -> None:
        since, until = _period(line)
        if since == until:
            return
        first, end = self._span(since, until)
        if end > first:
            since, until = min(since, self._starts[first]), max(until, self._ends[end - 1])
        self._starts[first:end], self._ends[first:end], self._lines[first:end] = [since], [until], [line]

    def _span(self, since: int, until: int) -> tuple[int, int]:
        """The spans that share a midnight with a period: from the first of them to the one behind the last."""
        return bisect_right(self._ends, since), bisect_left(self._starts, until)


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong with a line, and what would be right; the line itself is told beside it."""

    kind: BreakKind
    why: str
    expected_minor: int = 0
    days: int = 0
    other: InvoiceLine | None = None
    until: datetime | None = None


def _not_there(line: InvoiceLine, unit: Unit | None) -> Wrong | None:
    if unit is None:
        return Wrong(BreakKind.UNKNOWN_UNIT, "unknown_unit")
    if unit.arrived_at is None:
        return Wrong(BreakKind.NOT_ARRIVED, "not_arrived")
    if day(line.at) < day(unit.arrived_at):
        return Wrong(BreakKind.NOT_ARRIVED, "before_arrival", until=unit.arrived_at)
    return None


def _twice(line: InvoiceLine, before: Before) -> Wrong | None:
    """Storage is charged twice where two periods share a midnight; every other service is charged once a unit."""
    if line.service != STORAGE:
        last = before.last.get(line.service)
        return (
            None if last is None else Wrong(BreakKind.DUPLICATE_CHARGE, "duplicate_charge", other=last, until=last.at)
        )
    since, until = _period(line)
    count, other = before.shared(since, until)
    if other is None:
        return None
    return Wrong(
        BreakKind.DUPLICATE_STORAGE, "duplicate_storage", (until - since - count) * _per_night(line), count, other
    )


def _after_it_had_gone(line: InvoiceLine, unit: Unit | None) -> Wrong | None:
    if unit is None:
        return None
    ends = line.stored_until or line.at
    disposed, departed = unit.disposed_at, unit.departed_at
    if line.service == STORAGE:
        gone = disposed or departed
        if gone is None or day(ends) <= day(gone):
            return None
        over = nights(gone, ends)
        since = line.stored_from or gone
        expected = min(nights(since, gone) * _per_night(line), line.charged.minor)
        if disposed is not None:
            return Wrong(BreakKind.CHARGED_AFTER_DISPOSAL, "stored_after_disposal", expected, over, until=disposed)
        return Wrong(BreakKind.STORAGE_BEYOND_DEPARTURE, "storage_beyond_departure", expected, over, until=departed)
    if disposed is None or line.service == DISPOSAL or day(line.at) <= day(disposed):
        return None
    return Wrong(BreakKind.CHARGED_AFTER_DISPOSAL, "charged_after_disposal", until=disposed)


def _other_amount(line: InvoiceLine, prices: Prices) -> Wrong | None:
    """The line reckoned anew: quantity by price, days by midnights, the price by the tariff that the line names."""
    count = line.quantity
    if line.quantity * line.price_minor != line.amount_minor:
        expected = line.quantity * line.price_minor
        return _differs("does_not_multiply", expected, line)
    if line.service == STORAGE and line.stored_from is not None and line.stored_until is not None and count != 1:
        count = nights(line.stored_from, line.stored_until)
        if count != line.quantity:
            return _differs("other_days", count * line.price_minor, line, count)
    known = prices.get((line.tariff, line.service))
    if known is not None and (known.minor, known.currency) != (line.price_minor, line.currency):
        if known.currency != line.currency:
            return _differs("other_currency", line.amount_minor, line)
        return _differs("other_price", count * known.minor, line)
    return None


def _differs(why: str, expected_minor: int, line: InvoiceLine, days: int = 0) -> Wrong | None:
    """What was credited already is not expected once more."""
    if expected_minor == line.charged.minor and why != "other_currency":
        return None
    return Wrong(BreakKind.AMOUNT_DIFFERS, why, expected_minor, days)


def _per_night(line: InvoiceLine) -> int:
    """The price of a night. A line that is one lump says it by its days."""
    since, until = _period(line)
    if line.quantity == 1 and until - since > 1:
        return line.amount_minor // (until - since)
    return line.price_minor


def _period(line: InvoiceLine) -> tuple[int, int]:
    """From which day to which: its midnights are those after the first up to the last. Without a period: so many before the charge."""
    last = day(line.stored_until or line.at).toordinal()
    return (last - line.quantity if line.stored_from is None else day(line.stored_from).toordinal()), last


def _name(line: InvoiceLine) -> tuple[str, str]:
    """What tells a line from others of its unit, whatever its place in the file is."""
    return line.invoice, line.ref or f"{line.service}:{line.at.isoformat()}"


def _placed(wrong: Wrong, seller_id: int, line: InvoiceLine, unit: Unit | None, again: int) -> Finding:
    name = _name(line)[1]
    return Finding(
        key=f"{wrong.kind}:{line.invoice}:{line.return_number}:{name}:{again}",
        kind=wrong.kind,
        source=Source.INVOICE,
        seller_id=seller_id,
        why=wrong.why,
        since=line.at,
        return_id=unit.return_id if unit is not None else 0,
        return_number=line.return_number,
        expected=Money(wrong.expected_minor, line.currency),
        partner=line.charged,
        invoice=line.invoice,
        line=line.number,
        service=line.service,
        days=wrong.days,
        other_invoice=wrong.other.invoice if wrong.other is not None else "",
        other_line=wrong.other.number if wrong.other is not None else 0,
        until=wrong.until,
    )
