"""API v1: everything that a seller's webhooks are told, to be fetched in order; for keys and for sessions."""

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from backhaul.kit.description import door
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.machine import Refused
from backhaul.marketplace import event_queries
from backhaul.marketplace.doors import Req, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.webhooks import TYPES, Message
from backhaul.marketplace.webhook_doors import seller_reading

Limit = Annotated[int, QueryParameter(ge=1, le=event_queries.PAGE_ROWS_MAX, description="how many at most")]
After = Annotated[str, QueryParameter(max_length=80, description="id of the last event that you have; empty: from the oldest")]  # fmt: skip
Types = Annotated[list[str] | None, QueryParameter(description="only these types; once for each")]


class Events(msgspec.Struct, frozen=True):
    """Events in their order. `last` is the id to go on `after`; `more`: go on at once."""

    events: list[Message]
    last: str
    more: bool


def routes(office: Office) -> Router:
    """The events of the seller who calls."""

    @get("/events", summary="What happened to the seller's returns, in order; the same that webhooks are sent",
         opt=door(refuses=(410,)))  # fmt: skip
    @in_thread
    def list_events(request: Req, after: After = "", limit: Limit = 100, types: Types = None) -> Events:
        seller_id = seller_reading(office, request)
        for kind in types or ():
            if kind not in TYPES:
                raise Refused("unknown_event_type", "invalid", "types", event_type=kind[:60])
        with office.database.read() as tx:
            found = event_queries.page(tx, seller_id, after, limit + 1, types or [])
        shown = found[:limit]
        return Events(shown, shown[-1].id if shown else after, len(found) > limit)

    return Router(
        "/api/v1",
        route_handlers=[list_events],
        before_request=strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["events"],
    )
