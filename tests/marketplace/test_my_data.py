"""A customer's own data by API v1: what is held and who received it, all of it as a file, and its erasure with a certificate."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec.structs import replace

from backhaul.kit import keys
from backhaul.kit.blobs import Blob
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import to_us
from backhaul.kit.sign_in_brake import FAILS_OF_LOGIN_MAX, LOGIN_SPAN
from backhaul.marketplace import answer_errands, errands, person_queries, person_store, queries, tables
from backhaul.marketplace.answer_queries import MESSAGES_MAX
from backhaul.marketplace.block_queries import BLOCKS_MAX
from backhaul.marketplace.doors import SESSION_COOKIE
from backhaul.marketplace.erasing import EVERY
from backhaul.marketplace.person_queries import ERASURES_MAX
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules import recipients
from backhaul.marketplace.rules.erasure import State
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Role, Status
from tests.marketplace.cast import ELIF, IRINA, KETTLE, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.marketplace.test_erasing import newest
from tests.marketplace.test_erasing_again import bought_again
from tests.marketplace.test_who_the_customer_is import EMAIL, LOGIN, NAME, REF, WROTE, planted, session_of, written
from tests.partner.house import picture

PASSWORD = "correct horse battery"
HASHED = keys.hash_password(PASSWORD)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        opened.errand(lambda tx, _: planted(tx))
        accounts = tables.accounts
        known = Statement(accounts.update().where(accounts.c.login == LOGIN).values(password=HASHED))
        opened.errand(lambda tx, _: tx.run(known))
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def unpacked(answer: httpx2.Response) -> tuple[dict[str, Any], list[str]]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return json.loads(file.read("data.json")), sorted(set(file.namelist()) - {"data.json"})


def test_the_file_has_everything_in_full_and_the_pictures(shop: Market, call: Call) -> None:
    return_id = written(shop)
    call("marina").post(f"/api/v1/returns/{return_id}/messages", json={"text": f"Dear {NAME}."})
    never_used, anothers = (shop.office.blobs.put_picture(picture(colour)).id for colour in ("orange", "purple"))

    def hand_in(tx: Tx, at: datetime) -> None:
        for blob, by in ((never_used, IRINA), (anothers, ELIF)):
            tables.book.keep(tx, Blob(blob, "image/jpeg", 1), queries.uploader_of(by), at)

    shop.errand(hand_in)
    while shop.office.tick():
        pass
    data, files = unpacked(call(session_of(shop)).get("/api/v1/my-data/export"))

    assert {"reference": REF, "email": EMAIL, "accounts": [{"login": LOGIN, "name": NAME}]} == data["customer"]
    assert len(data["orders"]) == 4
    [held] = data["returns"]
    assert (WROTE, WROTE) == (held["return"]["comment"], held["return"]["dispute_comment"])
    assert [WROTE, WROTE, WROTE] == [one["said"]["comment"] for one in held["acts"] if one["said"].get("comment")]
    assert [f"Dear {NAME}."] == [one["text"] for one in held["letters"]]
    assert "compensation" not in held["return"]  # what is the seller's stays the seller's
    assert any(NAME in one["text"] for one in data["messages"])
    assert sorted(f"photos/{one}.jpg" for one in (shop.photo, never_used)) == files


def test_the_file_has_all_of_it_however_many_there_are(shop: Market, call: Call) -> None:
    """One more of each than a page of a list holds."""
    return_id = written(shop)
    block = b.born(1, b.impose(REF, b.AddCase(return_id, f"R-{return_id}"), shop.clock.now(), Policy()))
    letter = {"return_id": return_id, "reader": "customer", "template": "", "language": "en", "written_by": "marina"}
    over = {
        "customer_ref": REF,
        "status": "over",
        "appeal": "none",
        "version": 1,
        "due_us": None,
        "decide_us": None,
        "head": b"",
    }

    def many(tx: Tx, at: datetime) -> None:
        tx.many(answer_errands.INSERT_MESSAGE, [
            {"id": n, "body": f"Letter {n}", "written_us": to_us(at), **letter} for n in range(1, MESSAGES_MAX + 2)
        ])  # fmt: skip
        tx.many(Statement(tables.blocks.insert()), [
            {"id": n, "imposed_us": to_us(at), "doc": msgspec.json.encode(replace(block, id=n)), **over}
            for n in range(1, BLOCKS_MAX + 2)
        ])  # fmt: skip
        for n in range(1, ERASURES_MAX + 2):
            person_store.ask(tx, n, REF, "", "customer", at)

    shop.errand(many)
    data, _ = unpacked(call(session_of(shop)).get("/api/v1/my-data/export"))
    shop.errand(lambda tx, _: tx.run(Statement(tables.blocks.delete())))

    assert [f"Letter {n}" for n in range(1, MESSAGES_MAX + 2)] == [one["text"] for one in data["returns"][0]["letters"]]
    assert list(range(BLOCKS_MAX + 1, 0, -1)) == [one["id"] for one in data["blocks"]]
    assert list(range(ERASURES_MAX + 1, 0, -1)) == [one["id"] for one in data["erasures"]]


def test_it_says_who_received_what_and_nobody_a_name(shop: Market, call: Call) -> None:
    written(shop)
    kettle = shop.now_is(shop.in_status(Status.AT_PARTNER, KETTLE))
    disputed = recipients.received(replace(kettle, disputed=True), [(e.PointChosen("77-0412"), shop.clock.now())])
    seen = call(session_of(shop)).get("/api/v1/my-data", headers={"accept-language": "en"}).json()
    found = {(one["recipient"], one["what"], one.get("name", "")) for one in seen["received"]}

    assert {
        ("moderator", "request", ""), ("moderator", "photos", ""), ("moderator", "dispute", ""),
        ("seller", "request", ELIF.subject), ("seller", "dispute", ELIF.subject), ("seller", "request", "2093311"),
        ("point", "request", "77-0412"), ("point", "product", "77-0412"), ("carrier", "product", "Linehaul"), ("partner", "product", "IML-MSK-2"),
    } == found  # fmt: skip
    assert ["request", "dispute"] == [one.what for one in disputed]
    assert {"open_claim", "unpaid_money"} == {one["why"] for one in seen["would_hold"]}
    assert "A dispute or claim about return R-100001 is open." in {one["text"] for one in seen["would_hold"]}


def test_the_password_erases_and_the_certificate_is_the_answer(shop: Market, call: Call) -> None:
    customer = call(session_of(shop))
    door, headers = "/api/v1/my-data/erasure", {"accept-language": "en"}
    draft = shop.draft(THROW, comment=WROTE)
    shop.does(IRINA, draft, do.Submit())
    wrong = customer.post(door, json={"password": "guessed it"}, headers=headers)
    held = customer.post(door, json={"password": PASSWORD}, headers=headers).json()
    shop.does(IRINA, draft, do.Cancel())
    done = customer.post(door, json={"password": PASSWORD}, headers=headers).json()

    assert (422, "password_wrong") == told(wrong)
    assert ("held", [f"Return R-{draft} is not over."]) == (held["state"], [one["text"] for one in held["holds"]])
    assert ("done", held["number"]) == (done["state"], done["number"])
    assert (1, 1) == (done["destroyed"]["accounts"], done["destroyed"]["returns_kept"])
    assert (401, "sign_in_needed") == told(customer.get("/api/v1/my-data"))
    assert (401, "sign_in_failed") == told(
        call("").post("/api/v1/sessions", json={"login": LOGIN, "password": PASSWORD})
    )


def test_who_was_erased_and_bought_again_is_erased_again(shop: Market, call: Call) -> None:
    """An erasure of before is no answer to somebody who is here again."""
    door = "/api/v1/my-data/erasure"
    first = call(session_of(shop)).post(door, json={"password": PASSWORD}).json()
    shop.errand(lambda tx, _: bought_again(tx))
    shop.errand(lambda tx, _: errands.add_account(tx, LOGIN, HASHED, Role.CUSTOMER, REF, NAME, "en"))
    customer = call(session_of(shop))
    seen = customer.get("/api/v1/my-data").json()
    customer.cookies.set(SESSION_COOKIE, customer.headers["authorization"].partition(" ")[2])
    page = customer.get("/my-data").text
    second = customer.post(door, json={"password": PASSWORD}).json()

    assert "erasure" not in seen
    assert 'action="/my-data/erasure"' in page
    assert ("done", first["number"] + 1, 1) == (second["state"], second["number"], second["destroyed"]["accounts"])
    with shop.office.database.read() as tx:
        assert ("", None) == (person_queries.key_id(tx, REF), person_queries.address(tx, REF))


def test_the_password_is_not_guessed_at_without_end(shop: Market, call: Call) -> None:
    """What is tried here counts like a sign-in, and rests like one: also for the right password."""
    for _ in range(FAILS_OF_LOGIN_MAX - 1):
        with shop.office.sign_ins.trying(LOGIN, ""):
            pass
    customer, door = call(session_of(shop)), "/api/v1/my-data/erasure"
    assert (422, "password_wrong") == told(customer.post(door, json={"password": "guessed it"}))
    assert (429, "too_many_sign_ins") == told(customer.post(door, json={"password": PASSWORD}))
    shop.clock.turn(LOGIN_SPAN)
    assert "done" == customer.post(door, json={"password": PASSWORD}).json()["state"]


def test_a_file_that_cannot_go_yet_keeps_no_certificate_back(shop: Market, call: Call) -> None:
    return_id = shop.draft(THROW)
    shop.does(IRINA, return_id, do.Submit())
    shop.does(IRINA, return_id, do.Cancel())
    call("marina").post(f"/api/v1/returns/{return_id}/messages", json={"text": f"Dear {NAME}."})
    shop.office.mailing.send_due()
    mail, *_ = [one for one in (shop.office.data / "mail").glob("*.eml") if f"To: {EMAIL}" in one.read_text()]
    mail.unlink()
    mail.mkdir()  # as a disk that refuses
    answer = call(session_of(shop)).post("/api/v1/my-data/erasure", json={"password": PASSWORD})
    laid = [one.customer_ref for one in shop.office.erasing.tombstones]
    mail.rmdir()
    shop.clock.turn(EVERY)
    shop.office.erasing.work()

    assert (200, "files", 1) == (answer.status_code, answer.json()["state"], answer.json()["destroyed"]["accounts"])
    assert [REF] == laid
    assert State.DONE is newest(shop).state


def test_nothing_stays_of_a_file_that_was_taken_away(shop: Market, call: Call) -> None:
    written(shop)
    before = sorted(shop.office.data.rglob("*"))
    answer = call(session_of(shop)).get("/api/v1/my-data/export")

    assert int(answer.headers["content-length"]) == len(answer.content) > 0
    assert ("no-store", before) == (answer.headers["cache-control"], sorted(shop.office.data.rglob("*")))


def test_support_sees_who_received_what_also_of_somebody_who_was_erased(shop: Market, call: Call) -> None:
    draft = shop.draft(THROW)
    for command in (do.Submit(), do.Cancel()):
        shop.does(IRINA, draft, command)
    door = f"/api/v1/customers/{REF}/received"
    before = call("marina").get(door).json()
    call(session_of(shop)).post("/api/v1/my-data/erasure", json={"password": PASSWORD})

    assert [("seller", "request", f"R-{draft}")] == [
        (one["recipient"], one["what"], one["return_number"]) for one in before
    ]
    assert before == call("marina").get(door).json()
    assert (403, "not_your_role") == told(call("nadia").get(door))
    assert (404, "not_found") == told(call("marina").get("/api/v1/customers/C-0/received"))


@pytest.mark.parametrize("who", ["elif", "oleg", "nadia", "marina"])
def test_only_customers_have_data_here(call: Call, who: str) -> None:
    client = call(who)
    assert {(403, "not_your_role")} == {
        told(client.get("/api/v1/my-data")), told(client.get("/api/v1/my-data/export")),
        told(client.post("/api/v1/my-data/erasure", json={"password": "x"})),
    }  # fmt: skip
