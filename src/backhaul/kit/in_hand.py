"""Requests with an `Idempotency-Key` that are being answered: the same key by the same caller meanwhile is told to wait (409).

What an answered key came to stands in the database (`Desk`); this is only the time in between, so it lives in memory.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from backhaul.kit.keys import digest
from backhaul.kit.machine import Refused

READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEY, CALLER = b"idempotency-key", b"authorization"


class InHand:
    """The keys that a house's web is answering now."""

    def __init__(self) -> None:
        self._names: set[tuple[bytes, bytes]] = set()

    @contextmanager
    def holding(self, headers: Mapping[bytes, bytes]) -> Iterator[None]:
        """While a request with these headers is answered; `Refused` when its key is being answered already."""
        if not headers.get(KEY):
            yield
            return
        name = digest(headers.get(CALLER, b"").decode("latin-1")), headers[KEY]
        if name in self._names:
            raise Refused("request_in_progress", "conflict", "Idempotency-Key")
        self._names.add(name)
        try:
            yield
        finally:
            self._names.discard(name)

    def layer(self, app: ASGIApp) -> ASGIApp:
        """A layer around a house's web; it looks at API v1 only."""

        async def held(scope: Scope, receive: Receive, send: Send) -> None:
            reads = scope["type"] == ScopeType.WEBSOCKET or scope["method"] in READING
            if reads or not scope["path"].startswith("/api/"):
                await app(scope, receive, send)
                return
            with self.holding(dict(scope["headers"])):
                await app(scope, receive, send)

        return held


def one_at_a_time(app: ASGIApp) -> ASGIApp:
    """The layer of a web that has no other way to its acts."""
    return InHand().layer(app)
