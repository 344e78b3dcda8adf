"""The partner's price list: what a seller pays for each service. Versioned; the marketplace has no part in it (P21)."""

from datetime import datetime

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner.rules.words import COUNTRY_OF, Decision, Service


class Tariff(msgspec.Struct, frozen=True):
    """Prices in minor units of one currency; storage is for a unit and day after the decision."""

    version: str
    currency: str
    prices_minor: dict[Service, int]

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
    return Tariff(tariff.version, tariff.currency, {one: tariff.prices_minor[one] for one in sorted(services)})


def agreed(quote: Tariff | None, tariff: Tariff, service: Service) -> Tariff:
    """The prices by which a service is charged: those that were agreed to, else those in force."""
    return quote if quote is not None and service in quote.prices_minor else tariff


def check_price(tariff: Tariff, service: Service, seen_minor: int | None) -> None:
    """Nobody pays another price than the one that stood before them. Who says no price takes the one in force."""
    price = tariff.price(service)
    if seen_minor is not None and seen_minor != price.minor:
        raise Refused("price_changed", "conflict", "price_minor", seen=Money(seen_minor, price.currency), price=price)


def service_of(decision: Decision) -> Service:
    """What a decision is paid as; to keep a unit is storage, paid by the day."""
    return {Decision.PICKUP: Service.STORAGE, Decision.DISPOSE: Service.DISPOSAL}.get(decision) or Service(decision)


def shipping(tariff: Tariff, decision: Decision) -> Money:
    """The price of shipping by this decision; nothing for the others."""
    return tariff.price(Service(decision)) if decision in COUNTRY_OF else Money(0, tariff.currency)


def storage(tariff: Tariff, stored_from: datetime | None, at: datetime) -> Money:
    """Storage after the decision: one price for each midnight in Moscow that the unit stayed."""
    if stored_from is None:
        return Money(0, tariff.currency)
    days = (at.astimezone(MOSCOW).date() - stored_from.astimezone(MOSCOW).date()).days
    return Money(max(days, 0) * tariff.prices_minor[Service.STORAGE], tariff.currency)
