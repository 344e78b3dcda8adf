"""Doors: refusals as one JSON shape or a page, cookies, pages in the reader's language, safe headers."""

import functools
import re
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec
from anyio import to_thread
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

from backhaul.kit import forms, i18n
from backhaul.kit.days import last_moment
from backhaul.kit.machine import Refused

STATUS_BY_KIND = {
    "unreadable": 400,
    "invalid": 422,
    "conflict": 409,
    "forbidden": 403,
    "missing": 404,
    "unknown": 401,
    "away": 503,
    "too_many": 429,
    "gone": 410,
}
PROBLEM_JSON = "application/problem+json"
LANGUAGE_COOKIE = "language"
BODY_BYTES_MAX = 1024 * 1024
INSTANT = re.compile(r"\d{4}-\d\d-\d\d")  # how an instant begins
NUMBER = re.compile(r"-?\d{1,4000}")

FILE_HEADERS = {
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=86400",
    "cross-origin-resource-policy": "same-origin",
}

Texts = Mapping[str, i18n.Message]
Words = Mapping[str, Mapping[str, str]]
NO_LABELS: Mapping[str, str] = {}
NO_WORDS: Words = {}
R = TypeVar("R")


def note(request: Request[Any, Any, Any], **said: str) -> None:
    """Tell who listens (`kit/observing.py`): the `role` of who asks, or the code with which they are `refused`. Never a name."""
    request.scope["state"].update(said)


def language_of(request: Request[Any, Any, Any], preferred: str = "") -> str:
    """What the reader chose on a page, else the account's language, else what the browser asks for."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or preferred
    return chosen if chosen in i18n.LANGUAGES else i18n.best(request.headers.get("accept-language", ""))


def in_asked_language(request: Request[Any, Any, Any], path: str) -> str:
    """A path of ours to go on to, in the language that this address asked for."""
    asked = request.query_params.get("lang")
    return f"{path}{'&' if '?' in path else '?'}lang={asked}" if asked in i18n.LANGUAGES else path


def explain(
    refused: Refused, language: str, texts: Texts, labels: Mapping[str, str] = NO_LABELS, words: Words = NO_WORDS
) -> str:
    """The refusal as a sentence. `texts` is the house's catalogue of codes; `code/rule` is that of a rule that it names.

    `labels`: what people call the fields, `words`: the codes that facts hold, by the name of the fact.
    """
    code, field = refused.code, refused.field or ""
    message = texts.get(f"{code}/{refused.facts.get('rule')}") or texts.get(code, code)
    if code == "field_invalid" and "problem" in refused.facts:
        message = forms.PROBLEMS[str(refused.facts["problem"])] if field else forms.WRONG_SHAPE
    if code == "body_invalid":
        message = forms.BODY_PROBLEMS[str(refused.facts["problem"])]
    facts = {name: i18n.worded(name, _as_read(name, value), language, words) for name, value in refused.facts.items()}
    return i18n.sentence(language, message, {**facts, "field": i18n.gettext(language, labels.get(field, field))})


def _as_read(name: str, value: object) -> object:
    """A bound as people read it everywhere: `…_by` is the first instant that is too late, they are told the last that counts."""
    return last_moment(value) if name.endswith("_by") and isinstance(value, datetime) else value


def problem(
    refused: Refused, language: str, texts: Texts, status: int | None = None, words: Words = NO_WORDS
) -> Response[bytes]:
    """RFC 9457: a stable `code`, a sentence in the caller's language, the field and the facts as they are.

    `status`: another one than the refusal's kind has, for what the framework answers by itself.
    """
    status = status or STATUS_BY_KIND.get(refused.kind, 400)
    body: dict[str, object] = {
        "type": f"/docs/errors#{refused.code}",
        "title": refused.code.replace("_", " ").capitalize(),
        "status": status,
        "code": refused.code,
        "detail": explain(refused, language, texts, words=words),
    }
    if refused.field:
        body["field"] = refused.field
        body["pointer"] = f"/{refused.field}"
    for name, value in refused.facts.items():
        body.setdefault(name, value)
    return Response(msgspec.json.encode(body), status_code=status, media_type=PROBLEM_JSON, headers=later(refused))


def later(refused: Refused | None) -> dict[str, str]:
    """When to come again, for programs and browsers alike."""
    if refused is not None and refused.kind == "too_many":
        return {"retry-after": str(60 * int(str(refused.facts["minutes"])))}
    return {"retry-after": "5"} if refused is not None and refused.kind == "away" else {}


def plain(sentence: str) -> Response[str]:
    """To come again in a moment, for when no page can be made."""
    return Response(sentence, status_code=503, media_type=MediaType.TEXT, headers={"retry-after": "5"})


def version_of(if_match: str | None) -> int | None:
    """The version that If-Match names. One that cannot be read is refused: to pass over it would lose an update."""
    if if_match is None or if_match.strip() == "*":
        return None
    version = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]  # `"7-…"`: what follows is the content's
    if not version.isdecimal() or len(version) > 9:
        raise Refused("version_unreadable", "invalid", "If-Match")
    return int(version)


async def no_body(request: Request[Any, Any, Any]) -> None:
    """For acts that take nothing: an empty body or `{}`, else `Refused` that names the first field."""
    raw = (await request.body()).strip()
    said = body_as(dict[str, Any], raw) if raw else {}
    for field in said:
        raise forms.unknown(field)


async def strict_body(request: Request[Any, Any, Any]) -> None:
    """Before every handler of API v1: a body is what its document says. The framework would take "500" for 500.

    Where no field is required, no body is an empty one.
    """
    _strict_query(request)
    data = request.route_handler.parsed_fn_signature.parameters.get("data")
    if data is None:
        return
    if not (await request.body()).strip() and asks_for_nothing(request.method, data.annotation):
        request._body = request._connection_state.body = b"{}"  # noqa: SLF001 -- what the framework reads next
    elif not await request.body():
        return
    try:
        said = await request.json()
    except SerializationException as error:
        raise unreadable("not_json") from error
    if isinstance(said, dict):  # what is no object is told by the framework
        try:
            msgspec.convert(said, data.annotation, str_keys=True)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$.")
            raise forms.misfit(message, path.rstrip("`")) from error


def asks_for_nothing(verb: str, kind: Any) -> bool:
    """Whether a body of this shape may be left out: no field of it is required. Never where it takes the place of what was there."""
    is_shape = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return verb == "POST" and is_shape and not any(field.required for field in msgspec.structs.fields(kind))


def _strict_query(request: Request[Any, Any, Any]) -> None:
    """No number is more than a database holds. An instant is written as one: the framework takes a number for seconds."""
    if not request.scope["query_string"]:
        return
    for name, field in request.route_handler.parsed_fn_signature.parameters.items():
        said = request.query_params.get(name, "")
        kinds = (field.annotation, *field.args)
        if said and datetime in kinds and not INSTANT.match(said):
            raise forms.misfit("Invalid RFC3339 encoded datetime", name)
        if said and int in kinds and NUMBER.fullmatch(said) and not -(2**63) <= int(said) < 2**63:
            bound = -(2**63) if said.startswith("-") else 2**63 - 1
            raise forms.misfit(f"Expected `int` {'>=' if bound < 0 else '<='} {bound}", name)


def problem_of_http(error: HTTPException) -> Refused:
    """The framework's own refusals in our words."""
    if isinstance(error, ValidationException):
        return misfit_of(error)
    codes = {
        401: ("sign_in_needed", "unknown"), 403: ("form_expired", "forbidden"), 404: ("not_found", "missing"),
        405: ("method_not_allowed", "invalid"), 413: ("body_too_large", "invalid"),
        415: ("media_type_unknown", "invalid"), 429: ("too_many_requests", "away"),
    }  # fmt: skip
    if error.status_code == 400:
        return unreadable("not_json" if isinstance(error.__cause__, SerializationException) else "unreadable")
    code, kind = codes.get(error.status_code, ("failed", "away"))
    return Refused(code, kind, reason=error.detail)


def misfit_of(error: ValidationException) -> Refused:
    """What does not fit in a request, as the framework found it: the field and how it does not fit."""
    extra = error.extra if isinstance(error.extra, list) and error.extra else [{}]
    return forms.misfit(str(extra[0].get("message", error.detail)), str(extra[0].get("key", "")))


def unreadable(how: str) -> Refused:
    """A body that nobody can read: `not_json`, `too_deep`, or `unreadable` in another way."""
    return Refused("body_invalid", "unreadable", problem=how)


def too_deep() -> Refused:
    """What a body is told whose brackets nobody can follow."""
    return unreadable("too_deep")


def body_as(shape: type[Any], raw: bytes) -> Any:
    """A JSON body as a typed value; `Refused` for anything else."""
    try:
        try:
            return msgspec.json.decode(raw, type=shape)
        except msgspec.ValidationError as error:  # told before what comes behind was read
            forms.convert(shape, msgspec.json.decode(raw))
            raise unreadable("unreadable") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable("not_json") from error


def encoded(body: bytes, _: type[R], status: int = 200, headers: Mapping[str, str] | None = None) -> Response[R]:
    """An answer that is written as JSON already, as the desk remembers it. Its type is for the document."""
    answer = Response(body, status_code=status, media_type=MediaType.JSON, headers=dict(headers or {}))
    return cast("Response[R]", answer)


def file_answer(content: bytes, media_type: str, name: str, *, inline: bool = True) -> Response[bytes]:
    """A file made for one reader: kept by nobody on the way, running nothing."""
    shown = "inline" if inline else "attachment"
    headers = {
        "content-disposition": f'{shown}; filename="{name}"', "cache-control": "no-store",
        "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }  # fmt: skip
    return Response(content, media_type=media_type, headers=headers)


def session_cookie(name: str, token: str, lasts: timedelta, *, secure: bool) -> Cookie:
    """The sign-in cookie: by Max-Age, so that a turned clock does not matter (D12)."""
    return Cookie(
        key=name,
        value=token,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def see_other(path: str, cookies: list[Cookie] | None = None) -> Redirect:
    """Answer a form: go and look."""
    return Redirect(path, status_code=303, cookies=cookies)


def in_thread(read: Callable[..., R]) -> Callable[..., Coroutine[Any, Any, R]]:
    """Run a reading handler in a thread.

    Not Litestar's `sync_to_thread`: 2.25 wraps such a handler once for every method of its path, and answers a coroutine.
    """

    @functools.wraps(read)
    async def handler(*args: Any, **kwargs: Any) -> R:
        return await to_thread.run_sync(functools.partial(read, *args, **kwargs))

    return handler


def csrf_token(request: Request[Any, Any, Any]) -> str:
    """The token that this request's forms send back; the middleware sets its cookie.

    Where no door is, there was no middleware: the token is that of the cookie, and without one there is none.
    """
    token = ScopeState.from_scope(request.scope).csrf_token
    config = request.app.csrf_config
    return token if isinstance(token, str) else request.cookies.get(config.cookie_name, "") if config else ""
