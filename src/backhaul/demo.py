"""Both houses with a world to click through: builds the world once, then a child process for each house (D38)."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console
from rich.table import Table

from backhaul import walk_doors
from backhaul.kit.clock import Clock, TurnedClock
from backhaul.kit.occupancy import Occupancy, Taken
from backhaul.kit.running import heed_signals
from backhaul.kit.server import listen
from backhaul.marketplace import office as marketplace_office
from backhaul.partner import office as partner_office
from backhaul.ready_file import Ready, ready_of, write
from backhaul.sandbox import FIRST, Sandbox, begin_again, keep_first, mark
from backhaul.scenarios import SCENARIOS
from backhaul.serving import is_sandbox
from backhaul.stage import Stage, introduce, sqlite_urls
from backhaul.world import DAYS, Cast, build

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 20
CAST_FILE = "cast.json"
WALK_FILE = "walk.key"


def run(port: int, partner_port: int, data: Path, ready_file: Path | None, *, sandbox: bool = False) -> int:
    """Start everything, say where it is, wait for Ctrl-C; the exit code."""
    console = Console(stderr=True, highlight=False)
    try:
        with _held(data):
            if port == partner_port:
                console.print(f"[red]port {port} cannot be both houses'; choose another with --partner-port[/red]")
                return 1
            if not (_port_is_free(port, "--port", console) and _port_is_free(partner_port, "--partner-port", console)):
                return 1
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)  # that of an earlier start tells old ports
            if _is_anothers(data, sandbox=sandbox):
                console.print(
                    f"[red]{data} has {'a demo' if sandbox else 'a sandbox'}; choose another directory with --data[/red]"
                )
                return 1
            cast = world_of(data, console, sandbox=sandbox)
            if sandbox:
                return _show_sandbox(port, partner_port, data / "world", cast, ready_file, console)
            return _show(port, partner_port, data, cast, ready_file, console)
    except Taken:
        console.print(f"[red]another demo runs in {data}; choose another directory with --data[/red]")
        return 1


def _is_anothers(data: Path, *, sandbox: bool) -> bool:
    """Whether a sandbox's world is here and a demo is wanted, or the other way round."""
    if (data / "world" / CAST_FILE).is_file():
        return sandbox != is_sandbox(data / "world" / "marketplace")
    return not sandbox and (data / FIRST).exists()


@contextlib.contextmanager
def _held(data: Path) -> Iterator[None]:
    occupancy = Occupancy(data)
    try:
        yield
    finally:
        occupancy.leave()


def _port_is_free(port: int, option: str, console: Console) -> bool:
    try:
        listen(HOST, port).close()
    except OSError:
        console.print(f"[red]port {port} is taken by another program; choose another with {option}[/red]")
        return False
    return True


def world_of(data: Path, console: Console, *, sandbox: bool) -> Cast:
    """The cast of the world in `data`; builds it the first time, aside, and moves it in when it is whole."""
    if (data / "world" / CAST_FILE).is_file():
        return _cast(data / "world")
    if sandbox and (data / FIRST / CAST_FILE).is_file():  # somebody ended a new beginning midway
        begin_again(data / "world")
        return _cast(data / "world")
    part = data / "world.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with console.status("making a world: returns in every state, by real commands under a turned clock …"):
        now = Clock().now()
        stage = Stage(part, sqlite_urls(part), TurnedClock(now - timedelta(days=DAYS)))
        try:
            cast = build(stage, now, SCENARIOS)
        finally:
            stage.close()
        finish(part, cast, sandbox=sandbox)
    part.rename(data / "world")
    return cast


def _cast(world: Path) -> Cast:
    return msgspec.json.decode((world / CAST_FILE).read_bytes(), type=Cast)


def finish(world: Path, cast: Cast, *, sandbox: bool) -> None:
    """Write down the cast. A sandbox is kept as it was made, with its cast: a world that began again is found by the next start."""
    _write(world / CAST_FILE, msgspec.json.encode(cast))
    if sandbox:
        mark(world)
        keep_first(world)


def _write(path: Path, content: bytes) -> None:
    """For nobody else on this machine."""
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _show(port: int, partner_port: int, data: Path, cast: Cast, ready_file: Path | None, console: Console) -> int:
    url, partner_url = f"http://{HOST}:{port}", f"http://{HOST}:{partner_port}"
    world = data / "world"
    _introduce(world, url, partner_url)
    _write(world / WALK_FILE, walk_doors.opening().encode())
    told = threading.Event()
    heed_signals(told)
    children = {
        "marketplace": _child("marketplace", world, port),
        "partner": _child("partner", world, partner_port),
    }
    try:
        dead = _wait_until_answering({"marketplace": url, "partner": partner_url}, children, told)
        if dead is None and not told.is_set():
            ready = ready_of(url, partner_url, world, cast)
            if ready_file is not None:
                write(ready_file, ready)
            _print(console, ready)
            console.print(f"Mails to people are files: {world}/marketplace/mail, {world}/partner/mail", soft_wrap=True)
            while dead is None and not told.wait(0.3):
                dead = next((name for name, child in children.items() if child.poll() is not None), None)
        if dead is not None:
            console.print(
                f"[red]the {dead} house ended with code {children[dead].returncode}; stopping the demo[/red]\nits log: {_log(dead, world)}"
            )
        return 1 if dead is not None else 0
    finally:
        _stop(children)


def _show_sandbox(port: int, partner_port: int, world: Path, cast: Cast, ready_file: Path | None,
                  console: Console) -> int:  # fmt: skip
    """Both houses in this process, under a clock that whoever uses it turns."""
    told = threading.Event()
    heed_signals(told)
    houses = {"marketplace": cast.marketplace, "partner": cast.partner}
    while not told.is_set():
        sandbox = Sandbox(world, houses, ports=(port, partner_port)).start(told.set)
        try:
            ready = ready_of(sandbox.stage.marketplace_web.url, sandbox.stage.partner_web.url, world, cast)
            if ready_file is not None:
                write(ready_file, ready)
            _print(console, ready)
            console.print("The clock is yours: POST /sandbox/clock, POST /sandbox/sign-in; docs/sandbox.md shows how.")
            while not told.wait(0.2) and not sandbox.reset_wanted.is_set():
                pass
        finally:
            sandbox.close()
        if sandbox.died:
            console.print("[red]a house's desk died; stopping the sandbox[/red]")
            return 1
        if not told.is_set():
            begin_again(world)
    return 0


def _introduce(world: Path, url: str, partner_url: str) -> None:
    """Tell both houses where the other one answers this time."""
    urls = sqlite_urls(world)
    marketplace = marketplace_office.open_office(urls.marketplace, world / "marketplace", Clock())
    partner = partner_office.open_office(urls.partner, world / "partner", Clock())
    introduce(marketplace, partner, url, partner_url)
    marketplace.close()
    partner.close()


def _child(house: str, world: Path, port: int) -> "subprocess.Popen[bytes]":
    """A house as a process of its own with a log file; it ends when the pipe to us closes, however we end."""
    command = [sys.executable, "-m", "backhaul.cli", "serve", house, "--data", str(world / house), "--port", str(port),
               "--with-parent", "--trial"]  # fmt: skip
    if (world / WALK_FILE).is_file():
        command += ["--walk", str(world / WALK_FILE)]
    command += ["--webhooks-into", "127.0.0.0/8,::1/128"]  # who tries it out has the receiver on this machine
    with _log(house, world).open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, stderr=log)


def _log(house: str, world: Path) -> Path:
    return world / f"{house}.log"


def _wait_until_answering(urls: dict[str, str], children: "dict[str, subprocess.Popen[bytes]]",
                          told: threading.Event) -> str | None:  # fmt: skip
    """None when all answer; the name of the house that ended, or did not answer in time."""
    until = time.monotonic() + START_SECONDS
    for name, url in urls.items():
        while not _answers(url):
            if children[name].poll() is not None or time.monotonic() > until:
                return name
            if told.wait(0.1):
                return None
    return None


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/v1/health", timeout=2).is_success
    except httpx2.HTTPError:
        return False


def _print(console: Console, ready: Ready) -> None:
    console.print(
        f"\nBe anybody with one click, and follow one return: {ready.marketplace.url}/demo\n"
        f"\n[bold]Marketplace[/bold]  {ready.marketplace.url}\n[bold]Partner[/bold]      {ready.partner.url}\n"
    )
    people = Table("house", "role", "login", "password", title="Sign in as", title_justify="left")
    for house, accounts in (("marketplace", ready.marketplace.accounts), ("partner", ready.partner.accounts)):
        for role, login in accounts.items():
            people.add_row(house, role, login.login, login.password)
    console.print(people)
    console.print("\n[bold]Seller API[/bold]")
    for country, seller in ready.marketplace.sellers.items():
        console.print(f"{country}  Client-Id: {seller.client_id}  Api-Key: {seller.api_key}  read-only: {seller.api_key_read_only}",
                      soft_wrap=True)  # fmt: skip
    count = sum(len(ids) for ids in ready.returns.values())
    console.print(
        f"\n{count} returns in {len(ready.returns)} states. Ctrl-C stops everything; a second start goes on here."
    )


def _stop(children: "dict[str, subprocess.Popen[bytes]]") -> None:
    for child in children.values():
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
    for child in children.values():
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
