"""Sign in, sign out, language, the way to one's own first page."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import Cookie

from backhaul.kit import chosen_language, http, i18n, second_factor_pages, second_factor_staff, walk
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.kit.kept import OPEN, unpacked
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor_pages import Sheets, go_on
from backhaul.kit.whereabouts import back_to, is_ours
from backhaul.marketplace import access, errands, signing_in, texts
from backhaul.marketplace.doors import SESSION_COOKIE, Req, Visitor, explain, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import HOME, page
from backhaul.marketplace.reason_names import words_of
from backhaul.marketplace.rules.words import Role
from backhaul.marketplace.signing_in import proven

BACK_CHARACTERS_MAX = 300
STAFF_PATH = "/support/second-factors"
# Codes that may stand in a kept form, in the reader's words.
KEPT_WORDS = {
    **texts.ROUTE_LABELS, **texts.METHOD_LABELS, **texts.WITNESS_LABELS,
    "yes": N_("Yes"), "no": N_("No"),
}  # fmt: skip


def ask_again(request: Req, kept: str) -> Response[Any]:
    """The entrance for somebody whose session was over when they sent a form."""
    who = Visitor(None, http.language_of(request))
    sentence = explain(Refused("session_over" if kept else "sign_in_needed", "unknown"), who.language)
    return page(request, "sign_in.html", who, 401, here="/sign-in", login="", sentence=sentence, kept=kept)


def sign_in_and_back(request: Req) -> str:
    """The entrance for somebody who followed a link, for example of an e-mail: it leads on to what they wanted to see."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    reads = request.method == "GET" and wanted != "/" and len(wanted) <= BACK_CHARACTERS_MAX
    return http.in_asked_language(request, f"/sign-in?{urlencode({'back': wanted})}" if reads else "/sign-in")


def routes(office: Office) -> list[Any]:
    """The handlers of the entrance."""
    sheets = sheets_of(office)

    @get("/", include_in_schema=False)
    @http.in_thread
    def home(request: Req) -> Response[Any]:
        who = visitor(office, request)
        first = HOME[who.account.role] if who.account else walk.front(office.walk)
        return http.see_other(http.in_asked_language(request, first))

    @get("/sign-in", include_in_schema=False)
    @http.in_thread
    def sign_in_page(request: Req) -> Response[Any]:
        back = request.query_params.get("back", "")[:BACK_CHARACTERS_MAX]
        return page(request, "sign_in.html", Visitor(None, http.language_of(request)), login="", back=back)

    @post("/sign-in", include_in_schema=False, opt=OPEN)
    async def sign_in(request: Req) -> Response[Any]:
        form = await request.form()
        login, password = str(form.get("login", ""))[:200], str(form.get("password", ""))[:200]
        carried, back = unpacked(str(form.get("kept", ""))), str(form.get("back", ""))[:BACK_CHARACTERS_MAX]
        kept = carried.packed() if carried else ""

        try:
            account = await to_thread.run_sync(proven, office, request, login, password)
            if account is None:
                raise Refused("sign_in_failed", "unknown")  # noqa: TRY301 -- answered like the other refusal
        except Refused as refused:
            return _again(request, kept, back, refused, login)
        return await go_on(request, sheets, account, kept, back)

    of_staff = second_factor_staff.routes(sheets, STAFF_PATH, lambda request: _support(office, request))
    return [home, sign_in_page, sign_in, *_leaving(office), *second_factor_pages.routes(sheets), *of_staff]


def _support(office: Office, request: Req) -> Visitor:
    """Who looks, if they administer access."""
    who = visitor(office, request)
    if who.by.role is not Role.SUPPORT:
        raise Refused("not_your_role", "forbidden", role=who.by.role)
    return who


def sheets_of(office: Office) -> Sheets:
    """The pages of second factors, as this house draws them."""
    return Sheets(
        doors=signing_in.doors(office),
        visitor=lambda request: visitor(office, request),
        stranger=lambda language: Visitor(None, language),
        draw=lambda request, who, template, status=200, **context: page(request, template, who, status, **context),
        explain=explain,
        arrive=lambda request, account, kept, back, cookies: _arrived(office, request, account, kept, back, cookies),
        again=_again,
        onward=lambda request, account, kept, back: _onward(office, request, account, kept, back),
    )


def _again(request: Req, kept: str, back: str, refused: Refused, login: str = "") -> Response[Any]:
    """The entrance once more, with why."""
    who, status = Visitor(None, http.language_of(request)), http.STATUS_BY_KIND[refused.kind]
    carried = unpacked(kept)
    answer = page(request, "sign_in.html", who, status, here="/sign-in", login=login, sentence=explain(refused, who.language),
                  kept=carried.packed() if carried else "", back=back)  # fmt: skip
    answer.headers.update(http.later(refused))
    return answer


def _arrived(office: Office, request: Req, account: access.Account, kept: str, back: str,
             cookies: list[Cookie]) -> Response[Any]:  # fmt: skip
    """Signed in: on to where they wanted to be, or to what they had typed before their session was over."""
    carried = unpacked(kept)
    if carried is None:
        return http.see_other(back if is_ours(back) else HOME[account.role], cookies)
    who = Visitor(account, http.language_of(request, account.language))
    response = page(request, "kept.html", who, here="/", **_onward(office, request, account, kept, back))
    for cookie in cookies:
        response.set_cookie(cookie)
    return response


def _onward(office: Office, request: Req, account: access.Account, kept: str, back: str) -> dict[str, Any]:
    language = http.language_of(request, account.language)
    words = {**words_of(office.house.terms, language), **KEPT_WORDS}
    return {"onward": back if is_ours(back) else HOME[account.role], "kept": unpacked(kept), "words": words}


def _leaving(office: Office) -> list[Any]:
    @post("/sign-out", include_in_schema=False, opt=OPEN)
    async def sign_out(request: Req) -> Response[Any]:
        token = request.cookies.get(SESSION_COOKIE, "")
        if token:
            await office.desk.perform(Errand(lambda tx, _: errands.sign_out(tx, token)))
        gone = http.session_cookie(SESSION_COOKIE, "", timedelta(0), secure=office.secure)
        return http.see_other(walk.front(office.walk), [gone])

    @post("/language", include_in_schema=False, opt=OPEN)
    async def language(request: Req) -> Response[Any]:
        form = await request.form()
        chosen = str(form.get("language", ""))
        back = str(form.get("back", "/"))
        if chosen not in i18n.LANGUAGES:
            raise Refused("field_invalid", "invalid", "language", reason=chosen[:20])
        who = await visitor_async(office, request)
        if who.account is not None:
            account = who.account
            await office.desk.perform(Errand(lambda tx, _: errands.set_language(tx, account, chosen)))
        return http.see_other(back_to(request, back), [chosen_language.cookie(chosen)])

    return [sign_out, language]
