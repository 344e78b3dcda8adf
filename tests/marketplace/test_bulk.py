"""R108, J11: the same decision about many returns, by page and by API, with a result for each."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.marketplace import errands
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Role, Status
from tests.marketplace.cast import ANADOLU, ELIF, EXPLAINED, IRINA, KETTLE, MUG, Market, market, served
from tests.web.forms import Visit

PASSWORD = "correct horse battery"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    def let_in(tx: Tx, _: datetime) -> None:
        hashed = keys.hash_password(PASSWORD)
        errands.add_account(tx, "elif", hashed, Role.SELLER, str(ANADOLU), "Elif Kaya", "en", owner=True)

    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def url(shop: Market) -> Iterator[str]:
    with served(shop) as address:
        yield address


@pytest.fixture
def elif_(url: str) -> Iterator[Visit]:
    with ExitStack() as open_visits:
        yield open_visits.enter_context(Visit(url)).sign_in("elif", PASSWORD)


def waiting(shop: Market, count: int) -> list[int]:
    return [shop.in_status(Status.SELLER_REVIEW) for _ in range(count)]


def choose(visit: Visit, act: str, ids: list[int]) -> Visit:
    """Tick returns in the list and press the act's button."""
    form = visit.open("/returns").form("/returns/selected")
    form.values |= {"return_id": [str(i) for i in ids], "act": [act]}
    return visit.send(form)


# -- By page ----------------------------------------------------------------------------------------------------------


def test_chosen_returns_are_shown_before_they_are_approved(shop: Market, elif_: Visit) -> None:
    first, second, third = waiting(shop, 3)
    choose(elif_, "approve", [first, second])

    assert "2 returns" in elif_.text
    assert [Status.SELLER_REVIEW] * 3 == [shop.now_is(i).status for i in (first, second, third)]
    elif_.press("/returns/selected/decide")
    assert "Done: 2 returns" in elif_.text
    assert [Status.APPROVED, Status.APPROVED, Status.SELLER_REVIEW] == [
        shop.now_is(i).status for i in (first, second, third)
    ]


def test_a_bulk_says_beforehand_what_customers_would_receive(shop: Market, elif_: Visit) -> None:
    choose(elif_, "refund-without-return", waiting(shop, 2))

    assert "customers receive 24,800.00 RUB" in elif_.text


def test_all_that_wait_can_be_chosen_without_a_tick(shop: Market, elif_: Visit) -> None:
    ids = waiting(shop, 35) + [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(25)]  # over a page of the list
    form = elif_.open("/returns").form("/returns/selected")
    form.values |= {"all": ["yes"], "act": ["approve"]}
    elif_.send(form)
    assert "60 returns" in elif_.text
    elif_.press("/returns/selected/decide")

    assert {Status.APPROVED} == {shop.now_is(i).status for i in ids}


def test_a_rejection_of_many_needs_its_words_and_keeps_what_was_chosen(shop: Market, elif_: Visit) -> None:
    ids = waiting(shop, 2)
    choose(elif_, "reject", ids)
    elif_.press("/returns/selected/decide", {"reason": "looks_used", "comment": "Too short."})
    assert "Not done: 2 returns" in elif_.text
    assert elif_.text.count("Explain in at least 30 characters.") == 2

    choose(elif_, "reject", ids)
    elif_.press("/returns/selected/decide", {"reason": "looks_used", "comment": EXPLAINED})
    assert {Status.REJECTED} == {shop.now_is(i).status for i in ids}


def test_who_was_decided_about_meanwhile_is_told_and_the_others_are_done(shop: Market, elif_: Visit) -> None:
    first, second = waiting(shop, 2)
    choose(elif_, "approve", [first, second])
    shop.does(IRINA, second, do.Cancel())
    elif_.press("/returns/selected/decide")

    assert "Done: 1 return" in elif_.text
    assert "Not done: 1 return" in elif_.text
    assert (Status.APPROVED, Status.CANCELLED) == (shop.now_is(first).status, shop.now_is(second).status)


def test_the_same_confirmation_sent_twice_decides_once_and_says_the_same(shop: Market, elif_: Visit) -> None:
    ids = waiting(shop, 2)
    choose(elif_, "approve", ids)
    form = elif_.form("/returns/selected/decide")
    first, second = elif_.send(form).text, elif_.send(form).text
    versions = [shop.now_is(i).version for i in ids]

    assert first == second
    assert [3, 3] == versions  # requested, submitted, approved


def test_another_sellers_returns_are_not_in_the_dry_run(shop: Market, elif_: Visit) -> None:
    mine, other = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW, KETTLE)
    choose(elif_, "approve", [mine, other])

    assert "1 return" in elif_.text
    assert f"R-{other}" not in elif_.text


# -- By API -----------------------------------------------------------------------------------------------------------


def give(url: str, key: str, body: Any, **headers: str) -> httpx2.Response:
    named = {"authorization": f"Bearer {key}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx2.post(f"{url}/api/v1/returns/bulk", json=body, headers=named, timeout=30)


def test_the_api_answers_for_each_item_and_a_retry_answers_the_same(shop: Market, url: str) -> None:
    good, done = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.APPROVED)
    foreign = shop.in_status(Status.SELLER_REVIEW, KETTLE)
    items = [{"return_id": good, "seen": 2}, {"return_id": done}, {"return_id": foreign}, {"return_id": 7}]
    order = {"act": "approve", "items": items}
    key = shop.key(ELIF)
    first, again = (give(url, key, order, idempotency_key="bulk-1") for _ in range(2))

    assert (200, 1) == (first.status_code, first.json()["done"])
    assert [(good, ""), (done, "not_in_this_state"), (foreign, "not_found"), (7, "not_found")] == [
        (told["return_id"], told.get("code", "")) for told in first.json()["results"]
    ]
    assert first.json() == again.json()
    assert (Status.APPROVED, 3) == (shop.now_is(good).status, shop.now_is(good).version)


def test_a_stale_version_is_refused_for_its_item_alone(shop: Market, url: str) -> None:
    first, second = waiting(shop, 2)
    items = [{"return_id": first, "seen": 1}, {"return_id": second, "seen": 2}]
    answer = give(url, shop.key(ELIF), {"act": "approve", "items": items})

    assert ["version_conflict", ""] == [told.get("code", "") for told in answer.json()["results"]]


def test_a_read_only_key_decides_about_none(shop: Market, url: str) -> None:
    ids = waiting(shop, 2)
    before = shop.dump()
    order = {"act": "approve", "items": [{"return_id": i} for i in ids]}
    answer = give(url, shop.key(ELIF, read_only=True), order)

    assert ["role_read_only"] * 2 == [told["code"] for told in answer.json()["results"]]
    assert before["returns"] == shop.dump()["returns"]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"act": "approve", "items": []}, "bulk_size"),
        ({"act": "approve", "items": [{"return_id": i} for i in range(501)]}, "bulk_size"),
        ({"act": "offer", "items": [{"return_id": 1}], "body": {"amount_rub": 5}}, "unknown_act"),
        ({"act": "check-in", "items": [{"return_id": 1}]}, "unknown_act"),
        ({"act": "approve", "items": [{"return_id": 1}], "body": {"route": "C"}}, "field_invalid"),
        ({"act": "reject", "items": [{"return_id": 1}], "body": {"reason": "looks_used"}}, "field_invalid"),
        ({"act": "approve", "items": [{"return_id": "one"}]}, "field_invalid"),
        ({"act": "approve"}, "field_invalid"),
    ],
)
def test_a_bulk_that_is_none_is_refused_as_a_whole(shop: Market, url: str, order: dict[str, Any], code: str) -> None:
    answer = give(url, shop.key(ELIF), order)

    assert (422, code) == (answer.status_code, answer.json()["code"])
