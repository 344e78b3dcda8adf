"""Who must not come back with a backup: a line of a file beside the database for each. It holds a pseudonym and the id of a key, nothing else."""

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

LOG = logging.getLogger("backhaul.marketplace.erasing")


class Tombstone(msgspec.Struct, frozen=True):
    """Whose key was destroyed, and when."""

    customer_ref: str
    key_id: str
    erased_at: datetime


class NoTombstone(ValueError):
    """A line of a file from elsewhere says nothing of anybody; which one."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tombstone).decode
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


def of_file(content: bytes) -> list[Tombstone]:
    """The tombstones of a house that stood elsewhere. A last line that was never finished is left out, and said."""
    found = list[Tombstone]()
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(_decode(line))
        except UNREADABLE as error:
            if number < len(lines):
                raise NoTombstone(f"line {number} is no tombstone: {error}") from error
            LOG.warning("line %d was never finished: whoever it is of is not erased anew by it", number)
    return found


class Tombstones:
    """Of one house, in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __iter__(self) -> Iterator[Tombstone]:
        """As far as they can be read."""
        for line in self.file.read_bytes().splitlines() if self.file.is_file() else ():
            try:
                yield _decode(line)
            except UNREADABLE:
                LOG.exception("a tombstone cannot be read")

    def lay(self, stones: Iterable[Tombstone]) -> None:
        """Those that are not here yet, on the disk before this ends."""
        known = set(self)
        fresh = [one for one in stones if one not in known]
        if not fresh:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.file, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600), "ab+") as file:
            file.write(_end_of_torn(file) + b"".join(_encode(one) + b"\n" for one in fresh))
            file.flush()
            os.fsync(file.fileno())


def _end_of_torn(file: BinaryIO) -> bytes:
    """What a last line lacks that was never finished, so that the next one can be read."""
    if not file.seek(0, os.SEEK_END):
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"
