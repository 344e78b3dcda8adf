"""Plots as SVG that is drawn on the server: bars, lines and heat maps with the numbers beside them, for eyes and for readers.

Here is the geometry, in units of the picture; `templates/plots.html` draws it. Colours are classes of the stylesheet.
"""

from collections.abc import Sequence
from math import ceil, floor, log10

import msgspec

WIDE, HIGH = 720, 220
LEFT, BELOW, ABOVE = 64, 26, 12
GAP = 0.28  # of the place of one bar
TICKS = 4
CHARACTER = 7  # how wide a letter of a label is, about
SHADES = 5


class Series(msgspec.Struct, frozen=True):
    """One row of numbers. `shown`: the same numbers as people read them, in the reader's language. `None`: not known."""

    label: str
    values: Sequence[float | None]
    shown: Sequence[str]


class Mark(msgspec.Struct, frozen=True):
    """A drawn number: a bar or a dot. `words` are told to who points at it."""

    x: float
    y: float
    wide: float
    high: float
    series: int
    words: str


class Tick(msgspec.Struct, frozen=True):
    """A line across, or a word below."""

    at: float
    label: str


class Plot(msgspec.Struct, frozen=True):
    """What the template draws. `lines`: points of each series, in stretches without holes."""

    labels: Sequence[str]
    series: Sequence[Series]
    marks: Sequence[Mark]
    lines: Sequence[tuple[int, str]]
    across: Sequence[Tick]
    below: Sequence[Tick]
    wide: int = WIDE
    high: int = HIGH

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw: no label, or nothing but zeros and what is not known."""
        return not any(value for one in self.series for value in one.values)


def bars(labels: Sequence[str], series: Sequence[Series], short: Sequence[str] = (), *, unit: str = "") -> Plot:
    """Stacked bars, one for every label; the values are not negative. `short`: what stands below instead of the labels."""
    sums = [sum(one.values[n] or 0 for one in series) for n in range(len(labels))]
    top, across = _scale(max(sums, default=0), unit)
    step = (WIDE - LEFT) / max(len(labels), 1)
    marks = []
    for n, label in enumerate(labels):
        base = 0.0
        for place, one in enumerate(series):
            value = one.values[n] or 0
            if value > 0:
                high = _height(value, top)
                words = f"{label}: {one.label} {one.shown[n]}" if len(series) > 1 else f"{label}: {one.shown[n]}"
                x = LEFT + step * (n + GAP / 2)
                marks.append(Mark(_r(x), _r(HIGH - BELOW - base - high), _r(step * (1 - GAP)), _r(high), place, words))
                base += high
    return Plot(labels, series, marks, (), across, _below(short or labels, step))


def lines(labels: Sequence[str], series: Sequence[Series], short: Sequence[str] = (), *, unit: str = "") -> Plot:
    """A line for every series; a number that is not known leaves a hole."""
    known = [value for one in series for value in one.values if value is not None]
    top, across = _scale(max(known, default=0), unit)
    step = (WIDE - LEFT) / max(len(labels), 1)
    marks, drawn = [], []
    for place, one in enumerate(series):
        stretch: list[str] = []
        for n, value in enumerate((*one.values, None)):
            if value is None:
                if len(stretch) > 1:
                    drawn.append((place, " ".join(stretch)))
                stretch = []
                continue
            x, y = _r(LEFT + step * (n + 0.5)), _r(HIGH - BELOW - _height(value, top))
            stretch.append(f"{x},{y}")
            marks.append(Mark(x, y, 0, 0, place, f"{labels[n]}: {one.label} {one.shown[n]}"))
    return Plot(labels, series, marks, drawn, across, _below(short or labels, step))


class Cell(msgspec.Struct, frozen=True):
    """A field of a heat map. `shade` 0 (nothing) to 5 (the most); `path` leads to what stands behind it."""

    shown: str
    shade: int
    words: str
    path: str = ""


class HeatMap(msgspec.Struct, frozen=True):
    """Rows by columns; a table of the page, so it is read as one."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


def shade(value: float, most: float) -> int:
    """How dark a field is: 0 for nothing, then five equal steps up to the most."""
    return 0 if value <= 0 or most <= 0 else min(SHADES, ceil(SHADES * value / most))


def _r(number: float) -> float:
    return round(number, 1)


def _height(value: float, top: float) -> float:
    return (HIGH - BELOW - ABOVE) * value / top


def _scale(most: float, unit: str) -> tuple[float, list[Tick]]:
    """A round number above the greatest, and lines across at round steps."""
    if most <= 0:
        return 1.0, [Tick(HIGH - BELOW, "0")]
    raw = most / TICKS
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    if float(most).is_integer() and step < 1:
        step = 1.0
    count = ceil(most / step - 1e-9)
    top = step * count
    return top, [Tick(_r(HIGH - BELOW - _height(step * n, top)), _tick(step * n, unit)) for n in range(count + 1)]


def _tick(number: float, unit: str) -> str:
    for limit, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= limit:
            divided = number / (1000 if letter == "k" else limit)
            return f"{divided:.4g}{letter}{unit}"
    return f"{number:.4g}{unit}"


def _below(labels: Sequence[str], step: float) -> list[Tick]:
    """Words below: every one, or every n-th when they would stand on each other."""
    widest = max((len(label) for label in labels), default=1) * CHARACTER + 8
    every = max(1, ceil(widest / step))
    return [Tick(_r(LEFT + step * (n + 0.5)), label) for n, label in enumerate(labels) if n % every == 0]
