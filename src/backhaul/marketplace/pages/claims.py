"""What support's claims desk works through: open claims by time left with their evidence, and how claims stand and end."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get

from backhaul.kit import http, i18n, plots
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import claim_queries, places, queue_texts, staff_views, texts
from backhaul.marketplace.doors import Req, Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.moderation import asked, days_of
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.queue_filters import ClaimFilter
from backhaul.marketplace.rules.lifecycle import OPEN_CLAIM
from backhaul.marketplace.rules.outcomes import claim_bound, missing_evidence
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import ClaimKind, Role
from backhaul.marketplace.staff_views import ClaimsView

HERE = "/claims"


class Row(msgspec.Struct, frozen=True):
    """An open claim: until when its next step should be made, and whose photos it lacks."""

    it: Return
    until: datetime | None
    lacks: tuple[str, ...]


def routes(office: Office) -> list[Any]:
    """The handler of the claims desk."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def claims(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        wanted, refused = asked(ClaimFilter, request)
        if refused is None and "" in request.query_params.values():  # a form sends its empty fields too
            return http.see_other(wanted.address(HERE))
        return _draw(request, office, who, wanted, refused)

    return [claims]


def _draw(request: Req, office: Office, who: Visitor, wanted: ClaimFilter, refused: Refused | None) -> Response[str]:
    now, days = office.clock.now(), days_of(request)
    after = places.place(request.query_params.get("after", ""))
    with office.look(who.by) as tx:
        found, onward = claim_queries.soonest(tx, wanted, now, after)
        figures = staff_views.claims(tx, staff_views.over(now, days))
    carriers = sorted({one.carrier for one in figures.open if one.carrier} | {wanted.carrier or ""} - {""})
    return page(
        request,
        "claims.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=wanted.address(HERE),
        section=HERE,
        now=now,
        rows=[Row(it, claim_bound(it), missing_evidence(it)) for it in found],
        lacks=queue_texts.LACKS,
        figures=figures,
        open_count=sum(one.count for one in figures.open),
        open_minor=sum((one.amount for one in figures.open), staff_views.NOTHING),
        late=sum(one.late for one in figures.open),
        plot=_plot(figures, who.language),
        days=days,
        periods=staff_views.DAYS,
        wanted=wanted,
        kept={},
        filter_labels=queue_texts.LABELS,
        choices=[("kind", ClaimKind), ("state", OPEN_CLAIM), ("carrier", carriers)],
        numbers=[("seller", 1, 2**53), ("within_days", 0, 366)],
        choice_labels=queue_texts.CHOICES,
        chips=queue_texts.chips(wanted, HERE, who.language),
        cleared=HERE,
        path=HERE,
        onward=wanted.address(HERE, after=str(onward)) if onward else "",
        first=wanted.address(HERE) if after != places.START else "",
        sentence=explain(refused, who.language) if refused else "",
    )


def _plot(figures: ClaimsView, language: str) -> plots.Plot:
    """What is claimed of each carrier, one kind on the other."""
    carriers = list(dict.fromkeys(one.carrier for one in figures.open))
    series = []
    for kind in ClaimKind:
        of_kind = {one.carrier: one for one in figures.open if one.kind == kind}
        if not of_kind:
            continue
        amounts = [of_kind[name].amount if name in of_kind else staff_views.NOTHING for name in carriers]
        shown = [i18n.money(amount, language) for amount in amounts]
        label = i18n.gettext(language, texts.CLAIM_KINDS[kind])
        series.append(plots.Series(label, [amount.minor / 100 for amount in amounts], shown))
    nobody = i18n.gettext(language, N_("No carrier"))
    return plots.bars([name or nobody for name in carriers], series)
