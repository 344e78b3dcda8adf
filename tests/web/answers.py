"""Pages that are drawn only as the answer of a form: refusals with what was typed, previews, what is shown once.

Each form of the tour is sent twice: with nothing in it, and with something in everything. What becomes of the acts does not matter here.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from litestar import Litestar

from tests.web.every_page import Map, Tour, pages_of
from tests.web.forms import Form, Visit
from tests.web.untranslated import untranslated

ELSEWHERE = re.compile(r"/(sign-out|language|sign-in|sign-up)\b")  # they end the visit, or choose its language
DRAWN = {200, 201, 409, 422}
NOTHING, SOMETHING = "nothing", "something"
WORDS = "It was agreed by phone this morning."
TYPED = {"date": "2039-01-01", "datetime-local": "2039-01-01T00:00", "number": "12", "email": "who@example.com"}
# Forms that are always there, named by hand: an empty tour would find no fault.
KNOWN = {
    "marketplace": {
        "/account/password", "/counter/dispatch", "/keys", "/orders/*/return", "/reconciliation/invoices", "/settings/users",
        "/support/answers", "/support/policy/preview", "/webhooks",
    },
    "partner": {
        "/api-keys", "/carrier", "/destinations", "/policy/preview", "/receiving/orphans",
        "/receiving/scan", "/tariff/preview", "/webhooks",
    },
}  # fmt: skip


class Answer(NamedTuple):
    """A page that came as the answer of a form."""

    role: str
    action: str
    sent: str
    language: str
    status: int
    html: str
    policy: str  # of its content security


class Shape(HTMLParser):
    """What every page must have, and fields that say they are wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings = 0
        self.language = ""
        self.ids: set[str] = set()
        self.alarms = 0
        self.wrong_fields = 0
        self.told_by: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        self.headings += tag == "h1"
        self.language = at["lang"] if tag == "html" else self.language
        self.ids |= {at["id"]} if "id" in at else set()
        self.alarms += at.get("role") == "alert" and "hidden" not in at
        self.wrong_fields += tag == "div" and {"field", "wrong"} <= set(at.get("class", "").split())
        if at.get("aria-invalid") == "true" or (tag == "fieldset" and "aria-describedby" in at):
            self.told_by.append(at.get("aria-describedby", ""))


def answers(url: str, app: Litestar, tour: Tour, language: str) -> Iterator[Answer]:
    """What comes back from every form of every page of the tour, once for each door of forms."""
    doors = Map(pages_of(app))
    tried: set[tuple[str, str, str]] = set()
    for stop in tour.stops:
        with Visit(url) as visit:
            visit.client.cookies.update(tour.cookies[stop.role])
            visit.client.cookies.set("language", language)
            visit.open(stop.path)
            forms = [form for form in visit.page.forms if form.method == "post" and not ELSEWHERE.match(form.action)]
            for form, sent in [(form, sent) for form in forms for sent in (NOTHING, SOMETHING)]:
                shape = shaped(form.action), ",".join(sorted(form.values)), sent
                if shape in tried or doors.door(stop.path.partition("?")[0]) is None:
                    continue
                tried.add(shape)
                visit.open(stop.path)
                again = next((one for one in visit.page.forms if one.action == form.action), None)
                if again is None:
                    continue
                (emptied if sent == NOTHING else filled)(again)
                visit.send(again)
                kind = visit.answer.headers.get("content-type", "")
                if visit.status >= 500 or (
                    not visit.answer.history and kind.startswith("text/html") and visit.status in DRAWN
                ):
                    policy = visit.answer.headers.get("content-security-policy", "")
                    yield Answer(stop.role, form.action, sent, language, visit.status, visit.answer.text, policy)


def shaped(action: str) -> str:
    """An address with a star for whatever it is about."""
    return re.sub(r"\d{3,}|hook_\w+", "*", action)


def faults_of(house: str, drawn: Iterable[Answer]) -> list[str]:
    """What all these pages lack, and the known forms of a house from which none came."""
    found = {answer: faults(answer) for answer in drawn}
    unheard = KNOWN[house] - {shaped(answer.action) for answer in found}
    return [f"nothing came from {form}" for form in sorted(unheard)] + [one for them in found.values() for one in them]


def emptied(form: Form) -> None:
    """Hidden fields stay; what a person would fill in is empty, nothing is chosen."""
    for name, values in form.values.items():
        if form.kinds.get(name) != "hidden":
            form.values[name] = [] if name in form.choices else [""] * len(values)


def filled(form: Form) -> None:
    """Whatever must be filled in is, something is chosen everywhere, the first of the buttons pressed."""
    for name in form.required - {*form.choices}:
        if name in form.values and not any(form.values[name]):
            form.values[name] = [TYPED.get(form.kinds.get(name, ""), WORDS)]
    for name, offered in form.choices.items():
        if not any(form.values.get(name, [])):
            form.values[name] = [one for one in offered if one][:1]
    form.values |= {name: values[:1] for name, values in form.buttons.items()}
    numbers = [name for name, values in form.values.items() if values and values[0].isdigit()]
    for name in [name for name in numbers if form.kinds.get(name) != "hidden"][:1]:
        form.values[name] = [str(int(form.values[name][0]) + 1)]  # a preview of no difference is refused


def faults(answer: Answer) -> list[str]:
    """What such a page lacks."""
    shape = Shape(answer.html)
    found = [f"not translated: {text}" for text in untranslated(answer.html, answer.language)]
    if answer.status >= 500:
        found.append("it failed")
    if shape.headings != 1:
        found.append(f"{shape.headings} headings of the first level")
    if shape.language != answer.language:
        found.append(f"its language is {shape.language}")
    if answer.status in {409, 422} and not shape.alarms:
        found.append("nothing says what is wrong")
    found += [f"a field is wrong because of #{one}" for one in shape.told_by if set(one.split()) - shape.ids or not one]
    if shape.wrong_fields > len(shape.told_by):
        found.append(f"{shape.wrong_fields} fields are marked, {len(shape.told_by)} say so")
    return [f"{answer.role} {answer.action} with {answer.sent}, {answer.status}: {fault}" for fault in found]
