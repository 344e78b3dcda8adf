"""API v1 of authorizations and of the agreement with the platforms: what the pages can do, as JSON."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Router, delete, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backhaul.kit import http
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us
from backhaul.kit.machine import Refused
from backhaul.partner import access, linking, platform_queries, sync_queries
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.pages.authorizations import links_of, platform_names, watched_of
from backhaul.partner.pages.sync import asked_for
from backhaul.partner.rules.words import BusinessType, LinkMode, LinkState, Role
from backhaul.partner.shapes import LinkRow, WatchedRow
from backhaul.partner.speakers import IdempotencyKey, invalid, once, person, speaker, us_of, who
from backhaul.partner.sync_queries import DifferenceRow, Place
from backhaul.partner.sync_views import Agreement, agreement


class AddAuthorization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seller at a platform, and a key made there. The key is kept sealed and never shown again."""

    platform: Annotated[str, Meta(max_length=40)]
    business_type: BusinessType
    seller_id: Annotated[int, Meta(ge=1, le=2**53)]
    key: Annotated[str, Meta(max_length=200)]


class Authorization(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link to a seller, without its key."""

    platform: str
    seller_id: int
    seller_name: str
    business_type: BusinessType
    mode: LinkMode
    state: LinkState
    linked_at: datetime
    lost_at: datetime | None = None
    expires_at: datetime | None = None
    polled_at: datetime | None = None


class PlatformView(msgspec.Struct, frozen=True):
    """Where an account can be linked."""

    id: str
    name: str


class Started(msgspec.Struct, frozen=True):
    """Whether a comparison began; one may be under way already."""

    started: bool


Start = Callable[[Office, str], object]


def routes(office: Office, start: Start) -> Router:
    """The handlers."""
    handlers = [*_of_sellers(office), *_of_supervisors(office, start)]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=http.strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["platforms"],
    )


def _of_sellers(office: Office) -> list[Any]:
    @get("/platforms", summary="The platforms that an account can be linked to")
    @http.in_thread
    def platforms() -> list[PlatformView]:
        with office.database.read() as tx:
            return [PlatformView(one, name) for one, name in platform_names(tx).items()]

    @get("/authorizations", summary="The company's authorizations, without their keys")
    @http.in_thread
    def authorizations(request: Req) -> list[Authorization]:
        by = speaker(office, request)
        company_id = _company(person(by))
        with office.look(by.by) as tx:
            return [_view(tx, row) for row in links_of(tx, company_id)]

    @post(
        "/authorizations", status_code=201, summary="Link the company to a seller at a platform; persons only, no keys"
    )
    async def add(request: Req, data: JSONBody[AddAuthorization], key: IdempotencyKey = None) -> Authorization:
        by = await who(office, request)
        account = person(by)
        _company(account)

        def work() -> bytes:
            kind = data.business_type.value
            linking.link(office, account, data.platform, kind, data.seller_id, data.key)
            with office.look(by.by) as tx:
                found = [row for row in links_of(tx, _company(account)) if row.platform == data.platform]
                return msgspec.json.encode(next(_view(tx, row) for row in found if row.seller_id == data.seller_id))

        body = await once(office, request, by, lambda: to_thread.run_sync(work), key, data)
        return msgspec.json.decode(body, type=Authorization)

    @delete("/authorizations/{platform:str}/{seller_id:int}", status_code=204, summary="Forget the key; persons only")
    async def remove(
        request: Req, platform: FromPath[str], seller_id: FromPath[int], key: IdempotencyKey = None
    ) -> None:
        by = await who(office, request)
        account = person(by)

        async def work() -> bytes:
            await to_thread.run_sync(linking.unlink, office, account, platform, seller_id)
            return b""

        await once(office, request, by, work, key)

    @get(
        "/watched-returns", summary="What the sellers' keys show at the platforms and is no parcel here; 500 a platform"
    )
    @http.in_thread
    def watched(request: Req) -> list[WatchedRow]:
        by = speaker(office, request).by
        if by.role is not Role.SELLER:
            raise Refused("not_your_role", "forbidden", role=by.role)
        with office.look(by) as tx:
            return watched_of(tx, links_of(tx, int(by.subject)))

    return [platforms, authorizations, add, remove, watched]


def _of_supervisors(office: Office, start: Start) -> list[Any]:
    @get("/agreement", summary="How far messages are behind, when platforms were last asked, the latest comparisons")
    @http.in_thread
    def whole(request: Req) -> Agreement:
        by = speaker(office, request)
        _supervisor(person(by))
        with office.look(by.by) as tx:
            return agreement(tx, office.clock.now())

    @get(
        "/differences",
        summary="What both houses do not hold alike, newest first, 50 a page; `before`, `before_id` and `before_what` are the "
        "last row's first_at, return_id and what",
    )
    @http.in_thread
    def differences(
        request: Req,
        before: FromQuery[datetime | None] = None,
        before_id: Annotated[int, QueryParameter(ge=0, le=2**53)] = 0,
        before_what: Annotated[str, QueryParameter(max_length=40)] = "",
    ) -> list[DifferenceRow]:
        by = speaker(office, request)
        _supervisor(person(by))
        place = sync_queries.NEWEST if before is None else Place(us_of(before, "before", 0), before_id, before_what)
        with office.look(by.by) as tx:
            return sync_queries.differences(tx, place)

    @post("/comparisons", status_code=200, summary="Compare all units with the marketplace now")
    async def compare(request: Req, key: IdempotencyKey = None) -> Started:
        by = await who(office, request)
        _supervisor(person(by))

        async def work() -> bytes:
            run = await to_thread.run_sync(start, office, asked_for(office.clock.now()))
            return msgspec.json.encode(Started(run is not None))

        return msgspec.json.decode(await once(office, request, by, work, key), type=Started)

    return [whole, differences, compare]


def _view(tx: Tx, row: LinkRow) -> Authorization:
    poll = platform_queries.poll_of(tx, row.platform, row.seller_id)
    return Authorization(
        platform=row.platform,
        seller_id=row.seller_id,
        seller_name=row.seller_name,
        business_type=BusinessType(row.business_type),
        mode=LinkMode(row.mode),
        state=LinkState(row.state),
        linked_at=from_us(row.linked_us),
        lost_at=None if row.lost_us is None else from_us(row.lost_us),
        expires_at=from_us(row.expires_us) if row.expires_us else None,
        polled_at=from_us(poll.polled_us) if poll is not None and poll.polled_us else None,
    )


def _company(account: access.Account) -> int:
    if account.role is not Role.SELLER or account.company_id is None:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return account.company_id


def _supervisor(account: access.Account) -> None:
    if account.role is not Role.SUPERVISOR:
        raise Refused("not_your_role", "forbidden", role=account.role)
