"""Drop-off passes: the code that a customer shows at a pick-up point, and every other way to name a return at a counter.

The code is made from the return's id by a secret of this house: nobody computes it from a return number, nothing is stored.
"""

import hmac
import re
import unicodedata
from datetime import datetime
from hashlib import sha256

import msgspec

from backhaul.kit.database import Tx
from backhaul.kit.gs1 import has_check_digit
from backhaul.kit.machine import Refused
from backhaul.marketplace import queries
from backhaul.marketplace.office import Office
from backhaul.marketplace.rules.decisions import By
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Role, Status

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread
SECRET_CHARACTERS = 8  # 40 bits
ID_CHARACTERS_MIN = 4
ID_CHARACTERS_MAX = 13
SCANNED_CHARACTERS_MAX = 300
ALIKE = str.maketrans("ILO", "110")
# A scanner is a keyboard: while the machine types Russian, it types these letters for those of the code.
RUSSIAN_LAYOUT = str.maketrans("ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ", "QWERTYUIOPASDFGHJKLZXCVBNM")

# The end of a pass's Digital Link; a machine that types Russian types a full stop where the slash was.
LINK = re.compile(r"\b253\W([0-9]{13})([0-9A-Z]{1,17})$")

VALID_WHILE = (Status.APPROVED, Status.AWAITING_DROPOFF)


class DropOffPass(msgspec.Struct, frozen=True):
    """What stands on a pass. `valid_until` is the bound; `points`: where it is valid, the chosen one first.

    `digital_link` is what its square code says.
    """

    return_id: int
    return_number: str
    code: str
    product: str
    valid_until: datetime
    point_id: str
    points: tuple[queries.Point, ...]
    digital_link: str = ""


def pass_of(office: Office, tx: Tx, return_id: int, by: By, at: datetime) -> DropOffPass:
    """The pass of a customer's own return while the product may still be handed in."""
    it = queries.one(tx, return_id)
    if it is None or by.role is not Role.CUSTOMER or it.customer_ref != by.subject:
        raise Refused("not_found", "missing")
    if it.status is Status.DROPOFF_EXPIRED or (it.status in VALID_WHILE and (it.act_by is None or at >= it.act_by)):
        raise Refused("pass_expired")
    if it.status not in VALID_WHILE or it.act_by is None:
        raise Refused("no_pass", state=it.status)
    points = [point for point in queries.points(tx) if point.kind == "pickup"]
    points.sort(key=lambda point: (point.id != it.point_id, point.id))
    return DropOffPass(it.id, it.number, code_of(office, it), it.line.name, it.act_by, it.point_id, tuple(points))


def code_of(office: Office, it: Return) -> str:
    """`7K3M-Q0ZR-31N1`: eight characters that only this house can make, then the return's id."""
    plain = _secret(office, it.id) + _base32(it.id, ID_CHARACTERS_MIN)
    return "-".join(plain[n : n + 4] for n in range(0, len(plain), 4))


def found(office: Office, tx: Tx, scanned: str) -> int | None:
    """The return that a code of a pass, a return number or its digits name, however they were typed or scanned."""
    link = LINK.search(scanned[:SCANNED_CHARACTERS_MAX].strip().upper().translate(RUSSIAN_LAYOUT))
    if link is not None and has_check_digit(link[1]):
        return _of_pass(office, link[2])
    text = _typed(scanned)
    of_pass = _of_pass(office, text.translate(ALIKE))
    if of_pass is not None:
        return of_pass
    number = re.fullmatch(r"R?(\d{1,18})", text)
    return queries.id_of_number(tx, number[1]) if number else None


def id_of_code(office: Office, plain: str) -> int | None:
    """The return whose pass has this code, without its dashes; None when this house made no such code."""
    return _of_pass(office, plain)


def _typed(scanned: str) -> str:
    """What was meant: one width of letters, capitals, a Latin keyboard, no blanks or dashes."""
    text = unicodedata.normalize("NFKC", scanned[:SCANNED_CHARACTERS_MAX]).upper().strip()
    if re.match(r"Р\W*\d", text):  # the Cyrillic letter that looks like the R of our numbers when read aloud
        text = "R" + text[1:]
    return re.sub(r"[^0-9A-Z]", "", text.translate(RUSSIAN_LAYOUT))


def _of_pass(office: Office, plain: str) -> int | None:
    secret, tail = plain[:SECRET_CHARACTERS], plain[SECRET_CHARACTERS:]
    if not ID_CHARACTERS_MIN <= len(tail) <= ID_CHARACTERS_MAX or any(c not in ALPHABET for c in plain):
        return None
    return_id = 0
    for character in tail:
        return_id = return_id * len(ALPHABET) + ALPHABET.index(character)
    fits = hmac.compare_digest(secret, _secret(office, return_id))
    return return_id if fits and tail == _base32(return_id, ID_CHARACTERS_MIN) else None


def _secret(office: Office, return_id: int) -> str:
    key = office.seal.derive("drop-off pass").encode()
    digest = hmac.new(key, str(return_id).encode(), sha256).digest()
    return _base32(int.from_bytes(digest[:5], "big"), SECRET_CHARACTERS)


def _base32(number: int, characters_min: int) -> str:
    text = ""
    while number or len(text) < characters_min:
        number, rest = divmod(number, len(ALPHABET))
        text = ALPHABET[rest] + text
    return text
