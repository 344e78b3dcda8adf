"""A served house dies by SIGKILL under load, and PostgreSQL beneath it: nothing lost, nothing twice, nothing half (T08, T09)."""

import os
from pathlib import Path

import pytest

from backhaul import verifying
from tests import chance
from tools.ha.checker import Verdict
from tools.kill import rounds
from tools.kill.stable import CARELESS, FORGETFUL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

SQLITE_KILLS, POSTGRESQL_KILLS, CONTROL_KILLS = 300, 60, 6


def run(tmp_path: Path, kills: int, dialect: str, control: str = "") -> tuple[rounds.Outcome, Verdict]:
    seed = chance.seed("kills")
    found = rounds.run(tmp_path, kills, dialect=dialect, control=control, seed=seed)
    verdict = found.verdict
    assert verdict is not None
    back = sorted(found.back_s)
    wrong = {what: len(ids) for what, ids in verdict.wrong.items() if ids}
    print(
        f"\n{dialect} {control or 'as it is'}, seed {seed}: {found.kills} kills, {verdict.acked} acknowledged, "
        f"{len(verdict.lost)} lost, {wrong or 'nothing wrong'}, {found.replayed} asked once more, "
        f"{found.replayed_otherwise} answered otherwise; back after {back[len(back) // 2]:.1f} s (median), "
        f"{back[-1 - len(back) // 20]:.1f} s (95 %)"
    )
    return found, verdict


@pytest.mark.parametrize(("dialect", "kills"), [("sqlite", SQLITE_KILLS), ("postgresql", POSTGRESQL_KILLS)])
def test_nothing_that_was_answered_is_lost_or_done_twice(tmp_path: Path, dialect: str, kills: int) -> None:
    kills = int(os.environ.get("BACKHAUL_KILLS", "0")) or kills
    found, verdict = run(tmp_path, kills, dialect)

    assert found.kills == kills
    assert verdict.acked > kills
    assert verdict.is_clean()
    assert (found.replayed > 0, found.replayed_otherwise) == (True, 0)
    if dialect == "sqlite":
        assert verifying.verify("marketplace", tmp_path / "house", "") == 0


def test_a_house_that_remembers_no_answers_is_found(tmp_path: Path) -> None:
    """The control of T08: who asks again gets another answer."""
    found, _ = run(tmp_path, CONTROL_KILLS, "sqlite", FORGETFUL)
    assert found.replayed_otherwise == found.replayed > 0


def test_a_house_that_does_not_wait_for_postgresqls_disk_is_found(tmp_path: Path) -> None:
    """The control of T09."""
    _, verdict = run(tmp_path, CONTROL_KILLS, "postgresql", CARELESS)
    assert verdict.lost
