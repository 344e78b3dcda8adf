"""What happens to the leader, and how long nobody could write: a house with its programs on the switch, and one beside the leader."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2

from tools.ha import machine
from tools.ha.checker import Journal, longest_gap
from tools.ha.cluster import Cluster, url

PORT, PORT_BESIDE = 18481, 18482
CALM_SECONDS, AFTER_SECONDS, STILL_SECONDS = 6.0, 6.0, 3.0
OVER_SECONDS, BACK_SECONDS, START_SECONDS = 90.0, 120.0, 90.0
CONNECTIONS, PER_SECOND, PER_SECOND_BESIDE = 8, 20.0, 10.0
ENOUGH, ENOUGH_BESIDE = 1_200, 400

KILL, KILL_BEHIND, CUT = "killed", "killed, replication stopped", "cut off"


@dataclass
class Round:
    """One failure of the leader."""

    fault: str
    before: int
    after: int = 0
    leader_after_s: float = 0.0
    outage_s: float = 0.0
    beside_acks: int = 0  # by the house beside the leader, after nobody else could reach that


@dataclass
class Ground:
    """What all rounds share."""

    cluster: Cluster
    root: Path
    key: str
    ids: list[int]
    journals: list[Path] = field(default_factory=list)

    @contextmanager
    def lend(self, count: int, journal: Path) -> Iterator[list[int]]:
        """Returns to decide. Those that were never tried by the end come back."""
        lent, self.ids = self.ids[:count], self.ids[count:]
        if len(lent) < count:
            raise RuntimeError("too few returns were prepared")
        yield lent
        tried = Journal().read(journal).tried  # all of them: whoever has nothing to ask for counts as not answered
        self.ids += [one for one in lent if one not in tried]

    def journal(self) -> Journal:
        whole = Journal()
        for path in self.journals:
            whole.read(path)
        return whole


@contextmanager
def house(ground: Ground, port: int, prefix: list[str]) -> Iterator[None]:
    """The real one as a process; `prefix`: on which server."""
    command = [
        *prefix,
        sys.executable,
        "-m",
        "backhaul.cli",
        "serve",
        "marketplace",
        "--data",
        str(ground.root / "house"),
    ]
    command += ["--port", str(port), "--database", url(), "--no-worker", "--trial"]  # the control is unsafe on purpose
    with (ground.root / f"house-{port}.log").open("ab") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log, stdin=subprocess.DEVNULL)
    try:
        _until_it_answers(process, port, prefix)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(40)
        process.kill()


def _until_it_answers(process: "subprocess.Popen[bytes]", port: int, prefix: list[str]) -> None:
    probe = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/api/v1/health', timeout=2)"
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.3)
        if prefix:
            asked = subprocess.run([*prefix, sys.executable, "-c", probe], capture_output=True, check=False)
            if asked.returncode == 0:
                return
        else:
            with suppress(httpx2.HTTPError):
                httpx2.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=2).raise_for_status()
                return
    raise RuntimeError(f"the house on port {port} did not start; its log is house-{port}.log")


@contextmanager
def programs(ground: Ground, name: str, port: int, prefix: list[str]) -> Iterator[Path]:
    """The programs as a process; at the end they may finish what they have begun."""
    path = ground.root / f"journal-{name}"
    ground.journals.append(path)
    beside = port == PORT_BESIDE
    with ground.lend(ENOUGH_BESIDE if beside else ENOUGH, path) as ids:
        wanted = {
            "port": port, "key": ground.key, "journal": str(path), "ids": ids, "connections": CONNECTIONS,
            "per_second": PER_SECOND_BESIDE if beside else PER_SECOND,
        }  # fmt: skip
        process = subprocess.Popen([*prefix, sys.executable, "-m", "tools.ha.load"], stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.close()
        try:
            yield path
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(120)
            process.kill()


def fail_over(ground: Ground, name: str, fault: str, *, synchronous: bool = True) -> Round:
    """Calm, the fault, a new leader, calm, the repair, the programs' last answers."""
    cluster = ground.cluster
    ready = partial(cluster.is_whole, synchronous=synchronous)
    cluster.wait(ready, BACK_SECONDS, "the cluster is not whole before the fault")
    leader = cluster.leader()
    assert leader is not None
    one = Round(fault, leader)
    if fault == CUT:
        prefix = machine.inside(leader)
        with (
            house(ground, PORT_BESIDE, prefix),
            programs(ground, name, PORT, []) as journal,
            programs(ground, f"{name}-beside", PORT_BESIDE, prefix) as beside,
        ):
            _strike(cluster, one, journal, beside)
    else:
        with programs(ground, name, PORT, []) as journal:
            _strike(cluster, one, journal, None)
    cluster.wait(ready, BACK_SECONDS, "the old leader did not come back")
    return one


def _strike(cluster: Cluster, one: Round, journal: Path, beside: Path | None) -> None:
    time.sleep(CALM_SECONDS)
    if one.fault == KILL_BEHIND:
        cluster.stop_replication(one.before)
        time.sleep(STILL_SECONDS)
    struck = time.monotonic()
    if one.fault == CUT:
        machine.plug(one.before, into=False)
    else:
        machine.strike(one.before)
    one.leader_after_s = cluster.wait(
        lambda: cluster.leader() not in {None, one.before}, OVER_SECONDS, "nobody took over"
    )
    one.after = cluster.leader() or 0
    cluster.wait(
        lambda: any(at > struck + one.leader_after_s for at in Journal().read(journal).ack_times()),
        OVER_SECONDS, "nobody could write to the new leader",
    )  # fmt: skip
    time.sleep(AFTER_SECONDS)
    healed = time.monotonic()
    if one.fault == CUT:
        machine.plug(one.before, into=True)
    else:
        cluster.boot(one.before)
    one.outage_s = longest_gap(Journal().read(journal).ack_times(), struck - STILL_SECONDS - 1, healed)
    if beside is not None:
        one.beside_acks = sum(struck + 1 < at < healed for at in Journal().read(beside).ack_times())
    time.sleep(AFTER_SECONDS)
