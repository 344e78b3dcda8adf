"""Requests with an `Idempotency-Key` that are being answered: the same key by the same caller meanwhile is told to wait (409).

What an answered key came to stands in the database (`Desk`); this is only the time in between, so it lives in memory.
"""

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from backhaul.kit.keys import digest
from backhaul.kit.machine import Refused

READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEY, CALLER = b"idempotency-key", b"authorization"


def one_at_a_time(app: ASGIApp) -> ASGIApp:
    """A layer around a house's web; it looks at API v1 only."""
    in_hand: set[tuple[bytes, bytes]] = set()

    async def layer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        reads = scope["type"] == ScopeType.WEBSOCKET or scope["method"] in READING
        if reads or not scope["path"].startswith("/api/") or not headers.get(KEY):
            await app(scope, receive, send)
            return
        name = digest(headers.get(CALLER, b"").decode("latin-1")), headers[KEY]
        if name in in_hand:
            raise Refused("request_in_progress", "conflict", "Idempotency-Key")
        in_hand.add(name)
        try:
            await app(scope, receive, send)
        finally:
            in_hand.discard(name)

    return layer
