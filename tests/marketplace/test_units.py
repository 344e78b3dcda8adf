"""D1, R111: a unit is in one return at a time, whatever was rejected, disputed or asked for at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from backhaul.kit import keys
from backhaul.kit.database import Tx
from backhaul.kit.machine import Refused
from backhaul.marketplace import errands
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Role, Status
from tests.marketplace.cast import CHEN, EXPLAINED, IRINA, LINES, NADIA, RING, Market, market, served

PASSWORD = "correct horse battery"
AT_ONCE = 200


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def rejected(shop: Market) -> int:
    """The only unit of the order line, asked for and refused."""
    return_id = shop.draft(RING)
    shop.does(IRINA, return_id, do.Submit())
    shop.does(CHEN, return_id, do.Reject("looks_used", EXPLAINED))
    return return_id


def test_a_rejected_unit_can_be_asked_for_again(shop: Market) -> None:
    first = rejected(shop)
    second = shop.draft(RING)

    assert (Status.REJECTED, Status.NEW) == (shop.now_is(first).status, shop.now_is(second).status)
    assert (first,) == shop.now_is(second).earlier


def test_a_dispute_takes_the_unit_back_and_keeps_others_from_it(shop: Market) -> None:
    first = rejected(shop)
    shop.does(IRINA, first, do.OpenDispute(EXPLAINED))

    with pytest.raises(Refused, match="no_unit_left"):
        shop.draft(RING)

    shop.does(NADIA, first, do.DecideDispute(for_customer=False, comment=EXPLAINED))
    assert Status.NEW is shop.now_is(shop.draft(RING)).status


def test_a_dispute_about_a_unit_that_is_in_another_return_is_refused(shop: Market) -> None:
    first = rejected(shop)
    second = shop.draft(RING)

    with pytest.raises(Refused, match="unit_in_another_return"):
        shop.does(IRINA, first, do.OpenDispute(EXPLAINED))
    assert (Status.REJECTED, Status.NEW) == (shop.now_is(first).status, shop.now_is(second).status)

    shop.does(IRINA, second, do.Cancel())
    shop.does(IRINA, first, do.OpenDispute(EXPLAINED))
    assert Status.DISPUTE is shop.now_is(first).status


def test_of_two_hundred_requests_for_one_unit_at_once_exactly_one_is_accepted(shop: Market) -> None:
    """Over HTTP, on as many connections, each with a key of its own."""

    def let_in(tx: Tx, _: datetime) -> None:
        hashed = keys.hash_password(PASSWORD)
        errands.add_account(tx, "irina", hashed, Role.CUSTOMER, IRINA.subject, "Irina S.", "en", owner=False)

    shop.errand(let_in)
    body = {"reason": "did_not_like", "photos": [shop.photo]}

    async def ask_all(url: str) -> list[httpx2.Response]:
        limits = httpx2.Limits(max_connections=AT_ONCE)
        async with httpx2.AsyncClient(base_url=f"{url}/api/v1", limits=limits, timeout=60) as client:
            signed_in = await client.post("/sessions", json={"login": "irina", "password": PASSWORD})
            bearer = {"authorization": f"Bearer {signed_in.json()['token']}"}
            path = f"/orders/{LINES.index(RING) + 1}/returns"
            asked = [
                client.post(path, json=body, headers={**bearer, "idempotency-key": f"ask-{n}"}) for n in range(AT_ONCE)
            ]
            return await asyncio.gather(*asked)

    with served(shop) as url:
        answers = asyncio.run(ask_all(url))

    told = Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)
    assert {(201, ""): 1, (409, "no_unit_left"): AT_ONCE - 1} == told
    made = [answer.json()["return_id"] for answer in answers if answer.status_code == 201]
    assert made == [holder for line_id, _, holder in shop.dump()["units"] if line_id == LINES.index(RING) + 1]
