"""API v1 for keys and users over HTTP; where a key works from; what the access log keeps of it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from backhaul.kit import keys
from backhaul.kit.clock import TurnedClock
from backhaul.kit.database import Database, Statement, Tx
from backhaul.kit.server import Served
from backhaul.marketplace import access, directory, errands, key_errands, tables
from backhaul.marketplace.app import make_app
from backhaul.marketplace.office import open_office
from backhaul.marketplace.rules.words import Role, Status
from tests.cut_off import cut_off_before
from tests.marketplace.cast import ANADOLU, ELIF, LUMITEK, MORNING, Market, market

PASSWORD, NEXT = "correct horse battery", "another horse battery"
PEOPLE = (
    ("elif", Role.SELLER, str(ANADOLU), True),
    ("chen", Role.SELLER, str(LUMITEK), True),
    ("irina", Role.CUSTOMER, "C-1001", False),
    ("marina", Role.SUPPORT, "", False),
)
ZHAO = {"login": "zhao", "name": "Zhao", "language": "zh", "rights": "analyst"}
Call = Callable[[str], httpx2.Client]

ACCOUNT_OF_BEFORE = sa.text(
    "INSERT INTO accounts (login, password, role, subject, name, language, owner) "
    "VALUES (:login, 'x', 'seller', :seller, 'N', 'en', :owner)"
)
KEY_OF_BEFORE = sa.text(
    "INSERT INTO api_keys (public_id, seller_id, name, role, digest, last4, created_by, created_us, expires_us) "
    "VALUES ('aaaaaaaa', :seller, 'ERP', 'returns', '', '7f3a', 'elif', 1, 2)"
)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    hashed = keys.hash_password(PASSWORD)

    def let_in(tx: Tx, _: datetime) -> None:
        for login, role, subject, owner in PEOPLE:
            errands.add_account(tx, login, hashed, role, subject, login.title(), "en", owner=owner)

    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    """A client for a login, or for a key."""
    served = Served(make_app(shop.office)).start()
    opened: list[httpx2.Client] = []

    def client(who: str) -> httpx2.Client:
        found = httpx2.Client(base_url=f"{served.url}/api/v1", timeout=30)
        opened.append(found)
        token = who
        if not who.startswith("bh_"):
            token = found.post("/sessions", json={"login": who, "password": PASSWORD}).json()["token"]
        found.headers["authorization"] = f"Bearer {token}"
        return found

    yield client
    for each in opened:
        each.close()
    served.stop()


def told(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def log_of(shop: Market, key: str) -> list[tuple[str, str]]:
    """(what, code) as the access log keeps them for a key, oldest first."""
    log = tables.journal.access_log
    with shop.office.database.read() as tx:
        rows = tx.rows(
            Statement(log.select().where(log.c.caller == f"key:{keys.public_id_of(key)}").order_by(log.c.id))
        )
    return [(row[3], row[4]) for row in rows]


# -- Keys -------------------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_shown_once_and_revoked(call: Call) -> None:
    elif_ = call("elif")
    wanted = {"name": "ERP", "role": "returns", "networks": ["127.0.0.0/8", "::1/128"]}
    made = elif_.post("/keys", json=wanted, headers={"idempotency-key": "one"})
    again = elif_.post("/keys", json=wanted, headers={"idempotency-key": "one"})
    key = made.json()["key"]

    assert (201, 201, "no-store") == (made.status_code, again.status_code, made.headers["cache-control"])
    assert {name: value for name, value in made.json().items() if name != "key"} == again.json()
    assert [again.json()] == elif_.get("/keys").json()
    assert ("active", key[-4:], ["127.0.0.0/8", "::1/128"], "elif") == tuple(
        again.json()[name] for name in ("status", "last4", "networks", "created_by")
    )
    assert 200 == call(key).get("/returns").status_code
    revoked = elif_.post(f"/keys/{made.json()['id']}/revoke", json={})
    assert (200, "revoked", "elif", "seller") == (
        revoked.status_code, *(revoked.json()[name] for name in ("status", "revoked_by", "revoked_role"))
    )  # fmt: skip
    assert (403, "key_revoked") == told(call(key).get("/returns"))
    assert (409, "key_revoked_already") == told(elif_.post(f"/keys/{made.json()['id']}/revoke", json={}))
    assert (409, "key_revoked_already") == told(elif_.put(f"/keys/{made.json()['id']}/networks", json={}))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "x" * 65}, "key_name_length", "name"),
        ({"name": "  "}, "key_name_length", "name"),
        ({"role": "admin"}, "unknown_key_role", "role"),
        ({"networks": ["10.0.0.1/8"]}, "not_a_network", "networks"),
        ({"networks": [f"10.0.{n}.0/24" for n in range(21)]}, "too_many_networks", "networks"),
        ({"networks": ["0/0\x00"]}, "field_invalid", "networks"),
    ],
)
def test_a_wrong_key_form_is_refused_by_its_field(call: Call, change: dict[str, Any], code: str, field: str) -> None:
    elif_ = call("elif")
    answer = elif_.post("/keys", json={"name": "ERP", "role": "returns", **change})

    assert (422, code, True) == (*told(answer), answer.json()["field"].startswith(field))
    assert [] == elif_.get("/keys").json()


def test_no_key_makes_sees_or_revokes_keys_or_users(call: Call, shop: Market) -> None:
    """D19: only persons do; the attempt is in the log."""
    key = shop.key(ELIF)
    program, public_id = call(key), keys.public_id_of(key)
    answers = [
        program.get("/keys"), program.post("/keys", json={"name": "More", "role": "returns"}),
        program.post(f"/keys/{public_id}/revoke", json={}), program.put(f"/keys/{public_id}/networks", json={}),
        program.get("/users"), program.post("/users", json=ZHAO), program.post("/users/1/deactivate"),
        program.post("/users/1/rights", json={"rights": "owner"}), program.post("/users/1/link"),
        program.post("/users/1/restore"), program.get("/account"),
        program.post("/account/password", json={"current": PASSWORD, "password": NEXT}),
    ]  # fmt: skip

    assert {(403, "session_needed")} == {told(answer) for answer in answers}
    assert len(answers) == [code for _, code in log_of(shop, key)].count("session_needed")
    assert 1 == len(call("elif").get("/keys").json())


def test_one_user_is_shown_to_the_owner_of_their_shop_alone(call: Call, shop: Market) -> None:
    made = call("elif").post("/users", json=ZHAO).json()
    path, shown = f"/users/{made['id']}", {name: said for name, said in made.items() if not name.startswith("link")}
    answers = {who: told(call(who).get(path)) for who in ("chen", "marina", "irina", shop.key(ELIF))}

    assert shown == call("elif").get(path).json()
    assert (404, "not_found") == answers.pop("chen")
    assert [(403, "owner_only")] * 2 + [(403, "session_needed")] == list(answers.values())
    assert (404, "not_found") == told(call("elif").get("/users/999"))


def test_support_sees_and_revokes_with_a_reason_and_others_do_not(call: Call, shop: Market) -> None:
    public_id = keys.public_id_of(shop.key(ELIF))
    marina, act = call("marina"), f"/keys/{public_id}/revoke"

    assert [public_id] == [key["id"] for key in marina.get("/keys", params={"seller_id": ANADOLU}).json()]
    assert (422, "reason_needed") == told(marina.post(act, json={}))
    assert (422, "text_too_long") == told(marina.post(act, json={"because": "x" * 301}))
    assert (403, "key_rights_needed") == told(marina.post("/keys", json={"name": "x", "role": "returns"}))
    assert [] == call("chen").get("/keys", params={"seller_id": ANADOLU}).json()
    assert (404, "not_found") == told(call("chen").post(act, json={}))
    assert (403, "key_rights_needed") == told(call("irina").post(act, json={}))
    assert (403, "not_your_role") == told(call("irina").get("/keys"))
    assert 200 == marina.post(act, json={"because": "Leaked."}).status_code
    [seen] = call("elif").get("/keys").json()
    assert ("marina", "support", "Leaked.") == (seen["revoked_by"], seen["revoked_role"], seen["revoked_because"])


# -- Where a key works from -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "networks", "within"),
    [
        ("203.0.113.7", "203.0.113.0/24", True),
        ("203.0.114.0", "203.0.113.0/24", False),
        ("203.0.112.255", "203.0.113.0/24", False),
        ("203.0.113.255", "203.0.113.0/24", True),
        ("203.0.113.7", "10.0.0.0/8 203.0.113.7/32", True),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db9::1", "2001:db8::/32", False),
        ("::ffff:203.0.113.7", "203.0.113.0/24", True),
        ("203.0.113.7", "2001:db8::/32", False),
        ("fe80::1%eth0", "fe80::/10", True),
        ("", "0.0.0.0/0 ::/0", False),
        ("not an address", "0.0.0.0/0", False),
    ],
)
def test_an_address_is_in_a_network_or_not(address: str, networks: str, within: bool) -> None:  # noqa: FBT001
    assert within is access.is_within(address, networks)


def test_a_call_from_elsewhere_is_refused_at_every_door(call: Call, shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    wanted = {"name": "ERP", "role": "returns", "networks": ["192.0.2.0/24"]}
    elif_ = call("elif")
    made = elif_.post("/keys", json=wanted).json()
    program = call(made["key"])
    headers = {"client-id": str(ANADOLU), "api-key": made["key"]}
    seller_api = str(program.base_url).replace("/api/v1/", "")

    assert (403, "key_network_not_allowed") == told(program.get("/returns"))
    assert (403, "key_network_not_allowed") == told(program.post(f"/returns/{return_id}/approve", json={}))
    for path in ("/v1/roles", "/v2/returns/rfbs/verify"):
        answer = httpx2.post(f"{seller_api}{path}", headers=headers, json={"return_id": return_id})
        assert (404, 5) == (answer.status_code, answer.json()["code"])
        assert "Invalid Api-Key, please check the key and try again" == answer.json()["message"]
    assert Status.SELLER_REVIEW == shop.now_is(return_id).status
    assert {"key_network_not_allowed"} == {code for _, code in log_of(shop, made["key"])}
    elif_.put(f"/keys/{made['id']}/networks", json={"networks": []})
    assert 200 == program.post(f"/returns/{return_id}/approve", json={}).status_code


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [
        ("", "192.0.2.9", 403),
        ("127.0.0.1", "192.0.2.9", 200),
        ("127.0.0.0/8", "198.51.100.1, 192.0.2.9", 200),
        ("127.0.0.1", "192.0.2.9, 198.51.100.1", 403),
        ("198.51.100.1", "192.0.2.9", 403),
    ],
)
def test_forwarded_addresses_are_believed_from_configured_proxies_only(
    shop: Market, proxies: str, forwarded: str, status: int
) -> None:
    key = shop.key(ELIF)
    with shop.office.database.read() as tx:
        elif_ = access.account_of_login(tx, "elif", PASSWORD)
    assert elif_ is not None
    public_id = keys.public_id_of(key) or ""
    shop.errand(lambda tx, _: key_errands.allow_networks(tx, elif_, public_id, "192.0.2.0/24"))
    served = Served(make_app(shop.office), proxies=proxies).start()
    headers = {"authorization": f"Bearer {key}", "x-forwarded-for": forwarded}

    answer = httpx2.get(f"{served.url}/api/v1/returns", headers=headers)
    served.stop()

    assert status == answer.status_code


# -- The access log ---------------------------------------------------------------------------------------------------


def test_the_last_use_is_noted_at_most_once_a_minute_and_stands_alone(call: Call, shop: Market) -> None:
    """D35: by the desk, whether the key read or acted."""
    return_id, key = shop.in_status(Status.SELLER_REVIEW), shop.key(ELIF)
    program, elif_ = call(key), call("elif")
    used = "last_used_at"
    assert used not in elif_.get("/keys").json()[0]

    program.get("/returns")
    shop.clock.turn_to(MORNING + timedelta(seconds=59))
    program.get("/returns")
    assert "2024-09-02T07:00:00Z" == elif_.get("/keys").json()[0][used]
    shop.clock.turn_to(MORNING + timedelta(seconds=60))
    program.post(f"/returns/{return_id}/approve", json={})

    assert "2024-09-02T07:01:00Z" == elif_.get("/keys").json()[0][used]
    assert [(f"/api/v1/returns/{return_id}/approve (127.0.0.1)", "used")] == log_of(shop, key)


def note(name: str, what: str, tx: Tx, at: datetime) -> None:
    key_errands.note_use(tx, name, what, at)


def test_a_use_is_noted_once_though_two_processes_serve(shop: Market) -> None:
    """On PostgreSQL several processes may serve one house; each has its own memory, the log is one."""
    key = shop.key(ELIF)
    name = f"key:{keys.public_id_of(key)}"
    for seconds, what in ((0, "first"), (59, "second"), (60, "third")):
        shop.clock.turn_to(MORNING + timedelta(seconds=seconds))
        shop.errand(partial(note, name, what))
        with shop.office.database.read() as tx:
            found = directory.keys_of_seller(tx, ANADOLU)
            last = directory.last_uses(tx, found)
        assert {MORNING + timedelta(seconds=60 if seconds == 60 else 0)} == set(last.values())
    assert [("third", "used")] == log_of(shop, key)


def test_refused_keys_are_noted_at_every_door(call: Call, shop: Market) -> None:
    key = shop.key(ELIF)
    shop.revoke(key)
    program = call(key)
    program.get("/returns")
    program.post("/returns/1/approve", json={})

    assert [("/api/v1/returns (127.0.0.1)", "key_revoked"), ("Approve 1", "key_revoked")] == log_of(shop, key)


# -- Users ------------------------------------------------------------------------------------------------------------


def test_an_owner_manages_users(call: Call) -> None:
    elif_ = call("elif")
    made = elif_.post("/users", json=ZHAO, headers={"idempotency-key": "one"})
    again = elif_.post("/users", json=ZHAO, headers={"idempotency-key": "one"})
    number = made.json()["id"]

    assert (201, 201) == (made.status_code, again.status_code)
    assert "2024-09-05T07:00:00Z" == made.json()["link_until"]
    assert "link" not in again.json()
    assert ("invited", "analyst") == (again.json()["state"], again.json()["rights"])
    changed = elif_.post(f"/users/{number}/rights", json={"rights": "operator", "manages_keys": True}).json()
    assert ("operator", True) == (changed["rights"], changed["manages_keys"])
    renewed = elif_.post(f"/users/{number}/link")
    assert (201, True) == (renewed.status_code, renewed.json()["link"] != made.json()["link"])
    assert "ended" == elif_.post(f"/users/{number}/deactivate").json()["state"]
    assert (409, "user_ended") == told(elif_.post(f"/users/{number}/link"))
    assert "invited" == elif_.post(f"/users/{number}/restore").json()["state"]
    assert ["elif", "zhao"] == [user["login"] for user in elif_.get("/users").json()]


def test_users_of_others_are_not_there_and_who_is_no_owner_manages_none(call: Call) -> None:
    elif_, chen = call("elif"), call("chen")
    number = elif_.post("/users", json=ZHAO).json()["id"]
    ways: list[tuple[str, Any]] = [
        ("rights", {"rights": "owner"}),
        ("deactivate", None),
        ("restore", None),
        ("link", None),
    ]

    for act, body in ways:
        assert (404, "not_found") == told(chen.post(f"/users/{number}/{act}", json=body)), act
        assert (403, "owner_only") == told(call("marina").post(f"/users/{number}/{act}", json=body)), act
    assert (403, "owner_only") == told(call("irina").get("/users"))
    assert (403, "owner_only") == told(call("marina").post("/users", json=ZHAO))
    assert (409, "last_owner") == told(elif_.post("/users/" + str(elif_.get("/users").json()[0]["id"]) + "/deactivate"))


def test_ones_own_account_is_changed_by_the_person(call: Call) -> None:
    here, there = call("irina"), call("irina")
    change = "/account/password"

    assert (422, "password_wrong") == told(here.post(change, json={"current": "x", "password": NEXT}))
    assert (422, "password_length") == told(here.post(change, json={"current": PASSWORD, "password": "x" * 11}))
    assert (422, "password_guessable") == told(here.post(change, json={"current": PASSWORD, "password": "x" * 12}))
    assert (422, "unknown_language") == told(here.post("/account/language", json={"language": "xx"}))
    assert "tr" == here.post("/account/language", json={"language": "tr"}).json()["language"]
    assert 204 == here.post(change, json={"current": PASSWORD, "password": NEXT[:12]}).status_code
    assert 200 == here.get("/account").status_code
    assert (401, "sign_in_needed") == told(there.get("/account"))


def test_a_password_is_changed_with_the_answer_or_not_at_all(call: Call, shop: Market) -> None:
    """The house ends before the answer is remembered: the same request again is done, not refused for the old password."""
    here, said, named = call("irina"), {"current": PASSWORD, "password": NEXT}, {"idempotency-key": "once"}
    with cut_off_before(shop.office.database, "answers"):
        broken = here.post("/account/password", json=said, headers=named)
    again = [here.post("/account/password", json=said, headers=named) for _ in range(2)]
    other = here.post("/account/password", json={**said, "password": NEXT + "!"}, headers=named)

    assert 503 == broken.status_code
    assert [204, 204] == [one.status_code for one in again]
    assert (422, "key_used_for_another_request") == told(other)


# -- The schema -------------------------------------------------------------------------------------------------------


def test_accounts_and_keys_of_before_live_on(database_url: str, tmp_path: Path) -> None:
    """Who was no owner stays an operator; a key of before works from everywhere."""
    scripts = Path(errands.__file__).parent / "migrations"
    engine = Database(database_url).engine()
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes |= {"connection": connection, "metadata": tables.metadata}
        command.upgrade(config, "0001")
        for login, owner in (("elif", True), ("deniz", False)):
            account = {"login": login, "owner": owner, "seller": str(ANADOLU)}
            connection.execute(ACCOUNT_OF_BEFORE, account)
        connection.execute(KEY_OF_BEFORE, {"seller": ANADOLU})
    engine.dispose()

    office = open_office(database_url, tmp_path / "data", TurnedClock(MORNING))
    with office.database.read() as tx:
        found = directory.users_of_seller(tx, ANADOLU, MORNING)
        [key] = directory.keys_of_seller(tx, ANADOLU)
    office.close()

    assert [("elif", "owner", "active"), ("deniz", "operator", "active")] == [
        (user.account.login, user.account.rights, user.state) for user in found
    ]
    assert ("ERP", "", "") == (key.name, key.networks, key.revoked_by)
