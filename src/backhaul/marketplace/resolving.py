"""The resolver of the links on what people show at a counter. It looks nothing up: the page asks who may see it."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from backhaul.kit import digital_link, http, resolver
from backhaul.kit.digital_link import DEFAULT, GDTI, Link
from backhaul.kit.machine import Refused
from backhaul.marketplace import links, passes
from backhaul.marketplace.links import GIVEOUT, PASS
from backhaul.marketplace.office import Office


def routes(office: Office) -> list[Any]:
    """The two handlers, open to everybody."""

    @get("/253/{gdti:str}", include_in_schema=False)
    @http.in_thread
    def resolve(request: Request[Any, Any, Any], gdti: FromPath[str]) -> Response[bytes]:
        here = links.of(office, request)
        kind, serial = digital_link.of_gdti(here.prefix, gdti.upper()) or (0, "")
        return_id = passes.id_of_code(office, serial) if kind == PASS else None
        if kind != GIVEOUT and return_id is None:
            raise Refused("not_found", "missing")
        page = "/" if return_id is None else f"/returns/{return_id}"
        anchor = digital_link.uri(here.web, GDTI, gdti.upper())
        return resolver.answer(request, anchor, [Link(DEFAULT, here.web + page, "text/html")])

    @get("/.well-known/gs1resolver", include_in_schema=False)
    @http.in_thread
    def description(request: Request[Any, Any, Any]) -> Response[bytes]:
        return resolver.described(links.of(office, request).web, [GDTI])

    return [resolve, description]
