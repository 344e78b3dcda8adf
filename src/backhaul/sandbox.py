"""The sandbox: both houses in one process, with doors to turn their clock and to act as any person (only here)."""

import logging
import os
import re
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from backhaul import walk_doors
from backhaul.kit import keys
from backhaul.kit.clock import RunningClock
from backhaul.kit.machine import Refused
from backhaul.kit.occupancy import Note, Occupancy
from backhaul.kit.running import Worker
from backhaul.marketplace import app as marketplace_app
from backhaul.partner import app as partner_app
from backhaul.playing import session_of
from backhaul.sandbox_answers import Front
from backhaul.sandbox_doors import ClockNow, Play, Played, Turn, doors
from backhaul.sandbox_faults import Faults
from backhaul.sandbox_post import Post
from backhaul.serving import SANDBOX_MARK
from backhaul.stage import Stage, Urls, sqlite_urls
from backhaul.world import Login

LOG = logging.getLogger("backhaul.sandbox")
FIRST = "world.first"
DAYS_MAX = 100
WEBHOOKS_INTO = "127.0.0.0/8,::1/128"  # who tries it out has the receiver on this machine
STEP = re.compile(r"^([1-9]\d{0,5})([dhm])$")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}


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
        self.faults = Faults(self.clock.now)
        self.post = Post(self.faults)
        front = doors(self)
        makers: dict[str, Callable[[Any], Any]] = {
            "marketplace": marketplace_app.make_app,
            "partner": partner_app.make_app,
        }
        opening = walk_doors.opening()
        webs = tuple(_in_front(front, name, make, self.faults, opening) for name, make in makers.items())
        self.stage = Stage(
            directory, urls or sqlite_urls(directory), self.clock, (webs[0], webs[1]), ports, WEBHOOKS_INTO
        )
        self.stage.marketplace.webhooks.post = self.post.webhook
        self.stage.partner.webhooks.post = partial(self.post.webhook, house="partner")
        self.stage.marketplace.pushes.post = self.post.push
        self.stage.besides = lambda: self.post.send_due(self.clock.now())
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
            self.stage.marketplace.desk.clerk.on_death = self.stage.partner.desk.clerk.on_death = on_death
        self._worker.start()
        return self

    @property
    def died(self) -> bool:
        """Whether a desk could not go on."""
        return self.stage.marketplace.desk.clerk.died or self.stage.partner.desk.clerk.died

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
        token, _ = session_of(getattr(self.stage, found), found, person.login)
        url = (self.stage.marketplace_web if found == "marketplace" else self.stage.partner_web).url
        return Played(said.role, found, url, person.login, token)


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


def _in_front(front: Any, name: str, make_app: Callable[[Any], Any], faults: Faults,
              opening: str) -> Callable[[Any], Any]:  # fmt: skip
    """A house whose `/sandbox` is ours, with the demo's walk-through. The house itself has nothing there: outside a sandbox nothing can open it."""

    def made(office: Any) -> Any:
        office.walk = walk_doors.walk(office, name, opening)
        house = Front(name, make_app(office), faults)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            ours = str(scope.get("path", "")).startswith("/sandbox/")
            await (front if ours else house)(scope, receive, send)

        return app

    return made


def keep_first(world: Path) -> None:
    """Keep a world as it was made, beside it, for `begin_again`: whole or not at all."""
    kept, part = world.parent / FIRST, world.parent / f"{FIRST}.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(world, part)
    shutil.rmtree(kept, ignore_errors=True)
    part.rename(kept)


def begin_again(world: Path) -> None:
    """Put the world there as it was made. Both houses are closed. Killed on the way, it is begun again by the next start."""
    part, former = world.with_suffix(".part"), world.with_suffix(".former")
    for left in (part, former):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(world.parent / FIRST, part)
    if world.exists():
        world.rename(former)
    part.rename(world)
    shutil.rmtree(former, ignore_errors=True)


def mark(directory: Path) -> None:
    """Say in both houses' directories that they belong to a sandbox: their time is not ours, nobody else serves them."""
    for house in ("marketplace", "partner"):
        (directory / house / SANDBOX_MARK).touch()
