"""One request of a name at a time: who sends an Idempotency-Key again while the first request is answered is told so (409)."""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backhaul.kit.machine import Refused

READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEY, SPEAKS = b"idempotency-key", b"authorization"


class Underway(ASGIMiddleware):
    """Which named requests this house is answering. A name is the caller's credential and their key."""

    def __init__(self) -> None:
        self._names: set[tuple[bytes, bytes]] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the first of a name through; `Refused` for the others until it is answered."""
        name = _name(scope)
        if name is None:
            await next_app(scope, receive, send)
            return
        if name in self._names:
            raise Refused("request_underway", "conflict", "Idempotency-Key")
        self._names.add(name)
        try:
            await next_app(scope, receive, send)
        finally:
            self._names.discard(name)


def _name(scope: Scope) -> tuple[bytes, bytes] | None:
    if scope["type"] != ScopeType.HTTP or scope["method"] in READING:
        return None
    headers = dict(scope["headers"])
    key = headers.get(KEY, b"")
    return (headers.get(SPEAKS, b""), key) if key else None
