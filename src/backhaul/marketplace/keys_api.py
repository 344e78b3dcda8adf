"""API v1 for keys: all of it by a person's session, for no key makes, sees or revokes keys (D19)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post, put
from litestar.exceptions import ValidationException
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from backhaul.kit import keys
from backhaul.kit.conditional import check_unchanged, tag_of
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.http import in_thread, language_of, strict_body
from backhaul.kit.machine import Refused
from backhaul.kit.paging import NEWEST, PAGE_ROWS, Before, Limit, paged, part_of
from backhaul.kit.webhook_doors import IfMatch
from backhaul.marketplace import access, directory, key_errands, queries
from backhaul.marketplace.doors import IdempotencyKey, Req, Words, account_of, invalid, persons_errand
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.staff_api import AttemptView, attempt

Networks = Annotated[tuple[Words, ...], Meta(max_length=100)]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make. `role`: returns or returns_read_only; `networks`: CIDR, none: it works from everywhere."""

    name: Words
    role: Words
    networks: Networks = ()


class KeyView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key without the key. `key` is there once: in the answer that made it."""

    id: str
    name: str
    role: str
    status: str
    last4: str
    seller_id: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    networks: tuple[str, ...] = ()
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""
    revoked_role: str = ""
    revoked_because: str = ""
    key: str = ""


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a key is revoked; support must say it."""

    because: Words = ""


class AllowedNetworks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From where a key works; none: from everywhere."""

    networks: Networks = ()


def routes(office: Office) -> Router:
    """The keys of a seller."""
    handlers = [*_keys(office), *_key_acts(office)]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["keys"],
    )


def _keys(office: Office) -> list[Any]:
    @get("/keys", summary="The seller's API keys, newest first; for support: those of `seller_id`")
    @in_thread
    def list_keys(request: Req, seller_id: FromQuery[int] = 0) -> list[KeyView]:
        account = account_of(office, request)
        seller = _seller_of(account, seller_id)
        with office.look(account.by()) as tx:
            found = directory.keys_of_seller(tx, seller)
            uses = directory.last_uses(tx, found)
        return [_key(key, uses.get(key.public_id), office.clock.now()) for key in found]

    @get("/keys/{public_id:str}", summary="One key")
    @in_thread
    def one(request: Req, public_id: FromPath[str]) -> Response[KeyView]:
        account = account_of(office, request)
        _own_key(office, account, public_id)
        view = _one_key(office, account, public_id)
        return Response(view, headers={"etag": tag_of(_decided(view))})

    @get("/keys/{public_id:str}/log", summary="What a key did and what it was refused, the newest first")
    @in_thread
    def log(request: Req, public_id: FromPath[str], before: Before = NEWEST,
            limit: Limit = PAGE_ROWS) -> Response[list[AttemptView]]:  # fmt: skip
        account = account_of(office, request)
        _own_key(office, account, public_id)
        language = language_of(request, account.language)
        with office.look(account.by()) as tx:
            found = queries.log_of_key(tx, public_id, before)
        part = part_of(found, limit, lambda line: line.id)
        return paged(request, part, [attempt(line, language) for line in part.rows])

    @post("/keys", status_code=201, summary="Make an API key; the answer shows it once")
    async def make_key(request: Req, data: JSONBody[NewKey], key: IdempotencyKey = None) -> Response[KeyView]:
        account = await to_thread.run_sync(account_of, office, request)
        new = keys.make_key(read_only=data.role == access.RETURNS_READ_ONLY, chance=office.chance)

        def run(tx: Tx, at: datetime) -> bytes:
            policy = office.house.terms.policy
            key_errands.create_key(tx, account, data.name, data.role, new, policy, at, " ".join(data.networks))
            return new.public_id.encode()

        answer = await office.desk.perform(persons_errand(request, account, run, key, data))
        made = answer.body.decode() == new.public_id  # else the same request came before: that key was shown then
        view = await to_thread.run_sync(_one_key, office, account, answer.body.decode())
        shown = msgspec.structs.replace(view, key=new.text) if made else view
        return Response(shown, status_code=201, headers={"cache-control": "no-store"})

    return [list_keys, one, log, make_key]


def _key_acts(office: Office) -> list[Any]:
    def check(tx: Tx, account: access.Account, public_id: str, seen: str | None, at: datetime) -> None:
        if seen:
            seller_id = None if account.role is Role.SUPPORT else _seller_of(account, 0)
            check_unchanged(seen, _decided(_key(directory.one_key(tx, public_id, seller_id), None, at)))

    @put("/keys/{public_id:str}/networks", summary="From where a key works")
    async def networks(request: Req, public_id: FromPath[str], data: JSONBody[AllowedNetworks],
                       key: IdempotencyKey = None, seen: IfMatch = None) -> KeyView:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)
        wanted = " ".join(data.networks)

        def run(tx: Tx, at: datetime) -> None:
            check(tx, account, public_id, seen, at)
            key_errands.allow_networks(tx, account, public_id, wanted)

        await office.desk.perform(persons_errand(request, account, run, key, data))
        return await to_thread.run_sync(_one_key, office, account, public_id)

    @post("/keys/{public_id:str}/revoke", status_code=200, summary="Revoke a key; support gives a reason")
    async def revoke(request: Req, public_id: FromPath[str], data: JSONBody[Revocation],
                     key: IdempotencyKey = None, seen: IfMatch = None) -> KeyView:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, at: datetime) -> None:
            check(tx, account, public_id, seen, at)
            key_errands.revoke_key(tx, account, public_id, at, data.because)

        await office.desk.perform(persons_errand(request, account, run, key, (public_id, data)))
        return await to_thread.run_sync(_one_key, office, account, public_id)

    return [networks, revoke]


def _seller_of(account: access.Account, asked: int) -> int:
    if account.role is Role.SELLER:
        return int(account.subject)
    if account.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=account.role)
    return asked


def _own_key(office: Office, account: access.Account, public_id: str) -> None:
    """`Refused` for a key of another seller as for none; support sees all."""
    seller_id = None if account.role is Role.SUPPORT else _seller_of(account, 0)
    with office.look(account.by()) as tx:
        directory.one_key(tx, public_id, seller_id)


def _one_key(office: Office, account: access.Account, public_id: str) -> KeyView:
    with office.look(account.by()) as tx:
        key = directory.one_key(tx, public_id)
        uses = directory.last_uses(tx, [key])
    return _key(key, uses.get(public_id), office.clock.now())


def _decided(view: KeyView) -> KeyView:
    """The key without its last use: that somebody works with it meanwhile changes nothing of it."""
    return msgspec.structs.replace(view, last_used_at=None)


def _key(key: access.ApiKey, used_at: datetime | None, now: datetime) -> KeyView:
    return KeyView(
        id=key.public_id,
        name=key.name,
        role=key.role,
        status=key.status(to_us(now)),
        last4=key.last4,
        seller_id=key.seller_id,
        created_at=from_us(key.created_us),
        created_by=key.created_by,
        expires_at=from_us(key.expires_us),
        networks=tuple(key.networks.split()),
        last_used_at=used_at,
        revoked_at=None if key.revoked_us is None else from_us(key.revoked_us),
        revoked_by=key.revoked_by,
        revoked_role=key.revoked_role,
        revoked_because=key.revoked_because,
    )
