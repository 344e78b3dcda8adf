"""A person's own account: password, language, second factor."""

from functools import partial
from typing import Any

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import http, keys
from backhaul.kit.done import done
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor_pages import PASSWORD_CHARACTERS_MAX
from backhaul.partner import access, errands, sign_up
from backhaul.partner.doors import SESSION_COOKIE, Req, errand, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import Wrong, page
from backhaul.partner.signing_in import proven


def routes(office: Office) -> list[Any]:
    """The handlers of a person's own account."""

    def draw(request: Req, wrong: Wrong | None = None) -> Response[str]:
        who = visitor(office, request)
        return page(
            request, office, "account.html", who, wrong, here="/account", account=who.known,
            password_min=sign_up.PASSWORD_CHARACTERS_MIN, password_max=PASSWORD_CHARACTERS_MAX,
        )  # fmt: skip

    @get("/account", include_in_schema=False)
    @http.in_thread
    def account_page(request: Req) -> Response[Any]:
        return draw(request)

    @post("/account/password", include_in_schema=False)
    async def password(request: Req) -> Response[Any]:
        who = await visitor_async(office, request)
        account, token = who.known, request.cookies.get(SESSION_COOKIE, "")
        said = await form_texts(request, "current", "password", "again")
        try:
            hashed = await to_thread.run_sync(_checked, office, request, account, said)
        except Refused as refused:
            return await to_thread.run_sync(partial(draw, request, Wrong(refused, {}, "password")))
        await errand(office, who, lambda tx, _: errands.change_password(tx, account, hashed, token))
        return done("/account")

    return [account_page, password]


def _checked(office: Office, request: Req, account: access.Account, said: dict[str, str]) -> str:
    """The hash of the new password, after a look at the one of before."""
    if proven(office, request, account.login, said["current"][:PASSWORD_CHARACTERS_MAX]) is None:
        raise Refused("password_wrong", "invalid", "current")
    sign_up.check_password(said["password"], account.login, said["current"])
    if said["again"] != said["password"]:
        raise Refused("passwords_differ", "invalid", "again")
    return keys.hash_password(said["password"])
