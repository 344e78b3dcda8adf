"""Every list of API v1: it goes on behind its last row, or it is short by law; and what is no door at all answers like one."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.marketplace import statement_errands
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from tests import webs
from tests.marketplace.bank import entry, statement
from tests.marketplace.cast import MARINA, MUG, THROW, Market, market
from tests.marketplace.papers import charge, paper
from tests.marketplace.people import Call, calling, let_in, told

# Lists that go on: where the rows stand, what the next page is asked with, and who looks.
LINKED = {
    "/api/v1/returns": "elif", "/api/v1/messages": "elif", "/api/v1/payouts/files": "marina",
    "/api/v1/bank-statements": "marina", "/api/v1/reconciliation/breaks": "elif",
    "/api/v1/reconciliation/invoices": "elif", "/api/v1/attempts": "marina", "/api/v1/blocks": "marina",
    "/api/v1/jobs": "elif",
}  # fmt: skip
ORDERS = "/api/v1/orders"  # by delivery, so its cursor is another one
MESSAGES = "/api/v1/returns/{return_id}/messages"  # a hundred at a time: test_answers
PAGED_OTHERWISE = {
    "/api/v1/events", "/api/v1/exchange-rates", "/api/v1/money/compensations", "/api/v1/money/claims",
    "/api/v1/money/postings",
    "/api/v1/finance/compensations", "/api/v1/ledger/statement", "/api/v1/webhooks/{webhook_id}/deliveries",
    "/api/v1/payouts/files/{file_id}", "/api/v1/bank-statements/{statement_id}",
    "/api/v1/reconciliation/invoices/{invoice_id}", "/api/v1/keys/{public_id}/log", "/api/v1/epcis",
    "/api/v1/moderation/{queue}", "/api/v1/claims", "/api/v1/disposals", "/api/v1/seen-photos", "/api/v1/metrics/defects", MESSAGES,
}  # fmt: skip
# Lists that are whole, and what keeps them short.
WHOLE = {
    "/api/v1/metrics/return-rates/months": "12 months at most",
    "/api/v1/keys": "keys_max active ones, 500 at most",
    "/api/v1/users": "200 users of a seller at most",
    "/api/v1/webhooks": "webhooks_max",
    "/api/v1/webhooks/types": "a table of the law",
    "/api/v1/errors": "a table of the law",
    "/api/v1/returns-reports": "reports_max, and reports end",
    "/api/v1/rate-cards": "versions of terms, 500 at most",
    "/api/v1/policy/versions": "versions of terms",
    "/api/v1/catalogues/{name}/versions": "versions of terms",
    "/api/v1/reconciliation/price-lists": "200 versions at most",
    "/api/v1/sellers": "500 at most",
    "/api/v1/points": "one a point",
    "/api/v1/pickup-points": "500 at most",
    "/api/v1/clerks": "500 at most",
    "/api/v1/blocks/unsettled": "a queue: who settles one makes room",
    "/api/v1/bank-statements/breaks": "a queue",
    "/api/v1/payouts/in-doubt": "a queue",
    "/api/v1/payouts/waiting": "a queue",
    "/api/v1/returns/{return_id}/events": "one return",
    "/api/v1/returns/{return_id}/clocks": "one return",
    "/api/v1/returns/{return_id}/timeline": "one return",
    "/api/v1/returns/{return_id}/seen-photos": "50 of one return at most",
    "/api/v1/returns/{return_id}/answers": "templates, 200 at most",
    "/api/v1/answer-templates": "200 at most",
    "/api/v1/answer-templates/{code}/versions": "the last 50 of one template",
    "/api/v1/returns/{return_id}/entries": "one return",
    "/api/v1/returns/{return_id}/explanations": "one return",
    "/api/v1/reconciliation/breaks/{break_id}/events": "one break",
    "/api/v1/blocks/{block_id}/events": "one block",
    "/api/v1/my-block/events": "one block",
    "/api/v1/customers/{customer_ref}/received": "the last 500 of one customer",
    "/api/v1/ledger/balances": "one row an account",
}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def test_every_list_goes_on_or_says_what_keeps_it_short(tmp_path: Path) -> None:
    """Read off the OpenAPI document: what answers an array is a list."""
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:
        paths = webs.marketplace(shop.office).openapi_schema.to_schema()["paths"]
    arrays, limited, goes_on = set(), set(), set()
    for path, verbs in paths.items():
        reads = verbs.get("get")
        answers = (reads or {}).get("responses", {}).get("200", {}).get("content", {})
        if any(kind.get("schema", {}).get("type") == "array" for kind in answers.values()):
            arrays.add(path)
        names = {one["name"] for one in (reads or {}).get("parameters", [])}
        if {"before", "after"} & names:
            goes_on.add(path)
        if {"before", "limit"} <= names:
            limited.add(path)

    assert goes_on == LINKED.keys() | PAGED_OTHERWISE | {ORDERS}
    assert arrays == LINKED.keys() | WHOLE.keys() | {"/api/v1/keys/{public_id}/log", ORDERS, MESSAGES}
    assert LINKED.keys() | {"/api/v1/keys/{public_id}/log"} == limited


def filled_lists(shop: Market, elif_: httpx2.Client) -> None:
    """Three rows and more in every list that goes on."""
    for line in (THROW, MUG, THROW):
        shop.does(MARINA, shop.in_status(Status.REFUNDED_WITHOUT_RETURN, line), do.SendRefund())
        shop.office.payouts.work(shop.office.house.terms.policy)
        shop.clock.turn_to(shop.clock.now() + timedelta(minutes=1))
    for n in range(3):
        statement_errands.taken_in(shop.office.desk, f"{n}.xml", statement([entry(f"REFUND-{n}-1")]), MARINA)
        lines = paper(charge(f"R-{n}", "receipt", "2024-09-02 10:00", 600, invoice=f"INV-{n}"))
        brought = elif_.post("/api/v1/reconciliation/invoices", content=lines)
        assert brought.status_code in {200, 201}, brought.text
        assert 201 == elif_.post("/api/v1/jobs/breaks", json={}).status_code


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [one.get("id") or one["line_id"] for one in rows]


def test_pages_of_one_row_show_every_row_once_and_in_order(shop: Market, call: Call) -> None:
    elif_ = call("elif")
    filled_lists(shop, elif_)
    for _ in range(3):
        call("irina").get("/api/v1/support")
    for path, who in {**LINKED, ORDERS: "irina"}.items():
        client = call(who)
        whole = client.get(path)
        assert whole.status_code == 200, whole.text
        walked: list[dict[str, Any]] = []
        address: str | None = f"{path}?limit=1"
        while address is not None and len(walked) <= len(whole.json()):
            page = client.get(address)
            walked += page.json()
            address = page.links.get("next", {}).get("url")
        assert ids(whole.json()) == ids(walked), path
        if path not in {"/api/v1/blocks", "/api/v1/attempts"}:
            assert len(walked) >= 3, path


def test_a_limit_or_cursor_that_does_not_fit_is_named(call: Call) -> None:
    elif_ = call("elif")
    for name, values in {"limit": ("0", "-1", "x", "51", "1.5", ""), "before": ("0", "-1", "x", "1.5", "")}.items():
        for bad in values:
            wrong = elif_.get("/api/v1/returns", params={name: bad})
            assert (422, "field_invalid", name) == (*told(wrong), wrong.json()["field"]), bad
    for bad in ("x", "1", "-", "1-", "1-2-3", "-1-2", "9" * 19 + "-1"):
        wrong = call("irina").get(ORDERS, params={"after": bad})
        assert (422, "field_invalid", "after") == (*told(wrong), wrong.json()["field"]), bad


# -- What is no door --------------------------------------------------------------------------------------------------


def test_what_is_no_door_no_verb_too_large_or_no_json_is_told_as_a_problem(shop: Market, call: Call) -> None:
    """404, 405, 413, 415 and a body that nobody can read: a stable code, and words in the caller's language."""
    elif_ = call("elif")
    return_id = shop.in_status(Status.SELLER_REVIEW, THROW)
    offer = f"/api/v1/returns/{return_id}/offer"
    asked: list[tuple[int, str, Callable[[dict[str, str]], httpx2.Response]]] = [
        (404, "not_found", lambda h: elif_.get("/api/v1/nowhere", headers=h)),
        (404, "not_found", lambda h: elif_.get("/api/v1/returns/none", headers=h)),
        (405, "method_not_allowed", lambda h: elif_.patch("/api/v1/returns", headers=h)),
        (413, "body_too_large", lambda h: elif_.post(offer, content=b"[" * (1024 * 1024 + 1), headers=h)),
        (400, "body_invalid", lambda h: elif_.post(offer, content=b"{", headers=h)),
        (422, "field_invalid", lambda h: elif_.post(offer, json={"amount_rub": "500"}, headers=h)),
        (422, "field_invalid", lambda h: elif_.post(offer, json={"amount_rub": 500, "more": 1}, headers=h)),
    ]
    for status, code, ask in asked:
        english, russian = (ask({"accept-language": one}) for one in ("en", "ru"))
        assert (status, code) == told(english) == told(russian)
        assert english.json()["detail"] != russian.json()["detail"], code
        assert english.json()["detail"]
    assert ("amount_rub", "/amount_rub") == (
        (wrong := asked[5][2]({}).json())["field"], wrong["pointer"],
    )  # fmt: skip
    assert "GET" in elif_.patch("/api/v1/returns").headers["allow"]
