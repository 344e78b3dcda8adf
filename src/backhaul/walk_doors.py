"""The doors of the walk-through: a page with everybody and one story, and one click to be the one whose turn it is.

They stand in front of both houses of a demo or sandbox, and nowhere else. The page is the marketplace's; who is of the partner's house is
sent there with a ticket that lasts a minute.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from backhaul.demo_pictures import PICTURES, picture
from backhaul.kit import http, i18n
from backhaul.kit.days import to_us
from backhaul.kit.i18n import N_
from backhaul.kit.kept import OPEN
from backhaul.kit.machine import Refused
from backhaul.kit.walk import HOME, Strip, Walk
from backhaul.marketplace import access as m_access
from backhaul.marketplace import doors as m_doors
from backhaul.marketplace.errands import SESSION_DAYS
from backhaul.marketplace.pages import sheets
from backhaul.marketplace.perform import THE_PARTNER
from backhaul.partner import access as p_access
from backhaul.partner import doors as p_doors
from backhaul.partner.perform import THE_MARKETPLACE
from backhaul.playing import session_of
from backhaul.walk_story import PEOPLE, STEPS, Person, Story, begin_at, following, path_of, told

STEP_COOKIE = "walk"
TICKET_SECONDS = 60
AGAIN, COMPENSATION = "again", "compensation"
ON_THE_WAY = re.compile(r"([1-9]\d?)\.(R-\d{1,12})?")
HOUSES = {"marketplace": N_("Marketplace"), "partner": N_("Partner")}

Req = Request[Any, Any, Any]


class Ticket(msgspec.Struct, frozen=True):
    """Who may enter the other house, where they go, in which language, on which step; and until when."""

    login: str
    path: str
    language: str
    step: str
    until_us: int


class Standing(msgspec.Struct, frozen=True):
    """A step as the page shows it."""

    number: int
    who: Person
    title: str
    note: str
    state: Literal["done", "next", ""]


def opening() -> str:
    """A secret that both houses' walk-throughs share from one start to the next."""
    return secrets.token_urlsafe(32)


def walk(office: Any, house: str, secret: str) -> Walk:
    """The walk-through of one house."""
    doors = _marketplace(office, secret) if house == "marketplace" else _partner(office, secret)
    return Walk([*doors, _pictures()], _strip)


def _strip(request: Req, language: str) -> Strip | None:
    """What the step that a visitor came for says here; the page of the walk-through itself says it all."""
    found = ON_THE_WAY.fullmatch(request.cookies.get(STEP_COOKIE, ""))
    if found is None or int(found[1]) > len(STEPS) or request.url.path == HOME:
        return None
    number = int(found[1])
    step = STEPS[number - 1]
    first = 1 if step.who.house == "marketplace" else 4  # those of the partner are taken on its bench
    pictures = range(first, first + step.pictures)
    return Strip(
        number, len(STEPS), i18n.gettext(language, step.title), _said(language, step.note, found[2] or ""), pictures
    )


def _said(language: str, note: str, number: str) -> str:
    return i18n.gettext(language, note).replace("{number}", number or "R-…")


def _marketplace(office: Any, secret: str) -> Sequence[Any]:
    @get(HOME, include_in_schema=False, opt=OPEN)
    @http.in_thread
    def story_page(request: Req) -> Response[Any]:
        who = m_doors.visitor(office, request)
        with office.database.read() as tx:
            story, there = told(tx), _partner_url(tx)
        response = sheets.page(
            request, "walk.html", who, people=_by_house(), story=story,
            steps=_standing(story, who.language), houses=HOUSES,
        )  # fmt: skip
        policy = response.headers["content-security-policy"]  # a click may lead on to the other house
        response.headers["content-security-policy"] = policy.replace(
            "form-action 'self'", f"form-action 'self' {there}"
        )
        return response

    @post(f"{HOME}/enter", include_in_schema=False, opt=OPEN)
    async def enter(request: Req) -> Response[Any]:
        form = await request.form()
        said = {name: str(form.get(name, "")) for name in ("person", "step")}
        response: Response[Any] = await http.in_thread(partial(_enter, office, secret))(request, said)
        return response

    return [story_page, enter]


def _enter(office: Any, secret: str, request: Req, said: dict[str, str]) -> Response[Any]:
    """Be somebody: of a step, or of the cards."""
    language = m_doors.visitor(office, request).language
    with office.database.read() as tx:
        story, there = told(tx), _partner_url(tx)
    person, path, step = _wanted(said, story)
    if person.house == "marketplace":
        token, _ = session_of(office, "marketplace", person.login)
        return _inside(m_doors.SESSION_COOKIE, token, path, language, step)
    until = office.clock.now() + timedelta(seconds=TICKET_SECONDS)
    ticket = _sealed(secret, Ticket(person.login, path, language, step, to_us(until)))
    return http.see_other(f"{there}{HOME}/arrive?ticket={ticket}")


def _wanted(said: dict[str, str], story: Story | None) -> tuple[Person, str, str]:
    """Who somebody wants to be, where that leads, and what the cookie of their step says."""
    if said["step"]:
        steps = {str(n): step for n, step in enumerate(STEPS, 1)}
        if story is None or said["step"] not in {*steps, AGAIN, COMPENSATION}:
            raise Refused("not_found", "missing")
        if said["step"] == COMPENSATION:
            disposed = story.compensated
            return PEOPLE["seller"], f"/returns/{disposed.id}#money" if disposed else PEOPLE["seller"].path, ""
        if story.it is None or said["step"] == AGAIN:
            return STEPS[0].who, begin_at(story), "1."
        step = steps[said["step"]]
        return step.who, path_of(step, story.it), f"{said['step']}.{story.it.number}"
    if said["person"] not in PEOPLE:
        raise Refused("not_found", "missing")
    person = PEOPLE[said["person"]]
    return person, person.path, ""


def _inside(name: str, token: str, path: str, language: str, step: str) -> Response[Any]:
    """Signed in, in the language that the walk-through was read in. A step stays with the visitor from page to page."""
    session = http.session_cookie(name, token, timedelta(days=SESSION_DAYS), secure=False)
    spoken = Cookie(
        key=http.LANGUAGE_COOKIE, value=language, max_age=31_536_000, httponly=True, samesite="lax", path="/"
    )
    at = Cookie(key=STEP_COOKIE, value=step, max_age=86_400 if step else 0, httponly=True, samesite="lax", path="/")
    return http.see_other(path, [session, spoken, at])


def _partner(office: Any, secret: str) -> Sequence[Any]:
    @get(HOME, include_in_schema=False, opt=OPEN)
    @http.in_thread
    def story_page() -> Response[Any]:
        with office.database.read() as tx:
            row = tx.one(p_access.MARKETPLACE, id=THE_MARKETPLACE)
        return http.see_other(f"{row[1]}{HOME}")

    @get(f"{HOME}/arrive", include_in_schema=False, opt=OPEN)
    @http.in_thread
    def arrive(request: Req) -> Response[Any]:
        ticket = _opened(secret, request.query_params.get("ticket", ""))
        if ticket is None or ticket.until_us <= to_us(office.clock.now()):
            return http.see_other(HOME)
        token, _ = session_of(office, "partner", ticket.login)
        return _inside(p_doors.SESSION_COOKIE, token, ticket.path, ticket.language, ticket.step)

    return [story_page, arrive]


def _pictures() -> Any:
    @get(HOME + "/pictures/{number:int}", include_in_schema=False, opt=OPEN)
    @http.in_thread
    def one(number: FromPath[int]) -> Response[bytes]:
        if not 1 <= number <= PICTURES:
            raise Refused("not_found", "missing")
        sign = secrets.token_hex(4).upper()  # no two are the same: a picture that was sent before is noticed
        return http.file_answer(picture(number - 1, sign), "image/jpeg", f"product-{number}.jpg", inline=False)

    return one


def _partner_url(tx: Any) -> str:
    row = tx.one(m_access.PARTNER, id=THE_PARTNER)
    return str(row[1]) if row else ""


def _by_house() -> dict[str, dict[str, Person]]:
    return {house: {key: one for key, one in PEOPLE.items() if one.house == house} for house in HOUSES}


def _standing(story: Story | None, language: str) -> list[Standing]:
    """The steps, each done or not by the return itself."""
    if story is None:
        return []
    it, at = story.it, following(story)
    number = it.number if it else ""
    found = []
    for n, step in enumerate(STEPS):
        is_done = it is not None and step.is_done(it)
        state: Literal["done", "next", ""] = "done" if is_done else "next" if n == at else ""
        found.append(Standing(n + 1, step.who, step.title, _said(language, step.note, number), state))
    return found


def _sealed(secret: str, ticket: Ticket) -> str:
    """A ticket that nobody else can write."""
    packed = base64.urlsafe_b64encode(msgspec.json.encode(ticket)).decode()
    return f"{packed}.{_mac(secret, packed)}"


def _opened(secret: str, text: str) -> Ticket | None:
    packed, _, mac = text.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(secret, packed).encode()):
        return None
    return msgspec.json.decode(base64.urlsafe_b64decode(packed), type=Ticket)


def _mac(secret: str, packed: str) -> str:
    return hmac.new(secret.encode(), packed.encode(), sha256).hexdigest()
