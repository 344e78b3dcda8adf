"""What a fraud analyst and compliance look at first: substitutions and whether blocks held; refunds near their last day, rejections, disposals."""

from typing import Any

from litestar import Response, get

from backhaul.kit import http
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import oversight_queries, oversight_views, places, staff_views
from backhaul.marketplace.doors import Req, Visitor, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.moderation import days_of
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.words import Role

KINDS = {
    "policy": N_("Policy"),
    "rate_card": N_("Rate card"),
    "return_reasons": N_("Return reasons"),
    "rejection_reasons": N_("Rejection reasons"),
    "rule_cards": N_("Rule cards"),
}
PATHS = {
    "policy": "/support/policy",
    "rate_card": "/support/rate-cards",
    "return_reasons": "/support/catalogues/return-reasons",
    "rejection_reasons": "/support/catalogues/rejection-reasons",
}


def routes(office: Office) -> list[Any]:
    """The handlers of both pages."""

    @get("/substitutions", include_in_schema=False)
    @http.in_thread
    def substitutions(request: Req) -> Response[Any]:
        who, days = _one_of(visitor(office, request), Role.MODERATOR, Role.SUPPORT), days_of(request)
        with office.look(who.by) as tx:
            asked = staff_views.over(office.clock.now(), days)
            figures = oversight_views.substitutions(tx, asked)
        return page(
            request,
            "substitutions.html",
            who,
            here=f"/substitutions?days={days}",
            section="/substitutions",
            figures=figures,
            days=days,
            periods=staff_views.DAYS,
        )

    @get("/compliance", include_in_schema=False)
    @http.in_thread
    def compliance(request: Req) -> Response[Any]:
        who, days = _one_of(visitor(office, request), Role.SUPPORT), days_of(request)
        now, said = office.clock.now(), request.query_params.get("before", "")
        before = places.place(said) if said else oversight_queries.EVER
        with office.look(who.by) as tx:
            figures = oversight_views.compliance(tx, staff_views.over(now, days), office.house.terms.policy)
            disposed, onward = oversight_queries.disposed(tx, before)
        return page(
            request,
            "compliance.html",
            who,
            here=f"/compliance?days={days}",
            section="/compliance",
            now=now,
            figures=figures,
            disposed=disposed,
            first=f"/compliance?days={days}#disposed" if said else "",
            onward=f"/compliance?days={days}&before={onward}#disposed" if onward else "",
            kinds=KINDS,
            paths=PATHS,
            days=days,
            periods=staff_views.DAYS,
        )

    return [substitutions, compliance]


def _one_of(who: Visitor, *roles: Role) -> Visitor:
    if who.by.role not in roles:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who
