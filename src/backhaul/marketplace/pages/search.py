"""One field that finds what it is given, in the shell of every page and on a page of its own."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import search_views
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import SEARCH, page
from backhaul.marketplace.search_views import WHO_SEARCHES


def routes(office: Office) -> list[Any]:
    """The page of the search."""

    @get(SEARCH, include_in_schema=False)
    @http.in_thread
    def search(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role not in WHO_SEARCHES:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        text = search_views.meant(request.query_params.get("q", ""))
        groups = []
        if text:
            with office.look(who.by) as tx:
                groups = search_views.found(tx, office, who.by, text, who.language, office.clock.now())
        hit = search_views.only(groups)
        if hit is not None and not hit.href.startswith(SEARCH):
            return http.see_other(hit.href)
        return page(
            request, "search.html", who, here=SEARCH, q=text, groups=groups, characters_max=search_views.CHARACTERS_MAX
        )

    return [search]
