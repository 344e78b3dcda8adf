"""The law of publishing a rate card: it covers every weight and price of every class exactly once, and what it changes is shown."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from backhaul.kit.money import exact_scaled
from backhaul.marketplace.rules.compensation import Quality, RateCard
from backhaul.marketplace.rules.versions import Fault

COLUMNS = ("class", "weight_from_gram", "weight_to_gram", "price_from_rub", "price_to_rub", "rate_pct")
CELLS_MAX = 3_000
BANDS_MAX = 30
FAULTS_MAX = 50
GRAM_MAX = 1_000_000
MINOR_MAX = 100_000_000_000
DIGITS_MAX = 18


class Cell(msgspec.Struct, frozen=True):
    """A percentage and where it holds; bands are (low, high], low 0 is from the first gram or kopeck, high None is open."""

    row: int
    quality: Quality
    weight_low_gram: int
    weight_high_gram: int | None
    price_low_minor: int
    price_high_minor: int | None
    rate_pct: int


class CellChange(msgspec.Struct, frozen=True):
    """A cell in which two cards differ, as fine as both of them together divide the table."""

    quality: Quality
    weight_low_gram: int
    weight_high_gram: int | None
    price_low_minor: int
    price_high_minor: int | None
    before_pct: int
    after_pct: int


def read(rows: Iterable[Mapping[str, str]]) -> tuple[list[Cell], list[Fault]]:
    """The cells of a file, row 1 the first after the header; every fault with its row and column."""
    cells: list[Cell] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=1):
        if number > CELLS_MAX:
            faults.append(Fault("too_many_cells", facts={"cells_max": CELLS_MAX}))
            break
        if len(faults) >= FAULTS_MAX:
            break
        cell = _cell(number, row, faults)
        if cell is not None:
            cells.append(cell)
    return cells, faults


def assembled(version: str, cells: Sequence[Cell]) -> tuple[RateCard | None, list[Fault]]:
    """The card that these cells make, or why they make none: what no cell covers, and what two of them cover."""
    weights = _edges((cell.weight_low_gram, cell.weight_high_gram) for cell in cells)
    prices = _edges((cell.price_low_minor, cell.price_high_minor) for cell in cells)
    if len(weights) >= BANDS_MAX or len(prices) >= BANDS_MAX:
        return None, [Fault("too_many_bands", facts={"bands_max": BANDS_MAX})]
    if not weights or not prices:
        return None, [Fault("too_few_bands")]
    faults: list[Fault] = []
    rates: dict[Quality, tuple[tuple[int, ...], ...]] = {}
    for quality in Quality:
        grid = _laid([cell for cell in cells if cell.quality is quality], weights, prices, faults)
        faults += _gaps(grid, quality, weights, prices)
        rates[quality] = tuple(tuple(cell.rate_pct if cell else 0 for cell in row) for row in grid)
    if faults:
        return None, faults[:FAULTS_MAX]
    return RateCard(version, weights, prices, rates), []


def cells_of(card: RateCard) -> list[Cell]:
    """A card as its cells, class by class: what a file of it holds, and what `assembled` makes the same card of."""
    weights, prices = bands(card.weight_edges_gram), bands(card.price_edges_minor)
    cells: list[Cell] = []
    for quality, table in card.rates_pct.items():
        for weight, row in zip(weights, table, strict=True):
            for price, rate in zip(prices, row, strict=True):
                cells.append(Cell(len(cells) + 1, quality, *weight, *price, rate))
    return cells


def bands(edges: Sequence[int]) -> list[tuple[int, int | None]]:
    """The (low, high] bands between edges; the last is open."""
    return [*pairwise((0, *edges)), (edges[-1], None)] if edges else [(0, None)]


def differences(before: RateCard, after: RateCard) -> list[CellChange]:
    """Every cell in which the cards differ, in the order of classes, weights and prices."""
    weights = tuple(sorted({*before.weight_edges_gram, *after.weight_edges_gram}))
    prices = tuple(sorted({*before.price_edges_minor, *after.price_edges_minor}))
    return [
        CellChange(quality, *weight, *price, one, other)
        for quality in Quality
        for weight in bands(weights)
        for price in bands(prices)
        if (one := _rate(before, quality, weight, price)) != (other := _rate(after, quality, weight, price))
    ]


def _rate(card: RateCard, quality: Quality, weight: tuple[int, int | None], price: tuple[int, int | None]) -> int:
    row = bisect_left(card.weight_edges_gram, weight[0] + 1)
    column = bisect_left(card.price_edges_minor, price[0] + 1)
    return card.rates_pct[quality][row][column]


def _cell(number: int, row: Mapping[str, str], faults: list[Fault]) -> Cell | None:
    known = len(faults)
    quality = row.get("class", "").strip()
    if quality not in set(Quality):
        faults.append(_fault("class_unknown", number, "class", quality))
    weight = _band(number, row, "weight_from_gram", "weight_to_gram", 0, faults)
    price = _band(number, row, "price_from_rub", "price_to_rub", 2, faults)
    rate = _number(number, "rate_pct", row.get("rate_pct", ""), 0, 100, faults)
    if rate is None or len(faults) > known:
        return None
    return Cell(number, Quality(quality), *weight, *price, rate)


def _band(number: int, row: Mapping[str, str], low: str, high: str, digits: int,
          faults: list[Fault]) -> tuple[int, int | None]:  # fmt: skip
    most = MINOR_MAX if digits else GRAM_MAX
    first = _number(number, low, row.get(low, "") or "0", digits, most, faults)
    if not row.get(high, "").strip():
        return first or 0, None
    last = _number(number, high, row[high], digits, most, faults)
    if first is not None and last is not None and first >= last:
        faults.append(_fault("band_empty", number, high, row[high]))
    return first or 0, last


def _number(number: int, column: str, text: str, digits: int, most: int, faults: list[Fault]) -> int | None:
    try:
        value = exact_scaled(text.strip()[: DIGITS_MAX + 4], digits)
    except ValueError:
        faults.append(_fault("number_invalid", number, column, text))
        return None
    if not 0 <= value <= most:
        faults.append(_fault("out_of_range", number, column, text))
        return None
    return value


def _fault(code: str, row: int, column: str, value: str) -> Fault:
    return Fault(code, f"{row}:{column}", {"row": row, "column": column, "value": value[:40]})


def _edges(bounds: Iterable[tuple[int, int | None]]) -> tuple[int, ...]:
    return tuple(sorted({edge for bound in bounds for edge in bound if edge}))


def _laid(cells: Sequence[Cell], weights: tuple[int, ...], prices: tuple[int, ...],
          faults: list[Fault]) -> list[list[Cell | None]]:  # fmt: skip
    """The table with every cell in its place; where one is taken already, both are told, once."""
    grid: list[list[Cell | None]] = [[None] * (len(prices) + 1) for _ in range(len(weights) + 1)]
    told: set[tuple[int, int]] = set()
    for cell in cells:
        for row in _span(weights, cell.weight_low_gram, cell.weight_high_gram):
            for column in _span(prices, cell.price_low_minor, cell.price_high_minor):
                other = grid[row][column]
                if other is None:
                    grid[row][column] = cell
                elif (other.row, cell.row) not in told and len(faults) < FAULTS_MAX:
                    told.add((other.row, cell.row))
                    place = _place(cell.quality, bands(weights)[row], bands(prices)[column])
                    faults.append(Fault("overlap", str(cell.row), {"row": cell.row, "other": other.row, **place}))
    return grid


def _span(edges: tuple[int, ...], low: int, high: int | None) -> range:
    first = bisect_left(edges, low) + 1 if low else 0
    return range(first, len(edges) + 1 if high is None else bisect_left(edges, high) + 1)


def _gaps(grid: list[list[Cell | None]], quality: Quality, weights: tuple[int, ...],
          prices: tuple[int, ...]) -> list[Fault]:  # fmt: skip
    places = [
        _place(quality, weight, price)
        for row, weight in zip(grid, bands(weights), strict=True)
        for cell, price in zip(row, bands(prices), strict=True)
        if cell is None
    ]
    return [Fault("gap", str(place["class"]), place) for place in places[:FAULTS_MAX]]


def _place(quality: Quality, weight: tuple[int, int | None], price: tuple[int, int | None]) -> dict[str, str | int]:
    """A cell as facts: grams and roubles, `…` where it is open."""
    return {
        "class": quality.value,
        "weight": f"{weight[0]}–{'…' if weight[1] is None else weight[1]}",
        "price": f"{_roubles(price[0])}–{'…' if price[1] is None else _roubles(price[1])}",
    }


def _roubles(minor: int) -> str:
    return str(minor // 100) if minor % 100 == 0 else f"{minor // 100}.{minor % 100:02}"
