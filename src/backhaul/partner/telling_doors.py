"""The doors of webhooks and events, as this house has them: whose they are, and who may change them."""

import msgspec
from litestar import Router

from backhaul.kit import delivery_api, webhook_api
from backhaul.kit.event_schemas import EventSchemas
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import Doors
from backhaul.kit.webhook_errands import Keeper
from backhaul.partner import access, telling
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.rules.webhooks import TOLD, TYPES, Message, facts_of
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import invalid, person, speaker

SCHEMAS = EventSchemas(TYPES, TOLD, facts_of)


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
        reading=lambda request: _company_reading(office, request),
        keeping=lambda request: keeper_of(person(speaker(office, request))),
        events=Events,
        invalid=invalid,
    )


def routes(office: Office) -> list[Router]:
    """API v1 of webhooks and their deliveries. `GET /events` stands in `incoming`, with the marketplace's door of this path."""
    these = doors(office)
    return [webhook_api.routes(these), delivery_api.routes(these)]


def keeper_of(account: access.Account) -> Keeper:
    """This person as one who keeps a company's webhooks: like keys, only the owner of the account changes them."""
    if account.role is not Role.SELLER or account.company_id is None:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return Keeper(account.company_id, account.login, account.owner, access.Known(account.by()))


def _company_reading(office: Office, request: Req) -> int:
    """The company whose person or key reads; for handlers that run in a thread."""
    by = speaker(office, request).by
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return int(by.subject)
