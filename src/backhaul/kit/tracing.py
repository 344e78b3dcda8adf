"""Traces by OpenTelemetry: a request, the desk's work for it, its letter on the way, and the other house's work for that.

An extra (`backhaul[otel]`): this module is imported when somebody says where traces go. A span has names of our own code and
route templates; what was written in a request, and what an exception says, never stand in one.

A stranger's `traceparent` is not believed: every request from outside begins a trace of its own. A letter carries one inside its
signed body; the header beside it, which names the span of the sending, counts only when it is of the same trace.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status, StatusCode

from backhaul import __version__
from backhaul.kit.desk import Order
from backhaul.kit.machine import Refused
from backhaul.kit.watching import NO_HEADERS

TRACEPARENT = "traceparent"
FILE = "file:"
FAILED_FROM = 500
QUIET: dict[str, Any] = {
    "record_exception": False,
    "set_status_on_exception": False,
}  # what an exception says stays out

_W3C = TraceContextTextMapPropagator()


class Carried(msgspec.Struct):
    """What a letter says of its trace."""

    traceparent: str = ""
    type: str = ""


_carried = msgspec.json.Decoder(Carried).decode


class Tracer:
    """The traces of one process of a house."""

    def __init__(self, house: str, provider: TracerProvider) -> None:
        self.house = house
        self._provider = provider
        self._tracer = provider.get_tracer("backhaul", __version__)
        self._waiting: dict[int, SpanContext] = {}
        self._spans: dict[int, Span] = {}
        self._turn = threading.local()

    # The web

    @contextmanager
    def request(self) -> Iterator[Any]:
        """While a request is answered; it gets its name afterwards, when its route is known."""
        with self._tracer.start_as_current_span("request", Context(), SpanKind.SERVER, **QUIET) as span:
            yield span

    def answered(self, span: Any, method: str, route: str, status: int, role: str) -> str:
        """Name a request's span; the id of its trace, empty when nobody keeps it."""
        if not span.is_recording():
            return ""
        span.update_name(f"{method} {route}")
        span.set_attributes({
            "http.request.method": method, "http.route": route, "http.response.status_code": status,
            "backhaul.role": role,
        })  # fmt: skip
        if status >= FAILED_FROM:
            span.set_status(Status(StatusCode.ERROR))
        return f"{span.get_span_context().trace_id:032x}"

    # The desk

    def handed_in(self, work: Any) -> None:
        """Keep which trace a piece of work belongs to, until it is done."""
        span = get_current_span()
        if span.is_recording():
            self._waiting[id(work)] = span.get_span_context()

    def turn(self, work: Any) -> None:
        """The desk decides about it: once more, when its batch is done again one by one."""
        span = self._spans.get(id(work))
        parent = self._waiting.get(id(work))
        if span is None and parent is not None:
            name = type(work.command).__name__ if isinstance(work, Order) else "errand"
            context = set_span_in_context(NonRecordingSpan(parent))
            started: Any = self._tracer.start_span(f"desk {name}", context, **QUIET)
            self._spans[id(work)] = span = started
        self._turn.span = span

    def traceparent(self) -> str:
        """Of the work whose turn it is."""
        span = getattr(self._turn, "span", None)
        if span is None:
            return ""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, set_span_in_context(span))
        return carrier.get(TRACEPARENT, "")

    def batch(self, works: Sequence[Any], results: Sequence[Any]) -> None:
        """All of it is committed: their spans end together."""
        self._turn.span = None
        for (work, _), result in zip(works, results, strict=True):
            self._waiting.pop(id(work), None)
            span = self._spans.pop(id(work), None)
            if span is not None:
                span.set_attribute("backhaul.batch", len(works))
                if isinstance(result, Refused):
                    span.set_attribute("backhaul.refused", result.code)
                    if result.kind == "away":
                        span.set_status(Status(StatusCode.ERROR))
                span.end()

    # Letters

    @contextmanager
    def sending(self, body: bytes) -> Iterator[Mapping[str, str]]:
        """While a letter is on its way: part of the trace of what it tells."""
        said = _told(body)
        parent = _span_of(said.traceparent)
        if parent is None:
            yield NO_HEADERS
            return
        context = set_span_in_context(NonRecordingSpan(parent))
        with self._tracer.start_as_current_span(f"send {said.type}", context, SpanKind.PRODUCER, **QUIET):
            headers: dict[str, str] = {}
            _W3C.inject(headers)
            yield headers

    @contextmanager
    def received(self, headers: Mapping[str, str], traceparent: str, topic: str) -> Iterator[None]:
        """While a letter is dealt with. Call it for letters whose signature was checked, with what stands in their body."""
        signed, beside = _span_of(traceparent), _span_of(headers.get(TRACEPARENT, ""))
        if signed is None:
            yield
            return
        parent = beside if beside is not None and beside.trace_id == signed.trace_id else signed
        context = set_span_in_context(NonRecordingSpan(parent))
        with self._tracer.start_as_current_span(f"receive {topic}", context, SpanKind.CONSUMER, **QUIET):
            yield

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _told(body: bytes) -> Carried:
    try:
        return _carried(body)
    except msgspec.MsgspecError:
        return Carried()


def _span_of(traceparent: str) -> SpanContext | None:
    context = get_current_span(_W3C.extract({TRACEPARENT: traceparent}, Context())).get_span_context()
    return context if context.is_valid else None


def check(said: str) -> None:
    """ValueError with a sentence when nothing can be sent there."""
    if said.startswith(FILE):
        if not said.removeprefix(FILE):
            raise ValueError("--traces file: needs a path")
        return
    parts = urlsplit(said)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f"--traces is an address for OTLP, as http://127.0.0.1:4318/v1/traces, or file:PATH, not {said!r}"
        )


class Filing(ConsoleSpanExporter):
    """Writes spans into a file, a JSON object a line."""

    def __init__(self, path: Path) -> None:
        super().__init__(out=path.open("a", encoding="utf-8"), formatter=lambda span: f"{span.to_json(indent=None)}\n")

    def shutdown(self) -> None:
        """Close the file."""
        self.out.close()


def exporter_of(said: str) -> SpanExporter:
    """Where traces go: a collector that speaks OTLP over HTTP, or a file with a JSON object a line."""
    if said.startswith(FILE):
        return Filing(Path(said.removeprefix(FILE)))
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 -- one of two

    return OTLPSpanExporter(endpoint=said)


def open_tracer(house: str, said: str) -> Tracer:
    """A tracer that sends what it has every few seconds. How much is kept: `OTEL_TRACES_SAMPLER`, as everywhere."""
    provider = TracerProvider(resource=resource_of(house))
    provider.add_span_processor(BatchSpanProcessor(exporter_of(said)))
    return Tracer(house, provider)


def resource_of(house: str) -> Resource:
    """Who speaks."""
    return Resource.create({"service.name": f"backhaul-{house}", "service.version": __version__})
