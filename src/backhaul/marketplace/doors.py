"""What pages and API share: who is there, forms and pictures, one act on one return."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Request, Response
from litestar.exceptions import ValidationException
from litestar.params import HeaderParameter

from backhaul.kit import forms, http, uploads
from backhaul.kit.database import Tx
from backhaul.kit.desk import Answer, Errand, Order, fingerprint
from backhaul.kit.machine import Refused
from backhaul.kit.media import Uploader
from backhaul.marketplace import access, block_queries, key_log, mailboxes, queries, refusal_texts, signing_in, texts
from backhaul.marketplace.office import Office
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.lifecycle import TABLES
from backhaul.marketplace.rules.policy import Terms
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import METHODS, Role

SESSION_COOKIE = signing_in.SESSION_COOKIE
WHAT_CHARACTERS_MAX = 120
TRACE_CHARACTERS_MAX = 80
Req = Request[Any, Any, Any]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", max_length=255, description="Same key and body: same answer, once."),
]
IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description='The version you saw, as "7".')]
Words = Annotated[str, msgspec.Meta(max_length=1000, pattern="^[^\x00]*$")]

# Acts by their word in the URL: /returns/7/approve, /api/v1/returns/7/approve.
ACTS: dict[str, type[do.Command]] = {
    "".join(f"-{c.lower()}" if c.isupper() else c for c in act.__name__).lstrip("-"): act
    for act in TABLES
    if act.__name__ in texts.COMMAND_LABELS
}
ACT_WORDS = {act: word for word, act in ACTS.items()}
# The same for a customer's block: /blocks/3/lift, /my-block/appeal.
BLOCK_ACTS: dict[str, type[b.Command]] = {
    "appeal": b.Appeal, "decide-appeal": b.DecideAppeal, "raise-level": b.RaiseLevel, "lift": b.Lift,
}  # fmt: skip
BLOCK_ACT_WORDS: dict[type, str] = {act: word for word, act in BLOCK_ACTS.items()}


class Visitor(msgspec.Struct, frozen=True):
    """Who looks at a page, and in which language. `block`: what stands between a customer and a new return."""

    account: access.Account | None
    language: str
    block: b.Block | None = None
    unread: int = 0

    @property
    def by(self) -> By:
        """The signed-in person as the law sees them; `Refused` when nobody is signed in."""
        if self.account is None:
            raise Refused("sign_in_needed", "unknown")
        return self.account.by()


def visitor(office: Office, request: Req) -> Visitor:
    """Read the session cookie; for handlers that run in a thread."""
    token = request.cookies.get(SESSION_COOKIE, "")
    account, block, unread = None, None, 0
    if token:
        with office.database.read() as tx:
            account = signing_in.account_of_session(office, tx, token)
            if account is not None:
                http.note(request, role=account.role)
                block = block_of(tx, account.by(), office.clock.now())
                read = mailboxes.read_until(tx, account.id)
                unread = office.house.board.unread(tx, mailboxes.readers_of(account), read)
    return Visitor(account, http.language_of(request, account.language if account else ""), block, unread)


async def visitor_async(office: Office, request: Req) -> Visitor:
    """The same for coroutines."""
    return await to_thread.run_sync(visitor, office, request)


def explain(refused: Refused, language: str) -> str:
    """A refusal for people: fields by their labels, states and acts in their words."""
    return refusal_texts.explain(refused, language)


def problem(refused: Refused, language: str, status: int | None = None) -> Response[bytes]:
    """The refusal for a program: fields by their names, facts as they are."""
    return http.problem(refused, language, refusal_texts.texts_for(refused), status, refusal_texts.WORDS)


def block_of(tx: Tx, by: By, at: datetime) -> b.Block | None:
    """The block that keeps this customer from something now."""
    found = block_queries.standing(tx, [by.subject]).get(by.subject) if by.role is Role.CUSTOMER else None
    return found if found is not None and b.stands(found, at) else None


def door_of(request: Req) -> str:
    """The door as it was called: an `Idempotency-Key` of one is none of another."""
    return f"{request.method} {request.url.path}"


def errand_by(request: Req, by: By, run: Callable[[Tx, datetime], bytes | None], key: str | None = None,
              said: object = None) -> Errand:  # fmt: skip
    """A change that somebody asks for. `said` is what a request with the same `key` must say again at the same door."""
    door = door_of(request)
    body_hash = fingerprint((door, said)) if key else b""
    return Errand(run, access.Known(by), key or "", body_hash, door[:WHAT_CHARACTERS_MAX])


def persons_errand(request: Req, account: access.Account, run: Callable[[Tx, datetime], bytes | None],
                   key: str | None = None, said: object = None) -> Errand:  # fmt: skip
    """The same for somebody with a session."""
    return errand_by(request, account.by(), run, key, said)


def address_of(request: Req) -> str:
    """Where a call comes from: the connection's other end, or what a configured proxy says of it."""
    return request.client.host if request.client else ""


def bearer_token(request: Req) -> str:
    """The token of `Authorization: Bearer TOKEN`: a session's or an API key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def key_caller(request: Req) -> access.KeyCaller | None:
    """The API key that calls API v1, if one does."""
    token = bearer_token(request)
    if not token.startswith("bh_"):
        return None
    http.note(request, role="key")
    return access.KeyCaller(None, token, address_of(request))


def account_of(office: Office, request: Req) -> access.Account:
    """Who holds this session token. No key gets past here: what is done to keys and users is done by persons."""
    caller = key_caller(request)
    if caller is not None:
        refused = Refused("session_needed", "forbidden")
        key_log.note_refusal(office, caller, f"{request.method} {request.url.path}", refused)
        raise refused
    with office.database.read() as tx:
        account = signing_in.account_of_session(office, tx, bearer_token(request))
    if account is None:
        raise Refused("sign_in_needed", "unknown")
    http.note(request, role=account.role)
    return account


def bearer(office: Office, request: Req) -> By:
    """Who holds this session token or API key; cookies do not count here, so no other site's form can speak."""
    caller = key_caller(request)
    if caller is None:
        return account_of(office, request).by()
    with office.database.read() as tx:
        found = access.key_of(tx, caller, office.clock.now())
    if isinstance(found, Refused):
        key_log.note_refusal(office, caller, request.url.path, found)
        raise found
    key_log.note_use(office, caller, request.url.path)
    return found[0]


def trace(request: Req) -> str:
    """The id by which the caller follows this request."""
    return request.headers.get("x-request-id", "")[:TRACE_CHARACTERS_MAX]


def invalid(request: Req, error: ValidationException) -> Response[bytes]:
    """A body of API v1 that does not fit its shape."""
    return problem(http.misfit_of(error), http.language_of(request))


def choices(command: type, terms: Terms, point_ids: Iterable[str] = ()) -> dict[str, Iterable[str]]:
    """The catalogues behind a command's text fields."""
    if command is do.Reject:
        return {"reason": tuple(entry.code for entry in terms.rejections.active())}
    if command in (do.ChoosePoint, do.CheckIn):
        return {"point_id": tuple(point_ids)}
    if command is do.CertifyDisposal:
        return {"method": METHODS}
    return {}


async def read_form(office: Office, request: Req, by: By, values: dict[str, Any]) -> None:
    """Fill `values` from a sent form; ids of stored files are `photos` and `videos`. A refusal loses nothing that was filled in."""
    await uploads.read_form(
        request, values,
        photos=lambda read: store_picture(office, read, by),
        scale_photos=lambda read: store_picture(office, read, by), videos=lambda read: store_video(office, read, by),
    )  # fmt: skip


async def store_picture(office: Office, read: uploads.Read, by: By) -> str:
    """Rebuild, store and remember one picture; its id."""
    return await office.media.keep_picture(read, uploader(by))


async def store_video(office: Office, read: uploads.Read, by: By) -> str:
    """The same for a short video and its poster; the id of the video."""
    policy = office.house.terms.policy
    return await office.media.keep_video(read, policy.video_mb_max, policy.video_seconds_max, uploader(by))


def uploader(by: By) -> Uploader:
    """Who brings a file; who may only read brings none."""
    if not by.writes:
        raise Refused("role_read_only", "forbidden")
    return Uploader(access.Known(by), queries.uploader_of(by))


async def check_names(office: Office, command: Any, by: By) -> None:
    """A command may only name pictures and videos that its giver uploaded, and pick-up points that exist."""
    named = {field: getattr(command, field, ()) for field in ("photos", "scale_photos", "videos")}
    chosen = command.point_id if isinstance(command, do.ChoosePoint) else ""

    def look() -> None:
        with office.look(by) as tx:
            for field, ids in named.items():
                if not queries.has_photos(tx, by, ids):
                    raise Refused("videos_unknown" if field == "videos" else "photos_unknown", "invalid", field)
            known = queries.pickup_points(tx) if chosen else []
        if chosen and chosen not in known:
            raise Refused("unknown_point", "invalid", "point_id", known=known)

    if chosen or any(named.values()):
        await to_thread.run_sync(look)


async def act(office: Office, return_id: int, command: Any, by: By | access.KeyCaller, *, key: str = "", seen: int | None = None,
              request_id: str = "") -> Answer:  # fmt: skip
    """One command to one return through the desk, which asks the database who an API key is."""
    caller: access.Caller = by if isinstance(by, access.KeyCaller) else access.Known(by)
    if isinstance(by, By):
        await check_names(office, command, by)
    body_hash = fingerprint((return_id, type(command).__name__, command)) if key else b""
    return await office.desk.perform(Order(return_id, command, caller, key, body_hash, seen, request_id, _summary))


async def start_return(office: Office, line_id: int, command: do.RequestReturn, by: By, *, key: str = "",
                       request_id: str = "") -> Answer:  # fmt: skip
    """New returns of units of an order line; the answer tells of the first, and which were asked for with it."""
    await check_names(office, command, by)

    def run(tx: Any, at: Any) -> bytes:
        started = request_returns(tx, office.desk, line_id, command, by, at, request_id)
        first = started[0]
        together = tuple(it.id for it in started)
        return msgspec.json.encode(Started(first.id, first.number, first.status, first.version, together))

    body_hash = fingerprint((line_id, command)) if key else b""
    return await office.desk.perform(Errand(run, access.Known(by), key, body_hash))


class Summary(msgspec.Struct, frozen=True):
    """What an act answers: where the return stands now."""

    return_id: int
    return_number: str
    status: str
    version: int


class Started(Summary, frozen=True):
    """A request: its first return, and the ids of all."""

    return_ids: tuple[int, ...]


def _summary(it: Return) -> bytes:
    return msgspec.json.encode(Summary(it.id, it.number, it.status, it.version))


def parsed(command: type[do.Command], values: dict[str, Any]) -> do.Command:
    """A form's values as a command."""
    return forms.parse(command, values)
