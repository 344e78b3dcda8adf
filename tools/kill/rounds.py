"""Programs decide returns; again and again the house or its database is killed; whatever was not answered is asked again."""

import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa

from backhaul.kit.database import Database, Statement
from bench.fixture import prepare
from tests import postgres
from tools.ha.checker import Journal, Verdict, judged

CONNECTIONS, PER_SECOND = 4, 60.0
LIFE_SECONDS = (0.2, 0.9)  # from the first answer to the kill
START_SECONDS, LEAVE_SECONDS = 60.0, 60.0
REPLAYED_PART = 5  # one of five acknowledged commands is asked once more at the end


@dataclass
class Outcome:
    """What a run came to. `back_s`: how long it took until the house answered again, after each kill."""

    kills: int = 0
    verdict: Verdict | None = None
    replayed: int = 0
    replayed_otherwise: int = 0
    back_s: list[float] = field(default_factory=list)


class Stable:
    """The house as a process that can be killed and started again."""

    def __init__(self, data: Path, url: str, control: str) -> None:
        self.port = _free_port()
        words = [sys.executable, "-m", "tools.kill.stable", str(data), url, str(self.port), control]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.house: int | None = None  # its process

    def start(self) -> None:
        self._say("start")
        self.house = int(self._heard())
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(httpx2.HTTPError):
                httpx2.get(f"http://127.0.0.1:{self.port}/healthz", timeout=1).raise_for_status()
                return
            time.sleep(0.02)
        raise RuntimeError("the house did not start; its log is house.log")

    def kill(self) -> None:
        self._strike()
        self._heard()

    def end(self) -> None:
        """Once more is no harm."""
        with suppress(ProcessLookupError):
            self._strike()
        self.house = None
        if self._process.poll() is None:
            self._process.communicate("end\n", timeout=30)

    def _strike(self) -> None:
        if self.house is not None:  # 0 would be everybody who was started with us
            os.kill(self.house, signal.SIGKILL)

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def run(folder: Path, kills: int, *, dialect: str, control: str = "", seed: int = 0) -> Outcome:
    """`kills` times the house dies; on PostgreSQL every other time the server with all its processes."""
    chance, found = random.Random(seed), Outcome()
    data, journal = folder / "house", folder / "journal"
    data.mkdir(parents=True)
    url = f"sqlite:///{data / 'marketplace.db'}"
    with ExitStack() as ends:
        server = postgres.start(folder / "postgres", durable=True) if dialect == "postgresql" else None
        if server is not None:
            ends.callback(server.discard)
            server.create_database("killed")
            url = server.url("killed")
        ground = prepare(url, data, int(kills * 1.6 * PER_SECOND) + 200)
        stable = Stable(data, url, control)
        ends.callback(stable.end)
        stable.start()
        wanted = {
            "port": stable.port, "key": ground.key, "journal": str(journal), "ids": ground.return_ids,
            "connections": CONNECTIONS, "per_second": PER_SECOND,
        }  # fmt: skip
        with _programs(wanted):
            for n in range(kills):
                acks = _acks(journal)
                _until(lambda acks=acks: _acks(journal) > acks, "nothing is answered any more")
                time.sleep(chance.uniform(*LIFE_SECONDS))
                struck = time.monotonic()
                if server is not None and n % 2 == 0:
                    server = _killed(server, folder / "postgres")
                    ends.callback(server.discard)
                else:
                    stable.kill()
                    stable.start()
                found.kills += 1
                acks = _acks(journal)
                _until(lambda acks=acks: _acks(journal) > acks, "the house does not come back")
                found.back_s.append(time.monotonic() - struck)
        known = Journal().read(journal)
        _replay(stable, ground.key, known, found, chance)
        stable.end()
        database = Database(url)
        with database.read() as tx:
            found.verdict, _ = judged(lambda sql: tx.rows(Statement(sa.text(sql))), known)
        database.close()
    return found


def _acks(journal: Path) -> int:
    return journal.read_bytes().count(b"\nA ") if journal.exists() else 0


def _until(true: Any, otherwise: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not true():
        if time.monotonic() > until:
            raise RuntimeError(otherwise)
        time.sleep(0.02)


@contextmanager
def _programs(wanted: dict[str, Any]) -> Iterator[None]:
    """At the end they may finish what they have begun."""
    process = subprocess.Popen([sys.executable, "-m", "tools.ha.load"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(wanted).encode() + b"\n")
    process.stdin.close()
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(LEAVE_SECONDS)
        process.kill()
        process.wait()


def _replay(stable: Stable, key: str, known: Journal, found: Outcome, chance: random.Random) -> None:
    """The same keys once more: the same bytes."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{stable.port}", timeout=20) as client:
        for return_id in chance.sample(sorted(known.acked), len(known.acked) // REPLAYED_PART):
            answer = client.post(
                f"/api/v1/returns/{return_id}/refund-without-return",
                headers={"authorization": f"Bearer {key}", "idempotency-key": f"ha-{return_id}"},
                json={},
            )
            found.replayed += 1
            same = hashlib.sha256(answer.content).hexdigest() == known.acked[return_id][1]
            found.replayed_otherwise += answer.status_code != 200 or not same


def _killed(server: postgres.Postgres, directory: Path) -> postgres.Postgres:
    """SIGKILL for every process of the server, then the same data once more."""
    postmaster = int((server.home / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
    for pid in [postmaster, *_children(postmaster)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.process.wait(30)
    if server.process.stdin is not None:
        server.process.stdin.close()
    return postgres.start(directory, durable=True)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
