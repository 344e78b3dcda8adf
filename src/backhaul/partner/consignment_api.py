"""API v1 of consignments: what waits, what is packed, its price and shares, documents, tracking; certificates of units."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta
from msgspec.structs import asdict

from backhaul.kit import http, i18n
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import consignment_doors as doors
from backhaul.partner import consignment_queries as look
from backhaul.partner import consignment_texts as words
from backhaul.partner import freight_papers, papers, queries
from backhaul.partner.consignment_errands import NewConsignment
from backhaul.partner.doors import STAFF, Req
from backhaul.partner.office import Office
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules import packing
from backhaul.partner.rules.around import By
from backhaul.partner.rules.consignment_events import Arrival, Packed, Tracked
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.events import Destination
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import ConsignmentStatus, Role
from backhaul.partner.shapes import CarrierFile, CarrierResult
from backhaul.partner.speakers import IdempotencyKey, IfMatch, invalid, speaker


class CartonView(msgspec.Struct, frozen=True):
    """A carton; its code stands on its label. Zeros: not measured yet."""

    number: int
    code: str
    length_cm: int
    width_cm: int
    height_cm: int
    weight_gram: int
    chargeable_gram: int


class ActView(msgspec.Struct, frozen=True):
    """Something that the caller may do now."""

    act: str
    label: str
    href: str


class DocumentView(msgspec.Struct, frozen=True):
    """A document to download."""

    name: str
    number: str
    href: str


class ConsignmentView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A consignment. `price` is what closing it costs, or cost; after closing the units' shares add up to it."""

    id: int
    number: str
    status: ConsignmentStatus
    label: str
    version: int
    company_id: int
    company: str
    destination: Destination
    carrier: str
    warehouse: str
    opened_at: datetime
    price: Money
    cartons: tuple[CartonView, ...]
    units: tuple[Packed, ...]
    available_actions: tuple[ActView, ...]
    documents: tuple[DocumentView, ...] = ()
    ship_by: datetime | None = None
    late: bool = False
    closed_at: datetime | None = None
    dispatched_at: datetime | None = None
    tracking: str = ""
    tracked: tuple[Tracked, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    reason: str = ""
    finished_at: datetime | None = None


class WaitingView(msgspec.Struct, frozen=True):
    """A unit that waits to be packed; `held_back` is the code of what keeps it here."""

    parcel_id: int
    number: str
    return_number: str
    name: str
    shelf: str
    ship_by: datetime | None
    late: bool
    held_back: str = ""


class GroupView(msgspec.Struct, frozen=True):
    """What waits for one address; `count` is all of it, `units` the first."""

    destination: Destination
    company: str
    count: int
    units: tuple[WaitingView, ...]


class HappeningView(msgspec.Struct, frozen=True):
    """One line of a consignment's history."""

    seq: int
    kind: str
    label: str
    role: str
    at: datetime


class Document(msgspec.Struct, frozen=True):
    """A stored photo or PDF; name its id as `proof`."""

    id: str


class StatusFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Statuses of a carrier, as its file has them: `number`, `status`, and `at`, `place`, `received_by`, `tracking`, `note`."""

    statuses: Annotated[list[dict[str, str]], Meta(min_length=1, max_length=5000)]
    name: Annotated[str, Meta(max_length=100)] = "statuses"


def routes(office: Office) -> Router:
    """All of API v1 about consignments, and the certificates of single units."""
    acts = [_act_route(office, word, command) for word, command in doors.ACTS.items()]
    handlers = [*_reading_routes(office), *_file_routes(office), *_writing_routes(office), *acts]
    return Router("/api/v1", route_handlers=handlers, exception_handlers={ValidationException: invalid})


def _reading_routes(office: Office) -> list[Any]:
    @get("/consignments", summary="A seller's consignments, or all of them for the warehouse; newest first, 50 a page",
         tags=["consignments"])  # fmt: skip
    @http.in_thread
    def consignments(request: Req, before: FromQuery[int] = 2**62) -> list[ConsignmentView]:
        by, language = speaker(office, request).by, http.language_of(request)
        with office.database.read() as tx:
            seller = by.role is Role.SELLER
            found = look.of_company(tx, int(by.subject), before) if seller else look.latest(tx, before)
        return [_view(office, it, by, language) for it in found if look.concerns(it, by)]

    @get("/consignments/{consignment_id:int}", summary="One consignment", tags=["consignments"])
    @http.in_thread
    def consignment(request: Req, consignment_id: FromPath[int]) -> Response[ConsignmentView]:
        by = speaker(office, request).by
        with office.database.read() as tx:
            it = look.shown(tx, consignment_id, by)
        headers = {"etag": f'"{it.version}"'}
        return Response(_view(office, it, by, http.language_of(request)), headers=headers)

    @get("/consignments/{consignment_id:int}/events", summary="What happened to a consignment", tags=["consignments"])
    @http.in_thread
    def events(request: Req, consignment_id: FromPath[int]) -> list[HappeningView]:
        by, language = speaker(office, request).by, http.language_of(request)
        with office.database.read() as tx:
            look.shown(tx, consignment_id, by)
            return [
                HappeningView(h.seq, h.kind, i18n.gettext(language, words.CONSIGNMENT_EVENTS[h.kind]), h.role, h.at)
                for h in look.history(tx, consignment_id)
            ]

    @get("/packing", summary="What waits to be packed, by address; for the warehouse", tags=["consignments"])
    @http.in_thread
    def waiting(request: Req) -> list[GroupView]:
        by, at = speaker(office, request).by, office.clock.now()
        _staff_only(by)
        with office.database.read() as tx:
            return [
                GroupView(group.destination, group.company, group.count, tuple(
                    _waiting_view(one, at) for one in doors.waiting_units(tx, group.units, at, office)
                ))
                for group in look.groups(tx)
            ]  # fmt: skip

    @get(
        "/carrier-files", summary="The carrier's files of statuses that came last; for the warehouse", tags=["carrier"]
    )
    @http.in_thread
    def carrier_files(request: Req) -> list[CarrierFile]:
        _staff_only(speaker(office, request).by)
        with office.database.read() as tx:
            return look.carrier_files(tx)

    return [consignments, consignment, events, waiting, carrier_files]


def _file_routes(office: Office) -> list[Any]:
    @get("/consignments/{consignment_id:int}/documents/{name:str}", tags=["consignments"],
         summary="packing-list.pdf, return-invoice.pdf, customs-note.pdf, carton-labels.pdf, manifest.json or manifest.csv")  # fmt: skip
    @http.in_thread
    def document(request: Req, consignment_id: FromPath[int], name: FromPath[str]) -> Response[bytes]:
        by = speaker(office, request).by
        with office.database.read() as tx:
            it = look.shown(tx, consignment_id, by)
        content, media_type = doors.file_of(it, name)
        return doors.file_answer(content, media_type, f"{it.number}-{name}")

    @get(
        "/consignments/{consignment_id:int}/proofs/{blob_id:str}", summary="A proof of delivery", tags=["consignments"]
    )
    @http.in_thread
    def proof(request: Req, consignment_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = speaker(office, request).by
        with office.database.read() as tx:
            it = look.shown(tx, consignment_id, by)
        return doors.proof_answer(office, it, blob_id)

    @get("/parcels/{parcel_id:int}/certificate.pdf", summary="The disposal certificate of a destroyed unit")
    @http.in_thread
    def certificate(request: Req, parcel_id: FromPath[int]) -> Response[bytes]:
        it = _parcel(office, request, parcel_id)
        content = papers.certificate_pdf(office, it, http.language_of(request))
        return doors.file_answer(content, "application/pdf", f"{it.disposal.certificate}.pdf")

    @get("/parcels/{parcel_id:int}/hand-over-act.pdf", summary="The act of a unit's hand-over to a collector")
    @http.in_thread
    def hand_over_act(request: Req, parcel_id: FromPath[int]) -> Response[bytes]:
        it = _parcel(office, request, parcel_id)
        content = papers.act_pdf(it, http.language_of(request))
        return doors.file_answer(content, "application/pdf", f"{papers.act_number(it)}.pdf")

    return [document, proof, certificate, hand_over_act]


def _writing_routes(office: Office) -> list[Any]:
    @post("/consignments", status_code=201, summary="Open a consignment to an address", tags=["consignments"])
    async def begin(request: Req, data: JSONBody[NewConsignment], key: IdempotencyKey = None) -> Response[bytes]:
        who = await to_thread.run_sync(speaker, office, request)
        answer = await doors.begin(office, data, who.caller, who.by, key=key or "")
        return Response(answer.body, status_code=201, media_type="application/json")

    @post("/documents", status_code=201, summary="Store a proof of delivery (PDF, JPEG, PNG or WebP as the body)",
          request_max_body_size=http.UPLOAD_BYTES_MAX)  # fmt: skip
    async def document(request: Req) -> Document:
        who = await to_thread.run_sync(speaker, office, request)
        return Document(await doors.store_document(office, await request.body(), who.by))

    @post("/carrier-files", status_code=200, summary="Take a carrier's statuses; unknown numbers are told, repeated files do nothing",
          tags=["carrier"])  # fmt: skip
    async def carrier_file(request: Req, data: JSONBody[StatusFile]) -> CarrierResult:
        who = await to_thread.run_sync(speaker, office, request)
        content = msgspec.json.encode(data.statuses)
        return await doors.take_file(office, f"{data.name}.json", content, who.caller, who.by)

    return [begin, document, carrier_file]


def _act_route(office: Office, word: str, command: type[do.Command]) -> Any:
    """POST /consignments/{id}/{act}: one operation an act, its body is the command."""

    async def perform(
        request: Req, consignment_id: int, data: Any, key: str | None, seen: str | None
    ) -> Response[bytes]:
        who = await to_thread.run_sync(speaker, office, request)
        answer = await doors.act(
            office, consignment_id, data, who.caller, who.by, key=key or "", seen=http.version_of(seen),
            request_id=request.headers.get("x-request-id", "")[:80],
        )  # fmt: skip
        version = msgspec.json.decode(answer.body, type=doors.Summary).version
        return Response(answer.body, media_type="application/json", status_code=200, headers={"etag": f'"{version}"'})

    async def with_body(request: Req, consignment_id: FromPath[int], data: Any, key: IdempotencyKey = None,
                        seen: IfMatch = None) -> Response[bytes]:  # fmt: skip
        return await perform(request, consignment_id, data, key, seen)

    async def without_body(request: Req, consignment_id: FromPath[int], key: IdempotencyKey = None,
                           seen: IfMatch = None) -> Response[bytes]:  # fmt: skip
        await http.no_body(request)
        return await perform(request, consignment_id, command(), key, seen)

    handler: Any = with_body if msgspec.structs.fields(command) else without_body
    handler.__name__ = handler.__qualname__ = f"consignment_{word.replace('-', '_')}"
    if handler is with_body:
        handler.__annotations__["data"] = JSONBody[command]  # type: ignore[misc,valid-type]  # read off the command
    return post(f"/consignments/{{consignment_id:int}}/{word}", status_code=200, summary=words.CONSIGNMENT_ACTS[word],
                description=command.__doc__, responses=None, tags=["consignments"])(handler)  # fmt: skip


def _staff_only(by: By) -> None:
    if by.role not in STAFF:
        raise Refused("not_your_role", "forbidden", role=by.role)


def _parcel(office: Office, request: Req, parcel_id: int) -> Parcel:
    """A parcel of the caller's."""
    by = speaker(office, request).by
    with office.database.read() as tx:
        it = queries.one(tx, parcel_id)
        if it is None or not concerns(it, by, queries.around_of(tx, it)):
            raise Refused("not_found", "missing")
    return it


def _view(office: Office, it: Consignment, by: By, language: str) -> ConsignmentView:
    terms, at = office.house.terms, office.clock.now()
    acts = tuple(
        ActView(word, i18n.gettext(language, words.CONSIGNMENT_ACTS[word]), f"/api/v1/consignments/{it.id}/{word}")
        for command in packing.open_acts(it, by)
        if (word := doors.ACT_WORDS[command])
    )
    named = freight_papers.MAKERS if it.closed_at else {}
    papers_of_it = tuple(
        DocumentView(name, freight_papers.number_of(it, name), f"/api/v1/consignments/{it.id}/documents/{name}.pdf")
        for name in named
    )
    cartons = tuple(
        CartonView(code=doors.code_of(it, one.number), chargeable_gram=doors.chargeable(it, one, terms), **asdict(one))
        for one in it.cartons
    )
    return ConsignmentView(
        it.id, it.number, it.status, i18n.gettext(language, words.CONSIGNMENT_STATUSES[it.status]), it.version,
        it.company_id, it.company, it.destination, it.carrier, it.warehouse, it.opened_at,
        it.price or packing.quote(it, terms), cartons, it.units, acts, papers_of_it, it.ship_by, doors.is_late(it, at),
        it.closed_at, it.dispatched_at, it.tracking, it.tracked, it.arrivals, it.reason, it.finished_at,
    )  # fmt: skip


def _waiting_view(one: doors.Waiting, at: datetime) -> WaitingView:
    it, bound = one.it, one.ship_by
    late = bound is not None and at >= bound
    return WaitingView(it.id, it.number, it.unit.return_number, it.unit.name, it.shelf, bound, late, one.held_back)
