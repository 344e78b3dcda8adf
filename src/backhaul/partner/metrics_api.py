"""API v1 of the warehouse's figures, for supervisors: what the page `/overview` shows, with the same numbers."""

from typing import Annotated

from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.partner import earnings_views, workload_views
from backhaul.partner import metric_views as views
from backhaul.partner.doors import Req
from backhaul.partner.earnings_views import BillingFigures
from backhaul.partner.metric_views import AgesView, PromisesView
from backhaul.partner.office import Office
from backhaul.partner.rules.around import By
from backhaul.partner.rules.metrics import PERIOD_DAYS_SHOWN, PERIODS_DAYS
from backhaul.partner.rules.words import Role
from backhaul.partner.speakers import invalid, speaker
from backhaul.partner.workload_views import PlanView, WorkloadView

Days = Annotated[int, QueryParameter(description="The last days, today with them: 7, 30 or 90.")]


def routes(office: Office) -> Router:
    """The handlers of figures."""

    @get("/metrics/aging", summary="Units on the shelves by days since their arrival; for supervisors")
    @http.in_thread
    def aging(request: Req) -> AgesView:
        by = _supervisor(office, request)
        with office.look(by) as tx:
            return views.aging(tx, office.house.terms.policy, office.clock.now())

    @get("/metrics/promises", summary="Promises kept: gate check, inspection, media, shipping; for supervisors")
    @http.in_thread
    def promises(request: Req, days: Days = PERIOD_DAYS_SHOWN) -> PromisesView:
        by = _supervisor(office, request)
        if days not in PERIODS_DAYS:
            raise Refused("field_invalid", "invalid", "days", problem="not_a_choice")
        with office.look(by) as tx:
            return views.promises(tx, office.house.terms.policy, office.clock.now(), days)

    @get(
        "/metrics/workload",
        summary="Disposals and pick-ups due, capacity of shelves, whose units lie here; for supervisors",
    )
    @http.in_thread
    def workload(request: Req) -> WorkloadView:
        by = _supervisor(office, request)
        with office.look(by) as tx:
            return workload_views.workload(tx, office.house.terms.policy, office.clock.now())

    @get("/metrics/dock-plan", summary="Units on the road by carrier for seven days; for receivers and supervisors")
    @http.in_thread
    def dock_plan(request: Req) -> PlanView:
        by = _only(office, request, Role.RECEIVER, Role.SUPERVISOR)
        with office.look(by) as tx:
            return workload_views.plan(tx, office.clock.now())

    @get("/metrics/billing", summary="Unbilled, overdue and disputed; what services earned; for supervisors")
    @http.in_thread
    def billing(request: Req) -> BillingFigures:
        by = _supervisor(office, request)
        with office.look(by) as tx:
            return earnings_views.figures(tx, office.house.terms, office.clock.now())

    return Router(
        "/api/v1", route_handlers=[aging, promises, workload, dock_plan, billing], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["metrics"],
    )  # fmt: skip


def _supervisor(office: Office, request: Req) -> By:
    return _only(office, request, Role.SUPERVISOR)


def _only(office: Office, request: Req, *roles: Role) -> By:
    by = speaker(office, request).by
    if by.role not in roles:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by
