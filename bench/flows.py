"""Flows of several HTTP calls: some clients, each with a connection of its own, walk them one after another."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench.load import length_of


@dataclass(frozen=True)
class Walked:
    """How many flows in what time, the middle of how long one took and each of its steps, and the CPU time of the servers meanwhile."""

    flows: int
    seconds: float
    p50_ms: float
    steps_ms: dict[str, float]
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.flows / self.seconds


class Line:
    """One keep-alive connection. Every answer is read whole; what is not 2xx ends the run."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.took: defaultdict[str, float] = defaultdict(float)

    async def post(self, step: str, path: str, authorization: str, body: object, key: str = "") -> Any:
        """The answer's JSON; its time counts for a step of the flow."""
        begun = time.perf_counter()
        encoded = msgspec.json.encode(body)
        head = f"POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\n"
        head += f"idempotency-key: {key}\r\n" if key else ""
        self.writer.write(f"{head}content-length: {len(encoded)}\r\n\r\n".encode() + encoded)
        said = await self.reader.readuntil(b"\r\n\r\n")
        content = await self.reader.readexactly(length_of(said))
        if not said.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(f"{path}: {said[:40]!r} {content[:300]!r}")
        self.took[step] += time.perf_counter() - begun
        return msgspec.json.decode(content)


Flow = Callable[[Line, Any], Awaitable[None]]


def walk(port: int, flow: Flow, things: Sequence[Any], clients: int, processes: Sequence[int]) -> Walked:
    """Every thing goes through the flow once; `processes` are those whose CPU time counts, with their children."""
    before = cpu_seconds(processes)
    begun = time.perf_counter()
    took = asyncio.run(_walk(port, flow, iter(things), clients))
    seconds = time.perf_counter() - begun
    cpu = cpu_seconds(processes) - before
    steps = {step: 1000 * statistics.median(one[step] for one in took) for step in took[0]}
    return Walked(len(took), seconds, 1000 * statistics.median(sum(one.values()) for one in took), steps, cpu)


async def _walk(port: int, flow: Flow, things: Iterator[Any], clients: int) -> list[dict[str, float]]:
    took: list[dict[str, float]] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for thing in things:
            line = Line(reader, writer)
            await flow(line, thing)
            took.append(line.took)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(client() for _ in range(clients)))
    return took


def cpu_seconds(processes: Sequence[int]) -> float:
    """User and system time of processes and of all below them, those that have ended too (Linux; elsewhere 0)."""
    found: dict[int, tuple[int, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            said = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        found[int(stat.parent.name)] = int(said[1]), sum(map(int, said[11:15])) / 100
    below = {one for one in found if _is_below(one, set(processes), found)}
    return sum(found[one][1] for one in below)


def _is_below(one: int, roots: set[int], found: dict[int, tuple[int, float]]) -> bool:
    while one in found:
        if one in roots:
            return True
        one = found[one][0]
    return False
