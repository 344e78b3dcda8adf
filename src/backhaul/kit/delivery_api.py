"""API v1 for the deliveries of webhooks: what was sent, what came back, and sending again."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody, QueryParameter

from backhaul.kit.database import Tx
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import Doors, IdempotencyKey, Queued, Req, calling, perform
from backhaul.kit.webhook_queries import DeliveryRow

Before = Annotated[
    int, QueryParameter(ge=0, le=2**62, description="only what is older: `before` of the page that you have")
]
State = Annotated[
    str, QueryParameter(name="state", max_length=20, description="only those that are waiting, delivered or dead")
]


class DeliveryView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message to one webhook. `state`: waiting, delivered, dead (given up) or dropped."""

    event_id: str
    type: str
    state: str
    tries: int
    written_at: datetime
    next_at: datetime | None = None
    done_at: datetime | None = None


class AttemptView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try: the headers that were sent, and the beginning of the answer. `error`: why there was none."""

    at: datetime
    url: str
    webhook_timestamp: str
    webhook_signature: str
    milliseconds: int
    status: int = 0
    error: str = ""
    answer: str = ""


class DeliveryWithAttempts(DeliveryView, frozen=True, omit_defaults=True):
    """A delivery with the body that is sent, and its latest tries, newest first."""

    body: str = ""
    attempts: tuple[AttemptView, ...] = ()


class Deliveries(msgspec.Struct, frozen=True):
    """A page of deliveries, newest first. `before` is for the next page, 0 at the end."""

    deliveries: tuple[DeliveryView, ...]
    before: int


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was written in [since, until). `undelivered`: only what this webhook has not taken."""

    since: datetime
    until: datetime
    undelivered: bool = False


class QueuedSpan(msgspec.Struct, frozen=True):
    """How many messages will be sent."""

    count: int


def routes(doors: Doors) -> Router:
    """The deliveries of webhooks."""
    return Router(
        "/api/v1",
        route_handlers=[*_deliveries(doors), *_again(doors)],
        before_request=strict_body,
        exception_handlers={ValidationException: doors.invalid},
        tags=["webhooks"],
    )


def _deliveries(doors: Doors) -> list[Any]:
    @get("/webhooks/{webhook_id:str}/deliveries", summary="What was sent and what waits, newest first")
    @in_thread
    def deliveries(request: Req, webhook_id: FromPath[str], of_state: State = "",
                   before: Before = 2**62) -> Deliveries:  # fmt: skip
        owner_id = doors.reading(request)
        with doors.office.look_for(owner_id) as tx:
            doors.errands.queries.one(tx, webhook_id, owner_id)
            found, more = doors.errands.queries.deliveries(tx, webhook_id, of_state, before)
        return Deliveries(tuple(_delivery(one) for one in found), found[-1].id if more else 0)

    @get("/webhooks/{webhook_id:str}/deliveries/{event_id:str}", summary="One delivery with its tries")
    @in_thread
    def delivery(request: Req, webhook_id: FromPath[str], event_id: FromPath[str]) -> DeliveryWithAttempts:
        owner_id = doors.reading(request)
        with doors.office.look_for(owner_id) as tx:
            doors.errands.queries.one(tx, webhook_id, owner_id)
            found, body, tries = doors.errands.queries.one_delivery(tx, webhook_id, event_id)
        said = tuple(
            AttemptView(one.at, one.url, one.stamp, one.signature, one.milliseconds, one.status, one.error, one.answer)
            for one in tries
        )
        return DeliveryWithAttempts(**msgspec.structs.asdict(_delivery(found)), body=body.decode(), attempts=said)

    return [deliveries, delivery]


def _again(doors: Doors) -> list[Any]:
    @post("/webhooks/{webhook_id:str}/deliveries/{event_id:str}/redeliver", status_code=202,
          summary="Send one message again, with the same id")  # fmt: skip
    async def redeliver(request: Req, webhook_id: FromPath[str], event_id: FromPath[str],
                        key: IdempotencyKey = None) -> Queued:  # fmt: skip
        by = await calling(doors, request)

        def run(tx: Tx, at: datetime) -> None:
            doors.errands.redeliver(tx, by, webhook_id, event_id, at)

        await perform(doors, request, by, run, key, (webhook_id, event_id))
        return Queued(event_id)

    @post("/webhooks/{webhook_id:str}/redeliver", status_code=202, summary="Send again what was written in a time")
    async def redeliver_span(request: Req, webhook_id: FromPath[str], data: JSONBody[Span],
                             key: IdempotencyKey = None) -> QueuedSpan:  # fmt: skip
        by = await calling(doors, request)
        for field, value in (("since", data.since), ("until", data.until)):
            if value.tzinfo is None:
                raise Refused("zone_needed", "invalid", field)

        def run(tx: Tx, at: datetime) -> bytes:
            count = doors.errands.redeliver_span(
                tx, by, webhook_id, data.since, data.until, at, undelivered=data.undelivered
            )
            return str(count).encode()

        return QueuedSpan(int((await perform(doors, request, by, run, key, (webhook_id, data))).body))

    return [redeliver, redeliver_span]


def _delivery(one: DeliveryRow) -> DeliveryView:
    return DeliveryView(one.event_id, one.kind, one.state, one.tries, one.written_at, one.next_at, one.done_at)
