"""Backhaul's own API v1: everything that the pages can do with a return, as JSON. Errors are problem+json with stable codes."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, delete, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import ValidationException
from litestar.params import BodyKwarg, FromPath, FromQuery, JSONBody, QueryParameter

from backhaul.kit import http, uploads
from backhaul.kit.database import Tx
from backhaul.kit.description import door
from backhaul.kit.desk import Errand
from backhaul.kit.inbox import MessageView, ReadUntil, inbox
from backhaul.kit.journal import Health
from backhaul.kit.machine import Refused
from backhaul.kit.media import Clip
from backhaul.kit.money import Money
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, paged, part_of
from backhaul.kit.second_factor_steps import sign_in_at_once
from backhaul.marketplace import (
    bulk_api,
    cards,
    counter_api,
    errands,
    evidence,
    key_log,
    mailboxes,
    queries,
    report_api,
    returns_api,
    signing_in,
    texts,
    to_decide_api,
)
from backhaul.marketplace.doors import (
    ACTS,
    IdempotencyKey,
    IfMatch,
    Req,
    Started,
    Summary,
    account_of,
    act,
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
from backhaul.marketplace.repeats import once, own_errand
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import concerns
from backhaul.marketplace.rules.words import Role

Delivered = Annotated[
    str,
    QueryParameter(pattern=r"^([0-9]{1,18}-[0-9]{1,18})?$", description="The cursor of the page: take it from `Link`"),
]


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's login and password. `code`: of the authenticator app, or a recovery code, where the account has a second factor."""

    login: str
    password: str
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Session(msgspec.Struct, frozen=True):
    """Send it as `Authorization: Bearer TOKEN`."""

    token: str
    role: Role


class Picture(msgspec.Struct, frozen=True):
    """A stored picture; name its id in `photos`."""

    id: str


class MailAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a person's messages also go; empty: nowhere."""

    email: str


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

    factors = signing_in.doors(office)

    @post("/sessions", status_code=201, summary="Sign in", opt=door(refuses=(401, 403, 429)))
    async def sign_in(request: Req, data: JSONBody[SignIn]) -> Session:
        account, token = await sign_in_at_once(factors, request, data.login, data.password, data.code)
        return Session(token, account.role)

    @delete("/sessions/current", status_code=204, summary="Sign out", opt=door(speaker="nobody"))
    async def sign_out(request: Req) -> None:
        token = _token(request)
        await office.desk.perform(Errand(lambda tx, _: errands.sign_out(tx, token)))

    @get("/orders", summary="A customer's delivered order lines, the latest delivery first")
    @http.in_thread
    def orders(request: Req, after: Delivered = "", limit: Limit = PAGE_ROWS) -> Response[list[OrderLineView]]:
        by = _by(office, request)
        at, terms = office.clock.now(), office.house.terms
        us, _, number = after.partition("-")
        place = (int(us), int(number)) if after else (NEWEST, 0)
        with office.look(by) as tx:
            found = queries.lines_after(tx, by.subject, place) if by.role is Role.CUSTOMER else []
        part = part_of(found, limit, lambda o: f"{o.line.delivered_at_us}-{o.id}")
        views = [
            OrderLineView(o.id, o.line.posting_number, o.line.name, o.line.quantity, o.units_free,
                          Money(o.line.paid_price_rub_minor), cards.windows_of_line(o.line, terms, at))
            for o in part.rows
        ]  # fmt: skip
        return paged(request, part, views, "after")

    @post("/orders/{line_id:int}/returns", status_code=201, summary="Start a return of one unit")
    async def start(
        request: Req, line_id: FromPath[int], data: JSONBody[do.RequestReturn], key: IdempotencyKey = None
    ) -> Response[Started]:
        by = await to_thread.run_sync(_by, office, request)
        answer = await start_return(office, line_id, data, by, key=key or "", request_id=_trace(request))
        return http.encoded(answer.body, Started, 201)

    @get("/health", summary="Whether the house answers")
    @http.in_thread
    def health() -> Health:
        return office.house.journal.health(office.database)

    acts = [_act_route(office, word, command) for word, command in ACTS.items()]
    handlers: list[Any] = [sign_in, sign_out, orders, start, health, *_photos(office), *acts]
    handlers += [
        _rule_cards(office),
        *returns_api.handlers(office),
        *bulk_api.handlers(office),
        *report_api.handlers(office, _by),
    ]
    handlers += [*counter_api.handlers(office, _by), *to_decide_api.handlers(office, _by)]
    handlers += _message_routes(office)
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
    )


def _photos(office: Office) -> list[Any]:
    @post("/photos", status_code=201, summary="Store a picture (JPEG, PNG or WebP as the body)",
          request_max_body_size=uploads.FILE_BYTES_MAX, opt=door(takes=uploads.PICTURES))  # fmt: skip
    async def photo(request: Req, key: IdempotencyKey = None) -> Picture:
        by = await to_thread.run_sync(_by, office, request)

        async def keep() -> bytes:
            return (await store_picture(office, request.body, by)).encode()

        return Picture((await once(office, request, by, key, await _sent(request, key), keep)).decode())

    @get("/returns/{return_id:int}/photos/{blob_id:str}", media_type="image/jpeg", summary="A photo of a return (JPEG)")
    @http.in_thread
    def photo_of(request: Req, return_id: FromPath[int], blob_id: FromPath[str]) -> Response[bytes]:
        by = _by(office, request)
        with office.look(by) as tx:
            it = queries.one(tx, return_id)
        if it is None or not concerns(it, by) or blob_id not in queries.shown_photos(it, by):
            raise Refused("not_found", "missing")
        return Response(evidence.picture(office, it, blob_id), media_type="image/jpeg", headers=http.FILE_HEADERS)

    @post("/videos", status_code=201, request_max_body_size=uploads.UPLOAD_BYTES_MAX,
          summary="Store a short video (MP4, MOV, WebM or 3GP as the body)",
          description="It is made anew without sound and place, which takes some seconds.",
          opt=door(takes=uploads.FILMS))  # fmt: skip
    async def video(request: Req, key: IdempotencyKey = None) -> Clip:
        by = await to_thread.run_sync(_by, office, request)

        async def keep() -> bytes:
            return (await store_video(office, request.body, by)).encode()

        return Clip((await once(office, request, by, key, await _sent(request, key), keep)).decode())

    def its_video(request: Req, return_id: int, blob_id: str) -> None:
        by = _by(office, request)
        with office.look(by) as tx:
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


async def _sent(request: Req, key: str | None) -> str:
    """What stands for the file that was sent: only a key asks for it."""
    return sha256(await request.body()).hexdigest() if key else ""


def _rule_cards(office: Office) -> Any:
    @get("/rule-cards", summary="The rule cards in force now or at an instant: all of them, or the one of a category",
         opt=door(speaker="nobody"))  # fmt: skip
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

    @get("/messages", summary="The signed-in person's messages, newest first", tags=["messages"])
    @http.in_thread
    def messages(request: Req, before: Before = NEWEST, limit: Limit = PAGE_ROWS) -> Response[list[MessageView]]:
        account = account_of(office, request)
        language = http.language_of(request, account.language)
        with office.look(account.by()) as tx:
            read = mailboxes.read_until(tx, account.id)
            found = inbox(tx, office.house.board, LANGUAGE, mailboxes.readers_of(account), read, before, language)
        part = part_of(found, limit, lambda one: one.id)
        return paged(request, part, list(part.rows))

    @post("/messages/read", status_code=204, summary="Mark messages as read, up to one", tags=["messages"])
    async def mark(request: Req, data: JSONBody[ReadUntil], key: IdempotencyKey = None) -> None:
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, _: datetime) -> None:
            errands.mark_read(tx, account, data.until)

        await office.desk.perform(own_errand(request, account, run, key, data))

    @post("/messages/email", status_code=204, summary="Say where messages also go", tags=["messages"])
    async def email(request: Req, data: JSONBody[MailAddress], key: IdempotencyKey = None) -> None:
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, _: datetime) -> None:
            errands.set_email(tx, account, data.email)

        await office.desk.perform(own_errand(request, account, run, key, data))

    return [messages, mark, email]


def _act_route(office: Office, word: str, command: type[do.Command]) -> Any:
    """POST /returns/{id}/{act}: one operation an act, its body is the command."""
    label, hint = texts.COMMAND_LABELS[command.__name__]

    async def perform(request: Req, return_id: int, data: Any, key: str | None, seen: str | None) -> Response[Summary]:
        caller = key_caller(request)
        by = await to_thread.run_sync(_by, office, request) if caller is None else caller
        answer = await act(office, return_id, data, by, key=key or "", request_id=_trace(request),
                           seen=http.version_of(seen))  # fmt: skip
        if caller is not None and key_log.use_is_due(office, caller):
            await to_thread.run_sync(key_log.note_use, office, caller, request.url.path)
        return http.encoded(answer.body, Summary)

    async def with_body(request: Req, return_id: FromPath[int], data: Any, key: IdempotencyKey = None,
                        seen: IfMatch = None) -> Response[Summary]:  # fmt: skip
        return await perform(request, return_id, data, key, seen)

    async def without_body(request: Req, return_id: FromPath[int], key: IdempotencyKey = None,
                           seen: IfMatch = None) -> Response[Summary]:  # fmt: skip
        await http.no_body(request)
        return await perform(request, return_id, command(), key, seen)

    handler: Any = with_body if msgspec.structs.fields(command) else without_body
    handler.__name__ = handler.__qualname__ = f"act_{word.replace('-', '_')}"
    if handler is with_body:
        handler.__annotations__["data"] = Annotated[command, BodyKwarg(media_type=RequestEncodingType.JSON)]
    return post(f"/returns/{{return_id:int}}/{word}", status_code=200, summary=label, description=hint,
                responses=None, tags=["acts"])(handler)  # fmt: skip
