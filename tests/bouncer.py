"""A real PgBouncer before the PostgreSQL of the tests, as Debian has it: a server's connection for each transaction."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.postgres import Postgres, identity

START_SECONDS = 20
PORT = 5432


def program() -> str:
    """NOT RUN where there is none: that is never green."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    return found or pytest.skip("NOT RUN: no pgbouncer here (apt-get install pgbouncer)")


@contextmanager
def bouncing(server: Postgres, *, servers: int = 2) -> Iterator["Bouncer"]:
    """With so few connections of the server that every one of them serves everybody."""
    home = Path(tempfile.mkdtemp(prefix="backhaul-pgb-"))
    home.chmod(0o777)
    users, settings = home / "users.txt", home / "pgbouncer.ini"
    users.write_text('"postgres" ""\n')
    settings.write_text(
        f"[databases]\n* = host={server.home}\n[pgbouncer]\npool_mode = transaction\nauth_type = trust\n"
        f"auth_file = {users}\nunix_socket_dir = {home}\nlisten_port = {PORT}\nlisten_addr =\nmax_client_conn = 200\n"
        f"default_pool_size = {servers}\nlogfile = {home / 'log'}\n"
    )
    with subprocess.Popen([*(identity() or []), program(), str(settings)], stderr=subprocess.PIPE, cwd=home) as process:
        try:
            _wait(home, process)
            yield Bouncer(home)
        finally:
            process.terminate()
            process.wait(START_SECONDS)
            shutil.rmtree(home, ignore_errors=True)


class Bouncer:
    """Where it listens."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def url(self, database_name: str, *, pooled: bool = True) -> str:
        where = f"?host={quote(str(self.home), safe='/')}"
        return f"postgresql+psycopg://postgres@/{quote(database_name)}{where}{'&pooled=1' if pooled else ''}"


def _wait(home: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(home), port=PORT, user="postgres", dbname="postgres").close()
            return
        time.sleep(0.05)
    assert process.stderr is not None
    process.kill()
    pytest.fail(f"PgBouncer did not start: {process.stderr.read().decode()}")
