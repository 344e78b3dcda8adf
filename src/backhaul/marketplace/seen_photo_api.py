"""API v1 of photos that were seen before: of one return, and what was found last."""

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.marketplace import oversight_queries, places, queries, seen_photo_views
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.moderation_api import Text, staff
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import concerns
from backhaul.marketplace.seen_photo_views import FoundView, SeenPhotoView


class FoundPage(msgspec.Struct, frozen=True):
    """A page of what was found, the latest first. `next` goes into `after` for the following one; empty: there is none."""

    found: list[FoundView]
    next: str


def routes(office: Office) -> Router:
    """The handlers for sellers and staff."""

    @get("/returns/{return_id:int}/seen-photos", summary="Photos of a return that were seen before in another one",
         description="For its seller, moderators and support. Staff are told where, the seller only that they were. It is for people to judge.")  # fmt: skip
    @http.in_thread
    def of_return(request: Req, return_id: FromPath[int]) -> list[SeenPhotoView]:
        by = bearer(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, by) or by.role not in seen_photo_views.READERS:
                raise Refused("not_found", "missing")
            return seen_photo_views.of_return(tx, it, by)

    @get("/seen-photos", summary="Photos that two returns show, the latest first; for moderators and support")
    @http.in_thread
    def newest(request: Req, after: Text = "", limit: Limit = PAGE_ROWS) -> FoundPage:
        by = staff(office, request)
        before = places.place(after) if after else oversight_queries.EVER
        with office.look(by) as tx:
            found, onward = seen_photo_views.newest(tx, by, before, limit)
        return FoundPage(found, str(onward) if onward else "")

    return Router(
        "/api/v1", route_handlers=[of_return, newest], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["staff"],
    )  # fmt: skip
