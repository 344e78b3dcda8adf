"""API v1 of the claims desk: open claims by a filter, each with what its evidence lacks; how claims stand and end."""

from datetime import datetime

import msgspec
from litestar import Router, get
from litestar.exceptions import ValidationException
from litestar.params import FromQuery

from backhaul.kit import http
from backhaul.kit.money import Money
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.marketplace import claim_queries, places, queue_filters, staff_views
from backhaul.marketplace.doors import Req, invalid
from backhaul.marketplace.moderation_api import Days, Text, over
from backhaul.marketplace.office import Office
from backhaul.marketplace.queue_filters import ClaimFilter
from backhaul.marketplace.rules.outcomes import claim_bound, missing_evidence
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimKind, ClaimStatus
from backhaul.marketplace.staff_views import DAYS_SHOWN, ClaimsView
from backhaul.marketplace.terms_doors import support


class OpenClaimView(msgspec.Struct, frozen=True):
    """An open claim. `until`: to be filed or to be answered by; `lacks`: whose photos are missing, point or inspection."""

    return_id: int
    number: str
    seller_id: int
    carrier: str
    kind: ClaimKind | None
    status: ClaimStatus
    amount: Money | None
    until: datetime | None
    lacks: tuple[str, ...]
    evidence: str


class OpenClaimsView(msgspec.Struct, frozen=True):
    """A page of open claims, the shortest time first. `next` goes into `after` for the following one; empty: there is none."""

    claims: list[OpenClaimView]
    next: str


def routes(office: Office) -> Router:
    """The handlers for support."""

    @get("/claims", summary="Open claims by a filter, the shortest time first; for support",
         description="Filter: kind, status (draft, filed, in_review, approved), carrier, seller, within_days (today is 0).")  # fmt: skip
    @http.in_thread
    def listed(
        request: Req, kind: Text = "", status: Text = "", carrier: Text = "", seller: FromQuery[int | None] = None,
        within_days: FromQuery[int | None] = None, after: Text = "", limit: Limit = PAGE_ROWS,
    ) -> OpenClaimsView:  # fmt: skip
        by = support(office, request)
        wanted = queue_filters.read(ClaimFilter, {
            "kind": kind, "state": status, "carrier": carrier, "seller": seller, "within_days": within_days,
        })  # fmt: skip
        with office.look(by) as tx:
            place = places.place(after)
            found, onward = claim_queries.soonest(tx, wanted, office.clock.now(), place, limit)
        return OpenClaimsView([_view(it) for it in found], str(onward) if onward else "")

    @get("/metrics/claims", summary="Open claims by kind and carrier; share won and days to the money; for support")
    @http.in_thread
    def figures(request: Req, days: Days = DAYS_SHOWN) -> ClaimsView:
        by = support(office, request)
        with office.look(by) as tx:
            return staff_views.claims(tx, over(office, days))

    return Router(
        "/api/v1", route_handlers=[listed, figures], before_request=http.strict_body,
        exception_handlers={ValidationException: invalid}, tags=["staff"],
    )  # fmt: skip


def _view(it: Return) -> OpenClaimView:
    claim = it.claim
    return OpenClaimView(
        it.id, it.number, it.seller_id, it.carrier, claim.kind, claim.status, claim.amount, claim_bound(it),
        missing_evidence(it), f"/api/v1/returns/{it.id}/claim-evidence",
    )  # fmt: skip
