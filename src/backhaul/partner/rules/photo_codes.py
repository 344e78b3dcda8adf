"""One-time codes that stand in the frame of a photo: they tie it to a parcel, a person, a minute and the photos before it."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.parcels import Parcel
from backhaul.partner.rules.policy import Policy

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another
LENGTH = 6
MINUTE_US = 60_000_000


def code(key: str, it: Parcel, by: By, minute: int) -> str:
    """The code for one person's next photos of a parcel, as given in a minute since 1970."""
    said = f"{it.id}|{len(it.photo_codes)}|{by.role}|{by.id}|{minute}"
    number = int.from_bytes(hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()[:8], "big")
    text = ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(LETTERS))
        text += LETTERS[rest]
    return text


def fresh(key: str, it: Parcel, by: By, at: datetime) -> str:
    """The code of this minute."""
    return code(key, it, by, to_us(at) // MINUTE_US)


def valid_until(at: datetime, policy: Policy) -> datetime:
    """The first instant at which a code given at `at` is too old."""
    return from_us((to_us(at) // MINUTE_US + policy.photo_code_minutes + 1) * MINUTE_US)


def is_good(given: str, key: str, it: Parcel, by: By, at: datetime, policy: Policy) -> bool:
    """Whether a code is one of the last minutes'. Once used, the codes of a parcel are other ones."""
    now = to_us(at) // MINUTE_US
    return any(given == code(key, it, by, minute) for minute in range(now - policy.photo_code_minutes, now + 1))


def check(it: Parcel, command: Any, by: By, at: datetime, policy: Policy, around: Around) -> None:
    """Photos of an arrival, a gate check, a mark or a destruction come with the code of their frame. A key of the house gives codes."""
    if not policy.photo_codes or not around.photo_key or not command.photos:
        return
    given = command.photo_code.strip().upper()
    if not given:
        raise Refused("photo_code_needed", "invalid", "photo_code")
    if given in it.photo_codes:
        raise Refused("photo_code_used", "invalid", "photo_code", shown=given)
    if not is_good(given, around.photo_key, it, by, at, policy):
        minutes = policy.photo_code_minutes
        raise Refused("photo_code_wrong", "invalid", "photo_code", shown=given, minutes=minutes)
