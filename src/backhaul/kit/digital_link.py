"""Our own parcels and documents as GS1 Digital Links, and what a resolver says of one. Pure.

A parcel or carton is a logistic unit: SSCC (00). What somebody shows at a counter is a document: GDTI (253), its serial is the code.
Both begin with the GS1 company prefix of the house; our own number stands beside as company internal information (91).
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from backhaul.kit.gs1 import escaped, has_check_digit

SSCC, GDTI, INTERNAL = "00", "253", "91"
SSCC_DIGITS, GDTI_DIGITS, DOCUMENT_CHARACTERS_MAX = 18, 13, 17
PREFIX = re.compile(r"\d{4,10}", re.ASCII)
ADDRESS = re.compile(r"https?://[^/?#\s]+(?:/[^?#\s]*)?")
DOCUMENT = re.compile(r"(\d{13})([0-9A-Z]{1,17})", re.ASCII)
DEFAULT, TRACEABILITY = "https://ref.gs1.org/voc/defaultLink", "https://ref.gs1.org/voc/traceability"


class Link(msgspec.Struct, frozen=True):
    """Where something about a thing stands."""

    relation: str
    href: str
    media_type: str


def check_digit(digits: str) -> str:
    """The digit that makes these a number of GS1: weights 3 and 1 from the right."""
    weighed = sum(int(digit) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(reversed(digits)))
    return str((10 - weighed % 10) % 10)


def sscc(prefix: str, extension: int, serial: int) -> str:
    """The SSCC of a thing of ours: `extension` (0 to 9) says what it is. Nothing when prefix or serial do not fit."""
    places = SSCC_DIGITS - 2 - len(prefix)
    if PREFIX.fullmatch(prefix) is None or not 0 <= serial < 10**places:
        return ""
    digits = f"{extension}{prefix}{serial:0{places}}"
    return digits + check_digit(digits)


def of_sscc(prefix: str, text: str) -> tuple[int, int] | None:
    """Extension and serial of an SSCC of this prefix; None for another's, and for no SSCC at all."""
    if len(text) != SSCC_DIGITS or not has_check_digit(text) or not prefix or not text[1:].startswith(prefix):
        return None
    return int(text[0]), int(text[1 + len(prefix) : -1])


def gdti(prefix: str, kind: int, serial: str) -> str:
    """The GDTI of a document of ours: `kind` says which, `serial` is its code. Nothing when they do not fit."""
    places = GDTI_DIGITS - 1 - len(prefix)
    digits = f"{prefix}{kind:0{places}}"
    if (
        PREFIX.fullmatch(prefix) is None
        or len(digits) != GDTI_DIGITS - 1
        or not 1 <= len(serial) <= DOCUMENT_CHARACTERS_MAX
    ):
        return ""
    return f"{digits}{check_digit(digits)}{serial}"


def of_gdti(prefix: str, text: str) -> tuple[int, str] | None:
    """Kind and serial of a document of this prefix; None for another's, and for none at all."""
    found = DOCUMENT.fullmatch(text)
    if found is None or not has_check_digit(found[1]) or not prefix or not found[1].startswith(prefix):
        return None
    return int(found[1][len(prefix) : -1]), found[2]


def uri(web: str, identifier: str, value: str, **internal: str) -> str:
    """`https://house.example/00/…`; further identifiers stand in the query, by their number after an underscore."""
    more = "&".join(f"{name.lstrip('_')}={escaped(said)}" for name, said in internal.items())
    return f"{web}/{identifier}/{escaped(value)}{'?' + more if more else ''}"


def is_address(text: str) -> bool:
    """Whether a house can be reached under this address, as it stands in codes."""
    return ADDRESS.fullmatch(text) is not None


def misfits(public_address: str, gs1_prefix: str) -> Iterator[str]:
    """Those of these two fields of a policy that make no link."""
    if public_address and not is_address(public_address):
        yield "public_address"
    if PREFIX.fullmatch(gs1_prefix) is None:
        yield "gs1_prefix"


def linkset(anchor: str, links: Sequence[Link]) -> bytes:
    """All links of a thing as RFC 9264 wants it."""
    by_relation: dict[str, object] = {"anchor": anchor}
    for link in links:
        by_relation[link.relation] = [{"href": link.href, "type": link.media_type}]
    return msgspec.json.encode({"linkset": [by_relation]})


def description(web: str, keys: Sequence[str]) -> bytes:
    """What a resolver says of itself under `/.well-known/gs1resolver`."""
    return msgspec.json.encode({
        "name": "Backhaul", "resolverRoot": web, "supportedPrimaryKeys": list(keys),
        "linkTypeDefaultCanBeLinkset": False, "supportedContextValuesEnumerated": [],
    })  # fmt: skip
