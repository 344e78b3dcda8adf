"""Help, open to everybody: what the marketplace's people need to know, in their language."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.marketplace import help_pages
from backhaul.marketplace.doors import Req, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import HELP, page


def routes(office: Office) -> list[Any]:
    """The handlers of the help."""

    @get("/help", include_in_schema=False)
    @http.in_thread
    def contents(request: Req) -> Response[Any]:
        who = visitor(office, request)
        return page(request, "help.html", who, section=HELP.path, pages=help_pages.listed(who.language), shown=None)

    @get("/help/{slug:str}", include_in_schema=False)
    @http.in_thread
    def one(request: Req, slug: FromPath[str]) -> Response[Any]:
        if slug not in help_pages.SLUGS:
            raise Refused("not_found", "missing")
        who = visitor(office, request)
        shown = help_pages.drawn(slug, who.language, office.house.terms, office.clock.now())
        pages = help_pages.listed(who.language)
        return page(request, "help.html", who, section=HELP.path, pages=pages, shown=shown)

    return [contents, one]
