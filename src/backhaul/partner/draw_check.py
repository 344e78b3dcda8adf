"""Computes a published draw again, from its file alone: what `backhaul partner verify-draw` does."""

import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from backhaul.partner.rules import sampling

METHOD = "HMAC-SHA256(key, return_number) / 2^256 < share_pct / 100"


class Line(msgspec.Struct, frozen=True):
    """A unit in a published log."""

    return_number: str
    share_pct: int
    digest: str
    drawn: bool


class Published(msgspec.Struct, frozen=True):
    """A published epoch: the key, its hash, and the log."""

    key: str
    key_sha256: str
    draws: list[Line]


class Unreadable(Exception):
    """The file is no published draw."""


def read(data: bytes, key: str = "", key_sha256: str = "") -> Published:
    """A published file: the JSON document, or the CSV log together with the key from the page."""
    try:
        if data.lstrip()[:1] == b"{":
            found = msgspec.json.decode(data, type=Published)
            return msgspec.structs.replace(found, key=key or found.key, key_sha256=key_sha256 or found.key_sha256)
        lines = [_line(row) for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, ValueError, TypeError) as error:
        raise Unreadable(str(error)) from error
    return Published(key, key_sha256, lines)


def _line(row: dict[str, Any]) -> Line:
    return Line(row["return_number"], int(row["share_pct"]), row["digest"], {"yes": True, "no": False}[row["drawn"]])


def faults(found: Published) -> Iterator[str]:
    """What does not come out again, line by line."""
    try:
        key = bytes.fromhex(found.key)
    except ValueError:
        key = b""
    if not key:
        yield "there is no key: the epoch is not over yet, or the key was not given"
        return
    if found.key_sha256 and hashlib.sha256(key).hexdigest() != found.key_sha256.lower():
        yield "the key is not the one whose hash was published before the epoch"
    for line in found.draws:
        number = sampling.digest(key, line.return_number)
        if number != line.digest:
            yield f"{line.return_number}: the number is 0x{number[:12]}…, not 0x{line.digest[:12]}…"
        elif sampling.is_below(number, line.share_pct) is not line.drawn:
            is_drawn = "drawn" if not line.drawn else "not drawn"
            yield f"{line.return_number}: {sampling.decimal(number)} against {line.share_pct} % means {is_drawn}"
