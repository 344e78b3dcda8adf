"""The resolver of the links on our labels. It looks nothing up: the page asks who may see it."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from backhaul.kit import digital_link, http, resolver
from backhaul.kit.digital_link import DEFAULT, SSCC, TRACEABILITY, Link
from backhaul.kit.machine import Refused
from backhaul.partner import links, queries
from backhaul.partner.doors import visitor
from backhaul.partner.links import CARTON, CARTONS_MAX, ORPHAN, UNIT, UNIT_PREFIX
from backhaul.partner.office import Office
from backhaul.partner.rules.decisions import concerns


def routes(office: Office) -> list[Any]:
    """Two handlers that are open to everybody, and the one that they lead to, for who is signed in."""

    @get("/00/{sscc:str}", include_in_schema=False)
    @http.in_thread
    def resolve(request: Request[Any, Any, Any], sscc: FromPath[str]) -> Response[bytes]:
        here = links.of(office, request)
        found = digital_link.of_sscc(here.prefix, sscc)
        if found is None:
            raise Refused("not_found", "missing")
        page, told = _places(*found)
        found_links = [
            Link(DEFAULT, here.web + page, "text/html"),
            Link(TRACEABILITY, here.web + told, "application/json"),
        ]
        return resolver.answer(request, digital_link.uri(here.web, SSCC, sscc), found_links)

    @get("/.well-known/gs1resolver", include_in_schema=False)
    @http.in_thread
    def description(request: Request[Any, Any, Any]) -> Response[bytes]:
        return resolver.described(links.of(office, request).web, [SSCC])

    @get("/units/{number:str}", include_in_schema=False)
    @http.in_thread
    def unit(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        by = visitor(office, request).by
        with office.look(by) as tx:
            named = queries.by_ids(tx, queries.by_code(tx, number[:40]))
            around = queries.arounds_of(tx, named)
            found = [it.id for it in named if it.number == number and concerns(it, by, around(it))]
        if not found:
            raise Refused("not_found", "missing")
        return http.see_other(f"/parcels/{found[0]}")

    return [resolve, description, unit]


def _places(kind: int, serial: int) -> tuple[str, str]:
    """The page and the door of API v1 of a thing."""
    if kind == UNIT:
        return f"/units/{UNIT_PREFIX}{serial}", f"/api/v1/parcels?code={UNIT_PREFIX}{serial}"
    if kind == ORPHAN:
        return f"/receiving/orphans/{serial}", f"/api/v1/orphans/{serial}"
    if kind == CARTON:
        return f"/consignments/{serial // CARTONS_MAX}", f"/api/v1/consignments/{serial // CARTONS_MAX}"
    raise Refused("not_found", "missing")
