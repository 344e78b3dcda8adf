"""Putting a backup back where no house is, and proving that it is the house of then before anybody serves it.

On SQLite nothing stands in the house's directory until everything is proven; on PostgreSQL an empty database is filled first.
"""

import os
import shlex
import shutil
from contextlib import closing
from pathlib import Path

import msgspec
import sqlalchemy as sa

from backhaul import backing_up, serving, verifying
from backhaul.kit import anchors, migrations, owner_only, postgres_programs, row_owners
from backhaul.kit.blobs import BlobStore
from backhaul.kit.database import Database, DatabaseError
from backhaul.kit.machine import Refused
from backhaul.kit.object_storage import storage_of

say = serving.say


class InTheWay(Exception):
    """Where the house should go, there is something."""


def restore(name: str, source: Path, data: Path, given: str, media: str) -> int:
    """The exit code: 0 the house is there and proven, 1 it is there and differs, or lacks files that were lost before, 2 there is none."""
    data = data.resolve()
    part = data.parent / f"{data.name}.unfinished"
    given = "" if _file(given) == data / f"{name}.db" else given  # the default, said aloud
    begun: list[str] = []
    try:
        manifest = backing_up.read(source, name)
        _check_free(data, part, given, manifest)
        rotten = _put(name, source, part, given, media, manifest, begun)
    except (
        backing_up.NotWhole, InTheWay, postgres_programs.NotDone, DatabaseError, sa.exc.SQLAlchemyError, OSError, Refused,
    ) as error:  # fmt: skip
        say(f"no house was restored: {error}" if begun else f"nothing was restored: {error}")
        for left in begun:
            say(left)
        return 2
    manifest = msgspec.structs.replace(manifest, changed=(*manifest.changed, *rotten))
    lost = frozenset({*manifest.missing, *manifest.changed})
    found = verifying.verify(name, part, given, media, source / backing_up.ANCHOR, lost)
    same = found == 0 and _has_no_more(name, part, given, source)
    if not same:
        say(f"what was restored is not the house of then: {part} is left for a look, do not serve it")
        return 1
    os.sync()
    try:
        part.rename(data)
    except OSError as error:
        say(f"the house is there and proven, but stands in {part}, which cannot become {data}: {error.strerror}")
        return 1
    say(f"{data}: the {name} of {manifest.at:%Y-%m-%d %H:%M:%S} UTC, {manifest.media} files of media")
    for one in manifest.lost():
        say(one)
    say(
        "passwords, second factors, recovery codes and sessions are those of then: what was used up, changed, ended or reset "
        "since counts again; whoever it may concern changes the password and makes new recovery codes, or is reset"
    )
    _tell_of_the_erased(name, data, given)
    return 1 if lost else 0


def _tell_of_the_erased(name: str, data: Path, given: str) -> None:
    """No backup has the tombstones: those who were erased after it are in it, and nobody here knows who they are."""
    if name != "marketplace":
        return
    where = f"--data {shlex.quote(str(data))}{' --database …' if given else ''}"
    say(
        "before you serve it, erase anew who was erased since, by what the house of before wrote down: "
        f"backhaul marketplace erase-again {where} --from {backing_up.TOMBSTONES}"
    )


def _file(given: str) -> Path | None:
    """The file of an embedded database that was named."""
    return Path(Database(given).path).resolve() if given and serving.is_embedded(given) else None


def _check_free(data: Path, part: Path, given: str, manifest: backing_up.Manifest) -> None:
    embedded, file = serving.is_embedded(given), _file(given)
    if embedded != (manifest.database == backing_up.SQLITE):
        raise InTheWay(f"the backup is a {manifest.database}: restore it to {'PostgreSQL' if embedded else 'SQLite'}")
    if data.exists() and any(data.iterdir()):
        raise InTheWay(f"{data} is not empty: a house is only restored where none is")
    if data.is_mount():
        raise InTheWay(f"{data} is a disk's own place: restore to a directory in it")
    if part.exists():
        raise InTheWay(f"{part} is there, of an earlier restore: look at it, then delete it")
    if file is not None and (file.is_relative_to(data) or file.is_relative_to(part)):
        raise InTheWay(f"{file} is in {data}, and not its own database: leave --database out, or name a file elsewhere")
    if file is not None and file.exists():
        raise InTheWay(f"{file} is there already")
    if not embedded and _has_tables(given):
        raise InTheWay("the database has tables: a house is only restored into an empty one (createdb)")


def _has_tables(given: str) -> bool:
    with closing(Database(given)) as database:
        engine = database.engine()
        try:
            return bool(sa.inspect(engine).get_table_names())
        except sa.exc.OperationalError as error:
            raise InTheWay(f"the database cannot be reached: {error.orig}") from error
        finally:
            engine.dispose()


def _put(
    name: str, source: Path, part: Path, given: str, media: str, manifest: backing_up.Manifest, begun: list[str]
) -> list[str]:
    """Everything to its place; files of media that were rotten already. `begun`: sentences about what stays when this fails."""
    part.mkdir(mode=0o700, parents=True)  # nobody else enters while files are copied
    try:
        _put_files(source / backing_up.FILES, part)
        if media:
            begun.append(f"files of media are in {media}: they do no harm, and the next restore takes them as they are")
        rotten = _put_media(source, BlobStore(storage_of(media, part / "blobs")))
        _put_database(name, source, part, given, manifest, begun)
        owner_only.keep(part)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        if (file := _file(given)) is not None:
            for end in ("", "-wal", "-shm"):
                file.with_name(f"{file.name}{end}").unlink(missing_ok=True)
        raise
    return rotten


def _put_files(files: Path, part: Path) -> None:
    for path in sorted(files.iterdir()):
        if (
            path.name == backing_up.TOMBSTONES
        ):  # of a backup that an earlier release made: it says less than is known since
            continue
        if path.is_dir():
            shutil.copytree(path, part / path.name)
        else:
            shutil.copy2(path, part / path.name)


def _put_media(source: Path, store: BlobStore) -> list[str]:
    """Which were not what their name says when an earlier release copied them."""
    rotten = []
    for path in sorted((source / backing_up.MEDIA).rglob("*")):
        if path.is_file():
            if backing_up.sum_of(path) == path.name:
                store.put_back(path.name, path.read_bytes())
            else:
                rotten.append(path.name)
    return rotten


def _put_database(
    name: str, source: Path, part: Path, given: str, manifest: backing_up.Manifest, begun: list[str]
) -> None:
    url = serving.database_url(name, part, given)
    if manifest.database == backing_up.SQLITE:
        path = Path(Database(url).path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(0o600, exist_ok=False)
        shutil.copyfile(source / backing_up.SQLITE, path)
    with closing(Database(url)) as database:
        if manifest.database == backing_up.POSTGRESQL:
            engine = database.engine()
            with engine.begin() as connection:  # what the rows' policies name
                row_owners.make_roles(connection, _metadata(name).info.get(row_owners.OWNERS, ()))
            postgres_programs.run(
                "pg_restore", engine.url, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
                str(source / backing_up.POSTGRESQL),
            )  # fmt: skip
            engine.dispose()
            begun.append("the database has tables now: drop it and make it anew (dropdb, createdb)")
        migrations.upgrade(database, f"backhaul.{name}", _metadata(name))  # and grants


def _metadata(name: str) -> sa.MetaData:
    metadata: sa.MetaData = serving.HOUSES[name].proofs.t.metadata
    return metadata


def _has_no_more(name: str, part: Path, given: str, source: Path) -> bool:
    """The anchor holds: every chain of then is there. And there is no other, and none is longer."""
    kept = anchors.read(source / backing_up.ANCHOR, name)
    with closing(Database(serving.database_url(name, part, given))) as database, database.read() as tx:
        heads = tuple(head for chain in serving.HOUSES[name].proofs.CHAINS for head in chain.heads(tx))
    return heads == kept.heads
