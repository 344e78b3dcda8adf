"""API v1 of the whole timeline of a return, as its page tells it."""

from typing import Annotated

from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath, QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries, timeline_views
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import concerns
from backhaul.marketplace.rules.timeline import Kind
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.timeline_views import READERS, LineView

Party = Annotated[Role | None, QueryParameter(description="Only what they did, or were written of")]
About = Annotated[
    Kind | None,
    QueryParameter(name="kind", description="Only what is about this; money: all that moved the ledger, too"),
]


def routes(office: Office) -> Router:
    """The part of API v1 that tells all that happened to a return."""

    @get("/returns/{return_id:int}/timeline", summary="All that happened to a return, with reasons, entries and messages",
         description="For its seller, moderators and support, oldest first. Ledger entries are for support, messages to others for staff.")  # fmt: skip
    @http.in_thread
    def timeline(request: Req, return_id: FromPath[int], party: Party = None, about: About = None) -> list[LineView]:
        by = bearer(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, by) or by.role not in READERS:
                raise Refused("not_found", "missing")
            lines = timeline_views.timeline(tx, it, by, office.house.terms, http.language_of(request))
        return [line for line in lines if line.is_of(party or "", about or "")]

    return Router(
        "/api/v1", route_handlers=[timeline], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["returns"],
    )  # fmt: skip
