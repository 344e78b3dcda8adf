"""A Medusa beside ours: installed by npm into var/, its own database on the same PostgreSQL, orders by its own workflows."""

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import psycopg
from rich.console import Console

from bench.flows import Flow, Line
from tests.postgres import Postgres

VERSION = "2.21.2"
DATABASE = "medusa"
PORT = 19471
PRICE = 79
LOGIN = {"email": "admin@example.com", "password": secrets.token_hex(12)}
INSTALL = ("npm", "install", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--no-package-lock")
INSTALL_SECONDS, STEP_SECONDS, START_SECONDS = 600, 300, 120
FILES = Path(__file__).parent / "beside"
CALLS = (
    ("create", "POST /admin/returns"),
    ("create", "POST /admin/returns/{id}/request-items"),
    ("approve", "POST /admin/returns/{id}/request"),
    ("receive", "POST /admin/returns/{id}/receive"),
    ("receive", "POST /admin/returns/{id}/receive-items"),
    ("receive", "POST /admin/returns/{id}/receive/confirm"),
    ("refund", "POST /admin/payments/{id}/refund"),
)
RECEIVED = "SELECT count(*) FROM \"return\" WHERE status = 'received'"
REFUNDED = "SELECT count(*), coalesce(sum(amount), 0) FROM refund"


class CannotRunError(Exception):
    """Medusa cannot be had on this machine; the text says why."""


def install(console: Console) -> Path:
    """The folder with Medusa in it; npm runs where it is not there yet."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise CannotRunError("node or npm is missing")
    home = Path("var") / f"medusa-{VERSION}"
    home.mkdir(parents=True, exist_ok=True)
    for one in FILES.iterdir():
        shutil.copy(one, home / one.name)
    if not (home / ".installed").exists():
        console.print(f"npm installs Medusa {VERSION} into {home} ...")
        _run(home, list(INSTALL), {}, INSTALL_SECONDS)
        (home / ".installed").touch()
    return home


def fill(home: Path, server: Postgres, count: int) -> list[dict[str, str]]:
    """A database with `count` orders that can be returned, and somebody who may."""
    server.create_database(DATABASE)
    environment = _environment(server)
    orders = (home / "orders.json").resolve()
    _run(home, [*_medusa(home), "db:migrate"], environment, STEP_SECONDS)
    _run(home, [*_medusa(home), "exec", "./seed.js", str(count), str(orders)], environment, STEP_SECONDS)
    _run(home, [*_medusa(home), "user", "-e", LOGIN["email"], "-p", LOGIN["password"]], environment, STEP_SECONDS)
    found: list[dict[str, str]] = json.loads(orders.read_text())
    if len(found) != count:
        raise RuntimeError(f"{len(found)} of {count} orders were made")
    return found


@contextmanager
def serving(home: Path, server: Postgres) -> Iterator[tuple[int, str]]:
    """Its process in production mode, and what its calls say who they are by."""
    command = [*_medusa(home), "start", "-H", "127.0.0.1", "-p", str(PORT)]
    with (home / "start.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=_environment(server), stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"Medusa did not start: {(home / 'start.log').read_text()[-2000:]}")
            time.sleep(0.2)
        said = httpx2.post(f"http://127.0.0.1:{PORT}/auth/user/emailpass", json=LOGIN, timeout=30)
        yield process.pid, f"Bearer {said.raise_for_status().json()['token']}"
    finally:
        process.terminate()
        process.wait(30)


def flow_of(authorization: str) -> Flow:
    """One return from its request to the money, by the calls in `CALLS`."""

    async def flow(line: Line, one: Any) -> None:
        async def post(step: str, path: str, body: object) -> Any:
            return await line.post(step, f"/admin/{path}", authorization, body)

        items = {"items": [{"id": one["item"], "quantity": 1}]}
        made = f"returns/{(await post('create', 'returns', {'order_id': one['order']}))['return']['id']}"
        await post("create", f"{made}/request-items", items)
        await post("approve", f"{made}/request", {})
        await post("receive", f"{made}/receive", {})
        await post("receive", f"{made}/receive-items", items)
        await post("receive", f"{made}/receive/confirm", {})
        await post("refund", f"payments/{one['payment']}/refund", {"amount": PRICE})

    return flow


def prove(server: Postgres, flows: int) -> None:
    """As many returns received and refunds written as flows were walked, else no figure is told."""
    with psycopg.connect(host=str(server.home), user="postgres", dbname=DATABASE) as connection:
        received = connection.execute(RECEIVED).fetchone()
        refunded = connection.execute(REFUNDED).fetchone()
    if received != (flows,) or refunded != (flows, flows * PRICE):
        raise RuntimeError(f"Medusa has {received} received and {refunded} refunded of {flows}")


def _medusa(home: Path) -> list[str]:
    return ["node", str((home / "node_modules" / "@medusajs" / "cli" / "cli.js").resolve())]


def _environment(server: Postgres) -> dict[str, str]:
    place = quote(str(server.home), safe="")
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://postgres@{place}/{DATABASE}",
        "SECRET": secrets.token_hex(16),
        "NODE_ENV": "production",
        "MEDUSA_DISABLE_TELEMETRY": "true",
    }


def _run(home: Path, command: list[str], environment: dict[str, str], seconds: float) -> None:
    try:
        done = subprocess.run(command, cwd=home, env=environment or None, capture_output=True, text=True,
                              check=False, timeout=seconds)  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CannotRunError(f"{command[:3]} took more than {seconds} s") from error
    if done.returncode != 0:
        raise CannotRunError(f"{command[:3]}: {(done.stdout + done.stderr)[-1500:]}")


def _answers() -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{PORT}/health", timeout=2).is_success
    except httpx2.HTTPError:
        return False
