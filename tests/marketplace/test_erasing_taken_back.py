"""Who asked to be erased may change their mind while something holds it; what only they have seen holds nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backhaul.kit import keys
from backhaul.kit.database import Statement
from backhaul.marketplace import errands, person_errands, person_queries, queries, tables
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.erasure import State
from backhaul.marketplace.rules.words import Role, Status
from tests.marketplace.cast import IRINA, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told

PASSWORD = {"password": "correct horse battery"}
HASHED = keys.hash_password(PASSWORD["password"])
DOOR = "/api/v1/my-data/erasure"
FRESH = "C-7777"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(lambda tx, _: tx.run(Statement(tables.accounts.update().values(password=HASHED))))
        opened.errand(
            lambda tx, _: errands.add_account(tx, "fresh", HASHED, Role.CUSTOMER, FRESH, "Vera K.", "en", owner=False)
        )
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def of(call: Call, login: str) -> str:
    """The token of a sign-in."""
    return str(call("").post("/api/v1/sessions", json={"login": login, **PASSWORD}).json()["token"])


def newest(shop: Market, ref: str = IRINA.subject) -> person_queries.Asked:
    with shop.office.database.read() as tx:
        found = person_queries.newest_of(tx, ref)
    assert found is not None
    return found


def test_a_request_that_was_never_sent_holds_nothing_and_is_withdrawn_by_the_erasure(shop: Market, call: Call) -> None:
    draft, sent = shop.draft(THROW, comment="It is too small for me."), shop.draft()
    shop.does(IRINA, sent, do.Submit())
    customer = call("irina")
    held = customer.post(DOOR, json=PASSWORD).json()
    still = shop.now_is(draft).status
    shop.does(IRINA, sent, do.Cancel())
    done = customer.post(DOOR, json=PASSWORD).json()

    assert (["open_return"], [sent]) == (
        [one["why"] for one in held["holds"]],
        [one["return_id"] for one in held["holds"]],
    )
    assert Status.NEW is still  # what is held does nothing yet
    assert "done" == done["state"]
    with shop.office.database.read() as tx:
        happened = [(one.kind, one.role, one.actor) for one in queries.history(tx, draft)]
        assert queries.replay(tx, draft)[1]  # the chain verifies
    assert ("Cancelled", "customer", IRINA.subject) == happened[-1]
    assert Status.CANCELLED is shop.now_is(draft).status


def test_who_changed_their_mind_is_not_erased_and_may_ask_again(shop: Market, call: Call) -> None:
    sent = shop.draft()
    shop.does(IRINA, sent, do.Submit())
    customer, again = call("irina"), {"idempotency-key": "mind-1"}
    assert (409, "no_erasure_waits") == told(customer.post(f"{DOOR}/withdraw"))
    asked = customer.post(DOOR, json=PASSWORD).json()
    back = customer.post(f"{DOOR}/withdraw", headers=again).json()
    assert ("held", "withdrawn", asked["number"]) == (asked["state"], back["state"], back["number"])
    assert back == customer.post(f"{DOOR}/withdraw", headers=again).json()  # the same key, the same answer
    assert (409, "no_erasure_waits") == told(customer.post(f"{DOOR}/withdraw"))

    shop.does(IRINA, sent, do.Cancel())
    shop.clock.turn(timedelta(days=2))
    while shop.office.tick():
        pass
    seen = customer.get("/api/v1/my-data").json()
    assert (200, False) == (customer.get("/api/v1/returns").status_code, "erasure" in seen)
    written = newest(shop)
    assert (State.WITHDRAWN, False) == (written.state, written.it.withdrawn_at is None)

    done = customer.post(DOOR, json=PASSWORD).json()
    assert ("done", asked["number"] + 1) == (done["state"], done["number"])


def test_a_round_that_had_chosen_an_erasure_leaves_one_that_was_taken_back_meanwhile(shop: Market, call: Call) -> None:
    sent = shop.draft()
    shop.does(IRINA, sent, do.Submit())
    customer = call("irina")
    number = customer.post(DOOR, json=PASSWORD).json()["number"]
    customer.post(f"{DOOR}/withdraw")
    shop.does(IRINA, sent, do.Cancel())
    shop.errand(lambda tx, at: person_errands.attempt(tx, shop.office.desk, number, at))

    assert State.WITHDRAWN is newest(shop).state


def test_an_account_that_has_bought_nothing_is_seen_taken_away_and_erased(call: Call) -> None:
    customer = call(of(call, "fresh"))
    seen = customer.get("/api/v1/my-data").json()
    file = customer.get("/api/v1/my-data/export")
    known = call("marina").get(f"/api/v1/customers/{FRESH}/received")
    done = customer.post(DOOR, json=PASSWORD).json()

    assert ("", [{"login": "fresh", "name": "Vera K."}]) == (seen["email"], seen["accounts"])
    assert (200, b"Vera K." in file.content, 200) == (file.status_code, True, known.status_code)
    assert ("done", 1) == (done["state"], done["destroyed"]["accounts"])
    assert (401, "sign_in_needed") == told(customer.get("/api/v1/my-data"))
    assert (401, "sign_in_failed") == told(call("").post("/api/v1/sessions", json={"login": "fresh", **PASSWORD}))


def test_a_backup_brings_no_account_back_that_had_bought_nothing(shop: Market, call: Call) -> None:
    call(of(call, "fresh")).post(DOOR, json=PASSWORD)
    shop.errand(lambda tx, _: tx.run(Statement(tables.erasures.delete())))  # as a backup of before has it
    shop.errand(
        lambda tx, _: errands.add_account(tx, "fresh", HASHED, Role.CUSTOMER, FRESH, "Vera K.", "en", owner=False)
    )

    assert 1 == shop.office.erasing.erase_again()
    assert 1 == newest(shop, FRESH).it.destroyed.accounts  # type: ignore[union-attr]
    assert 0 == shop.office.erasing.erase_again()
