"""The door for who watches a house: `/metrics`, `/healthz`, `/readyz`, on a port of its own, beside the web and without it.

By default there is none. It listens on this machine, unless a token guards it: what a house does is nobody else's business.
"""

import hmac
from collections.abc import Callable
from typing import Any

import msgspec
from anyio import to_thread
from litestar.enums import ScopeType
from litestar.types import Message, Receive, Send

from backhaul.kit.health import Readiness

LOCAL = ("127.0.0.1", "::1", "localhost")
TOKEN_CHARACTERS_MIN = 16
PORT_MAX = 65535
TEXT = b"text/plain; version=0.0.4; charset=utf-8"
JSON = b"application/json"


class Place(msgspec.Struct, frozen=True):
    """Where the door is. `token`: empty, or what a caller must bring as `Authorization: Bearer …`."""

    host: str
    port: int
    token: str = ""


def place_of(said: str, token: str = "") -> Place | None:
    """`9100`, `127.0.0.1:9100` or `[::1]:9100`; None where no door is wanted. ValueError with a sentence for what is not safe."""
    if not said:
        return None
    host, _, port = said.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit() and int(port) <= PORT_MAX):
        raise ValueError(f"it is a port of this machine or HOST:PORT, not {said!r}")
    if token and len(token) < TOKEN_CHARACTERS_MIN:
        raise ValueError(f"the token has at least {TOKEN_CHARACTERS_MIN} characters")
    if host not in LOCAL and not token:
        raise ValueError(f"beyond this machine ({host}) it needs a token: set BACKHAUL_METRICS_TOKEN")
    return Place(host, int(port), token)


def door(text: Callable[[], bytes], readiness: Readiness, token: str) -> Any:
    """The web behind it. Whether the house is well is told without the token, as on its own port."""

    async def web(scope: Any, _: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return
        path, status, kind, body = scope["path"], 200, JSON, b'{"alive":true}'
        if scope["method"] not in {"GET", "HEAD"}:
            status, body = 405, b'{"code":"method_not_allowed"}'
        elif path == "/readyz":
            found = await to_thread.run_sync(readiness.look)
            status, body = 200 if found.ready else 503, msgspec.json.encode(found)
        elif path == "/metrics" and _may(scope["headers"], token):
            kind, body = TEXT, await to_thread.run_sync(text)
        elif path == "/metrics":
            status, body = 401, b'{"code":"wrong_token"}'
        elif path != "/healthz":
            status, body = 404, b'{"code":"not_found"}'
        headers = [
            (b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]  # fmt: skip
        start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        told = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": told, "more_body": False})

    return web


def _may(headers: Any, token: str) -> bool:
    if not token:
        return True
    said = dict(headers).get(b"authorization", b"")
    return hmac.compare_digest(bytes(said), b"Bearer " + token.encode())
