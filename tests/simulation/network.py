"""The wire between the houses: what one posts reaches the other's doors, late, twice, out of order, or not at all."""

import heapq
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import httpx2
import msgspec

from tests.simulation.clocks import World
from tests.simulation.crashes import Crashed

Ask = Callable[[str, str, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]


class Weather(msgspec.Struct, frozen=True):
    """How bad the wire is: chances in a thousand, and the longest delay in seconds."""

    drops: int = 0
    loses_answers: int = 0
    doubles: int = 0
    delays: int = 0
    delay_seconds_max: int = 1


class Network(httpx2.BaseTransport):
    """One wire with two ends. `cut` holds the directions (from, to) in which nothing goes through."""

    def __init__(self, world: World, rng: Random, happened: Callable[[str], None]) -> None:
        self.world = world
        self.rng = rng
        self.happened = happened
        self.weather = Weather()
        self.ends: dict[str, Ask] = {}
        self.down: set[str] = set()
        self.cut: set[tuple[str, str]] = set()
        self.late: list[tuple[float, int, str, tuple[str, str, dict[str, str], bytes]]] = []
        self.told: list[str] = []
        self._number = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """A request of the house whose line this is."""
        to = str(request.url.host).partition(".")[0]
        source = "partner" if to == "marketplace" else "marketplace"
        target = request.url.raw_path.decode()
        said = (request.method, target, dict(request.headers), request.read())
        if (source, to) in self.cut:
            self.happened(f"a request to the {to} is cut off")
            raise httpx2.ConnectError("cut off", request=request)
        if self._comes(self.weather.drops):
            self.happened("a request is lost")
            raise httpx2.ConnectTimeout("lost", request=request)
        if self._comes(self.weather.delays):
            self.happened("a request comes late")
            self._later(to, said)
            raise httpx2.ReadTimeout("late", request=request)
        if self._comes(self.weather.doubles):
            self.happened("a request comes twice")
            self._later(to, said)
        try:
            status, headers, body = self.deliver(to, said)
        except (Crashed, ConnectionError) as error:
            raise httpx2.ReadError(str(error), request=request) from error
        if (to, source) in self.cut or self._comes(self.weather.loses_answers):
            self.happened("an answer is lost")
            raise httpx2.ReadTimeout("no answer", request=request)
        kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        return httpx2.Response(status, headers=kept, stream=httpx2.ByteStream(body), request=request)

    def deliver(self, to: str, said: tuple[str, str, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
        """Put a request before the doors of a house."""
        if to in self.down:
            raise ConnectionError(f"{to} is down")
        status, headers, body = self.ends[to](*said)
        self.told.append(f"{to} {said[1]} {said[2].get('webhook-id', '')} {status}")
        return status, headers, body

    def deliver_late(self, *, all_of_it: bool = False) -> int:
        """What was on its way for long enough; how many requests."""
        count = 0
        while self.late and (all_of_it or self.late[0][0] <= self.world.at.timestamp()):
            _, _, to, said = heapq.heappop(self.late)
            count += 1
            try:
                status, *_ = self.deliver(to, said)
            except (Crashed, ConnectionError):
                continue
            self.happened("a late request is too old" if status == httpx2.codes.UNAUTHORIZED else "a late request")
        return count

    def _later(self, to: str, said: Any) -> None:
        wait = self.rng.randint(1, self.weather.delay_seconds_max)
        self._number += 1
        heapq.heappush(self.late, ((self.world.at + timedelta(seconds=wait)).timestamp(), self._number, to, said))

    def _comes(self, chance: int) -> bool:
        return bool(chance) and self.rng.randrange(1000) < chance
