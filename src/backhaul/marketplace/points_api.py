"""API v1 of the network of points: where customers may hand in, what each point does, who works there; the hand-over act."""

from datetime import date, datetime

import msgspec
from litestar import Response, Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.days import EPOCH, MOSCOW, at_hour
from backhaul.kit.machine import Refused
from backhaul.marketplace import papers, point_queries, queries
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.moderation_api import Days, over
from backhaul.marketplace.office import Office
from backhaul.marketplace.point_figures import FIGURES_DAYS, share_between
from backhaul.marketplace.point_queries import PointFigures
from backhaul.marketplace.rules.calendar import dwells_before
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.terms_doors import support


class PointView(msgspec.Struct, frozen=True):
    """A pick-up point; name its id in `point_id`."""

    id: str
    address: str


class PointFiguresView(msgspec.Struct, frozen=True):
    """A point over some days. With 95 % confidence the true share of refusals lies between `refused_low_pct` and `refused_high_pct`.

    `unchecked` and `substituted` are parts of what was taken in, with limits of their own; `waiting` and `dwelling` stand there now.
    """

    id: str
    kind: str
    address: str
    accepted: int
    refused: int
    refused_low_pct: int
    refused_high_pct: int
    waiting: int
    dwelling: int
    hold_hours: int | None
    unchecked: int
    substituted: int
    unchecked_low_pct: int
    unchecked_high_pct: int
    substituted_low_pct: int
    substituted_high_pct: int


def routes(office: Office) -> Router:
    """The handlers of points."""

    @get("/pickup-points", summary="Where a customer may hand a product in")
    @http.in_thread
    def pickup_points(request: Req) -> list[PointView]:
        by = bearer(office, request)
        with office.look(by) as tx:
            return [PointView(point.id, point.address) for point in queries.points(tx) if point.kind == "pickup"]

    @get("/points", summary="What each point did in the last days, and what waits there; for support")
    @http.in_thread
    def points(request: Req, days: Days = FIGURES_DAYS) -> list[PointFiguresView]:
        by = support(office, request)
        asked, now = over(office, days), office.clock.now()
        before = dwells_before(now, office.house.terms.policy)
        with office.look(by) as tx:
            found = point_queries.figures(tx, asked.since, asked.until, before)
            known = point_queries.named(tx, (one.point_id for one in found))
        return [_figures(one, known[one.point_id]) for one in found if one.point_id in known]

    @get("/clerks", summary="The employees of all points and what they buy under; for support")
    @http.in_thread
    def clerks(request: Req) -> list[queries.Clerk]:
        by = support(office, request)
        with office.look(by) as tx:
            return queries.clerks(tx)

    @get("/counter/handover.pdf", media_type="application/pdf",
         summary="The hand-over act: what a carrier took from the clerk's point on a day with one waybill (PDF)")  # fmt: skip
    @http.in_thread
    def handover(request: Req, day: FromQuery[date], carrier: FromQuery[str],
                 waybill: FromQuery[str] = "") -> Response[bytes]:  # fmt: skip
        by = bearer(office, request)
        if by.role is not Role.CLERK:
            raise Refused("not_your_role", "forbidden", role=by.role)
        start = datetime(day.year, day.month, day.day, tzinfo=MOSCOW)
        if not EPOCH < start <= office.clock.now():
            raise Refused("not_found", "missing")
        with office.look(by) as tx:
            point = next((one for one in queries.points(tx) if one.id == by.subject), None)
            goods = queries.handed_over(tx, by.subject, start, at_hour(start, 1, 0), carrier, waybill)
        if point is None or not goods or goods[0].dispatched_at is None:
            raise Refused("not_found", "missing")
        language = http.language_of(request)
        made = papers.handover_pdf(goods, point, carrier, waybill, goods[0].dispatched_at, language)
        return http.file_answer(made, "application/pdf", f"handover-{day.isoformat()}.pdf")

    return Router(
        "/api/v1", route_handlers=[pickup_points, points, clerks, handover], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["points"],
    )  # fmt: skip


def _figures(one: PointFigures, point: queries.Point) -> PointFiguresView:
    hold = None if one.hold_us is None else round(one.hold_us / 3_600_000_000)
    return PointFiguresView(
        one.point_id, point.kind, point.address, one.accepted, one.refused,
        *share_between(one.refused, one.refused + one.accepted), one.waiting, one.dwelling, hold, one.unchecked,
        one.substituted, *share_between(one.unchecked, one.accepted), *share_between(one.substituted, one.accepted),
    )  # fmt: skip
