"""The demo as its visitor starts it: a process, a ready file, Ctrl-C; and what happens when something breaks (D12, D38)."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest

from backhaul.demo import _child
from backhaul.kit.occupancy import Occupancy
from backhaul.marketplace.rules.words import Status as ReturnStatus
from backhaul.partner.rules.words import Status as ParcelStatus
from tests.web.forms import Visit

SECONDS = 90

# Section 5.1 of the requirements, completed by D5: where a return stands, and where a unit stands at the partner.
RETURN_STATES = {
    "new", "pre_moderation", "seller_review", "offer_sent", "seller_review_after_offer", "approved", "rejected",
    "dispute", "refunded_without_return", "partially_refunded", "awaiting_dropoff", "dropoff_expired",
    "refused_at_pvz", "accepted_at_pvz", "on_the_way", "at_partner", "lost", "disposing_by_marketplace",
    "disposed_by_marketplace", "cancelled", "awaiting_customer", "closed_no_reply", "found_after_claim",
}  # fmt: skip
PARCEL_STATES = {"expected", "arrived", "disposal_due", "in_work", "picked_up", "delivered", "disposed"}


class Login(msgspec.Struct, forbid_unknown_fields=True):
    login: str
    password: str


class Seller(msgspec.Struct, forbid_unknown_fields=True):
    client_id: str
    api_key: str
    api_key_read_only: str


class Marketplace(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    accounts: dict[str, Login]
    seller: Seller
    sellers: dict[str, Seller]


class Partner(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    accounts: dict[str, Login]


class Ready(msgspec.Struct, forbid_unknown_fields=True):
    """The documented shape of the ready file (D38)."""

    marketplace: Marketplace
    partner: Partner
    returns: dict[str, list[int]]
    parcels: dict[str, list[int]]


class Demo:
    """A demo as a process. `said` is everything that it printed, once it has ended."""

    def __init__(self, data: Path, ports: tuple[int, int]) -> None:
        self.ready_file = data.with_suffix(".ready.json")
        self.ready_file.unlink(missing_ok=True)
        self.errors = data.with_suffix(".stderr")
        words = [sys.executable, "-m", "backhaul.cli", "demo", "--port", str(ports[0]), "--partner-port", str(ports[1])]
        words += ["--data", str(data), "--ready-file", str(self.ready_file)]
        with self.errors.open("wb") as file:
            self.process = subprocess.Popen(words, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True)

    def ready(self) -> Ready:
        """Wait for the ready file."""
        deadline = time.monotonic() + SECONDS
        while not self.ready_file.exists() and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert self.ready_file.exists(), self.said
        return msgspec.json.decode(self.ready_file.read_bytes(), type=Ready)

    @property
    def said(self) -> str:
        return " ".join(self.errors.read_text(encoding="utf-8").split())

    def children(self) -> list[int]:
        """The processes of the houses."""
        return [pid for pid in _pids() if _parent(pid) == self.process.pid]

    def ended(self) -> int:
        return self.process.wait(SECONDS)

    def stop(self) -> None:
        """Whatever happened in the test, nothing is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(SECONDS)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return 0


def gone(pids: list[int]) -> bool:
    """Whether these processes end within a while."""
    deadline = time.monotonic() + 30
    while any(_parent(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(_parent(pid) for pid in pids)


@contextlib.contextmanager
def demo(data: Path, ports: tuple[int, int]) -> Iterator[Demo]:
    started = Demo(data, ports)
    try:
        yield started
    finally:
        started.stop()


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def signs_in(url: str, login: Login) -> bool:
    with Visit(url) as visit:
        visit.sign_in(login.login, login.password)
        return visit.status == 200 and visit.path != "/sign-in"


def methods(url: str, seller: str, key: str) -> list[str]:
    """What the Seller API says that this key may call."""
    answer = httpx2.post(f"{url}/v1/roles", headers={"Client-Id": seller, "Api-Key": key}, json={})
    assert answer.status_code == 200
    return [method for role in answer.json()["roles"] for method in role["methods"]]


def verify(house: str, data: Path) -> int:
    words = [sys.executable, "-m", "backhaul.cli", "verify", house, "--data", str(data / "world" / house)]
    return subprocess.run(words, capture_output=True, timeout=SECONDS, check=False).returncode


@pytest.mark.timeout(300)
def test_the_demo_from_its_first_start_to_its_last(tmp_path: Path) -> None:
    """D12, D38: a world in every state, sign-in, Ctrl-C, a quick second start, and the death of a child or the parent."""
    data, ports = tmp_path / "demo", free_ports()
    begun = time.monotonic()
    with demo(data, ports) as first:
        ready = first.ready()
        first_took = time.monotonic() - begun
        houses = first.children()

        # The ready file, its states, both houses, everybody who is printed.
        assert (ready.marketplace.url, ready.partner.url) == tuple(f"http://127.0.0.1:{port}" for port in ports)
        assert {"customer", "seller", "clerk", "moderator", "support"} <= set(ready.marketplace.accounts)
        assert {"seller", "receiver", "inspector", "supervisor"} <= set(ready.partner.accounts)
        assert set(ready.marketplace.sellers) == {"TR", "CN", "HK"}
        assert ready.marketplace.seller == ready.marketplace.sellers["TR"]
        assert set(ready.returns) == RETURN_STATES == set(ReturnStatus)
        assert set(ready.parcels) == PARCEL_STATES == set(ParcelStatus)
        assert all(
            ids and all(isinstance(one, int) for one in ids)
            for ids in (*ready.returns.values(), *ready.parcels.values())
        )
        assert len(houses) == 2
        for house in (ready.marketplace, ready.partner):
            assert httpx2.get(f"{house.url}/api/v1/health").json() == {"status": "ok"}
            assert [role for role, login in house.accounts.items() if not signs_in(house.url, login)] == []
            assert all(login.login in first.said and login.password in first.said for login in house.accounts.values())
        for seller in ready.marketplace.sellers.values():
            writes = methods(ready.marketplace.url, seller.client_id, seller.api_key)
            reads = methods(ready.marketplace.url, seller.client_id, seller.api_key_read_only)
            assert ("/v2/returns/rfbs/verify" in writes, "/v2/returns/rfbs/verify" in reads) == (True, False)
            assert seller.api_key in first.said

        # Ctrl-C ends everything.
        first.process.send_signal(signal.SIGINT)
        assert first.ended() == 0
    assert gone(houses)
    assert [answers(port) for port in ports] == [False, False]
    assert [verify(house, data) for house in ("marketplace", "partner")] == [0, 0]

    # A second start goes on with the same world; when a house dies, the other one and the demo end too.
    begun = time.monotonic()
    with demo(data, ports) as second:
        again = second.ready()
        second_took = time.monotonic() - begun
        houses = second.children()
        assert again == ready
        assert second_took < first_took
        assert all(
            signs_in(house.url, login)
            for house in (again.marketplace, again.partner)
            for login in house.accounts.values()
        )
        victim = next(pid for pid in houses if "partner" in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"))
        subprocess.run(["kill", "-KILL", str(victim)], check=True)
        assert second.ended() == 1
    assert gone(houses)
    assert "the partner house ended with code -9; stopping the demo" in second.said

    # When the demo itself is killed, its houses notice and end.
    with demo(data, ports) as third:
        third.ready()
        houses = third.children()
        third.process.kill()
        assert third.ended() == -signal.SIGKILL
        assert gone(houses)
    assert [answers(port) for port in ports] == [False, False]
    assert [verify(house, data) for house in ("marketplace", "partner")] == [0, 0]


def test_a_house_of_the_demo_that_logs_a_lot_still_answers(tmp_path: Path) -> None:
    """D38: two thousand requests that are no HTTP, a line of log each."""
    port = free_ports()[0]
    house = _child("marketplace", tmp_path, port)
    try:
        deadline = time.monotonic() + SECONDS
        while not answers(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.suppress(OSError):
            for _ in range(2_000):
                with socket.create_connection(("127.0.0.1", port), timeout=3) as visitor:
                    visitor.sendall(b"no HTTP\r\n\r\n")
                    visitor.recv(1000)
        health = httpx2.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=5)
    finally:
        house.kill()
        house.wait()
        for pipe in (house.stdin, house.stderr):
            if pipe is not None:
                pipe.close()

    assert health.status_code == 200


@pytest.mark.parametrize(("taken", "option"), [(0, "--port"), (1, "--partner-port")])
def test_a_taken_port_is_told_before_a_world_is_made(tmp_path: Path, taken: int, option: str) -> None:
    """R115: which port, and the option that names another one; exit code 1."""
    data, ports = tmp_path / "demo", free_ports()
    with socket.socket() as other_program:
        other_program.bind(("127.0.0.1", ports[taken]))
        other_program.listen()
        with demo(data, ports) as started:
            code = started.ended()

    assert code == 1
    assert f"port {ports[taken]} is taken by another program; choose another with {option}" in started.said
    assert "Traceback" not in started.said
    assert not (data / "world").exists()
    assert not started.ready_file.exists()


def test_a_second_demo_in_the_same_directory_is_told_so(tmp_path: Path) -> None:
    """D29: one at a time."""
    data = tmp_path / "demo"
    holder = Occupancy(data)
    with demo(data, free_ports()) as started:
        code = started.ended()
    holder.leave()

    assert code == 1
    assert "another demo runs in" in started.said
    assert "choose another directory with --data" in started.said
