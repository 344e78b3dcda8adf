"""Questions and instructions to the partner for a seller who called. While it is away the answer is 503, and nothing is kept (D11)."""

from typing import TypeVar

import httpx2
import msgspec

from backhaul.kit import outside, webhooks
from backhaul.kit.machine import Refused
from backhaul.marketplace import access
from backhaul.marketplace.office import Office
from backhaul.marketplace.perform import THE_PARTNER

T = TypeVar("T")

ANSWER_BYTES_MAX = 1_000_000
# What the partner may say instead of doing as it is told; anything else than this and 200 is trouble of its own.
OBJECTIONS = {
    "not_linked": "conflict", "too_many_rules": "conflict", "disposal_not_in_your_variant": "conflict",
    "too_many_passes": "conflict", "no_pickups_there": "conflict", "arrival_not_possible": "invalid",
    "pass_is_over": "conflict", "pass_unknown": "missing",
}  # fmt: skip


class Objection(msgspec.Struct, frozen=True):
    """The part of a problem that a program reads."""

    code: str = ""


def ask(office: Office, topic: str, asked: object, shape: type[T]) -> T:
    """The partner's answer; blocks. `Refused` when the partner says why not, as away when it says nothing usable."""
    with office.database.read() as tx:
        row = tx.one(access.PARTNER, id=THE_PARTNER)
    if row is None:
        raise Refused("partner_away", "away")
    body = msgspec.json.encode(asked)
    message_id = f"instruction_{office.chance(12).hex()}"
    headers = webhooks.headers(office.seal.open(bytes(row[3])), message_id, office.clock.now(), body)
    address = f"{row[1]}/api/v1/{topic}"
    try:
        with office.lines.one("partner_away"):
            answer = outside.post(office.line, address, body, headers, known=True, bytes_max=ANSWER_BYTES_MAX)
        if answer.status != httpx2.codes.OK:
            code = outside.read(answer.body, Objection).code
            kind = OBJECTIONS.get(code)
            raise Refused("partner_away", "away") if kind is None else Refused(code, kind)
        return outside.read(answer.body, shape)
    except httpx2.HTTPError as error:
        raise Refused("partner_away", "away") from error
