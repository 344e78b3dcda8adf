"""The cells of a file of orders: each is read into its value, or is a fault with a code."""

import re
from collections.abc import Callable

from backhaul.kit.gs1 import gtin

DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
# Controls, line and paragraph separators, and the marks that turn the direction of the text around.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Fault(Exception):
    """Why a cell cannot be read; `code` is one of order_faults.SENTENCES."""

    def __init__(self, code: str) -> None:
        self.code = code


def value(column: str, parse: Callable[[str], object], optional: bool, cell: str) -> object:  # noqa: FBT001 -- bound by `partial`
    """A name is read without its line breaks; no other cell may hold what cannot be printed and stored."""
    if cell and cell.isprintable():  # most are; it is narrower than what follows
        return parse(cell)
    if UNPRINTABLE.search(cell):
        refuse(not_utf8=re.search(r"[\ud800-\udfff]", cell) is not None)
        cell = re.sub(r"[\t\r\n]+", " ", cell).strip(" ") if column == "name" else cell
        refuse(control_character=UNPRINTABLE.search(cell) is not None)
    refuse(missing_value=not cell and not optional)
    return parse(cell) if cell else None


def text(cell: str, most: int = 100) -> str:
    """A text of so many characters at most."""
    if len(cell) > most:
        raise Fault("too_long")
    return cell


def shaped(shape: re.Pattern[str], code: str, cell: str) -> str:
    """A text of this shape, else the fault of this code."""
    if not shape.fullmatch(text(cell)):
        raise Fault(code)
    return cell


def article(cell: str) -> str:
    """A GTIN with its check digit, in its long form of 14 digits."""
    found = gtin(text(cell))
    refuse(not_a_gtin=not found)
    return found


def scaled(places: int, most: int, cell: str) -> int:
    """A plain decimal counted in its last place: 12.5 at two places is 1250. From 1 to `most`."""
    shape = DECIMAL.fullmatch(text(cell))
    if not shape:
        raise Fault("decimal_comma" if DECIMAL.fullmatch(cell.replace(",", ".", 1)) else "not_a_number")
    sign, whole, fraction = shape.groups(default="")
    found = int(whole + fraction.ljust(places, "0"))
    if sign or len(fraction) > places or not 1 <= found <= most:
        refuse(negative=bool(sign), too_many_decimals=len(fraction) > places, out_of_range=True)
    return found


def refuse(**faults: bool) -> None:
    """Refuse with the first code that is true."""
    for code, true in faults.items():
        if true:
            raise Fault(code)


def shown(said: str) -> str:
    """At most 80 characters that can be printed and stored; the others stand as Python would escape them."""
    told = UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), said[:81])
    return told if len(told) <= 80 else told[:79] + "…"
