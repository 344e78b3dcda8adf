"""The filter of a seller's returns: the same in the address of a page, in API v1 and in a bulk over all that match."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from backhaul.kit import forms
from backhaul.kit.days import end_of_day, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace.rules.wire_states import LOOKS, ON_THE_ROAD, REQUESTS, RESOLVED
from backhaul.marketplace.rules.words import Mark, ReasonGroup, Route, Status

EVER_US = 2**62
TABS = {
    tab: tuple(status for status, shown in LOOKS.items() if shown.tab == tab and status is not Status.NEW)
    for tab in (REQUESTS, ON_THE_ROAD, RESOLVED)
}
ALL = tuple(status for statuses in TABS.values() for status in statuses)

Roubles = Annotated[int, Meta(ge=0, le=100_000_000)]
Days = Annotated[int, Meta(ge=0, le=366)]


class Filter(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is left open does not count. Prices in whole roubles, `price_below` itself is out; days are those that are left.

    `q`: letters of the return's number, the posting, the article, the SKU or the product's name.
    """

    q: Annotated[str, Meta(max_length=100)] = ""
    state: Status | None = None
    mark: Mark | None = None
    reason_group: ReasonGroup | None = None
    route: Route | None = None
    sku: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    price_from: Roubles | None = None
    price_below: Roubles | None = None
    days_from: Days | None = None
    days_to: Days | None = None

    @property
    def said(self) -> dict[str, str]:
        """The fields that count, as an address says them."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: str(value) for name, value in values.items() if value not in (None, "")}

    def without(self, *names: str) -> "Filter":
        """The same with these fields left open."""
        open_ones = {field.name: field.default for field in msgspec.structs.fields(Filter) if field.name in names}
        return msgspec.structs.replace(self, **open_ones)

    def address(self, path: str, **more: str) -> str:
        """Where a page shows what matches."""
        said = {**more, **self.said}
        return f"{path}?{urlencode(said)}" if said else path

    def decided_between_us(self, at: datetime) -> tuple[int, int]:
        """The bounds of the decision that match: after the first, up to the second. One that is over has no day left.

        With -1 to the end of all times, also what waits for no decision matches.
        """
        low = -1 if self.days_from is None else to_us(end_of_day(at, self.days_from - 1)) if self.days_from else 0
        return low, EVER_US if self.days_to is None else to_us(end_of_day(at, self.days_to))


def read(values: Mapping[str, Any]) -> Filter:
    """A filter from the texts of an address or a form. `Refused` names the first field that does not fit."""
    known = {name: values[name] for name in Filter.__struct_fields__ if values.get(name) not in (None, "")}
    found = forms.parse(Filter, known)
    if found.state is Status.NEW:
        raise Refused("field_invalid", "invalid", "state", problem="not_a_choice")
    return found
