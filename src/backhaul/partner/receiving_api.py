"""API v1 of the dock: what will come, whose a code is, the gate's queue, shelves, labels, the orphan bay."""

from datetime import datetime
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody

from backhaul.kit import http
from backhaul.kit.days import at_hour, to_us
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.partner import label_prints, links, lists, orphan_acts, orphan_queries, receiving_queries, texts
from backhaul.partner.actions import Action, NotAvailable, action, not_available
from backhaul.partner.arrival_pass_queries import ArrivalPass, coming
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.pages.orphans import ORPHAN_ACTS, WORDS
from backhaul.partner.pages.receiving import DOCK, found_by, keyset, moscow_day
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.around import By
from backhaul.partner.rules.codes import SCANNED_CHARACTERS_MAX, readings
from backhaul.partner.rules.parcels import Gate, Parcel, Quarantine
from backhaul.partner.rules.receiving import room
from backhaul.partner.rules.words import Status
from backhaul.partner.speakers import IdempotencyKey, IfMatch, invalid
from backhaul.partner.speakers import speaker as speaker_of


class DockView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit as the dock needs it. `gate.due` is until when its gate check must be done."""

    id: int
    number: str
    return_number: str
    status: Status
    name: str
    sku: int
    eta: datetime
    carrier: str = ""
    waybill: str = ""
    lost_at: datetime | None = None
    arrived_at: datetime | None = None
    warehouse: str = ""
    shelf: str = ""
    weight_gram: int | None = None
    hazard: bool = False
    gate: Gate = Gate()
    quarantine: Quarantine = Quarantine()
    labels_printed: int = 0
    orphan: str = ""


class Resolved(msgspec.Struct, frozen=True):
    """What a code may name, what is open first. `readings` are the forms under which it was looked for."""

    readings: tuple[str, ...]
    parcels: tuple[DockView, ...]
    orphans: tuple[o.Orphan, ...]


class ShelfView(msgspec.Struct, frozen=True):
    """A shelf. `ages`: units by days since arrival: up to 3, 7, 10, 13, 14, and more. `units_max` 0: no limit."""

    warehouse: str
    shelf: str
    units: int
    orphans: int
    ages: tuple[int, ...]
    units_max: int


class CandidateView(msgspec.Struct, frozen=True):
    """An expected unit that an orphan may be, with the reasons."""

    parcel: DockView
    reasons: tuple[str, ...]
    score: int


class OrphanView(msgspec.Struct, frozen=True):
    """An orphan with its candidates and what may be done with it now."""

    orphan: o.Orphan
    candidates: tuple[CandidateView, ...]
    available_actions: tuple[Action, ...]
    not_available: tuple[NotAvailable, ...]


def routes(office: Office) -> Router:
    """The dock's part of API v1."""
    handlers = [*_list_routes(office), _labels_route(office), *_orphan_routes(office)]
    acts = [_act_route(office, word, command) for word, command in ORPHAN_ACTS.items()]
    return Router(
        "/api/v1",
        route_handlers=[*handlers, *acts],
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["receiving"],
    )


def _list_routes(office: Office) -> list[Any]:
    @get("/resolve", summary="Which units a scanned code names, however it was typed")
    @http.in_thread
    def resolve(request: Req, code: FromQuery[str]) -> Resolved:
        by = _dock(office, request)
        text = code[:SCANNED_CHARACTERS_MAX]
        with office.look(by) as tx:
            units, bay = found_by(tx, text), orphan_queries.by_code(tx, text)
        return Resolved(readings(text), tuple(view(it) for it in units), tuple(bay))

    @get("/expected-parcels", summary="What will come, the earliest first, 50 a page; `after` is `ETA-ID` in us")
    @http.in_thread
    def expected(
        request: Req,
        day: FromQuery[str] = "",
        before: FromQuery[str] = "",
        carrier: FromQuery[str | None] = None,
        late: FromQuery[bool] = False,  # noqa: FBT002 -- the framework gives it by name
        after: FromQuery[str] = "",
        limit: Limit = PAGE_ROWS,
    ) -> Response[list[DockView]]:
        by = _dock(office, request)
        on, until, at = day_of(day), day_of(before, "before"), office.clock.now()
        with office.look(by) as tx:
            rows = receiving_queries.expected(tx, at, on, carrier, late=late, before=until, after=keyset(after))
        return lists.page(request, rows, limit, "after", view=view, key=lambda it: key_of(it.unit.eta, it))

    @get("/gate-checks", summary="Units whose gate check is owed, the longest first; `after` is `ARRIVAL-ID` in us")
    @http.in_thread
    def gate_checks(request: Req, after: FromQuery[str] = "", limit: Limit = PAGE_ROWS) -> Response[list[DockView]]:
        by = _dock(office, request)
        with office.look(by) as tx:
            found = receiving_queries.gate_due(tx, keyset(after))
        return lists.page(request, found, limit, "after", view=view, key=lambda it: key_of(it.arrived_at, it))

    @get("/receiving", summary="The day at the dock in figures; none goes beyond 1,000")
    @http.in_thread
    def figures(request: Req) -> receiving_queries.Counts:
        by = _dock(office, request)
        with office.look(by) as tx:
            hours = office.house.terms.policy.gate_check_hours
            return receiving_queries.counts(tx, office.clock.now(), hours)

    @get("/shelves", summary="Every shelf on which something lies, with ages")
    @http.in_thread
    def shelves(request: Req) -> list[ShelfView]:
        by = _dock(office, request)
        policy = office.house.terms.policy
        with office.look(by) as tx:
            found = receiving_queries.shelves(tx, policy.warehouses, office.clock.now())
        return [
            ShelfView(one.warehouse, one.shelf, one.units, one.orphans, one.ages, room(one.shelf, policy))
            for one in found
        ]

    return [resolve, expected, gate_checks, _vehicles_route(office), figures, shelves]


def _vehicles_route(office: Office) -> Any:
    @get(
        "/arrival-passes",
        summary="Vehicles that sellers announced for their units, 50 a page; `after` is `ARRIVAL-ID` in us",
    )
    @http.in_thread
    def arrival_passes(request: Req, after: FromQuery[str] = "") -> list[ArrivalPass]:
        by = _dock(office, request)
        with office.look(by) as tx:
            return coming(tx, at_hour(office.clock.now(), 0, 0), keyset(after))

    return arrival_passes


def _labels_route(office: Office) -> Any:
    @post(
        "/labels",
        status_code=200,
        summary="Print labels of units and orphans, as PDF or ZPL; written down each time",
        opt=door(gives=tuple(label_prints.MEDIA_TYPES.values())),
    )
    async def labels(request: Req, data: JSONBody[label_prints.Wanted], key: IdempotencyKey = None) -> Response[bytes]:
        speaker = await to_thread.run_sync(speaker_of, office, request)
        request_id = request.headers.get("x-request-id", "")[:80]
        made = await label_prints.printed(
            office, data, speaker.caller, speaker.by, links.of(office, request), request_id, key=key or ""
        )
        return made.answer()

    return labels


def _orphan_routes(office: Office) -> list[Any]:
    @get("/orphans", summary="What lies in the orphan bay, the longest first, 50 a page", tags=["orphans"])
    @http.in_thread
    def bay(request: Req, after: FromQuery[int] = 0, limit: Limit = PAGE_ROWS) -> Response[list[o.Orphan]]:
        by = _dock(office, request)
        with office.look(by) as tx:
            found = orphan_queries.in_the_bay(tx, after)
        return lists.page(request, found, limit, "after")

    @post("/orphans", status_code=201, summary="Register a parcel without a known code", tags=["orphans"])
    async def register(
        request: Req, data: JSONBody[o.Register], key: IdempotencyKey = None
    ) -> Response[orphan_acts.OrphanSummary]:
        speaker = await to_thread.run_sync(speaker_of, office, request)
        request_id = request.headers.get("x-request-id", "")[:80]
        body = await orphan_acts.register(
            office, data, speaker.caller, speaker.by, key=key or "", request_id=request_id
        )
        return http.encoded(body, orphan_acts.OrphanSummary, 201)

    @get("/orphans/{orphan_id:int}", summary="One orphan with its candidates", tags=["orphans"])
    @http.in_thread
    def one(request: Req, orphan_id: FromPath[int]) -> Response[OrphanView]:
        by = _dock(office, request)
        policy = office.house.terms.policy
        with office.look(by) as tx:
            it = orphan_queries.one(tx, orphan_id)
            if it is None:
                raise Refused("not_found", "missing")
            is_open = it.status is o.OrphanStatus.OPEN
            found = orphan_queries.candidates_for(tx, it, policy) if is_open else []
        at, language = office.clock.now(), http.language_of(request)
        told = OrphanView(
            it,
            tuple(CandidateView(view(one.it), one.reasons, one.score) for one in found),
            tuple(
                action(WORDS[act], _title(act), f"/api/v1/orphans/{it.id}/{WORDS[act]}", language)
                for act in o.open_acts(it, by.role, at, policy)
                if act in WORDS
            ),
            tuple(
                not_available(WORDS[act], _title(act), refused, language)
                for act, refused in o.shut_acts(it, by.role, at, policy)
                if act in WORDS
            ),
        )
        return Response(told, headers={"etag": f'"{it.version}"'})

    return [bay, register, one]


def _act_route(office: Office, word: str, command: type[Any]) -> Any:
    """POST /orphans/{id}/{act}: one operation an act, its body is the command."""

    async def perform(request: Req, orphan_id: FromPath[int], data: Any, key: IdempotencyKey = None,
                      seen: IfMatch = None) -> Response[orphan_acts.OrphanSummary]:  # fmt: skip
        speaker = await to_thread.run_sync(speaker_of, office, request)
        request_id = request.headers.get("x-request-id", "")[:80]
        body = await orphan_acts.orphan_act(office, orphan_id, data, speaker.caller, speaker.by, key=key or "",
                                            seen=http.version_of(seen), request_id=request_id)  # fmt: skip
        version = msgspec.json.decode(body, type=orphan_acts.OrphanSummary).version
        return http.encoded(body, orphan_acts.OrphanSummary, headers={"etag": f'"{version}"'})

    handler: Any = perform
    handler.__name__ = handler.__qualname__ = f"orphan_{word.replace('-', '_')}"
    handler.__annotations__["data"] = JSONBody[command]  # type: ignore[misc,valid-type]  # read off the command
    return post(f"/orphans/{{orphan_id:int}}/{word}", status_code=200, summary=command.__doc__, responses=None,
                tags=["orphans"])(handler)  # fmt: skip


def _title(act: type) -> str:
    """What people call an act in the orphan bay."""
    return texts.ORPHAN_MATCH if act is o.Match else texts.ORPHAN_COMMANDS[act.__name__][0]


def view(it: Parcel) -> DockView:
    """A unit as the dock needs it."""
    return DockView(
        id=it.id, number=it.number, return_number=it.unit.return_number, status=it.status, name=it.unit.name,
        sku=it.unit.sku, eta=it.unit.eta, carrier=it.carrier, waybill=it.waybill, lost_at=it.lost_at,
        arrived_at=it.arrived_at, warehouse=it.warehouse, shelf=it.shelf, weight_gram=it.weight_gram, hazard=it.hazard,
        gate=it.gate, quarantine=it.quarantine, labels_printed=it.labels_printed, orphan=it.orphan,
    )  # fmt: skip


def key_of(at: datetime | None, it: Parcel) -> str:
    """The key after which a list by an instant goes on."""
    return f"{0 if at is None else to_us(at)}-{it.id}"


def day_of(text: str, field: str = "day") -> datetime | None:
    """A day of Moscow, or `Refused`: a program is told what a page passes over."""
    found = moscow_day(text)
    if text and found is None:
        raise Refused("field_invalid", "invalid", field, problem="wrong_type", reason="not a date")
    return found


def _dock(office: Office, request: Req) -> By:
    """The receiving dock and supervisors alone look here."""
    by = speaker_of(office, request).by
    if by.role not in DOCK:
        raise Refused("not_your_role", "forbidden", role=by.role)
    return by
