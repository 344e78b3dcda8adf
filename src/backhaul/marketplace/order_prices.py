"""The price of an order line in roubles: said by the order, or by the rate that the order names, or by the rate of its day."""

from collections.abc import Iterator, Mapping
from typing import Any

from backhaul.kit.money import half_up

RATE_OF_RUB = 1_000_000  # rates are counted in millionths
PRICE_MINOR_MOST = 10_000_000_000


def price_rub_minor(it: Mapping[str, Any]) -> int:
    """The price that the cells of a line give, in kopecks; 0 when only the rate of the order's day can tell it."""
    said, by_rate = it.get("price_rub_minor"), _by_rate(it)
    return int(said if said is not None else by_rate or 0)


def contradictions(it: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What price, rate and currency contradict each other in. `it` holds the values of the sound cells."""
    rate, said, by_rate = it.get("order_rate"), it.get("price_rub_minor"), _by_rate(it)
    if it.get("currency") == "RUB" and rate not in (None, RATE_OF_RUB):
        yield "order_rate", "rate_of_rub_is_not_one"
    if said is not None and by_rate is not None and said != by_rate:
        yield "price_rub", "price_rub_differs"
    if by_rate is not None and not 1 <= by_rate <= PRICE_MINOR_MOST:
        yield "unit_price", "out_of_range"


def _by_rate(it: Mapping[str, Any]) -> int | None:
    """Rounded half-up to the kopeck, before anything is looked up by it (D13)."""
    price, rate = it.get("unit_price_minor"), it.get("order_rate")
    if rate is None and it.get("currency") == "RUB" and "order_rate" in it:
        rate = RATE_OF_RUB
    return None if price is None or rate is None else half_up(price * rate, RATE_OF_RUB)
