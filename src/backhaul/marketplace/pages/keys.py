"""Settings, API keys: the list, a new key shown once, one key with its networks and its log, revoking; and the same for support."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, directory, key_errands, queries, texts
from backhaul.marketplace.doors import Req, Visitor, explain, persons_errand, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.words import Role

FIELDS = ("name", "role", "networks")
NETWORKS_CHARACTERS_MAX = 1000


class Row(msgspec.Struct, frozen=True):
    """A key in a list."""

    key: access.ApiKey
    status: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


def routes(office: Office) -> list[Any]:
    """The handlers of the pages of keys."""
    return [*_list(office), *_one(office), *_support(office)]


def _list(office: Office) -> list[Any]:
    @get("/keys", include_in_schema=False)
    @http.in_thread
    def keys_page(request: Req) -> Response[Any]:
        return _draw(request, office, _who(office, request, Role.SELLER))

    @post("/keys", include_in_schema=False)
    async def make_key(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_who, office, request, Role.SELLER)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in FIELDS}
        token = str(form.get("form_token", ""))[:80]
        account = _account(who)
        new = keys.make_key(read_only=values["role"] == access.RETURNS_READ_ONLY, chance=office.chance)

        def run(tx: Tx, at: datetime) -> bytes:
            policy = office.house.terms.policy
            key_errands.create_key(tx, account, values["name"], values["role"], new, policy, at, values["networks"])
            return new.public_id.encode()

        try:
            answer = await office.desk.perform(persons_errand(request, account, run, token, values))
        except Refused as refused:
            draw = partial(_draw, request, office, who, refused=refused, values=values)
            return await to_thread.run_sync(draw)
        if answer.body != new.public_id.encode():  # the same form came twice: that key has been shown
            return await to_thread.run_sync(partial(_draw, request, office, who, shown_before=answer.body.decode()))
        role_name = texts.KEY_ROLES[values["role"]]
        return page(request, "key_made.html", who, 201, here="/keys", section="/keys", key=new,
                    name=values["name"].strip(), role_name=role_name)  # fmt: skip

    return [keys_page, make_key]


def _one(office: Office) -> list[Any]:
    @get("/keys/{public_id:str}", include_in_schema=False)
    @http.in_thread
    def key_page(request: Req, public_id: FromPath[str]) -> Response[Any]:
        return _draw_one(request, office, _who(office, request, Role.SELLER), public_id)

    @post("/keys/{public_id:str}/networks", include_in_schema=False)
    async def networks(request: Req, public_id: FromPath[str]) -> Response[Any]:
        who = await to_thread.run_sync(_who, office, request, Role.SELLER)
        wanted = str((await request.form()).get("networks", ""))
        account = _account(who)
        try:
            await office.desk.perform(
                persons_errand(
                    request, account, lambda tx, _: key_errands.allow_networks(tx, account, public_id, wanted)
                )
            )
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(partial(_draw_one, request, office, who, public_id, refused, wanted))
        return http.see_other(f"/keys/{public_id}")

    @post("/keys/{public_id:str}/revoke", include_in_schema=False)
    async def revoke(request: Req, public_id: FromPath[str]) -> Response[Any]:
        who = await to_thread.run_sync(_who, office, request, Role.SELLER)
        form = await request.form()
        token = str(form.get("form_token", ""))[:80]
        account = _account(who)

        def run(tx: Tx, at: datetime) -> None:
            key_errands.revoke_key(tx, account, public_id, at)

        await office.desk.perform(persons_errand(request, account, run, token, ("revoke", public_id)))
        return http.see_other("/keys")

    return [key_page, networks, revoke]


def _support(office: Office) -> list[Any]:
    @get("/support/sellers/{seller_id:int}/keys", include_in_schema=False)
    @http.in_thread
    def keys_of_seller(request: Req, seller_id: FromPath[int]) -> Response[Any]:
        return _draw_for_support(request, office, _who(office, request, Role.SUPPORT), seller_id)

    @post("/support/sellers/{seller_id:int}/keys/{public_id:str}/revoke", include_in_schema=False)
    async def revoke_for(request: Req, seller_id: FromPath[int], public_id: FromPath[str]) -> Response[Any]:
        who = await to_thread.run_sync(_who, office, request, Role.SUPPORT)
        because = str((await request.form()).get("because", ""))
        account = _account(who)

        def run(tx: Tx, at: datetime) -> None:
            directory.one_key(tx, public_id, seller_id)
            key_errands.revoke_key(tx, account, public_id, at, because)

        try:
            await office.desk.perform(persons_errand(request, account, run))
        except Refused as refused:
            if refused.kind == "missing":
                raise
            draw = partial(_draw_for_support, request, office, who, seller_id, refused, {public_id: because})
            return await to_thread.run_sync(draw)
        return http.see_other(f"/support/sellers/{seller_id}/keys")

    return [keys_of_seller, revoke_for]


def _who(office: Office, request: Req, role: Role) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not role:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def _account(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who.account


def _rows(tx: Tx, found: Sequence[access.ApiKey], now: datetime) -> list[Row]:
    uses = directory.last_uses(tx, found)
    return [
        Row(
            key,
            key.status(to_us(now)),
            from_us(key.created_us),
            from_us(key.expires_us),
            None if key.revoked_us is None else from_us(key.revoked_us),
            uses.get(key.public_id),
        )
        for key in found
    ]


def _draw(request: Req, office: Office, who: Visitor, *, refused: Refused | None = None,
          values: dict[str, Any] | None = None, shown_before: str = "") -> Response[str]:  # fmt: skip
    """The list of keys with the form for another one. `shown_before`: the public id of the key that this form made."""
    account, now = _account(who), office.clock.now()
    with office.look(who.by) as tx:
        rows = _rows(tx, directory.keys_of_seller(tx, int(account.subject)), now)
    return page(
        request,
        "keys.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/keys",
        keys=rows,
        roles=texts.KEY_ROLES,
        statuses=texts.KEY_STATUSES,
        keeps_keys=account.keeps_keys,
        owner=account.owner,
        values=values or {},
        valid_days=office.house.terms.policy.key_valid_days,
        keys_max=office.house.terms.policy.keys_max,
        active=sum(row.status == "active" for row in rows),
        name_length=key_errands.NAME_CHARACTERS_MAX,
        networks_length=NETWORKS_CHARACTERS_MAX,
        form_token=keys.session_token(office.chance)[:20],
        shown_before=next((row.key.name for row in rows if row.key.public_id == shown_before), ""),
        sentence=explain(refused, who.language) if refused else "",
    )


def _draw_one(request: Req, office: Office, who: Visitor, public_id: str, refused: Refused | None = None,
              typed: str | None = None) -> Response[str]:  # fmt: skip
    account, now = _account(who), office.clock.now()
    with office.look(who.by) as tx:
        row = _rows(tx, [directory.one_key(tx, public_id, int(account.subject))], now)[0]
        log = queries.log_of_key(tx, public_id)
    return page(
        request,
        "key.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/keys/{public_id}",
        section="/keys",
        row=row,
        roles=texts.KEY_ROLES,
        statuses=texts.KEY_STATUSES,
        log=log,
        used=queries.USED,
        refusals=texts.REFUSALS,
        keeps_keys=account.keeps_keys,
        networks=row.key.networks.replace(" ", "\n") if typed is None else typed,
        networks_length=NETWORKS_CHARACTERS_MAX,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )


def _draw_for_support(request: Req, office: Office, who: Visitor, seller_id: int, refused: Refused | None = None,
                      typed: dict[str, str] | None = None) -> Response[str]:  # fmt: skip
    with office.look(who.by) as tx:
        seller = queries.seller(tx, seller_id)
        if seller is None:
            raise Refused("not_found", "missing")
        rows = _rows(tx, directory.keys_of_seller(tx, seller_id), office.clock.now())
    return page(
        request,
        "support_keys.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/support/sellers/{seller_id}/keys",
        section="/support/sellers",
        seller=seller,
        keys=rows,
        roles=texts.KEY_ROLES,
        statuses=texts.KEY_STATUSES,
        typed=typed or {},
        reason_length=key_errands.REASON_CHARACTERS_MAX,
        sentence=explain(refused, who.language) if refused else "",
    )
