"""Whether two photos are one: a print is a picture as 40 x 40 points of grey, small enough to lie beside each photo.

Sixty-four bits, whether it grows lighter from point to point of the blurred print, find what may be alike by an index over four bands of them;
the points themselves then confirm it, in whatever way one was cut out of the other. What shows nothing is like nothing.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from PIL import Image

from backhaul.kit.pictures import PRINT_EDGE

EDGE = PRINT_EDGE
CUT = 2  # points that may be missing on a side: a twentieth of the picture
BANDS = 4
WEAK, WEAK_OF_A_CUT = (
    5,
    2,
)  # bits nearest to turning over, which are also looked for turned over: of the whole, of each guess at a cut
CONTRAST_MIN = 6.0  # grey levels, of 256, beyond an even shade
ALIKE = 0.45  # of the spread of the picture's greys, which takes light and contrast out
AGREES_MIN = 0.93  # of all points
DRAWN_AGREES_MIN = 0.75  # of those that either picture draws: a white wall agrees with every other
ROUGHLY_MIN = 0.60  # before the other is cut, too
LOOKED_AT_MAX = 24  # of the likeliest, point by point

Grey = np.ndarray[Any, np.dtype[np.uint8]]
Points = np.ndarray[Any, np.dtype[np.float32]]


def is_plain(print_: bytes) -> bool:
    """Whether there is nothing on it but one shade, or an even passage from one to another."""
    points = _grey(print_).astype(np.float64)
    down, across = np.mgrid[0:EDGE, 0:EDGE] - (EDGE - 1) / 2
    points -= points.mean()
    for slope in (down, across):
        points -= slope * (points * slope).sum() / (slope * slope).sum()
    return bool(points.std() < CONTRAST_MIN)


def bands(print_: bytes) -> tuple[int, ...]:
    """The four numbers of 16 bits under which a print is found."""
    return tuple(_number(steps > 0) for steps in _steps(_grey(print_).astype(np.float32)))


def probes(print_: bytes) -> tuple[set[int], ...]:
    """The numbers under which what is like this print may stand, by band: cut off somewhere, or with its weakest bits turned over."""
    found = tuple(set[int]() for _ in range(BANDS))
    for nth, guess in enumerate(_guesses(_grey(print_).astype(np.float32))):
        for numbers, steps in zip(found, _steps(guess), strict=True):
            numbers.update(_nearly(steps, WEAK_OF_A_CUT if nth else WEAK))
    return found


def alike(print_: bytes, others: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Which of these prints are of the same picture, by their place, and how much of it agrees in percent."""
    if not others:
        return
    here, there = _cut_out(print_), np.stack([_spread(_blurred(_grey(one).astype(np.float32))) for one in others])
    rough = [float((np.abs(there[n] - here) < ALIKE).mean(axis=(1, 2)).max()) for n in range(len(others))]
    for n in sorted(range(len(others)), key=rough.__getitem__, reverse=True)[:LOOKED_AT_MAX]:
        pct = _agreement(here, _cut_out(others[n])) if rough[n] >= ROUGHLY_MIN else None
        if pct is not None:
            yield n, pct


def _agreement(here: Points, there: Points) -> int | None:
    """How much agrees at the best fit of either whole picture among the other's cuts; None where it is not enough."""
    best = 0.0
    for whole, cuts in ((here[0], there), (there[0], here)):
        agrees = np.abs(cuts - whole) < ALIKE
        shares = agrees.mean(axis=(1, 2))
        fit = int(shares.argmax())
        drawn = (np.abs(whole) >= ALIKE) | (np.abs(cuts[fit]) >= ALIKE)
        if drawn.any() and agrees[fit][drawn].mean() >= DRAWN_AGREES_MIN:
            best = max(best, float(shares[fit]))
    return int(best * 100) if best >= AGREES_MIN else None


def _grey(print_: bytes) -> Grey:
    return np.frombuffer(print_, np.uint8).reshape(EDGE, EDGE)


def _spread(points: Points) -> Points:
    """The points from the middle one on, in spreads: the same in whatever light."""
    return np.asarray((points - np.median(points)) / max(float(points.std()), CONTRAST_MIN), np.float32)


@cache
def _windows() -> tuple[tuple[int, int, int, int], ...]:
    sides = product(range(CUT + 1), repeat=4)
    return tuple((left, top, EDGE - right, EDGE - below) for left, top, right, below in sides)


def _cut_out(print_: bytes) -> Points:
    """The whole print first, then every way to cut a twentieth off its sides."""
    whole = Image.fromarray(_blurred(_grey(print_).astype(np.float32)))
    cuts = (whole.resize((EDGE, EDGE), Image.Resampling.BILINEAR, box=box) for box in _windows())
    return np.stack([_spread(np.asarray(one)) for one in cuts])


def _guesses(points: Points) -> Iterator[Points]:
    """The print, and what it may have been cut out of or what may have been cut out of it: at a corner, in the middle, on all sides."""
    yield points
    for left, top in ((0, 0), (CUT, 0), (0, CUT), (CUT, CUT), (CUT // 2, CUT // 2)):
        yield np.pad(points, ((top, CUT - top), (left, CUT - left)), mode="edge")
        yield points[top : EDGE - CUT + top, left : EDGE - CUT + left]
    yield np.pad(points, CUT, mode="edge")
    yield points[CUT:-CUT, CUT:-CUT]


def _steps(points: Points) -> Points:
    """Whether, and how much, it grows lighter to the right: eight steps in each of eight rows, blurred; two rows are a band."""
    small = np.asarray(Image.fromarray(_blurred(points)).resize((9, 8), Image.Resampling.HAMMING))
    return np.asarray((small[:, 1:] - small[:, :-1]).reshape(BANDS, -1), np.float32)


def _blurred(points: Points) -> Points:
    weights = np.array([1, 2, 3, 2, 1], np.float32) / 9
    high, wide = points.shape
    wider = np.pad(points, 2, mode="edge")
    rows = sum(weight * wider[:, n : n + wide] for n, weight in enumerate(weights))
    return np.asarray(sum(weight * rows[n : n + high] for n, weight in enumerate(weights)), np.float32)


def _number(bits: Any) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _nearly(steps: Points, weak: int) -> set[int]:
    """The number of a band, and those with any of its weakest bits turned over."""
    found = {_number(steps > 0)}
    for place in np.argsort(np.abs(steps))[:weak]:
        found |= {number ^ (1 << (steps.size - 1 - int(place))) for number in found}
    return found
