"""A backup of a house, taken while it works: one snapshot of its database, its files, its keys, and the anchor of all chains.

A backup is a directory. `manifest.json` names every other file in it with its SHA-256, and is written last: a directory without
one is none. Files of media are copied before the snapshot and once more after it, so that each that the snapshot names is there.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from backhaul import anchoring, serving, verifying
from backhaul.kit import owner_only, postgres_programs
from backhaul.kit.blobs import BlobStore
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError, Statement, Tx
from backhaul.kit.machine import Refused
from backhaul.kit.migrations import APPLIED
from backhaul.kit.object_storage import storage_of
from backhaul.kit.occupancy import LOCK, NOTE

FORMAT = "backhaul backup 1"
MANIFEST, ANCHOR, SQLITE, POSTGRESQL = "manifest.json", "anchor.txt", "database.sqlite", "database.dump"
FILES, MEDIA = "files", "media"
TOMBSTONES = "erasures.jsonl"
# What belongs to the running house, media (they come by themselves), mails that have gone. And who was erased: a backup would
# bring back an old list, and those who were erased since with it.
NOT_COPIED = {LOCK, NOTE, "blobs", "mail", TOMBSTONES}
EXPORT = Statement(sa.select(sa.func.pg_export_snapshot()))
say = serving.say


class NotWhole(Exception):
    """A backup of which something is missing or changed."""


class Manifest(msgspec.Struct, frozen=True):
    """What a backup consists of. `files`: the SHA-256 of each, by its name in the directory.

    `missing` and `changed`: files of media that the house names and had not any more as they were, so that they are not here.
    """

    format: str
    house: str
    at: datetime
    database: str
    schema: tuple[str, ...]
    media: int
    files: dict[str, str]
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def lost(self) -> Iterator[str]:
        """A sentence for each file that the house had lost."""
        yield from (f"file {one} is missing: the backup has it not" for one in self.missing)
        yield from (f"file {one} is not what it was: the backup has it not" for one in self.changed)


def backup(name: str, data: Path, given: str, media: str, target: Path) -> int:
    """Make a backup in a directory that is not there yet; 2 when there is none afterwards, 1 when the house had lost files."""
    if elsewhere := verifying.not_the_houses(name, data, given):
        say(elsewhere)
        return 2
    if target.exists():
        say(f"{target} is there already; a backup is a directory of its own")
        return 2
    part = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True, mode=0o700)
        manifest = _written(name, data, given, media, part)
        owner_only.keep(part)
        part.rename(target)
    except (DatabaseError, OSError, Refused, NotWhole, postgres_programs.NotDone) as error:
        shutil.rmtree(part, ignore_errors=True)
        say(f"no backup was made: {error}")
        return 2
    _synced(target.parent)
    for one in manifest.lost():
        say(one)
    say(f"{target}: {manifest.database}, {manifest.media} files of media, {len(manifest.files)} files in all")
    return 1 if manifest.missing or manifest.changed else 0


def _written(name: str, data: Path, given: str, media: str, part: Path) -> Manifest:
    store, proof = BlobStore(storage_of(media, data / "blobs")), serving.HOUSES[name].proofs.MEDIA
    with closing(Database(serving.database_url(name, data, given))) as database:
        with database.read() as tx:
            early = list(proof.files(tx))
        _copy_media(store, early, part)  # what is missing now may be deleted before the snapshot: that asks again
        with database.read() as tx:
            named = list(proof.files(tx))
            kind = _snapshot(database, tx, part)
            schema = tuple(str(row[0]) for row in tx.rows(APPLIED))
            anchoring.put(part / ANCHOR, anchoring.of(name, tx, data))
    missing, changed = _copy_media(store, named, part)
    kept = {one for one, _ in named}
    for one in early:
        if one[0] not in kept:  # deleted after its time meanwhile: what the snapshot does not know stays nowhere
            _place(part, one[0]).unlink(missing_ok=True)
    _copy_files(name, data, part / FILES)
    sums = {path.relative_to(part).as_posix(): sum_of(path) for path in sorted(part.rglob("*")) if path.is_file()}
    count = sum(one.startswith(f"{MEDIA}/") for one in sums)
    manifest = Manifest(FORMAT, name, Clock().now(), kind, schema, count, sums, missing, changed)
    anchoring.put(part / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    return manifest


def _snapshot(database: Database, tx: Tx, part: Path) -> str:
    """The database as this transaction sees it, into one file."""
    if tx.dialect == "postgresql":
        exported = tx.rows(EXPORT)[0][0]
        url = database.engine().url
        postgres_programs.run(
            "pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={exported}",
            f"--file={part / POSTGRESQL}",
        )  # fmt: skip
        _synced(part / POSTGRESQL)
        return POSTGRESQL
    tx.copy_to(part / SQLITE)
    _synced(part / SQLITE)
    return SQLITE


def _copy_media(store: BlobStore, files: list[tuple[str, bool]], part: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Copy those that are not there yet. Which are missing and must not be, and which have other bytes than then: both stay out."""
    missing, changed = [], []
    for one, must in files:
        path = _place(part, one)
        if path.exists():
            continue
        try:
            data = store.read(one)
        except OSError:  # of a disk that has lost them
            data = b""
        except Refused as refused:
            if refused.kind != "missing":
                raise
            if must:
                missing.append(one)
            continue
        if hashlib.sha256(data).hexdigest() != one:
            changed.append(one)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tuple(missing), tuple(changed)


def _place(part: Path, one: str) -> Path:
    return part / MEDIA / one[:2] / one


def _copy_files(name: str, data: Path, target: Path) -> None:
    """Keys, files of finished long work, what stands for the bank: all of the directory but database, media and mails."""
    target.mkdir()
    for path in sorted(data.iterdir()):
        if path.name in NOT_COPIED or path.name.startswith(f"{name}.db"):
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name, ignore=shutil.ignore_patterns("*.part*"))
        else:
            shutil.copy2(path, target / path.name)


def sum_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(source: Path, name: str) -> Manifest:
    """The manifest of a backup that is whole: every file that it names is there as it was, and no other."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise NotWhole(f"{source} is no backup, or one that was not finished") from error
    if manifest.format != FORMAT or manifest.house != name:
        raise NotWhole(f"{source} is a backup of a {manifest.house}, not of a {name}")
    for wrong in _wrong(source, manifest):
        raise NotWhole(wrong)
    return manifest


def _wrong(source: Path, manifest: Manifest) -> Iterator[str]:
    there = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()} - {MANIFEST}
    yield from (f"{one} is missing in the backup" for one in sorted(manifest.files.keys() - there))
    yield from (f"{one} does not belong to the backup" for one in sorted(there - manifest.files.keys()))
    yield from (
        f"{one} is not what was backed up" for one, kept in manifest.files.items() if sum_of(source / one) != kept
    )
