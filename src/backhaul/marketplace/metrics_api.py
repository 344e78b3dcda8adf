"""API v1 of figures: what a seller's overview shows, with the same numbers ([docs/metrics.md])."""

from typing import Annotated, Any

from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.kit.paging import NEWEST, Before
from backhaul.marketplace import metric_views as views
from backhaul.marketplace import quality_views
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.metric_views import ForecastView, MarksView, MoneyView, Period, RatesView, StagesView
from backhaul.marketplace.office import Office
from backhaul.marketplace.quality_views import Defects, MonthRate
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.metrics import MONTHS, MONTHS_SHOWN
from backhaul.marketplace.rules.words import Role

Sku = Annotated[int, QueryParameter(ge=0, le=2**53, description="Of one product only; 0: of all.")]
Months = Annotated[int, QueryParameter(description="The last months, the present one with them: 1, 3, 6 or 12.")]


def routes(office: Office) -> Router:
    """The handlers of figures."""

    @get(
        "/metrics/money", summary="Refunded, recovered and lost by month and route; missed deadlines and what they cost"
    )
    @http.in_thread
    def money(request: Req, months: Months = MONTHS_SHOWN) -> MoneyView:
        by, seller_id, over = _asked(office, request, months)
        with office.look(by) as tx:
            return views.money(tx, seller_id, over)

    @get("/metrics/return-rates", summary="Return rate by product and reason, by the day of delivery")
    @http.in_thread
    def return_rates(request: Req, months: Months = MONTHS_SHOWN) -> RatesView:
        by, seller_id, over = _asked(office, request, months)
        with office.look(by) as tx:
            return views.rates(tx, seller_id, over)

    @get("/metrics/stages", summary="How long each stage took: median and 90th percentile")
    @http.in_thread
    def stages(request: Req, months: Months = MONTHS_SHOWN) -> StagesView:
        by, seller_id, over = _asked(office, request, months)
        with office.look(by) as tx:
            return views.stages(tx, seller_id, over)

    @get("/metrics/marks", summary="The mix of marks, and where they disagree with the reason")
    @http.in_thread
    def marks(request: Req, months: Months = MONTHS_SHOWN) -> MarksView:
        by, seller_id, over = _asked(office, request, months)
        with office.look(by) as tx:
            return views.marks(tx, seller_id, over)

    @get("/metrics/forecast", summary="Deadlines of the next 14 days, and what the products cost")
    @http.in_thread
    def forecast(request: Req) -> ForecastView:
        by, seller_id, over = _asked(office, request, MONTHS_SHOWN)
        with office.look(by) as tx:
            return views.forecast(tx, seller_id, over.now)

    handlers: list[Any] = [money, return_rates, stages, marks, forecast, *_of_quality(office)]
    return Router(
        "/api/v1", route_handlers=handlers, before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["metrics"],
    )  # fmt: skip


def _of_quality(office: Office) -> list[Any]:
    @get("/metrics/return-rates/months", summary="Return rates month by month, of one product or of all")
    @http.in_thread
    def by_month(request: Req, months: Months = MONTHS_SHOWN, sku: Sku = 0) -> tuple[MonthRate, ...]:
        by, seller_id, over = _asked(office, request, months)
        with office.look(by) as tx:
            return quality_views.by_month(tx, seller_id, over, sku)

    @get("/metrics/defects", summary="Returns that show a defect with their photos, newest first, 24 at a time")
    @http.in_thread
    def defects(request: Req, sku: Sku = 0, before: Before = NEWEST) -> Defects:
        by, seller_id, _ = _asked(office, request, MONTHS_SHOWN)
        with office.look(by) as tx:
            return quality_views.defects(tx, seller_id, sku, before)

    return [by_month, defects]


def _asked(office: Office, request: Req, months: int) -> tuple[By, int, Period]:
    by = bearer(office, request)
    if by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=by.role)
    if months not in MONTHS:
        raise Refused("field_invalid", "invalid", "months", problem="not_a_choice")
    over = views.period(office.clock.now(), months, office.house.terms.policy, office.categories)
    return by, int(by.subject), over
