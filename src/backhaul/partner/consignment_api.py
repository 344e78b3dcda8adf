"""API v1 of consignments: what waits, what is packed, its price and shares, documents, tracking; certificates of units."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backhaul.kit import http, i18n, uploads
from backhaul.kit.description import door
from backhaul.kit.machine import Refused
from backhaul.kit.paging import PAGE_ROWS, Limit
from backhaul.partner import consignment_doors as doors
from backhaul.partner import consignment_queries as look
from backhaul.partner import consignment_texts as words
from backhaul.partner import links, lists, papers, queries
from backhaul.partner.consignment_errands import NewConsignment
from backhaul.partner.consignment_views import ConsignmentView, GroupView, HappeningView, view, waiting_view
from backhaul.partner.doors import STAFF, Req
from backhaul.partner.office import Office
from backhaul.partner.rules import consignment_acts as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.decisions import concerns
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.words import Role
from backhaul.partner.shapes import CarrierFile, CarrierResult
from backhaul.partner.speakers import EVENTS_A_PAGE, IdempotencyKey, IfMatch, invalid, speaker, upload, us_of


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
    handlers = [
        *_reading_routes(office),
        *_waiting_routes(office),
        *_file_routes(office),
        *_writing_routes(office),
        *acts,
    ]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
    )


def _reading_routes(office: Office) -> list[Any]:
    @get("/consignments", summary="A seller's consignments, or all of them for the warehouse; newest first, 50 a page",
         tags=["consignments"])  # fmt: skip
    @http.in_thread
    def consignments(
        request: Req, before: FromQuery[int] = 2**62, limit: Limit = PAGE_ROWS
    ) -> Response[list[ConsignmentView]]:
        by, language = speaker(office, request).by, http.language_of(request)
        with office.look(by) as tx:
            seller = by.role is Role.SELLER
            found = look.of_company(tx, int(by.subject), before) if seller else look.latest(tx, before)
        mine = [it for it in found if look.concerns(it, by)]
        return lists.page(request, mine, limit, view=lambda it: view(office, it, by, language))

    @get("/consignments/{consignment_id:int}", summary="One consignment", tags=["consignments"])
    @http.in_thread
    def consignment(request: Req, consignment_id: FromPath[int]) -> Response[ConsignmentView]:
        by = speaker(office, request).by
        with office.look(by) as tx:
            it = look.shown(tx, consignment_id, by)
        headers = {"etag": f'"{it.version}"'}
        return Response(view(office, it, by, http.language_of(request)), headers=headers)

    @get(
        "/consignments/{consignment_id:int}/events",
        summary="What happened to a consignment, 200 a page; `after` is the last one's seq",
        tags=["consignments"],
    )
    @http.in_thread
    def events(request: Req, consignment_id: FromPath[int], after: FromQuery[int] = 0) -> list[HappeningView]:
        by, language = speaker(office, request).by, http.language_of(request)
        with office.look(by) as tx:
            look.shown(tx, consignment_id, by)
            return [
                HappeningView(h.seq, h.kind, i18n.gettext(language, words.CONSIGNMENT_EVENTS[h.kind]), h.role, h.at)
                for h in look.history(tx, consignment_id)
                if h.seq > after
            ][:EVENTS_A_PAGE]

    return [consignments, consignment, events]


def _waiting_routes(office: Office) -> list[Any]:
    @get("/packing", summary="What waits to be packed, by address; for the warehouse", tags=["consignments"])
    @http.in_thread
    def waiting(request: Req) -> list[GroupView]:
        by, at = speaker(office, request).by, office.clock.now()
        _staff_only(by)
        with office.look(by) as tx:
            return [
                GroupView(group.destination, group.company, group.count, tuple(
                    waiting_view(one, at) for one in doors.waiting_units(tx, group.units, at, office)
                ))
                for group in look.groups(tx)
            ]  # fmt: skip

    @get(
        "/carrier-files", summary="The carrier's files of statuses, newest first, 20 a page; for the warehouse",
        description="`before` is the last one's taken_at.", tags=["carrier"],
    )  # fmt: skip
    @http.in_thread
    def carrier_files(
        request: Req, before: FromQuery[datetime | None] = None, limit: Limit = PAGE_ROWS
    ) -> Response[list[CarrierFile]]:
        by = speaker(office, request).by
        _staff_only(by)
        with office.look(by) as tx:
            found = look.carrier_files(tx, us_of(before, "before", 2**62))
        most = look.FILES_SHOWN
        return lists.page(request, found, min(limit, most), key=lambda one: one.taken_at.isoformat(), full=most)

    return [waiting, carrier_files]


def _file_routes(office: Office) -> list[Any]:
    @get("/consignments/{consignment_id:int}/documents/{name:str}", tags=["consignments"],
         summary="packing-list.pdf, return-invoice.pdf, customs-note.pdf, carton-labels.pdf, manifest.json or manifest.csv",
         opt=door(gives=("application/pdf", "application/json", "text/csv"), refuses=(409,)))  # fmt: skip
    @http.in_thread
    def document(request: Req, consignment_id: FromPath[int], name: FromPath[str]) -> Response[bytes]:
        by = speaker(office, request).by
        with office.look(by) as tx:
            it = look.shown(tx, consignment_id, by)
        content, media_type = doors.file_of(it, name, links.of(office, request))
        return http.file_answer(content, media_type, f"{it.number}-{name}")

    @get(
        "/consignments/{consignment_id:int}/proofs/{blob_id:str}",
        summary="A proof of delivery",
        tags=["consignments"],
        opt=door(gives=("application/pdf", "image/jpeg")),
    )
    @http.in_thread
    def proof(request: Req, consignment_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = speaker(office, request).by
        with office.look(by) as tx:
            it = look.shown(tx, consignment_id, by)
        return doors.proof_answer(office, it, blob_id)

    @get("/parcels/{parcel_id:int}/certificate.pdf", summary="The disposal certificate of a destroyed unit",
         opt=door(gives=("application/pdf",), refuses=(409,)))  # fmt: skip
    @http.in_thread
    def certificate(request: Req, parcel_id: FromPath[int]) -> Response[bytes]:
        it = _parcel(office, request, parcel_id)
        content = papers.certificate_pdf(office, it, http.language_of(request))
        return http.file_answer(content, "application/pdf", f"{it.disposal.certificate}.pdf")

    @get("/parcels/{parcel_id:int}/hand-over-act.pdf", summary="The act of a unit's hand-over to a collector",
         opt=door(gives=("application/pdf",), refuses=(409,)))  # fmt: skip
    @http.in_thread
    def hand_over_act(request: Req, parcel_id: FromPath[int]) -> Response[bytes]:
        it = _parcel(office, request, parcel_id)
        content = papers.act_pdf(it, http.language_of(request))
        return http.file_answer(content, "application/pdf", f"{papers.act_number(it)}.pdf")

    return [document, proof, certificate, hand_over_act]


def _writing_routes(office: Office) -> list[Any]:
    @post("/consignments", status_code=201, summary="Open a consignment to an address", tags=["consignments"])
    async def begin(
        request: Req, data: JSONBody[NewConsignment], key: IdempotencyKey = None
    ) -> Response[doors.Summary]:
        who = await to_thread.run_sync(speaker, office, request)
        answer = await doors.begin(office, data, who.caller, who.by, key=key or "")
        return http.encoded(answer.body, doors.Summary, 201)

    @post("/documents", status_code=201, summary="Store a proof of delivery (PDF, JPEG, PNG or WebP as the body)",
          request_max_body_size=uploads.FILE_BYTES_MAX,
          opt=door(takes={"application/pdf": bytes, **uploads.PICTURES}))  # fmt: skip
    async def document(request: Req, key: IdempotencyKey = None) -> Document:
        who = await to_thread.run_sync(speaker, office, request)
        kept = await upload(office, request, who, lambda read: doors.store_document(office, read, who.by), key)
        return Document(kept)

    @post("/carrier-files", status_code=200, summary="Take a carrier's statuses; unknown numbers are told, repeated files do nothing",
          tags=["carrier"])  # fmt: skip
    async def carrier_file(request: Req, data: JSONBody[StatusFile], key: IdempotencyKey = None) -> CarrierResult:
        who = await to_thread.run_sync(speaker, office, request)
        content = msgspec.json.encode(data.statuses)
        return await doors.take_file(office, f"{data.name}.json", content, who.caller, who.by, key=key or "")

    @post("/carrier-files/import", status_code=200, request_max_body_size=uploads.FILE_BYTES_MAX,
          summary="The same, with the carrier's own file (CSV or JSON) as the body", tags=["carrier"])  # fmt: skip
    async def whole_file(
        request: Req,
        name: Annotated[str, QueryParameter(min_length=1, max_length=100)] = "statuses.csv",
        key: IdempotencyKey = None,
    ) -> CarrierResult:  # fmt: skip
        who = await to_thread.run_sync(speaker, office, request)
        return await doors.take_file(office, name, await request.body(), who.caller, who.by, key=key or "")

    return [begin, document, carrier_file, whole_file]


def _act_route(office: Office, word: str, command: type[do.Command]) -> Any:
    """POST /consignments/{id}/{act}: one operation an act, its body is the command."""

    async def perform(
        request: Req, consignment_id: int, data: Any, key: str | None, seen: str | None
    ) -> Response[doors.Summary]:
        who = await to_thread.run_sync(speaker, office, request)
        answer = await doors.act(
            office, consignment_id, data, who.caller, who.by, key=key or "", seen=http.version_of(seen),
            request_id=request.headers.get("x-request-id", "")[:80],
        )  # fmt: skip
        version = msgspec.json.decode(answer.body, type=doors.Summary).version
        return http.encoded(answer.body, doors.Summary, headers={"etag": f'"{version}"'})

    async def with_body(request: Req, consignment_id: FromPath[int], data: Any, key: IdempotencyKey = None,
                        seen: IfMatch = None) -> Response[doors.Summary]:  # fmt: skip
        return await perform(request, consignment_id, data, key, seen)

    async def without_body(request: Req, consignment_id: FromPath[int], key: IdempotencyKey = None,
                           seen: IfMatch = None) -> Response[doors.Summary]:  # fmt: skip
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
    with office.look(by) as tx:
        it = queries.one(tx, parcel_id)
        if it is None or not concerns(it, by, queries.around_of(tx, it)):
            raise Refused("not_found", "missing")
    return it
