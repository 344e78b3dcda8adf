"""What services earn: charges less what they cost the partner, as far as the policy says what that is. Pure."""

from collections.abc import Iterable

import msgspec

from backhaul.kit.money import Money
from backhaul.partner.rules.policy import Policy


class Charged(msgspec.Struct, frozen=True):
    """Charges of a service in a currency: how many units or days, and how much together."""

    service: str
    currency: str
    quantity: int
    minor: int


class Earned(msgspec.Struct, frozen=True):
    """What a service earned. Without a known cost of a unit there is no margin."""

    service: str
    quantity: int
    revenue: Money
    cost: Money | None
    margin: Money | None


def earned(charges: Iterable[Charged], policy: Policy, currency: str) -> tuple[Earned, ...]:
    """Service by service. Costs are said in the currency of the tariff: charges in another one have no margin."""
    found = []
    for one in charges:
        each = policy.service_costs_minor.get(one.service) if one.currency == currency else None
        cost = None if each is None else each * one.quantity
        margin = None if cost is None else Money(one.minor - cost, one.currency)
        revenue = Money(one.minor, one.currency)
        found.append(
            Earned(one.service, one.quantity, revenue, None if cost is None else Money(cost, one.currency), margin)
        )
    return tuple(found)
