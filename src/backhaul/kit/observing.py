"""One who listens to a house: its requests as an ASGI layer around its web, its desk, its workers and its letters.

What was heard goes into metrics (`meters`), traces (`tracing`) and lines (`logs`), each only where somebody wants it. The layer
knows the template of an address, the status and how long it took; it never looks at a query, a body or a name.
"""

import random
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backhaul.kit.clock import Clock
from backhaul.kit.logs import Lines, Request
from backhaul.kit.watching import NO_HEADERS, Watch

if TYPE_CHECKING:
    from backhaul.kit.meters import Meters
    from backhaul.kit.tracing import Tracer

ASKED = b"x-request-id"
# A caller's own id is taken over when nothing but an id can be meant: digits and hyphens, as a UUID or a trace has them.
PLAIN_ID = re.compile(rb"[0-9a-fA-F-]{8,64}")
NO_ROUTE = "none"
PROBES = frozenset({"/healthz", "/readyz"})  # every few seconds: they are counted, and no more
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
BROKEN_OFF = 499  # nobody was there any more to be answered
FAILED = 500


class Observer(Watch):
    """Listens for one process of a house."""

    def __init__(self, house: str, meters: "Meters | None" = None, tracer: "Tracer | None" = None,
                 lines: Lines | None = None) -> None:  # fmt: skip
        self.house = house
        self.meters = meters
        self.tracer = tracer
        self.lines = lines
        self._clock = Clock()

    def handed_in(self, work: Any) -> None:
        """Somebody put work on the desk."""
        if self.tracer is not None:
            self.tracer.handed_in(work)

    def turn(self, work: Any) -> None:
        """The desk decides."""
        if self.tracer is not None:
            self.tracer.turn(work)

    def traceparent(self) -> str:
        """Of the work in hand."""
        return "" if self.tracer is None else self.tracer.traceparent()

    def committed(self, seconds: float) -> None:
        """A transaction was committed."""
        if self.meters is not None:
            self.meters.committed(seconds)

    def batch(self, works: Sequence[Any], results: Sequence[Any], seconds: float) -> None:
        """A batch is done."""
        if self.meters is not None:
            self.meters.batch(results, seconds)
        if self.tracer is not None:
            self.tracer.batch(works, results)

    def round(self, name: str, seconds: float, *, failed: bool) -> None:
        """A worker went round."""
        if self.meters is not None:
            self.meters.round(name, seconds, failed=failed)

    def sending(self, body: bytes) -> AbstractContextManager[Mapping[str, str]]:
        """A letter is on its way."""
        return nullcontext(NO_HEADERS) if self.tracer is None else self.tracer.sending(body)

    def received(self, headers: Mapping[str, str], traceparent: str, topic: str) -> AbstractContextManager[None]:
        """A letter is dealt with."""
        return nullcontext() if self.tracer is None else self.tracer.received(headers, traceparent, topic)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The house's web, listened to."""

        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
            elif self.tracer is None or scope["path"] in PROBES:
                await self._heard(app, scope, receive, send, None)
            else:
                with self.tracer.request() as span:
                    await self._heard(app, scope, receive, send, span)

        return layer

    async def _heard(self, app: ASGIApp, scope: Any, receive: Receive, send: Send, span: Any) -> None:
        began, status, meters = time.perf_counter(), 0, self.meters
        request_id = _id_of(scope["headers"])

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (ASKED, request_id)]
            await send(message)

        if meters is not None:
            meters.open += 1
        try:
            await app(scope, receive, told)
        except BaseException:
            status = status or FAILED
            raise
        finally:
            if meters is not None:
                meters.open -= 1
            self._note(scope, request_id, status or BROKEN_OFF, time.perf_counter() - began, span)

    def _note(self, scope: Any, request_id: bytes, status: int, seconds: float, span: Any) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        route, noted = scope.get("path_template") or NO_ROUTE, scope.get("state") or {}
        refused, role = noted.get("refused", ""), noted.get("role", "nobody")
        if self.meters is not None:
            self.meters.request(method, route, status, seconds, refused)
        trace_id = ""
        if self.tracer is not None and span is not None:
            trace_id = self.tracer.answered(span, method, route, status, role)
        if self.lines is not None and route not in PROBES:
            ms = round(seconds * 1000, 3)
            at = self._clock.now()
            self.lines.request(Request(at, self.house, request_id.decode(), method, route, status, ms, role, refused, trace_id))  # fmt: skip


def _id_of(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == ASKED and PLAIN_ID.fullmatch(value):
            return value
    return b"%016x" % random.getrandbits(64)
