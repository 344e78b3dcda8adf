"""Every page of both houses as every role sees it, in Chromium: what it must have, what it must not say, what keeps people out.

The list of pages is that of the routes, the world is the demo's. Here each page of each role is looked at once, in a language, a width
and a scheme that change from page to page (what is the same for everybody: for one of them); `./bh soak` looks at all of them in all.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import cycle, islice, product
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from litestar import Litestar
from playwright.sync_api import Browser, Page, Route

from backhaul.kit.clock import Clock, TurnedClock
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand
from backhaul.kit.i18n import LANGUAGES
from backhaul.marketplace import erasure_certificates, errands, person_errands
from backhaul.marketplace.person_queries import Asked
from backhaul.marketplace.rules.words import Role
from backhaul.scenarios import SCENARIOS
from backhaul.stage import WEBS, Stage, sqlite_urls
from backhaul.world import DAYS, PASSWORD, Cast, build
from tests.web.answers import Answer, answers, faults_of
from tests.web.every_page import Stop, Tour, pages_of, walk, walk_on
from tests.web.forms import Visit
from tests.web.untranslated import untranslated

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SPOKEN = {"/sign-up": ("zh",)}  # D23: the form is in Chinese alone unless the policy says otherwise
WIDTHS = (360, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK = """() => ({
  lang: document.documentElement.lang, title: document.title, html: document.documentElement.outerHTML,
  headings: [...document.querySelectorAll("h1")].filter(one => one.innerText.trim()).length,
  too_wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
})"""
AXE = f"""() => axe.run({{runOnly: {json.dumps(RULES)}, resultTypes: ["violations"]}}).then(told => told.violations.map(
  one => `${{one.id}}: ${{one.nodes.length}} x ${{one.nodes[0].html.slice(0, 160)}}`))"""
# What sticks to the lower edge covers what a reader would scroll from under it: axe would count it as too small.
UNSTUCK = """() => {
  const style = new CSSStyleSheet();
  style.replaceSync(".at-thumb { position: static !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
}"""

NARROW = 320  # a wide screen at 400 %
# What a reader may ask for (WCAG 1.4.12): nothing may be cut off or lie beside the page.
SPACED = """() => {
  const style = new CSSStyleSheet();
  style.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
}"""
BESIDE = """() => {
  const [wide, shown] = [document.documentElement.scrollWidth, document.documentElement.clientWidth];
  if (wide <= shown) { return ""; }
  const out = [...document.querySelectorAll("main *, header *")].filter((one) => one.getBoundingClientRect().right > shown + 1);
  return `${wide - shown} px too wide: ${out.slice(0, 1).map((one) => one.outerHTML.slice(0, 140))}`;
}"""


class Kept:
    """Remembers the web that a stage makes for itself."""

    app: Litestar

    def keeping(self, make: Callable[[Any], Litestar]) -> Callable[[Any], Litestar]:
        def made(office: Any) -> Litestar:
            self.app = make(office)
            return self.app

        return made


class House(NamedTuple):
    """A house of the demo, and everybody's way through it."""

    url: str
    app: Litestar
    roles: dict[str, tuple[str, str]]
    tour: Tour


class How(NamedTuple):
    """The way in which a stop is looked at."""

    language: str
    width: int
    scheme: Literal["light", "dark"]


EVERY_WAY = tuple(How(*way) for way in product(LANGUAGES, WIDTHS, SCHEMES))
FEW_WAYS = (How("en", 1440, "light"), How("ru", 360, "dark"), How("en", 360, "light"), How("ru", 1440, "dark"))


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    """The demo's world, served, and walked through."""
    now = Clock().now()
    directory = tmp_path_factory.mktemp("world")
    for house in ("marketplace", "partner"):
        (directory / house).mkdir()
    webs = Kept(), Kept()
    stage = Stage(directory, sqlite_urls(directory), TurnedClock(now - timedelta(days=DAYS)),
                  (webs[0].keeping(WEBS[0]), webs[1].keeping(WEBS[1])))  # fmt: skip
    try:
        cast = build(stage, now, SCENARIOS)
        yield {
            "marketplace": marketplace(stage.marketplace_web.url, webs[0].app, cast, erased(stage)),
            "partner": partner(stage.partner_web.url, webs[1].app, cast),
        }
    finally:
        stage.close()


def erased(stage: Stage) -> str:
    """Where the certificate of somebody stands who had an account and was erased."""
    office, asked = stage.marketplace, list[Asked]()

    def gone(tx: Tx, at: datetime) -> bytes:
        errands.add_account(tx, "vera", "no password", Role.CUSTOMER, "C-9999", "Vera K.", "en", owner=False)
        asked.append(person_errands.ask(tx, office.desk, "C-9999", "customer:C-9999", at))
        return b""

    office.desk.perform_now(Errand(gone))
    return f"/erased/{erasure_certificates.code_of(office, asked[0].id)}"


def marketplace(url: str, app: Litestar, cast: Cast, certificate: str) -> House:
    roles = {role: (one.login, one.password) for role, one in cast.marketplace.items()}
    tour = walk(
        url, app, roles, ["/sign-in", "/docs/errors", "/_style", certificate, invitation(url, *roles["seller"])], 1
    )
    others = {"another seller": ("chen", PASSWORD), "seller": roles["seller"], "customer": roles["customer"]}
    walk_on(url, app, others, tour)
    return House(url, app, roles, tour)


def partner(url: str, app: Litestar, cast: Cast) -> House:
    roles = {role: (one.login, one.password) for role, one in cast.partner.items()}
    tour = walk(url, app, roles, ["/sign-in", "/sign-up", "/_style", "/confirm/not-a-token"], 1)
    walk_on(url, app, {"seller": roles["seller"], "supervisor": roles["supervisor"]}, tour)
    return House(url, app, roles, tour)


def invitation(url: str, login: str, password: str) -> str:
    """Where somebody whom a seller invited sets a password."""
    with Visit(url) as visit:
        visit.sign_in(login, password).open("/settings/users")
        visit.press("/settings/users", {"name": "Deniz", "login": "deniz", "rights": "analyst"})
        found = re.search(r"/welcome/[\w-]+", visit.answer.text)
        return found.group() if found else pytest.fail(visit.text)


def look(browser: Browser, house: House, stops: Iterable[tuple[Stop, How]]) -> list[str]:
    """What is wrong with these pages, looked at so."""
    wrong: list[str] = []
    by_visitor: dict[tuple[str, How], list[Stop]] = {}
    for stop, how in stops:
        by_visitor.setdefault((stop.role, how), []).append(stop)
    for (role, how), theirs in by_visitor.items():
        context = browser.new_context(
            viewport={"width": how.width, "height": 900}, color_scheme=how.scheme, reduced_motion="reduce"
        )
        cookies = {**house.tour.cookies[role], "language": how.language}
        context.add_cookies([{"name": name, "value": value, "url": house.url} for name, value in cookies.items()])
        page = context.new_page()
        complaints = overheard(page)
        for stop in theirs:
            faults = seen(page, house.url + stop.path, how.language) + complaints
            wrong += [f"{role} {stop.path} {' '.join(map(str, how))}: {fault}" for fault in faults]
            complaints.clear()
        context.close()
    return wrong


def overheard(page: Page) -> list[str]:
    """What the browser complains about from now on; a report of the content security policy is an error on its console."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def seen(page: Page, address: str, language: str) -> list[str]:
    answer = page.goto(address)
    if answer is None or answer.status != 200:
        return [f"status {answer.status if answer else 'none'}"]
    return shown(page, address, language)


def shown(page: Page, address: str, language: str) -> list[str]:
    """What is wrong with the page in front of somebody."""
    found: dict[str, Any] = page.evaluate(LOOK)
    page.evaluate(UNSTUCK)
    page.evaluate(AXE_SCRIPT)
    faults = list(page.evaluate(AXE)) + beside(page)
    spoken = SPOKEN.get(urlsplit(address).path, tuple(LANGUAGES))
    if found["lang"] != (language if language in spoken else spoken[0]):
        faults.append(f"its language is {found['lang']}")
    if not found["title"].partition(" · ")[0].strip():
        faults.append("no title")
    if found["headings"] != 1:
        faults.append(f"{found['headings']} headings of the first level")
    if found["too_wide"] > 0:
        faults.append(f"{found['too_wide']} px too wide")
    return faults + [f"not translated: {text}" for text in untranslated(found["html"], found["lang"])]


def beside(page: Page) -> list[str]:
    """What a phone's page shows only to who scrolls sideways: at 320 px, and with the letters apart."""
    size = page.viewport_size
    if size is None or size["width"] != WIDTHS[0]:
        return []
    found = []
    page.set_viewport_size({"width": NARROW, "height": size["height"]})
    for way, change in (("at 320 px", "() => {}"), ("with the letters apart", SPACED)):
        page.evaluate(change)
        if told := page.evaluate(BESIDE):
            found.append(f"{way} {told}")
    page.set_viewport_size(size)
    return found


def look_at(browser: Browser, house: House, drawn: Iterable[tuple[Answer, How]]) -> list[str]:
    """What is wrong with pages that came as the answer of a form, shown as they came."""
    wrong: list[str] = []
    for answer, how in drawn:
        context = browser.new_context(
            viewport={"width": how.width, "height": 900}, color_scheme=how.scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        complaints = overheard(page)
        address = house.url + answer.action
        page.route(address, as_it_came(answer))
        page.goto(address)
        found = shown(page, address, answer.language) + complaints
        wrong += [
            f"{answer.role} {answer.action} with {answer.sent} {how.width} {how.scheme}: {fault}" for fault in found
        ]
        context.close()
    return wrong


def as_it_came(answer: Answer) -> Callable[[Route], None]:
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": answer.policy}
    return lambda route: route.fulfill(body=answer.html, headers=headers)


def once(stops: Iterable[Stop]) -> Iterator[Stop]:
    """Every door once, by whoever comes to it first: every third of them is looked at here, all of them, for everybody, by ./bh soak."""
    seen: set[str] = set()
    for stop in stops:
        if stop.door not in seen:
            seen.add(stop.door)
            yield stop


def in_english(house: House) -> list[str]:
    """What one page of each door says in English although its language has it."""
    found = []
    for stop in {stop.door: stop for stop in reversed(house.tour.stops)}.values():
        with Visit(house.url) as visit:
            visit.client.cookies.update(house.tour.cookies[stop.role])
            for language in sorted(set(LANGUAGES) - {"en"}):
                visit.client.cookies.set("language", language)
                visit.open(stop.path)
                found += [
                    f"{stop.role} {stop.path} {language}: {text}" for text in untranslated(visit.answer.text, language)
                ]
    return found


@pytest.mark.parametrize("name", ["marketplace", "partner"])
def test_every_page_was_reached_speaks_its_language_and_keeps_nobody_out(
    browser: Browser, houses: dict[str, House], name: str
) -> None:
    house = houses[name]

    assert [] == house.tour.failed
    assert set() == house.tour.lacking(name, pages_of(house.app), house.roles)
    assert [] == in_english(house)
    assert [] == look(browser, house, zip(islice(once(house.tour.stops), 0, None, 3), cycle(FEW_WAYS), strict=False))

    drawn = list(answers(house.url, house.app, house.tour, "ru"))  # from here on the world is another one
    assert [] == faults_of(name, drawn)
    assert [] == look_at(browser, house, zip(drawn[::9], cycle(FEW_WAYS), strict=False))


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("how", EVERY_WAY, ids=lambda way: "-".join(map(str, way)))
@pytest.mark.parametrize("name", ["marketplace", "partner"])
def test_every_page_in_every_language_width_and_scheme(
    browser: Browser, houses: dict[str, House], name: str, how: How
) -> None:
    house = houses[name]

    assert [] == look(browser, house, ((stop, how) for stop in house.tour.stops))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("language", [*LANGUAGES])
@pytest.mark.parametrize("name", ["marketplace", "partner"])
def test_every_answer_of_a_form_in_every_language(
    browser: Browser, houses: dict[str, House], name: str, language: str
) -> None:
    """Last of all: forms are really sent, so the world is another one after each."""
    house = houses[name]
    drawn = list(answers(house.url, house.app, house.tour, language))

    assert [] == faults_of(name, drawn)
    assert [] == look_at(browser, house, zip(drawn, cycle(EVERY_WAY[:4]), strict=False))
