"""API v1 for webhooks: keys read, and persons change them, for whoever changes one sends the seller's data elsewhere."""

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
from backhaul.marketplace import webhook_errands, webhook_queries
from backhaul.marketplace.doors import IdempotencyKey, IfMatch, Req, Words, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.webhooks import TYPES
from backhaul.marketplace.webhook_doors import (
    Queued,
    checked,
    condition,
    new_id,
    new_secret,
    seller_calling,
    seller_of,
    seller_reading,
)
from backhaul.marketplace.webhook_queries import WebhookRow

NO_STORE = {"cache-control": "no-store"}
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

    keep_hours: Annotated[int, Meta(ge=0, le=webhook_errands.KEEP_HOURS_MAX)] = 24


def routes(office: Office) -> Router:
    """The webhooks of a seller."""
    return Router(
        "/api/v1",
        route_handlers=[*_list(office), *_one(office), *_acts(office)],
        before_request=strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["webhooks"],
    )


def _list(office: Office) -> list[Any]:
    @get("/webhooks", summary="The seller's webhooks")
    @in_thread
    def list_webhooks(request: Req) -> list[WebhookView]:
        seller_id = seller_reading(office, request)
        now = office.clock.now()
        with office.database.read() as tx:
            return [_view(tx, hook, now) for hook in webhook_queries.of_seller(tx, seller_id)]

    @get("/webhooks/types", summary="The events that a webhook can be told of")
    @in_thread
    def list_types(request: Req) -> list[str]:
        seller_reading(office, request)
        return list(TYPES)

    @post("/webhooks", status_code=201, summary="Make a webhook; the answer shows its secret once")
    async def make(request: Req, data: JSONBody[WebhookWanted], key: IdempotencyKey = None) -> Response[WebhookView]:
        account = await seller_calling(office, request)
        wanted = await checked(office, account, webhook_errands.Wanted(data.url, data.name, data.types))
        webhook_id, secret = new_id(office, "hook"), new_secret(office)

        def run(tx: Tx, at: datetime) -> bytes:
            policy = office.house.terms.policy
            webhook_errands.create(tx, account, webhook_id, wanted, secret.stored, policy, at)
            return webhook_id.encode()

        answer = await office.desk.perform(persons_errand(request, account, run, key, data))
        made = answer.body.decode()
        shown = secret.text if made == webhook_id else ""  # else the same request came before: it was shown then
        view = await to_thread.run_sync(_read, office, made, seller_of(account), shown)
        return Response(view, status_code=201, headers=NO_STORE)

    return [list_webhooks, list_types, make]


def _one(office: Office) -> list[Any]:
    @get("/webhooks/{webhook_id:str}", summary="One webhook")
    @in_thread
    def one(request: Req, webhook_id: FromPath[str]) -> WebhookView:
        return _read(office, webhook_id, seller_reading(office, request))

    @put("/webhooks/{webhook_id:str}", summary="Another address, name or choice of events")
    async def change(request: Req, webhook_id: FromPath[str], data: JSONBody[WebhookWanted],
                     key: IdempotencyKey = None, seen: IfMatch = None) -> WebhookView:  # fmt: skip
        account = await seller_calling(office, request)
        wanted = await checked(office, account, webhook_errands.Wanted(data.url, data.name, data.types))

        def run(tx: Tx, at: datetime) -> None:
            check_unchanged(seen, _view(tx, webhook_queries.one(tx, webhook_id, seller_of(account)), at))
            webhook_errands.change(tx, account, webhook_id, wanted)

        await office.desk.perform(persons_errand(request, account, run, key, data))
        return await to_thread.run_sync(_read, office, webhook_id, seller_of(account))

    @post("/webhooks/{webhook_id:str}/secrets", status_code=201, summary="Another secret; shown once")
    async def rotate(request: Req, webhook_id: FromPath[str], data: JSONBody[SecretWanted],
                     key: IdempotencyKey = None) -> Response[WebhookView]:  # fmt: skip
        account = await seller_calling(office, request)
        secret = new_secret(office)

        def run(tx: Tx, at: datetime) -> bytes:
            webhook_errands.add_secret(tx, account, webhook_id, secret.stored, data.keep_hours, at)
            return secret.stored.sealed

        answer = await office.desk.perform(persons_errand(request, account, run, key, (webhook_id, data)))
        shown = secret.text if answer.body == secret.stored.sealed else ""
        view = await to_thread.run_sync(_read, office, webhook_id, seller_of(account), shown)
        return Response(view, status_code=201, headers=NO_STORE)

    return [one, change, rotate]


def _acts(office: Office) -> list[Any]:
    @post("/webhooks/{webhook_id:str}/pause", status_code=200, summary="Send nothing until it is resumed")
    async def pause(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None) -> WebhookView:
        account = await seller_calling(office, request)
        run = _run(lambda tx, _: webhook_errands.pause(tx, account, webhook_id))
        await office.desk.perform(persons_errand(request, account, run, key))
        return await to_thread.run_sync(_read, office, webhook_id, seller_of(account))

    @post("/webhooks/{webhook_id:str}/resume", status_code=200, summary="Send again, beginning with what waits")
    async def resume(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None) -> WebhookView:
        account = await seller_calling(office, request)
        run = _run(lambda tx, at: webhook_errands.resume(tx, account, webhook_id, at))
        await office.desk.perform(persons_errand(request, account, run, key))
        return await to_thread.run_sync(_read, office, webhook_id, seller_of(account))

    @post("/webhooks/{webhook_id:str}/remove", status_code=204, summary="Remove a webhook; what waits is dropped")
    async def remove(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None,
                     seen: IfMatch = None) -> None:  # fmt: skip
        account = await seller_calling(office, request)

        def run(tx: Tx, at: datetime) -> None:
            webhook_errands.keeper(account)
            check_unchanged(seen, _view(tx, webhook_queries.one(tx, webhook_id, seller_of(account)), at))
            webhook_errands.remove(tx, account, webhook_id, at)

        await office.desk.perform(persons_errand(request, account, run, key))

    @post("/webhooks/{webhook_id:str}/ping", status_code=202, summary="Send a test message, to a paused webhook too")
    async def ping(request: Req, webhook_id: FromPath[str], key: IdempotencyKey = None) -> Queued:
        account = await seller_calling(office, request)
        ping_id = new_id(office, "ping")

        def run(tx: Tx, at: datetime) -> bytes:
            webhook_errands.ping(tx, account, webhook_id, ping_id, at)
            return ping_id.encode()

        answer = await office.desk.perform(persons_errand(request, account, run, key, webhook_id))
        return Queued(answer.body.decode())

    return [pause, resume, remove, ping]


def _run(act: Any) -> Any:
    def run(tx: Tx, at: datetime) -> None:
        act(tx, at)

    return run


def _read(office: Office, webhook_id: str, seller_id: int, shown: str = "") -> WebhookView:
    with office.database.read() as tx:
        return _view(tx, webhook_queries.one(tx, webhook_id, seller_id), office.clock.now(), shown)


def _view(tx: Tx, hook: WebhookRow, now: datetime, shown: str = "") -> WebhookView:
    """`shown`: the text of the newest secret, in the answer that made it."""
    secrets = tuple(
        SecretView(one.number, one.last4, one.created_at, one.created_by, one.until, shown if n == 0 else "")
        for n, one in enumerate(webhook_queries.secrets(tx, hook.id, now))
    )
    return WebhookView(
        id=hook.id, url=hook.url, name=hook.name, types=tuple(hook.kinds.split()), state=condition(hook),
        created_at=hook.created_at, created_by=hook.created_by, secrets=secrets, why=hook.why,
        failures_in_a_row=hook.fails, failing_since=hook.failing_since,
    )  # fmt: skip
