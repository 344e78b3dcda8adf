"""Every act of the pages is done by somebody without scripts: which doors of forms were sent a form as a page showed it, in which house.

`tests/web/forms.py` is a browser without scripts: it finds a form on the page in front of it, fills in what the form has, and sends it with
the header below. A whole run of the tests ends as failed when a door that takes forms was sent none, or none that it took.
"""

import re
from collections.abc import Collection

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tests.doors import doors

HEADER = "x-form-of-a-page"
DOORS, TAKEN = "doors of forms", "forms taken"  # of a report, from a worker to whoever gathers them
# What no page without scripts shows, each with its reason.
BY_SCRIPTS = {"marketplace /photos": "photos of a request, one by one; without scripts they go with its form"}
SPOKEN_BY_PROGRAMS = ("/api/", "/v1/", "/v2/")
REFUSED = 400
TYPE = r":\w+}"

_known: set[str] = set()  # doors that take forms, as "marketplace /returns/{return_id}/approve"
_taken: set[str] = set()  # those that took one since they were told last


def doors_of_forms(app: Litestar, house: str) -> set[str]:
    found = {path for verb, path in doors(app, "/") if verb == "POST"}
    return {f"{house} {path}" for path in found if not f"{path}/".startswith(SPOKEN_BY_PROGRAMS)}


def watch(app: Litestar, house: str) -> None:
    """From now on it is noted which doors of this web take a form."""
    known = doors_of_forms(app, house)
    _known.update(known)
    inner: ASGIApp = app.asgi_handler
    name = HEADER.encode()

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not any(key == name for key, _ in scope["headers"]):
            await inner(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < REFUSED:
                _taken.add(f"{house} {re.sub(TYPE, '}', scope['path_template'])}")
            await send(message)

        await inner(scope, receive, told)

    app.asgi_handler = noting


def told() -> list[tuple[str, object]]:
    """What the process that gathers the reports does not know yet."""
    news: list[tuple[str, object]] = []
    for name, doors_ in ((DOORS, _known), (TAKEN, _taken)):
        if doors_:
            news.append((name, sorted(doors_)))
            doors_.clear()
    return news


def never_sent(known: Collection[str], taken: Collection[str]) -> list[str]:
    return sorted({*known} - {*taken} - {*BY_SCRIPTS})
