"""Backhaul's own API v1: everything that the pages can do with a return, as JSON. Errors are problem+json with stable codes."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from anyio import to_thread
from litestar import Response, Router, delete, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import ValidationException
from litestar.params import BodyKwarg, FromPath, FromQuery, JSONBody

from backhaul.kit import http, i18n, keys, uploads
from backhaul.kit.desk import Errand
from backhaul.kit.forms import convert
from backhaul.kit.inbox import MessageView, ReadUntil, inbox
from backhaul.kit.journal import Health
from backhaul.kit.machine import Refused
from backhaul.kit.media import Clip
from backhaul.kit.media_book import Deleted
from backhaul.kit.money import Money
from backhaul.marketplace import (
    access,
    bulk,
    cards,
    counter_api,
    errands,
    evidence,
    key_log,
    mailboxes,
    queries,
    report_api,
    tables,
    texts,
    to_decide_api,
)
from backhaul.marketplace.doors import (
    ACT_WORDS,
    ACTS,
    IdempotencyKey,
    IfMatch,
    Req,
    account_of,
    act,
    block_of,
    invalid,
    key_caller,
    start_return,
    store_picture,
    store_video,
)
from backhaul.marketplace.doors import bearer as _by
from backhaul.marketplace.doors import bearer_token as _token
from backhaul.marketplace.doors import trace as _trace
from backhaul.marketplace.notice_texts import LANGUAGE
from backhaul.marketplace.office import Office
from backhaul.marketplace.reason_names import name_in
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.blocks import Block
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.decisions import By, concerns, open_acts
from backhaul.marketplace.rules.returns import Claim, Compensation, ParcelMirror, Refund, Return
from backhaul.marketplace.rules.words import Role, Status
from backhaul.marketplace.to_decide_api import Text, Wanted


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's login and password."""

    login: str
    password: str


class Session(msgspec.Struct, frozen=True):
    """Send it as `Authorization: Bearer TOKEN`."""

    token: str
    role: Role


class Picture(msgspec.Struct, frozen=True):
    """A stored picture; name its id in `photos`."""

    id: str


class OpenAct(msgspec.Struct, frozen=True):
    """Something that the caller may do now."""

    act: str
    label: str
    href: str


class ClockView(msgspec.Struct, frozen=True):
    """What the calendar will do by itself, and when."""

    does: str
    at: datetime


class ReturnView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A return as its reader may see it. Amounts are in minor units, weights in grams, instants UTC."""

    id: int
    number: str
    status: Status
    version: int
    label: str
    seller_id: int
    posting_number: str
    name: str
    offer_id: str
    sku: int
    price: Money
    weight_gram: int
    reason: str
    comment: str
    photos: tuple[str, ...]
    requested_at: datetime
    available_actions: tuple[OpenAct, ...]
    clocks: tuple[ClockView, ...]
    act_by: datetime | None = None
    offers: tuple[Money, ...] = ()
    reason_label: str = ""
    rejection_reason: str = ""
    rejection_label: str = ""
    rejection_comment: str = ""
    refused_because: str = ""
    point_id: str = ""
    route: str | None = None
    refund: Refund | None = None
    compensation: Compensation | None = None
    claim: Claim | None = None
    parcel: ParcelMirror | None = None
    rule_card: cards.UnitRulesView | None = None
    videos: tuple[str, ...] = ()
    deleted_media: tuple[Deleted, ...] = ()


class BulkOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`act` is approve, reject or refund-without-return; `body` is what that act takes; at most 500 items."""

    act: str
    items: tuple[bulk.Item, ...]
    body: dict[str, Any] = msgspec.field(default_factory=dict)


class BulkResult(msgspec.Struct, frozen=True):
    """How many were done, and what became of each, in the order of the items."""

    done: int
    results: tuple[bulk.Outcome, ...]


class MailAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a person's messages also go; empty: nowhere."""

    email: str


class HappeningView(msgspec.Struct, frozen=True):
    """One line of the timeline."""

    seq: int
    kind: str
    label: str
    role: str
    at: datetime
    recorded_at: datetime


class OrderLineView(msgspec.Struct, frozen=True):
    """A delivered order line; `units_free` can still be returned. `windows`: until when; none where no rule is on file."""

    line_id: int
    posting_number: str
    name: str
    quantity: int
    units_free: int
    price: Money
    windows: cards.WindowsView | None = None


def routes(office: Office) -> Router:
    """All of API v1 but what the partner uses."""

    @post("/sessions", status_code=201, summary="Sign in")
    async def sign_in(data: JSONBody[SignIn]) -> Session:
        def find() -> access.Account | None:
            with office.database.read() as tx:
                return access.account_of_login(tx, data.login, data.password)

        account = await to_thread.run_sync(find)
        if account is None:
            raise Refused("sign_in_failed", "unknown")
        token = keys.session_token(office.chance)
        await office.desk.perform(Errand(lambda tx, at: errands.sign_in(tx, account, token, at)))
        return Session(token, account.role)

    @delete("/sessions/current", status_code=204, summary="Sign out")
    async def sign_out(request: Req) -> None:
        token = _token(request)
        await office.desk.perform(Errand(lambda tx, _: errands.sign_out(tx, token)))

    @get("/orders", summary="A customer's delivered order lines")
    @http.in_thread
    def orders(request: Req) -> list[OrderLineView]:
        by = _by(office, request)
        at, terms = office.clock.now(), office.house.terms
        with office.database.read() as tx:
            lines = queries.lines_of_customer(tx, by.subject) if by.role is Role.CUSTOMER else []
        return [
            OrderLineView(o.id, o.line.posting_number, o.line.name, o.line.quantity, o.units_free,
                          Money(o.line.paid_price_rub_minor), cards.windows_of_line(o.line, terms, at))
            for o in lines
        ]  # fmt: skip

    @post("/orders/{line_id:int}/returns", status_code=201, summary="Start a return of one unit")
    async def start(
        request: Req, line_id: FromPath[int], data: JSONBody[do.RequestReturn], key: IdempotencyKey = None
    ) -> Response[bytes]:
        by = await to_thread.run_sync(_by, office, request)
        answer = await start_return(office, line_id, data, by, key=key or "", request_id=_trace(request))
        return Response(answer.body, status_code=201, media_type="application/json")

    @get("/returns/{return_id:int}", summary="One return")
    @http.in_thread
    def one(request: Req, return_id: FromPath[int]) -> Response[ReturnView]:
        by = _by(office, request)
        with office.database.read() as tx:
            it = queries.one(tx, return_id)
            block = block_of(tx, by, office.clock.now())
            ids = queries.shown_photos(it, by) | queries.shown_videos(it) if it is not None else ()
            deleted = tables.book.told_deleted(tx, ids)
        if it is None or not concerns(it, by):
            raise Refused("not_found", "missing")
        view = _view(office, it, by, http.language_of(request), block, in_full=True)
        view = msgspec.structs.replace(view, deleted_media=deleted)
        return Response(view, headers={"etag": f'"{it.version}"'})

    @get("/returns/{return_id:int}/events", summary="What happened to a return")
    @http.in_thread
    def events(request: Req, return_id: FromPath[int]) -> list[HappeningView]:
        by = _by(office, request)
        language = http.language_of(request)
        with office.database.read() as tx:
            it = queries.one(tx, return_id)
            if it is None or not concerns(it, by) or by.role is Role.CUSTOMER:
                raise Refused("not_found", "missing")
            history = queries.history(tx, return_id)
        return [
            HappeningView(
                h.seq, h.kind, i18n.gettext(language, texts.EVENT_LABELS[h.kind]), h.role, h.at, h.recorded_at
            )
            for h in history
        ]

    @get("/health", summary="Whether the house answers")
    @http.in_thread
    def health() -> Health:
        return office.house.journal.health(office.database)

    acts = [_act_route(office, word, command) for word, command in ACTS.items()]
    handlers: list[Any] = [
        sign_in,
        sign_out,
        orders,
        start,
        _list_route(office),
        one,
        events,
        health,
        *_photos(office),
        *acts,
    ]
    handlers += [_many_route(office), _rule_cards(office), *report_api.handlers(office, _by)]
    handlers += [*counter_api.handlers(office, _by), *to_decide_api.handlers(office, _by)]
    handlers += _message_routes(office)
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
    )


def _list_route(office: Office) -> Any:
    @get("/returns", summary="The caller's returns, newest first, 50 a page", description=to_decide_api.FILTERED,
         response_headers=to_decide_api.NEXT, dependencies=to_decide_api.FILTERING)  # fmt: skip
    @http.in_thread
    def list_returns(request: Req, wanted: Wanted, before: FromQuery[int] = 2**62, after: Text = "",
                     to_decide: FromQuery[Literal["true", "false"]] = "false") -> Response[list[ReturnView]]:  # fmt: skip
        by = _by(office, request)
        headers: dict[str, str] = {}
        with office.database.read() as tx:
            if wanted.said or to_decide == "true":
                place = after if to_decide == "true" else None
                found, headers = to_decide_api.listed(tx, office, by, wanted, before, place)
            else:
                found = _mine(tx, by, before)
            block = block_of(tx, by, office.clock.now())
        language = http.language_of(request)
        return Response([_view(office, it, by, language, block) for it in found if concerns(it, by)], headers=headers)

    return list_returns


def _photos(office: Office) -> list[Any]:
    @post("/photos", status_code=201, summary="Store a picture (JPEG, PNG or WebP as the body)",
          request_max_body_size=uploads.FILE_BYTES_MAX)  # fmt: skip
    async def photo(request: Req) -> Picture:
        by = await to_thread.run_sync(_by, office, request)
        return Picture(await store_picture(office, request.body, by))

    @get("/returns/{return_id:int}/photos/{blob_id:str}", media_type="image/jpeg", summary="A photo of a return (JPEG)")
    @http.in_thread
    def photo_of(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = _by(office, request)
        with office.database.read() as tx:
            it = queries.one(tx, return_id)
        if it is None or not concerns(it, by) or blob_id not in queries.shown_photos(it, by):
            raise Refused("not_found", "missing")
        return Response(evidence.picture(office, it, blob_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    @post("/videos", status_code=201, request_max_body_size=uploads.UPLOAD_BYTES_MAX,
          summary="Store a short video (MP4, MOV, WebM or 3GP as the body)",
          description="It is made anew without sound and place, which takes some seconds.")  # fmt: skip
    async def video(request: Req) -> Clip:
        by = await to_thread.run_sync(_by, office, request)
        return Clip(await store_video(office, request.body, by))

    def its_video(request: Req, return_id: int, blob_id: str) -> None:
        by = _by(office, request)
        with office.database.read() as tx:
            it = queries.one(tx, return_id)
        if it is None or not concerns(it, by) or blob_id not in queries.shown_videos(it):
            raise Refused("not_found", "missing")

    @get("/returns/{return_id:int}/videos/{blob_id:str}", media_type="video/webm",
         summary="A video of a return (WebM); `Range` is understood")  # fmt: skip
    @http.in_thread
    def video_of(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        its_video(request, return_id, blob_id)
        return office.media.video(blob_id, request)

    @get("/returns/{return_id:int}/videos/{blob_id:str}/poster", media_type="image/jpeg",
         summary="A picture of a video (JPEG)")  # fmt: skip
    @http.in_thread
    def poster_of(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        its_video(request, return_id, blob_id)
        return office.media.poster(blob_id)

    return [photo, photo_of, video, video_of, poster_of]


def _many_route(office: Office) -> Any:
    @post(
        "/returns/bulk", status_code=200, summary="The same act on many returns, with a result for each", tags=["acts"]
    )
    async def many(request: Req, data: JSONBody[BulkOrder], key: IdempotencyKey = None) -> BulkResult:
        command = ACTS.get(data.act)
        if command not in bulk.BULK_ACTS:
            raise Refused("unknown_act", "invalid", "act", act=data.act[:40])
        key_held = key_caller(request)
        caller = await to_thread.run_sync(_by, office, request) if key_held is None else key_held
        given = convert(command, data.body)
        outcomes = await bulk.perform(office, data.items, given, caller, http.language_of(request), key=key or "",
                                      request_id=_trace(request))  # fmt: skip
        return BulkResult(sum(outcome.done for outcome in outcomes), tuple(outcomes))

    return many


def _rule_cards(office: Office) -> Any:
    @get("/rule-cards", summary="The rule cards in force now or at an instant: all of them, or the one of a category")
    @http.in_thread
    def rule_cards(
        request: Req, category: FromQuery[str] = "", at: FromQuery[datetime | None] = None
    ) -> cards.RuleCardsView:
        moment = at or office.clock.now()
        if moment.tzinfo is None:
            raise Refused("field_invalid", "invalid", "at", reason="no time zone")
        return cards.cards_in_force(office.house.terms, category, moment, http.language_of(request))

    return rule_cards


def _message_routes(office: Office) -> list[Any]:
    """What a person is told; API keys read no messages."""

    @get("/messages", summary="The signed-in person's messages, newest first, 50 a page", tags=["messages"])
    @http.in_thread
    def messages(request: Req, before: FromQuery[int] = 2**62) -> list[MessageView]:
        account = account_of(office, request)
        language = http.language_of(request, account.language)
        with office.database.read() as tx:
            read = mailboxes.read_until(tx, account.id)
            return inbox(tx, office.house.board, LANGUAGE, mailboxes.readers_of(account), read, before, language)

    @post("/messages/read", status_code=204, summary="Mark messages as read, up to one", tags=["messages"])
    async def mark(request: Req, data: JSONBody[ReadUntil]) -> None:
        account = await to_thread.run_sync(account_of, office, request)
        await office.desk.perform(Errand(lambda tx, _: errands.mark_read(tx, account, data.until)))

    @post("/messages/email", status_code=204, summary="Say where messages also go", tags=["messages"])
    async def email(request: Req, data: JSONBody[MailAddress]) -> None:
        account = await to_thread.run_sync(account_of, office, request)
        await office.desk.perform(Errand(lambda tx, _: errands.set_email(tx, account, data.email)))

    return [messages, mark, email]


def _act_route(office: Office, word: str, command: type[do.Command]) -> Any:
    """POST /returns/{id}/{act}: one operation an act, its body is the command."""
    label, hint = texts.COMMAND_LABELS[command.__name__]

    async def perform(request: Req, return_id: int, data: Any, key: str | None, seen: str | None) -> Response[bytes]:
        caller = key_caller(request)
        by = await to_thread.run_sync(_by, office, request) if caller is None else caller
        answer = await act(office, return_id, data, by, key=key or "", request_id=_trace(request),
                           seen=http.version_of(seen))  # fmt: skip
        if caller is not None and key_log.use_is_due(office, caller):
            await to_thread.run_sync(key_log.note_use, office, caller, request.url.path)
        return Response(answer.body, media_type="application/json", status_code=200)

    async def with_body(request: Req, return_id: FromPath[int], data: Any, key: IdempotencyKey = None,
                        seen: IfMatch = None) -> Response[bytes]:  # fmt: skip
        return await perform(request, return_id, data, key, seen)

    async def without_body(request: Req, return_id: FromPath[int], key: IdempotencyKey = None,
                           seen: IfMatch = None) -> Response[bytes]:  # fmt: skip
        await http.no_body(request)
        return await perform(request, return_id, command(), key, seen)

    handler: Any = with_body if msgspec.structs.fields(command) else without_body
    handler.__name__ = handler.__qualname__ = f"act_{word.replace('-', '_')}"
    if handler is with_body:
        handler.__annotations__["data"] = Annotated[command, BodyKwarg(media_type=RequestEncodingType.JSON)]
    return post(f"/returns/{{return_id:int}}/{word}", status_code=200, summary=label, description=hint,
                responses=None, tags=["acts"])(handler)  # fmt: skip


def _mine(tx: Any, by: By, before: int) -> list[Return]:
    if by.role is Role.CUSTOMER:
        return queries.of_customer(tx, by.subject, before)
    if by.role is Role.SELLER:
        return queries.of_seller(tx, int(by.subject), before=before)
    if by.role is Role.CLERK:
        return queries.at_point(tx, by.subject, Status.AWAITING_DROPOFF)
    return queries.in_status(tx, Status.PRE_MODERATION, Status.DISPUTE, before=before)


def _view(office: Office, it: Return, by: By, language: str, block: Block | None = None, *,
          in_full: bool = False) -> ReturnView:  # fmt: skip
    """`in_full`: with the rule card, for those who decide."""
    at = office.clock.now()
    terms = office.house.terms
    acts = [c for c in open_acts(it, by, at, terms, block) if c in ACT_WORDS]
    open_now = tuple(
        OpenAct(
            ACT_WORDS[c],
            i18n.gettext(language, texts.COMMAND_LABELS[c.__name__][0]),
            f"/api/v1/returns/{it.id}/{ACT_WORDS[c]}",
        )
        for c in acts
    )
    inside = by.role is not Role.CUSTOMER
    return ReturnView(
        id=it.id,
        number=it.number,
        status=it.status,
        version=it.version,
        label=i18n.gettext(language, texts.STATUS_LABELS[it.status]),
        seller_id=it.seller_id,
        posting_number=it.line.posting_number,
        name=it.line.name,
        offer_id=it.line.offer_id,
        sku=it.line.sku,
        price=it.line.price if inside else it.line.paid,
        weight_gram=it.line.weight_gram,
        reason=it.reason,
        comment=it.comment,
        photos=tuple(sorted(queries.shown_photos(it, by))),
        videos=it.videos,
        requested_at=it.requested_at,
        available_actions=open_now,
        clocks=tuple(ClockView(type(c).__name__, due) for due, c in timers(it, terms.policy)) if inside else (),
        act_by=it.act_by,
        offers=it.offers,
        reason_label=name_in(terms.reasons, it.reason, language),
        rejection_reason=it.rejection_reason,
        rejection_label=name_in(terms.rejections, it.rejection_reason, language),
        rejection_comment=it.rejection_comment,
        refused_because=it.refused_because,
        point_id=it.point_id,
        route=it.route if inside else None,
        refund=it.refund,
        compensation=it.compensation if inside else None,
        claim=it.claim if inside else None,
        parcel=it.parcel if inside else None,
        rule_card=cards.rules_of_return(it, terms, at, language) if in_full and by.role in cards.READS_RULES else None,
    )
