"""Photos that two returns show, both beside each other: for moderators and support, who judge what it means."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import oversight_queries, places, seen_photo_views, tables
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page

HERE = "/seen-photos"


def routes(office: Office) -> list[Any]:
    """The handler of the list."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def seen_photos(request: Req) -> Response[Any]:
        who, said = visitor(office, request), request.query_params.get("before", "")
        if who.by.role not in seen_photo_views.STAFF:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        before = places.place(said) if said else oversight_queries.EVER
        with office.look(who.by) as tx:
            found, onward = seen_photo_views.newest(tx, who.by, before)
            photos = {
                photo for one in found if one.seen.elsewhere for photo in (one.seen.photo, one.seen.elsewhere.photo)
            }
            deleted = tables.book.deleted(tx, photos)
        return page(
            request,
            "seen_photos.html",
            who,
            here=HERE,
            found=found,
            deleted=deleted,
            first=HERE if said else "",
            onward=f"{HERE}?before={onward}" if onward else "",
        )

    return [seen_photos]
