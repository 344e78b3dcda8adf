"""The network of points, for support: what each point does, what waits too long, and what its employees buy under."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.done import done
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands, point_queries, queries
from backhaul.marketplace.doors import Req, Visitor, explain, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.point_figures import FIGURES_DAYS
from backhaul.marketplace.point_queries import PointFigures
from backhaul.marketplace.rules.calendar import dwells_before
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.staff_views import DAYS, POINTS_SHOWN, Share, over, share

REF_CHARACTERS_MAX = 80


class Row(msgspec.Struct, frozen=True):
    """A point with its figures, and the shares by which points are ranked: each with the limits between which the true one lies."""

    figures: PointFigures
    shares: dict[str, Share]
    hold_hours: int | None


# By what points are ranked: the worst first, by the lower limit.
RANKED = {
    "refused": N_("Share of refusals"),
    "unchecked": N_("Without a check"),
    "substituted": N_("Substituted, found later"),
}


def routes(office: Office) -> list[Any]:
    """The handlers of the points' page."""

    @get("/support/points", include_in_schema=False)
    @http.in_thread
    def points(request: Req) -> Response[Any]:
        who = visitor(office, request)
        if who.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        return _draw(request, office, who)

    @post("/support/points", include_in_schema=False)
    async def name_customer(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        if who.by.role is not Role.SUPPORT:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        form = await request.form()
        values = {name: str(form.get(name, "")).strip()[:REF_CHARACTERS_MAX] for name in ("login", "customer_ref")}

        def run(tx: Tx, _: datetime) -> bytes:
            errands.name_customer_of_clerk(tx, values["login"], values["customer_ref"])
            return b""

        try:
            await office.desk.perform(Errand(run, access.Known(who.by)))
        except Refused as refused:
            return await to_thread.run_sync(partial(_draw, request, office, who, refused, values))
        return done("/support/points")

    return [points, name_customer]


def _row(it: PointFigures) -> Row:
    hold = None if it.hold_us is None else round(it.hold_us / 3_600_000_000)
    shares = {
        "refused": share(it.refused, it.refused + it.accepted),
        "unchecked": share(it.unchecked, it.accepted),
        "substituted": share(it.substituted, it.accepted),
    }
    return Row(it, shares, hold)


def _ranked(rows: Iterable[Row], by: str) -> list[Row]:
    """All of them, the worst first."""
    return sorted(rows, key=lambda row: (-row.shares[by].low_pct, -(row.shares[by].pct or 0), row.figures.point_id))


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None,
          values: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    now = office.clock.now()
    before = dwells_before(now, office.house.terms.policy)
    said = request.query_params.get("days", "")
    days = next((one for one in DAYS if str(one) == said), FIGURES_DAYS)
    ranked = request.query_params.get("by", "")
    ranked = ranked if ranked in RANKED else "refused"
    asked = over(now, days)
    with office.look(who.by) as tx:
        rows = _ranked((_row(found) for found in point_queries.figures(tx, asked.since, asked.until, before)), ranked)
        named = point_queries.named(tx, (row.figures.point_id for row in rows[:POINTS_SHOWN]))
        dwelling = queries.dwelling(tx, before)
        clerks = queries.clerks(tx)
    return page(
        request,
        "points.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/support/points?days={days}&by={ranked}",
        section="/support/points",
        now=now,
        rows=rows[:POINTS_SHOWN],
        count=len(rows),
        ranked=ranked,
        ranks=RANKED,
        periods=DAYS,
        addresses={point.id: point.address for point in named.values()},
        dwelling=dwelling,
        clerks=clerks,
        days=days,
        alarm_days=office.house.terms.policy.dwell_alarm_days,
        values=values or {},
        ref_length=REF_CHARACTERS_MAX,
        sentence=explain(refused, who.language) if refused else "",
    )
