"""Photos that two units show, both beside each other: for supervisors, who judge what it means."""

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.partner import seen_photo_views, tables
from backhaul.partner.doors import Req, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import page
from backhaul.partner.rules.words import Role


def routes(office: Office) -> list[Any]:
    """The handler of the list."""

    @get("/seen-photos", include_in_schema=False)
    @http.in_thread
    def seen_photos(request: Req, before: FromQuery[str] = "") -> Response[Any]:
        who = visitor(office, request, Role.SUPERVISOR)
        with office.look(who.by) as tx:
            found, onward = seen_photo_views.newest(tx, who.by, seen_photo_views.place(before))
            photos = {
                photo for one in found if one.seen.elsewhere for photo in (one.seen.photo, one.seen.elsewhere.photo)
            }
            deleted = tables.book.deleted(tx, photos)
        return page(request, office, "seen_photos.html", who, found=found, deleted=deleted, onward=onward)

    return [seen_photos]
