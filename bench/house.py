"""A house as the benches ask it: a process of its own, as it is served."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

START_SECONDS = 60


@contextmanager
def house(data: Path, database_url: str, port: int) -> Iterator[int]:
    """A marketplace as a process, one worker, all safety on; its process id."""
    command = [
        sys.executable,
        "-m",
        "backhaul.cli",
        "serve",
        "marketplace",
        "--data",
        str(data),
        "--port",
        str(port),
        "--trial",
    ]
    if database_url:
        command += ["--database", database_url, "--no-worker"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the house did not start")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/api/v1/health", timeout=2).is_success
    except httpx2.HTTPError:
        return False
