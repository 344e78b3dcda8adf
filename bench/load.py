"""A load of POST requests over keep-alive connections: one request in flight a connection, every answer read and counted."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Requests a second, and the middle of the latencies in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    failed: int
    latencies_ms: list[float]


def run(port: int, requests: Sequence[bytes], connections: int) -> Outcome:
    """Send every request once, spread over the connections."""
    return asyncio.run(_run(port, requests, connections))


async def _run(port: int, requests: Sequence[bytes], connections: int) -> Outcome:
    latencies: list[float] = []
    failed = 0
    waiting = iter(requests)

    async def visitor() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(length_of(head))
            latencies.append(time.perf_counter() - begun)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()

    begun = time.perf_counter()
    await asyncio.gather(*(visitor() for _ in range(connections)))
    seconds = time.perf_counter() - begun
    ordered = sorted(latencies)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    told = [latency * 1000 for latency in latencies]
    return Outcome(len(requests) / seconds, ordered[len(ordered) // 2] * 1000, p99 * 1000, failed, told)


def length_of(head: bytes) -> int:
    """How many bytes follow this head of an answer."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
