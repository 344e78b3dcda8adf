"""T28: with every `if not by.writes` taken out of the source a key that only reads still changes no row: its connection cannot write.

The control takes that connection away, too, and must change something. All doors that change something, and odd requests.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def asked(house: str, url: str, directory: Path, requests: int, *more: str) -> dict[str, Any]:
    seed = os.environ.get("BACKHAUL_SEED", "1")
    words = [sys.executable, "-m", "tests.access.unchecked", house, url, str(directory), seed, str(requests), *more]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, f"seed {seed}\n{told.stderr[-3000:]}"
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    print(f"seed {seed}: {found}")
    return found


def test_a_reading_key_changes_no_row_of_a_marketplace_that_forgot_to_check(tmp_path: Path) -> None:
    found = asked("marketplace", f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path, 60)

    assert [] == found["changed"]
    assert found["before"] == found["after"]
    assert 15 <= found["taken_out"]["checks"]
    assert "500" not in found["told"]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("house", ["marketplace", "partner"])
def test_a_reading_key_changes_no_row_in_either_house_on_either_database(
    house: str, database_url: str, tmp_path: Path
) -> None:
    found = asked(house, database_url, tmp_path, 1_000)

    assert ([], found["before"]) == (found["changed"], found["after"])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("house", ["marketplace", "partner"])
def test_in_either_house_on_either_database_it_is_the_connection(house: str, database_url: str, tmp_path: Path) -> None:
    """The control."""
    found = asked(house, database_url, tmp_path, 0, "--writers")

    assert "events" in found["changed"]
