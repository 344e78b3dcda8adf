"""API v1 of published terms: what support's pages of rate cards and catalogues can do, as JSON."""

from litestar import Router
from litestar.exceptions import ValidationException

from backhaul.kit import http
from backhaul.marketplace import catalogue_api, policy_api, rate_card_api
from backhaul.marketplace.doors import invalid
from backhaul.marketplace.office import Office


def routes(office: Office) -> Router:
    """The handlers for published terms."""
    handlers = [*rate_card_api.handlers(office), *catalogue_api.handlers(office), *policy_api.handlers(office)]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["terms"],
    )
