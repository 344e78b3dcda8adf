"""The partner's own API v1: parcels, decisions, marks, photos, as JSON. Errors are problem+json with stable codes."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, delete, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta
from msgspec.structs import replace

from backhaul.kit import http, i18n, uploads
from backhaul.kit.description import door
from backhaul.kit.desk import Errand, fingerprint
from backhaul.kit.inbox import MessageView, ReadUntil, inbox
from backhaul.kit.journal import Health
from backhaul.kit.machine import Refused
from backhaul.kit.media import Clip
from backhaul.kit.media_book import Deleted
from backhaul.kit.money import Money
from backhaul.kit.paging import PAGE_ROWS, Limit, paged, part_of
from backhaul.kit.second_factor_steps import sign_in_at_once
from backhaul.partner import (
    access,
    errands,
    inspection_texts,
    lists,
    queries,
    second_check_api,
    seen_photo_api,
    signing_in,
    tables,
    texts,
)
from backhaul.partner.actions import Action, NotAvailable, action, not_available, running_clocks
from backhaul.partner.doors import (
    ACT_WORDS,
    ACTS,
    Numbered,
    Req,
    Summary,
    act,
    store_picture,
    store_video,
    who_said,
)
from backhaul.partner.notice_texts import LANGUAGE
from backhaul.partner.office import Office
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules import freight, photo_codes, standing
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.calendar import timers
from backhaul.partner.rules.clocks import deadline
from backhaul.partner.rules.decisions import concerns, open_acts, shut_acts
from backhaul.partner.rules.destinations import country_of, decisions_for
from backhaul.partner.rules.parcels import Claim, Inspection, Media, Parcel, Shipment
from backhaul.partner.rules.parcels import Disposal as DisposalOfParcel
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import blinded, is_blind
from backhaul.partner.rules.tariff import Tariff
from backhaul.partner.rules.warehouse import shipping_hold
from backhaul.partner.rules.words import COUNTRY_OF, Decision, InspectionStatus, Role, Status
from backhaul.partner.speakers import EVENTS_A_PAGE, IdempotencyKey, IfMatch, change, invalid, upload
from backhaul.partner.speakers import person as _person
from backhaul.partner.speakers import speaker as _speaker
from backhaul.partner.speakers import token_of as _token

# Acts that had no fields at first: an empty body still gives them.
BODY_OPTIONAL = frozenset({do.OrderMedia})


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's login and password. `code`: of the authenticator app, or a recovery code, where the account has a second factor."""

    login: str
    password: str
    code: Annotated[str, Meta(max_length=40)] = ""


class Session(msgspec.Struct, frozen=True):
    """Send it as `Authorization: Bearer TOKEN`."""

    token: str
    role: Role


class Picture(msgspec.Struct, frozen=True):
    """A stored picture; name its id in `photos`."""

    id: str


class ClockView(msgspec.Struct, frozen=True):
    """What the calendar will do by itself, and when."""

    does: str
    at: datetime


class Choice(msgspec.Struct, frozen=True):
    """A decision that is open now, with its price by the tariff; `destination_ids` are the addresses that fit it."""

    decision: Decision
    price: Money
    country: str = ""
    destination_ids: tuple[int, ...] = ()


class ParcelView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel as its reader may see it. Amounts are in minor units, weights in grams, instants UTC.

    `shipping_hold`: the unpaid invoice for which the shipment waits. `rule_on_arrival`: the seller's standing rule by which a
    unit that is still on its way will be disposed of.
    """

    id: int
    number: str
    return_number: str
    status: Status
    version: int
    label: str
    seller_id: int
    unit: e.Unit
    decision: Decision
    inspection: Inspection
    available_actions: tuple[Action, ...]
    not_available: tuple[NotAvailable, ...]
    clocks: tuple[ClockView, ...]
    choices: tuple[Choice, ...] = ()
    decide_by: datetime | None = None
    days_left: int | None = None
    days_moved: int = 0
    decided_at: datetime | None = None
    decided_by: str = ""
    collect_by: datetime | None = None
    pickup_code: str = ""
    destination: e.Destination | None = None
    warehouse: str = ""
    arrived_at: datetime | None = None
    weight_gram: int | None = None
    dispose_on_arrival: bool = False
    lost_at: datetime | None = None
    photos: tuple[str, ...] = ()
    media: Media = Media()
    shipment: Shipment = Shipment()
    disposal: DisposalOfParcel = DisposalOfParcel()
    claim: Claim = Claim()
    shipping_hold: str = ""
    collector: str = ""
    finished_at: datetime | None = None
    deleted_media: tuple[Deleted, ...] = ()
    draw: e.Draw | None = None
    inspection_because: tuple[str, ...] = ()
    rule_on_arrival: e.StandingRule | None = None


class PhotoCode(msgspec.Struct, frozen=True):
    """The code for the frame of the caller's next photos of a parcel; it can be used once."""

    code: str
    valid_until: datetime


class HappeningView(msgspec.Struct, frozen=True):
    """One line of the timeline; `name` is a colleague's, or nothing."""

    seq: int
    kind: str
    label: str
    role: str
    name: str
    at: datetime
    recorded_at: datetime


class NewDestination(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new address for the company's book; a second person confirms it."""

    country: Annotated[str, Meta(max_length=2)]
    city: Annotated[str, Meta(max_length=100)]
    street: Annotated[str, Meta(max_length=300)]
    contact: Annotated[str, Meta(max_length=200)] = ""


def routes(office: Office) -> Router:
    """All of API v1 but what the marketplace sends."""
    acts = [_act_route(office, word, command) for word, command in ACTS.items()]
    handlers = [*_session_routes(office), *_parcel_routes(office), *_book_routes(office), *_other_routes(office), *acts]
    handlers += [
        *_message_routes(office),
        *second_check_api.routes(office, _speaker),
        *seen_photo_api.routes(office, _speaker),
        _photo_code_route(office),
    ]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
    )


def _session_routes(office: Office) -> list[Any]:
    factors = signing_in.doors(office)

    @post("/sessions", status_code=201, summary="Sign in", opt=door(refuses=(401, 403, 429)))
    async def sign_in(request: Req, data: JSONBody[SignIn]) -> Session:
        account, token = await sign_in_at_once(factors, request, data.login[:200], data.password[:200], data.code)
        return Session(token, account.role)

    @delete("/sessions/current", status_code=204, summary="Sign out", opt=door(speaker="nobody"))
    async def sign_out(request: Req) -> None:
        token = _token(request)
        await office.desk.perform(Errand(lambda tx, _: errands.sign_out(tx, token)))

    return [sign_in, sign_out]


def _parcel_routes(office: Office) -> list[Any]:
    @get("/parcels", summary="The caller's parcels, 50 a page: a seller's newest first, the warehouse's oldest first")
    @http.in_thread
    def list_parcels(
        request: Req,
        status: FromQuery[Status | None] = None,
        before: FromQuery[int] = 2**62,
        after: FromQuery[int] = 0,
        code: FromQuery[str] = "",
        limit: Limit = PAGE_ROWS,
    ) -> Response[list[ParcelView]]:
        speaker = _speaker(office, request)
        by = speaker.by
        with office.look(by) as tx:
            if code:
                found = queries.by_ids(tx, queries.by_code(tx, code[:200]))
            elif by.role is Role.SELLER:
                found = queries.parcels_of_company(tx, int(by.subject), (status,) if status else (), before)
            else:
                found = queries.in_status(tx, status or Status.ARRIVED, after)
            around = queries.arounds_of(tx, found)
        language = http.language_of(request)
        part = part_of(found, limit, lists.by_id)
        mine = [it for it in part.rows if concerns(it, by, around(it))]
        views = [parcel_view(office, it, by, around(it), language) for it in mine]
        return Response(views) if code else paged(request, part, views, "before" if by.role is Role.SELLER else "after")

    @get("/parcels/{parcel_id:int}", summary="One parcel")
    @http.in_thread
    def one(request: Req, parcel_id: FromPath[int]) -> Response[ParcelView]:
        by = _speaker(office, request).by
        with office.look(by) as tx:
            it, around = _mine(tx, parcel_id, by)
            deleted = tables.book.told_deleted(tx, queries.shown_photos(it, by) | queries.shown_videos(it))
        view = replace(parcel_view(office, it, by, around, http.language_of(request)), deleted_media=deleted)
        return Response(view, headers={"etag": f'"{it.version}"'})

    @get(
        "/parcels/{parcel_id:int}/events",
        summary="What happened to a parcel, 200 a page; `after` is the last one's seq",
    )
    @http.in_thread
    def events(request: Req, parcel_id: FromPath[int], after: FromQuery[int] = 0) -> list[HappeningView]:
        by, language = _speaker(office, request).by, http.language_of(request)
        with office.look(by) as tx:
            it, around = _mine(tx, parcel_id, by)
            blind = is_blind(it, by, around)
            return [
                HappeningView(h.seq, h.kind, i18n.gettext(language, texts.EVENT_LABELS[h.kind]), h.role,
                              who_said(tx, by, h.role, h.actor), h.at, h.recorded_at)
                for h in queries.history(tx, parcel_id)
                if h.seq > after
                if by.role is not Role.SELLER or not isinstance(h.event, queries.HIDDEN_FROM_SELLERS)
                if not isinstance(h.event, e.MarkProposed) or not blind
            ][:EVENTS_A_PAGE]  # fmt: skip

    return [list_parcels, one, events, *_media_routes(office)]


def _media_routes(office: Office) -> list[Any]:
    @get("/parcels/{parcel_id:int}/photos/{blob_id:str}", summary="A picture of a parcel", media_type="image/jpeg")
    @http.in_thread
    def photo(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = _speaker(office, request).by
        with office.look(by) as tx:
            it, around = _mine(tx, parcel_id, by)
        if blob_id not in queries.shown_photos(blinded(it, by, around), by):
            raise Refused("not_found", "missing")
        return office.media.picture(blob_id)

    @post("/videos", status_code=201, request_max_body_size=uploads.UPLOAD_BYTES_MAX,
          summary="Store a short video (MP4, MOV, WebM or 3GP as the body)",
          description="It is made anew without sound and place, which takes some seconds.",
          opt=door(takes=uploads.FILMS))  # fmt: skip
    async def video(request: Req, key: IdempotencyKey = None) -> Clip:
        speaker = await to_thread.run_sync(_speaker, office, request)
        return Clip(await upload(office, request, speaker, lambda read: store_video(office, read, speaker.by), key))

    def its_video(request: Req, parcel_id: int, blob_id: str) -> None:
        by = _speaker(office, request).by
        with office.look(by) as tx:
            it, _ = _mine(tx, parcel_id, by)
        if blob_id not in queries.shown_videos(it):
            raise Refused("not_found", "missing")

    @get("/parcels/{parcel_id:int}/videos/{blob_id:str}", media_type="video/webm",
         summary="A video of a parcel (WebM); `Range` is understood")  # fmt: skip
    @http.in_thread
    def video_of(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        its_video(request, parcel_id, blob_id)
        return office.media.video(blob_id, request)

    @get("/parcels/{parcel_id:int}/videos/{blob_id:str}/poster", media_type="image/jpeg",
         summary="A picture of a video (JPEG)")  # fmt: skip
    @http.in_thread
    def poster_of(request: Req, parcel_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        its_video(request, parcel_id, blob_id)
        return office.media.poster(blob_id)

    return [photo, video, video_of, poster_of]


def _photo_code_route(office: Office) -> Any:
    @get(
        "/parcels/{parcel_id:int}/photo-code",
        summary="The one-time code that must be in the frame of the caller's photos",
    )
    @http.in_thread
    def photo_code(request: Req, parcel_id: FromPath[int]) -> PhotoCode:
        by, at, policy = _speaker(office, request).by, office.clock.now(), office.house.terms.policy
        if by.role not in (Role.RECEIVER, Role.INSPECTOR, Role.SUPERVISOR):
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            it, _ = _mine(tx, parcel_id, by)
        return PhotoCode(photo_codes.fresh(office.house.photo_key, it, by, at), photo_codes.valid_until(at, policy))

    return photo_code


def _book_routes(office: Office) -> list[Any]:
    @get("/destinations", summary="The company's address book")
    @http.in_thread
    def book(request: Req) -> list[e.Destination]:
        by = _speaker(office, request).by
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            return queries.destinations_of_company(tx, int(by.subject))

    @post("/destinations", status_code=201, summary="Add an address; persons only, no keys")
    async def add(request: Req, data: JSONBody[NewDestination], key: IdempotencyKey = None) -> Response[Numbered]:
        speaker = await to_thread.run_sync(_speaker, office, request)
        account = _person(speaker)
        address = (data.country, data.city, data.street, data.contact)

        def run(tx: Any, at: datetime) -> bytes:
            number = errands.add_destination(tx, account, address, office.house.terms.policy, at)
            return msgspec.json.encode(Numbered(number))

        answer = await office.desk.perform(Errand(run, speaker.caller, key or "", fingerprint(address) if key else b""))
        return http.encoded(answer.body, Numbered, 201)

    @post(
        "/destinations/{destination_id:int}/confirm", status_code=204, summary="Vouch for an address as a second person"
    )
    async def confirm(request: Req, destination_id: FromPath[int], key: IdempotencyKey = None) -> None:
        speaker = await to_thread.run_sync(_speaker, office, request)
        account = _person(speaker)

        def run(tx: Any, at: datetime) -> None:
            errands.confirm_destination(tx, account, destination_id, at)

        await change(office, request, speaker, run, key)

    return [book, add, confirm]


def _message_routes(office: Office) -> list[Any]:
    """What a person is told; API keys read no messages."""

    @get("/messages", summary="The signed-in person's messages, newest first, 50 a page", tags=["messages"])
    @http.in_thread
    def messages(request: Req, before: FromQuery[int] = 2**62, limit: Limit = PAGE_ROWS) -> Response[list[MessageView]]:
        account = _person(_speaker(office, request))
        language = http.language_of(request, account.language)
        with office.look(account.by()) as tx:
            readers, read = access.readers_of(tx, account), access.read_until(tx, account.id)
            found = inbox(tx, office.house.board, LANGUAGE, readers, read, before, language)
        return lists.page(request, found, limit)

    @post("/messages/read", status_code=204, summary="Mark messages as read, up to one", tags=["messages"])
    async def mark(request: Req, data: JSONBody[ReadUntil], key: IdempotencyKey = None) -> None:
        speaker = await to_thread.run_sync(_speaker, office, request)
        account = _person(speaker)
        await change(office, request, speaker, lambda tx, _: errands.mark_read(tx, account, data.until), key, data)

    return [messages, mark]


def _other_routes(office: Office) -> list[Any]:
    @post("/photos", status_code=201, summary="Store a picture (JPEG, PNG or WebP as the body)",
          request_max_body_size=uploads.FILE_BYTES_MAX, opt=door(takes=uploads.PICTURES))  # fmt: skip
    async def photo(request: Req, key: IdempotencyKey = None) -> Picture:
        speaker = await to_thread.run_sync(_speaker, office, request)
        return Picture(
            await upload(office, request, speaker, lambda read: store_picture(office, read, speaker.by), key)
        )

    @get("/tariff", summary="The price list in force")
    @http.in_thread
    def tariff() -> Tariff:
        return office.house.terms.tariff

    @get("/health", summary="Whether the house answers")
    @http.in_thread
    def health() -> Health:
        return office.house.journal.health(office.database)

    return [photo, tariff, health]


def _act_route(office: Office, word: str, command: type[do.Command]) -> Any:
    """POST /parcels/{id}/{act}: one operation an act, its body is the command."""
    label, _ = texts.COMMAND_LABELS[command.__name__]

    async def perform(request: Req, parcel_id: int, data: Any, key: str | None, seen: str | None) -> Response[Summary]:
        speaker = await to_thread.run_sync(_speaker, office, request)
        answer = await act(office, parcel_id, data, speaker.caller, speaker.by, key=key or "", seen=http.version_of(seen),
                           request_id=request.headers.get("x-request-id", "")[:80])  # fmt: skip
        version = msgspec.json.decode(answer.body, type=Summary).version
        return http.encoded(answer.body, Summary, headers={"etag": f'"{version}"'})

    async def with_body(request: Req, parcel_id: FromPath[int], data: Any, key: IdempotencyKey = None,
                        seen: IfMatch = None) -> Response[Summary]:  # fmt: skip
        return await perform(request, parcel_id, data, key, seen)

    async def without_body(request: Req, parcel_id: FromPath[int], key: IdempotencyKey = None,
                           seen: IfMatch = None) -> Response[Summary]:  # fmt: skip
        await http.no_body(request)
        return await perform(request, parcel_id, command(), key, seen)

    async def with_optional_body(request: Req, parcel_id: FromPath[int], data: Any = None, key: IdempotencyKey = None,
                                 seen: IfMatch = None) -> Response[Summary]:  # fmt: skip
        return await perform(request, parcel_id, data or command(), key, seen)

    handler: Any = with_body if msgspec.structs.fields(command) else without_body
    if command in BODY_OPTIONAL:
        handler = with_optional_body
    handler.__name__ = handler.__qualname__ = f"act_{word.replace('-', '_')}"
    if handler is with_body:
        handler.__annotations__["data"] = JSONBody[command]  # type: ignore[misc,valid-type]  # read off the command
    elif handler is with_optional_body:
        handler.__annotations__["data"] = JSONBody[command | None]  # type: ignore[misc,valid-type]  # read off the command
    return post(f"/parcels/{{parcel_id:int}}/{word}", status_code=200, summary=label, description=command.__doc__,
                responses=None, tags=["acts"])(handler)  # fmt: skip


def _mine(tx: Any, parcel_id: int, by: By) -> tuple[Parcel, Around]:
    it = queries.one(tx, parcel_id)
    around = queries.around_of(tx, it) if it is not None else Around()
    if it is None or not concerns(it, by, around):
        raise Refused("not_found", "missing")
    return it, around


def parcel_view(office: Office, it: Parcel, by: By, around: Around, language: str) -> ParcelView:
    it = blinded(it, by, around)
    at, terms = office.clock.now(), office.house.terms
    open_now = open_acts(it, by, at, terms, around)
    decides = do.Decide in open_now
    return ParcelView(
        id=it.id,
        number=it.number,
        return_number=it.unit.return_number,
        status=it.status,
        version=it.version,
        label=i18n.gettext(language, texts.STATUS_LABELS[it.status]),
        seller_id=it.seller_id,
        unit=it.unit,
        decision=it.decision,
        inspection=_for_eyes_of(it.inspection, by),
        available_actions=_actions(it, by, around, office, language, open_now),
        not_available=tuple(
            not_available(ACT_WORDS[command], texts.COMMAND_LABELS[command.__name__][0], refused, language)
            for command, refused in shut_acts(it, by, at, terms, around)
            if command in ACT_WORDS
        ),
        clocks=_clocks(office, it, by),
        choices=_choices(it, by, around, office) if decides else (),
        decide_by=it.decide_by,
        days_left=queries.days_left(it, at),
        days_moved=it.days_moved,
        decided_at=it.decided_at,
        decided_by=it.decided_by,
        collect_by=it.collect_by,
        pickup_code=around.pickup_code if decides and it.decision is Decision.PICKUP else "",
        destination=it.destination,
        warehouse=it.warehouse,
        arrived_at=it.arrived_at,
        weight_gram=it.weight_gram,
        dispose_on_arrival=it.dispose_on_arrival,
        lost_at=it.lost_at,
        photos=tuple(sorted(queries.shown_photos(it, by))),
        media=it.media,
        shipment=it.shipment,
        disposal=it.disposal,
        claim=it.claim,
        shipping_hold=_hold(it, by, at, around),
        collector=it.collector,
        finished_at=it.finished_at,
        draw=it.draw,
        inspection_because=tuple(inspection_texts.reasons(it, terms.policy, language)),
        rule_on_arrival=_rule(it, by, around, terms.policy),
    )


def _actions(it: Parcel, by: By, around: Around, office: Office, language: str, now: list[type]) -> tuple[Action, ...]:
    """The open acts, each with until when it is in time."""
    at, policy = office.clock.now(), office.house.terms.policy
    running = running_clocks(it, around, by, at, policy)
    return tuple(
        action(
            ACT_WORDS[command], texts.COMMAND_LABELS[command.__name__][0], f"/api/v1/parcels/{it.id}/{ACT_WORDS[command]}",
            language, deadline(it, command, running, policy),
        )
        for command in now
        if command in ACT_WORDS
    )  # fmt: skip


def _clocks(office: Office, it: Parcel, by: By) -> tuple[ClockView, ...]:
    """What the calendar will do; what the dock is told is nothing to sellers."""
    return tuple(
        ClockView(type(command).__name__, due)
        for due, command in timers(it, office.house.terms.policy)
        if by.role is not Role.SELLER or not isinstance(command, do.AlarmGate)
    )


def _hold(it: Parcel, by: By, at: datetime, around: Around) -> str:
    """The overdue invoice for which a decided shipment waits; for its seller and for who handles money."""
    waits = it.status is Status.ARRIVED and it.decision in COUNTRY_OF and by.role in (Role.SELLER, Role.SUPERVISOR)
    hold = shipping_hold(at, around) if waits else None
    return "" if hold is None else str(hold.facts["invoice"])


def _rule(it: Parcel, by: By, around: Around, policy: Policy) -> e.StandingRule | None:
    """What a seller reads of a unit that is on its way; where disposal cannot be chosen, no rule applies."""
    coming = it.status is Status.EXPECTED and by.role is Role.SELLER
    applies = coming and policy.disposes_by_choice(it.unit.seller_country)
    return standing.first_fitting(around.rules, it.unit) if applies else None


def _for_eyes_of(inspection: Inspection, by: By) -> Inspection:
    """Sellers read no staff names, and no suspicion before two people are sure."""
    if by.role is not Role.SELLER:
        return inspection
    waits = inspection.status is InspectionStatus.AWAITING_SECOND
    return replace(inspection, status=InspectionStatus.QUEUED if waits else inspection.status, by=(), proposed=None)


def _choices(it: Parcel, by: By, around: Around, office: Office) -> tuple[Choice, ...]:
    terms = office.house.terms
    found = []
    for decision in decisions_for(it.unit.seller_country, terms.policy):
        land = country_of(decision)
        fits = tuple(
            d.id for d in around.destinations.values() if d.country == land and str(d.company_id) == by.subject
        )
        found.append(Choice(decision, freight.quoted(it, decision, terms), land, fits))
    return tuple(found)
