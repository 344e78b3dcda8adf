"""Words of filters, and of the map of what waits."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from backhaul.kit import i18n
from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.kit.money import Money
from backhaul.marketplace import texts
from backhaul.marketplace.facet_queries import DAY_BANDS, VALUE_BANDS
from backhaul.marketplace.filters import Filter
from backhaul.marketplace.rules.words import Mark, ReasonGroup, Route

LABELS = {
    "q": N_("Search"),
    "state": N_("State"),
    "mark": N_("Inspection"),
    "reason_group": N_("Reason"),
    "route": N_("Route"),
    "sku": N_("SKU"),
    "price_from": N_("Price from, RUB"),
    "price_below": N_("Price below, RUB"),
    "days_from": N_("Days left, from"),
    "days_to": N_("Days left, up to"),
}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "state": texts.STATUS_LABELS,
    "mark": texts.MARK_LABELS,
    "reason_group": texts.REASON_GROUPS,
    "route": texts.ROUTE_LABELS,
}
SELECTED = {"reason_group": ReasonGroup, "mark": Mark, "route": Route}

TODAY = N_("Today")
DAYS_RANGE = N_("{first}–{last} days")
DAYS_AND_MORE = N_("{first} days and more")
BELOW = N_("below {amount}")
AND_MORE = N_("{amount} and more")
WAITING: Message = ngettext("{count} return, {amount}", "{count} returns, {amount}", "count")


class Chip(msgspec.Struct, frozen=True):
    """A field of the filter that counts, and the address of the same list without it."""

    label: str
    value: str
    path: str


def chips(wanted: Filter, path: str, language: str, *, but: tuple[str, ...] = (), **more: str) -> list[Chip]:
    """What is set, each with a way to take it away. `but`: fields that the page shows otherwise."""
    found = []
    for name, value in wanted.said.items():
        if name in but:
            continue
        said = i18n.gettext(language, CHOICES[name].get(value, value)) if name in CHOICES else value
        label = i18n.gettext(language, LABELS[name])
        found.append(Chip(label, said, wanted.without(name).address(path, **more)))
    return found


def day_band(place: int, language: str) -> str:
    """A column of the map."""
    first, last = DAY_BANDS[place]
    if last == 0:
        return i18n.gettext(language, TODAY)
    if last is None:
        return i18n.sentence(language, DAYS_AND_MORE, {"first": first})
    if last == first:
        return i18n.length_of_time(first, "day", language)
    return i18n.sentence(language, DAYS_RANGE, {"first": first, "last": last})


def value_band(place: int, language: str) -> str:
    """A row of the map."""
    low, high = (None if roubles is None else whole_roubles(roubles, language) for roubles in VALUE_BANDS[place])
    if high is None:
        return i18n.sentence(language, AND_MORE, {"amount": low})
    if place == 0:
        return i18n.sentence(language, BELOW, {"amount": high})
    return f"{low} – {high}"


def whole_roubles(amount: int, language: str) -> str:
    """A round amount of the map's edges: without kopecks, so that rows stay narrow."""
    return i18n.number(Decimal(amount), language)


def waiting(count: int, worth: Money, language: str) -> str:
    """What stands in a field of the map, for who cannot see it."""
    return i18n.sentence(language, WAITING, {"count": count, "amount": worth})
