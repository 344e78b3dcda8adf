"""Plots: where marks stand, by hand; what readers hear; nothing when there is nothing."""

from itertools import pairwise

import pytest

from backhaul.kit import plots

# The picture is 720 x 220, the axis stands at 64 and 26 above the bottom, 12 are free above: 182 high for the highest line.
FLOOR = 194.0
FULL = 182.0


def series(label: str, *values: float | None) -> plots.Series:
    return plots.Series(label, values, ["" if value is None else f"{value:g}" for value in values])


def test_bars_stand_on_the_axis_and_on_each_other() -> None:
    plot = plots.bars(["May", "June"], [series("refunded", 30, 10), series("lost", 10, 0)])
    assert [tick.label for tick in plot.across] == ["0", "10", "20", "30", "40"]
    lower, other, upper = plot.marks[0], plot.marks[2], plot.marks[1]
    assert [lower.high, lower.y] == pytest.approx([FULL * 3 / 4, FLOOR - FULL * 3 / 4])
    assert [upper.high, upper.y] == pytest.approx([FULL / 4, FLOOR - FULL])
    assert other.high == pytest.approx(FULL / 4)
    assert lower.x == upper.x < other.x
    assert lower.words == "May: refunded 30"


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6", "8"]),
        (0.5, ["0", "0.2", "0.4", "0.6"]),
        (23_800, ["0", "10k", "20k", "30k"]),
        (1_900_000, ["0", "500k", "1M", "1.5M", "2M"]),
    ],
)
def test_lines_across_stand_at_round_numbers(most: float, labels: list[str]) -> None:
    assert [tick.label for tick in plots.bars(["a"], [series("s", most)]).across] == labels


def test_a_number_that_is_not_known_leaves_a_hole_and_no_zero() -> None:
    plot = plots.lines(["a", "b", "c", "d"], [series("s", 1, 2, None, 4)])
    assert len(plot.marks) == 3
    assert len(plot.lines) == 1  # a and b; d stands alone
    assert len(plot.lines[0][1].split()) == 2


def test_words_below_never_stand_on_each_other() -> None:
    days = [f"{n:02} November" for n in range(30)]
    plot = plots.bars(days, [series("s", *range(30))])
    places = [tick.at for tick in plot.below]
    assert min(b - a for a, b in pairwise(places)) >= 11 * plots.CHARACTER


def test_nothing_but_zeros_is_told_as_nothing() -> None:
    assert plots.bars([], []).empty
    assert plots.bars(["a"], [series("s", 0)]).empty
    assert plots.lines(["a"], [series("s", None)]).empty
    assert not plots.bars(["a"], [series("s", 0.1)]).empty


@pytest.mark.parametrize(("value", "shade"), [(0, 0), (1, 1), (20, 1), (21, 2), (99, 5), (100, 5), (-5, 0)])
def test_a_field_is_as_dark_as_its_part_of_the_most(value: float, shade: int) -> None:
    assert plots.shade(value, 100) == shade
