"""`compensation.quote` for very many units at once, in columns of whole numbers: what back-tests reckon with."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from backhaul.kit.money import nearest
from backhaul.marketplace.rules.compensation import Quality, RateCard

Whole = NDArray[np.int64]
QUALITIES = tuple(Quality)


class Units(msgspec.Struct, frozen=True):
    """Units in columns of one length. `qualities` are places in `QUALITIES`; `brought_minor`: what each brought its seller."""

    return_ids: Whole
    seller_ids: Whole
    qualities: Whole
    weights_gram: Whole
    prices_minor: Whole
    brought_minor: Whole


def units_of(rows: list[tuple[int, int, int, int, int, int]]) -> Units:
    """Rows (return, seller, place of the quality, weight, price, what it brought) as columns."""
    table = np.array(rows, dtype=np.int64).reshape(-1, len(Units.__struct_fields__))
    return Units(*np.ascontiguousarray(table.T))


def amounts(card: RateCard, units: Units) -> Whole:
    """What the card gives for each unit, in kopecks: bands are (low, high], amounts half-up, as `quote` has it."""
    rates_pct = np.array([card.rates_pct[quality] for quality in QUALITIES], dtype=np.int64)
    rows = np.searchsorted(np.array(card.weight_edges_gram, dtype=np.int64), units.weights_gram)
    columns = np.searchsorted(np.array(card.price_edges_minor, dtype=np.int64), units.prices_minor)
    found: Whole = nearest(units.prices_minor * rates_pct[units.qualities, rows, columns], 100)
    return found
