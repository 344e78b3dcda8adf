"""The watcher of the contract sees what it should, and every method that is served is one of the contract's."""

import json
from typing import Any

import pytest

from backhaul.marketplace.seller_api import READING, WRITING
from tests.contract import PAPER, breaches

ROW = {
    "return_id": 5, "return_number": "R-5", "created_at": "2024-09-02T07:00:00Z",
    "product": {"name": "Mug", "price": 420, "currency_code": "RUB"}, "state": {"group_state": "new", "state": "Approved"},
}  # fmt: skip
LIST, GET, PDF = "/v2/returns/rfbs/list", "/v2/returns/rfbs/get", "/v1/return/giveout/get-pdf"


def test_every_method_of_the_papers_part_about_returns_is_served_and_no_other() -> None:
    assert sorted([*READING, *WRITING]) == sorted(PAPER["operations"])


@pytest.mark.parametrize(
    ("path", "status", "body", "good"),
    [
        (LIST, 200, {"returns": [ROW]}, True),
        (LIST, 200, {"returns": []}, True),
        (LIST, 200, {"returns": [{**ROW, "return_id": "5"}]}, False),
        (LIST, 200, {"returns": [{**ROW, "own": 1}]}, False),
        (LIST, 200, {"returns": [{**ROW, "created_at": "2024-09-02T07:00:00"}]}, False),
        (LIST, 200, {"returns": [{**ROW, "product": {"price": 420.5}}]}, False),
        (LIST, 200, {"returns": [{**ROW, "product": {"price": 2**31}}]}, False),
        (LIST, 200, {"returns": [{**ROW, "product": None}]}, False),
        (LIST, 200, {"returns": [{**ROW, "product": {"currency_code": "XXX"}}]}, False),
        (GET, 200, {"returns": {"available_actions": [{"id": 1000, "name": "Approve"}]}}, True),
        (GET, 200, {"returns": {"available_actions": [{"action": {"id": 1000, "name": "Approve"}}]}}, False),
        (GET, 404, {"code": 5, "message": "Not Found", "details": []}, True),
        (GET, 404, {"code": "5", "message": "Not Found", "details": []}, False),
        (GET, 404, {"error": "Not Found"}, False),
        (PDF, 200, {"file_content": "eA==", "file_name": "x", "content_type": "application/pdf", "pdf": "eA=="}, True),
        (PDF, 200, {"file_content": "eA==", "file_name": "x", "content_type": "application/pdf", "pdf": "eQ=="}, False),
        ("/v1/returns/rfbs/action/set", 200, {}, True),
        ("/v1/returns/rfbs/action/set", 200, {"result": True}, False),
        ("/v1/notification/list", 200, {}, False),
        ("/v2/nothing", 404, {"code": 5, "message": "Not Found", "details": []}, True),
        ("/v2/nothing", 200, {"result": 1}, False),
    ],
)
def test_a_breach_is_found(path: str, status: int, body: Any, good: bool) -> None:  # noqa: FBT001
    assert (breaches(path, status, json.dumps(body).encode()) == []) is good


def test_what_is_no_json_is_a_breach() -> None:
    assert breaches(GET, 200, b"") != []
    assert breaches(GET, 500, b"<html>") != []
