"""API v1 for webhooks: keys read, and persons change them, for whoever changes one sends the owner's data elsewhere."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post, put
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backhaul.kit.conditional import check_unchanged
from backhaul.kit.database import Tx
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.webhook_doors import (
    Doors,
    IdempotencyKey,
    IfMatch,
    Queued,
    Req,
    calling,
    checked,
    condition,
    new_id,
    new_secret,
    perform,
)
from backhaul.kit.webhook_errands import KEEP_HOURS_MAX, Wanted, keeper
from backhaul.kit.webhook_queries import WebhookRow

NO_STORE = {"cache-control": "no-store"}
Words = Annotated[str, Meta(max_length=1000, pattern="^[^\x00]*$")]
Types = Annotated[tuple[Words, ...], Meta(max_length=100)]


class WebhookWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages go. `types`: only these events; none: all, also those that come later."""

    url: Words
    name: Words
    types: Types = ()


class SecretView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secret that signs now. `secret` is there once: in the answer that made it. `until`: it ends then."""

    number: int
    last4: str
    created_at: datetime
    created_by: str
    until: datetime | None = None
    secret: str = ""


class WebhookView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A webhook. `state`: active, failing or paused; `why` it is paused: owner, failing or gone."""

    id: str
    url: str
    name: str
    types: tuple[str, ...]
    state: str
    created_at: datetime
    created_by: str
    secrets: tuple[SecretView, ...]
    why: str = ""
    failures_in_a_row: int = 0
    failing_since: datetime | None = None


class SecretWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many hours the earlier secrets sign along; 0: they end now."""

    keep_hours: Annotated[int, Meta(ge=0, le=KEEP_HOURS_MAX)] = 24


def routes(doors: Doors) -> Router:
    """The webhooks of those who call."""
    return Router(
        "/api/v1",
        route_handlers=[*_list(doors), *_one(doors), *_acts(doors)],
        before_request=strict_body,
        exception_handlers={ValidationException: doors.invalid},
        tags=["webhooks"],
    )


def _list(doors: Doors) -> list[Any]:
    @get("/webhooks", summary="Your webhooks")
    @in_thread
    def list_webhooks(request: Req) -> list[WebhookView]:
        owner_id = doors.reading(request)
        now = doors.office.clock.now()
        with doors.office.look_for(owner_id) as tx:
            return [_view(doors, tx, hook, now) for hook in doors.errands.queries.of_owner(tx, owner_id)]

    @get("/webhooks/types", summary="The events that a webhook can be told of")
    @in_thread
    def list_types(request: Req) -> list[str]:
        doors.reading(request)
        return list(doors.errands.types)

    @post("/webhooks", status_code=201, summary="Make a webhook; the answer shows its secret once")
    async def make(request: Req, data: JSONBody[WebhookWanted], key: IdempotencyKey = None) -> Response[WebhookView]:
        by = await calling(doors, request)
        wanted = await checked(doors, by, Wanted(data.url, data.name, data.types), key)
        webhook_id, secret = new_id(doors.office, "hook"), new_secret(doors.office)

        def run(tx: Tx, at: datetime) -> bytes:
            doors.errands.create(tx, by, webhook_id, wanted, secret.stored, doors.policy(), at)
            return webhook_id.encode()

        answer = await perform(doors, request, by, run, key, data)
        made = answer.body.decode()
        shown = secret.text if made == webhook_id else ""  # else the same request came before: it was shown then
        view = await to_thread.run_sync(_read, doors, made, by.owner_id, shown)
        return Response(view, status_code=201, headers=NO_STORE)

    return [list_webhooks, list_types, make]


def _one(doors: Doors) -> list[Any]:
    @get("/webhooks/{webhook_id:str}", summary="One webhook")
    @in_thread
    def one(request: Req, webhook_id: FromPath[str]) -> WebhookView:
        return _read(doors, webhook_id, doors.reading(request))

    @put("/webhooks/{webhook_id:str}", summary="Another address, name or choice of events")
    async def change(request: Req, webhook_id: FromPath[str], data: JSONBody[WebhookWanted],
                     key: IdempotencyKey = None, seen: IfMatch = None) -> WebhookView:  # fmt: skip
        by = await calling(doors, request)
        wanted = await checked(doors, by, Wanted(data.url, data.name, data.types), key)

        def run(tx: Tx, at: datetime) -> None:
            check_unchanged(seen, _view(doors, tx, doors.errands.queries.one(tx, webhook_id, by.owner_id), at))
            doors.errands.change(tx, by, webhook_id, wanted, at)

        await perform(doors, request, by, run, key, (webhook_id, data))
        return await to_thread.run_sync(_read, doors, webhook_id, by.owner_id)

    @post("/webhooks/{webhook_id:str}/secrets", status_code=201, summary="Another secret; shown once")
    async def rotate(request: Req, webhook_id: FromPath[str], data: JSONBody[SecretWanted],
                     key: IdempotencyKey = None) -> Response[WebhookView]:  # fmt: skip
        by = await calling(doors, request)
        secret = new_secret(doors.office)

        def run(tx: Tx, at: datetime) -> bytes:
            doors.errands.add_secret(tx, by, webhook_id, secret.stored, data.keep_hours, at)
            return secret.stored.sealed

        answer = await perform(doors, request, by, run, key, (webhook_id, data))
        shown = secret.text if answer.body == secret.stored.sealed else ""
        view = await to_thread.run_sync(_read, doors, webhook_id, by.owner_id, shown)
        return Response(view, status_code=201, headers=NO_STORE)

    return [one, change, rotate]


def _acts(doors: Doors) -> list[Any]:
    @post("/webhooks/{webhook_id:str}/pause", status_code=200, summary="Send nothing until it is resumed")
    async def pause(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None) -> WebhookView:
        by = await calling(doors, request)
        run = _run(lambda tx, _: doors.errands.pause(tx, by, webhook_id))
        await perform(doors, request, by, run, key, webhook_id)
        return await to_thread.run_sync(_read, doors, webhook_id, by.owner_id)

    @post("/webhooks/{webhook_id:str}/resume", status_code=200, summary="Send again, beginning with what waits")
    async def resume(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None) -> WebhookView:
        by = await calling(doors, request)
        run = _run(lambda tx, at: doors.errands.resume(tx, by, webhook_id, at))
        await perform(doors, request, by, run, key, webhook_id)
        return await to_thread.run_sync(_read, doors, webhook_id, by.owner_id)

    @post("/webhooks/{webhook_id:str}/remove", status_code=204, summary="Remove a webhook; what waits is dropped")
    async def remove(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None,
                     seen: IfMatch = None) -> None:  # fmt: skip
        by = await calling(doors, request)

        def run(tx: Tx, at: datetime) -> None:
            keeper(by)
            check_unchanged(seen, _view(doors, tx, doors.errands.queries.one(tx, webhook_id, by.owner_id), at))
            doors.errands.remove(tx, by, webhook_id, at)

        await perform(doors, request, by, run, key, webhook_id)

    @post("/webhooks/{webhook_id:str}/ping", status_code=202, summary="Send a test message, to a paused webhook too")
    async def ping(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None) -> Queued:
        by = await calling(doors, request)
        ping_id = new_id(doors.office, "ping")

        def run(tx: Tx, at: datetime) -> bytes:
            doors.errands.ping(tx, by, webhook_id, ping_id, at)
            return ping_id.encode()

        answer = await perform(doors, request, by, run, key, webhook_id)
        return Queued(answer.body.decode())

    return [pause, resume, remove, ping]


def _run(act: Any) -> Any:
    def run(tx: Tx, at: datetime) -> None:
        act(tx, at)

    return run


def _read(doors: Doors, webhook_id: str, owner_id: int, shown: str = "") -> WebhookView:
    with doors.office.look_for(owner_id) as tx:
        return _view(doors, tx, doors.errands.queries.one(tx, webhook_id, owner_id), doors.office.clock.now(), shown)


def _view(doors: Doors, tx: Tx, hook: WebhookRow, now: datetime, shown: str = "") -> WebhookView:
    """`shown`: the text of the newest secret, in the answer that made it."""
    secrets = tuple(
        SecretView(one.number, one.last4, one.created_at, one.created_by, one.until, shown if n == 0 else "")
        for n, one in enumerate(doors.errands.queries.secrets(tx, hook.id, now))
    )
    return WebhookView(
        id=hook.id, url=hook.url, name=hook.name, types=tuple(hook.kinds.split()), state=condition(hook),
        created_at=hook.created_at, created_by=hook.created_by, secrets=secrets, why=hook.why,
        failures_in_a_row=hook.fails, failing_since=hook.failing_since,
    )  # fmt: skip
