"""Backups of a house that is hurt or at work, restores to odd places, and that nobody else can read what comes back; by the command line."""

import json
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backhaul import backing_up, doctor
from backhaul.cli import app
from backhaul.kit import migrations, postgres_programs, safe_databases
from backhaul.kit.database import DatabaseError
from backhaul.kit.object_storage import Folder
from backhaul.partner import tables
from tests import postgres
from tests.marketplace.cast import market
from tests.partner.house import House, opened, picture


@pytest.fixture(autouse=True)
def _as_anywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PostgreSQL's programs of the server's own version, and the umask of most machines, which lets everybody read."""
    monkeypatch.setenv(postgres_programs.PROGRAMS, str(postgres.wheel() / "pginstall" / "bin"))
    before = os.umask(0o022)
    yield
    os.umask(before)


def run(*words: str | Path) -> tuple[int, str]:
    """What a command answers and says."""
    told = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return told.exit_code, told.output


def photo(house: House, colour: str) -> tuple[str, Path]:
    """A stored photo, and where its bytes are."""
    made = house.office.blobs.put_picture(picture(colour))
    house.errand(lambda tx, at: tables.book.keep(tx, made, "station", at))
    assert isinstance(house.office.blobs.storage, Folder)
    return made.id, house.office.blobs.storage.directory / made.id[:2] / made.id[2:4] / made.id


def open_to_others(place: Path) -> list[Path]:
    return [path for path in (place, *place.rglob("*")) if path.stat().st_mode & 0o077]


def test_what_comes_back_is_its_owners_alone_and_whoever_was_erased_is_not_brought_back(
    database_url: str,
    elsewhere: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, kept, again = tmp_path / "data", tmp_path / "backup", tmp_path / "again"
    with opened(database_url, tmp_path) as house:
        photo(house, "teal")
        (data / "erasures.jsonl").write_text("{}\n")
        assert open_to_others(data)  # what is copied was open
        assert (0, []) == (
            run("backup", "partner", kept, "--data", data, "--database", database_url)[0],
            open_to_others(kept),
        )
    assert not (kept / "files" / "erasures.jsonl").exists()

    assert 0 == run("restore", "partner", kept, "--data", again, "--database", elsewhere)[0]
    assert [] == open_to_others(again)
    monkeypatch.setattr(safe_databases, "disk_of", lambda *_: "ext4")  # the tests' directories may be in memory
    url = elsewhere or f"sqlite:///{again / 'partner.db'}"
    found = {fault.code for fault in doctor.examine(doctor.House("partner", again, url)) if fault.stops}
    assert set() == found & {"database_file_open", "data_open", "key_file_open"}
    again.chmod(0o755)
    if not elsewhere:
        (again / "partner.db").chmod(0o644)
        [fault] = [
            one for one in doctor.examine(doctor.House("partner", again, url)) if one.code == "database_file_open"
        ]
        assert f"chmod 700 {again} (a house of an earlier release needs it once)" == fault.remedy


def test_a_restored_marketplace_says_that_who_was_erased_since_must_be_erased_anew(tmp_path: Path) -> None:
    """Also by a backup of an earlier release, which has an old list of them: that one is not put back."""
    kept, again = tmp_path / "backup", tmp_path / "again it is"
    with market(f"sqlite:///{tmp_path / 'data' / 'marketplace.db'}", tmp_path):
        assert 0 == run("backup", "marketplace", kept, "--data", tmp_path / "data")[0]
    (kept / "files" / "erasures.jsonl").write_text("{}\n")
    manifest = json.loads((kept / "manifest.json").read_bytes())
    manifest["files"]["files/erasures.jsonl"] = backing_up.sum_of(kept / "files" / "erasures.jsonl")
    (kept / "manifest.json").write_text(json.dumps(manifest))

    code, said = run("restore", "marketplace", kept, "--data", again)

    assert 0 == code
    assert said.endswith(f"backhaul marketplace erase-again --data '{again}' --from erasures.jsonl\n")
    assert not (again / "erasures.jsonl").exists()


def test_photos_that_are_lost_cost_no_more_than_themselves(
    database_url: str,
    elsewhere: str,
    tmp_path: Path,
) -> None:
    data, kept, again = tmp_path / "data", tmp_path / "backup", tmp_path / "again"
    with opened(database_url, tmp_path) as house:
        (missing, gone), (changed, rotten), (whole, _) = (photo(house, one) for one in ("teal", "red", "navy"))
        house.arrives(parcel=house.expects().id, photos=(missing, changed))
        gone.unlink()
        rotten.write_bytes(rotten.read_bytes()[:-1])
        made, told = run("backup", "partner", kept, "--data", data, "--database", database_url)
    manifest = json.loads((kept / "manifest.json").read_bytes())
    sentences = (
        f"file {missing} is missing: the backup has it not\n",
        f"file {changed} is not what it was: the backup has it not\n",
    )

    assert 1 == made
    assert all(one in told for one in sentences)
    assert ([missing], [changed], 1) == (manifest["missing"], manifest["changed"], manifest["media"])

    code, said = run("restore", "partner", kept, "--data", again, "--database", elsewhere)
    assert 1 == code
    assert all(one in said for one in sentences)
    assert "1 cases folded anew, 0 differ" in said
    assert [whole] == [path.name for path in (again / "blobs").rglob("*") if path.is_file()]

    code, said = run("verify", "partner", "--data", again, "--database", elsewhere)
    assert (1, True, True) == (code, f"file {missing} is missing\n" in said, f"file {changed} is missing\n" in said)


def test_a_rotten_photo_in_a_backup_of_an_earlier_release_is_left_out(tmp_path: Path) -> None:
    kept, again = tmp_path / "backup", tmp_path / "again"
    with opened(f"sqlite:///{tmp_path / 'data' / 'partner.db'}", tmp_path) as house:
        one, _ = photo(house, "teal")
        assert 0 == run("backup", "partner", kept, "--data", tmp_path / "data")[0]
    copy = kept / "media" / one[:2] / one
    copy.write_bytes(b"rot")
    manifest = json.loads((kept / "manifest.json").read_bytes())
    del manifest["missing"], manifest["changed"]
    manifest["files"][f"media/{one[:2]}/{one}"] = backing_up.sum_of(copy)
    (kept / "manifest.json").write_text(json.dumps(manifest))

    code, said = run("restore", "partner", kept, "--data", again)

    assert (1, True) == (code, f"file {one} is not what it was: the backup has it not\n" in said)
    assert (again / "partner.db").is_file()


@pytest.mark.parametrize("command", ["backup", "verify"])
def test_a_file_that_is_deleted_in_its_time_meanwhile_is_no_fault(
    command: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--data", tmp_path / "data", "--database", database_url)
    words = (command, "partner", *((tmp_path / "backup",) if command == "backup" else ()), *where)
    with opened(database_url, tmp_path) as house:
        one, path = photo(house, "teal")
        photo(house, "navy")
        as_it_is = Folder.read

        def read(self: Folder, name: str) -> bytes | None:
            if name.endswith(one) and path.exists():
                house.errand(lambda tx, at: tables.book.bury_left(tx, [one], at, at))
                path.unlink()
            return as_it_is(self, name)

        monkeypatch.setattr(Folder, "read", read)
        code, said = run(*words)
        assert (0, False) == (code, one in said)

        monkeypatch.undo()
        _as_before(monkeypatch)
        shutil.rmtree(tmp_path / "backup", ignore_errors=True)
        other, path = photo(house, "red")
        path.unlink()  # the control: nobody said that its time was over
        code, said = run(*words)
        assert (1, True) == (code, f"file {other} is missing" in said)


def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(postgres_programs.PROGRAMS, str(postgres.wheel() / "pginstall" / "bin"))


@pytest.mark.parametrize("command", ["backup", "anchor"])
def test_a_directory_without_the_key_is_not_the_houses(command: str, database_url: str, tmp_path: Path) -> None:
    """Neither command makes a key: a backup with another one would open nothing, and an anchor would be nobody's."""
    with opened(database_url, tmp_path):
        pass
    typo, target = tmp_path / "typo", tmp_path / "made"
    typo.mkdir()

    code, said = run(command, "partner", target, "--data", typo, "--database", database_url)

    assert (2, f"{typo} is not the partner's directory: there is no seal.key in it\n") == (code, said)
    assert [] == list(typo.iterdir())
    assert not target.exists()


def test_an_anchor_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'data' / 'partner.db'}", tmp_path):
        pass
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()

    def told(target: Path) -> tuple[int, str]:
        return run("anchor", "partner", target, "--data", tmp_path / "data")

    assert (2, f"{tmp_path / 'there'} is a directory: an anchor is a file\n") == told(tmp_path / "there")
    code, said = told(tmp_path / "file" / "anchor")
    assert (2, True) == (code, said.startswith("no anchor was written: "))
    assert {"data", "there", "file"} == {path.name for path in tmp_path.iterdir()}


def test_a_backup_that_finds_no_room_leaves_nothing(tmp_path: Path) -> None:
    """The largest file that this process may write is shorter than the database."""
    with opened(f"sqlite:///{tmp_path / 'data' / 'partner.db'}", tmp_path):
        pass
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        code, said = run("backup", "partner", tmp_path / "backup", "--data", tmp_path / "data")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (2, True) == (code, said.startswith("no backup was made: "))
    assert {"data"} == {path.name for path in tmp_path.iterdir()}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A backup of a house with a SQLite file."""
    with opened(f"sqlite:///{tmp_path / 'data' / 'partner.db'}", tmp_path):
        assert 0 == run("backup", "partner", tmp_path / "backup", "--data", tmp_path / "data")[0]
    return tmp_path / "backup"


def test_a_house_comes_back_to_odd_places_or_the_way_is_said(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, left = tmp_path / "new", tmp_path / "new.unfinished"

    def refused(said: str, *words: str | Path, source: Path = kept, began: str = "nothing was restored: ") -> None:
        code, told = run("restore", "partner", source, "--data", new, *words)
        assert (2, True, True) == (code, told.startswith(began), said in told)
        assert not new.exists()

    refused("and not its own database", "--database", f"sqlite:///{new / 'other.db'}")
    (tmp_path / "more.db").touch()
    refused("more.db is there already", "--database", f"sqlite:///{tmp_path / 'more.db'}")
    left.mkdir()
    (left / "for a look").touch()
    refused("is no backup", source=tmp_path / "data")
    refused("is there, of an earlier restore: look at it, then delete it")
    assert (left / "for a look").exists()
    shutil.rmtree(left)
    with monkeypatch.context() as disk:
        disk.setattr(Path, "is_mount", lambda self: self == new)
        refused("is a disk's own place: restore to a directory in it")
    with monkeypatch.context() as full:
        full.setattr(migrations, "upgrade", _fails)
        refused("the disk is full", "--database", f"sqlite:///{tmp_path / 'beside.db'}")
    assert [] == [*tmp_path.glob("beside.db*"), *tmp_path.glob("*.unfinished")]

    assert 0 == run("restore", "partner", kept, "--data", new, "--database", f"sqlite:///{new / 'partner.db'}")[0]
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert 0 == run("restore", "partner", kept, "--data", ".")[0]
    assert (tmp_path / "here" / "partner.db").is_file()
    monkeypatch.chdir(tmp_path)

    def meanwhile() -> None:
        (tmp_path / "taken" / "by somebody").mkdir(parents=True)

    monkeypatch.setattr(os, "sync", meanwhile)
    code, said = run("restore", "partner", kept, "--data", "taken")
    assert (1, True) == (code, "the house is there and proven, but stands in " in said)
    assert (tmp_path / "taken.unfinished" / "partner.db").is_file()


def _fails(*_: object) -> None:
    raise DatabaseError("the disk is full")


def test_a_restore_that_fails_after_the_tables_came_says_that_they_are_there(
    postgres_server: postgres.Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("hurt", "hurt_again")
    for name in names:
        postgres_server.create_database(name)
    url, again = map(postgres_server.url, names)
    with opened(url, tmp_path):
        assert 0 == run("backup", "partner", tmp_path / "backup", "--data", tmp_path / "data", "--database", url)[0]
    words = ("restore", "partner", tmp_path / "backup", "--data", tmp_path / "new", "--database", again)
    monkeypatch.setattr(migrations, "upgrade", _fails)
    first, second = run(*words), run(*words)
    for name in names:
        postgres_server.drop_database(name)

    assert (
        2,
        "no house was restored: the disk is full\nthe database has tables now: drop it and make it anew (dropdb, createdb)\n",
    ) == first
    assert (2, True) == (second[0], second[1].startswith("nothing was restored: the database has tables"))


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("place", [0, 4096 * 3])
def test_a_damaged_sqlite_file_is_a_finding_however_it_was_named(
    place: int, *, named: bool, kept: Path, tmp_path: Path
) -> None:
    """Its first page, or another: 1 and not 2, which says that nobody could look. A server that is away is 2."""
    file = tmp_path / "data" / "partner.db"
    words = ("verify", "partner", "--data", tmp_path / "data", *(("--database", f"sqlite:///{file}") if named else ()))
    assert kept.is_dir()
    assert 0 == run(*words)[0]
    content = bytearray(file.read_bytes())
    content[place : place + 4096] = b"rot!" * 1024
    file.write_bytes(content)

    code, said = run(*words)

    assert (1, True) == (code, "damaged" in said or "cannot be read" in said)
    assert (
        2
        == run(
            "verify",
            "partner",
            "--data",
            tmp_path / "data",
            "--database",
            f"postgresql+psycopg://me@/x?host={tmp_path}",
        )[0]
    )
