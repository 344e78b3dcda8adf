"""API v1: the physical steps of returns in EPCIS 2.0 (JSON-LD), one return's and a seller's in order."""

from typing import Annotated

from litestar import Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.exceptions import ValidationException
from litestar.params import FromPath, QueryParameter

from backhaul.kit.description import door
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.machine import Refused
from backhaul.marketplace import epcis_queries, queries
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import concerns
from backhaul.marketplace.rules.epcis import EpcisDocument, document
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.telling_doors import seller_reading

MEDIA_TYPE = "application/ld+json"
VERSION_HEADERS = {"gs1-epcis-version": "2.0.0", "gs1-cbv-version": "2.0.0"}
VERSIONS = [
    ResponseHeader(name=name, documentation_only=True, description="the version of the standard")
    for name in VERSION_HEADERS
]
PLACES = [
    ResponseHeader(name="link", documentation_only=True, description="`rel=next` while there is more"),
    ResponseHeader(name="last-event-id", documentation_only=True, description="what to go on `after`"),
]

After = Annotated[str, QueryParameter(max_length=80, description="id of the event of `GET /events` after which to begin; empty: from the oldest")]  # fmt: skip
Limit = Annotated[int, QueryParameter(ge=1, le=epcis_queries.PAGE_EVENTS_MAX, description="how many steps at most")]


def routes(office: Office) -> Router:
    """Custody for partners and auditors: for sellers, points and the house; a customer has no need of it."""

    @get(
        "/returns/{return_id:int}/epcis",
        media_type=MEDIA_TYPE,
        response_headers=VERSIONS,
        summary="The physical steps of a return in EPCIS 2.0",
    )
    @in_thread
    def of_return(request: Req, return_id: FromPath[int]) -> Response[EpcisDocument]:
        by = bearer(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, by) or by.role is Role.CUSTOMER:
                raise Refused("not_found", "missing")
            steps = epcis_queries.steps(tx, [return_id]).get(return_id, [])
        told = document((event for _, event in steps), office.clock.now())
        return Response(told, media_type=MEDIA_TYPE, headers=VERSION_HEADERS)

    @get(
        "/epcis",
        media_type=MEDIA_TYPE,
        opt=door(refuses=(410,)),
        response_headers=[*VERSIONS, *PLACES],
        summary="The physical steps of the seller's returns in EPCIS 2.0, in order",
        description="When there is more, a header `Link` with `rel=next` says where. `Last-Event-ID`: to go on `after` it later.",
    )
    @in_thread
    def of_seller(request: Req, after: After = "", limit: Limit = 100) -> Response[EpcisDocument]:
        by = seller_reading(office, request)
        with office.look(by) as tx:
            page = epcis_queries.page(tx, int(by.subject), after, limit)
        link = f'</api/v1/epcis?after={page.last}&limit={limit}>; rel="next"'
        headers = {**VERSION_HEADERS, "last-event-id": page.last, **({"link": link} if page.more else {})}
        return Response(document(page.events, office.clock.now()), media_type=MEDIA_TYPE, headers=headers)

    return Router(
        "/api/v1",
        route_handlers=[of_return, of_seller],
        before_request=strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["events"],
    )
