"""API v1 of what moderators work through: their queues by a filter with the past in figures, and how rejections held."""

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, QueryParameter

from backhaul.kit import http
from backhaul.kit.machine import Refused
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.marketplace import places, queries, queue_filters, queue_queries, staff_views
from backhaul.marketplace.doors import Req, bearer, invalid
from backhaul.marketplace.office import Office
from backhaul.marketplace.queue_filters import RequestFilter
from backhaul.marketplace.queue_queries import Past
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.outcomes import Queue
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.staff_api import Waiting, waiting
from backhaul.marketplace.staff_views import DAYS, DAYS_SHOWN, AgreementView, Over

Days = Annotated[int, QueryParameter(description="Over how many days until now: 30, 90 or 365.")]
Text = Annotated[str, QueryParameter(max_length=100)]


class QueuedView(msgspec.Struct, frozen=True):
    """A return in a moderator's queue: what it is, the seller's rules for it, and what was asked for before, in figures."""

    waiting: Waiting
    reason: str
    rejection_reason: str
    rules: str
    past: Past


class QueueView(msgspec.Struct, frozen=True):
    """A page of a queue, the shortest time first. `next` goes into `after` for the following one; empty: there is none."""

    returns: list[QueuedView]
    next: str


def routes(office: Office) -> Router:
    """The handlers for moderators."""

    @get("/moderation/{queue:str}", summary="A queue of the moderators by a filter, the shortest time first",
         description="`queue` is requests, disputes or photos. Filter: seller, reason_group, within_hours, price_from in roubles, "
         "repeated=yes (asked for before in the same order).")  # fmt: skip
    @http.in_thread
    def queued(  # noqa: PLR0913 -- the filter of the list, as the document tells it
        request: Req, queue: FromPath[str], seller: FromQuery[int | None] = None, reason_group: Text = "",
        within_hours: FromQuery[int | None] = None, price_from: FromQuery[int | None] = None, repeated: Text = "",
        after: Text = "", limit: Limit = PAGE_ROWS,
    ) -> QueueView:  # fmt: skip
        by = moderator(office, request)
        chosen = next((one for one in Queue if one == queue), None)
        if chosen is None:
            raise Refused("not_found", "missing")
        wanted = queue_filters.read(RequestFilter, {
            "seller": seller, "reason_group": reason_group, "within_hours": within_hours, "price_from": price_from,
            "repeated": repeated,
        })  # fmt: skip
        language, place = http.language_of(request), places.place(after)
        with office.look(by) as tx:
            found, onward = queue_queries.soonest(tx, chosen, wanted, office.clock.now(), place, limit)
            pasts = queue_queries.pasts(tx, found)
            rules = {one.id: one.moderation_rules for one in queries.sellers(tx)}
        views = [
            QueuedView(waiting(it, language), it.reason, it.rejection_reason, rules.get(it.seller_id, ""), pasts[it.id])
            for it in found
        ]
        return QueueView(views, str(onward) if onward else "")

    @get(
        "/metrics/agreement",
        summary="How often rejections held in disputes, by who rejected; for moderators and support",
    )
    @http.in_thread
    def agreement(request: Req, days: Days = DAYS_SHOWN) -> AgreementView:
        by = staff(office, request)
        with office.look(by) as tx:
            return staff_views.agreement(tx, over(office, days))

    return Router(
        "/api/v1", route_handlers=[queued, agreement], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["staff"],
    )  # fmt: skip


def moderator(office: Office, request: Req) -> By:
    """`Refused` for everybody else."""
    by = bearer(office, request)
    if by.role is not Role.MODERATOR:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by


def staff(office: Office, request: Req) -> By:
    """Moderators and support."""
    by = bearer(office, request)
    if by.role not in (Role.MODERATOR, Role.SUPPORT):
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by


def over(office: Office, days: int) -> Over:
    """The period that was asked for; `Refused` when it is none of those that are shown."""
    if days not in DAYS:
        raise Refused("field_invalid", "invalid", "days", problem="not_a_choice")
    return staff_views.over(office.clock.now(), days)
