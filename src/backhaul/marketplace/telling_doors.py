"""The doors of webhooks and events, as this house has them: whose they are, and who may change them."""

from typing import Any

import msgspec
from litestar import Router

from backhaul.kit import delivery_api, event_api, webhook_api
from backhaul.kit.event_schemas import EventSchemas
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import Doors
from backhaul.kit.webhook_errands import Keeper
from backhaul.marketplace import access, telling
from backhaul.marketplace.doors import Req, account_of, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.webhooks import TOLD, TYPES, Message, ReturnFacts
from backhaul.marketplace.rules.words import Role

SCHEMAS = EventSchemas(TYPES, TOLD, lambda _: ReturnFacts)


class Events(msgspec.Struct, frozen=True):
    """Events in their order. `last` is the id to go on `after`; `more`: go on at once."""

    events: list[Message]
    last: str
    more: bool


def doors(office: Office) -> Doors:
    """What the doors of webhooks need of this house."""
    return Doors(
        office=office,
        errands=telling.webhooks,
        feed=telling.feed,
        policy=lambda: office.house.terms.policy,
        reading=lambda request: int(seller_reading(office, request).subject),
        keeping=lambda request: keeper_of(account_of(office, request)),
        events=Events,
        invalid=invalid,
    )


def routes(office: Office) -> list[Router]:
    """API v1 of events, webhooks and their deliveries."""
    these: Any = doors(office)
    events = Router("/api/v1", route_handlers=[event_api.door(these)])
    return [events, webhook_api.routes(these), delivery_api.routes(these)]


def keeper_of(account: access.Account) -> Keeper:
    """This person as one who keeps a seller's webhooks."""
    if account.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return Keeper(int(account.subject), account.login, account.keeps_keys, access.Known(account.by()))


def seller_reading(office: Office, request: Req) -> By:
    """The seller whose person or key reads; for handlers that run in a thread."""
    by = bearer(office, request)
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by
