"""The two houses in this process: real offices on real SQLite files, opened, killed and opened again."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import httpx2
import msgspec

from backhaul.kit import outside
from backhaul.kit.machine import Refused
from backhaul.marketplace import office as marketplace_office
from backhaul.marketplace import tables as marketplace_tables
from backhaul.partner import linking, polling, reconciling
from backhaul.partner import office as partner_office
from backhaul.partner import tables as partner_tables
from tests import templates
from tests.simulation.clocks import World, WrongClock
from tests.simulation.crashes import Crashed, Faults
from tests.simulation.doors import Doors
from tests.simulation.network import Network

# A key file as `kit/keys.Seal` makes one: with it everything that is derived is the same in every run.
SEAL_KEY = b"c2ltdWxhdGlvbi1zZWFsLWtleS1vZi0zMi1ieXRlcyE="
# What a caller may be told whose request nobody could see to: ask again. That the database or the program failed only while a disk is full.
AGAIN = frozenset({"outcome_unknown", "request_in_progress", "house_is_closing"})


def code_of(answer: bytes) -> str:
    """The code of a problem."""
    try:
        return str(msgspec.json.decode(answer, type=dict[str, Any]).get("code", ""))
    except msgspec.DecodeError:
        return ""


class House:
    """One house. `office` is another one after each crash."""

    def __init__(self, name: str, directory: Path, world: World, network: Network, faults: Faults, rng: Random) -> None:
        self.name = name
        self.directory = directory
        self.clock = WrongClock(world)
        self.network = network
        self.faults = faults
        self.rng = rng
        self.path = directory / f"{name}.db"
        self.doors = Doors(name)
        self.is_up = False
        self.starts = 0
        self.quiet = False  # after the last round of its workers nothing was left to be done
        self.bank: Any = None
        self.besides: Callable[[], None] = lambda: None  # what a planted bug does at each start
        (directory / "seal.key").parent.mkdir(parents=True, exist_ok=True)
        (directory / "seal.key").write_bytes(SEAL_KEY)
        tables = marketplace_tables if name == "marketplace" else partner_tables
        templates.fill(f"sqlite:///{self.path}", f"backhaul.{name}", tables.metadata)
        self.start()

    def start(self) -> None:
        """Open the house, as at the start of its process."""
        module: Any = marketplace_office if self.name == "marketplace" else partner_office
        with patch("backhaul.kit.migrations.upgrade", lambda *_: None):
            self.office: Any = module.open_office(f"sqlite:///{self.path}", self.directory, self.clock)
        office = self.office
        office.line.close()
        client = httpx2.Client(transport=self.network, timeout=10)
        office.line = outside.Line(client, office.line.way)
        office.mailroom.client = client
        office.mailroom.jitter = self.rng.random
        office.chance = self.rng.randbytes
        if self.bank is not None:
            office.payouts.bank = self.bank
        self.doors.sit_down(office)
        self.network.ends[self.name] = self.answer
        self.network.down.discard(self.name)
        self.is_up = True
        self.starts += 1
        self.besides()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """A request at its doors. When it dies over it, it is down."""
        with self.faults.of(self.name):
            try:
                status, told, answer = self.doors.ask(method, path, headers, body)
            except Crashed:
                self.fall()
                raise
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR and code_of(answer) not in AGAIN:
            self.faults.blame(self.name, f"{method} {path.partition('?')[0]} is answered {status} {answer[:200]!r}")
        return status, told, answer

    def does(self, work: Callable[[], Any]) -> Any:
        """Run something in this house; `Crashed` when it dies over it, and then it is down."""
        if not self.is_up:
            raise ConnectionError(f"the {self.name} is down")
        with self.faults.of(self.name):
            try:
                return work()
            except Crashed:
                self.fall()
                raise
            except Refused as refused:
                if refused.kind == "away" and refused.code not in AGAIN:
                    self.faults.blame(self.name, f"the desk answers {refused.code}: {refused.__cause__!r}")
                raise

    def fall(self) -> None:
        """The process is gone; what it held in memory, too."""
        self.is_up = False
        self.network.down.add(self.name)
        self.quiet = False
        with suppress(Exception):
            self.office.desk._connection.close()  # noqa: SLF001 -- as the end of a process does
        with suppress(Exception):
            self.office.line.close()
        self.office.database.close()

    def work(self, rounds: int = 1, *, in_step: bool = False) -> int:
        """Rounds of its workers, until nothing is left to be done."""
        done = 0
        self.quiet = False
        for _ in range(rounds):
            now = self.does(lambda: self._round(in_step=in_step))
            done += now
            if not now:
                self.quiet = True
                break
        return done

    def _round(self, *, in_step: bool) -> int:
        office = self.office
        try:
            done = int(office.tick())
            if in_step and self.name == "partner":
                done += linking.check_links(office) + polling.poll_due(office) + reconciling.reconcile(office)
        except Exception as error:  # noqa: BLE001 -- as a worker does: it is told, and the next round comes
            self.faults.blame(self.name, f"a round of its workers: {error!r}")
            self.network.told.append(f"{self.name} round failed {type(error).__name__}")
            return 0
        return done

    def close(self) -> None:
        if self.is_up:
            self.office.close()
        self.doors.close()
