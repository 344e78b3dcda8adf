"""What a form did, said once on the page to which its answer leads: a cookie of that page carries it there."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from backhaul.kit import http, i18n
from backhaul.kit.i18n import N_

COOKIE = "did"
SAVED, SENT = "saved", "sent"
SECONDS = 60  # a browser that does not follow at once is told nothing later
SAYS = {SAVED: N_("Saved."), SENT: N_("Sent.")}


def done(path: str, what: str = SAVED, cookies: Iterable[Cookie] = ()) -> Redirect:
    """Answer a form: go and look, and be told that it is done."""
    said = Cookie(key=COOKIE, value=what, path=urlsplit(path).path, max_age=SECONDS, httponly=True, samesite="lax")
    return http.see_other(path, [*cookies, said])


def what(request: Request[Any, Any, Any]) -> str:
    """What was done just before this page."""
    return str(request.cookies.get(COOKIE, ""))


def notice(request: Request[Any, Any, Any], language: str) -> str:
    """A sentence for what every page knows; what a page names itself, it words itself."""
    said = SAYS.get(what(request), "")
    return i18n.gettext(language, said) if said else ""


def told(request: Request[Any, Any, Any], drawn: Response[str]) -> Response[str]:
    """The page has said it: not again."""
    if what(request):
        drawn.set_cookie(COOKIE, "", path=request.url.path, max_age=0, httponly=True, samesite="lax")
    return drawn
