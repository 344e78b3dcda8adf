"""All pages of a house that somebody can reach: found by following links, told apart by the doors that draw them."""

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from litestar import Litestar

from tests.doors import doors
from tests.web.forms import Visit

# What these doors answer is no page: a picture, a film, a file, a redirect.
FILES = re.compile(
    r"\.(csv|pdf|svg|xlsx|zip|zpl)$|/(photos|videos|claim-photos|documents|proofs|export|report-files|static|guide)/|/(file|pdf|result)$"
    r"|^/support/rate-cards/{|^/$|^/my-data/erasure$|^/(253|00|units|\.well-known)/|^/(healthz|readyz)$"
)
# Pages named by hand, those of each role's work among them: an empty tour would find no fault.
KNOWN = {
    "marketplace": {"/blocks", "/claims", "/counter", "/finance", "/moderation", "/to-decide"},
    "partner": {"/billing", "/overview", "/receiving", "/receiving/expected", "/units", "/warehouse"},
}
NOBODY = "signed out"
MANY = 30
Roles = Mapping[str, tuple[str, str]]  # who: login and password


@dataclass(frozen=True)
class Stop:
    """A page that a person comes to."""

    role: str
    door: str
    path: str


@dataclass
class Tour:
    """What was found, and with which cookies."""

    stops: list[Stop] = field(default_factory=list)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def doors(self) -> set[str]:
        return {stop.door for stop in self.stops}

    def lacking(self, house: str, pages: set[str], roles: Iterable[str]) -> set[str]:
        """Pages that nobody came to, so that nobody looks at them, known ones among them; and who came to none."""
        return (KNOWN[house] | pages | {*roles}) - self.doors - {stop.role for stop in self.stops}


def pages_of(app: Litestar) -> set[str]:
    """The doors of a house that draw a page, read off its routes."""
    found = {path for verb, path in doors(app, "/") if verb == "GET"}
    return {path for path in found if not path.startswith(("/api/", "/v1", "/v2")) and not FILES.search(path)}


class Map:
    """Which door an address leads to."""

    def __init__(self, pages: Iterable[str]) -> None:
        shaped = [(page.count("{"), re.compile(re.sub(r"{\w+}", "[^/]+", page)), page) for page in pages]
        self.pages = sorted(shaped, key=lambda one: (one[0], one[2]))

    def door(self, path: str) -> str | None:
        return next((page for _, shape, page in self.pages if shape.fullmatch(path)), None)


def walk(url: str, app: Litestar, roles: Roles, signed_out: Collection[str], most: int) -> Tour:
    """Each role follows links from where it lands; `most`: how many pages of one door somebody looks at."""
    pages = pages_of(app)
    by_path, tour = Map(pages), Tour()
    plain = sorted(page for page in pages if "{" not in page)
    for role, (login, password) in roles.items():
        with Visit(url) as visit:
            visit.sign_in(login, password)
            if visit.path == "/sign-in":
                tour.failed.append(f"{role} cannot sign in")
            tour.cookies[role] = dict(visit.client.cookies)
            tour.stops += _follow(visit, role, by_path, [visit.path, *plain], most, tour.failed)
    with Visit(url) as visit:
        tour.cookies[NOBODY] = {}
        tour.stops += _follow(visit, NOBODY, by_path, signed_out, most, tour.failed)
    return tour


def walk_on(url: str, app: Litestar, roles: Roles, tour: Tour) -> None:
    """These look at many pages of each door, and note those that nobody has found before."""
    by_path = Map(pages_of(app))
    for role, (login, password) in roles.items():
        with Visit(url) as visit:
            visit.sign_in(login, password)
            tour.cookies[role] = dict(visit.client.cookies)
            for stop in _follow(visit, role, by_path, [visit.path], MANY, tour.failed):
                if stop.door not in tour.doors:
                    tour.stops.append(stop)


def _follow(
    visit: Visit, role: str, by_path: Map, starts: Collection[str], most: int, failed: list[str]
) -> Iterator[Stop]:
    seen: Counter[str] = Counter()
    known: set[str] = set()
    waiting = deque(starts)
    while waiting:
        path = waiting.popleft().partition("#")[0]
        door = by_path.door(urlsplit(path).path)
        if path in known or door is None or seen[door] >= most:
            continue
        known.add(path)
        visit.open(path)
        if visit.status >= 500:
            failed.append(f"{role} {path}: {visit.status}")
        if visit.status != 200 or by_path.door(visit.path) != door:
            continue  # not for this role, or it leads elsewhere
        seen[door] += 1
        yield Stop(role, door, path)
        waiting.extend(link for link in visit.page.links if link.startswith("/"))
