"""API v1 of the warehouse's figures, for supervisors: what the page `/overview` shows, with the same numbers."""

from typing import Annotated

from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.partner import metric_views as views
from backhaul.partner.doors import Req
from backhaul.partner.metric_views import AgesView, PromisesView
from backhaul.partner.office import Office
from backhaul.partner.rules.metrics import PERIOD_DAYS_SHOWN, PERIODS_DAYS
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import invalid, speaker

Days = Annotated[int, QueryParameter(description="The last days, today with them: 7, 30 or 90.")]


def routes(office: Office) -> Router:
    """The handlers of figures."""

    @get("/metrics/aging", summary="Units on the shelves by days since their arrival; for supervisors")
    @http.in_thread
    def aging(request: Req) -> AgesView:
        _supervisor(office, request)
        with office.database.read() as tx:
            return views.aging(tx, office.house.terms.policy, office.clock.now())

    @get("/metrics/promises", summary="Promises kept: gate check, inspection, media, shipping; for supervisors")
    @http.in_thread
    def promises(request: Req, days: Days = PERIOD_DAYS_SHOWN) -> PromisesView:
        _supervisor(office, request)
        if days not in PERIODS_DAYS:
            raise Refused("field_invalid", "invalid", "days", problem="not_a_choice")
        with office.database.read() as tx:
            return views.promises(tx, office.house.terms.policy, office.clock.now(), days)

    return Router(
        "/api/v1", route_handlers=[aging, promises], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["metrics"],
    )  # fmt: skip


def _supervisor(office: Office, request: Req) -> None:
    by = speaker(office, request).by
    if by.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
