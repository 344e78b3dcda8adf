"""The tables of a seller's overview as CSV: the columns and codes of API v1, so that programs can rely on them."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from backhaul.kit.database import Tx
from backhaul.kit.money import Money, decimal_text
from backhaul.kit.spreadsheets import Cell, CsvSheet
from backhaul.marketplace import metric_views as views
from backhaul.marketplace.metric_views import Amounts, Period
from backhaul.marketplace.rules.words import ReasonGroup

AMOUNTS = ("returns", "refunded_rub", "recovered_rub", "open_rub", "lost_rub", "recovery_pct")
COLUMNS: dict[str, tuple[str, ...]] = {
    "money": ("month", "route", *AMOUNTS),
    "missed-deadlines": ("deadline", *AMOUNTS),
    "options": ("option", *AMOUNTS),
    "return-rates": (
        "sku",
        "offer_id",
        "name",
        "delivered",
        "returned",
        "rate_pct",
        "category",
        "category_rate_pct",
        "many",
        *(str(one) for one in ReasonGroup),
    ),
    "stages": ("stage", "returns", "median_seconds", "p90_seconds"),
    "marks": ("mark", "returns", "share_pct", "disagreeing"),
    "forecast": ("day", "requests", "requests_rub", "units", "units_rub", "credits", "credits_rub"),
}


def csv_of(tx: Tx, name: str, seller_id: int, over: Period) -> bytes:
    """One of the tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        sheet = CsvSheet(path, COLUMNS[name])
        for row in ROWS[name](tx, seller_id, over):
            sheet.add(row)
        sheet.close()
        return path.read_bytes()


def _money(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.money(tx, seller_id, over).months:
        yield (f"{row.month:%Y-%m}", row.route, *_amounts(row.amounts))


def _missed(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.money(tx, seller_id, over).missed:
        yield (row.deadline, *_amounts(row.amounts))


def _options(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.money(tx, seller_id, over).options:
        yield (row.option, *_amounts(row.amounts))


def _rates(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.rates(tx, seller_id, over).products:
        by_group = {one.reason_group: one.returned for one in row.reasons}
        counts = [by_group.get(group.value, 0) for group in ReasonGroup]
        compared = (row.category, _pct(row.category_rate_pct), int(row.many))
        yield (row.sku, row.offer_id, row.name, row.delivered, row.returned, _pct(row.rate_pct), *compared, *counts)


def _stages(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.stages(tx, seller_id, over).stages:
        yield (row.stage, row.count, row.median_seconds, row.p90_seconds)


def _marks(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.marks(tx, seller_id, over).marks:
        yield (row.mark, row.count, _pct(row.share_pct), row.disagreeing)


def _forecast(tx: Tx, seller_id: int, over: Period) -> Iterator[tuple[Cell, ...]]:
    for row in views.forecast(tx, seller_id, over.now).days:
        waits = (row.requests, _rub(row.requests_worth), row.units, _rub(row.units_worth))
        yield (row.day.isoformat(), *waits, row.credits, _rub(row.credits_amount))


ROWS: dict[str, Callable[[Tx, int, Period], Iterator[tuple[Cell, ...]]]] = {
    "money": _money,
    "missed-deadlines": _missed,
    "options": _options,
    "return-rates": _rates,
    "stages": _stages,
    "marks": _marks,
    "forecast": _forecast,
}


def _amounts(it: Amounts) -> tuple[Cell, ...]:
    sums = (_rub(one) for one in (it.refunded, it.recovered, it.open, it.lost))
    return (it.returns, *sums, _pct(it.recovery_pct))


def _rub(amount: Money) -> str:
    return decimal_text(amount.minor)


def _pct(share: float | None) -> str | None:
    return None if share is None else f"{share:.1f}"
