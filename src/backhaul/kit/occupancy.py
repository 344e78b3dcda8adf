"""One house at a time in a data directory: a lock, and a note where the house inside answers (D29)."""

import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

LOCK = "house.lock"
NOTE = "house.json"


class Taken(Exception):
    """Somebody else runs a house in this directory."""


class Note(msgspec.Struct, frozen=True):
    """Where the running house answers, and the token for administration; readable by the owner of the directory only."""

    url: str
    token: str


class Occupancy:
    """Holds the lock from `__init__` until `leave`; the kernel lets go of it when the process dies."""

    def __init__(self, data: Path) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data = data
        self._file: IO[str] = (data / LOCK).open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Taken(str(data)) from None

    def put_note(self, note: Note) -> None:
        """Tell imports and administration where to hand in their work."""
        descriptor = os.open(self.data / NOTE, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(note))

    def leave(self) -> None:
        """Take the note away and free the directory."""
        (self.data / NOTE).unlink(missing_ok=True)
        self._file.close()


def note_of(data: Path) -> Note | None:
    """The note of the house that runs in a directory, if there is one."""
    try:
        return msgspec.json.decode((data / NOTE).read_bytes(), type=Note)
    except (OSError, msgspec.DecodeError):
        return None
