"""What browsers fetch once and keep: one stylesheet made of its parts, our scripts, and a library's.

Addresses carry the digest of what they name, so a browser may keep it for a year and still never shows a page with an old one.
"""

import gzip
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec
from heroicons import IconDoesNotExist
from heroicons.jinja import heroicon_outline
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from markupsafe import Markup

# The parts of the stylesheet in their order: of two rules of the same weight the later one holds.
STYLES = (
    "tokens", "page", "shell", "parts", "lists", "filters", "help", "counter", "narrow", "messages", "terms", "media", "stations",
    "shelves", "steps", "timeline", "request", "entrance", "walk", "money", "plots", "samples",
)  # fmt: skip
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
# On a list of ways to look at the same page: only the page's content is fetched, the address follows. Without scripts the
# links lead there all the same.
LIVE = Markup('hx-boost="true" hx-target="#main" hx-select="#main" hx-swap="outerHTML show:none" hx-indicator="#main"')
# On a part that changes by itself: fetched anew every so often, from its own page. Without scripts a link there does it.
WATCHED = Markup('hx-get="{0}" hx-trigger="every {2}s" hx-select="#{1}" hx-target="#{1}" hx-swap="outerHTML"')
# Nothing is evaluated, kept in the browser, asked elsewhere or styled by the library.
HTMX_SETTINGS = msgspec.json.encode({
    "allowEval": False, "allowScriptTags": False, "historyCacheSize": 0, "includeIndicatorStyles": False,
    "refreshOnHistoryMiss": True, "scrollIntoViewOnBoost": False, "selfRequestsOnly": True,
}).decode()  # fmt: skip
A_YEAR = "public, max-age=31536000, immutable"
DIGEST_CHARACTERS = 12


class Asset(msgspec.Struct, frozen=True):
    """A file for browsers, as it is and packed."""

    content: bytes
    packed: bytes
    media_type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """All of them, by name."""
    kit = files("backhaul.kit")
    found = {"style.css": b"\n".join((kit / "styles" / f"{part}.css").read_bytes() for part in STYLES)}
    found |= {
        file.name: file.read_bytes() for file in (kit / "static").iterdir() if file.name.rpartition(".")[2] in TYPES
    }
    found["htmx.js"] = (files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js").read_bytes()
    return {name: _asset(name, content) for name, content in found.items()}


def _asset(name: str, content: bytes) -> Asset:
    digest = sha256(content).hexdigest()[:DIGEST_CHARACTERS]
    return Asset(content, gzip.compress(content, mtime=0), TYPES[name.rpartition(".")[2]], digest)


@cache
def address(name: str) -> str:
    """Where a page finds a file."""
    return f"/static/{name}?v={assets()[name].digest}"


def watched(path: str, part: str, seconds: int) -> Markup:
    """The attributes of a part that is looked at again by itself."""
    return WATCHED.format(path, part, seconds)


@cache
def icon(name: str) -> Any:
    """An icon by its name in Heroicons, drawn into the page; decoration, so nobody reads it aloud."""
    try:
        return heroicon_outline(name, size=None, **{"aria-hidden": "true", "class": "icon"})
    except IconDoesNotExist as error:
        raise LookupError(name) from error


def router() -> Router:
    """The door to them."""

    @get("/{name:str}", sync_to_thread=False)
    def one(request: Request[Any, Any, Any], name: FromPath[str], v: FromQuery[str] = "") -> Response[bytes]:
        asset = assets().get(name)
        if asset is None:
            raise NotFoundException
        headers = {
            "cache-control": A_YEAR if v == asset.digest else "no-cache", "etag": f'"{asset.digest}"',
            "vary": "accept-encoding", "x-content-type-options": "nosniff",
        }  # fmt: skip
        if request.headers.get("if-none-match") == f'"{asset.digest}"':
            return Response(b"", status_code=304, headers=headers)
        packed = "gzip" in request.headers.get("accept-encoding", "")
        if packed:
            headers["content-encoding"] = "gzip"
        return Response(asset.packed if packed else asset.content, media_type=asset.media_type, headers=headers)

    return Router("/static", route_handlers=[one], include_in_schema=False)
