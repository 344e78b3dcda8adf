"""API v1 for the deliveries of webhooks: what was sent, what came back, and sending again."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backhaul.kit.database import Tx
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.machine import Refused
from backhaul.marketplace import webhook_errands, webhook_queries
from backhaul.marketplace.doors import IdempotencyKey, Req, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.webhook_doors import Queued, seller_calling, seller_reading
from backhaul.marketplace.webhook_queries import DeliveryRow

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


def routes(office: Office) -> Router:
    """The deliveries of a seller's webhooks."""
    return Router(
        "/api/v1",
        route_handlers=[*_deliveries(office), *_again(office)],
        before_request=strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["webhooks"],
    )


def _deliveries(office: Office) -> list[Any]:
    @get("/webhooks/{webhook_id:str}/deliveries", summary="What was sent and what waits, newest first")
    @in_thread
    def deliveries(request: Req, webhook_id: FromPath[str], of_state: State = "",
                   before: FromQuery[int] = 2**62) -> Deliveries:  # fmt: skip
        seller_id = seller_reading(office, request)
        with office.database.read() as tx:
            webhook_queries.one(tx, webhook_id, seller_id)
            found, more = webhook_queries.deliveries(tx, webhook_id, of_state, before)
        return Deliveries(tuple(_delivery(one) for one in found), found[-1].id if more else 0)

    @get("/webhooks/{webhook_id:str}/deliveries/{event_id:str}", summary="One delivery with its tries")
    @in_thread
    def delivery(request: Req, webhook_id: FromPath[str], event_id: FromPath[str]) -> DeliveryWithAttempts:
        seller_id = seller_reading(office, request)
        with office.database.read() as tx:
            webhook_queries.one(tx, webhook_id, seller_id)
            found, body, tries = webhook_queries.one_delivery(tx, webhook_id, event_id)
        said = tuple(
            AttemptView(one.at, one.url, one.stamp, one.signature, one.milliseconds, one.status, one.error, one.answer)
            for one in tries
        )
        return DeliveryWithAttempts(**msgspec.structs.asdict(_delivery(found)), body=body.decode(), attempts=said)

    return [deliveries, delivery]


def _again(office: Office) -> list[Any]:
    @post("/webhooks/{webhook_id:str}/deliveries/{event_id:str}/redeliver", status_code=202,
          summary="Send one message again, with the same id")  # fmt: skip
    async def redeliver(request: Req, webhook_id: FromPath[str], event_id: FromPath[str],
                        key: IdempotencyKey = None) -> Queued:  # fmt: skip
        account = await seller_calling(office, request)

        def run(tx: Tx, at: datetime) -> None:
            webhook_errands.redeliver(tx, account, webhook_id, event_id, at)

        await office.desk.perform(persons_errand(request, account, run, key))
        return Queued(event_id)

    @post("/webhooks/{webhook_id:str}/redeliver", status_code=202, summary="Send again what was written in a time")
    async def redeliver_span(request: Req, webhook_id: FromPath[str], data: JSONBody[Span],
                             key: IdempotencyKey = None) -> QueuedSpan:  # fmt: skip
        account = await seller_calling(office, request)
        for field, value in (("since", data.since), ("until", data.until)):
            if value.tzinfo is None:
                raise Refused("zone_needed", "invalid", field)

        def run(tx: Tx, at: datetime) -> bytes:
            count = webhook_errands.redeliver_span(
                tx, account, webhook_id, data.since, data.until, at, undelivered=data.undelivered
            )
            return str(count).encode()

        answer = await office.desk.perform(persons_errand(request, account, run, key, data))
        return QueuedSpan(int(answer.body))

    return [redeliver, redeliver_span]


def _delivery(one: DeliveryRow) -> DeliveryView:
    return DeliveryView(one.event_id, one.kind, one.state, one.tries, one.written_at, one.next_at, one.done_at)
