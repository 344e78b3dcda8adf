"""API v1: everything that webhooks are told, to be fetched in order; for keys and for sessions."""

from typing import Annotated, Any

from litestar import get
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from backhaul.kit import description
from backhaul.kit.event_queries import PAGE_ROWS_MAX
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import Doors, Req

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX, description="how many at most")]
After = Annotated[str, QueryParameter(max_length=80, description="id of the last event that you have; empty: from the oldest")]  # fmt: skip
Types = Annotated[list[str] | None, QueryParameter(description="only these types; once for each")]


def door(doors: Doors) -> Any:
    """The events of those who call. A house gives the shape of a page: `events`, `last` and `more`."""

    def list_events(request: Req, after: After = "", limit: Limit = 100, types: Types = None) -> Any:
        owner_id = doors.reading(request)
        for kind in types or ():
            if kind not in doors.errands.types:
                raise Refused("unknown_event_type", "invalid", "types", event_type=kind[:60])
        with doors.office.look_for(owner_id) as tx:
            found = doors.feed.page(tx, owner_id, after, limit + 1, types or [])
            shown, more = found[:limit], len(found) > limit
            last = shown[-1].id if shown else after
            if types and not more:  # past the other types, too: they are deleted one day
                last = doors.feed.newest(tx, owner_id, last)
        return doors.events(shown, last, more)

    list_events.__annotations__["return"] = doors.events
    answering = get(
        "/events",
        summary="What happened, in order; the same that webhooks are sent",
        before_request=strict_body,
        exception_handlers={ValidationException: doors.invalid},
        tags=["events"],
        opt=description.door(refuses=(410,)),
    )
    return answering(in_thread(list_events))
