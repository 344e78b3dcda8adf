"""The alias resolver: which forms of a code are kept for a unit, and which forms a scan may stand for.

Kept is one form: capitals of one width without blanks and dashes. A scan has several readings, because a scanner is a
keyboard: while the machine types Russian, it types other letters; and people write Cyrillic letters that look Latin.
"""

import re
import unicodedata

from backhaul.kit import gs1
from backhaul.kit.digital_link import GDTI_DIGITS
from backhaul.partner.rules import events as e

SCANNED_CHARACTERS_MAX = 300
NUMBER_DIGITS_MAX = 12
# How long the serial of a marking code is, by kind of goods: most, water and milk, tobacco, medicine and others.
MARKING_SERIALS = (13, 6, 7, 20)
LOCATION = "LOC"

_DROPPED = frozenset({"Pd", "Zs", "Zl", "Zp", "Cc", "Cf"})  # dashes, blanks, what cannot be seen
_MINUS = "−"
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХЅІЈİ", "ABEKMHOPCTYXSIJI")
_RUSSIAN_KEYS = str.maketrans(
    "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~",
)
_RUSSIAN_MARKS = str.maketrans('.,"№', "/?@#")  # on the Russian keys there is other punctuation, too
_OURS = re.compile(r"[PUC]-(\d{1,12})(?:-(\d{1,3}))?", re.ASCII)
_NAMED_ALOUD = re.compile(r"Р(?=\d)")


def kept(text: str) -> str:
    """A code as it is kept and compared: one width, capitals, no blanks and dashes, no symbology prefix."""
    plain = unicodedata.normalize("NFKC", gs1.without_symbology(text[:SCANNED_CHARACTERS_MAX]))
    return "".join(c for c in plain if c != _MINUS and unicodedata.category(c) not in _DROPPED).upper()


def number_of_ours(text: str) -> str:
    """A number that we gave (of a parcel, return or consignment) as it is kept: capitals without blanks, its dashes stay."""
    return next((said for said in map(_named, _elements_of(text)) if said), "") or "".join(text.split()).upper()


def shown(text: str) -> str:
    """The code that somebody shows, plain or as the link of a document (GDTI): its serial is the code."""
    found = next((found["253"] for found in _elements_of(text) if "253" in found), "")
    return found[GDTI_DIGITS:].upper() or text.strip().upper()


def of_unit(number: str, unit: e.Unit, waybill: str = "") -> set[str]:
    """Everything that a scanner may read off this unit or its papers, as it is kept."""
    papers = (number, unit.return_number, unit.posting_number, unit.seal, waybill)
    return {code for text in papers if (code := kept(text))} | of_item(unit)


def of_item(unit: e.Unit) -> set[str]:
    """The codes on the product itself: article numbers, serial number, marking code."""
    said = {str(unit.sku), unit.offer_id, unit.serial or "", unit.marking_code or ""}
    found = {code for text in said if (code := kept(text))}
    marked = gs1.elements(unit.marking_code or "")
    forms = (gs1.gtin(unit.gtin), gs1.gtin(marked.get("01", "")), *_marks(marked, unsure=False))
    return found | {form for form in forms if form}


def readings(scan: str) -> tuple[str, ...]:
    """The kept forms that a scan may stand for, the likeliest first."""
    text = scan[:SCANNED_CHARACTERS_MAX].strip()
    if not text:
        return ()
    russian = text.translate(_RUSSIAN_KEYS) != text
    typed = text.translate(_RUSSIAN_MARKS).translate(_RUSSIAN_KEYS) if russian else text
    plain = kept(text)
    forms: list[str] = [*_of_elements(gs1.elements(text)), plain]
    if russian:
        looks = plain.translate(_LOOK_ALIKES)
        aloud = _NAMED_ALOUD.sub("R", plain, count=1).translate(_LOOK_ALIKES)
        forms += [looks, aloud, *_of_elements(gs1.elements(typed)), kept(typed)]
    elif plain.translate(_LOOK_ALIKES) != plain:
        forms.append(plain.translate(_LOOK_ALIKES))
    for form in tuple(forms):
        forms += _of_digits(form)
    return tuple(dict.fromkeys(form for form in forms if form))


def shelf(text: str) -> str:
    """A shelf as it is kept: `loc-a-01` and `A-01` are one. Dashes stay: they are how people read it."""
    typed = unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKES).upper()
    code = "-".join(part for part in re.split(r"[\s‐‑‒–—−-]+", typed) if part)
    return code.removeprefix(f"{LOCATION}-")


def is_shelf(scan: str) -> bool:
    """Whether a scan says of itself that it is a shelf's label."""
    return unicodedata.normalize("NFKC", scan).strip().upper().startswith(f"{LOCATION}-")


def agrees(scan: str, unit: e.Unit) -> bool:
    """Whether a code that was scanned off the product is one of this unit's."""
    return not of_item(unit).isdisjoint(readings(scan))


def _of_digits(form: str) -> list[str]:
    """An article number in its long form; a plain number also as a return or parcel number without its letter."""
    if not form.isascii() or not form.isdigit():
        return []
    article = gs1.gtin(form)
    short = [f"R{form}", f"P{form}", f"U{form}"] if len(form) <= NUMBER_DIGITS_MAX else []
    return [article, *short]


def _of_elements(found: dict[str, str]) -> list[str]:
    """What an element string names: article and serial together, then its parts; a parcel's own logistic number."""
    article = gs1.gtin(found.get("01") or found.get("02") or "")
    parts = (
        _named(found),
        found.get("21", ""),
        found.get("00", ""),
        found.get("400", ""),
        found.get("401", ""),
        found.get("402", ""),
    )
    return [*_marks(found, unsure=True), *(kept(code) for code in parts if code), article]


def _named(found: dict[str, str]) -> str:
    """Our own number (91) beside the SSCC (00) that was made of it: another house's internal number is none of ours."""
    number, sscc = found.get("91", "").upper(), found.get("00", "")
    said = _OURS.fullmatch(number)
    if said is None or not gs1.has_check_digit(sscc):
        return ""
    serial = int(said[1]) * 1000 + int(said[2]) if said[2] else int(said[1])
    return number if sscc[:-1].endswith(str(serial)) else ""


def _elements_of(text: str) -> list[dict[str, str]]:
    """The elements of a code as it was typed, and as it was meant by a machine that types Russian."""
    plain = text[:SCANNED_CHARACTERS_MAX].strip()
    return [gs1.elements(plain), gs1.elements(plain.translate(_RUSSIAN_MARKS).translate(_RUSSIAN_KEYS))]


def _marks(found: dict[str, str], *, unsure: bool) -> list[str]:
    """Article and serial as one code. A serial too long to be one has swallowed what came after it; `unsure`: any may have."""
    article, serial = gs1.gtin(found.get("01", "")), found.get("21", "")
    if not article or not serial:
        return []
    swallowed = unsure or len(serial) > max(MARKING_SERIALS)
    lengths = [len(serial), *(n for n in MARKING_SERIALS if swallowed and n < len(serial))]
    return [kept(f"01{article}21{serial[:n]}") for n in lengths]
