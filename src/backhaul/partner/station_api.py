"""API v1 of the stations at the dock, for programs of scanners: receive by a scan, put away by scanning shelf and parcel, what is off."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backhaul.kit import http, i18n
from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.partner import lists, orphan_queries, receiving_queries, texts
from backhaul.partner.doors import Req, act, who_said
from backhaul.partner.office import Office
from backhaul.partner.orphan_acts import orphan_act
from backhaul.partner.pages.receiving import DOCK, found_by, keyset, meant
from backhaul.partner.pages.shelves import here
from backhaul.partner.pages.shelves import meant as meant_here
from backhaul.partner.receiving_api import DockView, key_of, view
from backhaul.partner.rules import codes
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import orphans as o
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.speakers import EVENTS_A_PAGE, IdempotencyKey, Speaker, invalid, once, speaker, who

Code = Annotated[str, Meta(max_length=codes.SCANNED_CHARACTERS_MAX)]


class Scan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the scanner read, and where it stands; empty: the first warehouse. `parcel_id`: the one that a person chose."""

    code: Code
    warehouse: Annotated[str, Meta(max_length=80)] = ""
    parcel_id: int | None = None


class Scanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a scan came to. `did`: `received` now, `here` already, `gone`, or `choose`: nothing was done, a person must choose.

    To choose from: `candidates`, and what lies in the orphan bay with this code. Neither: nobody knows it.
    """

    did: str
    parcel: DockView | None = None
    candidates: tuple[DockView, ...] = ()
    orphans: tuple[o.Orphan, ...] = ()


class ShelfScan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel or an orphan by any of its codes, and the shelf on which it is put."""

    code: Code
    shelf: Annotated[str, Meta(max_length=40)]
    parcel_id: int | None = None
    orphan_id: int | None = None


class PutDown(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where it lies now; `did` is `put`, or `choose` when several parcels and orphans, or none here, have this code."""

    did: str
    shelf: str
    parcel: DockView | None = None
    orphan: o.Orphan | None = None
    candidates: tuple[DockView, ...] = ()
    orphans: tuple[o.Orphan, ...] = ()


class OrphanHappening(msgspec.Struct, frozen=True):
    """One line of an orphan's history; `name` is a colleague's, or nothing."""

    seq: int
    kind: str
    label: str
    role: str
    name: str
    at: datetime


def routes(office: Office) -> Router:
    """These doors."""
    handlers = [*_scan_routes(office), *_looking_routes(office)]
    return Router("/api/v1", route_handlers=handlers, before_request=http.strict_body,
                  exception_handlers={ValidationException: invalid}, tags=["receiving"])  # fmt: skip


def _scan_routes(office: Office) -> list[Any]:
    @post("/receiving/scan", status_code=200, summary="Receive the parcel that a code names, or say what it is")
    async def scan(request: Req, data: JSONBody[Scan], key: IdempotencyKey = None) -> Scanned:
        by = _dock(await who(office, request))

        async def work() -> bytes:
            it, did = await to_thread.run_sync(meant, office, data.code, data.parcel_id)
            if it is not None and did == "received":
                house = data.warehouse or office.house.terms.policy.warehouses[0]
                arrive = do.Arrive(house, to_us(office.clock.now()))  # it counts from our receipt
                await act(office, it.id, arrive, by.caller, by.by, request_id=_request_id(request))
            return msgspec.json.encode(await to_thread.run_sync(_scanned, office, data.code, it, did))

        return msgspec.json.decode(await once(office, request, by, work, key, data), type=Scanned)

    @post("/receiving/put-away", status_code=200, summary="Put what a code names on a shelf")
    async def put_away(request: Req, data: JSONBody[ShelfScan], key: IdempotencyKey = None) -> PutDown:
        by = _dock(await who(office, request))
        if not data.code.strip():
            raise Refused("code_needed", "invalid", "code")

        async def work() -> bytes:
            shelf, request_id = codes.shelf(data.shelf), _request_id(request)
            unit, orphan = await to_thread.run_sync(meant_here, office, data.code, data.parcel_id, data.orphan_id)
            if orphan is not None:
                await orphan_act(office, orphan.id, o.Move(shelf), by.caller, by.by, request_id=request_id)
            elif unit is not None:
                await act(office, unit.id, do.PutAway(shelf), by.caller, by.by, request_id=request_id)
            return msgspec.json.encode(await to_thread.run_sync(_put_down, office, data.code, shelf, unit, orphan))

        return msgspec.json.decode(await once(office, request, by, work, key, data), type=PutDown)

    return [scan, put_away]


def _looking_routes(office: Office) -> list[Any]:
    @get("/shelf-units", summary="The units on a shelf, 50 a page; `age` counts places of a shelf's `ages`, from 0; `after` is the last one's id")  # fmt: skip
    @http.in_thread
    def on_shelf(request: Req, warehouse: Annotated[str, QueryParameter(max_length=80)],
                 shelf: Annotated[str, QueryParameter(max_length=40)], age: FromQuery[int | None] = None, after: FromQuery[int] = 0, limit: Limit = PAGE_ROWS) -> Response[list[DockView]]:  # fmt: skip
        by = speaker(office, request)
        _dock(by)
        arrived = receiving_queries.arrivals_of(age, office.clock.now())
        with office.look(by.by) as tx:
            found = receiving_queries.on_shelf(tx, warehouse, shelf, after, arrived)
        return lists.page(request, found, limit, "after", view=view)

    @get(
        "/gate-mismatches",
        summary="What was off at the gate, the newest first, 50 a page; `before` is `ARRIVAL-ID` in us",
    )
    @http.in_thread
    def mismatches(request: Req, before: FromQuery[str] = "", limit: Limit = PAGE_ROWS) -> Response[list[DockView]]:
        by = speaker(office, request)
        _dock(by)
        with office.look(by.by) as tx:
            found = receiving_queries.mismatches(tx, *([keyset(before)] if before else []))
        return lists.page(request, found, limit, view=view, key=lambda it: key_of(it.arrived_at, it))

    @get(
        "/orphans/{orphan_id:int}/photos/{blob_id:str}", summary="A photo of an orphan (JPEG)", media_type="image/jpeg"
    )
    @http.in_thread
    def photo(request: Req, orphan_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = speaker(office, request)
        _dock(by)
        with office.look(by.by) as tx:
            it = orphan_queries.one(tx, orphan_id)
        if it is None or blob_id not in it.photos:
            raise Refused("not_found", "missing")
        return office.media.picture(blob_id)

    return [on_shelf, mismatches, photo, *_orphan_routes(office)]


def _orphan_routes(office: Office) -> list[Any]:
    @get(
        "/closed-orphans",
        summary="What left the orphan bay, by match or otherwise, newest first, 50 a page; `before` is an id",
    )
    @http.in_thread
    def closed(request: Req, before: FromQuery[int] = 2**62, limit: Limit = PAGE_ROWS) -> Response[list[o.Orphan]]:
        by = speaker(office, request)
        _dock(by)
        with office.look(by.by) as tx:
            found = orphan_queries.closed(tx, before)
        return lists.page(request, found, limit)

    @get(
        "/orphans/{orphan_id:int}/events",
        summary="What happened to an orphan, 200 a page; `after` is the last one's seq",
    )
    @http.in_thread
    def events(request: Req, orphan_id: FromPath[int], after: FromQuery[int] = 0) -> list[OrphanHappening]:
        by, language = _dock(speaker(office, request)).by, http.language_of(request)
        with office.look(by) as tx:
            if orphan_queries.one(tx, orphan_id) is None:
                raise Refused("not_found", "missing")
            return [
                OrphanHappening(h.seq, h.kind, i18n.gettext(language, texts.ORPHAN_EVENTS[h.kind]), h.role,
                                who_said(tx, by, h.role, h.actor), h.at)
                for h in orphan_queries.history(tx, orphan_id)
                if h.seq > after
            ][:EVENTS_A_PAGE]  # fmt: skip

    return [closed, events]


def _scanned(office: Office, code: str, it: Parcel | None, did: str) -> Scanned:
    with office.database.read() as tx:
        found = tuple(view(one) for one in found_by(tx, code))
        bay = tuple(orphan_queries.by_code(tx, code))
    if it is None:
        return Scanned("choose", candidates=found, orphans=bay)
    return Scanned(did, next((one for one in found if one.id == it.id), view(it)))


def _put_down(office: Office, code: str, shelf: str, unit: Parcel | None, orphan: o.Orphan | None) -> PutDown:
    with office.database.read() as tx:
        if orphan is not None:
            return PutDown("put", shelf, orphan=orphan_queries.one(tx, orphan.id))
        units, bay = here(tx, code)
    found = tuple(view(it) for it in units)
    put = next((one for one in found if unit is not None and one.id == unit.id), None)
    return PutDown("choose", shelf, candidates=found, orphans=tuple(bay)) if put is None else PutDown("put", shelf, put)


def _request_id(request: Req) -> str:
    return request.headers.get("x-request-id", "")[:80]


def _dock(by: Speaker) -> Speaker:
    """The receiving dock and supervisors alone work here."""
    if by.by.role not in DOCK:
        raise Refused("not_your_role", "forbidden", role=by.by.role)
    return by
