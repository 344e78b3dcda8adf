"""API v1 and what does not fit it: bodies of every wrong kind, stale versions, acts out of turn. Each has its code; nothing is saved."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import i18n
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, EXPLAINED, Market, market
from tests.marketplace.people import Call, calling, let_in, told

JSON = {"content-type": "application/json"}
BODY_BYTES_MAX = 1024 * 1024
NUL = EXPLAINED + "\0"
DEEP = 100_000

APPROVE, OFFER, REJECT, BODYLESS = (
    f"/api/v1/returns/{{return_id}}/{word}" for word in ("approve", "offer", "reject", "refund-without-return")
)
BULK, KEYS, USERS, REPORTS = ("/api/v1/returns/bulk", "/api/v1/keys", "/api/v1/users", "/api/v1/returns-reports")
START, READ = "/api/v1/orders/2/returns", "/api/v1/messages/read"
DISPATCHES, CHECK_IN = "/api/v1/counter/dispatches", "/api/v1/returns/{return_id}/check-in"
SEPTEMBER = {"first_day": "2024-09-01", "last_day": "2024-09-30"}
CHECKED = {"point_id": "77-0412", "same_product": True, "used": False}
USER = {"login": "selin.k", "name": "Selin", "language": "tr", "rights": "analyst"}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def sent(client: httpx2.Client, path: str, body: object, return_id: int) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path.format(return_id=return_id), content=content, headers=JSON)


def refusal(answer: httpx2.Response) -> tuple[int, str, str, str]:
    """Status, code, field, and how the field does not fit."""
    status, code = told(answer)
    body = answer.json()
    assert (f"/docs/errors#{code}", status, True) == (body["type"], body["status"], bool(body["detail"]))
    return status, code, body.get("field", ""), body.get("problem", "")


# -- Bodies -----------------------------------------------------------------------------------------------------------

NOT_JSON, TOO_DEEP = (400, "body_invalid", "", "not_json"), (400, "body_invalid", "", "too_deep")
TOO_LARGE, WRONG_SHAPE = (413, "body_too_large", "", ""), (422, "field_invalid", "data", "wrong_type")
UNSTORABLE = (422, "text_unstorable")
NO_OBJECTS: tuple[object, ...] = (b"", [], "x", None, 1, True)
Row = tuple[str, str, object, tuple[str | int, ...]]


def misfit(field: str, problem: str) -> tuple[str | int, ...]:
    return 422, "field_invalid", field, problem


WRONG: list[Row] = [
    # too large: by one byte
    *(("elif", path, b'"' + b"x" * (BODY_BYTES_MAX - 1) + b'"', TOO_LARGE) for path in (APPROVE, BODYLESS, BULK, KEYS)),
    ("", "/api/v1/sessions", b"x" * (BODY_BYTES_MAX + 1), TOO_LARGE),
    # no JSON
    *(("elif", APPROVE, body, NOT_JSON) for body in (b"{", b"\xff", b'{"route":NaN}', b'{"route":"\x00"}', b"x=1")),
    *(("elif", BODYLESS, body, NOT_JSON) for body in (b"{", b"\xff")),
    *(("elif", path, b"[" * DEEP, TOO_DEEP) for path in (APPROVE, BODYLESS, BULK)),
    *(("elif", path, b'{"a":' * DEEP, TOO_DEEP) for path in (APPROVE, BODYLESS, BULK)),
    # JSON, but no object
    *(("elif", path, body, WRONG_SHAPE) for path in (APPROVE, KEYS, BULK) for body in NO_OBJECTS if body != b"" or path != APPROVE),
    *(("elif", BODYLESS, body, misfit("", "wrong_type")) for body in (["x"], "x", None, 1)),
    # unknown words
    ("elif", APPROVE, {"route": "C"}, misfit("route", "not_a_choice")),
    ("elif", USERS, {**USER, "rights": "king"}, misfit("rights", "not_a_choice")),
    ("elif", REPORTS, {**SEPTEMBER, "kind": "pdf"}, misfit("kind", "not_a_choice")),
    ("elif", KEYS, {"name": "ERP", "role": "admin"}, (422, "unknown_key_role", "role", "")),
    ("elif", REJECT, {"reason": "no_mood", "comment": EXPLAINED}, (422, "unknown_reason", "reason", "")),
    ("elif", BULK, {"act": "steal", "items": []}, (422, "unknown_act", "act", "")),
    ("irina", START, {"reason": "hates_it"}, (422, "unknown_reason", "reason", "")),
    # amounts and counts
    *(("elif", OFFER, {"amount_rub": n}, misfit("amount_rub", "too_small")) for n in (0, -1, -(2**63))),
    *(("elif", OFFER, {"amount_rub": n}, misfit("amount_rub", "not_a_number")) for n in (0.5, 1.5, True, None, [500])),
    *(("elif", OFFER, {"amount_rub": n}, misfit("amount_rub", "too_large")) for n in (10**8 + 1, 2**63, 10**300)),
    # texts are no numbers and no truths
    *(("elif", OFFER, {"amount_rub": text}, misfit("amount_rub", "not_a_number")) for text in ("500", "", "1e2")),
    ("irina", START, {"reason": "did_not_like", "units": "1"}, misfit("units", "not_a_number")),
    ("oleg", DISPATCHES, {"return_ids": ["1"], "carrier": "L"}, misfit("return_ids[0]", "not_a_number")),
    *(("oleg", CHECK_IN, {**CHECKED, "used": word}, misfit("used", "wrong_type")) for word in ("false", 0, 1)),
    ("elif", READ, {"until": "1"}, misfit("until", "not_a_number")),
    ("elif", OFFER, b'{"amount_rub":1e400}', NOT_JSON),
    ("elif", OFFER, b'{"amount_rub":1' + b"0" * 5000 + b"}", NOT_JSON),
    ("irina", START, {"reason": "did_not_like", "units": -1}, misfit("units", "too_small")),
    ("irina", START, {"reason": "did_not_like", "units": 101}, misfit("units", "too_large")),
    ("oleg", CHECK_IN, {**CHECKED, "weight_gram": 2**70}, misfit("weight_gram", "too_large")),
    ("oleg", DISPATCHES, {"return_ids": [1.5], "carrier": "L"}, misfit("return_ids[0]", "not_a_number")),
    ("elif", READ, {"until": 2**70}, (404, "not_found", "", "")),
    # the character number 0
    ("elif", REJECT, {"reason": "looks_used", "comment": NUL}, (*UNSTORABLE, "comment", "")),
    ("irina", START, {"reason": "did_not_like", "comment": NUL}, (*UNSTORABLE, "comment", "")),
    ("irina", START, {"reason": "did_not_like", "photos": ["\0"]}, (*UNSTORABLE, "", "")),
    ("oleg", CHECK_IN, {**CHECKED, "seal": "S\0"}, (*UNSTORABLE, "seal", "")),
    ("irina", "/api/v1/my-block/appeal", {"comment": NUL}, (*UNSTORABLE, "comment", "")),
    ("marina", "/api/v1/blocks/1/lift", {"comment": NUL}, (*UNSTORABLE, "comment", "")),
    (
        "elif", BULK,
        {"act": "reject", "items": [{"return_id": 100_001}], "body": {"reason": "looks_used", "comment": NUL}},
        (*UNSTORABLE, "comment", ""),
    ),
    ("elif", KEYS, {"name": "ERP\0", "role": "returns"}, misfit("name", "wrong_type")),
    ("elif", USERS, {**USER, "login": "selin\0"}, misfit("login", "wrong_type")),
    ("elif", "/api/v1/messages/email", {"email": "e\0@example.com"}, (422, "email_invalid", "email", "")),
    ("", "/api/v1/sessions", {"login": "elif\0", "password": "x"}, (*UNSTORABLE, "", "")),
    # what nobody asked for (T30)
    *(
        (who, path, {**body, field: "1"}, misfit(field, "unknown_field"))
        for field in ("role_", "seller_id", "price", "state", "refund")
        for who, path, body in (
            ("elif", APPROVE, {}), ("elif", OFFER, {"amount_rub": 500}), ("irina", START, {"reason": "did_not_like"}),
            ("elif", KEYS, {"name": "ERP", "role": "returns"}), ("elif", USERS, USER), ("oleg", CHECK_IN, CHECKED),
            ("elif", REPORTS, SEPTEMBER),
        )
    ),
    ("elif", BODYLESS, {"amount_rub": 1}, misfit("amount_rub", "unknown_field")),
    # what is missing
    ("elif", OFFER, {}, misfit("amount_rub", "missing")),
    ("elif", REJECT, {"reason": "looks_used"}, misfit("comment", "missing")),
]  # fmt: skip


def test_a_body_that_does_not_fit_is_refused_by_code_and_field_and_nothing_is_saved(shop: Market, call: Call) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    clients = {who: call(who) for who in {row[0] for row in WRONG}}
    before = shop.dump()

    found = [refusal(sent(clients[who], path, body, return_id)) for who, path, body, _ in WRONG]

    assert [] == [
        (who, path, str(body)[:80], expected, told_)
        for (who, path, body, expected), told_ in zip(WRONG, found, strict=True)
        if expected != told_
    ]
    assert before == shop.dump()
    assert 200 == sent(clients["elif"], APPROVE, b"{}" + b" " * (BODY_BYTES_MAX - 2), return_id).status_code


def test_no_body_is_an_empty_one_where_no_field_is_required(shop: Market, call: Call) -> None:
    """For a session and for a key, which goes a shorter way; the same request is the same, with braces or without."""
    for client in (call("elif"), call(shop.key())):
        for content in (b"", b" \n"):
            path = APPROVE.format(return_id=shop.in_status(Status.SELLER_REVIEW))
            said = client.post(path, content=content, headers={"idempotency-key": path})
            again = client.post(path, json={}, headers={"idempotency-key": path})

            assert (200, "approved") == (said.status_code, said.json()["status"])
            assert said.content == again.content


def test_a_number_that_no_database_holds_names_nothing(shop: Market, call: Call) -> None:
    clients = {who: call(who) for who in ("irina", "elif", "nadia", "oleg")}
    before = shop.dump()
    for number in (2**63, 10**20, 10**300):
        answers = [
            clients["irina"].post(f"/api/v1/orders/{number}/returns", json={"reason": "did_not_like"}),
            clients["irina"].post(f"/api/v1/returns/{number}/cancel"),
            clients["elif"].get(f"/api/v1/returns/{number}"),
            clients["nadia"].get(f"/api/v1/blocks/{number}"),
            clients["elif"].post(f"/api/v1/users/{number}/rights", json={"rights": "analyst"}),
        ]
        [of_many] = clients["oleg"].post(DISPATCHES, json={"return_ids": [number], "carrier": "Linehaul"}).json()

        assert [(404, "not_found")] * 5 == [told(answer) for answer in answers]
        assert (False, "not_found") == (of_many["done"], of_many["code"])
    assert before == shop.dump()


def test_the_seller_api_reads_no_endless_brackets_and_no_character_0(shop: Market, call: Call) -> None:
    return_id, client = shop.in_status(Status.SELLER_REVIEW), call("")
    client.headers.update({"client-id": str(ANADOLU), "api-key": shop.key(), **JSON})
    before = shop.dump()

    deep = client.post("/v2/returns/rfbs/verify", content=b'{"a":' * DEEP)
    nul = {"return_id": return_id, "rejection_reason_id": 11, "comment": NUL}
    unstorable = client.post("/v2/returns/rfbs/reject", json=nul)

    assert (400, 3, "Invalid request body") == (deep.status_code, deep.json()["code"], deep.json()["message"])
    assert (400, 3) == (unstorable.status_code, unstorable.json()["code"])
    assert before == shop.dump()


def test_what_is_wrong_with_a_body_is_told_in_the_reader_s_language(shop: Market, call: Call) -> None:
    """No word of the framework's reaches a reader; machines read `problem`."""
    return_id, elif_ = shop.in_status(Status.SELLER_REVIEW), call("elif")
    elif_.headers["accept-language"] = "ru"
    for path, body, sentence in (
        (APPROVE, b"{", "The body is not JSON."),
        (BODYLESS, b"{", "The body is not JSON."),
        (APPROVE, b"[" * DEEP, "The body is nested too deeply."),
        (OFFER, {"amount_rub": "500"}, "{field}: a whole number is needed."),
        (BODYLESS, {"comment": "x"}, "There is no field {field} here."),
    ):
        answer = sent(elif_, path, body, return_id)
        field = answer.json().get("field", "")
        assert i18n.gettext("ru", sentence).replace("{field}", field) == answer.json()["detail"]


def test_the_seller_api_takes_numbers_in_quotes_as_before(shop: Market, call: Call) -> None:
    return_id, client = shop.in_status(Status.SELLER_REVIEW), call("")
    client.headers.update({"client-id": str(ANADOLU), "api-key": shop.key(), **JSON})

    assert 200 == client.post("/v2/returns/rfbs/verify", json={"return_id": str(return_id)}).status_code


# -- Versions and turns -----------------------------------------------------------------------------------------------


def test_a_stale_version_is_told_the_one_that_is_there_and_changes_nothing(shop: Market, call: Call) -> None:
    return_id, elif_ = shop.in_status(Status.SELLER_REVIEW), call("elif")
    version = elif_.get(f"/api/v1/returns/{return_id}").json()["version"]
    before = shop.dump()
    path = APPROVE.format(return_id=return_id)

    for stale in (version - 1, version + 1):
        answer = elif_.post(path, json={}, headers={"if-match": f'"{stale}"'})
        assert (409, "version_conflict") == told(answer)
        assert (version, stale) == (answer.json()["version"], answer.json()["seen"])
    for unreadable in ("latest", '"-1"', '""', '"1", "2"', '"1.0"', f'"{10**9}"'):
        answer = elif_.post(path, json={}, headers={"if-match": unreadable})
        assert (422, "version_unreadable", "If-Match") == (*told(answer), answer.json()["field"])
    assert before == shop.dump()
    for seen in (f'"{version}"', f'W/"{version}"'):
        again = shop.in_status(Status.SELLER_REVIEW)
        assert 200 == elif_.post(APPROVE.format(return_id=again), json={}, headers={"if-match": seen}).status_code


# State, who, an act that is theirs but not now, and what they may do instead: from section 5.1 of the requirements.
OUT_OF_TURN: list[tuple[Status, str, str, dict[str, Any], set[str]]] = [
    (Status.SELLER_REVIEW, "elif", "confirm-receipt", {}, {"Approve", "Reject", "Offer", "RefundWithoutReturn"}),
    (Status.SELLER_REVIEW, "irina", "accept-offer", {}, {"Cancel"}),
    (Status.OFFER_SENT, "elif", "approve", {}, set()),
    (Status.OFFER_SENT, "irina", "submit", {}, {"AcceptOffer", "DeclineOffer", "Cancel"}),
    (Status.SELLER_REVIEW_AFTER_OFFER, "elif", "reject", {"reason": "looks_used", "comment": EXPLAINED},
     {"Approve", "Offer", "RefundWithoutReturn"}),
    (Status.CANCELLED, "irina", "cancel", {}, set()),
    (Status.REJECTED, "irina", "cancel", {}, {"OpenDispute"}),
    (Status.APPROVED, "elif", "offer", {"amount_rub": 500}, set()),
    (Status.APPROVED, "oleg", "dispatch", {"carrier": "Linehaul"}, {"CheckIn"}),
    (Status.ACCEPTED_AT_PVZ, "irina", "cancel", {}, set()),
    (Status.ACCEPTED_AT_PVZ, "oleg", "check-in", CHECKED, {"Dispatch"}),
    (Status.DISPUTE, "elif", "approve", {}, set()),
    (Status.DISPUTE, "nadia", "approve", {}, {"DecideDispute"}),
]  # fmt: skip


def test_an_act_out_of_turn_is_told_the_state_and_what_is_possible_now(shop: Market, call: Call) -> None:
    ids = [shop.in_status(status) for status, *_ in OUT_OF_TURN]
    clients = {who: call(who) for who in {row[1] for row in OUT_OF_TURN}}
    before = shop.dump()

    answers = [
        clients[who].post(f"/api/v1/returns/{return_id}/{act}", **({"json": body} if body else {"content": b"{}", "headers": JSON}))
        for return_id, (_, who, act, body, _) in zip(ids, OUT_OF_TURN, strict=True)
    ]  # fmt: skip

    assert {(409, "not_in_this_state")} == {told(answer) for answer in answers}
    assert [(status, who, act, status, allowed) for status, who, act, _, allowed in OUT_OF_TURN] == [
        (status, who, act, answer.json()["state"], set(answer.json()["allowed"]))
        for answer, (status, who, act, _, _) in zip(answers, OUT_OF_TURN, strict=True)
    ]
    assert before == shop.dump()


def test_words_of_nothing_but_blanks_were_left_out(shop: Market, call: Call) -> None:
    irina, blanks = call("irina"), " \t\r\n \u3000\u00a0"
    started = irina.post(START, json={"reason": "did_not_like", "comment": blanks, "photos": [shop.photo]})
    words = irina.post("/api/v1/orders/3/returns", json={"reason": "did_not_like", "comment": f"{blanks}x"})

    assert "" == shop.now_is(started.json()["return_id"]).comment
    assert shop.now_is(words.json()["return_id"]).comment.startswith("sealed:")  # what is written between blanks stays
