"""One trace shows a seller's command, its letter on the way and the other house's work for it; no person stands in it.

The trace travels inside the signed letter. What a stranger says of traces is not believed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from backhaul.kit import tracing
from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.kit.observing import Observer
from backhaul.kit.server import Served
from backhaul.kit.tracing import Tracer
from backhaul.partner import tables
from backhaul.world import World, link_seller
from tests import webs
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow

CANARY = "Headset of Canaria Kanarienvogel"
ARRIVAL = moscow(9, 20, 11, 5)


class Traced:
    """Both houses with tracers; `marketplace` and `partner` are webs that are listened to."""

    def __init__(self, world: World) -> None:
        stage = world.stage
        self.spans = InMemorySpanExporter()
        self.webs = []
        for house, office, web in (
            ("marketplace", stage.marketplace, webs.marketplace(stage.marketplace)),
            ("partner", stage.partner, webs.partner(stage.partner)),
        ):  # fmt: skip
            provider = TracerProvider(resource=tracing.resource_of(house))
            provider.add_span_processor(SimpleSpanProcessor(self.spans))
            observer = Observer(house, tracer=Tracer(house, provider))
            office.desk.watch = observer
            self.webs.append(Served(observer.around(web)).start())
        self.marketplace, self.partner = (web.url for web in self.webs)

    def taken(self) -> list[ReadableSpan]:
        found = list(self.spans.get_finished_spans())
        self.spans.clear()
        return found

    def close(self) -> None:
        for web in self.webs:
            web.stop()


@pytest.fixture
def world(raise_curtain: Raise) -> World:
    return raise_curtain(moscow(9, 2, 10))


@pytest.fixture
def traced(world: World) -> Iterator[Traced]:
    both = Traced(world)
    yield both
    both.close()


def at_the_partner(world: World) -> int:
    """A headset that the warehouse has; its seller has not decided."""
    deliver(world, CANARY, 7900, 350, seller=(2093311, "CN"))
    link_seller(world, "CN")
    return_id, _ = world.request("CN", "did_not_fit", "")
    assert Caller(world.stage.marketplace_web.url, "chen").post(f"/returns/{return_id}/approve").status_code == 200
    world.stored(return_id)
    world.stage.turn_to(ARRIVAL)
    darya = Caller(world.stage.partner_web.url, "darya")
    scan = {"warehouse": "MSK-2", "arrived_at_us": to_us(ARRIVAL), "weight_gram": 350}
    assert darya.post(f"/parcels/{return_id}/arrive", scan).status_code == 200
    world.stage.pump()
    return int(return_id)


def told_by(world: World) -> dict[str, bytes]:
    """The bodies of the partner's letters by their topic."""
    box = tables.journal.outbox
    with world.stage.partner.database.read() as tx:
        rows = tx.rows(Statement(box.select().with_only_columns(box.c.topic, box.c.body)))
    return {str(topic): bytes(body) for topic, body in rows}


def way(spans: list[ReadableSpan], trace_id: int) -> list[str]:
    """The spans of a trace, from its beginning along their parents: where and what."""
    those = [span for span in spans if span.context is not None and span.context.trace_id == trace_id]
    by_parent = {span.parent.span_id if span.parent else 0: span for span in those}
    found, at = [], 0
    while at in by_parent:
        span = by_parent[at]
        found.append(f"{span.resource.attributes['service.name']!s}: {span.name}")
        at = span.context.span_id if span.context else -1
    assert len(found) == len(those)
    return found


def test_a_seller_s_decision_is_followed_into_the_other_house(world: World, traced: Traced) -> None:
    parcel_id = at_the_partner(world)
    chen = Caller(traced.partner, "chen@example.com")
    traced.taken()
    false = "00-11111111111111111111111111111111-2222222222222222-01"

    answer = chen.post(
        f"/parcels/{parcel_id}/decide?mail=canary@example.net", {"decision": "dispose"}, traceparent=false
    )
    missing = chen.post("/parcels/999999/decide", {"decision": "dispose"})
    world.stage.pump()

    spans, letters = traced.taken(), told_by(world)
    begin = next(span for span in spans if span.name == "POST /api/v1/parcels/{parcel_id}/decide")
    assert begin.context is not None
    assert begin.context.trace_id != int(false[3:35], 16)
    assert (200, 404) == (answer.status_code, missing.status_code)
    assert [
        "backhaul-partner: POST /api/v1/parcels/{parcel_id}/decide", "backhaul-partner: desk Decide",
        "backhaul-partner: send parcel.decided", "backhaul-marketplace: receive parcel.decided",
        "backhaul-marketplace: desk RecordDecision",
    ] == way(spans, begin.context.trace_id)  # fmt: skip
    assert {"http.request.method": "POST", "http.route": "/api/v1/parcels/{parcel_id}/decide",
            "http.response.status_code": 200, "backhaul.role": "seller"} == dict(begin.attributes or {})  # fmt: skip
    told = "".join(span.to_json() for span in spans)
    assert [] == [word for word in (CANARY, "Kanarienvogel", "canary", "chen", "Bearer", "127.0.0.1") if word in told]
    assert [] == [event for span in spans for event in span.events]
    refused = [(span.attributes or {}).get("backhaul.refused") for span in spans if span.name == "desk Decide"]
    assert [None, "not_found"] == refused
    decided = msgspec.json.decode(letters["parcel.decided"])
    assert f"{begin.context.trace_id:032x}" == decided["traceparent"][3:35]
    assert {"type", "timestamp", "data", "traceparent"} == decided.keys()
    assert b"traceparent" not in letters["parcel.arrived"]  # whose scan nobody traced


def test_the_header_beside_a_letter_counts_only_with_the_trace_inside() -> None:
    inside, beside = f"00-{'a' * 32}-{'b' * 16}-01", f"00-{'a' * 32}-{'c' * 16}-01"
    foreign = f"00-{'d' * 32}-{'e' * 16}-01"
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = Tracer("partner", provider)
    for signed, header in ((inside, beside), (inside, foreign), ("", beside), ("nonsense", beside), (inside, "")):
        with tracer.received({"traceparent": header} if header else {}, signed, "parcel.decided"):
            pass

    parents = [f"{span.parent.span_id:016x}" for span in kept.get_finished_spans() if span.parent is not None]
    assert ["c" * 16, "b" * 16, "b" * 16] == parents


@pytest.mark.parametrize(
    "said", ["http://127.0.0.1:4318/v1/traces", "https://collector.example/v1/traces", "file:traces"]
)
def test_traces_go_to_a_collector_or_a_file(said: str) -> None:
    tracing.check(said)


@pytest.mark.parametrize("said", ["collector:4318", "grpc://collector:4317", "file:", "http://"])
def test_what_is_no_place_for_traces_is_refused_at_once(said: str) -> None:
    with pytest.raises(ValueError, match="--traces"):
        tracing.check(said)


def test_a_file_of_traces_has_a_span_a_line(tmp_path: Path) -> None:
    tracer = tracing.open_tracer("partner", f"file:{tmp_path / 'traces'}")
    with tracer.request() as span:
        tracer.answered(span, "GET", "/parcels", 200, "seller")
    tracer.close()

    lines: list[dict[str, Any]] = [
        msgspec.json.decode(line) for line in (tmp_path / "traces").read_bytes().splitlines()
    ]
    assert ["GET /parcels"] == [line["name"] for line in lines]
