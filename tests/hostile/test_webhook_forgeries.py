"""T25: forged messages at everything of ours that checks one: our own doors, the check that docs/webhooks.md shows, and one written anew.

Ten thousand with `./bh soak` (`BACKHAUL_FORGERIES`), three hundred on every run. A run prints its seed.
"""

import base64
import hashlib
import hmac
import json
import os
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from backhaul import wire
from backhaul.kit import webhooks
from backhaul.kit.machine import Refused
from backhaul.partner import errands, queries
from tests.partner.cast import announced
from tests.partner.house import House, opened
from tests.receiving import verifies

SEED = int(os.environ.get("BACKHAUL_SEED", "1"))
FORGERIES = int(os.environ.get("BACKHAUL_FORGERIES", "10000"))
AT = datetime(2024, 9, 2, 7, 0, tzinfo=UTC)
OURS, OLDER, THEIRS = ("whsec_" + base64.b64encode(bytes([fill]) * 32).decode() for fill in (7, 8, 9))
BODY = b'{"type":"return.approved","timestamp":"2024-09-02T07:00:00Z","data":{"return_id":100017,"amount":1.0}}'
Sent = tuple[str, dict[str, str], bytes]
Check = Callable[[str, dict[str, str], bytes, datetime], bool]


def ours(secret: str, headers: dict[str, str], body: bytes, at: datetime) -> bool:
    try:
        return webhooks.verified_id(secret, headers, body, at) == headers["webhook-id"]
    except Refused as refused:
        return refused.code not in {"bad_signature", "message_too_old"}  # another refusal would be told as taken


def of_the_page() -> Check:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, names)  # noqa: S102 -- what a reader would run
    return lambda secret, headers, body, at: bool(names["is_genuine"](secret, headers, body, int(at.timestamp())))


def written_anew(secret: str, headers: dict[str, str], body: bytes, at: datetime) -> bool:
    return verifies(secret, headers, body, int(at.timestamp()))


def by_value(secret: str, headers: dict[str, str], body: bytes, at: datetime) -> bool:
    """The control: it signs what the JSON says, not its bytes, as some receivers do."""
    try:
        said = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except ValueError:
        return False
    anew = json.dumps(json.loads(BODY), sort_keys=True, separators=(",", ":")).encode()
    return verifies(secret, headers, BODY if said == anew else body, int(at.timestamp()))


CHECKS: dict[str, Check] = {"our doors": ours, "the page": of_the_page(), "written anew": written_anew}


def genuine(at: datetime = AT, body: bytes = BODY) -> dict[str, str]:
    return webhooks.headers((OURS, OLDER), "evt_100017_5", at, body)


def bit_turned(chance: random.Random) -> Sent:
    at, bit = chance.randrange(len(BODY)), 1 << chance.randrange(8)
    return "a bit of the body", genuine(), BODY[:at] + bytes([BODY[at] ^ bit]) + BODY[at + 1 :]


def said_otherwise(chance: random.Random) -> Sent:
    """The same JSON in other bytes."""
    said = json.loads(BODY)
    ways = [
        json.dumps(said, indent=chance.randrange(4)), json.dumps(said, sort_keys=True), BODY.decode().replace("1.0", "1.00"),
        BODY.decode().replace("return.approved", "return\\u002eapproved"), BODY.decode() + " " * chance.randint(1, 9), "\ufeff" + BODY.decode(),
        BODY.decode().replace('{"type"', '{"type":"return.rejected","type"'), BODY.decode().replace(":", ": "),
    ]  # fmt: skip
    return "the same in other bytes", genuine(), chance.choice(ways).encode()


def another_secret(chance: random.Random) -> Sent:
    secret = chance.choice([THEIRS, "whsec_" + base64.b64encode(chance.randbytes(chance.randint(1, 64))).decode()])
    return "another secret", webhooks.headers(secret, "evt_100017_5", AT, BODY), BODY


def header_turned(chance: random.Random) -> Sent:
    headers = genuine()
    name = chance.choice(list(headers))
    value = headers[name]
    at = chance.randrange(len(value))
    if (
        name == "webhook-signature"
    ):  # one of the two alone would leave the other good, and the last sign has bits that count for nothing
        headers[name] = " ".join(_torn(one, chance) for one in value.split())
    else:
        other = chance.choice([c for c in "0123456789abc_-. " if c != value[at]])
        headers[name] = value[:at] + other + value[at + 1 :]
    return f"another {name}", headers, BODY


def _torn(signature: str, chance: random.Random) -> str:
    at = 3 + chance.randrange(len(signature) - 6)
    other = chance.choice([c for c in "ABCDabcd0123+/" if c != signature[at]])
    return signature[:at] + other + signature[at + 1 :]


def header_gone(chance: random.Random) -> Sent:
    headers = genuine()
    name = chance.choice(list(headers))
    nonsense = chance.choice(
        [
            "",
            " ",
            "v1",
            "v1,",
            ",",
            "v2,AAAA",
            "x" * 5000,
            "-1",
            "1e9",
            "NaN",
            "９",
            "9" * 30,
            "9" * 5000,
            "\u00ff",
            "v1a," + headers["webhook-signature"][3:],
        ]
    )
    if chance.random() < 0.4:
        del headers[name]
    else:
        headers[name] = nonsense
    return f"no {name}", headers, BODY


def another_time(chance: random.Random) -> Sent:
    away = timedelta(seconds=chance.choice([301, 3600, 86_400, 10**8]) + chance.randrange(100)) * chance.choice([-1, 1])
    return "too old or too early", genuine(AT + away), BODY


def moved_over(chance: random.Random) -> Sent:
    """The dots between id, time and body stand elsewhere: what is signed is the same text."""
    seconds = str(int(AT.timestamp()))
    cut = chance.randrange(1, 5)
    text = f"evt_100017_5.{seconds}.".encode() + BODY
    mac = base64.b64encode(hmac.new(base64.b64decode(OURS[6:]), text, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": f"evt_100017_5.{seconds}", "webhook-timestamp": seconds, "webhook-signature": f"v1,{mac}"}
    return "the parts elsewhere", headers, BODY[cut:]


def another_reading(chance: random.Random) -> Sent:
    """A signature of something else: without the id, by SHA-1, in hex, over the body's hash."""
    key, seconds = base64.b64decode(OURS[6:]), str(int(AT.timestamp()))
    text = f"evt_100017_5.{seconds}.".encode() + BODY
    ways = [
        base64.b64encode(hmac.new(key, BODY, hashlib.sha256).digest()), base64.b64encode(hmac.new(key, text, hashlib.sha1).digest()),
        hmac.new(key, text, hashlib.sha256).hexdigest().encode(), base64.b64encode(hmac.new(OURS.encode(), text, hashlib.sha256).digest()),
        base64.b64encode(hmac.new(b"", text, hashlib.sha256).digest()), base64.b64encode(hashlib.sha256(key + text).digest()),
    ]  # fmt: skip
    said = f"v1,{chance.choice(ways).decode()}"
    return "another reading", {**genuine(), "webhook-signature": said}, BODY


KINDS = (
    bit_turned,
    said_otherwise,
    another_secret,
    header_turned,
    header_gone,
    another_time,
    moved_over,
    another_reading,
)


def forgeries(count: int) -> list[Sent]:
    """As many of each kind. Those that change nothing are none."""
    chance = random.Random(SEED)
    found: list[Sent] = []
    while len(found) < count:
        forged = KINDS[len(found) % len(KINDS)](chance)
        if (forged[1], forged[2]) != (genuine(), BODY):
            found.append(forged)
    return found


def taken(check: Check, forged: list[Sent]) -> list[str]:
    return [what for what, headers, body in forged if check(OURS, headers, body, AT)]


@pytest.mark.parametrize("count", [300, pytest.param(FORGERIES, marks=pytest.mark.slow)])
def test_no_forgery_is_taken_by_any_check(count: int) -> None:
    print(f"seed {SEED}: BACKHAUL_SEED={SEED} forges the same")
    forged = forgeries(count)

    assert {name: [] for name in CHECKS} == {name: taken(check, forged) for name, check in CHECKS.items()}
    assert {True} == {check(secret, genuine(), BODY, AT) for check in CHECKS.values() for secret in (OURS, OLDER)}


def test_a_receiver_that_compares_parsed_json_is_noticed() -> None:
    """The control: it takes what says the same in other bytes."""
    assert "the same in other bytes" in taken(by_value, forgeries(300))


# -- At the partner's door --------------------------------------------------------------------------------------------


def signed(house: House, type_: str, data: Any, message_id: str) -> tuple[bytes, dict[str, str]]:
    now = house.office.clock.now()
    body = msgspec.json.encode(wire.Message(type_, now.isoformat(), msgspec.Raw(msgspec.json.encode(data))))
    return body, {"content-type": "application/json", **webhooks.headers(OURS, message_id, now, body)}


def knows_the_marketplace(house: House) -> httpx2.Client:
    sealed = house.office.seal.close(OURS)
    house.errand(
        lambda tx, _: errands.register_marketplace(tx, "marketplace", "Market", "http://127.0.0.1:9", sealed, sealed)
    )
    return httpx2.Client(base_url=house.url, timeout=60)


def expected(number: int) -> Any:
    return announced(return_id=number, return_number=f"R-{number}")


def six(first: int) -> list[tuple[str, str, Any]]:
    """Six messages about two units: each is announced, leaves, and one is lost; one is announced anew, as after a restart."""
    one, two = first, first + 1
    return [
        ("a", wire.EXPECTED, expected(one)), ("b", wire.DISPATCHED, wire.DispatchedParcel(one, "CDEK", "W-1")), ("c", wire.LOST, wire.LostParcel(one)),
        ("d", wire.EXPECTED, expected(two)), ("e", wire.DISPATCHED, wire.DispatchedParcel(two, "Post", "W-2")), ("f", wire.EXPECTED, expected(one)),
    ]  # fmt: skip


def stands(house: House, first: int) -> list[str]:
    """Both units as the house holds them, without their own numbers."""
    with house.office.database.read() as tx:
        found = [queries.one(tx, number) for number in (first, first + 1)]
    return [
        re.sub(r"'P-\d+'", "P", repr(one)).replace(str(first), "ONE").replace(str(first + 1), "TWO") for one in found
    ]


def delivered(client: httpx2.Client, house: House, order: tuple[int, ...], first: int) -> list[str]:
    """As an outbox does: what is refused is brought again after the others; then where both units stand."""
    messages = six(first)
    waiting = [messages[n] for n in order]
    for _ in range(6):
        left = []
        for name, type_, data in waiting:
            body, headers = signed(house, type_, data, f"msg_{first}_{name}")
            status = client.post("/api/v1/events", content=body, headers=headers).status_code
            assert status in {200, 404, 409, 422}, (name, status)
            if status != 200:
                left.append((name, type_, data))
        waiting = left
    assert [] == waiting
    return stands(house, first)


ORDERS = list(permutations(range(6)))


@pytest.mark.parametrize("count", [3, pytest.param(720, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_in_whatever_order_six_messages_come_both_units_stand_where_they_should(tmp_path: Path, count: int) -> None:
    chosen = random.Random(SEED).sample(ORDERS, count)
    with opened(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as house, knows_the_marketplace(house) as client:
        in_order = delivered(client, house, ORDERS[0], 200_000)
        others = {order: delivered(client, house, order, 200_010 + 10 * n) for n, order in enumerate(chosen)}

    assert dict.fromkeys(chosen, in_order) == others


def test_fifty_times_one_message_is_done_once_and_forgeries_change_nothing(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as house, knows_the_marketplace(house) as client:
        house.expects()
        body, headers = signed(house, wire.DISPATCHED, wire.DispatchedParcel(100_017, "CDEK", "W-1"), "msg_once")
        first = client.post("/api/v1/events", content=body, headers=headers)
        then = house.it()
        again = [client.post("/api/v1/events", content=body, headers=headers) for _ in range(49)]
        chance = random.Random(SEED)
        forged = [client.post("/api/v1/events", content=body, headers=_spoilt(headers, chance)) for _ in range(20)]
        now = house.it()

    assert {(200, first.content)} == {(one.status_code, one.content) for one in (first, *again)}
    assert {401} == {one.status_code for one in forged}
    assert then == now


def _spoilt(headers: dict[str, str], chance: random.Random) -> dict[str, str]:
    return {**headers, "webhook-signature": _torn(headers["webhook-signature"], chance)}
