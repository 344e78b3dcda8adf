"""The certificate of destruction at an address of its own: whoever was erased is nobody here, so the address alone opens it.

It is made from the erasure's number by a secret of this house; it names no person, and nothing of it is stored but the erasure itself.
"""

import hmac
from hashlib import sha256

from backhaul.kit import i18n
from backhaul.kit.database import Tx
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused
from backhaul.marketplace import papers, person_queries, person_texts
from backhaul.marketplace.office import Office
from backhaul.marketplace.person_queries import Asked

SECRET_CHARACTERS = 24
DIGITS_MAX = 18


def code_of(office: Office, number: int) -> str:
    """The end of the address of an erasure's certificate."""
    key = office.seal.derive("certificate of destruction").encode()
    return f"{number}-{hmac.new(key, str(number).encode(), sha256).hexdigest()[:SECRET_CHARACTERS]}"


def found(office: Office, tx: Tx, code: str) -> Asked:
    """The erasure whose certificate this is; `Refused` for a code that this house has not made."""
    number = code.partition("-")[0]
    ours = number.isdecimal() and number.isascii() and len(number) <= DIGITS_MAX
    if not ours or not hmac.compare_digest(code.encode(), code_of(office, int(number)).encode()):
        raise Refused("not_found", "missing")
    asked = person_queries.erasure(tx, int(number))
    if asked is None or asked.it.destroyed is None or asked.erased_at is None:
        raise Refused("not_found", "missing")
    return asked


def figures(asked: Asked) -> list[tuple[str, int]]:
    """What there was, label and count."""
    destroyed = asked.it.destroyed
    return [
        (label, value if isinstance(value, int) else len(value))
        for name, label in person_texts.DESTROYED.items()
        if (value := getattr(destroyed, name))
    ]


def pdf(asked: Asked, language: str) -> bytes:
    """The same on paper."""
    at = "" if asked.erased_at is None else i18n.moment(asked.erased_at, language)
    return papers.facts_pdf({
        "title": i18n.gettext(language, N_("Certificate of destruction")),
        "number": str(asked.id),
        "lead": i18n.sentence(language, N_("Everything below was destroyed on {at}. Nobody here knows any more whom it is about."), {"at": at}),
        "rows": [(i18n.gettext(language, label), str(count)) for label, count in figures(asked)],
        "photos": [],
        "foot": "",
    })  # fmt: skip
