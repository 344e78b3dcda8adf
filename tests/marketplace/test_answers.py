"""Answers of support: templates that fit a return in its customer's language, their versions, and what is written about a return."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.marketplace import answer_queries
from backhaul.marketplace import tables as t
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Route, Status
from tests.marketplace.cast import ELIF, MARINA, MORNING, OLEG, THROW, Market, market
from tests.marketplace.people import Call, calling, let_in, told
from tests.test_plans import plan

TEXTS = {"en": "Late: {number}", "ru": "Опаздывает: {number}", "zh": "延误：{number}", "tr": "Gecikti: {number}"}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def got(call: Call, login: str, path: str) -> Any:
    answer = call(login).get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_fitting_template_is_filled_in_the_language_of_who_reads_it(shop: Market, call: Call) -> None:
    """Irina's orders say that she reads Russian; Elif's account reads English."""
    return_id = shop.in_status(Status.OFFER_SENT, THROW)
    [offer] = got(call, "marina", f"returns/{return_id}/answers")

    assert ("partial_offer", "customer", "ru") == (offer["code"], offer["to"], offer["language"])
    assert f"R-{return_id}" in offer["text"]
    assert "500" in offer["text"]
    assert "{" not in offer["text"]
    disposed = shop.in_status(Status.SELLER_REVIEW, THROW)
    photos = (shop.photo, shop.photo)
    shop.does(ELIF, disposed, do.Approve(Route.A))
    shop.does(OLEG, disposed, do.CheckIn(OLEG.subject, same_product=True, used=False, photos=photos))
    shop.does(MARINA, disposed, do.SendRefund())
    assert [("disposal_compensation", "seller", "en"), ("refund_sent", "customer", "ru")] == [
        (one["code"], one["to"], one["language"]) for one in got(call, "marina", f"returns/{disposed}/answers")
    ]


def test_what_support_writes_is_told_once_and_read_by_whom_it_was_written_to(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.OFFER_SENT, THROW)
    path, said = (
        f"/api/v1/returns/{return_id}/messages",
        {"text": " Please answer\nthe offer. ", "template": "partial_offer"},
    )
    version = shop.now_is(return_id).version
    first = call("marina").post(path, json=said, headers={"idempotency-key": "m-1"})
    again = call("marina").post(path, json=said, headers={"idempotency-key": "m-1"})
    to_seller = call("marina").post(path, json={"text": "The customer asks.", "to": "seller"})

    assert (201, 201, first.json()) == (first.status_code, to_seller.status_code, again.json())
    assert ("customer", "Please answer\nthe offer.", "ru", "marina") == tuple(
        first.json()[name] for name in ("to", "text", "language", "written_by")
    )
    assert version == shop.now_is(return_id).version  # nobody's click comes too late by it
    assert ["Please answer\nthe offer."] == [one["text"] for one in got(call, "irina", f"returns/{return_id}/messages")]
    assert ["The customer asks."] == [one["text"] for one in got(call, "elif", f"returns/{return_id}/messages")]
    assert {""} == {
        one.get("written_by", "")
        for who in ("irina", "elif")
        for one in got(call, who, f"returns/{return_id}/messages")
    }
    assert 2 == len(got(call, "nadia", f"returns/{return_id}/messages"))
    [told_irina] = [one for one in got(call, "irina", "messages") if one["kind"] == "support_wrote"]
    assert f"/returns/{return_id}/messages" == told_irina["href"]
    assert "Please answer the offer." in told_irina["text"]
    lines = got(call, "marina", f"returns/{return_id}/timeline?kind=message&party=support")
    assert ["Support wrote to the customer", "Support wrote to the seller"] == [one["title"] for one in lines]
    seller_reads = [one["event"] for one in got(call, "elif", f"returns/{return_id}/timeline")]
    assert 1 == seller_reads.count("SupportWrote")
    [mail] = [row for row in shop.dump()["mails"] if "support_wrote" in row]
    assert {"irina@example.com", "ru"} <= set(mail)


def test_nothing_that_was_written_to_a_seller_is_hidden_by_what_was_written_to_the_customer(
    shop: Market, call: Call
) -> None:
    """One to the seller, then a hundred to the customer: 100 are a page, and the next one is a link away."""
    return_id = shop.in_status(Status.OFFER_SENT, THROW)
    path = f"/api/v1/returns/{return_id}/messages"
    write = Statement(t.return_messages.insert())
    rows = [
        {"id": number, "return_id": return_id, "reader": "seller" if number == 1 else "customer", "body": f"said {number}",
         "template": "", "language": "en", "written_by": "marina", "written_us": to_us(MORNING) + number}
        for number in range(1, 102)
    ]  # fmt: skip
    shop.errand(lambda tx, _: tx.many(write, rows))
    newest = call("marina").get(path)
    older = call("marina").get(newest.links["next"]["url"])
    of_staff, of_seller = (got(call, who, f"returns/{return_id}/timeline") for who in ("marina", "elif"))

    assert ("said 2", "said 101", 100) == (newest.json()[0]["text"], newest.json()[-1]["text"], len(newest.json()))
    assert (["said 1"], {}) == ([one["text"] for one in older.json()], older.links)
    assert ["said 1"] == [one["text"] for one in got(call, "elif", f"returns/{return_id}/messages")]
    assert "next" not in call("irina").get(path).links  # a hundred are all that was written to her
    left_out = [n for n, one in enumerate(of_staff) if one["event"] == "MessagesLeftOut"]
    assert ["said 2"] == [of_staff[n + 1]["comment"] for n in left_out]
    assert ["said 1"] == [one["comment"] for one in of_seller if one["event"] == "SupportWrote"]
    assert "MessagesLeftOut" not in {one["event"] for one in of_seller}


def test_what_cannot_be_sent_is_refused_by_its_field(shop: Market, call: Call) -> None:
    return_id, draft = shop.in_status(Status.SELLER_REVIEW), shop.draft()
    path = f"/api/v1/returns/{return_id}/messages"
    marina = call("marina")

    assert (422, "message_place_left") == told(marina.post(path, json={"text": "Until {deadline}"}))
    assert (422, "field_invalid") == told(marina.post(path, json={"text": "  "}))
    assert (422, "field_invalid") == told(marina.post(path, json={"text": "x", "to": "clerk"}))
    assert (422, "field_invalid") == told(marina.post(path, json={"text": "x", "template": "no_such"}))
    assert (404, "not_found") == told(marina.post(f"/api/v1/returns/{draft}/messages", json={"text": "x"}))
    assert (403, "not_your_role") == told(call("nadia").post(path, json={"text": "x"}))
    assert [] == got(call, "marina", f"returns/{return_id}/messages")


def test_a_template_has_versions_and_nobodys_change_is_written_over(call: Call) -> None:
    marina, path = call("marina"), "/api/v1/answer-templates/refund_sent"
    before = marina.get(path).json()
    wanted = {"title": "It was sent", "texts": TEXTS, "situation": "refund_sent"}

    assert (0, "refund_sent") == (before["version"], before["situation"])
    assert 1 == marina.put(path, json={**wanted, "seen": 0}).json()["version"]
    assert (409, "changed_meanwhile") == told(marina.put(path, json={**wanted, "seen": 0}))
    assert 2 == marina.put(path, json={**wanted, "title": "Sent", "seen": 1}).json()["version"]
    assert [(2, "Sent"), (1, "It was sent"), (0, before["title"])] == [
        (one["version"], one["title"]) for one in marina.get(f"{path}/versions").json()
    ]
    assert [2] == [
        one["version"] for one in marina.get("/api/v1/answer-templates").json() if one["code"] == "refund_sent"
    ]
    wrong = marina.put(path, json={**wanted, "texts": {**TEXTS, "tr": "{iban}"}})
    assert (422, "template_place_unknown") == told(wrong)
    assert ("text_tr", "{iban}") == (wrong.json()["field"], wrong.json()["place"])
    assert (404, "not_found") == told(marina.get("/api/v1/answer-templates/no_such"))


def test_a_new_template_is_offered_and_a_retired_one_is_not(shop: Market, call: Call) -> None:
    return_id, marina = shop.in_status(Status.SELLER_REVIEW), call("marina")
    path = "/api/v1/answer-templates/it_is_late"
    marina.put(path, json={"title": "Late", "texts": TEXTS})

    assert [f"Опаздывает: R-{return_id}"] == [
        one["text"] for one in got(call, "marina", f"returns/{return_id}/answers")
    ]
    marina.put(path, json={"title": "Late", "texts": TEXTS, "active": False})
    assert [] == got(call, "marina", f"returns/{return_id}/answers")


def test_templates_and_messages_are_found_by_an_index(database_url: str, tmp_path: Path) -> None:
    looks = [one for one in vars(answer_queries).values() if isinstance(one, Statement)]
    tables = "answer_templates|return_messages|accounts"
    with market(database_url, tmp_path) as shop, shop.office.database.read() as tx:
        for statement in looks:
            asked = {"code": "x", "return_id": 1, "subject": "1", "before": 10, "reader": "seller"}
            found = plan(tx, statement, shop.office.database.dialect, **asked)
            assert not re.search(
                rf"SCAN ({tables})(?! USING INDEX answer_templates_current)|Seq Scan on ({tables})", found
            ), found
