"""The drill: a house is backed up while it works, put back elsewhere, and proven to be the house of then (T13)."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul import anchoring, backing_up, restoring, verifying
from backhaul.kit import postgres_programs
from backhaul.marketplace.rules.words import Status
from backhaul.partner import tables
from tests import postgres
from tests.marketplace.cast import Market, market
from tests.partner.house import opened, picture
from tests.test_ledger_proof import INVENTED, written


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the server's own version."""
    monkeypatch.setenv(postgres_programs.PROGRAMS, str(postgres.wheel() / "pginstall" / "bin"))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as it:
        yield it


def test_a_house_that_works_is_backed_up_and_comes_back_the_same(
    shop: Market, database_url: str, elsewhere: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.in_status(Status.AT_PARTNER)
    ended = threading.Event()

    def works() -> None:
        while not ended.is_set():
            shop.in_status(Status.CANCELLED)

    at_work = threading.Thread(target=works)
    at_work.start()
    try:
        made = backing_up.backup("marketplace", tmp_path / "data", database_url, "", tmp_path / "backup")
    finally:
        ended.set()
        at_work.join()
    told = capsys.readouterr().err
    assert made == 0, told
    assert "1 files of media" in told

    assert restoring.restore("marketplace", tmp_path / "backup", tmp_path / "again", elsewhere, "") == 0
    with market(elsewhere or f"sqlite:///{tmp_path / 'again' / 'marketplace.db'}", tmp_path / "x") as again:
        then, now = again.dump(), shop.dump()
    assert set(then["events"]) <= set(now["events"])
    assert 0 < len(then["returns"]) <= len(now["returns"])


def test_the_partners_house_comes_back_with_its_photos(
    database_url: str, elsewhere: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(database_url, tmp_path) as house:
        photo = house.office.blobs.put_picture(picture("teal"))
        house.errand(lambda tx, at: tables.book.keep(tx, photo, "station", at))
        house.arrives(parcel=house.expects().id, photos=(photo.id,))
        made = backing_up.backup("partner", tmp_path / "data", database_url, "", tmp_path / "backup")
        sealed = (tmp_path / "data" / "seal.key").read_bytes()
    assert made == 0, capsys.readouterr().err

    assert restoring.restore("partner", tmp_path / "backup", tmp_path / "again", elsewhere, "") == 0
    assert sealed == (tmp_path / "again" / "seal.key").read_bytes()
    assert (tmp_path / "again" / "blobs" / photo.id[:2] / photo.id[2:4] / photo.id).is_file()
    said = capsys.readouterr().err
    assert "1 cases folded anew, 0 differ" in said
    assert "recovery codes and sessions are those of then" in said


def test_nothing_is_restored_over_a_house_or_from_what_is_no_whole_backup(
    shop: Market, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """T13's control: a part of the backup that is gone or changed is found, and so is a house that is there already."""
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    kept, broken = tmp_path / "backup", tmp_path / "broken"
    assert backing_up.backup("marketplace", tmp_path / "data", database_url, "", kept) == 0
    given = "" if database_url.startswith("sqlite") else database_url

    def refusal(source: Path, data: Path, house: str = "marketplace") -> str:
        capsys.readouterr()
        assert restoring.restore(house, source, data, given, "") == 2
        return capsys.readouterr().err

    assert "is not empty: a house is only restored where none is" in refusal(kept, tmp_path / "data")
    assert "is a backup of a marketplace, not of a partner" in refusal(kept, tmp_path / "new", "partner")
    assert "is no backup, or one that was not finished" in refusal(tmp_path / "data", tmp_path / "new")
    if given:
        assert "the database has tables" in refusal(kept, tmp_path / "new")
    for spoil, said in SPOILT.items():
        shutil.copytree(kept, broken)
        spoil(broken)
        assert said in refusal(broken, tmp_path / "new")
        shutil.rmtree(broken)
    assert not (tmp_path / "new").exists()

    capsys.readouterr()
    assert backing_up.backup("marketplace", tmp_path / "data", database_url, "", kept) == 2
    assert "is there already" in capsys.readouterr().err


def _cut(backup: Path) -> None:
    database = next(backup.glob("database.*"))
    database.write_bytes(database.read_bytes()[:-4096])


SPOILT: dict[Callable[[Path], Any], str] = {
    _cut: "is not what was backed up",
    lambda backup: next((backup / "media").rglob("*/*")).unlink(): "is missing in the backup",
    lambda backup: (backup / "files" / "more").touch(): "does not belong to the backup",
    lambda backup: (backup / "manifest.json").unlink(): "is no backup",
}


def test_a_backup_whose_house_was_changed_before_the_copy_was_sealed_is_not_served(
    shop: Market, database_url: str, elsewhere: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A backup of a house whose ledger was tampered with is restored for a look, and says that it differs (1)."""
    return_id = shop.in_status(Status.ACCEPTED_AT_PVZ)
    written(database_url, INVENTED.format(case=return_id))
    assert backing_up.backup("marketplace", tmp_path / "data", database_url, "", tmp_path / "backup") == 0

    assert restoring.restore("marketplace", tmp_path / "backup", tmp_path / "again", elsewhere, "") == 1
    assert "no event has brought invented" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()
    assert (tmp_path / "again.unfinished").exists()


def test_a_house_that_is_not_there_is_neither_verified_nor_backed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verifying.verify("partner", tmp_path / "typo", "") == 2
    assert backing_up.backup("partner", tmp_path / "typo", "", "", tmp_path / "backup") == 2
    assert anchoring.run("partner", tmp_path / "typo", "", tmp_path / "anchor", None) == 2
    assert capsys.readouterr().err.count(f"there is no partner at {tmp_path / 'typo'}") == 3
    assert not list(tmp_path.iterdir())


def test_without_postgresqls_programs_the_way_to_them_is_said(
    postgres_server: postgres.Postgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(postgres_programs.PROGRAMS, str(tmp_path))
    postgres_server.create_database("no_programs")
    url = postgres_server.url("no_programs")
    with market(url, tmp_path):
        made = backing_up.backup("marketplace", tmp_path / "data", url, "", tmp_path / "backup")
    postgres_server.drop_database("no_programs")

    assert made == 2
    assert "pg_dump is not here: install PostgreSQL's client programs" in capsys.readouterr().err
    assert not (tmp_path / "backup").exists()
