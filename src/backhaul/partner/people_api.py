"""API v1 of people: a company signs up, one's own account, the keys of the company's programs."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backhaul.kit import http, i18n, keys
from backhaul.kit.database import Tx
from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.partner import access, errands, queries, sign_up
from backhaul.partner.doors import Req
from backhaul.partner.office import Office
from backhaul.partner.rules.words import Role
from backhaul.partner.signing_in import proven
from backhaul.partner.speakers import (
    IdempotencyKey,
    answered,
    change,
    invalid,
    person,
    secretly,
    speaker,
    token_of,
    who,
)

Password = Annotated[str, Meta(max_length=200)]


class NewCompany(sign_up.SignUp, frozen=True, forbid_unknown_fields=True):
    """A company and its first person. `language`: one of those of the sign-up form, empty: its first."""

    language: Annotated[str, Meta(max_length=2)] = ""


class SignedUp(msgspec.Struct, frozen=True):
    """A mail with a link was sent to this address; its token counts for so many days."""

    login: str
    confirm_within_days: int


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last part of the link in the mail."""

    token: Annotated[str, Meta(max_length=200)]


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is signed in; a seller with their company. `owner`: may make keys."""

    login: str
    name: str
    role: Role
    language: str
    owner: bool = False
    company: str = ""
    country: str = ""


class NewLanguage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """en, ru, zh or tr."""

    language: Annotated[str, Meta(max_length=2)]


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The current password and the next one."""

    current: Password
    password: Password


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make. `role`: returns or returns_read_only."""

    name: Annotated[str, Meta(max_length=200)]
    role: Annotated[str, Meta(max_length=40)]


class KeyView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key without the key. `key` is there once: in the answer that made it."""

    id: str
    name: str
    role: str
    status: str
    last4: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    key: str = ""


def routes(office: Office) -> Router:
    """These doors."""
    handlers = [*_entrance(office), *_own_account(office), *_keys(office)]
    return Router("/api/v1", route_handlers=handlers, before_request=http.strict_body,
                  exception_handlers={ValidationException: invalid}, tags=["people"])  # fmt: skip


def _entrance(office: Office) -> list[Any]:
    @post(
        "/companies", status_code=201, summary="Sign a company up; a mail asks its first person to confirm the address"
    )
    async def signs_up(data: JSONBody[NewCompany]) -> SignedUp:
        allowed = office.house.terms.policy.sign_up_languages
        if data.language and data.language not in allowed:
            raise Refused("unknown_language", "invalid", "language", allowed=list(allowed))
        await sign_up.sign_up(office, data, sign_up.form_language(office, data.language))
        return SignedUp(data.login.strip().lower(), office.house.terms.policy.confirm_email_days)

    @post("/companies/confirm", status_code=204, summary="Confirm the address with the token of the mail; open to all")
    async def confirms(data: JSONBody[Token]) -> None:
        await sign_up.confirm(office, data.token)

    return [signs_up, confirms]


def _own_account(office: Office) -> list[Any]:
    @get("/account", summary="Who is signed in")
    @http.in_thread
    def own(request: Req) -> Account:
        return _account(office, person(speaker(office, request)))

    @post("/account/language", status_code=200, summary="Change one's own language")
    async def language(request: Req, data: JSONBody[NewLanguage], key: IdempotencyKey = None) -> Account:
        by = await who(office, request)
        account = person(by)
        if data.language not in i18n.LANGUAGES:
            raise Refused("unknown_language", "invalid", "language")
        await change(office, request, by, lambda tx, _: errands.set_language(tx, account, data.language), key, data)
        return await to_thread.run_sync(_account, office, msgspec.structs.replace(account, language=data.language))

    @post("/account/password", status_code=204, summary="Change one's own password; all other sessions end")
    async def password(request: Req, data: JSONBody[NewPassword], key: IdempotencyKey = None) -> None:
        by = await who(office, request)
        account, token = person(by), token_of(request)

        def prepared() -> str:
            if proven(office, request, account.login, data.current) is None:
                raise Refused("password_wrong", "invalid", "current")
            sign_up.check_password(data.password, account.login, data.current)
            return keys.hash_password(data.password)

        said = secretly(office, data.current, data.password)
        if await answered(office, request, by, key, said) is None:  # else the current password is that one already
            hashed = await to_thread.run_sync(prepared)
            await change(
                office, request, by, lambda tx, _: errands.change_password(tx, account, hashed, token), key, said
            )

    return [own, language, password]


def _keys(office: Office) -> list[Any]:
    @get("/keys", summary="The company's API keys, newest first, 500 at most")
    @http.in_thread
    def listed(request: Req) -> list[KeyView]:
        by = speaker(office, request)
        company_id = errands.company_of(person(by))
        now_us = to_us(office.clock.now())
        with office.look(by.by) as tx:
            return [_key(one, now_us) for one in access.keys_of_company(tx, company_id)]

    @post("/keys", status_code=201, summary="Make an API key; the answer shows it once")
    async def make(request: Req, data: JSONBody[NewKey], key: IdempotencyKey = None) -> Response[KeyView]:
        by, policy = await who(office, request), office.house.terms.policy
        account = person(by)
        new = keys.make_key(read_only=data.role == access.RETURNS_READ_ONLY, chance=office.chance)

        def run(tx: Tx, at: datetime) -> bytes:
            errands.create_key(tx, account, data.name, data.role, new, policy, at)
            return new.public_id.encode()

        made = (await change(office, request, by, run, key, data)).decode()
        view = await to_thread.run_sync(_one_key, office, account, made)
        # The same request again: that key was shown then.
        shown = msgspec.structs.replace(view, key=new.text) if made == new.public_id else view
        return Response(shown, status_code=201, headers={"cache-control": "no-store"})

    @post("/keys/{public_id:str}/revoke", status_code=200, summary="Revoke a key: it stops with the answer")
    async def revoke(request: Req, public_id: FromPath[str], key: IdempotencyKey = None) -> KeyView:
        await http.no_body(request)
        by = await who(office, request)
        account = person(by)
        await change(office, request, by, lambda tx, at: errands.revoke_key(tx, account, public_id, at), key)
        return await to_thread.run_sync(_one_key, office, account, public_id)

    return [listed, make, revoke]


def _account(office: Office, account: access.Account) -> Account:
    company = None
    if account.company_id is not None:
        with office.look(account.by()) as tx:
            company = queries.company(tx, account.company_id)
    name, country, _ = company or ("", "", "")
    return Account(account.login, account.name, account.role, account.language, account.owner, name, country)


def _one_key(office: Office, account: access.Account, public_id: str) -> KeyView:
    now_us = to_us(office.clock.now())
    with office.look(account.by()) as tx:
        return _key(access.one_key(tx, errands.company_of(account), public_id), now_us)


def _key(one: access.ApiKey, now_us: int) -> KeyView:
    return KeyView(
        one.public_id, one.name, one.role, one.status(now_us), one.last4, from_us(one.created_us), one.created_by,
        from_us(one.expires_us), None if one.revoked_us is None else from_us(one.revoked_us),
    )  # fmt: skip
