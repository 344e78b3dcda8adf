"""A file of orders, piece by piece; of a large one a process of its own reads and judges the next piece while this one is loaded.

`python -m backhaul.marketplace.order_pieces FILE AT_US MOST` is that process: it writes `Piece`s to its output, each behind its length.
"""

import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from backhaul.kit.days import from_us, to_us
from backhaul.marketplace.order_faults import BadHeader, BadRow
from backhaul.marketplace.orders import OrderLine, read_numbered

APART_BYTES = 1_000_000  # a smaller file is read before such a process has begun
LENGTH_BYTES = 4
encode = msgspec.msgpack.Encoder().encode


class Piece(msgspec.Struct, tag=True):
    """Some rows of the file that follow one another, each with the line where it starts, and their faults.

    `last`: the line of the last of them. `read`: how many bytes of the file were read by then.
    """

    number: int
    good: list[tuple[int, OrderLine]] = []
    bad: list[BadRow] = []
    last: int = 0
    read: int = 0


class _Headless(msgspec.Struct, tag=True):
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    duplicate: tuple[str, ...]
    hint: str | None


def pieces(rows: Iterable[tuple[int, OrderLine | BadRow]], most: int) -> Iterator[Piece]:
    """At least one piece, of `most` rows or faults; all that was found in one row is in one piece."""
    piece, count = Piece(0), 0
    for line, row in rows:
        if count >= most and line != piece.last:
            yield piece
            piece, count = Piece(piece.number + 1), 0
        piece.last = line
        count += 1
        if isinstance(row, BadRow):
            piece.bad.append(row)
        else:
            piece.good.append((line, row))
    yield piece


def of_file(source: Path, at: datetime, most: int) -> Generator[Piece, None, None]:
    """`BadHeader` with the first of them; `subprocess.CalledProcessError` when the reader of a large file dies."""
    return here(source, at, most) if source.stat().st_size < APART_BYTES else _apart(source, at, most)


def here(source: Path, at: datetime, most: int) -> Generator[Piece, None, None]:
    """The same, read by this process."""
    with source.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", "surrogateescape", newline="") as file:
        for piece in pieces(read_numbered(file, at), most):
            piece.read = raw.tell()
            yield piece


def _apart(source: Path, at: datetime, most: int) -> Generator[Piece, None, None]:
    words = [sys.executable, "-m", __name__, str(source), str(to_us(at)), str(most)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    told_by = cast("BinaryIO", child.stdout)
    decode = msgspec.msgpack.Decoder(Piece | _Headless).decode
    try:
        while head := told_by.read(LENGTH_BYTES):
            told = decode(told_by.read(int.from_bytes(head, "big")))
            if isinstance(told, _Headless):
                raise BadHeader(told.missing, told.unknown, told.duplicate, told.hint)
            yield told
        if child.wait() != 0:
            raise subprocess.CalledProcessError(child.returncode, words)
    finally:
        child.kill()
        child.wait()
        told_by.close()


def _tell(source: Path, at: datetime, most: int, to: BinaryIO) -> None:
    try:
        for piece in here(source, at, most):
            _frame(encode(piece), to)
    except BadHeader as error:
        _frame(encode(_Headless(error.missing, error.unknown, error.duplicate, error.hint)), to)


def _frame(body: bytes, to: BinaryIO) -> None:
    to.write(len(body).to_bytes(LENGTH_BYTES, "big"))
    to.write(body)
    to.flush()


if __name__ == "__main__":
    os.nice(5)  # people may wait for the house beside it
    with suppress(BrokenPipeError, KeyboardInterrupt):  # whoever asked is gone
        _tell(Path(sys.argv[1]), from_us(int(sys.argv[2])), int(sys.argv[3]), sys.stdout.buffer)
