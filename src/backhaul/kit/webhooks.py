"""Signed messages between houses, by Standard Webhooks. A message's age is measured by our clock, not the library's."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest

from standardwebhooks import Webhook

from backhaul.kit.days import from_us, to_us
from backhaul.kit.machine import Refused

TOLERANCE = timedelta(seconds=300)


def headers(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three Standard Webhooks headers for a body sent now. `secret` is base64, with or without `whsec_`."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(to_us(at) // 1_000_000),
        "webhook-signature": _sign(secret, message_id, at, body),
    }


def verified_id(secret: str, sent: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The message id when the signature is right and the message fresh; else `Refused` as unknown."""
    message_id, stamp = sent.get("webhook-id", ""), sent.get("webhook-timestamp", "")
    signatures = sent.get("webhook-signature", "").split()
    if not message_id or len(message_id) > 200 or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise Refused("bad_signature", "unknown")
    sent_at = from_us(int(stamp) * 1_000_000)
    expected = _sign(secret, message_id, sent_at, body).encode()
    if not any(compare_digest(signature.encode(), expected) for signature in signatures):
        raise Refused("bad_signature", "unknown")
    if abs(at - sent_at) > TOLERANCE:
        raise Refused("message_too_old", "unknown")
    return message_id


def _sign(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    return Webhook(secret).sign(message_id, at, body.decode())
