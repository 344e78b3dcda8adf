"""The network of points, for support: what each point does, what waits too long, and what its employees buy under."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.done import done
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands, queries
from backhaul.marketplace.doors import Req, Visitor, explain, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.point_figures import FIGURES_DAYS, share_between
from backhaul.marketplace.rules.calendar import dwells_before
from backhaul.marketplace.rules.words import Role

REF_CHARACTERS_MAX = 80


class Row(msgspec.Struct, frozen=True):
    """A point with its figures. `low` and `high`: between these shares, in percent, the true share of refusals lies (95 %)."""

    figures: queries.PointFigures
    low: int
    high: int
    hold_hours: int | None


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


def _row(figures: queries.PointFigures) -> Row:
    low, high = share_between(figures.refused, figures.refused + figures.accepted)
    hold = None if figures.hold_us is None else round(figures.hold_us / 3_600_000_000)
    return Row(figures, low, high, hold)


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None,
          values: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    now = office.clock.now()
    before = dwells_before(now, office.house.terms.policy)
    with office.database.read() as tx:
        points = queries.points(tx)
        rows = [_row(found) for found in queries.point_figures(tx, now - timedelta(days=FIGURES_DAYS), before)]
        dwelling = queries.dwelling(tx, before)
        clerks = queries.clerks(tx)
    return page(
        request,
        "points.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/support/points",
        now=now,
        rows=sorted(rows, key=lambda row: (-row.low, row.figures.point_id)),
        addresses={point.id: point.address for point in points},
        dwelling=dwelling,
        clerks=clerks,
        days=FIGURES_DAYS,
        alarm_days=office.house.terms.policy.dwell_alarm_days,
        values=values or {},
        ref_length=REF_CHARACTERS_MAX,
        sentence=explain(refused, who.language) if refused else "",
    )
