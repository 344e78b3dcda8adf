"""API v1 for a seller's users and for one's own account: by a person's session only."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, Router, get, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody

from backhaul.kit import i18n, keys
from backhaul.kit.conditional import check_unchanged
from backhaul.kit.database import Tx
from backhaul.kit.http import in_thread, strict_body
from backhaul.kit.machine import Refused
from backhaul.kit.webhook_doors import IfMatch
from backhaul.marketplace import access, directory, errands, users
from backhaul.marketplace.doors import (
    IdempotencyKey,
    Req,
    Words,
    account_of,
    bearer_token,
    invalid,
    persons_errand,
)
from backhaul.marketplace.office import Office
from backhaul.marketplace.repeats import answered, own_errand, secretly
from backhaul.marketplace.rules.words import Rights, Role
from backhaul.marketplace.signing_in import proven


class UserRights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manages_keys` counts for an operator: an owner needs no grant, an analyst gets none."""

    rights: Rights
    manages_keys: bool = False


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to add."""

    login: Words
    name: Words
    language: Words
    rights: Rights
    manages_keys: bool = False


class UserView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user of a seller. `state`: active, invited or ended. `link` is there once: in the answer that made it."""

    id: int
    login: str
    name: str
    language: str
    rights: Rights
    manages_keys: bool
    state: str
    active_keys: int
    link: str = ""
    link_until: datetime | None = None


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is signed in."""

    login: str
    name: str
    role: Role
    language: str
    rights: Rights | None = None


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The current password and the next one."""

    current: str
    password: str


class NewLanguage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """en, ru, zh or tr."""

    language: Words


def routes(office: Office) -> Router:
    """The users of a seller, and the account of whoever is signed in."""
    handlers = [*_users(office), *_user_acts(office), *_account(office)]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        before_request=strict_body,
        exception_handlers={ValidationException: invalid},
        tags=["users"],
    )


def _users(office: Office) -> list[Any]:
    @get("/users", summary="The seller's users; for the owner")
    @in_thread
    def list_users(request: Req) -> list[UserView]:
        account = account_of(office, request)
        _owners_only(account)
        with office.look(account.by()) as tx:
            found = directory.users_of_seller(tx, int(account.subject), office.clock.now())
        return [_user(user) for user in found]

    @get("/users/{number:int}", summary="One user; for the owner")
    @in_thread
    def one(request: Req, number: FromPath[int]) -> UserView:
        account = account_of(office, request)
        _owners_only(account)
        return _one_user(office, account, number)

    @post("/users", status_code=201, summary="Add a user; the answer shows their one-time link once")
    async def add(request: Req, data: JSONBody[NewUser], key: IdempotencyKey = None) -> Response[UserView]:
        account = await to_thread.run_sync(account_of, office, request)
        link = keys.session_token(office.chance)
        wanted = users.NewUser(data.login, data.name, data.language, data.rights, data.manages_keys)

        def run(tx: Tx, at: datetime) -> bytes:
            number = users.add_user(tx, account, wanted, link, at)
            return f"{number} {keys.digest(link).hex()}".encode()

        number, _, digest = (
            (await office.desk.perform(persons_errand(request, account, run, key, data))).body.decode().partition(" ")
        )
        view = await to_thread.run_sync(_one_user, office, account, int(number))
        shown = _with_link(office, request, view, link) if digest == keys.digest(link).hex() else view
        return Response(shown, status_code=201, headers={"cache-control": "no-store"})

    return [list_users, one, add]


def _user_acts(office: Office) -> list[Any]:
    def check(tx: Tx, account: access.Account, number: int, seen: str | None, at: datetime) -> None:
        if seen:
            _owners_only(account)
            check_unchanged(seen, _found(tx, account, number, at))

    @post("/users/{number:int}/rights", status_code=200, summary="Change a user's rights")
    async def rights(request: Req, number: FromPath[int], data: JSONBody[UserRights],
                     key: IdempotencyKey = None, seen: IfMatch = None) -> UserView:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, at: datetime) -> None:
            check(tx, account, number, seen, at)
            users.set_rights(tx, account, number, data.rights, manages_keys=data.manages_keys)

        await office.desk.perform(persons_errand(request, account, run, key, data))
        return await to_thread.run_sync(_one_user, office, account, number)

    @post("/users/{number:int}/deactivate", status_code=200, summary="End a user's sessions and sign-in")
    async def deactivate(request: Req, number: FromPath[int], key: IdempotencyKey = None,
                         seen: IfMatch = None) -> UserView:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, at: datetime) -> None:
            check(tx, account, number, seen, at)
            users.end_user(tx, account, number, at)

        await office.desk.perform(persons_errand(request, account, run, key))
        return await to_thread.run_sync(_one_user, office, account, number)

    @post("/users/{number:int}/restore", status_code=200, summary="Let a deactivated user in again")
    async def restore(request: Req, number: FromPath[int], key: IdempotencyKey = None,
                      seen: IfMatch = None) -> UserView:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)

        def run(tx: Tx, at: datetime) -> None:
            check(tx, account, number, seen, at)
            users.restore_user(tx, account, number)

        await office.desk.perform(persons_errand(request, account, run, key))
        return await to_thread.run_sync(_one_user, office, account, number)

    @post("/users/{number:int}/link", status_code=201, summary="Another one-time link to set a password")
    async def renew(request: Req, number: FromPath[int], key: IdempotencyKey = None,
                    seen: IfMatch = None) -> Response[UserView]:  # fmt: skip
        account = await to_thread.run_sync(account_of, office, request)
        link = keys.session_token(office.chance)

        def run(tx: Tx, at: datetime) -> bytes:
            check(tx, account, number, seen, at)
            users.renew_link(tx, account, number, link, at)
            return keys.digest(link)

        answer = await office.desk.perform(persons_errand(request, account, run, key))
        view = await to_thread.run_sync(_one_user, office, account, number)
        shown = _with_link(office, request, view, link) if answer.body == keys.digest(link) else view
        return Response(shown, status_code=201, headers={"cache-control": "no-store"})

    return [rights, deactivate, restore, renew]


def _account(office: Office) -> list[Any]:
    @get("/account", summary="Who is signed in")
    @in_thread
    def who(request: Req) -> Account:
        return _shown(account_of(office, request))

    @post("/account/password", status_code=204, summary="Change one's own password; all other sessions end")
    async def password(request: Req, data: JSONBody[NewPassword], key: IdempotencyKey = None) -> None:
        account = await to_thread.run_sync(account_of, office, request)

        def prepare() -> tuple[access.Account, str]:
            found = proven(office, request, account.login, data.current[: users.PASSWORD_CHARACTERS_MAX])
            if found is None:
                raise Refused("password_wrong", "invalid", "current")
            users.check_password(data.password, login=account.login, current=data.current)
            return found, keys.hash_password(data.password)

        own, said = msgspec.structs.replace(account.by(), writes=True), secretly(office, data.current, data.password)
        if await answered(office, request, own, key, said) is None:  # else the current password is that one already
            found, hashed = await to_thread.run_sync(prepare)
            token = bearer_token(request)
            await office.desk.perform(
                own_errand(request, account, lambda tx, _: users.change_password(tx, found, hashed, token), key, said)
            )

    @post("/account/language", status_code=200, summary="Change one's own language")
    async def language(request: Req, data: JSONBody[NewLanguage], key: IdempotencyKey = None) -> Account:
        account = await to_thread.run_sync(account_of, office, request)
        if data.language not in i18n.LANGUAGES:
            raise Refused("unknown_language", "invalid", "language")

        def run(tx: Tx, _: datetime) -> None:
            errands.set_language(tx, account, data.language)

        await office.desk.perform(own_errand(request, account, run, key, data))
        return _shown(msgspec.structs.replace(account, language=data.language))

    return [who, password, language]


def _owners_only(account: access.Account) -> None:
    if not account.owner:
        raise Refused("owner_only", "forbidden")


def _one_user(office: Office, account: access.Account, number: int) -> UserView:
    with office.look(account.by()) as tx:
        return _found(tx, account, number, office.clock.now())


def _found(tx: Tx, account: access.Account, number: int, at: datetime) -> UserView:
    found = directory.users_of_seller(tx, int(account.subject), at)
    user = next((user for user in found if user.account.id == number), None)
    if user is None:
        raise Refused("not_found", "missing")
    return _user(user)


def _user(user: directory.User) -> UserView:
    one = user.account
    return UserView(
        one.id, one.login, one.name, one.language, one.rights, one.manages_keys, user.state, user.active_keys
    )


def _with_link(office: Office, request: Req, view: UserView, link: str) -> UserView:
    until = office.clock.now() + timedelta(days=users.INVITATION_DAYS)
    address = f"{str(request.base_url).rstrip('/')}/welcome/{link}"
    return msgspec.structs.replace(view, link=address, link_until=until)


def _shown(account: access.Account) -> Account:
    rights = account.rights if account.role is Role.SELLER else None
    return Account(account.login, account.name, account.role, account.language, rights)
