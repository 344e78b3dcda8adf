"""A second factor in both houses: set up, two steps of a sign-in, codes that count once, recovery, and staff who must have one (T31)."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from backhaul.kit import totp
from tests.entrances import HOUSES, Entrance, entrance
from tests.partner.house import PASSWORD
from tests.web.forms import Visit

ACCOUNT = "/account/second-factor"
STEP = timedelta(seconds=30)
WRONG = "This code does not count."


class Phone:
    """An authenticator app, and the recovery codes beside it."""

    def __init__(self, door: Entrance, secret: str) -> None:
        self.door, self.secret, self.codes = door, secret, list[str]()

    def shows(self, steps: int = 0) -> str:
        """The code of now, or of so many half minutes later."""
        return totp.code(base64.b32decode(self.secret), totp.step_of(self.door.clock.now()) + steps)

    def next(self) -> str:
        """A code that was not used yet: half a minute passes."""
        self.door.clock.turn(STEP)
        return self.shows()


def secret_of(visit: Visit) -> str:
    found = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', visit.answer.text)
    assert found is not None, visit.text
    return found[1].replace(" ", "")


def codes_of(visit: Visit) -> list[str]:
    return re.findall(r"<li>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</li>", visit.answer.text)


def sets_up(door: Entrance, visit: Visit) -> Phone:
    """Under the account: the password, the square code, the first code."""
    visit.open("/account").follow(ACCOUNT).press(f"{ACCOUNT}/set-up", {"current": PASSWORD})
    phone = Phone(door, secret_of(visit))
    visit.press(f"{ACCOUNT}/confirm", {"code": phone.shows()})
    phone.codes = codes_of(visit)
    return phone


@contextmanager
def with_phone(house: str, directory: Path, url: str = "", login: str = "") -> Iterator[tuple[Entrance, Visit, Phone]]:
    """A house, somebody's browser, and the telephone with their second factor."""
    with entrance(house, directory, url) as door, Visit(door.url) as visit:
        phone = sets_up(door, visit.sign_in(login or door.login, PASSWORD))
        yield door, visit, phone


@pytest.mark.parametrize("house", HOUSES)
def test_who_sets_it_up_signs_in_by_two_steps(house: str, tmp_path: Path) -> None:
    with with_phone(house, tmp_path) as (door, visit, phone), Visit(door.url) as other:
        assert (10, 10) == (len(phone.codes), len(set(phone.codes)))
        visit.press(ACCOUNT, {})
        assert (200, True) == (visit.status, "Recovery codes left 10" in visit.text)

        other.sign_in(door.login, PASSWORD)
        assert (200, True) == (other.status, "Enter the code" in other.text)
        assert door.cookie not in other.client.cookies
        for place in ("/account", ACCOUNT, "/messages", "/"):
            assert "/sign-in" == other.open(place).path
        assert 401 == other.client.get("/api/v1/account").status_code
        other.open("/sign-in/code").press("/sign-in/code", {"code": "000000"})
        assert (422, True) == (other.status, WRONG in other.text)
        other.press("/sign-in/code", {"code": phone.next()})
        assert 200 == other.open("/account").status
        assert "/sign-in" == other.open("/sign-in/code").path  # the half sign-in is over
