"""An anchor: the heads of all chains at one moment, in a file that somebody outside keeps.

The first line is what is published: a signed JSON object with the SHA-256 of all lines that follow. Whoever kept that line alone
knows by it whether a file that the house shows later is the one of then. Each other line is a head: noun, case, seq, hash.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from backhaul.kit.chains import Head

FORMAT = "backhaul anchor 1"


class NotAnAnchor(Exception):
    """A file that is none, or not as it was signed."""


class Line(msgspec.Struct, frozen=True):
    """What is published. `public_key` is Ed25519's, in hexadecimal digits as everything here."""

    format: str
    house: str
    at: datetime
    chains: int
    sha256: str
    public_key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return msgspec.json.encode(msgspec.structs.replace(self, signature=""))


class Anchor(msgspec.Struct, frozen=True):
    """A whole file."""

    line: Line
    heads: tuple[Head, ...]


def written(house: str, at: datetime, heads: Iterable[Head], secret: str) -> bytes:
    """The file. `secret`: 64 hexadecimal digits that the house keeps, its Ed25519 key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 -- loads slowly

    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    lines = [f"{one.noun} {one.case_id} {one.seq} {one.hash.hex()}\n" for one in heads]
    body = "".join(lines).encode()
    unsigned = Line(FORMAT, house, at, len(lines), hashlib.sha256(body).hexdigest(),
                    key.public_key().public_bytes_raw().hex())  # fmt: skip
    signature = key.sign(unsigned.signed_bytes()).hex()
    return msgspec.json.encode(msgspec.structs.replace(unsigned, signature=signature)) + b"\n" + body


def read(path: Path, house: str) -> Anchor:
    """A file that was kept; `NotAnAnchor` when it is another house's, or a byte of it is not as it was signed."""
    first, _, body = path.read_bytes().partition(b"\n")
    try:
        line = msgspec.json.decode(first, type=Line)
        heads = tuple(_heads(body.decode()))
    except (msgspec.DecodeError, ValueError) as error:
        raise NotAnAnchor(f"{path} is no anchor") from error
    if line.format != FORMAT or line.house != house:
        raise NotAnAnchor(f"{path} is no anchor of a {house}")
    if first != msgspec.json.encode(line) or hashlib.sha256(body).hexdigest() != line.sha256 or not _is_signed(line):
        raise NotAnAnchor(f"{path} is not as it was signed")
    return Anchor(line, heads)


def _heads(body: str) -> Iterator[Head]:
    for line in body.splitlines():
        noun, case_id, seq, kept = line.split(" ")
        yield Head(noun, int(case_id), int(seq), bytes.fromhex(kept))


def _is_signed(line: Line) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- loads slowly
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    if (line.public_key + line.signature).lower() != line.public_key + line.signature:
        return False  # one way to write it: who compares lines compares bytes
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(line.public_key))
        key.verify(bytes.fromhex(line.signature), line.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True
