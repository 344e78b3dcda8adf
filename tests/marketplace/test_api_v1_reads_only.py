"""Who may only read, at every door of API v1 and the Seller API that changes something: refused, and no row is another (J11, D19, D35)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.marketplace import rate_card_files
from backhaul.marketplace.app import make_app
from backhaul.marketplace.orders import COLUMNS
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.words import Status
from tests.doors import READING, Door, doors, files_below, filled
from tests.marketplace.bank import entry, statement
from tests.marketplace.cast import CHEN, EXPLAINED, KETTLE, LUMITEK, OLEG, Market, market
from tests.marketplace.papers import charge, paper
from tests.marketplace.people import Call, account, calling, let_in, told
from tests.partner.house import picture

REASON, WORDS = {"reason": "looks_used", "comment": EXPLAINED}, {"comment": EXPLAINED}
PHOTOS: dict[str, Any] = {"photos": []}

ORDERS = ",".join(COLUMNS).encode()
RATES = b"date,currency,nominal,rate,source\n2024-08-30,CNY,1,13.50,Central bank\n"
INVOICE = paper(charge("R-1", "receipt", "2024-09-02 10:00", 600))

# Bodies that fit, so that nothing but the caller's rights is in the way. What an act takes is read off `rules/commands.py`.
ACTS: dict[str, dict[str, Any]] = {
    "object-to-weight": WORDS, "decide-weight": {**WORDS, "measured": True},
    "accept-offer": {}, "add-photos": PHOTOS, "approve": {}, "approve-claim": {}, "ask-photos": WORDS, "cancel": {},
    "certify-disposal": {"method": "shredding", "witness": "M. Orlova"},
    "check-in": {"point_id": OLEG.subject, "same_product": True, "used": False},
    "choose-point": {"point_id": OLEG.subject}, "confirm-receipt": {}, "confirm-refund": {},
    "decide-dispute": {"for_customer": True, "comment": EXPLAINED}, "decline-offer": {},
    "dispatch": {"carrier": "Linehaul"}, "fail-refund": WORDS, "file-claim": {}, "hold-refund": WORDS, "keep-money": {},
    "offer": {"amount_rub": 500}, "open-dispute": WORDS, "pay-claim": {}, "question-refund": {},
    "receive-for-disposal": {}, "record-carrier-answer": {"accepts": True}, "refund-without-return": {}, "refuse-claim": WORDS, "reject": REASON,
    "reverse-claim": WORDS, "reverse-compensation": WORDS, "send-photos": PHOTOS, "send-refund": {}, "submit": {},
    "take-product": {}, "take-up-claim": {},
}  # fmt: skip


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


# -- API v1 -----------------------------------------------------------------------------------------------------------

READS_ONLY, PERSONS_ONLY = (403, "role_read_only"), (403, "session_needed")
OWNERS_ONLY, KEEPERS_ONLY = (403, "owner_only"), (403, "key_rights_needed")
HOOKS_ONLY, HOOK = (403, "webhook_rights_needed"), {"url": "https://example.com/in", "name": "ERP"}
SPAN = {"since": "2024-09-01T00:00:00Z", "until": "2024-09-02T00:00:00Z"}
OTHERS_WORK, UNSIGNED, OPERATORS_ONLY = (403, "not_your_role"), (401, "bad_signature"), (404, "not_found")
NOT_THEIRS = (404, "not_found")
BODY_FIRST = (422, "bulk_size")  # reads only: there is nothing to refuse to who may only read
VERSION = {"valid_from": "2024-12-01T00:00:00Z", "why": "Prices went up."}
Told = tuple[int, str]

# Verb and path: what the reading key is told, what the analyst is told, and a body that fits.
REFUSED: dict[Door, tuple[Told, Told, Any]] = {
    **{("POST", f"/api/v1/returns/{{return_id}}/{word}"): (READS_ONLY, READS_ONLY, body) for word, body in ACTS.items()},
    ("POST", "/api/v1/orders/{line_id}/returns"): (NOT_THEIRS, NOT_THEIRS, {"reason": "did_not_like"}),
    ("POST", "/api/v1/photos"): (READS_ONLY, READS_ONLY, picture("red")),
    ("POST", "/api/v1/videos"): (READS_ONLY, READS_ONLY, b"no video: nobody looks at it"),
    ("DELETE", "/api/v1/returns-reports/{report_id}"): (READS_ONLY, READS_ONLY, None),
    ("POST", "/api/v1/jobs/decisions"): (READS_ONLY, READS_ONLY, {"act": "approve"}),
    ("POST", "/api/v1/jobs/back-test"): (OTHERS_WORK, OTHERS_WORK, {
        "version": "2", "cells": rate_card_files.rows(SEED_CARD), "first_day": "2024-09-01", "last_day": "2024-09-02",
    }),
    ("POST", "/api/v1/jobs/bank-statement"): (PERSONS_ONLY, OTHERS_WORK, statement([entry("REFUND-1-1")])),
    ("POST", "/api/v1/jobs/exchange-rates"): (PERSONS_ONLY, OTHERS_WORK, RATES),
    ("POST", "/api/v1/jobs/orders"): (PERSONS_ONLY, OTHERS_WORK, ORDERS),
    ("POST", "/api/v1/jobs/invoice"): (READS_ONLY, READS_ONLY, INVOICE),
    ("POST", "/api/v1/jobs/{job_id}/cancel"): (READS_ONLY, READS_ONLY, None),
    ("POST", "/api/v1/counter/dispatches"): (OTHERS_WORK, OTHERS_WORK, {"return_ids": [1], "carrier": "Linehaul"}),
    ("PUT", "/api/v1/clerks/{login}"): (OTHERS_WORK, OTHERS_WORK, {"customer_ref": "C-1002"}),
    ("POST", "/api/v1/returns/bulk/preview"): (BODY_FIRST, BODY_FIRST, {"act": "approve"}),
    **{
        (verb, f"/api/v1/settings/{path}"): (PERSONS_ONLY, told_reader, body)
        for verb, path, told_reader, body in (
            ("PUT", "default-route", OWNERS_ONLY, {"route": "A"}), ("PUT", "payout-currency", OWNERS_ONLY, {"currency": "CNY"}),
            ("POST", "moderation/consent", OWNERS_ONLY, {"price_version": "2024-11"}),
            ("POST", "moderation/off", READS_ONLY, None),
        )
    },
    ("PUT", "/api/v1/sellers/{seller_id}/moderation"): (PERSONS_ONLY, OTHERS_WORK, {"ticket": "T-1", "rules": "None."}),
    ("POST", "/api/v1/returns/{return_id}/messages"): (PERSONS_ONLY, OTHERS_WORK, {"text": "We looked into it."}),
    ("PUT", "/api/v1/answer-templates/{code}"): (PERSONS_ONLY, OTHERS_WORK, {"title": "Late", "texts": {"en": "It is late."}}),
    ("POST", "/api/v1/policy"): (PERSONS_ONLY, OTHERS_WORK, {**VERSION, "changes": {"answer_days": 4}}),
    ("POST", "/api/v1/policy/preview"): (OTHERS_WORK, OTHERS_WORK, {**VERSION, "changes": {"answer_days": 4}}),
    ("POST", "/api/v1/my-data/erasure"): (PERSONS_ONLY, OTHERS_WORK, {"password": "x"}),
    ("POST", "/api/v1/my-data/erasure/withdraw"): (PERSONS_ONLY, OTHERS_WORK, None),
    ("POST", "/api/v1/my-block/appeal"): (OTHERS_WORK, OTHERS_WORK, WORDS),
    ("POST", "/api/v1/blocks/{block_id}/decide-appeal"): (OTHERS_WORK, OTHERS_WORK, {"upheld": True, **WORDS}),
    ("POST", "/api/v1/blocks/{block_id}/raise-level"): (OTHERS_WORK, OTHERS_WORK, WORDS),
    ("POST", "/api/v1/blocks/{block_id}/lift"): (OTHERS_WORK, OTHERS_WORK, WORDS),
    ("POST", "/api/v1/keys"): (PERSONS_ONLY, KEEPERS_ONLY, {"name": "More", "role": "returns"}),
    ("PUT", "/api/v1/keys/{public_id}/networks"): (PERSONS_ONLY, KEEPERS_ONLY, {"networks": ["192.0.2.0/24"]}),
    ("POST", "/api/v1/keys/{public_id}/revoke"): (PERSONS_ONLY, KEEPERS_ONLY, {}),
    ("POST", "/api/v1/webhooks"): (PERSONS_ONLY, HOOKS_ONLY, HOOK),
    ("PUT", "/api/v1/webhooks/{webhook_id}"): (PERSONS_ONLY, HOOKS_ONLY, HOOK),
    **{("POST", f"/api/v1/webhooks/{{webhook_id}}/{act}"): (PERSONS_ONLY, HOOKS_ONLY, None)
       for act in ("pause", "resume", "remove", "ping", "deliveries/{event_id}/redeliver")},
    ("POST", "/api/v1/webhooks/{webhook_id}/secrets"): (PERSONS_ONLY, HOOKS_ONLY, {"keep_hours": 1}),
    ("POST", "/api/v1/webhooks/{webhook_id}/redeliver"): (PERSONS_ONLY, HOOKS_ONLY, SPAN),
    ("POST", "/api/v1/users"): (
        PERSONS_ONLY, OWNERS_ONLY, {"login": "wu.min", "name": "Wu Min", "language": "zh", "rights": "owner"},
    ),
    ("POST", "/api/v1/users/{number}/rights"): (PERSONS_ONLY, OWNERS_ONLY, {"rights": "owner"}),
    ("POST", "/api/v1/users/{number}/deactivate"): (PERSONS_ONLY, OWNERS_ONLY, None),
    ("POST", "/api/v1/users/{number}/restore"): (PERSONS_ONLY, OWNERS_ONLY, None),
    ("POST", "/api/v1/users/{number}/link"): (PERSONS_ONLY, OWNERS_ONLY, None),
    ("POST", "/api/v1/reports"): (UNSIGNED, UNSIGNED, {}),
    ("POST", "/api/v1/partner/link-check"): (UNSIGNED, UNSIGNED, {}),
    ("POST", "/api/v1/partner/units"): (UNSIGNED, UNSIGNED, {}),
    ("POST", "/api/v1/partner/send-again"): (UNSIGNED, UNSIGNED, {}),
    ("POST", "/api/v1/partner/claim-photos"): (UNSIGNED, UNSIGNED, {}),
    ("POST", "/api/v1/partner/hold-check"): (UNSIGNED, UNSIGNED, {}),
    ("POST", "/api/v1/catalogues/{name}"): (PERSONS_ONLY, OTHERS_WORK, {**VERSION, "entries": []}),
    ("POST", "/api/v1/catalogues/{name}/preview"): (OTHERS_WORK, OTHERS_WORK, {**VERSION, "entries": []}),
    ("POST", "/api/v1/rate-cards"): (PERSONS_ONLY, OTHERS_WORK, {**VERSION, "version": "2", "cells": []}),
    ("POST", "/api/v1/rate-cards/preview"): (OTHERS_WORK, OTHERS_WORK, {**VERSION, "version": "2", "cells": []}),
    ("POST", "/api/v1/payouts/files/{file_id}/hand-over"): (PERSONS_ONLY, OTHERS_WORK, None),
    ("POST", "/api/v1/bank-statements"): (PERSONS_ONLY, OTHERS_WORK, b"date,amount"),
    ("POST", "/api/v1/bank-statements/{statement_id}/entries/{place}/settle"): (PERSONS_ONLY, OTHERS_WORK, WORDS),
    ("POST", "/api/v1/admin/bank-statements"): (OPERATORS_ONLY, OPERATORS_ONLY, b"date,amount"),
    ("POST", "/api/v1/exchange-rates"): (PERSONS_ONLY, OTHERS_WORK, {"rates": [
        {"currency": "CNY", "on": "2024-08-30", "rate": "13.50", "source": "Central bank"}
    ]}),
    ("POST", "/api/v1/admin/exchange-rates"): (OPERATORS_ONLY, OPERATORS_ONLY, []),
    **{
        ("POST", f"/api/v1/reconciliation/breaks/{{break_id}}/{word}"): (READS_ONLY, READS_ONLY, body)
        for word, body in (("explain", WORDS), ("close", WORDS), ("dispute", WORDS), ("claim", {}))
    },
    ("POST", "/api/v1/reconciliation/invoices"): (READS_ONLY, READS_ONLY, INVOICE),
    ("POST", "/api/v1/reconciliation/price-lists"): (READS_ONLY, READS_ONLY, b"{}"),
    ("POST", "/api/v1/admin/second-factor-resets"): (OPERATORS_ONLY, OPERATORS_ONLY, {}),
    ("POST", "/api/v1/admin/terms"): (OPERATORS_ONLY, OPERATORS_ONLY, {}),
    ("POST", "/api/v1/admin/order-lines"): (OPERATORS_ONLY, OPERATORS_ONLY, []),
    ("POST", "/api/v1/admin/rule-cards"): (OPERATORS_ONLY, OPERATORS_ONLY, {}),
}  # fmt: skip

# Doors that answer for each item: 200, and every item is refused.
ITEM_BY_ITEM: dict[Door, Any] = {("POST", "/api/v1/returns/bulk"): {"act": "approve"}}

# What whoever may only read changes all the same, and why.
OPEN: dict[Door, str] = {
    ("POST", "/api/v1/sessions"): "signing in: a password is asked for",
    ("DELETE", "/api/v1/sessions/current"): "signing out: one's own session, and a key has none",
    ("POST", "/api/v1/invitations/{token}/accept"): "the link is all that somebody needs",
    ("POST", "/api/v1/returns-reports"): "who only reads may have reports (R101)",
    ("POST", "/api/v1/jobs/breaks"): "the same: a file of what they see anyway",
    ("POST", "/api/v1/jobs/statement"): "the same",
    ("POST", "/api/v1/returns-reports/{report_id}/links"): "the way to read one's report (R101)",
}
# What is a person's own, whatever they may in the shop. A key is no person.
PERSONAL: dict[Door, Any] = {
    ("POST", "/api/v1/messages/read"): {"until": 1},
    ("POST", "/api/v1/messages/email"): {"email": "bi@example.com"},
    ("POST", "/api/v1/account/language"): {"language": "tr"},
    ("POST", "/api/v1/account/password"): {"current": "correct horse", "password": "another horse battery"},
}


def places(shop: Market, call: Call) -> dict[str, object]:
    """A name for every place of a path: things of Lumitek, waiting for a decision."""
    asked = call("chen").post("/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-30"})
    call("chen").post("/api/v1/reconciliation/invoices", content=INVOICE)
    job = call("chen").post("/api/v1/jobs/breaks", json={})
    with shop.office.database.read() as tx:
        liu = account(tx, "chen").id
    return {
        "return_id": shop.in_status(Status.SELLER_REVIEW, KETTLE), "line_id": 3, "block_id": 1, "login": "oleg", "name": "return-reasons",
        "public_id": keys.public_id_of(shop.key(CHEN)), "report_id": asked.json()["id"], "number": liu,
        "job_id": job.json()["id"],
        "file_id": 1, "statement_id": 1, "place": 1, "break_id": 1,
        "webhook_id": "hook_1", "event_id": "evt_1_1", "seller_id": LUMITEK, "code": "refund_sent",
    }  # fmt: skip


def send(client: httpx2.Client, door: Door, named: Mapping[str, object], body: Any) -> httpx2.Response:
    verb, path = door
    more = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    return client.request(verb, filled(path, named), **more)


def test_every_door_that_changes_something_is_here(tmp_path: Path) -> None:
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:  # no door asks it anything
        changing = {door for door in doors(make_app(shop.office), "/api/v1") if door[0] not in READING}

    assert changing == set(REFUSED) | set(ITEM_BY_ITEM) | set(OPEN) | set(PERSONAL)
    assert len(changing) == len(REFUSED) + len(ITEM_BY_ITEM) + len(OPEN) + len(PERSONAL)


def test_who_may_only_read_is_refused_at_every_door_and_changes_no_row(
    shop: Market, call: Call, tmp_path: Path
) -> None:
    """A key and a person. Only the access log has another row: the last use of the key, and what was tried. No file is new."""
    named = places(shop, call)
    key, analyst = call(shop.key(CHEN, "BI", read_only=True)), call("zhao")
    of_return = f"/api/v1/returns/{named['return_id']}"
    assert ["seller_review"] * 2 == [client.get(of_return).json()["status"] for client in (key, analyst)]
    items = {"items": [{"return_id": named["return_id"]}]}
    before, files = shop.dump(), files_below(tmp_path / "data")

    by_key = {door: told(send(key, door, named, body)) for door, (_, _, body) in REFUSED.items()}
    by_key |= {door: told(send(key, door, named, body)) for door, body in PERSONAL.items()}
    by_analyst = {door: told(send(analyst, door, named, body)) for door, (_, _, body) in REFUSED.items()}
    by_item = [
        send(client, door, named, {**body, **items}).json()
        for client in (key, analyst)
        for door, body in ITEM_BY_ITEM.items()
    ]

    assert {door: row[0] for door, row in REFUSED.items()} | dict.fromkeys(PERSONAL, PERSONS_ONLY) == by_key
    assert {door: row[1] for door, row in REFUSED.items()} == by_analyst
    assert [(0, ["role_read_only"])] * 2 == [(it["done"], [r["code"] for r in it["results"]]) for it in by_item]
    assert (before, files) == (shop.dump(), files_below(tmp_path / "data"))


def test_a_verb_in_a_header_a_slash_too_many_or_another_media_type_opens_nothing(shop: Market, call: Call) -> None:
    """T28: the ways around a check that looks at the verb or the path."""
    return_id = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    key, path = call(shop.key(CHEN, "BI", read_only=True)), f"/api/v1/returns/{return_id}/approve"
    before = shop.dump()
    tried = [
        *(key.request(verb, path, json={}) for verb in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")),
        *(key.get(path, headers={name: "POST"}) for name in ("x-http-method-override", "x-http-method", "x-method")),
        *(key.get(f"/api/v1/returns/{return_id}", headers={"x-http-method-override": "DELETE"}),),
        *(key.post(other, json={}) for other in (f"{path}/", path.replace("/api", "//api"), f"{path}?_method=GET")),
        *(key.post(path, content=b"{}", headers={"content-type": kind}) for kind in ("text/plain", "text/html")),
        key.post(path, data={"route": "B"}),
    ]

    assert {200, 204, 400, 403, 404, 405} >= {answer.status_code for answer in tried}
    assert before == shop.dump()


def test_the_same_requests_by_who_may_write_are_done(shop: Market, call: Call) -> None:
    """What keeps the readers out is that they only read: the bodies fit and the things are there."""
    chen, key = call("chen"), call(shop.key(CHEN, "Writing"))
    named = places(shop, call)
    ways = [("approve", key), ("reject", key), ("offer", chen), ("refund-without-return", chen)]
    of_returns = {("POST", f"/api/v1/returns/{{return_id}}/{word}"): client for word, client in ways}
    of_shop: list[Door] = [
        ("POST", "/api/v1/photos"), ("DELETE", "/api/v1/returns-reports/{report_id}"), ("POST", "/api/v1/keys"),
        ("PUT", "/api/v1/keys/{public_id}/networks"), ("POST", "/api/v1/keys/{public_id}/revoke"),
        ("POST", "/api/v1/users"),
    ]  # fmt: skip

    for door, client in of_returns.items():
        before = shop.dump()
        on = {"return_id": shop.in_status(Status.SELLER_REVIEW, KETTLE)}
        assert 200 == send(client, door, on, REFUSED[door][2]).status_code, door
        assert before != shop.dump()
    for door in of_shop:
        before = shop.dump()
        assert send(chen, door, named, REFUSED[door][2]).status_code in {200, 201, 204}, door
        assert before != shop.dump(), door


def test_reports_and_files_are_all_that_who_may_only_read_asks_the_house_for(shop: Market, call: Call) -> None:
    """R101. Nothing but the house's own note of the report is another."""
    named = places(shop, call)
    readers = [call(shop.key(CHEN, "BI", read_only=True)), call("zhao")]
    before = shop.dump()

    asked = [
        client.post("/api/v1/returns-reports", json={"first_day": "2024-09-01", "last_day": "2024-09-30"})
        for client in readers
    ]

    assert [201, 201] == [answer.status_code for answer in asked]
    assert 3 == len({named["report_id"], *(answer.json()["id"] for answer in asked)})
    for client in readers:
        assert 201 == client.post("/api/v1/jobs/breaks", json={}).status_code
    assert {"reports", "jobs"} == {table for table, rows in shop.dump().items() if rows != before[table]}


# -- The Seller API ---------------------------------------------------------------------------------------------------

NO_ROLE = (403, 7, "Api-Key is missing a required role for a method")
NO_METHOD, WRONG_VERB = (404, 5, "Not Found"), (405, 12, "method is not allowed")
METHODS: dict[str, dict[str, Any]] = {
    "/v2/returns/rfbs/verify": {},
    "/v2/returns/rfbs/reject": {"rejection_reason_id": 11, "comment": EXPLAINED},
    "/v2/returns/rfbs/compensate": {"compensation_amount": "500"},
    "/v2/returns/rfbs/receive-return": {},
    "/v2/returns/rfbs/return-money": {"return_for_back_way": 0},
    "/v1/returns/rfbs/action/set": {"id": 1000},
    "/v2/conditional-cancellation/approve": {"cancellation_id": 100_001},
    "/v2/conditional-cancellation/reject": {"cancellation_id": 100_001},
    **{f"/v1/return/giveout/{word}": {} for word in ("barcode", "get-pdf", "get-png", "barcode-reset")},
    **{f"/v1/return/pass/{word}": {} for word in ("create", "update", "delete")},
    "/v1/returns/settings/utilization/update": {
        "utilization_price": {"enabled": False},
        "utilization_price_defects": {"enabled": False},
    },
    "/v1/notification/set": {"url": "https://example.com/", "types": ["TYPE_RETURN_NEW"]},
    "/v1/notification/update": {"id": 1, "types": ["TYPE_RETURN_NEW"]},
    "/v1/notification/delete": {"id": 1},
    "/v1/notification/enable": {"id": 1, "enabled": False},
    "/v1/notification/check": {"url": "https://example.com/"},
}
# POST is how this contract reads; a report is open to who only reads (R101).
READ_BY_POST = {
    "/v1/roles", "/v2/returns/rfbs/list", "/v2/returns/rfbs/get", "/v2/report/returns/create", "/v1/report/info",
    "/v1/report/list", "/v1/returns/list", "/v1/returns/company/fbs/info", "/v2/conditional-cancellation/list",
    "/v1/delivery-method/return/settings/get",
    "/v1/return/giveout/is-enabled", "/v1/return/giveout/list", "/v1/return/giveout/info",
    "/v1/returns/settings/utilization/info", "/v1/returns/settings/utilization/history",
    "/v1/notification/list", "/v1/notification/push-type/list",
}  # fmt: skip


def test_a_reading_key_changes_nothing_through_the_seller_api(shop: Market, call: Call) -> None:
    """J11. Every verb of every path under /v1 and /v2 but those that read; a new method has to be named here."""
    client, return_id = call(""), shop.in_status(Status.SELLER_REVIEW, KETTLE)
    client.headers.update({"client-id": str(LUMITEK), "api-key": shop.key(CHEN, "BI", read_only=True)})
    found = {door for door in doors(make_app(shop.office), "/v1", "/v2") if door[0] not in READING}
    methods = METHODS.keys() | READ_BY_POST
    expected = {
        (verb, path): NO_METHOD if path not in methods else NO_ROLE if verb == "POST" else WRONG_VERB
        for verb, path in found
        if (verb, path) not in {("POST", path) for path in READ_BY_POST}
    }
    assert {("POST", path) for path in methods} <= found
    before = shop.dump()

    answers: dict[Door, tuple[int, int, str]] = {}
    for verb, path in expected:
        shop.clock.turn(timedelta(milliseconds=25))  # at most 50 a second, by our clock
        body = {"return_id": return_id, **METHODS.get(path, {})}
        answer = client.request(verb, filled(path, {"rest": "more"}), json=body)
        answers[verb, path] = (answer.status_code, answer.json()["code"], answer.json()["message"])

    assert expected == answers
    assert before == shop.dump()
