"""Sign up and confirm the e-mail, sign in, sign out, language, the way to one's own first page."""

from datetime import timedelta
from typing import Any

from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from backhaul.kit import chosen_language, forms, http, i18n, second_factor_pages, second_factor_staff, walk
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.kit.kept import OPEN, unpacked
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor_pages import Sheets, go_on
from backhaul.kit.whereabouts import back_to
from backhaul.partner import access, errands, sign_up, signing_in, texts
from backhaul.partner.doors import SESSION_COOKIE, Req, Visitor, country, explain, form_texts, visitor, visitor_async
from backhaul.partner.office import Office
from backhaul.partner.pages.sheets import HOME, Wrong, form_of, page
from backhaul.partner.rules.words import Role
from backhaul.partner.sign_up import SignUp
from backhaul.partner.signing_in import proven

COUNTRY_LETTERS = 2
STAFF_PATH = "/second-factors"
NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


# Codes that may stand in a kept form, in the reader's words.
KEPT_WORDS = {
    **texts.REASON_LABELS, **texts.MARK_LABELS, **texts.DECISION_LABELS, **texts.SHIPMENT_LABELS,
    "yes": N_("Yes"), "no": N_("No"),
}  # fmt: skip


def ask_again(office: Office, request: Req, kept: str) -> Response[Any]:
    """The entrance for somebody whose session was over when they sent a form."""
    who = Visitor(None, http.language_of(request))
    wrong = Wrong(Refused("session_over" if kept else "sign_in_needed", "unknown"))
    return page(request, office, "sign_in.html", who, wrong, here="/sign-in", login="", kept=kept)


def routes(office: Office) -> list[Any]:
    """The handlers of the entrance."""

    @get("/", include_in_schema=False)
    @http.in_thread
    def home(request: Req) -> Response[Any]:
        who = visitor(office, request)
        first = HOME[who.account.role] if who.account else walk.front(office.walk)
        return http.see_other(http.in_asked_language(request, first))

    @post("/sign-out", include_in_schema=False, opt=OPEN)
    async def sign_out(request: Req) -> Response[Any]:
        token = request.cookies.get(SESSION_COOKIE, "")
        if token:
            await office.desk.perform(Errand(lambda tx, _: errands.sign_out(tx, token)))
        gone = http.session_cookie(SESSION_COOKIE, "", timedelta(0), secure=office.secure)
        return http.see_other(walk.front(office.walk), [gone])

    @post("/language", include_in_schema=False, opt=OPEN)
    async def language(request: Req) -> Response[Any]:
        said = await form_texts(request, "language", "back")
        chosen, back = said["language"], said["back"]
        if chosen not in i18n.LANGUAGES:
            raise Refused("unknown_language", "invalid", "language")
        who = await visitor_async(office, request)
        if who.account is not None:
            account = who.account
            await office.desk.perform(Errand(lambda tx, _: errands.set_language(tx, account, chosen)))
        return http.see_other(back_to(request, back), [chosen_language.cookie(chosen)])

    return [home, sign_out, language, *_sign_in_routes(office), *_sign_up_routes(office)]


def _sign_in_routes(office: Office) -> list[Any]:
    sheets = sheets_of(office)

    @get("/sign-in", include_in_schema=False)
    @http.in_thread
    def sign_in_page(request: Req) -> Response[Any]:
        return page(request, office, "sign_in.html", Visitor(None, http.language_of(request)), login="")

    @post("/sign-in", include_in_schema=False, opt=OPEN)
    async def sign_in(request: Req) -> Response[Any]:
        said = await form_texts(request, "login", "password", "kept")
        carried = unpacked(said["kept"])
        kept = carried.packed() if carried else ""
        login, password = said["login"][:200], said["password"][:200]

        try:
            account = await to_thread.run_sync(proven, office, request, login, password)
            if account is None:
                raise Refused("sign_in_failed", "unknown")  # noqa: TRY301 -- answered like the other refusals
            return await go_on(request, sheets, account, kept, "")
        except Refused as refused:
            return _again(office, request, kept, refused, login)

    of_staff = second_factor_staff.routes(sheets, STAFF_PATH, lambda request: visitor(office, request, Role.SUPERVISOR))
    return [sign_in_page, sign_in, *second_factor_pages.routes(sheets), *of_staff]


def sheets_of(office: Office) -> Sheets:
    """The pages of second factors, as this house draws them."""
    return Sheets(
        doors=signing_in.doors(office),
        visitor=lambda request: visitor(office, request),
        stranger=lambda language: Visitor(None, language),
        draw=lambda request, who, template, status=200, **context: page(
            request, office, template, who, **{"status": status, **context}
        ),
        explain=explain,
        arrive=lambda request, account, kept, _, cookies: _arrived(office, request, account, kept, cookies),
        again=lambda request, kept, _, refused: _again(office, request, kept, refused),
        onward=lambda _, account, kept, __: _onward(account, kept),
    )


def _again(office: Office, request: Req, kept: str, refused: Refused, login: str = "") -> Response[Any]:
    """The entrance once more, with why."""
    carried = unpacked(kept)
    answer = page(request, office, "sign_in.html", Visitor(None, http.language_of(request)), Wrong(refused), here="/sign-in",
                  login=login, kept=carried.packed() if carried else "")  # fmt: skip
    answer.headers.update(http.later(refused))
    return answer


def _arrived(office: Office, request: Req, account: access.Account, kept: str, cookies: list[Cookie]) -> Response[Any]:
    """Signed in: on to the first page, or to what they had typed before their session was over."""
    carried = unpacked(kept)
    if carried is None:
        return http.see_other(HOME[account.role], cookies)
    who = Visitor(account, http.language_of(request, account.language))
    response = page(request, office, "kept.html", who, here="/", **_onward(account, kept))
    for cookie in cookies:
        response.set_cookie(cookie)
    return response


def _onward(account: access.Account, kept: str) -> dict[str, Any]:
    return {"onward": HOME[account.role], "kept": unpacked(kept), "words": KEPT_WORDS}


def _sign_up_routes(office: Office) -> list[Any]:
    @get("/sign-up", include_in_schema=False)
    @http.in_thread
    def sign_up_page(request: Req) -> Response[Any]:
        return _draw_sign_up(request, office)

    @post("/sign-up", include_in_schema=False, opt=OPEN)
    async def signs_up(request: Req) -> Response[Any]:
        values = await form_texts(request, *SignUp.__struct_fields__)
        language = sign_up_language(office, request)
        try:
            said = forms.parse(SignUp, values)
            await sign_up.sign_up(office, said, language)
        except Refused as refused:
            wrong = Wrong(refused, {**values, "password": ""}, "sign-up")
            return await to_thread.run_sync(_draw_sign_up, request, office, wrong)
        who = Visitor(None, language)
        days = office.house.terms.policy.confirm_email_days
        return page(request, office, "signed_up.html", who, login=said.login, days=days, here="/sign-up", status=201)

    @get("/confirm/{token:str}", include_in_schema=False)
    @http.in_thread
    def confirm_page(request: Req, token: FromPath[str]) -> Response[Any]:  # noqa: ARG001 -- the form sends it back
        return page(request, office, "confirm.html", Visitor(None, http.language_of(request)), done=False)

    @post("/confirm/{token:str}", include_in_schema=False, opt=OPEN)
    async def confirm(request: Req, token: FromPath[str]) -> Response[Any]:
        await sign_up.confirm(office, token)
        return page(request, office, "confirm.html", Visitor(None, http.language_of(request)), done=True)

    return [sign_up_page, signs_up, confirm_page, confirm]


def sign_up_language(office: Office, request: Req) -> str:
    """The form is in the languages that the policy names, the first one by default (D23)."""
    return sign_up.form_language(office, request.query_params.get("lang") or request.cookies.get(http.LANGUAGE_COOKIE))


def _draw_sign_up(request: Req, office: Office, wrong: Wrong | None = None) -> Response[str]:
    who = Visitor(None, sign_up_language(office, request))
    names = _countries(who.language)
    ours = [code for code in office.house.terms.policy.destinations_by_country if code in names]
    choices = [*ours, *(code for code in names if code not in ours)]
    words = (N_("Create the account"), "")
    form = form_of(
        office, who, SignUp, "/sign-up", words, choices={"country": choices}, value_labels=names, id="sign-up"
    )
    return page(
        request,
        office,
        "sign_up.html",
        who,
        wrong,
        form=form,
        password_min=sign_up.PASSWORD_CHARACTERS_MIN,
        all_languages=i18n.LANGUAGES,
        languages={code: i18n.LANGUAGES[code] for code in office.house.terms.policy.sign_up_languages},
    )


def _countries(language: str) -> dict[str, str]:
    """The names of all countries in a language, by name."""
    codes = [code for code in map(str, i18n.locale(language).territories) if len(code) == COUNTRY_LETTERS]
    named = {code: country(code, language) for code in codes if code.isalpha() and code not in NO_COUNTRIES}
    return dict(sorted(named.items(), key=lambda pair: pair[1]))
