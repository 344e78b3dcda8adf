"""The dock: one field for a scanner that receives a parcel with its Enter key, what will come, what the gate still owes."""

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from babel.dates import format_skeleton
from litestar import Response, get, post

from backhaul.kit import http, i18n, plots
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW, at_hour, to_us
from backhaul.kit.forms import whole_number
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.partner import arrival_pass_queries, orphan_queries, queries, receiving_queries, workload_views
from backhaul.partner.access import Known
from backhaul.partner.doors import Req, Visitor, act, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.pages.stations import default_house, house_cookie
from backhaul.partner.rules import codes
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.orphans import OrphanStatus
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import GateStatus, Role, Status
from backhaul.partner.workload_views import PlanView

DOCK = (Role.RECEIVER, Role.SUPERVISOR)
# What a scan came to, as the address of the next page says it.
DID = ("received", "here", "gone")
YEARS = range(2000, 2101)


def routes(office: Office) -> list[Any]:
    """The handlers of the dock."""

    @get("/receiving", include_in_schema=False)
    @http.in_thread
    def receiving(request: Req) -> Response[Any]:
        return draw(request, office, visitor(office, request, *DOCK))

    @post("/receiving/scan", include_in_schema=False)
    async def scan(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, *DOCK)
        said = await form_texts(request, "code", "warehouse", "parcel")
        house = said["warehouse"] or default_house(office, request)
        chosen = whole_number(said["parcel"])
        try:
            it, did = await to_thread.run_sync(meant, office, said["code"], chosen)
            if it is None:
                return _next(said["code"], house)
            if did == "received":
                command = do.Arrive(house, to_us(office.clock.now()))
                await act(office, it.id, command, Known(who.by), who.by, key=said["form_token"][:80])
        except Refused as refused:
            wrong = Wrong(refused, {"code": said["code"]})
            return await to_thread.run_sync(partial(draw, request, office, who, wrong=wrong))
        return _next(said["code"], house, did=did, parcel=str(it.id))

    @get("/receiving/expected", include_in_schema=False)
    @http.in_thread
    def expected(request: Req) -> Response[Any]:
        return _expected(request, office, visitor(office, request, *DOCK))

    @get("/receiving/gate", include_in_schema=False)
    @http.in_thread
    def gate(request: Req) -> Response[Any]:
        who = visitor(office, request, *DOCK)
        after = keyset(request.query_params.get("after", ""))
        with office.look(who.by) as tx:
            due, off = receiving_queries.gate_due(tx, after), receiving_queries.mismatches(tx)
        return page(
            request, office, "gate.html", who, here="/receiving/gate", section="/receiving", due=due, off=off,
            older=_after(due, lambda it: it.arrived_at),
        )  # fmt: skip

    @get("/receiving/vehicles", include_in_schema=False)
    @http.in_thread
    def vehicles(request: Req) -> Response[Any]:
        who = visitor(office, request, *DOCK)
        after = keyset(request.query_params.get("after", ""))
        with office.look(who.by) as tx:
            rows = arrival_pass_queries.coming(tx, at_hour(office.clock.now(), 0, 0), after)
        return page(
            request, office, "vehicles.html", who, here="/receiving/vehicles", section="/receiving", rows=rows,
            older=f"{to_us(rows[-1].arrives_at)}-{rows[-1].id}" if len(rows) == queries.PAGE_ROWS else "",
        )  # fmt: skip

    return [receiving, scan, expected, gate, vehicles]


def found_by(tx: Tx, code: str) -> list[Parcel]:
    """The parcels that a scan may name."""
    return queries.by_ids(tx, queries.by_code(tx, code))


def names_one(code: str, it: Parcel) -> bool:
    """Whether a code says which unit it is, not only which product."""
    item = codes.of_item(it.unit)
    unit = codes.of_unit(it.number, it.unit, it.waybill) - item
    own = {codes.kept(text) for text in (it.unit.serial or "", it.unit.marking_code or "") if text}
    marks = {form for form in item if form.startswith("01") and len(form) > 16}
    return not (unit | own | marks).isdisjoint(codes.readings(code))


def keyset(text: str) -> tuple[int, int]:
    """`123-45`, the key after which a list goes on."""
    first, _, last = text.partition("-")
    return whole_number(first) or 0, whole_number(last) or 0


def draw(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[Any]:
    """The receiving page: the field, the answer to the last scan, and the day in figures."""
    at, policy = office.clock.now(), office.house.terms.policy
    params = request.query_params
    code = "" if wrong else params.get("code", "").strip()[: codes.SCANNED_CHARACTERS_MAX]
    did = params.get("did", "")
    parcel_id = whole_number(params.get("parcel", "")) if did in DID and wrong is None else None
    with office.look(who.by) as tx:
        it = queries.one(tx, parcel_id) if parcel_id is not None else None
        found = found_by(tx, code) if code and it is None else []
        orphans = orphan_queries.by_code(tx, code) if code and it is None else []
        counts = receiving_queries.counts(tx, at, policy.gate_check_hours)
        bay = orphan_queries.count_open(tx)
        today = receiving_queries.arrived_today(tx, at)
        due = receiving_queries.gate_due(tx)
        off = receiving_queries.mismatches(tx)
    return page(
        request,
        office,
        "receiving.html",
        who,
        wrong,
        here="/receiving",
        code=code,
        it=it,
        did=did if it is not None else "",
        found=found,
        orphans=orphans,
        counts=counts,
        bay=bay,
        most=receiving_queries.COUNT_MAX,
        today=today[:10],
        today_iso=at.astimezone(MOSCOW).date().isoformat(),
        due=due[:10],
        off=off[:5],
        may_receive=who.by.role is Role.RECEIVER,
        gate_due=it is not None and it.gate.status is GateStatus.DUE,
        houses=policy.warehouses,
        station=default_house(office, request),
    )


def meant(office: Office, code: str, chosen: int | None) -> tuple[Parcel | None, str]:
    """The one parcel that a scan means and what is done with it; none when a person has to choose, or nothing is known.

    What lies in the orphan bay with this code may be the expected unit: it is matched there, and never received beside it.
    """
    if not code.strip():
        raise Refused("code_needed", "invalid", "code")
    with office.database.read() as tx:
        found = found_by(tx, code)
        bay = chosen is None and any(it.status is OrphanStatus.OPEN for it in orphan_queries.by_code(tx, code))
    if bay:
        return None, ""
    if chosen is not None:
        found = [it for it in found if it.id == chosen]
    here = [it for it in found if it.status not in (Status.PICKED_UP, Status.DELIVERED, Status.DISPOSED)]
    coming = [it for it in here if it.status is Status.EXPECTED]
    sure = chosen is not None or all(names_one(code, it) for it in here)
    if len(here) == 1 and sure:
        return here[0], "received" if coming else "here"
    if not here and len(found) == 1 and names_one(code, found[0]):
        return found[0], "gone"
    return None, ""


def _next(code: str, house: str, **said: str) -> Response[Any]:
    """Back to the field, with the answer in the address: nothing is sent again when the page is loaded again."""
    where = f"/receiving?{urlencode({'code': code[: codes.SCANNED_CHARACTERS_MAX], **said})}"
    return http.see_other(where, [house_cookie(house)])


def _expected(request: Req, office: Office, who: Visitor) -> Response[Any]:
    at, params = office.clock.now(), request.query_params
    asked = {name: params.get(name, "").strip()[:80] for name in ("day", "before", "carrier", "late")}
    day = moscow_day(asked["day"])
    carrier = None if not asked["carrier"] else "" if asked["carrier"] == "-" else asked["carrier"]
    with office.look(who.by) as tx:
        rows = receiving_queries.expected(
            tx,
            at,
            day,
            carrier,
            late=bool(asked["late"]),
            before=moscow_day(asked["before"]),
            after=keyset(params.get("after", "")),
        )
        carriers = receiving_queries.carriers(tx)
        plan = workload_views.plan(tx, at)
    days: dict[Any, list[Parcel]] = {}
    for it in rows:
        days.setdefault(it.unit.eta.astimezone(MOSCOW).date(), []).append(it)
    return page(
        request,
        office,
        "expected.html",
        who,
        here="/receiving/expected",
        section="/receiving",
        days=days,
        plan=_plan(plan, who.language) if plan.rows else None,
        asked=asked,
        carriers=carriers,
        older=_after(rows, lambda it: it.unit.eta),
        filters=urlencode({name: value for name, value in asked.items() if value}),
    )


def _plan(plan: PlanView, language: str) -> plots.HeatMap:
    """Carriers by days; a field leads to what they bring then."""
    most = max((count for row in plan.rows for count in (row.late, *row.days)), default=0)

    def cell(count: int, words: str, **asked: str) -> plots.Cell:
        path = f"/receiving/expected?{urlencode(asked)}"
        return plots.Cell(str(count), plots.shade(count, most), f"{words}: {count}", path)

    late = i18n.gettext(language, N_("Before today"))
    names = [format_skeleton("MMMEd", day, locale=i18n.locale(language)) for day in plan.days]
    rows = []
    for row in plan.rows:
        carrier = row.carrier or "-"
        cells = [cell(row.late, late, carrier=carrier, before=plan.days[0].isoformat())]
        cells += [
            cell(count, name, carrier=carrier, day=day.isoformat())
            for count, name, day in zip(row.days, names, plan.days, strict=True)
        ]
        rows.append((row.carrier or i18n.gettext(language, N_("Not handed over yet")), cells))
    return plots.HeatMap([late, *names], rows)


def _after(rows: list[Parcel], key: Any) -> str:
    """The key after the last row of a full page."""
    return f"{to_us(key(rows[-1]))}-{rows[-1].id}" if len(rows) == queries.PAGE_ROWS else ""


def moscow_day(text: str) -> datetime | None:
    """A day of Moscow from a date field; none when it is no date, or of no year in which anything can come."""
    try:
        day = datetime.fromisoformat(text).replace(hour=12, tzinfo=MOSCOW) if text else None
    except ValueError:
        return None
    return day if day is not None and day.year in YEARS else None
