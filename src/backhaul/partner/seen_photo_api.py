"""API v1 of photos that were seen before: of one unit, and what was found last."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.partner import queries, seen_photo_views
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.words import Role
from backhaul.partner.seen_photo_views import FoundView, SeenPhotoView

Speaks = Callable[[Office, Req], Any]
After = Annotated[str, QueryParameter(max_length=40)]


class FoundPage(msgspec.Struct, frozen=True):
    """A page of what was found, the latest first. `next` goes into `after` for the following one; empty: there is none."""

    found: list[FoundView]
    next: str


def routes(office: Office, speaks: Speaks) -> list[Any]:
    """The handlers for sellers and supervisors."""

    @get("/parcels/{parcel_id:int}/seen-photos", summary="Photos of a unit that were seen before with another one",
         description="For its seller and supervisors. Supervisors are told where, the seller only that they were. It is for people to judge.")  # fmt: skip
    @http.in_thread
    def of_parcel(request: Req, parcel_id: FromPath[int]) -> list[SeenPhotoView]:
        by = speaks(office, request).by
        with office.look(by) as tx:
            it = queries.one(tx, parcel_id)
            mine = it is not None and concerns(it, by, queries.around_of(tx, it))
            if it is None or not mine or by.role not in seen_photo_views.READERS:
                raise Refused("not_found", "missing")
            return seen_photo_views.of_parcel(tx, it, by)

    @get("/seen-photos", summary="Photos that two units show, the latest first; for supervisors")
    @http.in_thread
    def newest(request: Req, after: After = "", limit: Limit = PAGE_ROWS) -> FoundPage:
        by = speaks(office, request).by
        if by.role is not Role.SUPERVISOR:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            return FoundPage(*seen_photo_views.newest(tx, by, seen_photo_views.place(after), limit))

    return [of_parcel, newest]
