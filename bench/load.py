"""A load of POST requests over keep-alive connections: one request in flight a connection, every answer read and counted.

It is on the machine that it measures, so it asks with sockets and a selector: a request costs it a fraction of what it costs the house.
"""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

CHUNK_BYTES = 65_536
OK = b"HTTP/1.1 200"


@dataclass(frozen=True)
class Outcome:
    """Requests a second, and the middle of the latencies in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int
    latencies_ms: list[float]


@dataclass
class Visitor:
    """A connection, when it asked, and what came of its answer so far."""

    wire: socket.socket
    begun: float = 0.0
    come: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        """Send one request, whole."""
        self.begun = time.perf_counter()
        self.wire.sendall(request)

    def hear(self) -> bytes | None:
        """The answer, when all of it is here."""
        chunk = self.wire.recv(CHUNK_BYTES)
        if not chunk:
            raise ConnectionError("the house hung up")
        self.come += chunk
        end = self.come.find(b"\r\n\r\n") + 4
        if end < 4 or len(self.come) < end + length_of(self.come[:end]):
            return None
        answer = bytes(self.come)
        self.come.clear()
        return answer


def run(port: int, requests: Sequence[bytes], connections: int) -> Outcome:
    """Send every request once, spread over the connections."""
    waiting = iter(requests)
    latencies: list[float] = []
    failed = 0
    with selectors.DefaultSelector() as selector:
        visitors = [Visitor(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
        begun = time.perf_counter()
        for visitor in visitors:
            visitor.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(visitor.wire, selectors.EVENT_READ, visitor)
            _next(selector, visitor, waiting)
        while selector.get_map():
            for key, _ in selector.select():
                visitor = key.data
                answer = visitor.hear()
                if answer is not None:
                    latencies.append(time.perf_counter() - visitor.begun)
                    failed += not answer.startswith(OK)
                    _next(selector, visitor, waiting)
        seconds = time.perf_counter() - begun
    ordered = sorted(latencies)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    told = [latency * 1000 for latency in latencies]
    return Outcome(len(requests) / seconds, ordered[len(ordered) // 2] * 1000, p99 * 1000, failed, told)


def _next(selector: selectors.BaseSelector, visitor: Visitor, waiting: Iterator[bytes]) -> None:
    request = next(waiting, None)
    if request is None:
        selector.unregister(visitor.wire)
        visitor.wire.close()
    else:
        visitor.ask(request)


def length_of(head: bytes | bytearray) -> int:
    """How many bytes follow this head of an answer."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
