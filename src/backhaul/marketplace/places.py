"""Where a list of what waits went on to: the keys of its last row, as an address says them."""

import msgspec

from backhaul.marketplace.filters import EVER_US


class Place(msgspec.Struct, frozen=True):
    """Where a list went on to: the keys of its last row."""

    bound_us: int = -1
    id: int = 0

    def __str__(self) -> str:
        return f"{self.bound_us}-{self.id}"


START = Place()


def place(text: str) -> Place:
    """A place as it came from outside; nonsense is the start."""
    bound, _, number = text.partition("-")
    if all(part.isascii() and part.isdigit() and len(part) <= 19 for part in (bound, number)):
        return Place(min(int(bound), EVER_US), min(int(number), EVER_US))
    return START
