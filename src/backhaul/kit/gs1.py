"""Codes as GS1 writes them: article numbers with their check digit, element strings as a scanner types them, Digital Links. Pure."""

import re

GTIN_LENGTHS = (8, 12, 13, 14)
GTIN_DIGITS = 14
SSCC_DIGITS = 18
# What a scanner may put before a code to say which symbol it read (ISO/IEC 15424): `]C1` GS1-128, `]d2` GS1 DataMatrix ...
SYMBOLOGY = re.compile(r"^\](?:[A-Za-z][0-9])")
# FNC1 between elements, and what scanners and people type where that character cannot be typed.
SEPARATOR = "\x1d"
SEPARATORS = re.compile(r"\x1d|␝|<GS>|\{GS\}|\[GS\]|<FNC1>|\{FNC1\}", re.IGNORECASE)
# What a serial number may hold: 20 characters of the set 82 (General Specifications, section 7.11).
SERIAL = re.compile(r"[!\"%-?A-Z_a-z]{1,20}")
UNRESERVED_NOT = re.compile(r"[^A-Za-z0-9._~-]")
RESOLVER = "https://id.gs1.org"
BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")

# A unit or a parcel as a GS1 Digital Link on any host: the path from its key on.
LINK = re.compile(
    r"https?://[^/?#\s]+/(?:[^?#\s]*?/)??((?:(?:01|00)/\d+|253/\d{13}[^/?#\s]*)(?:/[^?#\s]*)?)(?:\?([^#]*))?(?:#.*)?",
    re.IGNORECASE,
)
ESCAPES = re.compile(r"(?:%[0-9A-F]{2})+", re.IGNORECASE)

# Application identifiers whose value has a fixed length: they need no separator.
FIXED = {
    "00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2, "402": 17,
    "410": 13, "411": 13, "412": 13, "413": 13, "414": 13, "415": 13, "416": 13, "417": 13, "8005": 6,
}  # fmt: skip
# Those of the logistic measures, 310n to 369n: four digits and six of value.
MEASURES = re.compile(r"3[1-6]\d\d")
VARIABLE = (
    "8003", "8004", "240", "241", "242", "243", "250", "251", "253", "254", "255", "400", "401", "403", "420", "421",
    "10", "21", "22", "30", "37", "90", "91", "92", "93", "94", "95", "96", "97", "98", "99",
)  # fmt: skip


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is the one that the others ask for: weights 3 and 1 from the right."""
    if not digits.isascii() or not digits.isdigit() or len(digits) < GTIN_LENGTHS[0]:
        return False
    weighed = sum(int(digit) * (3 if n % 2 == 0 else 1) for n, digit in enumerate(reversed(digits[:-1])))
    return (10 - weighed % 10) % 10 == int(digits[-1])


def gtin(text: str) -> str:
    """An article number of 8, 12, 13 or 14 digits as 14 digits; nothing when it is none."""
    digits = text.strip()
    return digits.zfill(GTIN_DIGITS) if len(digits) in GTIN_LENGTHS and has_check_digit(digits) else ""


def digital_link(gtin_text: str, serial: str) -> str:
    """The unit as a GS1 Digital Link, in the canonical form; nothing when number or serial number is none."""
    digits = gtin(gtin_text)
    if not digits or SERIAL.fullmatch(serial) is None:
        return ""
    return f"{RESOLVER}/01/{digits}/21/{escaped(serial)}"


def escaped(text: str) -> str:
    """The text as one segment of a URI (RFC 3986): what is not unreserved is written as the bytes of UTF-8."""
    return UNRESERVED_NOT.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def without_symbology(text: str) -> str:
    """The code without what the scanner says of the symbol, and without an FNC1 before the first element."""
    return SEPARATORS.sub(SEPARATOR, SYMBOLOGY.sub("", text.strip(), count=1)).removeprefix(SEPARATOR)


def elements(text: str) -> dict[str, str]:
    """The elements of an element string or of a Digital Link by application identifier; empty when it is neither.

    `(01)04600000000015(21)AB12` and `010460000000001521AB12` are alike. Where a scanner drops the separators, the last
    element of a variable length has swallowed the rest: only its beginning is certain.
    """
    code = without_symbology(text)
    link = LINK.fullmatch(code)
    if link is not None:
        return _of_link(link[1].rstrip("/").split("/"), link[2] or "")
    if code.startswith("("):
        found = BRACKETED.findall(code)
        whole = "".join(f"({ai}){value}" for ai, value in found) == code
        told = {ai: value.strip(SEPARATOR) for ai, value in found}
        return told if whole and all(told.values()) else {}
    found_here: dict[str, str] = {}
    while code:
        ai, length = _identifier(code)
        if not ai:
            return {}
        value, code = _value(code[len(ai) :], length)
        if not value:
            return {}
        found_here.setdefault(ai, value)
    return found_here


def _of_link(path: list[str], query: str) -> dict[str, str]:
    """The elements of a path of identifiers and values, and of a query; a number of fewer digits as 14."""
    if len(path) % 2 or not all(ai in FIXED or ai in VARIABLE for ai in path[::2]):
        return {}
    found = {ai: _unescaped(value) for ai, value in zip(path[::2], path[1::2], strict=True)}
    more = (part.partition("=")[::2] for part in query.split("&"))
    found = {ai: _unescaped(value) for ai, value in more if value and (ai in FIXED or ai in VARIABLE)} | found
    if "01" in found:
        found["01"] = gtin(found["01"])
    fits = all(len(value) == FIXED.get(ai, len(value)) and value for ai, value in found.items())
    return found if fits else {}


def _unescaped(text: str) -> str:
    return ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(errors="replace"), text)


def _identifier(code: str) -> tuple[str, int]:
    """The application identifier that a rest begins with, and the length of its value; 0: up to the separator."""
    for digits in (2, 3, 4):
        if code[:digits] in FIXED:
            return code[:digits], FIXED[code[:digits]]
    if MEASURES.match(code):
        return code[:4], 6
    return next(((ai, 0) for ai in VARIABLE if code.startswith(ai)), ("", 0))


def _value(rest: str, length: int) -> tuple[str, str]:
    if not length:
        value, _, rest = rest.partition(SEPARATOR)
        return value, rest
    value = rest[:length]
    return (value, rest[length:].removeprefix(SEPARATOR)) if len(value) == length else ("", "")
