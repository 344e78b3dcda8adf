"""A machine whose power fails: SQLite's file system is ours (APSW), so every write and sync of a real house is known.

What was not synced may be on the disk whole, in part, or not at all, in any order, torn between sectors of 512 bytes. `Machine` puts
itself where `kit/database.py` finds its driver; `crashes` gives the files as a power cut could have left them.
"""

import random
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlparse

import apsw
import pytest

from backhaul.kit import database

SECTOR = 512
FILES = ("", "-wal", "-journal")

Op = tuple[str, str, int, bytes]  # what, which file, where, which bytes; or ("ack", "", n, b"")
Image = dict[str, bytearray]


class Machine(apsw.VFS):
    """Notes what SQLite does to the files of one database; the files themselves are real. `fail_at`: the call that fails."""

    def __init__(self, path: Path) -> None:
        self.vfs = f"power-{id(self):x}"
        super().__init__(self.vfs, "")
        self.path = str(path)
        self.ops: list[Op] | None = None
        self.pragmas: tuple[str, ...] = ()
        self.calls = 0
        self.fail_at = 0
        self.fails_on = False
        self.failed = 0

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 -- SQLite's word
        return File(self, name, flags)

    def note(self, what: str, file: str, where: int = 0, data: bytes = b"") -> None:
        if self.ops is not None:
            self.ops.append((what, file, where, data))

    def may_fail(self, error: type[Exception]) -> None:
        """The n-th call fails, once or from then on."""
        self.calls += 1
        if self.fail_at and (self.calls == self.fail_at or (self.fails_on and self.calls > self.fail_at)):
            self.failed += 1
            raise error("the disk")

    @contextmanager
    def plugged_in(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Every house that is opened meanwhile has its SQLite file here."""
        driver = SimpleNamespace(connect=self.connect, Error=sqlite3.Error)
        with monkeypatch.context() as patch:
            patch.setattr(database, "sqlite3", driver)
            yield

    def connect(self, name: str, *, uri: bool = False, **_: Any) -> "Connection":
        read_only = uri and "mode=ro" in name
        path = unquote(urlparse(name).path) if uri else name
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        return Connection(apsw.Connection(path, flags=flags, vfs=self.vfs), () if read_only else self.pragmas)

    def image(self) -> Image:
        """The files as they are now."""
        return {file: bytearray(_bytes(Path(self.path + file))) for file in FILES}


class File(apsw.VFSFile):
    """One file of the database."""

    def __init__(self, machine: Machine, name: Any, flags: list[int]) -> None:
        self.machine = machine
        whole = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.which = whole.removeprefix(machine.path) if whole and whole.startswith(machine.path) else "?"
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self.machine.may_fail(apsw.FullError)
        self.machine.note("write", self.which, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self.machine.may_fail(apsw.IOError)
        self.machine.note("truncate", self.which, size)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self.machine.may_fail(apsw.IOError)
        self.machine.note("sync", self.which)
        super().xSync(flags)


class Connection:
    """An APSW connection with the words of `sqlite3`, as far as `kit/database.py` says them."""

    def __init__(self, connection: apsw.Connection, pragmas: Sequence[str]) -> None:
        self._connection = connection
        self._pragmas = pragmas

    def execute(self, text: str, values: Mapping[str, Any] | None = None) -> "Result":
        with told():
            cursor = self._connection.execute(text, dict(values) if values else None)
            result = Result(cursor.fetchall(), self._connection.changes())
            if text.startswith("PRAGMA recursive_triggers"):  # the last of a writer's own: ours come after it
                for pragma in self._pragmas:
                    self._connection.execute(pragma)
            return result

    def executemany(self, text: str, rows: Sequence[Sequence[Any]]) -> "Result":
        with told():
            changed = 0
            for row in rows:
                self._connection.execute(text, tuple(row))
                changed += self._connection.changes()
            return Result([], changed)

    def cursor(self) -> "Cursor":
        return Cursor(self)

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.in_transaction)

    def close(self) -> None:
        """As `sqlite3`, which says nothing of what its files said before."""
        with suppress(apsw.Error):
            self._connection.close()


class Cursor:
    """Remembers how many rows the last statement changed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.rowcount = -1

    def executemany(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        self.rowcount = self._connection.executemany(text, rows).rowcount


class Result:
    """Rows, and how many were changed."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


@contextmanager
def told() -> Iterator[None]:
    """APSW's errors as `sqlite3` names them."""
    try:
        yield
    except apsw.Error as error:
        raised = sqlite3.OperationalError(str(error))
        code = getattr(error, "extendedresult", 0)
        raised.sqlite_errorname = str(apsw.mapping_extended_result_codes.get(code, ""))
        raise raised from error


def crashes(base: Image, ops: Sequence[Op], count: int, chance: random.Random) -> Iterator[tuple[int, Image]]:
    """`count` moments at which power fails, evenly over all that happened: how many works were acknowledged, and what is on the disk."""
    durable = {file: bytearray(data) for file, data in base.items()}
    pending: list[Op] = []
    acked, given = 0, 0
    for n, op in enumerate(ops):
        what, file, where, _ = op
        if what == "ack":
            acked = where
        elif what == "sync":
            for one in pending:
                if one[1] == file:
                    _apply(durable[file], one)
            pending = [one for one in pending if one[1] != file]
        elif file in FILES:
            pending.append(op)
        while given * len(ops) < (n + 1) * count:
            given += 1
            yield acked, _left(durable, pending, chance)


def _left(durable: Image, pending: list[Op], chance: random.Random) -> Image:
    """One of the states that the disk may be in."""
    left = {file: bytearray(data) for file, data in durable.items()}
    way = chance.randrange(5)
    upto = chance.randrange(len(pending) + 1)
    for n, op in enumerate(pending):
        match way:
            case 0:  # nothing of it
                break
            case 1:  # all of it
                _apply(left[op[1]], op)
            case 2:  # in order, up to somewhere
                if n < upto:
                    _apply(left[op[1]], op)
            case 3:  # some, whole
                if chance.random() < 0.5:
                    _apply(left[op[1]], op)
            case _:  # some sectors of some
                if chance.random() < 0.8:
                    _apply(left[op[1]], op, chance)
    return left


def _apply(data: bytearray, op: Op, torn: random.Random | None = None) -> None:
    what, _, where, new = op
    if what == "truncate":
        if torn is None or torn.random() < 0.5:
            del data[where:]
        return
    if len(data) < where + len(new):
        data.extend(bytes(where + len(new) - len(data)))
    if torn is None:
        data[where : where + len(new)] = new
        return
    start = where
    while start < where + len(new):
        end = min((start // SECTOR + 1) * SECTOR, where + len(new))
        if torn.random() < 0.5:
            data[start:end] = new[start - where : end - where]
        start = end


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
