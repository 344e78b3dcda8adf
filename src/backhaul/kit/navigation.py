"""Where a signed-in person can go: places in groups, and how a page shows them."""

from typing import Literal

import msgspec

TABS_MAX = 6  # as many fit beside each other, and under a thumb


class Place(msgspec.Struct, frozen=True):
    """A place of the navigation. `icon`: a name of Heroicons."""

    path: str
    label: str
    icon: str


class Group(msgspec.Struct, frozen=True):
    """Places that belong together, under a title or under none."""

    title: str
    places: tuple[Place, ...]


def shell(groups: tuple[Group, ...]) -> Literal["in-column", "in-row"]:
    """Few places stand in a row, at the thumb on a phone; many stand in a column, behind a button on a phone."""
    return "in-column" if sum(len(group.places) for group in groups) > TABS_MAX else "in-row"
