"""The figures of points that page and API v1 show: over how many days, and between which limits a share lies."""

from math import sqrt

FIGURES_DAYS = 30
Z_95 = 1.96


def share_between(part: int, whole: int) -> tuple[int, int]:
    """Wilson's 95 % limits of a share in percent: few cases, wide limits, so that nobody is ranked by chance."""
    if not whole:
        return 0, 100
    share, z2 = part / whole, Z_95 * Z_95
    middle = share + z2 / (2 * whole)
    margin = Z_95 * sqrt((share * (1 - share) + z2 / (4 * whole)) / whole)
    below = 1 + z2 / whole
    return round(100 * max(0.0, (middle - margin) / below)), round(100 * min(1.0, (middle + margin) / below))
