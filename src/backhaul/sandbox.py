"""The sandbox: both houses in one process, with doors to turn their clock and to act as any person (only here)."""

import logging
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get, post
from litestar.exceptions import HTTPException

from backhaul.kit import http, keys
from backhaul.kit.clock import RunningClock
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Note, Occupancy
from backhaul.kit.running import Worker
from backhaul.marketplace import access as m_access
from backhaul.marketplace import app as marketplace_app
from backhaul.marketplace import errands as m_errands
from backhaul.partner import access as p_access
from backhaul.partner import app as partner_app
from backhaul.partner import errands as p_errands
from backhaul.serving import SANDBOX_MARK
from backhaul.stage import Stage, Urls, sqlite_urls
from backhaul.world import Login

LOG = logging.getLogger("backhaul.sandbox")
FIRST = "world.first"
DAYS_MAX = 100
WEBHOOKS_INTO = "127.0.0.0/8,::1/128"  # who tries it out has the receiver on this machine
STEP = re.compile(r"^([1-9]\d{0,5})([dhm])$")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}
TEXTS = {
    "clock_step_unreadable": N_('Write how far to turn the clock as "15d", "2h" or "30m".'),
    "clock_instant_unreadable": N_('Write the instant with its time zone, for example "2026-03-01T12:00:00Z".'),
    "clock_needs_one": N_('Say either "advance" or "to".'),
    "clock_forward_only": N_("The clock turns forward only; it is at {now}."),
    "clock_step_too_large": N_("At most {days_max} days at once."),
    "person_unknown": N_("There is nobody here for that role. These are here: {roles}."),
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


class Sandbox:
    """Both houses and their doors. `people`: who can be played, by house and role."""

    def __init__(self, directory: Path, people: dict[str, dict[str, Login]], urls: Urls | None = None,
                 ports: tuple[int, int] = (0, 0)) -> None:  # fmt: skip
        self.people = people
        self._kept = directory / "clock.json"
        self.clock = RunningClock(_kept(self._kept), lambda ahead: _keep(self._kept, ahead))
        self._turning = threading.Lock()
        self.reset_wanted = threading.Event()
        self._held = [Occupancy(directory / house) for house in ("marketplace", "partner")]
        doors = _doors(self)
        webs = tuple(_in_front(doors, make) for make in (marketplace_app.make_app, partner_app.make_app))
        self.stage = Stage(
            directory, urls or sqlite_urls(directory), self.clock, (webs[0], webs[1]), ports, WEBHOOKS_INTO
        )
        mark(directory)
        webs_here = (self.stage.marketplace_web, self.stage.partner_web)
        offices: tuple[Any, ...] = (self.stage.marketplace, self.stage.partner)
        for held, office, web in zip(self._held, offices, webs_here, strict=True):
            office.admin_token = keys.session_token(os.urandom)  # imports and administration are handed in here
            held.put_note(Note(web.url, office.admin_token))
        self._worker = Worker(self._round)

    def start(self, on_death: Callable[[], None] | None = None) -> "Sandbox":
        """Let the houses work by themselves as time goes by. `on_death`: when a desk cannot go on."""
        if on_death is not None:
            self.stage.marketplace.desk.on_death = self.stage.partner.desk.on_death = on_death
        self._worker.start()
        return self

    @property
    def died(self) -> bool:
        """Whether a desk could not go on."""
        return self.stage.marketplace.desk.died or self.stage.partner.desk.died

    def close(self) -> None:
        """Finish the round and close both houses."""
        self._worker.stop()
        self.stage.close()
        for held in self._held:
            held.leave()

    def _round(self) -> int:
        with self._turning:
            self.stage.in_step = True
            self.stage.pump()
        return 0

    def turn(self, said: Turn) -> ClockNow:
        """Turn the clock; answers when both houses have met every deadline on the way."""
        with self._turning, self.clock.standing():
            at = _wanted(said, self.clock.now())
            self.stage.in_step = False  # comparing the houses takes a while: once, at the end
            self.stage.turn_to(at)
            self.stage.in_step = True
            self.stage.pump()
            return self.now()

    def now(self) -> ClockNow:
        """Where the clock is."""
        return ClockNow(self.clock.now(), round(self.clock.ahead.total_seconds()))

    def sign_in(self, said: Play) -> Played:
        """A session of the person who has this role."""
        houses = [said.house] if said.house else list(self.people)
        found = next((h for h in houses if said.role in self.people.get(h, {})), None)
        if found is None:
            here = ", ".join(dict.fromkeys(role for h in houses for role in self.people.get(h, {})))
            raise Refused("person_unknown", "invalid", "as", roles=here) if here else _no_house()
        person = self.people[found][said.role]
        office: Any = getattr(self.stage, found)
        errands: Any = m_errands if found == "marketplace" else p_errands
        token = keys.session_token(office.chance)
        account = _account(office, found, person.login)
        office.desk.perform_now(Errand(lambda tx, at: errands.sign_in(tx, account, token, at)))
        url = (self.stage.marketplace_web if found == "marketplace" else self.stage.partner_web).url
        return Played(said.role, found, url, person.login, token)


def _account(office: Any, house: str, login: str) -> Any:
    """Without the password: who plays may have changed it."""
    access = m_access if house == "marketplace" else p_access
    with office.database.read() as tx:
        row = tx.one(access.LOGIN, login=login)
    if row is None:
        raise Refused("person_unknown", "invalid", "as", roles="")
    return m_access.account_of(row[:-1]) if house == "marketplace" else p_access.account(row[:-1])


def _no_house() -> Refused:
    return Refused("field_invalid", "invalid", "house", problem="not_a_choice")


def _wanted(said: Turn, now: datetime) -> datetime:
    """The instant that somebody wants the clock at, or `Refused`."""
    if bool(said.advance) == bool(said.to):
        raise Refused("clock_needs_one", "invalid", "advance")
    if said.advance:
        step = STEP.match(said.advance)
        if step is None:
            raise Refused("clock_step_unreadable", "invalid", "advance")
        by = timedelta(**{UNITS[step[2]]: int(step[1])})
        field = "advance"
    else:
        by = _instant(said.to) - now
        field = "to"
    if by < timedelta():
        raise Refused("clock_forward_only", "invalid", field, now=now.isoformat())
    if by > timedelta(days=DAYS_MAX):
        raise Refused("clock_step_too_large", "invalid", field, days_max=DAYS_MAX)
    return now + by


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refused("clock_instant_unreadable", "invalid", "to")


def _kept(mark: Path) -> timedelta:
    return timedelta(seconds=msgspec.json.decode(mark.read_bytes(), type=float)) if mark.is_file() else timedelta()


def _keep(mark: Path, ahead: timedelta) -> None:
    part = mark.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(ahead.total_seconds()))
    part.rename(mark)


def _doors(sandbox: Sandbox) -> Litestar:
    @get("/clock")
    @http.in_thread
    def clock() -> ClockNow:
        return sandbox.now()

    @post("/clock", status_code=200)
    async def turn(request: Request[Any, Any, Any]) -> ClockNow:
        return await http.in_thread(sandbox.turn)(http.body_as(Turn, await request.body()))

    @post("/sign-in", status_code=201)
    async def sign_in(request: Request[Any, Any, Any]) -> Played:
        return await http.in_thread(sandbox.sign_in)(http.body_as(Play, await request.body()))

    @post("/reset", status_code=202)
    async def reset(request: Request[Any, Any, Any]) -> dict[str, str]:
        await http.no_body(request)
        sandbox.reset_wanted.set()
        return {}

    def told(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        if isinstance(error, Refused):
            return http.problem(error, http.language_of(request), TEXTS)
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 500:
            LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        refused = http.problem_of_http(error) if isinstance(error, HTTPException) else Refused("failed", "away")
        return http.problem(refused, http.language_of(request), TEXTS, status)

    return Litestar(
        [Router("/sandbox", route_handlers=[clock, turn, sign_in, reset], before_request=_no_other_site)],
        exception_handlers={Refused: told, HTTPException: told, RecursionError: _nested, Exception: told},
        logging_config=None, openapi_config=None, request_max_body_size=http.BODY_BYTES_MAX,
    )  # fmt: skip


def _nested(request: Request[Any, Any, Any], _: RecursionError) -> Response[bytes]:
    return http.problem(http.too_deep(), http.language_of(request), TEXTS)


async def _no_other_site(request: Request[Any, Any, Any]) -> None:
    """A page somewhere that somebody has open must not turn the clock."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Refused("other_site", "forbidden")


def _in_front(doors: Litestar, make_app: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A house whose `/sandbox` is ours. The house itself has nothing there: outside a sandbox nothing can open it."""

    def made(office: Any) -> Any:
        house = make_app(office)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            ours = str(scope.get("path", "")).startswith("/sandbox/")
            await (doors if ours else house)(scope, receive, send)

        return app

    return made


def keep_first(world: Path) -> None:
    """Keep a world as it was made, beside it, for `begin_again`."""
    shutil.rmtree(world.parent / FIRST, ignore_errors=True)
    shutil.copytree(world, world.parent / FIRST)


def begin_again(world: Path) -> None:
    """Put the world there as it was made. Both houses are closed."""
    part = world.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(world.parent / FIRST, part)
    world.rename(former := Path(tempfile.mkdtemp(dir=world.parent)) / "former")
    part.rename(world)
    shutil.rmtree(former.parent)


def mark(directory: Path) -> None:
    """Say in both houses' directories that they belong to a sandbox: their time is not ours, nobody else serves them."""
    for house in ("marketplace", "partner"):
        (directory / house / SANDBOX_MARK).touch()
