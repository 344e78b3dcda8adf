"""The living page of the style: every part of our pages, once."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http, style_page
from backhaul.kit.kept import OPEN
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page


def routes(office: Office) -> list[Any]:
    """Its handler. It shows nobody's data."""

    @get("/_style", include_in_schema=False, opt=OPEN)
    @http.in_thread
    def style(request: Req) -> Response[Any]:
        who = visitor(office, request)
        return page(request, "style_guide.html", who, **style_page.samples(office.clock.now()))

    return [style]
