"""T31: ten wrong passwords in a quarter of an hour for a login, a hundred in an hour from an address; both sides of each bound."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from backhaul.kit import sign_in_brake
from backhaul.kit.clock import TurnedClock
from backhaul.kit.machine import Refused
from backhaul.kit.sign_in_brake import SignInBrake


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))


@pytest.fixture
def brake(clock: TurnedClock) -> Iterator[SignInBrake]:
    yield SignInBrake(clock)  # noqa: PT022 -- a fixture like the others


def tries(brake: SignInBrake, login: str, address: str = "192.0.2.1", *, fits: bool = False) -> str:
    try:
        with brake.trying(login, address) as fitted:
            if fits:
                fitted()
    except Refused as refused:
        return f"{refused.code} {refused.kind} {refused.facts['minutes']}"
    return "looked"


def test_the_eleventh_wrong_password_of_a_login_is_not_looked_at_nor_is_the_right_one(
    brake: SignInBrake, clock: TurnedClock
) -> None:
    assert ["looked"] * 10 == [tries(brake, "chen") for _ in range(10)]
    assert "too_many_sign_ins too_many 15" == tries(brake, " CHEN ", "198.51.100.7")
    assert "too_many_sign_ins too_many 15" == tries(brake, "chen", fits=True)
    assert "looked" == tries(brake, "liu")  # another login from the same address

    clock.turn(timedelta(minutes=15) - timedelta(microseconds=1))
    assert "too_many_sign_ins too_many 1" == tries(brake, "chen", fits=True)
    clock.turn(timedelta(microseconds=1))
    assert "looked" == tries(brake, "chen", fits=True)


def test_the_right_password_lets_a_login_begin_again(brake: SignInBrake) -> None:
    for _ in range(3):
        assert ["looked"] * 9 == [tries(brake, "chen") for _ in range(9)]
        assert "looked" == tries(brake, "chen", fits=True)


def test_a_hundred_wrong_passwords_of_an_address_are_enough_for_an_hour(brake: SignInBrake, clock: TurnedClock) -> None:
    assert ["looked"] * 50 == [tries(brake, "chen", fits=True) for _ in range(50)]  # these are not counted
    assert ["looked"] * 100 == [tries(brake, f"login {n}") for n in range(100)]
    assert "too_many_sign_ins too_many 60" == tries(brake, "login 100")
    assert "looked" == tries(brake, "login 100", "192.0.2.2")
    clock.turn(timedelta(hours=1))
    assert "looked" == tries(brake, "login 100")


def test_who_has_a_network_of_ipv6_is_one_address(brake: SignInBrake) -> None:
    """A provider gives each customer 2^64 addresses. Its next customer is somebody else; IPv4 in IPv6's clothes is IPv4."""
    assert ["looked"] * 99 == [tries(brake, f"login {n}", f"2001:db8:1:2:{n:x}::1") for n in range(99)]
    assert "looked" == tries(brake, "login 99", "2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert "too_many_sign_ins too_many 60" == tries(brake, "login 100", "2001:db8:1:2::")
    assert "looked" == tries(brake, "login 100", "2001:db8:1:3::")
    assert ["looked"] * 100 == [tries(brake, f"login v4 {n}", "::ffff:192.0.2.9") for n in range(100)]
    assert "too_many_sign_ins too_many 60" == tries(brake, "login 100", "192.0.2.9")
    assert "looked" == tries(brake, "login 100", "::ffff:192.0.2.10")


@pytest.mark.parametrize(("logins", "addresses"), [(300, 1), (1, 300)])
def test_who_is_refused_takes_no_room(brake: SignInBrake, logins: int, addresses: int) -> None:
    """Else one address that rests could push everybody else's wrong passwords out of the memory."""
    for n in range(300):
        tries(brake, f"login {n % logins}", f"address {n % addresses}")

    assert (101 if addresses == 1 else 11) == len(brake._fails)  # noqa: SLF001 -- an address and its 100 logins, a login and its 10 addresses


def test_a_thousand_at_once_are_no_more_than_ten(brake: SignInBrake) -> None:
    with ThreadPoolExecutor(8) as many:
        told = list(many.map(lambda n: tries(brake, "chen", f"192.0.2.{n % 200}"), range(1000)))

    assert 10 == told.count("looked")


def test_what_is_remembered_is_bounded(brake: SignInBrake, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_brake, "REMEMBERED_MAX", 100)
    for _ in range(10):
        tries(brake, "chen", "198.51.100.1")
    for n in range(300):
        clock.turn(timedelta(milliseconds=1))
        tries(brake, f"login {n}", f"address {n}")

    assert len(brake._fails) <= 100  # noqa: SLF001
    assert "looked" != tries(brake, "chen")  # a flood of other names does not let it go
