"""What pages and API v1 of webhooks share: an address looked at before it is kept, fresh secrets, how a webhook is seen.

A house gives its `Doors`: who is calling, and what of its office they need.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated, Any, Protocol

import msgspec
from anyio import to_thread
from litestar import Request
from litestar.params import HeaderParameter

from backhaul.kit import egress, keys, webhooks
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, Tx
from backhaul.kit.desk import Answer, Desk, Errand, fingerprint
from backhaul.kit.event_queries import EventQueries
from backhaul.kit.webhook_errands import Keeper, Secret, Wanted, WebhookErrands, keeper
from backhaul.kit.webhook_law import WebhookPolicy
from backhaul.kit.webhook_queries import WebhookRow
from backhaul.kit.webhook_sending import WebhookSender

ID_BYTES = 9
WHAT_CHARACTERS_MAX = 120
Req = Request[Any, Any, Any]
Run = Callable[[Tx, datetime], bytes | None]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", max_length=255, description="Same key and body: same answer, once."),
]


IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag of what you saw.")]


class Office(Protocol):
    """What of an office these doors need."""

    @property
    def database(self) -> Database: ...

    def look_for(self, owner_id: int) -> AbstractContextManager[Tx]: ...

    @property
    def desk(self) -> Desk[Any]: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def seal(self) -> keys.Seal: ...

    @property
    def chance(self) -> keys.Chance: ...

    @property
    def webhooks(self) -> WebhookSender: ...


class Doors(msgspec.Struct, frozen=True):
    """The doors of a house. `reading` tells for whom a person or key reads, `keeping` which person calls: both run in a thread.

    `events` is the shape of a page of `GET /events`, `invalid` answers a body that does not fit its shape.
    """

    office: Office
    errands: WebhookErrands
    feed: EventQueries[Any]
    policy: Callable[[], WebhookPolicy]
    reading: Callable[[Req], int]
    keeping: Callable[[Req], Keeper]
    events: Any
    invalid: Any


class MadeSecret(msgspec.Struct, frozen=True):
    """A fresh secret: `text` is shown once."""

    text: str
    stored: Secret


class Queued(msgspec.Struct, frozen=True):
    """What will be sent."""

    event_id: str


async def calling(doors: Doors, request: Req) -> Keeper:
    """The person who calls API v1."""
    return await to_thread.run_sync(doors.keeping, request)


async def perform(doors: Doors, request: Req, by: Keeper, run: Run, key: str | None = None,
                  said: object = None) -> Answer:  # fmt: skip
    """A change that a person asks for. `said` is what a request with the same `key` must say again."""
    what = f"{request.method} {request.url.path}"
    body_hash = fingerprint((what, said)) if key else b""
    return await doors.office.desk.perform(Errand(run, by.known, key or "", body_hash, what[:WHAT_CHARACTERS_MAX]))


def new_id(office: Office, prefix: str) -> str:
    """`hook_` or `ping_` and 72 random bits."""
    return f"{prefix}_{office.chance(ID_BYTES).hex()}"


def new_secret(office: Office) -> MadeSecret:
    """A secret and its sealed form."""
    text = webhooks.new_secret(office.chance)
    return MadeSecret(text, Secret(office.seal.close(text), text.rstrip("=")[-4:]))


async def checked(doors: Doors, by: Keeper, wanted: Wanted, key: str | None = None) -> Wanted:
    """The same with the address as it is called. Where its name leads is asked now, outside the desk.

    Not for a `key` that has an answer: the desk gives it again, wherever the name leads by now.
    """
    keeper(by)
    way = doors.office.webhooks.way
    url = egress.checked_url(way, wanted.url)
    if not key or not await to_thread.run_sync(_is_known, doors, by, key):
        await doors.office.webhooks.lookups.run(by.owner_id, lambda: egress.check_name(way, url))
    return msgspec.structs.replace(wanted, url=url)


def condition(hook: WebhookRow) -> str:
    """`active`, `failing` or `paused`."""
    return "failing" if hook.state == "active" and hook.fails else hook.state


def _is_known(doors: Doors, by: Keeper, key: str) -> bool:
    with doors.office.database.read() as tx:
        return (str(by.known), key) in doors.office.desk.house.journal.known_answers(tx, [key])
