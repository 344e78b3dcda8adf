"""Where a reader is, so that another language leaves them there."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from litestar import Request


def whereabouts(request: Request[Any, Any, Any], here: str = "") -> str:
    """The address of this page; of what a form was answered with, that of the page on which the form stood.

    A form that is refused again stood on the answer to itself, and its address may be for sending only: then `here` counts.
    """
    if request.method == "GET":
        return _address(request.url.path, request.url.query)
    came = _split(request.headers.get("referer", ""))
    if came.netloc != request.url.netloc or not is_ours(came.path):
        return "/"
    again = came.path == request.url.path and _split(here).path not in {"", "/", came.path}
    return here if again else _address(came.path, came.query)


def back_to(request: Request[Any, Any, Any], back: str) -> str:
    """Where a form of the frame of every page leads back to: `back`, but with the query that stands in the address by now.

    Lists change without loading the page anew, and the frame around them does not.
    """
    if not is_ours(back):
        return "/"
    came = _split(request.headers.get("referer", ""))
    return _address(came.path, came.query) if came.path == _split(back).path else back


def is_ours(path: str) -> bool:
    """Whether a browser takes this for a path of the same house. It passes over tabs, so a path with one is none."""
    return path.isprintable() and path.startswith("/") and not path.startswith(("//", "/\\"))


def _split(address: str) -> SplitResult:
    """The parts of an address that anybody may have written; of one that is none, empty ones."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _address(path: str, query: str) -> str:
    """Without the language that it asked for: somebody is choosing another."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    return f"{path}?{urlencode(kept)}" if kept else path
