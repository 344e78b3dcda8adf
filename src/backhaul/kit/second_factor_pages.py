"""The pages of second factors: one's own under the account, the second step of a sign-in, and the list where staff reset one."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from anyio import to_thread
from litestar import Response, get, post
from litestar.datastructures import Cookie

from backhaul.kit import http, paper, totp
from backhaul.kit import second_factor_changes as changes
from backhaul.kit import second_factor_steps as steps
from backhaul.kit.done import done
from backhaul.kit.kept import OPEN
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import RECOVERY_CODES, TYPED_CHARACTERS_MAX
from backhaul.kit.second_factor_doors import CODE, SET_UP, STEP_PATH, Doors, Req
from backhaul.kit.whereabouts import is_ours

HERE = "/account/second-factor"
PASSWORD_CHARACTERS_MAX = 200
BACK_CHARACTERS_MAX = 300
CARRIED_CHARACTERS_MAX = 2000


class Sheets(msgspec.Struct, frozen=True):
    """How a house draws these pages.

    `visitor` is who looks (with `account`, or none), `stranger` somebody who is not signed in, in a language. `draw` is the house's
    `(request, who, template, status, **context)`. `arrive` answers who has just signed in: `(request, account, kept, back, cookies)`,
    `again` who must begin anew: `(request, kept, back, refused)`. `onward`: what a page shows that leads on: `(request, account, kept, back)`.
    """

    doors: Doors
    visitor: Callable[[Req], Any]
    stranger: Callable[[str], Any]
    draw: Callable[..., Response[Any]]
    explain: Callable[[Refused, str], str]
    arrive: Callable[[Req, Any, str, str, list[Cookie]], Response[Any]]
    again: Callable[[Req, str, str, Refused], Response[Any]]
    onward: Callable[[Req, Any, str, str], Mapping[str, Any]]


def routes(sheets: Sheets) -> list[Any]:
    """The handlers of one's own second factor, and of the second step."""
    return [*_own(sheets), *_changes(sheets), *_step(sheets)]


def _own(sheets: Sheets) -> list[Any]:
    doors = sheets.doors

    @get(HERE, include_in_schema=False)
    @http.in_thread
    def own_page(request: Req) -> Response[Any]:
        return _draw(request, sheets, _person(sheets, request))

    @post(f"{HERE}/set-up", include_in_schema=False)
    async def set_up(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_person, sheets, request)
        password = (await _typed(request, current=PASSWORD_CHARACTERS_MAX))["current"]

        def prepared() -> Response[Any]:
            try:
                if doors.proven(request, who.account.login, password) is None:
                    raise Refused("password_wrong", "invalid", "current")  # noqa: TRY301 -- answered like the other refusal
            except Refused as refused:
                return _draw(request, sheets, who, refused, "set-up")
            return draw_set_up(request, sheets, who, who.account, action=f"{HERE}/confirm")

        return await to_thread.run_sync(prepared)

    @post(f"{HERE}/confirm", include_in_schema=False)
    async def confirm(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_person, sheets, request)
        said = await _typed(request, set_up=CARRIED_CHARACTERS_MAX, code=TYPED_CHARACTERS_MAX)
        account = who.account
        try:
            fresh = await steps.finish_set_up(doors, request, account, said["set_up"], said["code"], halfway=False)
        except Refused as refused:
            if refused.code != "code_wrong":
                return await to_thread.run_sync(_draw, request, sheets, who, refused, "set-up")
            return draw_set_up(request, sheets, who, account, said["set_up"], refused, action=f"{HERE}/confirm")
        answer = _draw_codes(request, sheets, who, fresh.codes, {"onward": HERE})
        for cookie in steps.let_in(doors, fresh.token):
            answer.set_cookie(cookie)
        return answer

    return [own_page, set_up, confirm]


def _changes(sheets: Sheets) -> list[Any]:
    doors = sheets.doors

    @post(f"{HERE}/recovery-codes", include_in_schema=False)
    async def renew(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_person, sheets, request)
        said = await _typed(request, current=PASSWORD_CHARACTERS_MAX, code=TYPED_CHARACTERS_MAX)
        try:
            codes = await changes.renew(doors, request, who.account, said["current"], said["code"])
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, sheets, who, refused, "renew")
        return _draw_codes(request, sheets, who, codes, {"onward": HERE})

    @post(f"{HERE}/switch-off", include_in_schema=False)
    async def switch_off(request: Req) -> Response[Any]:
        who = await to_thread.run_sync(_person, sheets, request)
        said = await _typed(request, current=PASSWORD_CHARACTERS_MAX, code=TYPED_CHARACTERS_MAX)
        try:
            await changes.turn_off(doors, request, who.account, said["current"], said["code"])
        except Refused as refused:
            return await to_thread.run_sync(_draw, request, sheets, who, refused, "off")
        return done(HERE)

    @post(f"{HERE}/recovery-codes.txt", include_in_schema=False)
    async def as_text(request: Req) -> Response[Any]:
        """The codes of the page where they stand once, as a file: only these go out, and nobody else's."""
        who = await to_thread.run_sync(_person, sheets, request)
        codes = (await _typed(request, codes=CARRIED_CHARACTERS_MAX))["codes"].split()[:RECOVERY_CODES]
        digests = [doors.box.digest(who.account.id, code) for code in codes]

        def theirs() -> bool:
            with doors.office.database.read() as tx:
                return doors.factors.are_codes_of(tx, who.account.id, digests)

        if not await to_thread.run_sync(theirs):
            raise Refused("not_found", "missing")
        text = "".join(f"{line}\r\n" for line in (f"{doors.issuer} {who.account.login}", "", *codes))
        return http.file_answer(text.encode(), "text/plain; charset=utf-8", "recovery-codes.txt", inline=False)

    return [renew, switch_off, as_text]


def _step(sheets: Sheets) -> list[Any]:
    doors = sheets.doors

    @post(f"{STEP_PATH}/code", include_in_schema=False, opt=OPEN)
    async def code(request: Req) -> Response[Any]:
        form = await request.form()
        kept, back = str(form.get("kept", "")), str(form.get("back", ""))[:BACK_CHARACTERS_MAX]
        typed = str(form.get("code", ""))[:TYPED_CHARACTERS_MAX]
        account, asked = await to_thread.run_sync(steps.halfway, doors, request)
        if asked != CODE:
            return sheets.again(request, kept, back, Refused("sign_in_over", "unknown"))
        try:
            token = await steps.finish(doors, request, account, typed)
        except Refused as refused:
            return draw_step(request, sheets, account, CODE, kept, back, refused)
        return sheets.arrive(request, account, kept, back, steps.let_in(doors, token))

    @post(f"{STEP_PATH}/set-up", include_in_schema=False, opt=OPEN)
    async def set_up(request: Req) -> Response[Any]:
        form = await request.form()
        kept, back = str(form.get("kept", "")), str(form.get("back", ""))[:BACK_CHARACTERS_MAX]
        carried, typed = str(form.get("set_up", ""))[:CARRIED_CHARACTERS_MAX], str(form.get("code", ""))
        account, asked = await to_thread.run_sync(steps.halfway, doors, request)
        if asked != SET_UP:
            return sheets.again(request, kept, back, Refused("sign_in_over", "unknown"))
        try:
            fresh = await steps.finish_set_up(
                doors, request, account, carried, typed[:TYPED_CHARACTERS_MAX], halfway=True
            )
        except Refused as refused:
            shown = carried if refused.code == "code_wrong" else ""
            return draw_step(request, sheets, account, SET_UP, kept, back, refused, carried=shown)
        who = sheets.stranger(http.language_of(request, account.language))
        answer = _draw_codes(request, sheets, who, fresh.codes, sheets.onward(request, account, kept, back))
        for cookie in steps.let_in(doors, fresh.token):
            answer.set_cookie(cookie)
        return answer

    return [code, set_up]


async def go_on(request: Req, sheets: Sheets, account: Any, kept: str, back: str) -> Response[Any]:
    """What comes after the right password: the form of the code, or of the set-up; or they are in."""
    asked, cookies = await steps.begin(sheets.doors, request, account)
    if not asked:
        return sheets.arrive(request, account, kept, back, cookies)
    answer = draw_step(request, sheets, account, asked, kept, back)
    for cookie in cookies:
        answer.set_cookie(cookie)
    return answer


def draw_step(request: Req, sheets: Sheets, account: Any, asked: str, kept: str = "", back: str = "",
              refused: Refused | None = None, carried: str = "") -> Response[Any]:  # fmt: skip
    """The second step, for somebody who is not signed in yet."""
    who = sheets.stranger(http.language_of(request, account.language))
    carries = {"kept": kept, "back": back if is_ours(back) else "", "here": f"{STEP_PATH}/code"}
    if asked == CODE:
        return sheets.draw(request, who, "sign_in_code.html", _status(refused), sentence=_sentence(sheets, who, refused),
                           code_length=TYPED_CHARACTERS_MAX, **carries)  # fmt: skip
    action = f"{STEP_PATH}/set-up"
    return draw_set_up(request, sheets, who, account, carried, refused, action=action, must=True, **carries)


def draw_set_up(request: Req, sheets: Sheets, who: Any, account: Any, carried: str = "", refused: Refused | None = None,
                **context: Any) -> Response[Any]:  # fmt: skip
    """The square code of a fresh secret, or of the one that a refused form carried."""
    doors, at = sheets.doors, sheets.doors.office.clock.now()
    secret = doors.box.pended(account.id, carried, at) if carried else totp.made_secret(doors.office.chance)
    return sheets.draw(
        request, who, "second_factor_set_up.html", _status(refused),
        **{"here": HERE, "must": False, "kept": "", "back": "", **context},
        square=b64encode(paper.qr_svg(totp.address(secret, doors.issuer, account.login)).encode()).decode(),
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        set_up=carried or doors.box.pending(account.id, secret, at),
        login=account.login,
        sentence=_sentence(sheets, who, refused),
    )  # fmt: skip


def _draw(request: Req, sheets: Sheets, who: Any, refused: Refused | None = None, form: str = "") -> Response[Any]:
    doors = sheets.doors
    with doors.office.database.read() as tx:
        state = doors.factors.state(tx, who.account.id)
    return sheets.draw(
        request, who, "second_factor.html", _status(refused), here=HERE, state=state,
        must=doors.must(who.account),
        faulty_form=form if refused else "", faulty=(refused.field or "") if refused else "",
        sentence=_sentence(sheets, who, refused), password_max=PASSWORD_CHARACTERS_MAX, code_length=TYPED_CHARACTERS_MAX,
    )  # fmt: skip


def _draw_codes(request: Req, sheets: Sheets, who: Any, codes: list[str], onward: Mapping[str, Any]) -> Response[Any]:
    place = urlsplit(str(onward["onward"]))
    shown = {
        "here": HERE,
        **onward,
        "onward": place.path,
        "onward_query": parse_qsl(place.query, keep_blank_values=True),
    }
    return sheets.draw(request, who, "recovery_codes.html", 200, codes=codes, **shown)


def _status(refused: Refused | None) -> int:
    if refused is None:
        return 200
    return 422 if refused.code == "code_wrong" else http.STATUS_BY_KIND[refused.kind]


def _sentence(sheets: Sheets, who: Any, refused: Refused | None) -> str:
    return sheets.explain(refused, who.language) if refused else ""


def _person(sheets: Sheets, request: Req) -> Any:
    who = sheets.visitor(request)
    if who.account is None:
        raise Refused("sign_in_needed", "unknown")
    return who


async def _typed(request: Req, **most: int) -> dict[str, str]:
    """Fields of a form, each as long as it may be."""
    form = await request.form()
    return {name: str(form.get(name, ""))[:length] for name, length in most.items()}
