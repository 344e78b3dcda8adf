"""Three servers, each with etcd, Patroni and PostgreSQL: start them, ask them, and do to them what happens to servers."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from tools.ha import machine

TTL, LOOP_WAIT, RETRY = 20, 2, 5
LAG_MAX = 1 << 30  # who may take over is the synchronous standby, however far behind; the control has nobody better
START_SECONDS = 120
ETCD, ETCD_PEERS, POSTGRES, PATRONI = 2379, 2380, 5432, 8008
DATABASE = "marketplace"


def url() -> str:
    """What a house is given: every server, and that it wants the one that takes writes."""
    hosts = ",".join(machine.address(node) for node in machine.NODES)
    ports = ",".join(str(POSTGRES) for _ in machine.NODES)
    return f"postgresql+psycopg://postgres@/{DATABASE}?host={hosts}&port={ports}&target_session_attrs=primary"


class Cluster:
    """The servers and what runs on them."""

    def __init__(self, root: Path, patroni: Path, etcd: Path, programs: Path) -> None:
        self.root = root
        self.patroni = patroni
        self.etcd = etcd
        self.programs = programs
        self._client = httpx2.Client(timeout=2)

    def start(self) -> None:
        for node in machine.NODES:
            self.boot(node)
        self.wait(self.is_whole, START_SECONDS, "the cluster did not come up")

    def boot(self, node: int) -> None:
        """What the init system of a server does."""
        home = self.root / f"node-{node}"
        (home / "socket").mkdir(parents=True, exist_ok=True)
        settings = home / "patroni.json"
        settings.write_text(json.dumps(self._settings(node, home), indent=1))
        here = machine.address(node)
        peers = ",".join(f"n{one}=http://{machine.address(one)}:{ETCD_PEERS}" for one in machine.NODES)
        self._spawn(
            node, home, "etcd", str(self.etcd), "--name", f"n{node}", "--data-dir", str(home / "etcd"),
            "--listen-peer-urls", f"http://{here}:{ETCD_PEERS}", "--listen-client-urls", f"http://{here}:{ETCD}",
            "--initial-advertise-peer-urls", f"http://{here}:{ETCD_PEERS}", "--advertise-client-urls", f"http://{here}:{ETCD}",
            "--initial-cluster", peers, "--initial-cluster-state", "new", "--logger", "zap", "--log-level", "warn",
        )  # fmt: skip
        self._spawn(node, home, "patroni", *machine.as_nobody(), str(self.patroni), str(settings))

    def _spawn(self, node: int, home: Path, name: str, *words: str) -> None:
        with (home / f"{name}.log").open("ab") as log:
            subprocess.Popen(
                [*machine.inside(node), *words], stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=home,
                env={**os.environ, "HOME": str(home), "LC_ALL": "C"}, start_new_session=True,
            )  # fmt: skip

    def _settings(self, node: int, home: Path) -> dict[str, Any]:
        here = machine.address(node)
        return {
            "scope": "backhaul",
            "name": f"n{node}",
            "restapi": {"listen": f"{here}:{PATRONI}", "connect_address": f"{here}:{PATRONI}"},
            "etcd3": {"hosts": [f"{machine.address(one)}:{ETCD}" for one in machine.NODES]},
            "bootstrap": {
                "dcs": {
                    "ttl": TTL, "loop_wait": LOOP_WAIT, "retry_timeout": RETRY, "maximum_lag_on_failover": LAG_MAX,
                    "synchronous_mode": True, "synchronous_mode_strict": True,
                    "postgresql": {
                        "use_pg_rewind": True,
                        "parameters": {
                            "max_connections": 60, "shared_buffers": "64MB", "wal_keep_size": "512MB",
                            "max_wal_senders": 10, "wal_receiver_timeout": "5s", "wal_sender_timeout": "5s",
                            "tcp_keepalives_idle": 2, "tcp_keepalives_interval": 1, "tcp_keepalives_count": 3,
                        },
                    },
                },
                "initdb": ["data-checksums", {"encoding": "UTF8"}, {"locale": "C"}],
            },
            "postgresql": {
                "listen": f"{here}:{POSTGRES}", "connect_address": f"{here}:{POSTGRES}", "bin_dir": str(self.programs),
                "data_dir": str(home / "data"), "pgpass": str(home / "pgpass"),
                "parameters": {"unix_socket_directories": str(home / "socket")},  # not shared: /tmp is everybody's
                "pg_hba": [
                    "local all all trust",
                    f"host all all {machine.NETWORK}.0/24 trust",
                    f"host replication all {machine.NETWORK}.0/24 trust",
                ],
                "authentication": {
                    "superuser": {"username": "postgres"}, "replication": {"username": "replicator"},
                    "rewind": {"username": "postgres"},
                },
            },
        }  # fmt: skip

    # What they say

    def members(self) -> list[dict[str, Any]]:
        """As a server sees them that answers and belongs to a majority; nothing while there is none."""
        for node in machine.NODES:
            with contextlib.suppress(httpx2.HTTPError, ValueError):
                told = self._client.get(f"http://{machine.address(node)}:{PATRONI}/cluster").json()
                return list(told["members"])
        return []

    def leader(self) -> int | None:
        """The server that takes writes now, asked itself."""
        for node in machine.NODES:
            with contextlib.suppress(httpx2.HTTPError):
                if self._client.get(f"http://{machine.address(node)}:{PATRONI}/primary").status_code == 200:
                    return node
        return None

    def is_whole(self, *, synchronous: bool = True) -> bool:
        """A leader, two that follow it, and one of them the synchronous standby that may take over."""
        members = self.members()
        running = [one["role"] for one in members if one["state"] in {"running", "streaming"}]
        following = [one for one in members if one["state"] == "streaming"]
        roles = ("leader", "sync_standby") if synchronous else ("leader",)
        histories = {one.get("timeline") for one in members}
        whole = len(running) == len(machine.NODES) and len(following) == 2 and len(histories) == 1
        return whole and all(role in running for role in roles)

    def wait(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> float:
        """How long it took; an error with the sentence when it did not come true."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise RuntimeError(f"{otherwise} within {seconds:.0f} s: {self.members()}")
            time.sleep(0.2)
        return time.monotonic() - begun

    def ask(self, node: int, text: str, database: str = DATABASE) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host=machine.address(node), port=POSTGRES, user="postgres", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def become_asynchronous(self) -> None:
        """The control: the leader answers before anybody else has it."""
        leader = self.leader()
        wanted = {"synchronous_mode": False, "synchronous_mode_strict": False}
        self._client.patch(f"http://{machine.address(leader or 1)}:{PATRONI}/config", json=wanted).raise_for_status()
        names = "SHOW synchronous_standby_names"
        self.wait(lambda: self.ask(leader or 1, names) == [("",)], 30, "the leader stayed synchronous")

    # What happens to them

    def stop_replication(self, leader: int) -> None:
        """The leader's senders stand still, as on a network that loses everything."""
        for (pid,) in self.ask(leader, "SELECT pid FROM pg_stat_replication"):
            os.kill(pid, signal.SIGSTOP)

    def caught_up(self, leader: int) -> None:
        """Everybody has replayed what the leader has written by now."""
        ((position,),) = self.ask(leader, "SELECT pg_current_wal_lsn()::text")
        for node in machine.NODES:
            if node != leader:
                self.wait(partial(self._has, node, position), 60, f"n{node} stays behind")

    def _has(self, node: int, position: str) -> bool:
        with contextlib.suppress(psycopg.Error):
            return self.ask(node, f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn") == [(True,)]
        return False
