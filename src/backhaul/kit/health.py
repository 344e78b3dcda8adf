"""`/healthz`: the process lives. `/readyz`: it can do its work. For load balancers and supervisors; open to all, without secrets.

Being ready means: the database answers, its schema is not behind this program, the desk takes work, and nobody has told the
house to end. A schema that is ahead belongs to the next version of a rolling upgrade, and does not stop this one.
"""

import threading
import time
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Response, get

from backhaul.kit import migrations
from backhaul.kit.database import Database
from backhaul.kit.desk import Desk
from backhaul.kit.kept import OPEN

LOOK_SECONDS = 1.0  # what was found holds for so long: asking often costs nothing
WAIT_SECONDS = 2.0  # a database that takes longer does not answer
NO_STORE = {"cache-control": "no-store"}


class Ready(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a house can do its work, and what it cannot if not: `database`, `schema`, `desk`, `closing`."""

    ready: bool
    missing: tuple[str, ...] = ()


class Readiness:
    """Looks at most once a second, in a thread of its own: whoever asks waits for a database that hangs no longer than two."""

    def __init__(self, database: Database, desk: Desk[Any], package: str) -> None:
        self.database = database
        self.desk = desk
        self.package = package
        self.closing = threading.Event()
        self._found = Ready(ready=False, missing=("database",))
        self._until = 0.0
        self._lock = threading.Lock()
        self._looking: threading.Thread | None = None

    def look(self) -> Ready:
        """What holds now; at most a second old. May wait; call it from a thread."""
        missing = [*(["closing"] if self.closing.is_set() else []), *([] if self.desk.clerk.is_alive else ["desk"])]
        with self._lock:
            if time.monotonic() >= self._until and (self._looking is None or not self._looking.is_alive()):
                self._looking = threading.Thread(target=self._look, name="readiness", daemon=True)
                self._looking.start()
            looking = self._looking
        if looking is not None and looking.is_alive():
            looking.join(WAIT_SECONDS)
            if looking.is_alive():
                missing.append("database")
                return Ready(ready=False, missing=tuple(missing))
        missing += self._found.missing
        return Ready(ready=not missing, missing=tuple(missing))

    def _look(self) -> None:
        try:
            with self.database.read() as tx:
                behind = migrations.is_behind(tx, self.package)
            found = Ready(ready=False, missing=("schema",)) if behind else Ready(ready=True)
        except Exception:  # noqa: BLE001 -- whatever it is, the database was not read
            found = Ready(ready=False, missing=("database",))
        self._found, self._until = found, time.monotonic() + LOOK_SECONDS


def routes(office: Any) -> list[Any]:
    """The two doors of a house's web."""

    open_to_all = {**OPEN, "exclude_from_csrf": True}  # who asks keeps no cookie

    @get("/healthz", include_in_schema=False, opt=open_to_all)
    async def healthz() -> Response[bytes]:
        return alive()

    @get("/readyz", include_in_schema=False, opt=open_to_all)
    async def readyz() -> Response[bytes]:
        return ready(await to_thread.run_sync(office.readiness.look))

    return [healthz, readyz]


def alive() -> Response[bytes]:
    """The process lives: it answers."""
    return Response(b'{"alive":true}', media_type="application/json", headers=NO_STORE)


def ready(found: Ready) -> Response[bytes]:
    """200, or 503 with what is missing."""
    status = 200 if found.ready else 503
    return Response(msgspec.json.encode(found), status_code=status, media_type="application/json", headers=NO_STORE)
