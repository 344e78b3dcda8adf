"""Payouts and bank statements through API v1: what support's page can do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.marketplace.bank import bank_of, entry, payments, rounds, statement
from tests.marketplace.cast import Market, market, moscow, served
from tests.marketplace.test_payouts import key, refund, refunded
from tests.marketplace.test_terms_api import Api
from tests.web.company import let_in


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def api(shop: Market) -> Iterator[Api]:
    with served(shop) as url, httpx2.Client(base_url=url, timeout=30) as client:
        yield Api(client)


def bring(api: Api, raw: bytes, name: str = "s.xml") -> httpx2.Response:
    api("payouts/files")  # signs in
    sent = {"authorization": f"Bearer {api.tokens['marina']}", "accept-language": "en"}
    return api.client.post("/api/v1/bank-statements", params={"name": name}, content=raw, headers=sent)


def test_from_the_file_to_the_statement(api: Api, shop: Market) -> None:
    bank_of(shop)
    ids = refunded(shop, 2)
    rounds(shop)
    (listed,) = api("payouts/files").json()
    one = api(f"payouts/files/{listed['id']}").json()
    file = api(f"payouts/files/{listed['id']}/content")

    assert ("handed_over", 2, {"minor": 24_800_00, "currency": "RUB"}) == (
        listed["state"], listed["payouts"], listed["amount"],
    )  # fmt: skip
    assert [(key(n), "sent", 1) for n in ids] == [(p["key"], p["state"], p["attempt"]) for p in one["payouts"]]
    assert [(key(n), "12400.00") for n in ids] == payments(file.content)
    assert 'attachment; filename="PAYOUTS-000001.xml"' == file.headers["content-disposition"]

    shop.clock.turn_to(moscow("2024-09-04 09:00"))
    raw = statement([entry(key(ids[0])), entry(key(ids[1]), "1.00")])
    taken = bring(api, raw)

    assert (201, 1, 1, "marina", "s.xml") == (
        taken.status_code, taken.json()["applied"], taken.json()["breaks"], taken.json()["taken_by"], taken.json()["name"],
    )  # fmt: skip
    assert ("confirmed", 1) == refund(shop, ids[0])

    again = bring(api, raw, "b.xml")

    assert (201, True, "s.xml") == (again.status_code, again.json()["again"], again.json()["name"])

    (found,) = api("bank-statements/breaks").json()

    assert (key(ids[1]), "wrong_amount") == (found["key"], found["code"])

    place = f"bank-statements/{found['statement_id']}/entries/{found['place']}/settle"
    settled = api(place, {"comment": "A typing error of the bank."}, **{"Idempotency-Key": "k1"})

    assert (200, "marina") == (settled.status_code, settled.json()["settled_by"])
    assert settled.json() == api(place, {"comment": "A typing error of the bank."}, **{"Idempotency-Key": "k1"}).json()
    assert (409, "break_settled") == said(api(place, {"comment": "Once more."}))
    assert [] == api("bank-statements/breaks").json()
    assert (1, 0) == tuple(api("bank-statements").json()[0][name] for name in ("breaks", "to_settle"))

    entries = api(f"bank-statements/{found['statement_id']}").json()["entries"]

    assert [("applied", ""), ("break", "A typing error of the bank.")] == [
        (e["outcome"], e["comment"]) for e in entries
    ]


def said(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_file_in_doubt_is_handed_over_again(api: Api, shop: Market) -> None:
    bank = bank_of(shop, "takes and times out")
    (return_id,) = refunded(shop)
    rounds(shop)

    assert [key(return_id)] == [one["key"] for one in api("payouts/in-doubt").json()]

    asked = api("payouts/files/1/hand-over", {})

    assert (202, "in_doubt") == (asked.status_code, asked.json()["state"])

    rounds(shop)

    assert [] == api("payouts/in-doubt").json()
    assert (2, 1) == (len(bank.seen), len(bank.booked))
    assert (409, "batch_not_open") == said(api("payouts/files/1/hand-over", {}))
    assert (404, "not_found") == said(api("payouts/files/77/hand-over", {}))


@pytest.mark.parametrize(
    ("raw", "status", "code", "words"),
    [
        (b"<html/>", 422, "statement_unreadable", "neither camt.053 nor pain.002"),
        (b"<" * (8 * 1024 * 1024 + 1), 422, "statement_too_large", "8 MB"),
        (b"<" * (50 * 1024 * 1024), 413, "body_too_large", "large"),
    ],
    ids=["page", "8 MB and one", "50 MB"],
)
def test_what_is_no_statement_has_a_clear_error(api: Api, raw: bytes, status: int, code: str, words: str) -> None:
    refused = bring(api, raw)

    assert (status, code) == said(refused)
    assert words in refused.json()["detail"]
    assert [] == api("bank-statements").json()


PATHS: list[tuple[str, Any]] = [
    ("payouts/files", None), ("payouts/files/1", None), ("payouts/files/1/content", None), ("payouts/in-doubt", None),
    ("payouts/files/1/hand-over", {}), ("bank-statements", None), ("bank-statements", {}), ("bank-statements/1", None),
    ("bank-statements/breaks", None), ("bank-statements/1/entries/1/settle", {"comment": "x"}),
]  # fmt: skip


@pytest.mark.parametrize("login", ["irina", "elif", "oleg", "nadia"])
def test_nobody_but_support_sees_or_moves_payouts(api: Api, login: str) -> None:
    assert {(403, "not_your_role")} == {said(api(path, body, login)) for path, body in PATHS}
