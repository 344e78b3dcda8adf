"""What the seller of a disposed product receives: a rate card of class x weight x price, cell for cell as published."""

from bisect import bisect_left
from enum import StrEnum

import msgspec

from backhaul.kit.money import Money, half_up
from backhaul.marketplace.rules.words import Mark, ReasonGroup


class Quality(StrEnum):
    """The three blocks of the rate card."""

    PROPER = "proper"
    IMPROPER = "improper"
    SELLER_FAULT = "seller_fault"


class RateCard(msgspec.Struct, frozen=True):
    """Percentages by class, weight band (rows) and price band (columns); every band is (low, high]."""

    version: str
    weight_edges_gram: tuple[int, ...]
    price_edges_minor: tuple[int, ...]
    rates_pct: dict[Quality, tuple[tuple[int, ...], ...]]


SEED_CARD = RateCard(
    version="seed-000_30f6c7343d7c5654",
    weight_edges_gram=(1_000, 4_000, 7_000),
    price_edges_minor=(5_000_00, 10_000_00, 15_000_00, 20_000_00, 25_000_00),
    rates_pct={
        #                       price, thousand roubles: <=5  5-10 10-15 15-20 20-25  >25
        Quality.PROPER: (
            (0, 20, 30, 35, 30, 15),  # up to 1 kg
            (0, 5, 20, 25, 20, 10),  # 1-4 kg
            (0, 0, 10, 15, 10, 5),  # 4-7 kg
            (0, 0, 0, 0, 0, 0),  # more than 7 kg
        ),
        Quality.IMPROPER: (
            (0, 7, 18, 23, 13, 8),
            (0, 0, 8, 13, 5, 5),
            (0, 0, 0, 0, 0, 0),
            (0, 0, 0, 0, 0, 0),
        ),
        Quality.SELLER_FAULT: (
            (0, 0, 10, 15, 5, 0),
            (0, 0, 3, 5, 0, 0),
            (0, 0, 0, 0, 0, 0),
            (0, 0, 0, 0, 0, 0),
        ),
    },
)


class Quote(msgspec.Struct, frozen=True):
    """An amount with everything that explains it. Bounds are (low, high]; None is open.

    `raw_quality` is the class by the reason alone, `quality` the one that counts (P16); older quotes have only this one.
    """

    quality: Quality
    weight_gram: int
    price: Money
    rate_pct: int
    amount: Money
    card_version: str
    weight_low_gram: int | None
    weight_high_gram: int | None
    price_low_minor: int | None
    price_high_minor: int | None
    raw_quality: Quality | None = None


def quote(card: RateCard, quality: Quality, weight_gram: int, price: Money, raw: Quality | None = None) -> Quote:
    """The compensation for one unit. `price` in roubles, already rounded to kopecks; the amount is rounded half-up (D13)."""
    row = bisect_left(card.weight_edges_gram, weight_gram)
    column = bisect_left(card.price_edges_minor, price.minor)
    rate_pct = card.rates_pct[quality][row][column]
    weights = (None, *card.weight_edges_gram, None)
    prices = (None, *card.price_edges_minor, None)
    return Quote(
        quality=quality,
        weight_gram=weight_gram,
        price=price,
        rate_pct=rate_pct,
        amount=Money(half_up(price.minor * rate_pct, 100), price.currency),
        card_version=card.version,
        weight_low_gram=weights[row],
        weight_high_gram=weights[row + 1],
        price_low_minor=prices[column],
        price_high_minor=prices[column + 1],
        raw_quality=raw,
    )


def quality(group: ReasonGroup, mark: Mark | None, *, packaging_damaged: bool = False) -> Quality | None:
    """Matrix 4.3: reason group x mark. None: no table compensation, the substitution rules apply.

    Uninspected damage is Improper while a claim on the outbound carrier is open, else the seller's fault (D3).
    """
    if mark is Mark.SUBSTITUTED:
        return None
    damaged = mark in (Mark.PARTIALLY_DAMAGED, Mark.COMPLETELY_DAMAGED)
    match group:
        case ReasonGroup.FIT:
            return Quality.IMPROPER if damaged else Quality.PROPER
        case ReasonGroup.DEFECT:
            return Quality.IMPROPER
        case ReasonGroup.MISGRADING:
            return Quality.SELLER_FAULT
        case ReasonGroup.DAMAGE:
            if mark is Mark.SERVICEABLE:
                return Quality.PROPER
            return Quality.IMPROPER if mark is None and packaging_damaged else Quality.SELLER_FAULT
