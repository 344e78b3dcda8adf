"""Where a reader is, so that another language leaves them there."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Request


def whereabouts(request: Request[Any, Any, Any]) -> str:
    """The address of this page; of what a form was answered with, that of the page on which the form stood."""
    if request.method == "GET":
        return _address(request.url.path, request.url.query)
    came = urlsplit(request.headers.get("referer", ""))
    return _address(came.path, came.query) if came.netloc == request.url.netloc and is_ours(came.path) else "/"


def back_to(request: Request[Any, Any, Any], back: str) -> str:
    """Where a form of the frame of every page leads back to: `back`, but with the query that stands in the address by now.

    Lists change without loading the page anew, and the frame around them does not.
    """
    if not is_ours(back):
        return "/"
    came = urlsplit(request.headers.get("referer", ""))
    return _address(came.path, came.query) if came.path == urlsplit(back).path else back


def is_ours(path: str) -> bool:
    """Whether a browser takes this for a path of the same house."""
    return path.startswith("/") and not path.startswith(("//", "/\\"))


def _address(path: str, query: str) -> str:
    """Without the language that it asked for: somebody is choosing another."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    return f"{path}?{urlencode(kept)}" if kept else path
