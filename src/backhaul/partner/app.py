"""The partner's web: which door stands where."""

import logging
from functools import partial
from importlib.resources import files
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.static_files import create_static_files_router

from backhaul import __version__
from backhaul.kit import http
from backhaul.kit.kept import keeping
from backhaul.kit.machine import Refused
from backhaul.partner import access, api, draw_doors, incoming, linking
from backhaul.partner.doors import SESSION_COOKIE, explain, problem, visitor
from backhaul.partner.office import Office
from backhaul.partner.pages import draw, entrance, messages, parcels, second_checks, seller, warehouse
from backhaul.partner.pages.sheets import CSRF_COOKIE, page

LOG = logging.getLogger("backhaul.partner")


def make_app(office: Office) -> Litestar:
    """All doors of a partner."""
    static = files("backhaul.kit") / "static"
    return Litestar(
        route_handlers=[
            *entrance.routes(office),
            *messages.routes(office),
            *parcels.routes(office),
            *seller.routes(office, linking.link, linking.unlink),
            *warehouse.routes(office),
            *draw.routes(office),
            *second_checks.routes(office),
            *draw_doors.routes(office),
            api.routes(office),
            incoming.routes(office),
            create_static_files_router("/static", directories=[str(static)], include_in_schema=False),
        ],
        before_request=keeping(partial(_is_known, office), partial(entrance.ask_again, office)),
        csrf_config=CSRFConfig(secret=office.csrf_secret, cookie_name=CSRF_COOKIE, exclude=["^/api/"]),
        exception_handlers={
            Refused: _refused(office),
            HTTPException: _http(office),
            RecursionError: _nested(office),
            Exception: _failed(office),
        },
        logging_config=None,
        request_max_body_size=http.BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            "Backhaul partner", __version__, path="/api/v1", render_plugins=[JsonRenderPlugin()]
        ),
    )


def _is_known(office: Office, request: Request[Any, Any, Any]) -> bool:
    with office.database.read() as tx:
        return access.account_of_session(tx, request.cookies.get(SESSION_COOKIE, ""), office.clock.now()) is not None


def _refused(office: Office) -> Any:
    def answer(request: Request[Any, Any, Any], refused: Refused, status: int | None = None) -> Response[Any]:
        if request.url.path.startswith("/api/"):
            return problem(refused, http.language_of(request), status)
        if refused.code == "sign_in_needed":
            return http.see_other("/sign-in")
        who = visitor(office, request)
        status = status or http.STATUS_BY_KIND.get(refused.kind, 400)
        sentence = explain(refused, who.language)
        return page(
            request,
            office,
            "refusal.html",
            who,
            status=status,
            here="/",
            back="/",
            sentence=sentence,
            code=refused.code,
        )

    return answer


def _failed(office: Office) -> Any:
    answer = _refused(office)

    def told(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        response: Response[Any] = answer(request, Refused("failed", "away"), 500)
        return response

    return told


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
