"""Webhooks over real HTTP: what is sent, how it is signed, what happens when the other side fails, and the same set by GET."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.kit.days import to_us
from backhaul.marketplace.rules.words import Status
from tests.marketplace.hooks import Hooks, hooks
from tests.receiving import verifies


@pytest.fixture
def there(database_url: str, tmp_path: Path) -> Iterator[Hooks]:
    with hooks(database_url, tmp_path) as opened:
        yield opened


def now_seconds(there: Hooks) -> int:
    return to_us(there.shop.clock.now()) // 1_000_000


def test_everything_that_happens_is_delivered_signed_in_order_and_the_same_as_by_get(there: Hooks) -> None:
    made = there.make()
    secret = made["secrets"][0]["secret"]
    there.shop.in_status(Status.ACCEPTED_AT_PVZ)
    there.rounds()
    got, told = there.receiver.got, there.events()

    assert ["return.submitted", "return.approved", "return.checked_in", "return.refund_held"] == [
        one["type"] for one in told
    ]
    assert [one["id"] for one in told] == there.receiver.ids
    assert told == [one.said for one in got]
    assert [True] * 4 == [verifies(secret, one.headers, one.body, now_seconds(there)) for one in got]
    assert all(one.headers["content-type"] == "application/json" for one in got)
