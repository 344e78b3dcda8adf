"""Programs that decide returns over API v1 and do not let go: whatever is not answered is asked again with the same key.

Run as a process of its own, beside the house that it asks. What is tried, answered and unknown goes to a journal, a line each,
before and after the call: `T id`, `A id hash`, `U id why`, `R id why`, with the machine's monotonic clock.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS = 10.0
PAUSE_SECONDS = 0.3
LEAVE_SECONDS = 75.0
IN_PROGRESS = b"request_in_progress"  # the first one, that we did not wait for, still waits for the database


class Journal:
    """Appended line by line: a program that is killed leaves all that it knew."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, mark: str, return_id: int, what: str = "") -> None:
        os.write(self._file, f"{mark} {return_id} {time.monotonic():.3f} {what}\n".encode())


class Program:
    """One request in flight. `pace`: how long it takes from the beginning of one command to that of the next."""

    def __init__(self, port: int, key: str, journal: Journal, pace: float) -> None:
        self.port = port
        self.key = key
        self.journal = journal
        self.pace = pace
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def work(self, ids: Iterator[int], ended: asyncio.Event) -> None:
        for return_id in ids:
            begun = time.monotonic()
            self.journal.note("T", return_id)
            await self.insist(return_id, ended)
            if ended.is_set():
                return
            await asyncio.sleep(max(0.0, begun + self.pace - time.monotonic()))

    async def insist(self, return_id: int, ended: asyncio.Event) -> None:
        """Until there is an answer. Once told to end, for a while."""
        leave_at = 0.0
        while True:
            try:
                status, body = await asyncio.wait_for(self._ask(return_id), SECONDS)
            except (OSError, EOFError, TimeoutError) as error:
                self._hang_up()
                status, body = 0, type(error).__name__.encode()
            if status == 200:
                self.journal.note("A", return_id, hashlib.sha256(body).hexdigest())
                return
            if 0 < status < 500 and IN_PROGRESS not in body:
                self.journal.note("R", return_id, f"{status} {body[:200].decode(errors='replace')}")
                return
            self.journal.note("U", return_id, _reason(status, body))
            leave_at = leave_at or (time.monotonic() + LEAVE_SECONDS if ended.is_set() else 0.0)
            if leave_at and time.monotonic() > leave_at:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, return_id: int) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(
            f"POST /api/v1/returns/{return_id}/refund-without-return HTTP/1.1\r\nhost: ha\r\n"
            f"authorization: Bearer {self.key}\r\nidempotency-key: ha-{return_id}\r\n"
            "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.lower().split("\r\n")
        length = next((int(line.partition(":")[2]) for line in lines if line.startswith("content-length:")), 0)
        return int(head.split(" ", 2)[1]), await reader.readexactly(length)

    def _hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _reason(status: int, body: bytes) -> str:
    try:
        return f"{status} {json.loads(body)['code']}"
    except (ValueError, KeyError, TypeError):
        return f"{status} {body[:60].decode(errors='replace')}"


async def run(port: int, key: str, journal: Journal, ids: list[int], connections: int, per_second: float) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    waiting = iter(ids)
    pace = connections / per_second
    await asyncio.gather(*(Program(port, key, journal, pace).work(waiting, ended) for _ in range(connections)))


if __name__ == "__main__":
    wanted = json.loads(sys.stdin.readline())
    asyncio.run(
        run(
            wanted["port"], wanted["key"], Journal(Path(wanted["journal"])), wanted["ids"], wanted["connections"],
            wanted["per_second"],
        )
    )  # fmt: skip
