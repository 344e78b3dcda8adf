"""The partner's web: which door stands where."""

import logging
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig

from backhaul import __version__
from backhaul.kit import assets, chosen_language, event_api, health, http, safe_headers, uploads
from backhaul.kit.conditional import conditional
from backhaul.kit.database import ConnectionLost
from backhaul.kit.description import Description, DocumentRouter
from backhaul.kit.in_hand import one_at_a_time
from backhaul.kit.kept import keeping
from backhaul.kit.machine import Refused
from backhaul.partner import (
    access,
    administration,
    api,
    clock_api,
    consignment_api,
    decisions_api,
    draw_doors,
    incoming,
    instructing,
    invoice_api,
    ledger_api,
    linking,
    metrics_api,
    payment_api,
    people_api,
    queue_api,
    receiving_api,
    reconciling,
    resolving,
    selection_api,
    signing_in,
    station_api,
    sync_api,
    telling_doors,
    terms_api,
)
from backhaul.partner.doors import SESSION_COOKIE, explain, problem, visitor
from backhaul.partner.examples import EXAMPLES
from backhaul.partner.office import Office
from backhaul.partner.pages import (
    account,
    attempts,
    authorizations,
    billing,
    carrier,
    certificates,
    consignments,
    destruction,
    draw,
    entrance,
    inspections,
    invoices,
    labels,
    ledger,
    messages,
    order_management,
    orphans,
    overview,
    parcels,
    receiving,
    return_management,
    second_checks,
    seen_photos,
    selection,
    seller,
    shelves,
    start,
    style,
    terms,
    units,
    warehouse,
    webhooks,
)
from backhaul.partner.pages import sync as sync_pages
from backhaul.partner.pages.sheets import CSRF_COOKIE, page

LOG = logging.getLogger("backhaul.partner")


def make_app(office: Office) -> Litestar:
    """All doors of a partner."""
    return Litestar(
        route_handlers=[
            *_pages(office),
            *_api(office),
            *resolving.routes(office),
            assets.router(),
            *health.routes(office),
            *(office.walk.handlers if office.walk else ()),
        ],
        state=State({"walk": office.walk}),
        before_request=keeping(partial(_is_known, office), partial(entrance.ask_again, office)),
        before_send=[safe_headers.add, chosen_language.remembered],
        middleware=[one_at_a_time, conditional],
        request_class=uploads.FormRequest,
        debug=False,
        pdb_on_exception=False,  # whatever the environment says
        csrf_config=CSRFConfig(
            secret=office.csrf_secret,
            cookie_name=CSRF_COOKIE,
            cookie_secure=office.secure,
            cookie_httponly=True,
            exclude=["^/api/"],
        ),
        exception_handlers={
            Refused: _refused(office),
            HTTPException: _http(office),
            RecursionError: _nested(office),
            ConnectionLost: _away,
            Exception: _failed(office),
        },
        logging_config=None,
        request_max_body_size=http.BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            "Backhaul partner",
            __version__,
            path="/api/v1",
            render_plugins=[Description(EXAMPLES)],
            webhooks=telling_doors.SCHEMAS.webhooks(),
            openapi_router=DocumentRouter("/api/v1", route_handlers=[], include_in_schema=False),
        ),
    )


def _pages(office: Office) -> list[Any]:
    """What people open in a browser."""
    return [
        *entrance.routes(office),
        *account.routes(office),
        *billing.routes(office),
        *invoices.routes(office),
        *messages.routes(office),
        *order_management.routes(office),
        *overview.routes(office),
        *units.routes(office),
        *selection.routes(office),
        *parcels.routes(office),
        *return_management.routes(office),
        *certificates.routes(office),
        *consignments.routes(office),
        *carrier.routes(office),
        *seller.routes(office),
        *authorizations.routes(office, linking.link, linking.unlink),
        *sync_pages.routes(office, reconciling.start),
        *start.routes(office),
        *warehouse.routes(office),
        *destruction.routes(office),
        *attempts.routes(office),
        *seen_photos.routes(office),
        *webhooks.routes(office),
        *terms.routes(office),
        *style.routes(office),
        *draw.routes(office),
        *second_checks.routes(office),
        *inspections.routes(office),
        *ledger.routes(office),
        *receiving.routes(office),
        *shelves.routes(office),
        *labels.routes(office),
        *orphans.routes(office),
    ]


def _api(office: Office) -> list[Any]:
    """API v1, and what the marketplace sends."""
    return [
        *telling_doors.routes(office),
        *draw_doors.routes(office),
        api.routes(office),
        clock_api.routes(office),
        decisions_api.routes(office),
        selection_api.routes(office),
        people_api.routes(office),
        invoice_api.routes(office),
        ledger_api.routes(office),
        metrics_api.routes(office),
        payment_api.routes(office),
        consignment_api.routes(office),
        receiving_api.routes(office),
        station_api.routes(office),
        queue_api.routes(office),
        terms_api.routes(office),
        administration.routes(office),
        sync_api.routes(office, reconciling.start),
        incoming.routes(office, event_api.door(telling_doors.doors(office))),
        instructing.routes(office),
    ]


def _is_known(office: Office, request: Request[Any, Any, Any]) -> bool:
    with office.database.read() as tx:
        return signing_in.account_of_session(office, tx, request.cookies.get(SESSION_COOKIE, "")) is not None


def _refused(office: Office) -> Any:
    def answer(request: Request[Any, Any, Any], refused: Refused, status: int | None = None) -> Response[Any]:
        http.note(request, refused=refused.code)
        if request.url.path.startswith("/api/"):
            return problem(refused, http.language_of(request), status)
        if refused.code == "sign_in_needed":
            return http.see_other(http.in_asked_language(request, "/sign-in"))
        try:
            who = visitor(office, request)
        except ConnectionLost:
            return http.plain(explain(refused, http.language_of(request)))
        by_law = status is None
        status = status or http.STATUS_BY_KIND.get(refused.kind, 400)
        sentence = explain(refused, who.language)
        response = page(
            request,
            office,
            "refusal.html",
            who,
            status=status,
            here="/",
            said=sentence,
            kind=status,
            code=refused.code,
        )
        response.headers.update(http.later(refused))
        if by_law and who.account is not None:
            response.background = office.attempts.note(str(access.Known(who.by)), request, refused)
        return response

    return answer


def _failed(office: Office) -> Any:
    answer = _refused(office)

    def told(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        LOG.error("a request failed", exc_info=error)
        response: Response[Any] = answer(request, Refused("failed", "away"), 500)
        return response

    return told


def _away(request: Request[Any, Any, Any], _: ConnectionLost) -> Response[Any]:
    """No page: who looks at it stands in the database."""
    LOG.error("%s %s: the database is away", request.method, request.url.path)
    refused, language = Refused("database_away", "away"), http.language_of(request)
    if request.url.path.startswith("/api/"):
        return problem(refused, language)
    return http.plain(explain(refused, language))


def _http(office: Office) -> Any:
    answer = _refused(office)

    def translated(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        response: Response[Any] = answer(request, http.problem_of_http(error), error.status_code)
        return response

    return translated


def _nested(office: Office) -> Any:
    """For bodies that are nested too deeply to be read; nothing else here goes deep."""
    answer = _refused(office)

    def told(request: Request[Any, Any, Any], _: RecursionError) -> Response[Any]:
        response: Response[Any] = answer(request, http.too_deep(), 400)
        return response

    return told
