"""The n-th write, sync or truncation of a whole life of a return fails, for every n, once and until somebody makes room (T11).

Nothing is half done, whoever asks again with the same key gets the one answer, and the house goes on by itself.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from backhaul import verifying
from backhaul.kit.database import Tx
from backhaul.kit.desk import Errand, Order, Work
from backhaul.kit.machine import Refused
from backhaul.marketplace import access, errands
from backhaul.marketplace.perform import request_returns
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests import power
from tests.kit.test_power_fails import CHECKPOINT
from tests.marketplace.cast import CHEN, IRINA, LINES, Market, market, order_line

LIVES = 2_000  # at most
PENCIL = order_line("70000001-0001-1", CHEN, "Pencil", (58_000, "CNY", 7_900_00), quantity=LIVES)


class Lives:
    """Returns that live from request to refund while the disk fails; every command has a key."""

    def __init__(self, shop: Market, machine: power.Machine) -> None:
        self.shop = shop
        self.machine = machine
        self.count = 0
        self.refused: Counter[str] = Counter()

    def life(self) -> int:
        """One life; its return."""
        self.count += 1
        name, made = f"life-{self.count}", list[int]()
        request = do.RequestReturn("did_not_like", "", (self.shop.photo,))

        def ask(tx: Tx, at: Any) -> bytes:
            told = request_returns(tx, self.shop.office.desk, len(LINES) + 1, request, IRINA, at)
            return str(told[0].id).encode()

        made.append(int(self.insist(Errand(ask, access.Known(IRINA), f"{name}-0", b"x"))))
        for n, (by, command) in enumerate(self.shop.way_to(Status.ACCEPTED_AT_PVZ, CHEN), 1):
            self.insist(Order(made[0], command, access.Known(by), f"{name}-{n}", b"x"))
        return made[0]

    def insist(self, work: Work) -> bytes:
        """Asked again once there is room. The answer of a house that cannot write is that it cannot now, nothing else."""
        for _ in range(3):
            try:
                return self.shop.office.desk.perform_now(work).body
            except Refused as refused:
                self.refused[f"{refused.kind} {refused.code}"] += 1
                self.machine.fail_at = 0
        raise AssertionError("the house does not go on")


def lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> tuple[Counter[str], int, int]:
    """Every `step`-th call fails, once and for good: what was refused, how many lives, how many calls a life has."""
    path = tmp_path / "house.db"
    machine = power.Machine(path)
    machine.pragmas = (CHECKPOINT,)
    with machine.plugged_in(monkeypatch), market(f"sqlite:///{path}", tmp_path) as shop:
        monkeypatch.setattr("tests.marketplace.cast.LINES", (*LINES, PENCIL))
        shop.errand(lambda tx, _: errands.import_lines(tx, [PENCIL]))
        lives = Lives(shop, machine)
        machine.calls = 0
        lives.life()
        calls = machine.calls
        for n in range(1, calls + 1, step):
            for machine.fails_on in (False, True):
                machine.calls, machine.fail_at = 0, n
                return_id = lives.life()
                machine.fail_at = 0
                assert shop.now_is(return_id).status is Status.ACCEPTED_AT_PVZ
        assert shop.office.desk.clerk.is_alive
    return lives.refused, lives.count, calls


def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], found: tuple[Counter[str], int, int]) -> None:
    refused, lives, calls = found
    with capsys.disabled():
        print(f"\n{lives} lives of {calls} writes and syncs each, refused {dict(refused)}")

    assert {"away database_failed"} == set(refused)
    assert refused.total() > lives // 3  # the control: the disk did fail
    assert verifying.verify("marketplace", tmp_path / "data", f"sqlite:///{tmp_path / 'house.db'}") == 0
    assert f"{lives} cases folded anew, 0 differ" in capsys.readouterr().err


def test_the_house_goes_on_after_its_disk_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check(tmp_path, capsys, lived(tmp_path, monkeypatch, 41))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_disk_fails_at_every_call_of_a_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check(tmp_path, capsys, lived(tmp_path, monkeypatch, 1))
