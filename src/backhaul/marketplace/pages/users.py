"""Settings, users: who signs in for this seller and with which rights. For the owner alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.done import done
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, directory, texts, users
from backhaul.marketplace.doors import Req, Visitor, explain, persons_errand, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.rules.words import Role

HERE = "/settings/users"
FIELDS = ("login", "name", "language", "rights", "manages_keys")


def routes(office: Office) -> list[Any]:
    """The handlers of the page of users."""

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def users_page(request: Req) -> Response[Any]:
        return _draw(request, office, _owner(office, request))

    @post(HERE, include_in_schema=False)
    async def add(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_owner, office, request)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in FIELDS}
        token = str(form.get("form_token", ""))[:80]
        link, account = keys.session_token(office.chance), _account(who)

        def run(tx: Tx, at: datetime) -> bytes:
            rights, keeps = users.rights_of(values["rights"]), values["manages_keys"] == "yes"
            wanted = users.NewUser(values["login"], values["name"], values["language"], rights, keeps)
            users.add_user(tx, account, wanted, link, at)
            return keys.digest(link)

        try:
            answer = await office.desk.perform(persons_errand(request, account, run, token, values))
        except Refused as refused:
            return await to_thread.run_sync(partial(_draw, request, office, who, refused, values))
        if answer.body != keys.digest(link):  # the same form came twice: that link has been shown
            return await to_thread.run_sync(partial(_draw, request, office, who, added_before=True))
        return _link_made(request, office, who, link, values["name"].strip())

    return [users_page, add, *_acts(office)]


def _acts(office: Office) -> list[Any]:
    async def change(request: Req, run: Callable[[Tx, access.Account, datetime], object]) -> Response[Any] | None:
        """Perform a change; the page with the refusal when there is one."""
        who = await to_thread.run_sync(_owner, office, request)
        account = _account(who)

        def errand(tx: Tx, at: datetime) -> None:
            run(tx, account, at)

        try:
            await office.desk.perform(persons_errand(request, account, errand))
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(_draw, request, office, who, refused)
        return None

    @post(f"{HERE}/{{number:int}}/rights", include_in_schema=False)
    async def rights(request: Req, number: FromPath[int]) -> Response[Any]:
        form = await request.form()
        word, keeps = str(form.get("rights", "")), form.get("manages_keys") == "yes"

        def run(tx: Tx, account: access.Account, _: datetime) -> None:
            users.set_rights(tx, account, number, users.rights_of(word), manages_keys=keeps)

        return await change(request, run) or done(HERE)

    @post(f"{HERE}/{{number:int}}/deactivate", include_in_schema=False)
    async def deactivate(request: Req, number: FromPath[int]) -> Response[Any]:
        return await change(request, lambda tx, by, at: users.end_user(tx, by, number, at)) or done(HERE)

    @post(f"{HERE}/{{number:int}}/restore", include_in_schema=False)
    async def restore(request: Req, number: FromPath[int]) -> Response[Any]:
        return await change(request, lambda tx, by, _: users.restore_user(tx, by, number)) or done(HERE)

    @post(f"{HERE}/{{number:int}}/link", include_in_schema=False)
    async def renew(request: Req, number: FromPath[int]) -> Response[Any]:
        link = keys.session_token(office.chance)
        refused = await change(request, lambda tx, by, at: users.renew_link(tx, by, number, link, at))
        if refused is not None:
            return refused
        who = await to_thread.run_sync(_owner, office, request)
        return await to_thread.run_sync(_renewed, request, office, who, number, link)

    return [rights, deactivate, restore, renew]


def _renewed(request: Req, office: Office, who: Visitor, number: int, link: str) -> Response[str]:
    with office.look(who.by) as tx:
        found = directory.users_of_seller(tx, int(who.by.subject), office.clock.now())
    return _link_made(request, office, who, link, next(u.account.name for u in found if u.account.id == number))


def _link_made(request: Req, office: Office, who: Visitor, link: str, name: str) -> Response[str]:
    return page(
        request,
        "link_made.html",
        who,
        201,
        here=HERE,
        section="/settings",
        name=name,
        link=f"{str(request.base_url).rstrip('/')}/welcome/{link}",
        until=office.clock.now() + timedelta(days=users.INVITATION_DAYS),
    )


def _owner(office: Office, request: Req) -> Visitor:
    who = visitor(office, request)
    if who.by.role is not Role.SELLER:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    if not _account(who).owner:
        raise Refused("owner_only", "forbidden")
    return who


def _account(who: Visitor) -> access.Account:
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who.account


def _draw(request: Req, office: Office, who: Visitor, refused: Refused | None = None,
          values: dict[str, str] | None = None, *, added_before: bool = False) -> Response[str]:  # fmt: skip
    with office.look(who.by) as tx:
        found = directory.users_of_seller(tx, int(who.by.subject), office.clock.now())
    return page(
        request,
        "users.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=HERE,
        section="/settings",
        users=found,
        rights=texts.RIGHTS,
        states=texts.USER_STATES,
        values=values or {},
        added_before=added_before,
        name_length=users.NAME_CHARACTERS_MAX,
        link_days=users.INVITATION_DAYS,
        form_token=keys.session_token(office.chance)[:20],
        sentence=explain(refused, who.language) if refused else "",
    )
