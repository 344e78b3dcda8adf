"""A person's own account: password and language; and the page where a one-time link leads."""

from datetime import datetime
from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.params import FromPath

from backhaul.kit import http, keys
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.kept import OPEN
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, texts, users
from backhaul.marketplace.doors import SESSION_COOKIE, Req, Visitor, explain, visitor
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import page
from backhaul.marketplace.signing_in import proven


def routes(office: Office) -> list[Any]:
    """The handlers of a person's own account."""

    @get("/account", include_in_schema=False)
    @http.in_thread
    def account_page(request: Req) -> Response[Any]:
        return _draw(request, visitor(office, request))

    @post("/account/password", include_in_schema=False)
    async def password(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(visitor, office, request)
        form = await request.form()
        current, wanted, again = (str(form.get(name, "")) for name in ("current", "password", "again"))
        token = request.cookies.get(SESSION_COOKIE, "")
        try:
            account, hashed = await to_thread.run_sync(_checked, office, request, who, (current, wanted, again))
        except Refused as refused:
            if refused.kind == "unknown":
                raise
            return await to_thread.run_sync(partial(_draw, request, who, refused))
        await office.desk.perform(Errand(lambda tx, _: users.change_password(tx, account, hashed, token)))
        return http.see_other("/account?changed=yes")

    return [account_page, password, *_welcome(office)]


def _welcome(office: Office) -> list[Any]:
    @get("/welcome/{token:str}", include_in_schema=False)
    @http.in_thread
    def welcome(request: Req, token: FromPath[str]) -> Response[Any]:
        return _draw_welcome(request, office, token)

    @post("/welcome/{token:str}", include_in_schema=False, opt=OPEN)
    async def accept(request: Req, token: FromPath[str]) -> Response[Any]:
        form = await request.form()
        password, again = str(form.get("password", "")), str(form.get("again", ""))

        def prepare() -> str:
            users.check_password(password, again, login=_invited(office, token).login)
            return keys.hash_password(password)

        try:
            hashed = await to_thread.run_sync(prepare)
        except Refused as refused:
            if refused.kind == "missing":
                raise
            return await to_thread.run_sync(_draw_welcome, request, office, token, refused)

        def run(tx: Tx, at: datetime) -> None:
            users.accept_invitation(tx, token, hashed, at)

        await office.desk.perform(Errand(run))
        return http.see_other("/sign-in")

    return [welcome, accept]


def _checked(office: Office, request: Req, who: Visitor, typed: tuple[str, str, str]) -> tuple[access.Account, str]:
    """Who changes the password, and the hash of the new one."""
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    current, wanted, again = typed
    found = proven(office, request, who.account.login, current[: users.PASSWORD_CHARACTERS_MAX])
    if found is None:
        raise Refused("password_wrong", "invalid", "current")
    users.check_password(wanted, again, login=who.account.login, current=current)
    return found, keys.hash_password(wanted)


def _invited(office: Office, token: str) -> access.Account:
    with office.database.read() as tx:
        found = access.invited(tx, token, office.clock.now())
    if found is None:
        raise Refused("link_expired", "missing")
    return found


def _draw_welcome(request: Req, office: Office, token: str, refused: Refused | None = None) -> Response[str]:
    found = _invited(office, token)
    who = Visitor(None, http.language_of(request, found.language))
    return page(
        request,
        "welcome.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here=f"/welcome/{token}",
        invited=found,
        password_min=users.PASSWORD_CHARACTERS_MIN,
        password_max=users.PASSWORD_CHARACTERS_MAX,
        wrong=_wrong(refused),
        sentence=explain(refused, who.language) if refused else "",
    )


def _wrong(refused: Refused | None) -> str:
    """The field that a refusal is about; whoever tries too often does so with the first."""
    return "" if refused is None else refused.field or "current"


def _draw(request: Req, who: Visitor, refused: Refused | None = None) -> Response[str]:
    account = who.account
    if account is None:
        raise Refused("sign_in_needed", "unknown")
    answer = page(
        request,
        "account.html",
        who,
        http.STATUS_BY_KIND[refused.kind] if refused else 200,
        here="/account",
        account=account,
        rights=texts.RIGHTS,
        changed=refused is None and "changed" in request.query_params,
        password_min=users.PASSWORD_CHARACTERS_MIN,
        password_max=users.PASSWORD_CHARACTERS_MAX,
        wrong=_wrong(refused),
        sentence=explain(refused, who.language) if refused else "",
    )
    answer.headers.update(http.later(refused))
    return answer
