"""Codes by the time: the vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B), the skew, and what apps read."""

import base64
from datetime import UTC, datetime

import pytest

from backhaul.kit import totp

SECRET = b"12345678901234567890"
BY_COUNTER = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")
BY_TIME = (
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
)


def test_codes_by_a_counter_are_those_of_the_standard() -> None:
    assert BY_COUNTER == tuple(totp.code(SECRET, counter) for counter in range(10))


@pytest.mark.parametrize(("seconds", "sha1", "sha256", "sha512"), BY_TIME)
def test_codes_by_the_time_are_those_of_the_standard(seconds: int, sha1: str, sha256: str, sha512: str) -> None:
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))
    longer = {"sha1": SECRET, "sha256": (SECRET * 2)[:32], "sha512": (SECRET * 4)[:64]}

    assert (sha1, sha256, sha512) == tuple(totp.code(key, step, 8, name) for name, key in longer.items())


def test_one_step_before_and_after_fits_and_two_do_not() -> None:
    secret = base64.b32encode(SECRET).decode()
    at = datetime.fromtimestamp(5 * 30, UTC)
    fits = {n: totp.fitting_step(secret, BY_COUNTER[n], at) for n in range(10)}

    assert {4: 4, 5: 5, 6: 6} == {n: step for n, step in fits.items() if step is not None}
    assert totp.fitting_step(secret, "", at) is None
    assert totp.fitting_step(secret, BY_COUNTER[5][:5], at) is None
    assert 5 == totp.fitting_step(secret, BY_COUNTER[5], datetime.fromtimestamp(5 * 30 + 29.999999, UTC))


def test_an_app_reads_the_secret_whose_and_of_which_house() -> None:
    secret = totp.made_secret(lambda count: SECRET[:count])

    assert "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" == secret
    assert (
        "otpauth://totp/Backhaul%20Partner%3Achen%40lumitek.cn?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Backhaul%20Partner"
        == totp.address(secret, "Backhaul Partner", "chen@lumitek.cn")
    )
