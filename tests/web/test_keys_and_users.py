"""Settings, API keys and users through the forms that stand on the pages: rights, one-time links, networks, revocation by support."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement, Tx
from backhaul.marketplace import errands, tables
from backhaul.marketplace.rules.words import Role, Status
from tests.marketplace.cast import ANADOLU, ELIF, LUMITEK, MORNING, Market, market
from tests.web.forms import Visit

PASSWORD, NEXT = "correct horse battery", "another horse battery"
PEOPLE = (
    ("elif", Role.SELLER, str(ANADOLU), "Elif Kaya", True),
    ("chen", Role.SELLER, str(LUMITEK), "Chen Wei", True),
    ("marina", Role.SUPPORT, "", "Marina", False),
)
USERS = "/settings/users"
Door = Callable[..., Visit]


@cache
def hashed() -> str:
    return keys.hash_password(PASSWORD)


def let_in(tx: Tx, _: datetime) -> None:
    for login, role, subject, name, owner in PEOPLE:
        errands.add_account(tx, login, hashed(), role, subject, name, "en", owner=owner)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


def invites(owner: Visit, login: str, rights: str, **more: str) -> str:
    """The owner adds somebody; the path of the link that is shown."""
    entries = {"login": login, "name": login.title(), "language": "en", "rights": rights, **more}
    owner.open(USERS).press(USERS, entries)
    assert owner.status == 201, owner.text
    return str(re.findall(r"/welcome/\w+", owner.text)[0])


def joins(url: str, link: str, password: str = PASSWORD) -> None:
    with Visit(url) as visit:
        visit.open(link).press(link, {"password": password, "again": password})
        assert visit.path == "/sign-in"


def number_of(shop: Market, login: str) -> int:
    accounts = tables.accounts
    with shop.office.database.read() as tx:
        return int(tx.rows(Statement(accounts.select().where(accounts.c.login == login)))[0][0])


# -- Users ------------------------------------------------------------------------------------------------------------


def test_a_new_user_sets_a_password_by_a_link_that_is_shown_once_and_works_once(
    enter: Door, url: str, shop: Market
) -> None:
    elif_ = enter("elif")
    form = elif_.open(USERS).form(USERS).fill(login="Deniz", name="Deniz A.", language="tr", rights="operator")
    elif_.send(form)
    link = re.findall(r"/welcome/\w+", elif_.text)[0]

    assert (201, "Deniz A." in elif_.text) == (elif_.status, True)
    assert link not in elif_.open(USERS).answer.text
    assert "Waits for the first sign-in" in elif_.text
    elif_.send(form)
    assert "was added already" in elif_.text
    assert "/welcome/" not in elif_.answer.text
    with shop.office.database.read() as tx:
        stored = tx.rows(Statement(tables.invitations.select()))
    assert [keys.digest(link.removeprefix("/welcome/"))] == [bytes(row[0]) for row in stored]

    with Visit(url) as visit:
        visit.open(link)
        assert 'lang="tr"' in visit.answer.text
        visit.press(link, {"password": " " * 12, "again": " " * 12})
        assert (422, 1) == (visit.status, visit.answer.text.count("aria-invalid"))
        visit.press(link, {"password": "short", "again": "short"})
        assert (422, "12" in visit.text) == (visit.status, True)
        visit.press(link, {"password": PASSWORD, "again": NEXT})
        assert 422 == visit.status
        visit.press(link, {"password": PASSWORD, "again": PASSWORD})
        assert "/sign-in" == visit.path
        assert 404 == visit.open(link).status
    assert "/to-decide" == enter("deniz").path


@pytest.mark.parametrize(("after", "status"), [(timedelta(days=3, seconds=-1), 200), (timedelta(days=3), 404)])
def test_a_link_works_for_three_days(enter: Door, url: str, shop: Market, after: timedelta, status: int) -> None:
    link = invites(enter("elif"), "deniz", "operator")
    shop.clock.turn_to(MORNING + after)

    with Visit(url) as visit:
        assert status == visit.open(link).status


def test_a_new_link_ends_the_one_before(enter: Door, url: str, shop: Market) -> None:
    elif_ = enter("elif")
    first = invites(elif_, "deniz", "operator")
    elif_.open(USERS).press(f"{USERS}/{number_of(shop, 'deniz')}/link")
    second = re.findall(r"/welcome/\w+", elif_.text)[0]

    with Visit(url) as visit:
        assert (404, 200) == (visit.open(first).status, visit.open(second).status)


def test_an_operator_decides_an_analyst_only_reads_and_rights_change_at_once(
    enter: Door, url: str, shop: Market
) -> None:
    elif_, return_id = enter("elif"), shop.in_status(Status.SELLER_REVIEW)
    for login, rights in (("deniz", "operator"), ("zhao", "analyst")):
        joins(url, invites(elif_, login, rights))
    deniz, zhao = enter("deniz"), enter("zhao")
    here, approve = f"/returns/{return_id}", f"/returns/{return_id}/approve"

    assert (True, False) == (deniz.open(here).offers(approve), zhao.open(here).offers(approve))
    form = deniz.form(approve)
    elif_.open(USERS).press(f"{USERS}/{number_of(shop, 'deniz')}/rights", {"rights": "analyst"})
    assert 401 == deniz.send(form).status  # other rights begin with another sign-in
    deniz.sign_in("deniz", PASSWORD)
    assert not deniz.open(here).offers(approve)
    assert "You can only read here" in deniz.send(form).text
    assert Status.SELLER_REVIEW == shop.now_is(return_id).status


def test_a_deactivated_user_is_out_at_once_and_in_again_when_the_owner_says_so(
    enter: Door, url: str, shop: Market
) -> None:
    elif_ = enter("elif")
    joins(url, invites(elif_, "deniz", "operator"))
    here, there, number = enter("deniz"), enter("deniz"), number_of(shop, "deniz")
    elif_.open(USERS).press(f"{USERS}/{number}/deactivate")

    assert ("/sign-in", "/sign-in") == (here.open("/returns").path, there.open("/returns").path)
    assert 401 == enter("deniz").status
    elif_.open(USERS).press(f"{USERS}/{number}/restore")
    assert "/to-decide" == enter("deniz").path
    assert "/sign-in" == here.open("/returns").path


def test_the_last_owner_stays_one(enter: Door, url: str, shop: Market) -> None:
    elif_, number = enter("elif"), number_of(shop, "elif")
    joins(url, invites(elif_, "deniz", "operator"))
    invites(elif_, "berk", "owner")

    for act, entries in (("rights", {"rights": "operator"}), ("deactivate", {})):
        elif_.open(USERS).press(f"{USERS}/{number}/{act}", entries)
        assert (409, True) == (elif_.status, "A seller always has an owner." in elif_.text), act
    joins(url, invites(elif_, "ayse", "owner"))
    elif_.open(USERS).press(f"{USERS}/{number}/rights", {"rights": "operator"})
    assert "/sign-in" == elif_.open(USERS).path
    assert 403 == enter("elif").open(USERS).status
    assert 200 == enter("ayse").open(USERS).status


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"login": "no spaces"}, "A login has 3 to 64 characters"),
        ({"login": "chen"}, "This login is taken."),
        ({"name": "\u200b\u2060"}, "A name has 1 to 100 characters."),
    ],
)
def test_a_refused_user_is_told_why_and_nothing_typed_is_lost(
    enter: Door, entries: dict[str, str], sentence: str
) -> None:
    typed = {"login": "deniz", "name": "Deniz A.", "language": "tr", "rights": "analyst", **entries}
    elif_ = enter("elif").open(USERS).press(USERS, typed)
    form = elif_.form(USERS)

    assert sentence in elif_.text
    assert typed == {name: form.values[name][0] for name in typed}
    assert 1 == sum(form.action.endswith("/rights") for form in elif_.open(USERS).page.forms)


def test_only_an_owner_sees_the_users_and_only_those_of_the_own_company(enter: Door, url: str, shop: Market) -> None:
    elif_, chen = enter("elif"), enter("chen")
    joins(url, invites(elif_, "deniz", "operator"))
    deniz, number = enter("deniz"), number_of(shop, "deniz")

    assert 403 == deniz.open(USERS).status
    assert USERS not in deniz.open("/settings").page.links
    assert USERS in chen.open("/settings").page.links
    assert "Deniz" not in chen.open(USERS).text
    csrf = chen.form("/language").values["_csrf_token"][0]
    for act in ("rights", "deactivate", "restore", "link"):
        answer = chen.client.post(f"{USERS}/{number}/{act}", data={"_csrf_token": csrf, "rights": "owner"})
        assert 404 == answer.status_code, act
        csrf_of_deniz = deniz.form("/language").values["_csrf_token"][0]
        answer = deniz.client.post(f"{USERS}/{number}/{act}", data={"_csrf_token": csrf_of_deniz, "rights": "owner"})
        assert 403 == answer.status_code, act


def test_a_password_is_changed_by_who_knows_it_and_ends_all_other_sessions(enter: Door) -> None:
    here, there = enter("marina"), enter("marina")
    form = "/account/password"
    wrong = here.open("/account").press(form, {"current": "guessed it", "password": NEXT, "again": NEXT})
    assert (422, "This is not your current password." in wrong.text) == (wrong.status, True)
    at_fault = ' required aria-invalid="true" aria-describedby="fault" autofocus>'
    assert f'autocomplete="current-password"{at_fault}' in wrong.answer.text
    same = here.press(form, {"current": PASSWORD, "password": PASSWORD, "again": PASSWORD})
    assert (422, "must be another one than the current" in same.text) == (same.status, True)
    assert f'maxlength="200"{at_fault}' in same.answer.text
    assert 1 == same.answer.text.count("aria-invalid")
    here.press(form, {"current": PASSWORD, "password": NEXT, "again": NEXT})

    assert "Your password is changed." in here.text
    assert "/support" == here.open("/support").path
    assert "/sign-in" == there.open("/support").path
    assert (401, 200) == (enter("marina").status, enter("marina", NEXT).status)


def test_an_analyst_may_change_their_own_language_and_password(enter: Door, url: str) -> None:
    joins(url, invites(enter("elif"), "zhao", "analyst"))
    zhao = enter("zhao").open("/account")
    zhao.press("/account/password", {"current": PASSWORD, "password": NEXT, "again": NEXT})
    zhao.send(zhao.open("/account").form("/language", back="/account").fill(language="tr"))

    assert ("/account", True) == (zhao.path, 'lang="tr"' in zhao.answer.text)
    assert 'lang="tr"' in enter("zhao", NEXT).answer.text


# -- Keys -------------------------------------------------------------------------------------------------------------


def test_who_manages_keys_makes_both_kinds_and_an_analyst_none(enter: Door, url: str, shop: Market) -> None:
    """D19: the owner may grant it; a key never exceeds its creator."""
    elif_ = enter("elif")
    joins(url, invites(elif_, "deniz", "operator", manages_keys="yes"))
    joins(url, invites(elif_, "zhao", "analyst", manages_keys="yes"))
    deniz, zhao = enter("deniz"), enter("zhao")
    shown = []
    for name, role in (("ERP", "returns"), ("BI", "returns_read_only")):
        deniz.open("/keys").press("/keys", {"name": name, "role": role})
        shown += re.findall(r"bh_\w+", deniz.text)

    assert ["bh_rw", "bh_ro"] == [key[:5] for key in shown]
    assert not zhao.open("/keys").offers("/keys")
    csrf = zhao.form("/language").values["_csrf_token"][0]
    for role in ("returns", "returns_read_only"):
        assert 403 == zhao.client.post("/keys", data={"_csrf_token": csrf, "name": "x", "role": role}).status_code
    assert "deniz" in elif_.open("/keys").text
    elif_.open(USERS).press(f"{USERS}/{number_of(shop, 'deniz')}/rights", {"rights": "analyst", "manages_keys": "yes"})
    assert "They go on working until they are revoked." in elif_.text
    assert not deniz.open("/keys").offers("/keys")


def test_the_tab_closed_too_early_shows_only_the_last_four(enter: Door) -> None:
    """J1.3: he revokes it and makes another; "I saved it" leads on."""
    chen = enter("chen").open("/keys").press("/keys", {"name": "IML prod", "role": "returns"})
    key = re.findall(r"bh_rw_\w+", chen.text)[0]

    assert {"saved": ["yes"]} == chen.form("/keys").choices
    assert re.search(r'name="saved"[^>]* required', chen.answer.text)
    assert key not in chen.open("/keys?saved=yes").answer.text
    assert f"…{key[-4:]}" in chen.text
    assert "1 of 20 active keys are made." in chen.text
    chen.press(f"/keys/{keys.public_id_of(key)}/revoke")
    chen.press("/keys", {"name": "IML prod", "role": "returns"})
    assert 201 == chen.status


def test_the_twenty_first_active_key_is_refused_and_nothing_typed_is_lost(enter: Door, shop: Market) -> None:
    for n in range(20):
        shop.key(ELIF, f"Key {n}")
    elif_ = enter("elif").open("/keys").press("/keys", {"name": "One more", "role": "returns_read_only"})

    assert (409, "At most 20 active keys are allowed." in elif_.text) == (elif_.status, True)
    assert ["One more"] == elif_.form("/keys").values["name"]
    assert ["returns_read_only"] == elif_.form("/keys").values["role"]


def test_networks_are_chosen_with_the_key_and_changed_later(enter: Door, url: str) -> None:
    entries = {"name": "ERP", "role": "returns", "networks": "10.0.0.0/8\n10.0.0.1/8"}
    elif_ = enter("elif").open("/keys").press("/keys", entries)
    assert (422, "10.0.0.1/8 is no network." in elif_.text) == (elif_.status, True)
    assert ["10.0.0.0/8\n10.0.0.1/8"] == elif_.form("/keys").values["networks"]
    elif_.press("/keys", {"networks": "10.0.0.0/8, 2001:DB8::/32\n10.0.0.0/8"})
    key = re.findall(r"bh_rw_\w+", elif_.text)[0]
    here = f"/keys/{keys.public_id_of(key)}"

    def roles() -> httpx2.Response:
        return httpx2.post(f"{url}/v1/roles", headers={"client-id": str(ANADOLU), "api-key": key}, json={})

    assert "10.0.0.0/8 2001:db8::/32" in elif_.open("/keys").text
    assert (404, 5) == (roles().status_code, roles().json()["code"])
    elif_.follow(here).press(f"{here}/networks", {"networks": "127.0.0.0/8"})
    assert 200 == roles().status_code
    assert "/v1/roles (127.0.0.1) key_network_not_allowed" in elif_.open(here).text
    assert "/v1/roles (127.0.0.1) Used" in elif_.text
    elif_.press(f"{here}/networks", {"networks": "nonsense"})
    assert (422, ["nonsense"]) == (elif_.status, elif_.form(f"{here}/networks").values["networks"])
    elif_.press(f"{here}/networks", {"networks": ""})
    assert 200 == roles().status_code
    assert "everywhere" in elif_.open("/keys").text


def test_anothers_key_is_not_there(enter: Door, shop: Market) -> None:
    here = f"/keys/{keys.public_id_of(shop.key(ELIF))}"
    chen = enter("chen")
    csrf = chen.form("/language").values["_csrf_token"][0]

    assert 404 == chen.open(here).status
    for act in ("revoke", "networks"):
        assert 404 == chen.client.post(f"{here}/{act}", data={"_csrf_token": csrf, "networks": ""}).status_code


def test_support_revokes_any_key_with_a_reason_and_the_owner_reads_who_and_why(
    enter: Door, url: str, shop: Market
) -> None:
    """P19: the marketplace may revoke."""
    key = shop.key(ELIF, "Leaked")
    public_id = keys.public_id_of(key)
    marina, there = enter("marina"), f"/support/sellers/{ANADOLU}/keys"
    act = f"{there}/{public_id}/revoke"
    marina.open("/support/sellers").follow(there).press(act, {"because": "   "})
    assert (422, "Give a reason" in marina.text) == (marina.status, True)
    marina.press(act, {"because": "It stood in a public repository."})

    assert "It stood in a public repository." in marina.text
    assert "Support: marina" in marina.text
    elif_ = enter("elif").open("/keys").follow(f"/keys/{public_id}")
    assert "Support: marina" in elif_.text
    assert "It stood in a public repository." in elif_.text
    refused = httpx2.get(f"{url}/api/v1/returns", headers={"authorization": f"Bearer {key}"})
    assert (403, "key_revoked") == (refused.status_code, refused.json()["code"])
    marina.open(there).follow(f"/support/attempts?key={public_id}")
    assert "key_revoked" in marina.text
    assert f"key:{public_id}" in marina.text
    assert "key_revoked" not in marina.open("/support/attempts?key=00000000").text


def test_the_keys_of_another_seller_are_not_revoked_under_a_wrong_address(enter: Door, shop: Market) -> None:
    public_id = keys.public_id_of(shop.key(ELIF))
    marina = enter("marina")
    form = marina.open(f"/support/sellers/{ANADOLU}/keys").form(f"/support/sellers/{ANADOLU}/keys/{public_id}/revoke")
    form.fill(because="Wrong seller.").action = f"/support/sellers/{LUMITEK}/keys/{public_id}/revoke"

    assert 404 == marina.send(form).status
    assert 404 == marina.open("/support/sellers/1/keys").status
