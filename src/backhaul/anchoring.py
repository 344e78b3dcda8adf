"""Writing an anchor of a house: for somebody outside to keep, beside a house that runs or without one."""

import os
from contextlib import closing
from itertools import chain
from pathlib import Path

from backhaul import serving, verifying
from backhaul.kit import anchors
from backhaul.kit.clock import Clock
from backhaul.kit.database import Database, DatabaseError, Tx
from backhaul.kit.keys import Seal

say = serving.say


def run(name: str, data: Path, given: str, target: Path, previous: Path | None) -> int:
    """Write the file and print its first line; 1 when the one before does not hold any more, 2 when nothing could be read.

    An anchor covers whatever stands there now, so the one before is held against it first: else a change would be covered up.
    """
    if elsewhere := verifying.not_the_houses(name, data, given):
        say(elsewhere)
        return 2
    if target.is_dir():
        say(f"{target} is a directory: an anchor is a file")
        return 2
    try:
        before = None if previous is None else anchors.read(previous, name)
        with closing(Database(serving.database_url(name, data, given))) as database, database.read() as tx:
            wrong = list(verifying.unanchored(name, tx, before)) if before is not None else []
            made = b"" if wrong else of(name, tx, data)
        if not wrong:
            put(target, made)
    except (anchors.NotAnAnchor, DatabaseError, OSError) as error:
        say(f"no anchor was written: {error}")
        return 2
    for fault in wrong:
        say(fault)
    if wrong:
        say(f"no anchor was written: {previous} does not hold any more")
        return 1
    print(made.partition(b"\n")[0].decode())  # noqa: T201 -- for whoever publishes it
    return 0


def of(name: str, tx: Tx, data: Path) -> bytes:
    """The anchor of what a transaction sees."""
    heads = chain.from_iterable(one.heads(tx) for one in serving.HOUSES[name].proofs.CHAINS)
    return anchors.written(name, Clock().now(), heads, Seal(data / "seal.key").derive("anchors"))


def put(path: Path, content: bytes) -> None:
    """A file, whole or not at all, and on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
