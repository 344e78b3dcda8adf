"""Standard Webhooks as receivers and we ourselves check them (T25): forged, altered, old, from the future, with several secrets."""

import base64
import random
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from backhaul.kit import webhooks
from backhaul.kit.clock import Clock
from backhaul.kit.machine import Refused
from tests.receiving import verifies

AT = datetime(2024, 9, 2, 7, 0, tzinfo=UTC)
BODY = '{"type":"return.approved","data":{"name":"Чайник 茶"}}'.encode()
OURS, OTHER = ("whsec_" + base64.b64encode(bytes([fill]) * 32).decode() for fill in (7, 8))
SECONDS = int(AT.timestamp())


def code_of(secret: str, headers: dict[str, str], body: bytes = BODY, at: datetime = AT) -> str:
    try:
        webhooks.verified_id(secret, headers, body, at)
    except Refused as refused:
        return refused.code
    return ""


def test_the_example_of_the_standard_is_signed_as_printed_there() -> None:
    """The vector that the libraries of the standard carry in their own tests."""
    headers = webhooks.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1_614_265_330, UTC), b'{"test": 2432232314}',
    )  # fmt: skip

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == headers["webhook-signature"]
    assert "1614265330" == headers["webhook-timestamp"]


def test_the_library_a_check_of_our_own_and_an_independent_one_agree() -> None:
    """The library looks at the machine's clock, so its message is of now (D12)."""
    now = Clock().now()
    fresh = webhooks.headers((OURS, OTHER), "evt_1", now, BODY)
    Webhook(OURS).verify(BODY, fresh)
    Webhook(OTHER).verify(BODY, fresh)
    headers = webhooks.headers((OURS, OTHER), "evt_1", AT, BODY)

    assert ["", ""] == [code_of(secret, headers) for secret in (OURS, OTHER)]
    assert [True, True] == [verifies(secret, headers, BODY, SECONDS) for secret in (OURS, OTHER)]
    assert not verifies(webhooks.new_secret(), headers, BODY, SECONDS)
    assert 2 == len(headers["webhook-signature"].split())


@pytest.mark.parametrize(
    ("late", "code"),
    [(0, ""), (300, ""), (301, "message_too_old"), (-300, ""), (-301, "message_too_old"), (86_400, "message_too_old")],
)
def test_a_message_lives_five_minutes_by_our_own_clock(late: int, code: str) -> None:
    headers = webhooks.headers(OURS, "evt_1", AT, BODY)

    assert code == code_of(OURS, headers, at=AT + timedelta(seconds=late))
    assert (code == "") == verifies(OURS, headers, BODY, SECONDS + late)


def test_every_altered_bit_of_body_and_id_and_stamp_is_noticed() -> None:
    headers = webhooks.headers(OURS, "evt_1", AT, BODY)
    altered = [BODY[:n] + bytes([BODY[n] ^ 1 << bit]) + BODY[n + 1 :] for n in range(len(BODY)) for bit in range(8)]
    others = [{**headers, "webhook-id": "evt_2"}, {**headers, "webhook-timestamp": str(SECONDS + 1)},
              {**headers, "webhook-timestamp": f"0{SECONDS}"}]  # fmt: skip

    assert {"bad_signature"} == {code_of(OURS, headers, body) for body in altered}
    assert {"bad_signature"} == {code_of(OURS, one) for one in others}
    assert {"bad_signature"} == {code_of(OURS, headers, body) for body in (b"", BODY + b" ", BODY[:-1], b"\xff\xfe")}
    assert "bad_signature" == code_of(
        OURS, headers, b'{"type": "return.approved","data":{"name":"x"}}'
    )  # the same JSON is not the same


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize(
    "value", ["", " ", "v1,", "v1", ",", "x" * 300, "-1", "1e9", "１２", "999999999999", "9" * 400, "\u00ff", "v2,AAAA"]
)
def test_a_header_that_is_missing_or_nonsense_is_refused(name: str, value: str) -> None:
    headers = webhooks.headers(OURS, "evt_1", AT, BODY)
    without = {key: said for key, said in headers.items() if key != name}

    assert "bad_signature" == code_of(OURS, {**headers, name: value})
    assert "bad_signature" == code_of(OURS, without)


def test_ten_thousand_forgeries_are_refused() -> None:
    chance = random.Random(20240902)
    good = webhooks.headers(OURS, "evt_1", AT, BODY)["webhook-signature"].removeprefix("v1,")

    def forged() -> str:
        kind = chance.randrange(4)
        if kind == 0:
            return "v1," + base64.b64encode(chance.randbytes(32)).decode()
        if kind == 1:
            n = chance.randrange(len(good) - 2)  # the last sign has bits that count for nothing
            other = chance.choice([c for c in "ABCDEFGHabcdefgh0123+/" if c != good[n]])
            return f"v1,{good[:n]}{other}{good[n + 1 :]}"
        if kind == 2:
            return f"v{chance.choice((0, 2, 3))},{good}"
        return " ".join("v1," + base64.b64encode(chance.randbytes(chance.randrange(64))).decode() for _ in range(5))

    codes = {
        code_of(OURS, {"webhook-id": "evt_1", "webhook-timestamp": str(SECONDS), "webhook-signature": forged()})
        for _ in range(10_000)
    }

    assert {"bad_signature"} == codes


def test_a_fresh_secret_is_a_receivers_secret_with_32_random_bytes() -> None:
    one, other = webhooks.new_secret(), webhooks.new_secret()

    assert one != other
    assert one.startswith("whsec_")
    assert 32 == len(base64.b64decode(one.removeprefix("whsec_")))
