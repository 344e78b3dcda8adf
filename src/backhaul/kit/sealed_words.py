"""What a person wrote, closed with a key of their own: in the chain of events, in documents and in every copy stands only this.

Destroying the key erases the words wherever they have come, without changing a byte of what is chained. With the words is closed how
they read without what leads to a person, for readers who shall not know who wrote them. The same words of one person are
closed alike: what is done again leaves the same event.
"""

import html
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from backhaul.kit.masking import masked

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

KEY_BYTES = 32
PREFIX = "sealed:"
PREFIX_BYTES = PREFIX.encode()
SEALED = re.compile(r"sealed:([0-9a-f]{16}):([A-Za-z0-9_-]{22,})")

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(tuple[str, str]).decode


class PersonKey(msgspec.Struct, frozen=True):
    """The key of one person. `id` stands in what was closed with it and tells nobody whose it is."""

    id: str
    secret: bytes


class Words(msgspec.Struct, frozen=True):
    """What was written, and how it reads for others."""

    full: str
    masked: str


def made() -> PersonKey:
    """A new key for a person."""
    return PersonKey(secrets.token_hex(8), secrets.token_bytes(KEY_BYTES))


def sealed(text: str, key: PersonKey, known: Iterable[str] = ()) -> str:
    """The words closed with the person's key; no words stay no words. `known`: names and addresses of who wrote them."""
    if not text:
        return ""
    said = _encode((text, masked(text, known)))
    return f"{PREFIX}{key.id}:{urlsafe_b64encode(_cipher(key).encrypt(said, None)).rstrip(b'=').decode()}"


def key_ids(text: str) -> set[str]:
    """Whose keys open what stands in a text."""
    return {found[1] for found in SEALED.finditer(text)} if PREFIX in text else set()


def words(token: str, keys: Mapping[str, PersonKey]) -> Words | None:
    """What was closed; None when its key is gone, or it is no such thing."""
    found = SEALED.fullmatch(token)
    key = keys.get(found[1]) if found else None
    if found is None or key is None:
        return None
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- loads slowly

    try:
        return Words(*_decode(_cipher(key).decrypt(urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4)), None)))
    except (InvalidTag, ValueError):  # somebody wrote what looks like it
        return None


def opened(text: str, keys: Mapping[str, PersonKey], gone: str, *, in_full: bool,
           written: Callable[[str], str] = str, hidden: Collection[str] = ()) -> str:  # fmt: skip
    """A text with what is closed in it opened, in full or masked; `gone` stands for words whose key is destroyed.

    `written`: how words stand in this kind of text (`in_json`, `in_html`). `hidden`: keys whose words are masked in any case.
    """

    def one(found: re.Match[str]) -> str:
        it = words(found[0], keys)
        return written(gone if it is None else it.full if in_full and found[1] not in hidden else it.masked)

    return SEALED.sub(one, text) if PREFIX in text else text


def in_json(text: str) -> str:
    """As a part of a string in JSON."""
    return msgspec.json.encode(text).decode()[1:-1]


def in_html(text: str) -> str:
    """As a part of a page, in a text or in an attribute."""
    return html.escape(text)


def _cipher(key: PersonKey) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 -- loads slowly

    return AESSIV(key.secret)
