"""Sign in, sign out, language, the way to one's own first page."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from litestar import Response, get, post

from backhaul.kit import chosen_language, http, i18n, keys, walk
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.kit.kept import OPEN, unpacked
from backhaul.kit.machine import Refused
from backhaul.kit.whereabouts import back_to, is_ours
from backhaul.marketplace import errands, texts
from backhaul.marketplace.doors import SESSION_COOKIE, Req, Visitor, explain, proven, visitor, visitor_async
from backhaul.marketplace.office import Office
from backhaul.marketplace.pages.sheets import HOME, page
from backhaul.marketplace.reason_names import words_of

BACK_CHARACTERS_MAX = 300
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
    return f"/sign-in?{urlencode({'back': wanted})}" if reads else "/sign-in"


def routes(office: Office) -> list[Any]:
    """The handlers of the entrance."""

    @get("/", include_in_schema=False)
    @http.in_thread
    def home(request: Req) -> Response[Any]:
        who = visitor(office, request)
        return http.see_other(HOME[who.account.role] if who.account else walk.front(office.walk))

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

        try:
            account = await to_thread.run_sync(proven, office, request, login, password)
            if account is None:
                raise Refused("sign_in_failed", "unknown")  # noqa: TRY301 -- answered like the other refusal
        except Refused as refused:
            who, status = Visitor(None, http.language_of(request)), http.STATUS_BY_KIND[refused.kind]
            sentence, kept = explain(refused, who.language), carried.packed() if carried else ""
            answer = page(request, "sign_in.html", who, status, login=login, sentence=sentence, kept=kept, back=back)
            answer.headers.update(http.later(refused))
            return answer
        former = request.cookies.get(SESSION_COOKIE, "")
        token = keys.session_token(office.chance)
        await office.desk.perform(Errand(lambda tx, at: errands.sign_in(tx, account, token, at, former)))
        lasts = timedelta(days=errands.SESSION_DAYS)
        cookie = http.session_cookie(SESSION_COOKIE, token, lasts, secure=office.secure)
        if carried is None:
            return http.see_other(back if is_ours(back) else HOME[account.role], [cookie])
        who = Visitor(account, http.language_of(request, account.language))
        response = page(
            request,
            "kept.html",
            who,
            here="/",
            kept=carried,
            words={**words_of(office.house.terms, who.language), **KEPT_WORDS},
        )
        response.set_cookie(cookie)
        return response

    return [home, sign_in_page, sign_in, *_leaving(office)]


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
