"""A second factor in both houses: set up, two steps of a sign-in, codes that count once, recovery, and staff who must have one (T31)."""

import base64
import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import bindparam

from backhaul import resetting
from backhaul.kit import keys, totp
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Statement
from backhaul.kit.desk import Errand
from backhaul.kit.machine import Refused
from backhaul.kit.second_factor import Box, made_codes
from backhaul.kit.second_factor_changes import Lost
from backhaul.marketplace import tables as t
from backhaul.marketplace.office import Office, open_office
from tests.entrances import HOUSES, Entrance, entrance, seen
from tests.marketplace.cast import market
from tests.partner.house import PASSWORD
from tests.web.forms import Visit

ACCOUNT = "/account/second-factor"
STEP = timedelta(seconds=30)
WRONG = "This code is not valid."


class Phone:
    """An authenticator app, and the recovery codes beside it."""

    def __init__(self, clock: TurnedClock, secret: str) -> None:
        self.clock, self.secret, self.codes = clock, secret, list[str]()

    def shows(self, steps: int = 0) -> str:
        """The code of now, or of so many half minutes later."""
        return totp.code(base64.b32decode(self.secret), totp.step_of(self.clock.now()) + steps)

    def next(self) -> str:
        """A code that was not used yet: half a minute passes."""
        self.clock.turn(STEP)
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
    phone = Phone(door.clock, secret_of(visit))
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
def test_who_sets_it_up_signs_in_by_two_steps_and_each_code_counts_once(house: str, tmp_path: Path) -> None:
    with with_phone(house, tmp_path) as (door, visit, phone), Visit(door.url) as other, Visit(door.url) as third:
        assert (10, 10) == (len(phone.codes), len(set(phone.codes)))
        visit.press("/account/second-factor/recovery-codes.txt")
        assert [*phone.codes] == visit.answer.text.split("\r\n")[2:12]
        visit.open(ACCOUNT)
        assert "Recovery codes left 10" in visit.text

        used = phone.shows()
        for code in (used, "000000", "", "ABCD-EFGH-JKMN"):
            other.sign_in(door.login, PASSWORD).press("/sign-in/code", {"code": code})
            assert (422, True) == (other.status, WRONG in other.text)  # that of the set-up is used up, too
            assert door.cookie not in other.client.cookies
            for place in ("/account", ACCOUNT, "/messages", "/"):
                assert "/sign-in" == third.open(place).path
            assert 401 == other.client.get("/api/v1/account").status_code
        code = phone.next()
        other.sign_in(door.login, PASSWORD)
        third.sign_in(door.login, PASSWORD)
        other.press("/sign-in/code", {"code": f"{code[:3]} {code[3:]}"})
        assert 200 == other.open("/account").status
        third.press("/sign-in/code", {"code": code})
        assert 422 == third.status
        third.press("/sign-in/code", {"code": phone.codes[0].lower().replace("-", " ")})
        assert 200 == third.open("/messages").status
        assert "A recovery code was used" in third.text
        third.open(ACCOUNT)
        assert "Recovery codes left 9" in third.text
        assert 401 == door.api(door.login, PASSWORD, code=phone.codes[0]).status_code


@pytest.mark.parametrize("house", HOUSES)
def test_setting_it_up_ends_every_session_and_begins_a_new_one(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, Visit(door.url) as visit, Visit(door.url) as thief:
        stolen = visit.sign_in(door.login, PASSWORD).client.cookies[door.cookie]
        thief.client.cookies.set(door.cookie, stolen, domain="127.0.0.1")
        assert "/account" == thief.open("/account").path
        other = door.api(door.login, PASSWORD).json()["token"]
        visit.open(ACCOUNT).press(f"{ACCOUNT}/set-up", {"current": "wrong"})
        assert (422, False) == (visit.status, "QR code" in visit.text)
        sets_up(door, visit)
        assert stolen != visit.client.cookies[door.cookie]
        assert ("/account", "/sign-in") == (visit.open("/account").path, thief.open("/account").path)
        with door.client() as client:
            told = client.get("/api/v1/account", headers={"authorization": f"Bearer {other}"})
            assert 401 == told.status_code


@pytest.mark.parametrize("house", HOUSES[:1])
def test_one_step_of_skew_counts_and_an_earlier_one_not_after_a_later(house: str, tmp_path: Path) -> None:
    with with_phone(house, tmp_path) as (door, _, phone):
        door.clock.turn(STEP * 10)
        said = [door.api(door.login, PASSWORD, code=phone.shows(n)).status_code for n in (-2, 2, -1, 1, 0)]
        missing = door.api(door.login, PASSWORD)

    assert [401, 401, 201, 201, 401] == said
    assert (401, "code_needed") == (missing.status_code, missing.json()["code"])


@pytest.mark.parametrize("house", HOUSES)
def test_new_codes_and_switching_off_take_password_and_code(house: str, database_url: str, tmp_path: Path) -> None:
    with with_phone(house, tmp_path, database_url) as (door, visit, phone):
        for act in ("recovery-codes", "switch-off"):
            visit.open(ACCOUNT).press(f"{ACCOUNT}/{act}", {"current": "wrong", "code": phone.next()})
            assert (422, True) == (visit.status, "This is not your current password." in visit.text)
            visit.open(ACCOUNT).press(f"{ACCOUNT}/{act}", {"current": PASSWORD, "code": "000000"})
            assert (422, True) == (visit.status, WRONG in visit.text)
        visit.press(f"{ACCOUNT}/recovery-codes", {"current": PASSWORD, "code": phone.next()})
        fresh = codes_of(visit)
        assert (10, set()) == (len(fresh), {*fresh} & {*phone.codes})
        assert 401 == door.api(door.login, PASSWORD, code=phone.codes[1]).status_code
        assert 201 == door.api(door.login, PASSWORD, code=fresh[1]).status_code
        visit.client.post(f"{ACCOUNT}/recovery-codes.txt", data={"codes": phone.codes[2]})
        visit.open(ACCOUNT).press(f"{ACCOUNT}/switch-off", {"current": PASSWORD, "code": fresh[0]})
        assert "It is off" in visit.text
        assert 201 == door.api(door.login, PASSWORD).status_code
        told = visit.open("/messages").text
        for subject in ("is on", "is off"):
            assert f"The second factor {subject}" in told
        assert "New recovery codes" in told


@pytest.mark.parametrize("house", HOUSES)
def test_who_guesses_codes_rests_and_nobody_learns_who_has_one(house: str, tmp_path: Path) -> None:
    with with_phone(house, tmp_path) as (door, _, phone), door.client() as client:
        pages = [seen(door.page(client, login, "wrong")) for login in (door.login, door.staff, "nobody@example.com")]
        assert [pages[0]] * 3 == pages
        door.clock.turn(timedelta(minutes=15))

        said = []
        for n in range(11):  # the right password between them buys no more
            assert n > 9 or 401 == door.api(door.login, PASSWORD).status_code
            said.append(door.api(door.login, PASSWORD, code=f"{n:06}").status_code)
        assert [401] * 10 + [429] == said
        assert 429 == door.api(door.login, PASSWORD, code=phone.next()).status_code
        door.clock.turn(timedelta(minutes=15))
        assert 201 == door.api(door.login, PASSWORD, code=phone.next()).status_code


@pytest.mark.parametrize("house", HOUSES)
def test_a_half_sign_in_is_over_after_five_minutes_and_is_its_browsers_alone(house: str, tmp_path: Path) -> None:
    with with_phone(house, tmp_path) as (door, visit, phone), Visit(door.url) as other, Visit(door.url) as late:
        late.sign_in(door.login, PASSWORD)
        door.clock.turn(timedelta(minutes=5) - timedelta(microseconds=1))
        other.sign_in(door.login, PASSWORD)
        form = deepcopy(other.form("/sign-in/code"))
        with Visit(door.url) as thief:
            thief.open("/sign-in")
            form.values["_csrf_token"] = thief.form("/sign-in").values["_csrf_token"]
            thief.send(form.fill(code=phone.shows()))
            assert (401, True) == (thief.status, "The sign-in took too long." in thief.text)
        door.clock.turn(timedelta(microseconds=1))
        late.press("/sign-in/code", {"code": phone.next()})
        assert 401 == late.status

        other.press("/sign-in/code", {"code": "000000"})
        visit.open("/account").press(
            "/account/password",
            {"current": PASSWORD, "password": "another horse battery", "again": "another horse battery"},
        )
        other.press("/sign-in/code", {"code": phone.next()})  # by the password of before
        assert 401 == other.status


@pytest.mark.parametrize("house", HOUSES)
def test_staff_who_must_have_one_do_nothing_before_and_a_reset_leads_there_again(house: str, tmp_path: Path) -> None:
    with entrance(house, tmp_path) as door, Visit(door.url) as staff, Visit(door.url) as chief:
        chief.sign_in(door.chief, PASSWORD)
        staff.sign_in(door.staff, PASSWORD)
        seller = door.api(door.login, PASSWORD).json()["token"]
        token = door.api(door.staff, PASSWORD).json()["token"]
        door.follows(staff_second_factor=True)
        assert "/sign-in" == staff.open("/messages").path
        for bearer, status in ((token, 401), (seller, 200)):
            with door.client() as client:
                told = client.get("/api/v1/account", headers={"authorization": f"Bearer {bearer}"})
                assert status == told.status_code
        refused = door.api(door.staff, PASSWORD)
        assert (403, "set_up_needed") == (refused.status_code, refused.json()["code"])

        staff.sign_in(door.staff, PASSWORD)
        assert "A second factor is required of all staff here." in staff.text
        phone = Phone(door.clock, secret_of(staff))
        staff.press("/sign-in/set-up", {"code": "000000"})
        assert (422, phone.secret) == (staff.status, secret_of(staff))
        staff.press("/sign-in/set-up", {"code": phone.shows()})
        assert 10 == len(codes_of(staff))
        assert 200 == staff.open("/messages").status
        assert 201 == door.api(door.staff, PASSWORD, code=phone.next()).status_code

        mine = sets_up_at_sign_in(door, chief)
        people = "/support/second-factors" if house == "marketplace" else "/second-factors"
        assert 403 == staff.open(people).status
        chief.open("/").follow(people).follow(f"{people}?login={door.staff}")
        entries = {"ticket": "T-7 lost phone", "current": PASSWORD, "code": "000000"}
        chief.press(f"{people}/reset", entries)
        assert (422, True) == (chief.status, WRONG in chief.text)
        chief.press(f"{people}/reset", {**entries, "code": mine.next()})
        trail = chief.text
        assert "/sign-in" == staff.open("/messages").path
        assert f"{door.staff} T-7 lost phone Reset" in trail
        assert "Refused attempts" in chief.open("/support/attempts" if house == "marketplace" else "/attempts").text
        assert "T-7" not in chief.text
        staff.sign_in(door.staff, PASSWORD)
        phone = Phone(door.clock, secret_of(staff))
        staff.press("/sign-in/set-up", {"code": phone.shows()}).open("/messages")
        assert "took your second factor away (T-7 lost phone)" in staff.text


def test_what_was_typed_and_wanted_is_kept_through_both_ways_in(tmp_path: Path) -> None:
    with entrance("marketplace", tmp_path) as door, Visit(door.url) as marina, Visit(door.url) as nadia:
        marina.sign_in("marina", PASSWORD).open("/messages")
        form = marina.form("/messages/email").fill(email="marina@example.com")
        nadia.sign_in("nadia", PASSWORD)
        nadia_phone = sets_up(door, nadia)
        door.follows(staff_second_factor=True)
        marina.send(form)
        assert (401, True) == (marina.status, "what you typed is kept" in marina.text)
        marina.press("/sign-in", {"login": "marina", "password": PASSWORD})
        phone = Phone(door.clock, secret_of(marina))
        marina.press("/sign-in/set-up", {"code": phone.shows()})
        assert 10 == len(codes_of(marina))
        marina.press("/messages/email")
        assert (200, "/messages", ["marina@example.com"]) == (
            marina.status,
            marina.path,
            marina.form("/messages/email").values["email"],
        )

        nadia.press("/sign-out")
        nadia.open("/account?x=1&y=%20")
        assert "/sign-in" == nadia.path
        nadia.press("/sign-in", {"login": "nadia", "password": PASSWORD}).press(
            "/sign-in/code", {"code": nadia_phone.next()}
        )
        assert "/account?x=1&y=%20" == nadia.answer.url.raw_path.decode()
        for elsewhere in ("https://elsewhere.example/", "//elsewhere.example", ""):
            nadia.press("/sign-out")
            nadia.open("/sign-in")
            nadia.press("/sign-in", {"login": "nadia", "password": PASSWORD})
            form = nadia.form("/sign-in/code").fill(code=nadia_phone.next())
            form.values["back"] = [elsewhere]
            assert "/moderation" == nadia.send(form).path


def sets_up_at_sign_in(door: Entrance, visit: Visit) -> Phone:
    visit.sign_in(door.chief, PASSWORD)
    phone = Phone(door.clock, secret_of(visit))
    visit.press("/sign-in/set-up", {"code": phone.shows()})
    return phone


def test_a_secret_opens_and_a_recovery_code_counts_for_its_own_account_only(tmp_path: Path) -> None:
    seal, other = keys.Seal(tmp_path / "seal.key"), keys.Seal(tmp_path / "other.key")
    box, at = Box(seal), datetime(2026, 11, 30, 9, tzinfo=UTC)
    sealed, carried = box.close(7, "GEZDGNBV"), box.pending(7, "GEZDGNBV", at)
    later = at + timedelta(minutes=30)

    assert ("GEZDGNBV", "GEZDGNBV") == (box.open(7, sealed), box.pended(7, carried, later - STEP))
    assert b"GEZDGNBV" not in sealed
    assert box.digest(7, "7k3m q0zr 31n1") == box.digest(7, "7K3M-QOZR-3IN1")  # what is misread is meant alike
    assert 3 == len(
        {box.digest(7, "7K3M-Q0ZR-31N1"), box.digest(8, "7K3M-Q0ZR-31N1"), Box(other).digest(7, "7K3M-Q0ZR-31N1")}
    )
    with pytest.raises(LookupError):
        box.open(70, sealed)
    for whose, said, when in ((8, carried, at), (7, sealed.decode(), at), (7, "nonsense", at), (7, carried, later)):
        with pytest.raises(Refused, match="set_up_over"):
            box.pended(whose, said, when)


RACES = 4


def test_of_two_processes_with_the_same_code_one_gets_in(database_url: str, tmp_path: Path) -> None:
    """A control takes the condition away: then both do."""
    with market(database_url, tmp_path) as shop:
        box, secret, codes = Box(shop.office.seal), totp.made_secret(shop.office.chance), made_codes(shop.office.chance)
        digests = [box.digest(7, code) for code in codes]
        shop.errand(lambda tx, at: t.factors.turn_on(tx, 7, box.close(7, secret), 0, digests, at))
        other = open_office(database_url, tmp_path, shop.clock)
        try:
            of_app, of_paper = [], []
            for code in codes[:RACES]:
                shop.clock.turn(STEP)
                of_app.append(race(shop.office, other, box, Phone(shop.clock, secret).shows()))
                of_paper.append(race(shop.office, other, box, code))
            assert ([1] * RACES, [1] * RACES) == (of_app, of_paper)

            kept, t.factors._take_step = t.factors._take_step, LENIENT  # noqa: SLF001
            try:
                shop.clock.turn(STEP)
                assert 2 == race(shop.office, other, box, Phone(shop.clock, secret).shows())
            finally:
                t.factors._take_step = kept  # noqa: SLF001
        finally:
            other.close()


_factor = t.factors.factors
LENIENT = Statement(
    _factor.update().where(_factor.c.account_id == bindparam("account")).values(last_step=bindparam("step"))
)


def race(one: Office, other: Office, box: Box, code: str) -> int:
    """How many of two got in with this code at once."""
    start = threading.Barrier(2)

    def try_it(office: Office) -> bool:
        start.wait(10)
        try:
            office.desk.perform_now(Errand(lambda tx, at: str(t.factors.prove(tx, 7, code, at, box)).encode()))
        except Refused as refused:
            if refused.code != "code_wrong":
                raise
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        return sum(both.map(try_it, (one, other)))


@pytest.mark.parametrize("house", HOUSES)
def test_the_operator_resets_one_at_the_command_line(house: str, tmp_path: Path) -> None:
    told = io.StringIO()
    with with_phone(house, tmp_path) as (door, visit, _):
        database = f"sqlite:///{tmp_path / 'database.sqlite'}"

        def run(login: str, why: str) -> int:
            return resetting.run(
                house, Lost(login, why), tmp_path / "data", database, Console(file=told, highlight=False)
            )

        assert (1, 1) == (run("nobody", "T-1"), run(door.login, " "))
        assert (0, 1) == (run(door.login, "T-1"), run(door.login, "T-1"))
        assert "/sign-in" == visit.open("/account").path
        assert 201 == door.api(door.login, PASSWORD).status_code

    for sentence in ("Nobody signs in with this login.", "Say why: 1 to 60 characters", "There is no second factor"):
        assert sentence in told.getvalue()
