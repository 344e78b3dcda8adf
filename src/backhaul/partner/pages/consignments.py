"""The pages of consignments: what waits to be packed, the packing station, tracking and papers."""

from datetime import date
from typing import Any
from urllib.parse import quote

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from backhaul.kit import forms, http, uploads
from backhaul.kit.days import MOSCOW, last_moment
from backhaul.kit.forms import whole_number
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.partner import consignment_doors as doors
from backhaul.partner import consignment_queries as look
from backhaul.partner import consignment_texts as words
from backhaul.partner import freight_papers, links
from backhaul.partner.access import Known
from backhaul.partner.consignment_errands import NewConsignment
from backhaul.partner.doors import KEY_CHARACTERS_MAX, STAFF, Req, Visitor, country, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.rules import packing
from backhaul.partner.rules.around import By
from backhaul.partner.rules.codes import number_of_ours
from backhaul.partner.rules.consignments import Consignment
from backhaul.partner.rules.words import ConsignmentStatus, Role, TrackingStatus
from backhaul.partner.shapes import Happening

PACKERS = (Role.RECEIVER, Role.SUPERVISOR)
TONES = {
    "open": "warn",
    "closed": "warn",
    "delivered": "good",
    "partly_delivered": "warn",
    "lost": "bad",
    "cancelled": "",
}
# What packers do one after the other, and sellers need not read.
OF_THE_HANDS = frozenset(
    {"UnitPacked", "UnitTakenOut", "CartonAdded", "CartonMeasured", "CartonRemoved", "GoodsDeclared"}
)
STATES_HERE = (ConsignmentStatus.OPEN, ConsignmentStatus.CLOSED, ConsignmentStatus.DISPATCHED,
               ConsignmentStatus.PARTLY_DELIVERED)  # fmt: skip


class Shown(msgspec.Struct, frozen=True):
    """A consignment in a list."""

    it: Consignment
    country: str
    late: bool


def routes(office: Office) -> list[Any]:
    """The handlers of consignments."""
    return [*_list_routes(office), *_station_routes(office), *_file_routes(office)]


def _list_routes(office: Office) -> list[Any]:
    @get("/packing", include_in_schema=False)
    @http.in_thread
    def waiting(request: Req) -> Response[Any]:
        return draw_packing(request, office, visitor(office, request, *PACKERS))

    @get("/consignments", include_in_schema=False)
    @http.in_thread
    def consignments(request: Req) -> Response[Any]:
        who = visitor(office, request, Role.SELLER, *STAFF)
        before = whole_number(request.query_params.get("before", "")) or 2**62
        with office.look(who.by) as tx:
            seller = who.by.role is Role.SELLER
            found = look.of_company(tx, int(who.by.subject), before) if seller else look.latest(tx, before)
        older = str(found[-1].id) if len(found) == look.PAGE_ROWS else ""
        return page(
            request, office, "consignments.html", who, section="/consignments",
            rows=[_row(it, who, office) for it in found], older=older, tones=TONES,
            statuses=words.CONSIGNMENT_STATUSES,
        )  # fmt: skip

    @post("/consignments", include_in_schema=False)
    async def begin(request: Req) -> Response[Any]:
        who = await visitor_async(office, request, *PACKERS)
        values = await _texts(request)
        try:
            said = forms.parse(NewConsignment, values)
            answer = await doors.begin(office, said, Known(who.by), who.by, key=_key(values))
        except Refused as refused:
            wrong = Wrong(refused, values, str(values.get("form", "")))
            return await to_thread.run_sync(draw_packing, request, office, who, wrong)
        made = msgspec.json.decode(answer.body, type=doors.Summary)
        return http.see_other(f"/consignments/{made.consignment_id}")

    return [waiting, consignments, begin]


def _station_routes(office: Office) -> list[Any]:
    @get("/consignments/{consignment_id:int}", include_in_schema=False)
    @http.in_thread
    def show(request: Req, consignment_id: FromPath[int]) -> Response[Any]:
        return draw(request, office, visitor(office, request), consignment_id)

    @post("/consignments/{consignment_id:int}/{word:str}", include_in_schema=False,
          request_max_body_size=uploads.FILE_BYTES_MAX)  # fmt: skip
    async def perform(request: Req, consignment_id: FromPath[int], word: FromPath[str]) -> Response[Any]:
        who = await visitor_async(office, request)
        by, here = who.by, f"/consignments/{consignment_id}"
        values = await _texts(request)
        try:
            if word not in doors.ACTS:
                raise Refused("unknown_act", "missing", act=word)  # noqa: TRY301
            if word == "pack-unit":
                carton = _carton_scanned(consignment_id, str(values.get("code", "")))
                if carton is not None:
                    return http.see_other(f"{here}?carton={carton}")
            if word == "deliver-consignment":
                await _keep_proof(office, request, by, values)
            command = forms.convert(doors.ACTS[word], _wanted(word, values), strict=False)
            # A scanner is quicker than a page: a code sent twice is nothing new by itself, and needs no token.
            key, seen = ("", None) if word == "pack-unit" else (_key(values), whole_number(str(values.get("seen", ""))))
            await doors.act(office, consignment_id, command, Known(by), by, key=key, seen=seen)
        except Refused as refused:
            if refused.kind == "unknown" or refused.code in {"not_found", "unknown_act"}:
                raise
            wrong = Wrong(refused, values, str(values.get("form", "")))
            return await to_thread.run_sync(draw, request, office, who, consignment_id, wrong)
        if word == "pack-unit":
            return http.see_other(
                f"{here}?carton={values.get('carton') or 0}&packed={quote(str(values.get('code', '')))}"
            )
        carton = values.get("carton") if word == "measure-carton" else None
        return http.see_other(f"{here}?carton={carton}" if carton else here)

    return [show, perform]


def _file_routes(office: Office) -> list[Any]:
    @get("/consignments/{consignment_id:int}/documents/{name:str}", include_in_schema=False)
    @http.in_thread
    def document(request: Req, consignment_id: FromPath[int], name: FromPath[str]) -> Response[bytes]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it = look.shown(tx, consignment_id, who.by)
        content, media_type = doors.file_of(it, name, links.of(office, request))
        return http.file_answer(content, media_type, f"{it.number}-{name}")

    @get("/consignments/{consignment_id:int}/proofs/{blob_id:str}", include_in_schema=False)
    @http.in_thread
    def proof(request: Req, consignment_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        who = visitor(office, request)
        with office.look(who.by) as tx:
            it = look.shown(tx, consignment_id, who.by)
        return doors.proof_answer(office, it, blob_id)

    return [document, proof]


# Drawing


def draw_packing(request: Req, office: Office, who: Visitor, wrong: Wrong | None = None) -> Response[str]:
    """What waits, by address, and the consignments that are being packed or on their way."""
    at = office.clock.now()
    with office.look(who.by) as tx:
        groups = [(group, doors.waiting_units(tx, group.units, at, office)) for group in look.groups(tx)]
        under_way = {status.value: look.in_status(tx, status) for status in STATES_HERE}
    return page(
        request, office, "packing.html", who, wrong, here="/packing", section="/packing", groups=groups,
        under_way={name: [_row(it, who, office) for it in them] for name, them in under_way.items()},
        countries={group.destination.country: country(group.destination.country, who.language) for group, _ in groups},
        opens=who.by.role is Role.RECEIVER, statuses=words.CONSIGNMENT_STATUSES, tones=TONES,
        held_back=words.HELD_BACK, held_otherwise=words.HELD_OTHERWISE, last_moment=last_moment,
        days=office.house.terms.policy.ship_working_days,
    )  # fmt: skip


def draw(request: Req, office: Office, who: Visitor, consignment_id: int, wrong: Wrong | None = None) -> Response[str]:
    """A consignment: the packing station while it is open, then papers, tracking and what arrived."""
    at, terms = office.clock.now(), office.house.terms
    staff = who.known.role is not Role.SELLER
    with office.look(who.by) as tx:
        it = look.shown(tx, consignment_id, who.by)
        packs = staff and it.status is ConsignmentStatus.OPEN
        waiting = doors.waiting_units(tx, look.waiting_for(tx, it.destination.id), at, office) if packs else []
        history = [_told(one, it) for one in look.history(tx, consignment_id) if staff or one.kind not in OF_THE_HANDS]
    carton = whole_number(
        request.query_params.get("carton", "") or str((wrong.values if wrong else {}).get("carton", ""))
    )
    chosen = carton if carton is not None and it.carton(carton) else it.cartons[-1].number
    packed = request.query_params.get("packed", "")
    price = doors.price_of(office, it, who.by)
    freight = terms.tariff.freight.get(it.destination.country)
    return page(
        request, office, "consignment.html", who, wrong,
        here=f"/consignments/{consignment_id}", section="/packing" if staff and who.by.role in PACKERS else "/consignments",
        it=it, seen=it.version, staff=staff, late=doors.is_late(it, at), tone=TONES.get(it.status, ""),
        acts={doors.ACT_WORDS[act] for act in packing.open_acts(it, who.by)},
        labels=words.CONSIGNMENT_ACTS, statuses=words.CONSIGNMENT_STATUSES, tracking_statuses=words.TRACKING_STATUSES,
        land=country(it.destination.country, who.language), chosen=chosen,
        packed=_last(it, packed) if packed and not wrong else None,
        cartons=[(one, it.inside(one.number), doors.chargeable(it, one, terms)) for one in it.cartons],
        price=price, rates=None if freight is None else (
            Money(freight.base_minor, terms.tariff.currency), Money(freight.per_kg_minor, terms.tariff.currency)
        ),
        waiting=waiting, held_back=words.HELD_BACK, held_otherwise=words.HELD_OTHERWISE,
        documents=[(name, words.DOCUMENTS[name], freight_papers.number_of(it, name)) for name in freight_papers.NAMES]
        if it.closed_at else [],
        arrivals=[(date.fromisoformat(one.on), one) for one in it.arrivals],
        history=history, happenings=words.CONSIGNMENT_EVENTS, today=at.astimezone(MOSCOW).date().isoformat(),
        movements=[status.value for status in TrackingStatus if status not in (TrackingStatus.DELIVERED, TrackingStatus.LOST)],
        last_moment=last_moment,
    )  # fmt: skip


def _row(it: Consignment, who: Visitor, office: Office) -> Shown:
    return Shown(it, country(it.destination.country, who.language), doors.is_late(it, office.clock.now()))


def _told(happening: Happening, it: Consignment) -> dict[str, Any]:
    """A line of the timeline: the event, and of which unit or carton it is."""
    event = happening.event
    unit = getattr(event, "unit", None) or it.unit(getattr(event, "parcel_id", 0))
    carton = getattr(event, "carton", None)
    number = carton if isinstance(carton, int) else getattr(carton, "number", None)
    said = getattr(event, "said", None)
    return {
        "kind": happening.kind, "role": happening.role, "at": happening.at, "unit": unit.number if unit else "",
        "carton": number, "said": said, "why": getattr(event, "reason", "") or getattr(event, "note", ""),
    }  # fmt: skip


def _last(it: Consignment, code: str) -> Any:
    """The unit that a code just put into a carton: the last one packed, unless it lay there before."""
    read = number_of_ours(code)
    known = [unit for unit in it.units if read in {unit.number, unit.return_number, unit.posting_number}]
    return known[-1] if known else it.units[-1] if it.units else None


# Reading forms


async def _texts(request: Req) -> dict[str, Any]:
    """The fields of a form but its files; several of one name are a list."""
    form = await request.form()
    values: dict[str, Any] = {}
    for name in form:
        found = [one[:2000] for one in form.getall(name) if isinstance(one, str)]
        if found:
            values[name] = found if name == "parcels" else found[0]
    return values


async def _keep_proof(office: Office, request: Req, by: By, values: dict[str, Any]) -> None:
    form = await request.form()
    file = form.get("proof")
    if isinstance(file, UploadFile) and file.filename:
        values["proof"] = await doors.store_document(office, file.read, by)


def _wanted(word: str, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a command that were filled in."""
    names = {field.name for field in msgspec.structs.fields(doors.ACTS[word])}
    found = {
        name: value.strip() if isinstance(value, str) else value for name, value in values.items() if name in names
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def _key(values: dict[str, Any]) -> str:
    return str(values.get("form_token", ""))[:KEY_CHARACTERS_MAX]


def _carton_scanned(consignment_id: int, code: str) -> int | None:
    """The carton whose label was scanned: from here on units go into it."""
    start, _, carton = number_of_ours(code).rpartition("-")
    return whole_number(carton) if start == f"C-{consignment_id}" else None
