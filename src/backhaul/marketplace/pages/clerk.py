"""What the counter of a pick-up point sees, and the sorting point: one field for every code, today's lists, the hand-over."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, YEARS, at_hour
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.marketplace import papers, passes, queries
from backhaul.marketplace.doors import Req, Visitor, act, explain, parsed, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.calendar import dwell_bound
from backhaul.marketplace.rules.decisions import concerns, own_order
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Route, Status

SCANNED_CHARACTERS_MAX = 300
SHOWN_CHARACTERS_MAX = 40
HANDED_OVER_MAX = 500


class Load(msgspec.Struct, frozen=True):
    """What one carrier took today with one waybill."""

    carrier: str
    waybill: str
    goods: list[Return]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one product of a list that was handed over together."""

    it: Return
    sentence: str = ""


def routes(office: Office) -> list[Any]:
    """The handlers of the counter."""

    @get("/counter", include_in_schema=False)
    @http.in_thread
    def counter(request: Req) -> Response[Any]:
        who = _clerk(office, request)
        scanned = request.query_params.get("number", "").strip()[:SCANNED_CHARACTERS_MAX]
        if scanned:
            with office.look(who.by) as tx:
                it = queries.one(tx, passes.found(office, tx, scanned) or 0)
            if it is not None and concerns(it, who.by):
                return http.see_other(f"/returns/{it.id}")
            shown = scanned[:SHOWN_CHARACTERS_MAX]
            return _draw(request, office, who, Refused("number_unknown", "missing", "number", number=shown), shown)
        return _draw(request, office, who)

    @post("/counter/dispatch", include_in_schema=False)
    async def dispatch(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        if who.by.role is not Role.CLERK:
            raise Refused("not_your_role", "forbidden", role=who.by.role)
        form = await request.form()
        chosen = [n for text in form.getall("return_ids", []) if (n := whole_number(str(text))) is not None]
        values = {name: str(form.get(name, "")).strip() for name in ("carrier", "waybill")}
        token = str(form.get("form_token", ""))[:60]
        try:
            if not chosen:
                raise Refused("no_product_chosen", "invalid", "return_ids")  # noqa: TRY301 -- answered like any other refusal
            command = parsed(do.Dispatch, values)
        except Refused as refused:
            return await to_thread.run_sync(
                partial(_draw, request, office, who, refused, chosen=frozenset(chosen), values=values)
            )
        refusals: dict[int, Refused] = {}
        for return_id in dict.fromkeys(chosen[:HANDED_OVER_MAX]):
            try:
                await act(office, return_id, command, who.by, key=f"{token}-{return_id}" if token else "")
            except Refused as refused:
                refusals[return_id] = refused
        return await to_thread.run_sync(partial(_draw_outcome, request, office, who, chosen, refusals, values))

    @get("/counter/handover.pdf", include_in_schema=False)
    @http.in_thread
    def handover(request: Req) -> Response[Any]:
        who = _clerk(office, request)
        carrier, waybill, day = (request.query_params.get(name, "") for name in ("carrier", "waybill", "day"))
        start = _day(day)
        with office.look(who.by) as tx:
            point = _point(tx, who)
            goods = queries.handed_over(tx, who.by.subject, start, at_hour(start, 1, 0), carrier, waybill)
        if point is None or not goods or goods[0].dispatched_at is None:
            raise Refused("not_found", "missing")
        made = papers.handover_pdf(goods, point, carrier, waybill, goods[0].dispatched_at, who.language)
        return http.file_answer(made, "application/pdf", f"handover-{day}.pdf")

    return [counter, dispatch, handover]


def _clerk(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.CLERK:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _point(tx: Tx, who: Visitor) -> queries.Point | None:
    return next((p for p in queries.points(tx) if p.id == who.by.subject), None)


def _day(text: str) -> datetime:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=MOSCOW)
    except ValueError as error:
        raise Refused("not_found", "missing") from error
    if day.year not in YEARS:
        raise Refused("not_found", "missing")
    return day


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None, scanned: str = "", *,
          chosen: frozenset[int] | None = None, values: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    by, now = who.by, office.clock.now()
    today = at_hour(now, 0, 0)
    with office.look(by) as tx:
        point = _point(tx, who)
        sorting = point is not None and point.kind == "sorting"
        sent = queries.dispatched(tx, by.subject, today, today + timedelta(days=1), queries.POINT_ROWS)
        lists = {
            "expected": queries.expected_at_point(tx, by.subject),
            "accepted": queries.waiting_at_point(tx, by.subject),
            "coming": queries.on_route(tx, Status.ON_THE_WAY, Route.A) if sorting else [],
            "disposing": queries.on_route(tx, Status.DISPOSING_BY_MARKETPLACE, Route.A) if sorting else [],
        }
    policy = office.house.terms.policy
    return page(
        request,
        "counter.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/counter",
        now=now,
        day=now.astimezone(MOSCOW).date().isoformat(),
        point=point,
        sorting=sorting,
        number=scanned,
        loads=_loads(sent),
        sent=len(sent),
        dwells=frozenset(it.id for it in lists["accepted"] if is_dwelling(it, policy, now)),
        own=frozenset(it.id for it in lists["accepted"] if own_order(it, by)),
        alarm_days=policy.dwell_alarm_days,
        chosen=chosen,
        values=values or {},
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
        **lists,
    )


def is_dwelling(it: Return, policy: Policy, now: datetime) -> bool:
    """Whether it waits longer than it may, also when the sweep has not passed yet."""
    return it.dwells or (it.accepted_at is not None and dwell_bound(it.accepted_at, policy) <= now)


def _loads(sent: list[Return]) -> list[Load]:
    loads: dict[tuple[str, str], list[Return]] = {}
    for it in sent:
        loads.setdefault((it.carrier, it.waybill), []).append(it)
    return [Load(carrier, waybill, goods) for (carrier, waybill), goods in loads.items()]


def _draw_outcome(request: Req, office: Office, who: Visitor, chosen: list[int], refusals: dict[int, Refused],
                  values: dict[str, str]) -> Response[str]:  # fmt: skip
    """Every product of the list with what became of it; nothing is hidden behind a count."""
    outcomes = []
    with office.look(who.by) as tx:
        for return_id in dict.fromkeys(chosen):
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, who.by):
                continue
            refused = refusals.get(return_id)
            why = explain(refused, who.language) if refused else ""
            outcomes.append(Outcome(it, why))
    return page(
        request,
        "handed_over.html",
        who,
        here="/counter",
        day=office.clock.now().astimezone(MOSCOW).date().isoformat(),
        outcomes=outcomes,
        done=sum(1 for outcome in outcomes if not outcome.sentence),
        values=values,
    )
