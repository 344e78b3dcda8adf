"""Signed messages between houses and to sellers' programs, by Standard Webhooks. A message's age is measured by our clock, not the library's."""

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest

from standardwebhooks import Webhook

from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused

TOLERANCE = timedelta(seconds=300)
SECRET_BYTES = 32
STAMP_MAX = 253_000_000_000  # the last seconds that a date can name, of the year 9987


def new_secret(chance: Callable[[int], bytes] = os.urandom) -> str:
    """A fresh secret in the form that receivers' libraries take."""
    return "whsec_" + base64.b64encode(chance(SECRET_BYTES)).decode()


def headers(secret: str | Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three Standard Webhooks headers for a body sent now. A secret is base64, with or without `whsec_`.

    Several secrets give several signatures: whoever knows one of them can check, so a secret is changed without a gap.
    """
    secrets = (secret,) if isinstance(secret, str) else secret
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(to_us(at) // 1_000_000),
        "webhook-signature": " ".join(_sign(one, message_id, at, body) for one in secrets),
    }


def verified_id(secret: str, sent: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The message id when the signature is right and the message fresh; else `Refused` as unknown."""
    message_id, stamp = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    signatures = sent.get("webhook-signature", "").split()
    if not message_id or len(message_id) > 200 or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise Refused("bad_signature", "unknown")
    seconds = int(stamp)
    if seconds > STAMP_MAX or str(seconds) != stamp:  # what is signed is the text, not the number
        raise Refused("bad_signature", "unknown")
    sent_at = from_us(seconds * 1_000_000)
    try:
        expected = _sign(secret, message_id, sent_at, body).encode()
    except UnicodeDecodeError as error:  # nobody signs what is no text
        raise Refused("bad_signature", "unknown") from error
    if not any(compare_digest(signature.encode(), expected) for signature in signatures):
        raise Refused("bad_signature", "unknown")
    if abs(at - sent_at) > TOLERANCE:
        raise Refused("message_too_old", "unknown")
    return message_id


def _sign(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    return Webhook(secret).sign(message_id, at, body.decode())
