"""The marketplace's web: which door stands where."""

import logging
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig

from backhaul import __version__
from backhaul.kit import assets, chosen_language, health, http, safe_headers, uploads
from backhaul.kit.conditional import conditional
from backhaul.kit.database import ConnectionLost
from backhaul.kit.description import Description, DocumentRouter
from backhaul.kit.in_hand import InHand
from backhaul.kit.kept import keeping
from backhaul.kit.machine import Refused
from backhaul.marketplace import (
    access,
    administration,
    answers_api,
    api,
    block_api,
    block_files_api,
    claims_api,
    clock_api,
    epcis_api,
    invitation_api,
    job_api,
    keys_api,
    ledger_api,
    metrics_api,
    moderation_api,
    money_api,
    my_data_api,
    oversight_api,
    payout_api,
    points_api,
    rate_api,
    reconciliation_api,
    reports,
    resolving,
    search_api,
    seen_photo_api,
    seller_api,
    settings_api,
    signing_in,
    staff_api,
    telling_doors,
    terms_api,
    timeline_api,
    users_api,
)
from backhaul.marketplace.doors import SESSION_COOKIE, explain, problem, visitor
from backhaul.marketplace.examples import EXAMPLES
from backhaul.marketplace.office import Office
from backhaul.marketplace.opening import opening
from backhaul.marketplace.pages import (
    account,
    answers,
    blocks,
    catalogues,
    claims,
    clerk,
    customer,
    entrance,
    finance,
    guide,
    jobs,
    keys,
    ledger,
    messages,
    moderation,
    money,
    my_data,
    oversight,
    overview,
    papers,
    payouts,
    points,
    quality,
    rate_cards,
    rates,
    reconciliation,
    request_form,
    returns,
    search,
    seen_photos,
    selection,
    seller,
    staff,
    style,
    sync,
    terms,
    timeline,
    users,
    webhooks,
)
from backhaul.marketplace.pages import reports as report_pages
from backhaul.marketplace.pages.sheets import CSRF_COOKIE, page
from backhaul.marketplace.short_way import ShortWay, Web

LOG = logging.getLogger("backhaul.marketplace")


PAGES: tuple[Any, ...] = (
    entrance,
    returns,
    timeline,
    answers,
    search,
    customer,
    request_form,
    my_data,
    messages,
    overview,
    quality,
    seller,
    selection,
    report_pages,
    jobs,
    keys,
    webhooks,
    users,
    account,
    clerk,
    papers,
    points,
    payouts,
    staff,
    moderation,
    claims,
    oversight,
    seen_photos,
    sync,
    terms,
    rate_cards,
    catalogues,
    guide,
    style,
    blocks,
    money,
    finance,
    ledger,
    rates,
    reconciliation,
)
APIS: tuple[Any, ...] = (
    api,
    block_api,
    block_files_api,
    my_data_api,
    clock_api,
    timeline_api,
    answers_api,
    search_api,
    keys_api,
    users_api,
    invitation_api,
    job_api,
    settings_api,
    staff_api,
    moderation_api,
    claims_api,
    oversight_api,
    seen_photo_api,
    points_api,
    epcis_api,
    terms_api,
    payout_api,
    money_api,
    metrics_api,
    ledger_api,
    rate_api,
    reconciliation_api,
    seller_api,
    reports,
    administration,
)


def make_app(office: Office) -> Litestar:
    """All doors of a marketplace."""
    in_hand = InHand()
    web = Web(
        route_handlers=[
            *(handler for module in PAGES for handler in module.routes(office)),
            *resolving.routes(office),
            *(module.routes(office) for module in APIS),
            *telling_doors.routes(office),
            assets.router(),
            *health.routes(office),
            *(office.walk.handlers if office.walk else ()),
        ],
        state=State({"house": office.house, "walk": office.walk}),
        before_request=keeping(partial(_is_known, office), entrance.ask_again),
        before_send=[safe_headers.add, chosen_language.remembered],
        request_class=uploads.FormRequest,
        debug=False,
        pdb_on_exception=False,  # whatever the environment says
        csrf_config=CSRFConfig(
            secret=office.csrf_secret,
            cookie_name=CSRF_COOKIE,
            cookie_secure=office.secure,
            cookie_httponly=True,
            exclude=["^/api/", "^/v1/", "^/v2/"],
        ),
        exception_handlers={
            Refused: _refused(office),
            HTTPException: _http(office),
            RecursionError: _nested(office),
            ConnectionLost: _away,
            Exception: _failed(office),
        },
        middleware=[in_hand.layer, conditional, opening(office)],
        logging_config=None,
        request_max_body_size=http.BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            "Backhaul marketplace",
            __version__,
            openapi_router=DocumentRouter("/api/v1", route_handlers=[], include_in_schema=False),
            render_plugins=[Description(EXAMPLES)],
            webhooks=telling_doors.SCHEMAS.webhooks(),
        ),
    )
    web.short_way = ShortWay(office, in_hand)
    return web


def _is_known(office: Office, request: Request[Any, Any, Any]) -> bool:
    with office.database.read() as tx:
        return signing_in.account_of_session(office, tx, request.cookies.get(SESSION_COOKIE, "")) is not None


def _refused(office: Office) -> Any:
    def answer(request: Request[Any, Any, Any], refused: Refused, status: int | None = None) -> Response[Any]:
        http.note(request, refused=refused.code)
        if request.url.path.startswith("/api/"):
            return problem(refused, http.language_of(request), status)
        if refused.code == "sign_in_needed":
            return http.see_other(entrance.sign_in_and_back(request))
        try:
            who = visitor(office, request)
        except ConnectionLost:
            return http.plain(explain(refused, http.language_of(request)))
        sentence = explain(refused, who.language)
        by_law = status is None
        status = status or http.STATUS_BY_KIND.get(refused.kind, 400)
        response = page(request, "refusal.html", who, status, here="/", said=sentence, kind=status, code=refused.code)
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
        response.headers.update(error.headers or {})  # `Allow`, where it is the verb
        return response

    return translated


def _nested(office: Office) -> Any:
    """For bodies that are nested too deeply to be read; nothing else here goes deep."""
    answer = _refused(office)

    def told(request: Request[Any, Any, Any], _: RecursionError) -> Response[Any]:
        response: Response[Any] = answer(request, http.too_deep(), 400)
        return response

    return told
