"""Putting a backup back where no house is, and proving that it is the house of then before anybody serves it.

On SQLite nothing stands in the house's directory until everything is proven; on PostgreSQL an empty database is filled first.
"""

import os
import shutil
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from backhaul import backing_up, serving, verifying
from backhaul.kit import anchors, migrations, postgres_programs, row_owners
from backhaul.kit.blobs import BlobStore
from backhaul.kit.database import Database, DatabaseError
from backhaul.kit.machine import Refused
from backhaul.kit.object_storage import storage_of

say = serving.say


class InTheWay(Exception):
    """Where the house should go, there is something."""


def restore(name: str, source: Path, data: Path, given: str, media: str) -> int:
    """The exit code: 0 the house is there and proven, 1 it is there and differs, 2 nothing was put back."""
    part = data.with_name(f"{data.name}.unfinished")
    try:
        manifest = backing_up.read(source, name)
        _check_free(data, given, manifest)
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source / backing_up.FILES, part)
        _put_media(source, BlobStore(storage_of(media, part / "blobs")))
        _put_database(name, source, part, given, manifest)
    except (backing_up.NotWhole, InTheWay, postgres_programs.NotDone, DatabaseError, OSError, Refused) as error:
        shutil.rmtree(part, ignore_errors=True)
        say(f"nothing was restored: {error}")
        return 2
    found = verifying.verify(name, part, given, media, source / backing_up.ANCHOR)
    same = found == 0 and _has_no_more(name, part, given, source)
    if not same:
        say(f"what was restored is not the house of then: {part} is left for a look, do not serve it")
        return 1
    os.sync()
    part.rename(data)
    say(f"{data}: the {name} of {manifest.at:%Y-%m-%d %H:%M:%S} UTC, {manifest.media} files of media")
    return 0


def _check_free(data: Path, given: str, manifest: backing_up.Manifest) -> None:
    embedded = serving.is_embedded(given)
    if embedded != (manifest.database == backing_up.SQLITE):
        raise InTheWay(f"the backup is a {manifest.database}: restore it to {'PostgreSQL' if embedded else 'SQLite'}")
    if data.exists() and any(data.iterdir()):
        raise InTheWay(f"{data} is not empty: a house is only restored where none is")
    if data.exists():
        data.rmdir()
    if embedded and given and Path(Database(given).path).exists():
        raise InTheWay(f"{Database(given).path} is there already")
    if not embedded:
        with closing(Database(given)) as database:
            engine = database.engine()
            try:
                tables = sa.inspect(engine).get_table_names()
            except sa.exc.OperationalError as error:
                raise InTheWay(f"the database cannot be reached: {error.orig}") from error
            finally:
                engine.dispose()
        if tables:
            raise InTheWay("the database has tables: a house is only restored into an empty one (createdb)")


def _put_media(source: Path, store: BlobStore) -> None:
    for path in sorted((source / backing_up.MEDIA).rglob("*")):
        if path.is_file():
            store.put_back(path.name, path.read_bytes())


def _put_database(name: str, source: Path, part: Path, given: str, manifest: backing_up.Manifest) -> None:
    url = serving.database_url(name, part, given)
    if manifest.database == backing_up.SQLITE:
        path = Path(Database(url).path)
        path.parent.mkdir(parents=True, exist_ok=True)
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
