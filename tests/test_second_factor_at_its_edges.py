"""A second factor where something else comes in its way: rights that only read, two at once, another key, a session that is over."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import bindparam

from backhaul import resetting
from backhaul.kit import keys, totp
from backhaul.kit.database import Statement, Tx
from backhaul.kit.desk import Errand
from backhaul.kit.second_factor import Box, made_codes
from backhaul.kit.second_factor_changes import Lost
from backhaul.kit.watching import NOBODY, Watch
from backhaul.marketplace import tables as t
from backhaul.marketplace import users
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules.words import Rights
from tests.entrances import HOUSES, entrance
from tests.marketplace.people import account
from tests.partner.house import PASSWORD
from tests.test_second_factor import ACCOUNT, WRONG, sets_up, with_phone
from tests.web.forms import Visit


def only_reads(tx: Tx, _: datetime) -> None:
    users.set_rights(tx, account(tx, "chen"), account(tx, "liu").id, Rights.ANALYST, manages_keys=False)


def test_an_analyst_sets_it_up_signs_in_with_it_and_switches_it_off(tmp_path: Path) -> None:
    with entrance("marketplace", tmp_path) as door, Visit(door.url) as visit, Visit(door.url) as other:
        door.opened.errand(only_reads)
        phone = sets_up(door, visit.sign_in("liu", PASSWORD))
        assert 10 == len(phone.codes)
        other.sign_in("liu", PASSWORD).press("/sign-in/code", {"code": phone.next()})
        assert "/account" == other.open("/account").path
        token = door.api("liu", PASSWORD, code=phone.next()).json()["token"]
        other.open(ACCOUNT).press(f"{ACCOUNT}/switch-off", {"current": PASSWORD, "code": phone.next()})
        assert "It is off" in other.text
        with door.client() as client:  # of the seller's they change as little as before
            bearer = {"authorization": f"Bearer {token}"}
            made = client.post("/api/v1/keys", headers=bearer, json={"name": "x", "role": "returns"})
            assert 403 == made.status_code


class Hears(Watch):
    """Hears that a sign-in of this house lies on its desk."""

    def __init__(self) -> None:
        self.handed = threading.Event()

    def handed_in(self, work: Any) -> None:  # noqa: ARG002 -- any work
        self.handed.set()


def test_a_sign_in_without_a_code_does_not_outlive_the_switching_on_in_another_process(
    database_url: str, tmp_path: Path
) -> None:
    """The password was looked at before, the session would be written after. By the page, then by API v1."""
    with (
        entrance("marketplace", tmp_path, database_url) as door,
        Visit(door.url) as visit,
        ThreadPoolExecutor(1) as one,
    ):
        other = open_office(door.office.database.url.render_as_string(hide_password=False), tmp_path, door.clock)

        def on_meanwhile(login: str, hears: Hears) -> Any:
            begun = threading.Event()

            def goes_on(tx: Tx, at: datetime) -> None:
                whose, box = account(tx, login).id, Box(other.seal)
                digests = [box.digest(whose, code) for code in made_codes(other.chance)]
                t.factors.turn_on(tx, whose, box.close(whose, totp.made_secret(other.chance)), 0, digests, at)
                users.end_sessions(tx, whose)
                begun.set()
                assert hears.handed.wait(60)
                time.sleep(0.2)  # the other desk has begun by then

            going = one.submit(other.desk.perform_now, Errand(goes_on))
            assert begun.wait(60)
            door.office.desk.watch = hears
            return going

        try:
            visit.open("/sign-in")
            going = on_meanwhile("chen", Hears())
            visit.press("/sign-in", {"login": "chen", "password": PASSWORD})
            going.result(60)
            assert visit.offers("/sign-in/code")
            assert door.cookie not in visit.client.cookies

            going = on_meanwhile("elif", Hears())
            answer = door.api("elif", PASSWORD)
            going.result(60)
            assert (401, "code_needed") == (answer.status_code, answer.json()["code"])
        finally:
            door.office.desk.watch = NOBODY
            other.close()


SET_SECRET = Statement(t.factors.factors.update().values(secret=bindparam("sealed")))


def test_with_another_houses_key_it_is_said_that_no_code_can_be_checked(tmp_path: Path) -> None:
    """And what waits for a new session has no code in it."""
    with with_phone("marketplace", tmp_path) as (door, visit, phone), Visit(door.url) as other:
        lost = Box(keys.Seal(tmp_path / "lost.key"))
        door.opened.errand(lambda tx, _: tx.run(SET_SECRET, sealed=lost.close(account(tx, "chen").id, phone.secret)))
        other.sign_in("chen", PASSWORD).press("/sign-in/code", {"code": phone.next()})
        assert (409, True) == (other.status, "have it reset" in other.text)
        assert 409 == door.api("chen", PASSWORD, code=phone.next()).status_code

        form = visit.open(ACCOUNT).form(f"{ACCOUNT}/switch-off").fill(current=PASSWORD, code=phone.codes[0])
        door.opened.errand(lambda tx, _: users.end_sessions(tx, account(tx, "chen").id))
        visit.send(form)
        assert (401, False) == (visit.status, phone.codes[0] in visit.answer.text)


def test_a_refusal_before_the_code_was_looked_at_lets_nobody_guess_on(tmp_path: Path) -> None:
    with with_phone("marketplace", tmp_path) as (door, visit, phone):
        for n in range(8):
            assert 401 == door.api("chen", PASSWORD, code=f"{n:06}").status_code
        door.opened.errand(lambda tx, _: tx.run(SET_SECRET, sealed=b"unreadable"))
        visit.open(ACCOUNT).press(f"{ACCOUNT}/switch-off", {"current": PASSWORD, "code": phone.next()})
        assert (409, True) == (visit.status, "have it reset" in visit.text)
        said = [door.api("chen", PASSWORD, code=code).status_code for code in ("000000", phone.codes[0])]
        assert [409, 429] == said  # ten in all, and the eleventh is not looked at


@pytest.mark.parametrize("house", HOUSES)
def test_the_operator_who_names_a_wrong_directory_makes_no_house_there(house: str, tmp_path: Path) -> None:
    said, wrong = io.StringIO(), tmp_path / "wrong"

    assert 2 == resetting.run(house, Lost("chen", "T-1"), wrong, "", Console(file=said, width=200))
    assert f"there is no {house} at {wrong}" in said.getvalue()
    assert not wrong.exists()


def test_who_has_one_is_erased_by_password_and_code_only(tmp_path: Path) -> None:
    with with_phone("marketplace", tmp_path, login="irina") as (door, visit, phone), door.client() as client:
        bearer = {"authorization": f"Bearer {door.api('irina', PASSWORD, code=phone.next()).json()['token']}"}

        def by_api(**said: str) -> tuple[int, str]:
            answer = client.post("/api/v1/my-data/erasure", headers=bearer, json={"password": PASSWORD, **said})
            return answer.status_code, answer.json().get("code", "")

        assert [(401, "code_needed"), (401, "code_wrong")] == [by_api(), by_api(code="000000")]
        visit.open("/my-data").press("/my-data/erasure", {"password": PASSWORD, "code": "000000"})
        assert (422, True) == (visit.status, WRONG in visit.text)
        visit.press("/my-data/erasure", {"password": PASSWORD, "code": phone.codes[3]})
        assert "Certificate of destruction" in visit.text
        assert 401 == door.api("irina", PASSWORD).status_code
