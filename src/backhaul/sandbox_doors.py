"""The doors of a sandbox: its clock, its people, its faults, a new beginning. They stand in front of both houses, and only there."""

import logging
from datetime import datetime
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, delete, get, post
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import FromPath, JSONBody

from backhaul import __version__
from backhaul.kit import http
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.sandbox_faults import Fault, Wanted

LOG = logging.getLogger("backhaul.sandbox")
TEXTS = {
    "clock_step_unreadable": N_('Write how far to turn the clock as "15d", "2h" or "30m".'),
    "clock_instant_unreadable": N_('Write the instant with its time zone, for example "2026-03-01T12:00:00Z".'),
    "clock_needs_one": N_('Say either "advance" or "to".'),
    "clock_forward_only": N_("The clock turns forward only; it is at {now}."),
    "clock_step_too_large": N_("At most {days_max} days at once."),
    "person_unknown": N_("There is nobody here for that role. These are here: {roles}."),
    "duration_unreadable": N_('Write the duration as "10m", "2h", "3d" or "30s", at most 100 days.'),
    "fault_needs_bound": N_(
        'Say how many requests have the fault ("next"), what share of them ("share_pct"), or for how long ("for").'
    ),
    "fault_of_messages_only": N_(
        "Only messages to sellers' programs (webhooks, pushes) come late, twice or in another order."
    ),
    "fault_of_answers_only": N_("Only a house's answers have a wrong body."),
    "too_many_faults": N_("At most {faults_max} faults stand at a time."),
    "other_site": N_("No other site may use the sandbox's doors."),
    "not_found": N_("There is no such door in the sandbox."),
    "method_not_allowed": N_("This door takes another method."),
    "failed": N_("That failed. The log says why."),
}


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far, or to when."""

    advance: str = ""
    to: str = ""


class ClockNow(msgspec.Struct, frozen=True):
    """Where both houses' clock is, and how far it was turned in all."""

    now: datetime
    ahead_seconds: int


class Play(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"role": "as"}):
    """Whom to play. A seller is one in both houses: `house` chooses."""

    role: str
    house: str = ""


class Played(msgspec.Struct, frozen=True, rename={"role": "as"}):
    """Send the token as `Authorization: Bearer TOKEN` to the house at `url`."""

    role: str
    house: str
    url: str
    login: str
    token: str


class Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457): `code` is stable, `detail` a sentence in the caller's language."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str = ""
    pointer: str = ""


def _may_refuse(*codes: int) -> dict[int, ResponseSpec]:
    told = {400: "The body cannot be read", 403: "A page of another site asks", 404: "There is none", 409: "Not now",
            422: "A field is wrong"}  # fmt: skip
    return {
        code: ResponseSpec(
            Problem, generate_examples=False, description=told[code], media_type="application/problem+json"
        )
        for code in (403, *codes)
    }


def doors(sandbox: Any) -> Litestar:
    """The doors of a sandbox."""

    @get("/clock", summary="Where the clock is", responses=_may_refuse())
    @http.in_thread
    def clock() -> ClockNow:
        now: ClockNow = sandbox.now()
        return now

    @post("/clock", status_code=200, summary="Turn the clock", responses=_may_refuse(400, 422))
    async def turn(data: JSONBody[Turn]) -> ClockNow:
        now: ClockNow = await http.in_thread(sandbox.turn)(data)
        return now

    @post("/sign-in", status_code=201, summary="Act as a person", responses=_may_refuse(400, 422))
    async def sign_in(data: JSONBody[Play]) -> Played:
        played: Played = await http.in_thread(sandbox.sign_in)(data)
        return played

    @post("/reset", status_code=202, summary="Both houses as they were made", responses=_may_refuse(400, 422))
    async def reset(request: Request[Any, Any, Any]) -> dict[str, str]:
        await http.no_body(request)
        sandbox.reset_wanted.set()
        return {}

    @get("/openapi.json", include_in_schema=False)
    @http.in_thread
    def document(request: Request[Any, Any, Any]) -> dict[str, Any]:
        described: dict[str, Any] = request.app.openapi_schema.to_schema()
        return described

    handlers = [clock, turn, sign_in, reset, document, *_faults(sandbox)]
    return Litestar(
        [Router("/sandbox", route_handlers=handlers, before_request=_enter)],
        exception_handlers={Refused: _told, HTTPException: _told, RecursionError: _nested, Exception: _told},
        logging_config=None, request_max_body_size=http.BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            "Backhaul sandbox", __version__, path="/nowhere", render_plugins=[JsonRenderPlugin()]
        ),
    )  # fmt: skip


def _faults(sandbox: Any) -> list[Any]:
    @get("/faults", summary="The faults that stand, with their counters", responses=_may_refuse())
    async def faults() -> list[Fault]:
        found: list[Fault] = sandbox.faults.all()
        return found

    @post("/faults", status_code=201, summary="A fault for requests to come", responses=_may_refuse(400, 409, 422))
    async def add_fault(data: JSONBody[Wanted]) -> Fault:
        fault: Fault = sandbox.faults.add(data)
        return fault

    @delete("/faults", summary="No more faults", responses=_may_refuse())
    async def clear_faults() -> None:
        sandbox.faults.clear()
        sandbox.post.let_go(sandbox.clock.now())

    @delete("/faults/{number:int}", summary="One fault less", responses=_may_refuse(404))
    async def remove_fault(number: FromPath[int]) -> None:
        sandbox.faults.remove(number)

    return [faults, add_fault, clear_faults, remove_fault]


def _told(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    if isinstance(error, Refused):
        return http.problem(error, http.language_of(request), TEXTS)
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 500:
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    refused = http.problem_of_http(error) if isinstance(error, HTTPException) else Refused("failed", "away")
    return http.problem(refused, http.language_of(request), TEXTS, status)


def _nested(request: Request[Any, Any, Any], _: RecursionError) -> Response[bytes]:
    return http.problem(http.too_deep(), http.language_of(request), TEXTS)


async def _enter(request: Request[Any, Any, Any]) -> None:
    """A page somewhere that somebody has open must not turn the clock; and a body is what its document says."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Refused("other_site", "forbidden")
    data = request.route_handler.parsed_fn_signature.parameters.get("data")
    if data is not None:
        http.body_as(data.annotation, await request.body())
