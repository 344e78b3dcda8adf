"""Money is a whole number of minor units and a currency; rounding is half-up and happens here only."""

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

DIGITS_BY_CURRENCY = {"RUB": 2, "CNY": 2, "USD": 2, "EUR": 2, "HKD": 2, "TRY": 2, "BYN": 2, "KZT": 2}


class Money(msgspec.Struct, frozen=True):
    """An amount: `minor` is in kopecks, fen or cents, never a fraction of them."""

    minor: int
    currency: str = "RUB"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + _same(self, other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - _same(self, other).minor, self.currency)

    def __str__(self) -> str:
        return f"{decimal_text(self.minor)} {self.currency}"


def _same(one: Money, other: Money) -> Money:
    if one.currency != other.currency:
        msg = f"{one.currency} and {other.currency} do not add up"
        raise ValueError(msg)
    return other


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator / denominator; a half goes away from zero. `denominator` > 0."""
    sign = -1 if numerator < 0 else 1
    return sign * int(nearest(abs(numerator), denominator))


def nearest(numerator: Any, denominator: int) -> Any:
    """`half_up` of what is not negative: a whole number, or a whole column of them."""
    return (2 * numerator + denominator) // (2 * denominator)


def decimal_text(minor: int, digits: int = 2) -> str:
    """`1240000` -> `12400.00`."""
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}" if digits else f"{sign}{whole}"


def exact_scaled(text: str, digits: int) -> int:
    """Decimal text to a whole number of 10**-digits. ValueError when it is no plain decimal or has more digits."""
    if not text or not text.isascii() or any(c not in "0123456789.-" for c in text):
        raise ValueError(text)
    try:
        scaled = Decimal(text).scaleb(digits)
    except InvalidOperation:
        raise ValueError(text) from None
    if scaled != scaled.to_integral_value():
        raise ValueError(text)
    return int(scaled)
