"""API keys (shown once, stored as a hash), passwords, session tokens, sealed secrets."""

import hashlib
import os
import threading
import zlib
from collections.abc import Callable
from functools import cache
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pwdlib import PasswordHash

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PUBLIC_CHARACTERS = 8
SECRET_CHARACTERS = 30
CHECK_CHARACTERS = 6
ARGON = "$argon2"  # how every hash of a password begins

Chance = Callable[[int], bytes]


class NewKey(msgspec.Struct, frozen=True):
    """A key just made: `text` is shown once and never stored."""

    text: str
    public_id: str
    digest: bytes
    last4: str


def make_key(*, read_only: bool, chance: Chance = os.urandom) -> NewKey:
    """`bh_rw_` or `bh_ro_`, 8 public characters, 30 secret ones (178 bits), 6 of CRC32 for secret scanners (D19)."""
    public_id = _characters(PUBLIC_CHARACTERS, chance)
    body = f"bh_{'ro' if read_only else 'rw'}_{public_id}_{_characters(SECRET_CHARACTERS, chance)}"
    text = body + _check(body)
    return NewKey(text, public_id, digest(text), text[-4:])


def public_id_of(text: str) -> str | None:
    """The public id in a key, or None when the text is no key of ours (form and check sum)."""
    parts = text.split("_")
    if len(parts) != 4 or parts[0] != "bh" or parts[1] not in {"rw", "ro"} or len(parts[2]) != PUBLIC_CHARACTERS:
        return None
    body, check = text[:-CHECK_CHARACTERS], text[-CHECK_CHARACTERS:]
    return parts[2] if text.isascii() and compare_digest(check, _check(body)) else None


def says_read_only(text: str) -> bool:
    """Whether a key names itself read-only."""
    return text.startswith("bh_ro_")


def digest(text: str) -> bytes:
    """SHA-256: enough for 178 random bits, and quick."""
    return hashlib.sha256(text.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Compare without telling by the time it takes."""
    return compare_digest(one, other)


def session_token(chance: Chance = os.urandom) -> str:
    """A random 192-bit text for a cookie; only its digest is stored."""
    return chance(24).hex()


@cache
def _passwords() -> "PasswordHash":
    from pwdlib import PasswordHash  # noqa: PLC0415 -- argon2 loads slowly and only sign-in needs it

    return PasswordHash.recommended()


def hash_password(password: str) -> str:
    """Argon2id with its own salt."""
    return _passwords().hash(password)


def password_fits(password: str, hashed: str) -> bool:
    """Whether the password belongs to the hash; one that is none (empty, or of nobody we know) costs the same time and never fits."""
    if not hashed.startswith(ARGON):
        _passwords().verify(password, _nobody())
        return False
    return _passwords().verify(password, hashed)


@cache
def _nobody() -> str:
    return hash_password("nobody's password")


class Seal:
    """Seals what must be read again (another house's secrets): AES and HMAC under a key file that only we can read."""

    def __init__(self, key_file: Path) -> None:
        from cryptography.fernet import Fernet  # noqa: PLC0415 -- loads slowly

        if not key_file.exists():
            _put_first(key_file, Fernet.generate_key())
        self._key = key_file.read_bytes()
        self._fernet: Fernet = Fernet(self._key)

    def close(self, text: str) -> bytes:
        """The sealed form of a secret."""
        return self._fernet.encrypt(text.encode())

    def derive(self, purpose: str) -> str:
        """Another secret for one purpose, the same at every start."""
        return hashlib.sha256(self._key + purpose.encode()).hexdigest()

    def open(self, sealed: bytes) -> str:
        """The secret again."""
        return self._fernet.decrypt(sealed).decode()


def _put_first(path: Path, content: bytes) -> None:
    """Write a file that only we can read, whole or not at all; if another process was quicker, it has its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".part{os.getpid()}-{threading.get_ident()}")
    with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _characters(count: int, chance: Chance) -> str:
    number = int.from_bytes(chance(count + 8), "big")
    return _base62(number, count)


def _check(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECK_CHARACTERS)


def _base62(number: int, count: int) -> str:
    text = ""
    for _ in range(count):
        number, rest = divmod(number, len(ALPHABET))
        text = ALPHABET[rest] + text
    return text
