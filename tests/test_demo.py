"""The demo as its visitor starts it: a process, a ready file, Ctrl-C; and what happens when something breaks (D12, D38)."""

import contextlib
import functools
import hashlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from playwright.sync_api import Page, expect

from backhaul.demo import _child
from backhaul.kit.occupancy import Occupancy
from backhaul.marketplace.rules import events as return_events
from backhaul.marketplace.rules import returns
from backhaul.marketplace.rules.words import Status as ReturnStatus
from backhaul.partner.rules import events as parcel_events
from backhaul.partner.rules import parcels
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
        return [pid for pid in _pids() if _parent(pid) == self.process.pid and b"serve" in _command_line(pid)]

    def ended(self) -> int:
        return self.process.wait(SECONDS)

    def stop(self) -> None:
        """Whatever happened in the test, nothing is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(SECONDS)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _command_line(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


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


def integrators(ready: Ready) -> dict[str, Any]:
    """What two clients from PyPI, in a process of their own, read and did as the Chinese and the Turkish seller."""
    chinese, turkish = ready.marketplace.sellers["CN"], ready.marketplace.sellers["TR"]
    waiting = [i for i in ready.returns["seller_review"] if i in listed(ready.marketplace.url, turkish)]
    words = [ready.marketplace.url, chinese.client_id, chinese.api_key, turkish.client_id, turkish.api_key]
    program = Path(__file__).parent / "clients" / "integrators.py"
    done = subprocess.run(
        [sys.executable, str(program), *words, str(waiting[0])],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def listed(url: str, seller: Seller) -> list[int]:
    """The ids of all of a seller's returns, by the plain wire."""
    headers = {"Client-Id": seller.client_id, "Api-Key": seller.api_key}
    answer = httpx2.post(f"{url}/v2/returns/rfbs/list", headers=headers, json={"filter": {}, "limit": 1000})
    return [row["return_id"] for row in answer.json()["returns"]]


@dataclass
class Told:
    """What a house's database says, read without the house's own code but for the law's fold."""

    statuses: dict[int, str]
    differing: list[int]
    broken: list[int]
    orphaned: int


def told_by(database: Path, table: str, decode: Callable[[str], Any], fold: Callable[[int, list[Any]], Any]) -> Told:
    """Hash every chain anew by the rule of the journal, fold every case anew, compare with head and row."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        events: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in connection.execute(
            "SELECT case_id, seq, data, at_us, recorded_us, role, actor, request_id, hash FROM events ORDER BY 1, 2"
        ):
            events[row[0]].append(row[1:])
        rows = connection.execute(f"SELECT id, status, doc, head FROM {table}").fetchall()  # noqa: S608 -- ours
    told = Told({row[0]: row[1] for row in rows}, [], [], len(events.keys() - {row[0] for row in rows}))
    for case_id, _, doc, stored_head in rows:
        head = b"\0" * 32
        for n, (seq, data, at_us, recorded_us, role, actor, request_id, stored) in enumerate(events[case_id], 1):
            said = json.dumps([case_id, seq, at_us, recorded_us, role, actor, request_id], separators=(",", ":"))
            head = hashlib.sha256(head + said.encode() + data.encode()).digest()
            if (seq, stored) != (n, head):
                told.broken.append(case_id)
        if stored_head != head:
            told.broken.append(case_id)
        again = fold(case_id, [decode(event[1]) for event in events[case_id]])
        if msgspec.json.decode(msgspec.json.encode(again)) != msgspec.json.decode(doc):
            told.differing.append(case_id)
    return told


def folded(rules: Any) -> Callable[[int, list[Any]], Any]:
    """The law's own fold of a whole life."""
    return lambda case_id, events: functools.reduce(rules.evolve, events[1:], rules.born(case_id, events[0]))


def world_of(data: Path) -> tuple[Told, Told]:
    """Both houses of a demo that has ended."""
    return (
        told_by(data / "world" / "marketplace" / "marketplace.db", "returns",
                msgspec.json.Decoder(return_events.Any).decode, folded(returns)),
        told_by(data / "world" / "partner" / "partner.db", "parcels",
                msgspec.json.Decoder(parcel_events.Any).decode, folded(parcels)),
    )  # fmt: skip


def the_keys_are_as_printed(started: Demo, ready: Ready) -> None:
    """Each seller has a key that writes and one that only reads."""
    for seller in ready.marketplace.sellers.values():
        writes = methods(ready.marketplace.url, seller.client_id, seller.api_key)
        reads = methods(ready.marketplace.url, seller.client_id, seller.api_key_read_only)

        assert ("/v2/returns/rfbs/verify" in writes, "/v2/returns/rfbs/verify" in reads) == (True, False)
        assert seller.api_key in started.said


def clients_from_pypi(ready: Ready) -> dict[int, str]:
    """Unmodified, they list, get and act against the running demo; what they did."""
    told = integrators(ready)
    asynchronous, sdk = told["ozonapi_async"], told["ozon_sdk"]

    assert {asynchronous["role"], sdk["role"]} == {"Returns"}
    assert asynchronous["listed"] == listed(ready.marketplace.url, ready.marketplace.sellers["CN"])
    assert asynchronous["got"] == f"R-{asynchronous['approved']}"
    assert sdk["first"] == listed(ready.marketplace.url, ready.marketplace.seller)[0]
    assert (sdk["actions"], sdk["actions_after"]) == ([1000, -1, 1020, 1030], [])
    return {
        asynchronous["approved"]: "approved",
        asynchronous["rejected"]: "rejected",
        sdk["refunded"]: "refunded_without_return",
    }


def everything_replays(data: Path, ready: Ready, done: dict[int, str]) -> None:
    """Every return and every parcel of the world: its chain verifies, its events give its row, no act is missing."""
    at_marketplace, at_partner = world_of(data)

    for house in (at_marketplace, at_partner):
        assert (house.broken, house.differing, house.orphaned) == ([], [], 0)
    assert set(at_marketplace.statuses) == {i for ids in ready.returns.values() for i in ids}
    assert set(at_partner.statuses) == {i for ids in ready.parcels.values() for i in ids}
    assert {i: at_marketplace.statuses[i] for i in done} == done


def the_first_steps_are_walked(page: Page, url: str) -> None:
    """In a Chromium, from the first page: Irina asks, Chen approves, Irina chooses a point; then it is Oleg's turn. And to the other house."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{url}/")
    assert page.url == f"{url}/demo"
    page.click("#step-1 button")
    assert "Step 1 of 10" in page.inner_text(".strip")
    photo = httpx2.get(f"{url}/demo/pictures/1").content
    page.set_input_files("#photos", {"name": "product.jpg", "mimeType": "image/jpeg", "buffer": photo})
    page.select_option("#reason", "did_not_like")
    page.click("button[name=send]")
    page.wait_for_url("**/returns/*")
    return_id = page.url.rpartition("/")[2]
    for step, act in ((2, "approve"), (3, "choose-point")):
        page.goto(f"{url}/demo")
        page.click(f"#step-{step}.next button")
        page.wait_for_url(f"**/returns/{return_id}")
        form = page.locator(f"form[action$='/{act}']")
        if act == "choose-point":
            form.locator("select").select_option("77-0412")
        form.locator("button").click()
        expect(page.locator(f"form[action$='/{act}'] button")).to_have_count(0 if act == "approve" else 1)
    page.goto(f"{url}/demo")
    assert [page.get_attribute(f"#step-{n}", "class") for n in (1, 2, 3, 4, 5)] == ["done", "done", "done", "next", ""]
    page.click("#partner li:nth-child(4) button")
    page.wait_for_url("**/inspection")
    assert page.locator(".strip").count() == 0
    page.click("text=Walk-through")
    assert page.url == f"{url}/demo"
    assert complaints == []


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_the_demo_from_its_first_start_to_its_last(tmp_path: Path, page: Page) -> None:
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
        the_keys_are_as_printed(first, ready)
        done = clients_from_pypi(ready)

        # Ctrl-C ends everything.
        first.process.send_signal(signal.SIGINT)
        assert first.ended() == 0
    assert gone(houses)
    assert [answers(port) for port in ports] == [False, False]
    assert [verify(house, data) for house in ("marketplace", "partner")] == [0, 0]

    everything_replays(data, ready, done)

    # A second start goes on with the same world; when a house dies, the other one and the demo end too.
    begun = time.monotonic()
    with demo(data, ports) as second:
        again = second.ready()
        second_took = time.monotonic() - begun
        houses = second.children()
        assert (again.marketplace, again.partner) == (ready.marketplace, ready.partner)
        assert all(i in again.returns[status] for i, status in done.items())
        assert second_took < first_took
        assert all(
            signs_in(house.url, login)
            for house in (again.marketplace, again.partner)
            for login in house.accounts.values()
        )
        the_first_steps_are_walked(page, again.marketplace.url)
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
