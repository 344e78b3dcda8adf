"""API v1 of what fraud analysts and compliance look at: substitutions, blocks that held, late refunds, rejections, disposals."""

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException

from backhaul.kit import http
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.marketplace import oversight_queries, oversight_views, places
from backhaul.marketplace.doors import Req, invalid
from backhaul.marketplace.moderation_api import Days, Text, over, staff
from backhaul.marketplace.office import Office
from backhaul.marketplace.oversight_queries import Disposed
from backhaul.marketplace.oversight_views import ComplianceView, SubstitutionsView
from backhaul.marketplace.staff_views import DAYS_SHOWN
from backhaul.marketplace.terms_doors import support


class DisposedView(msgspec.Struct, frozen=True):
    """A page of destroyed units, the latest first. `next` goes into `after` for the following one; empty: there is none."""

    disposals: list[Disposed]
    next: str


def routes(office: Office) -> Router:
    """The handlers for moderators and support."""

    @get(
        "/metrics/substitutions",
        summary="Substitutions by customer and point, whether blocks held; for moderators and support",
    )
    @http.in_thread
    def substitutions(request: Req, days: Days = DAYS_SHOWN) -> SubstitutionsView:
        by = staff(office, request)
        with office.look(by) as tx:
            return oversight_views.substitutions(tx, over(office, days))

    @get(
        "/metrics/compliance",
        summary="Refunds near their last day, rejections, blocks, who changed which terms; for support",
    )
    @http.in_thread
    def compliance(request: Req, days: Days = DAYS_SHOWN) -> ComplianceView:
        by = support(office, request)
        with office.look(by) as tx:
            return oversight_views.compliance(tx, over(office, days), office.house.terms.policy)

    @get("/disposals", summary="Destroyed units with their certificates, the latest first; for support")
    @http.in_thread
    def disposals(request: Req, after: Text = "", limit: Limit = PAGE_ROWS) -> DisposedView:
        by = support(office, request)
        before = places.place(after) if after else oversight_queries.EVER
        with office.look(by) as tx:
            found, onward = oversight_queries.disposed(tx, before, limit)
        return DisposedView(found, str(onward) if onward else "")

    return Router(
        "/api/v1", route_handlers=[substitutions, compliance, disposals], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["staff"],
    )  # fmt: skip
