"""One-time codes by the time (RFC 6238 on RFC 4226): six digits of every half minute, as every authenticator app makes them."""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
# A clock that is wrong by so many steps, and who types slowly, are still understood.
SKEW_STEPS = 1
SECRET_BYTES = 20  # as long as what SHA-1 gives, as RFC 4226 advises
ALGORITHM = "sha1"  # the only one that all apps know


def made_secret(chance: Callable[[int], bytes]) -> str:
    """A fresh secret as apps take it: 32 letters and digits of base 32."""
    return base64.b32encode(chance(SECRET_BYTES)).decode()


def step_of(at: datetime) -> int:
    """The number of the half minute."""
    return int(at.timestamp()) // STEP_SECONDS


def code(secret: bytes, step: int, digits: int = DIGITS, algorithm: str = ALGORITHM) -> str:
    """The code of a step, with its leading zeros."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    place = mac[-1] & 15
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}}"


def fitting_step(secret: str, typed: str, at: datetime) -> int | None:
    """Which step a typed code is of: the latest one within the allowed skew, so that no equal code of it is left. All are compared."""
    key, now = base64.b32decode(secret), step_of(at)
    said = typed.encode()
    fits = [
        step
        for step in range(now - SKEW_STEPS, now + SKEW_STEPS + 1)
        if hmac.compare_digest(said, code(key, step).encode())
    ]
    return max(fits, default=None)


def address(secret: str, issuer: str, login: str) -> str:
    """What an app reads from the square code."""
    label = quote(f"{issuer}:{login}", safe="")
    said = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{said}"
