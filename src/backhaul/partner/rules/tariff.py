"""The partner's price list: what a seller pays for each service. Versioned; the marketplace has no part in it (P21)."""

from datetime import datetime

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner.rules.words import COUNTRY_OF, Decision, Service


class Freight(msgspec.Struct, frozen=True):
    """What a consignment to one country costs: once, and for each kilogram of chargeable weight."""

    base_minor: int
    per_kg_minor: int


class Tariff(msgspec.Struct, frozen=True):
    """Prices in minor units of one currency; storage is for a unit and day after the decision.

    `freight` by country prices a shipment by its weight; a country without it has the flat price of the service a unit.
    """

    version: str
    currency: str
    prices_minor: dict[Service, int]
    freight: dict[str, Freight] = msgspec.field(default_factory=dict)

    def price(self, service: Service) -> Money:
        """The price of one unit of a service."""
        return Money(self.prices_minor[service], self.currency)


SEED_TARIFF = Tariff(
    version="1",
    currency="CNY",
    prices_minor={
        Service.RECEIPT: 6_00,
        Service.MEDIA: 5_00,
        Service.SHIP_RU: 22_00,
        Service.SHIP_CN: 52_00,
        Service.SHIP_HK: 68_00,
        Service.STORAGE: 1_50,
        Service.DISPOSAL: 3_00,
    },
)


def quoted(tariff: Tariff, decision: Decision) -> Tariff:
    """What a seller agrees to with a decision: its price, and storage a day. It holds when the tariff changes later."""
    services = {service_of(decision), Service.STORAGE}
    prices = {one: tariff.prices_minor[one] for one in sorted(services)}
    freight = {land: rates for land, rates in tariff.freight.items() if land == COUNTRY_OF.get(decision)}
    return Tariff(tariff.version, tariff.currency, prices, freight)


def agreed(quote: Tariff | None, tariff: Tariff, service: Service) -> Tariff:
    """The prices by which a service is charged: those that were agreed to, else those in force."""
    return quote if quote is not None and service in quote.prices_minor else tariff


def check_price(price: Money, seen_minor: int | None) -> None:
    """Nobody pays another price than the one that stood before them. Who says no price takes the one in force."""
    if seen_minor is not None and seen_minor != price.minor:
        raise Refused("price_changed", "conflict", "price_minor", seen=Money(seen_minor, price.currency), price=price)


def service_of(decision: Decision) -> Service:
    """What a decision is paid as; to keep a unit is storage, paid by the day."""
    return {Decision.PICKUP: Service.STORAGE, Decision.DISPOSE: Service.DISPOSAL}.get(decision) or Service(decision)


def storage(tariff: Tariff, stored_from: datetime | None, at: datetime) -> Money:
    """Storage after the decision: one price for each midnight in Moscow that the unit stayed."""
    if stored_from is None:
        return Money(0, tariff.currency)
    days = (at.astimezone(MOSCOW).date() - stored_from.astimezone(MOSCOW).date()).days
    return Money(max(days, 0) * tariff.prices_minor[Service.STORAGE], tariff.currency)
