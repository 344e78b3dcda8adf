"""The weight that freight is charged by, its price, and the shares of the units, exact to the cent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

import msgspec

from backhaul.kit.money import Money, half_up
from backhaul.partner.rules import events as e
from backhaul.partner.rules.holidays import end_of_working_day
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.tariff import Tariff, agreed, service_of
from backhaul.partner.rules.words import COUNTRY_OF, Decision, Service


class Carton(msgspec.Struct, frozen=True):
    """A carton of a consignment; zeros: not measured yet."""

    number: int
    length_cm: int = 0
    width_cm: int = 0
    height_cm: int = 0
    weight_gram: int = 0

    @property
    def is_measured(self) -> bool:
        """Whether its price can be calculated."""
        return min(self.length_cm, self.width_cm, self.height_cm, self.weight_gram) > 0

    @property
    def volume_cm3(self) -> int:
        """Length times width times height."""
        return self.length_cm * self.width_cm * self.height_cm


def chargeable_gram(carton: Carton, policy: Policy) -> int:
    """The larger of the weight and the volume's weight, rounded up to the next step; each carton by itself."""
    volumetric_gram = -(-carton.volume_cm3 * 1000 // policy.volumetric_divisor)
    return _stepped(max(carton.weight_gram, volumetric_gram), policy)


def price(tariff: Tariff, country: str, grams: Sequence[int], units: int) -> Money:
    """What a consignment costs: by the chargeable weights of its cartons, or the flat price for each unit."""
    freight = tariff.freight.get(country)
    if freight is None:
        return Money(tariff.prices_minor[service_to(country)] * units, tariff.currency)
    return Money(freight.base_minor + half_up(freight.per_kg_minor * sum(grams), 1000), tariff.currency)


def flat(it: Parcel, country: str, tariff: Tariff) -> tuple[Money, str]:
    """(price, version of the tariff that says it) of a unit to a country without freight: what its seller agreed to.

    By the tariff in force where another currency holds since: the prices of a consignment add up.
    """
    service = service_to(country)
    prices = agreed(it.prices, tariff, service)
    prices = prices if prices.currency == tariff.currency else tariff
    return prices.price(service), prices.version


def shares(minor: int, weights: Sequence[Fraction]) -> list[int]:
    """An amount divided by weights, to the minor unit: the largest remainders get what is left; of equal ones the first."""
    total = sum(weights)
    if total <= 0:
        weights, total = [Fraction(1)] * len(weights), Fraction(len(weights))
    exact = [minor * weight / total for weight in weights]
    found = [int(one) for one in exact]
    left = minor - sum(found)
    by_remainder = sorted(range(len(exact)), key=lambda n: (found[n] - exact[n], n))
    for n in by_remainder[:left]:
        found[n] += 1
    return found


def unit_weights(carton_of: Sequence[int], grams: Sequence[int], chargeable: dict[int, int]) -> list[Fraction]:
    """The chargeable weight of each unit: its part of its carton's, by its own weight."""
    inside: dict[int, int] = {}
    for carton, gram in zip(carton_of, grams, strict=True):
        inside[carton] = inside.get(carton, 0) + gram
    return [Fraction(chargeable[carton] * gram, inside[carton]) for carton, gram in zip(carton_of, grams, strict=True)]


def alone(it: Parcel, decision: Decision, terms: Terms) -> Money:
    """The price of shipping this unit by itself, by its weight; nothing for what is no shipment.

    Before the decision it is what the seller is told; in a consignment the unit pays its share instead.
    """
    country = COUNTRY_OF.get(decision)
    if country is None:
        return Money(0, terms.tariff.currency)
    return price(terms.tariff, country, [_stepped(weight_of(it), terms.policy)], 1)


def quoted(it: Parcel, decision: Decision, terms: Terms) -> Money:
    """The price that stands beside a choice before anybody confirms it."""
    return alone(it, decision, terms) if decision in COUNTRY_OF else terms.tariff.price(service_of(decision))


def weight_of(it: Parcel) -> int:
    """What the unit weighs: on our scales, else as it was sold."""
    return it.weight_gram or it.unit.outbound_weight_gram or it.unit.weight_gram or 1


def service_to(country: str) -> Service:
    """The service that ships to a country."""
    return next(Service(decision) for decision, land in COUNTRY_OF.items() if land == country)


def ship_by(it: Parcel, destination: e.Destination | None, policy: Policy) -> datetime | None:
    """The bound of the promise: working days from the decision, or from when its new address may be used (D20)."""
    if it.decided_at is None or it.decision not in COUNTRY_OF:
        return None
    since = it.decided_at
    if destination is not None:
        usable = destination.created_at + timedelta(hours=policy.destination_wait_hours)
        since = max(since, usable, destination.confirmed_at or usable)
    return end_of_working_day(since, policy.ship_working_days)


def _stepped(gram: int, policy: Policy) -> int:
    return -(-gram // policy.chargeable_step_gram) * policy.chargeable_step_gram
