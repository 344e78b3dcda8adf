"""The partner's web: which door stands where."""

import logging
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
from backhaul.kit.machine import Refused
from backhaul.partner import incoming
from backhaul.partner.office import Office

LOG = logging.getLogger("backhaul.partner")


def make_app(office: Office) -> Litestar:
    """All doors of a partner."""
    static = files("backhaul.kit") / "static"
    return Litestar(
        route_handlers=[
            incoming.routes(office),
            create_static_files_router("/static", directories=[str(static)], include_in_schema=False),
        ],
        csrf_config=CSRFConfig(secret=office.csrf_secret, cookie_name="partner_csrf", exclude=["^/api/"]),
        exception_handlers={Refused: _refused(office)},
        logging_config=None,
        request_max_body_size=http.BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            "Backhaul partner", __version__, path="/api/v1", render_plugins=[JsonRenderPlugin()]
        ),
    )


def _refused(office: Office) -> Any:
    def answer(request: Request[Any, Any, Any], refused: Refused) -> Response[Any]:
        return http.problem(refused, http.language_of(request), {})

    return answer
