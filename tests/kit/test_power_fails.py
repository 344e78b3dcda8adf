"""Power fails at any write of a house on SQLite: what was answered is there, the file is whole, nothing is half done (T07).

The desk is the real one with its real settings; the file system beneath it is `tests/power.py`. Two controls: with
`synchronous=NORMAL` acknowledged work must be lost, with `OFF` files must be broken too. Else this test is blind.
"""

import os
import random
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Tx
from backhaul.kit.desk import Order
from backhaul.marketplace import access, errands
from backhaul.marketplace.rules import commands as do
from tests import chance, power
from tests.marketplace.cast import CHEN, IRINA, LINES, Market, market, order_line

FEW, MANY = 10, 60  # returns
CHECKPOINT = "PRAGMA wal_autocheckpoint=60"  # often: a checkpoint is where the order of writes matters
COUNTS = """SELECT
  (SELECT count(*) FROM returns r WHERE version <> (SELECT count(*) FROM events e WHERE e.case_id = r.id)),
  (SELECT count(*) FROM returns r WHERE NOT EXISTS
     (SELECT 1 FROM events e WHERE e.case_id = r.id AND e.seq = r.version AND e.hash = r.head)),
  (SELECT count(*) FROM events e WHERE kind = 'RefundHeld' AND NOT EXISTS
     (SELECT 1 FROM entries n WHERE n.case_id = e.case_id AND n.seq = e.seq)),
  (SELECT count(*) FROM entries n WHERE case_id > 0 AND NOT EXISTS
     (SELECT 1 FROM events e WHERE e.case_id = n.case_id AND e.seq = n.seq))"""


class Works:
    """What the house was asked and answered: (return, version) after each acknowledged command, in order."""

    def __init__(self, shop: Market, machine: power.Machine) -> None:
        self.shop = shop
        self.machine = machine
        self.acked: list[tuple[int, int]] = []

    def does(self, by: Any, return_id: int, command: do.Command) -> None:
        key = f"power-{len(self.acked)}"
        order = Order(return_id, command, access.Known(by), key=key, body_hash=b"x")
        answer = self.shop.office.desk.perform_now(order)
        self.acked.append((return_id, answer.it.version))
        self.machine.note("ack", "", len(self.acked))


def lived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returns: int, *pragmas: str
) -> tuple[power.Image, list[power.Op], Works]:
    """A short life of a house; the files before it, and every write and sync of it."""
    path = tmp_path / "house.db"
    machine = power.Machine(path)
    machine.pragmas = (CHECKPOINT, *pragmas)
    lines = [order_line("70000001-0001-1", CHEN, "Pencil", (58_000, "CNY", 7_900_00), quantity=returns)]
    with machine.plugged_in(monkeypatch), market(f"sqlite:///{path}", tmp_path) as shop:
        monkeypatch.setattr("tests.marketplace.cast.LINES", (*LINES, *lines))

        def more(tx: Tx, _: Any) -> None:
            errands.import_lines(tx, lines)

        shop.errand(more)
        works = Works(shop, machine)
        base, machine.ops = machine.image(), []
        for n in range(returns):
            return_id = shop.draft(lines[0])
            works.does(IRINA, return_id, do.Submit())
            works.does(CHEN, return_id, do.Approve() if n % 3 == 0 else do.RefundWithoutReturn())
        ops, machine.ops = machine.ops, None
    return base, ops, works


def judged(folder: Path, image: power.Image, acked: list[tuple[int, int]]) -> set[str]:
    """What is wrong with the files that a power cut left: `lost`, `half`, `corrupt`."""
    path = folder / "left.db"
    for file in power.FILES:
        place = Path(f"{path}{file}")
        place.write_bytes(image[file]) if image[file] else place.unlink(missing_ok=True)
    Path(f"{path}-shm").unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            return {"corrupt"}
        versions = dict(connection.execute("SELECT id, version FROM returns").fetchall())
        keys = {row[0] for row in connection.execute("SELECT key FROM answers WHERE key LIKE 'power-%'")}
        wrong = connection.execute(COUNTS).fetchone()
    except sqlite3.DatabaseError:
        return {"corrupt"}
    finally:
        connection.close()
    found = {"half"} if any(wrong) else set()
    known = [key in keys for key in (f"power-{n}" for n in range(len(acked)))]
    if not all(known) or any(versions.get(return_id, 0) < version for return_id, version in acked):
        found.add("lost")
    return found


def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, *pragmas: str) -> Counter[str]:
    seed = chance.seed("power fails")
    base, ops, works = lived(tmp_path, monkeypatch, FEW if count <= 100 else MANY, *pragmas)
    found = Counter(points=0)
    for acked, image in power.crashes(base, ops, count, random.Random(seed)):
        found["points"] += 1
        found.update(judged(tmp_path, image, works.acked[:acked]))
    print(dict(found))
    return found


def test_nothing_that_was_answered_is_lost_when_power_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Counter(points=100) == outcome(tmp_path, monkeypatch, 100)


def test_a_house_that_does_not_wait_for_the_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls."""
    normal = outcome(tmp_path / "normal", monkeypatch, 60, "PRAGMA synchronous=NORMAL")
    off = outcome(tmp_path / "off", monkeypatch, 60, "PRAGMA synchronous=OFF")

    assert normal["lost"] > 0
    assert normal["corrupt"] == normal["half"] == 0
    assert off["corrupt"] > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_power_cuts_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = int(os.environ.get("BACKHAUL_POWER_CUTS", "10000"))
    assert Counter(points=moments) == outcome(tmp_path, monkeypatch, moments)
    normal = outcome(tmp_path / "normal", monkeypatch, moments // 5, "PRAGMA synchronous=NORMAL")
    off = outcome(tmp_path / "off", monkeypatch, moments // 5, "PRAGMA synchronous=OFF")

    assert normal["lost"] > moments // 100
    assert off["corrupt"] > moments // 100
