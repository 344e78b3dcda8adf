"""R96: a request that comes twice while the clerk is busy is done once and answered alike, at the desks of both houses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backhaul.kit.database import Tx
from backhaul.kit.desk import Answer, Errand, Order, Work
from backhaul.marketplace import queries
from backhaul.marketplace.access import Known
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from backhaul.partner import queries as partner_queries
from backhaul.partner.access import Known as KnownToPartner
from backhaul.partner.rules import commands as partner_do
from tests.kit.test_desk import code, together
from tests.marketplace.cast import ELIF, MUG, Market, market
from tests.partner.house import CHEN, ID, House, opened

KEY = "k-1"
OTHER_BODY = "key_used_for_another_request"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened_market:
        yield opened_market


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with opened(database_url, tmp_path) as opened_house:
        opened_house.expects()
        opened_house.arrives()
        yield opened_house


def told(results: list[Answer | BaseException]) -> list[tuple[str, bytes]]:
    """(code of the refusal, body of the answer) of each."""
    return [(code(one), one.body if isinstance(one, Answer) else b"") for one in results]


def refund(return_id: int, body_hash: bytes, command: do.Command | None = None) -> Order:
    asked = command or do.RefundWithoutReturn()
    return Order(return_id, asked, Known(ELIF), KEY, body_hash, render=lambda it: f"{it.id} {it.status}".encode())


def test_the_marketplace_refunds_once_and_answers_twice(shop: Market) -> None:
    """Three at once, and a fourth with another body under the same key, for the same return and for another."""
    return_id, other = (shop.in_status(Status.SELLER_REVIEW, line) for line in (None, MUG))
    works: list[Work] = [
        refund(return_id, b"same"), refund(return_id, b"same"), refund(return_id, b"other", do.Approve()),
        refund(other, b"for another"), refund(return_id, b"same"),
    ]  # fmt: skip
    answers = told(together(shop.office.desk, works))

    first = ("", f"{return_id} refunded_without_return".encode())
    assert [first, first, (OTHER_BODY, b""), (OTHER_BODY, b""), first] == answers
    with shop.office.database.read() as tx:
        kinds = [line.kind for line in queries.history(tx, return_id)]
    assert 1 == kinds.count("RefundedWithoutReturn")
    assert 1 == len(shop.entries(return_id))
    assert Status.SELLER_REVIEW is shop.now_is(other).status


def test_the_partner_decides_once_and_answers_twice(house: House) -> None:
    """J12: a network retry decides nothing again; another decision under the same key is refused."""
    chen = KnownToPartner(house.account(CHEN).by())

    def order(body_hash: bytes, decision: str, destination_id: int = 0) -> Order:
        asked = partner_do.Decide(decision, destination_id)
        return Order(ID, asked, chen, KEY, body_hash, render=lambda it: str(it.version).encode())

    ship = order(b"same", "ship_hk", house.hong_kong)
    version = house.it().version
    answers = told(together(house.office.desk, [ship, ship, order(b"other", "dispose"), ship]))

    first = ("", str(version + 1).encode())
    assert [first, first, (OTHER_BODY, b""), first] == answers
    assert ("ship_hk", version + 1) == (house.it().decision, house.it().version)
    with house.office.database.read() as tx:
        assert 1 == [line.kind for line in partner_queries.history(tx, ID)].count("Decided")


def test_an_errand_of_one_key_runs_once_and_answers_twice(shop: Market) -> None:
    """What is no command to a return, as the making of a key or a report, is kept to the same."""
    ran: list[bytes] = []

    def errand(body_hash: bytes) -> Errand:
        def run(_tx: Tx, _at: object) -> bytes:
            ran.append(body_hash)
            return f"run {len(ran)}".encode()

        return Errand(run, Known(ELIF), KEY, body_hash)

    answers = told(together(shop.office.desk, [errand(b"same"), errand(b"same"), errand(b"other"), errand(b"same")]))

    assert [("", b"run 1"), ("", b"run 1"), (OTHER_BODY, b""), ("", b"run 1")] == answers
    assert [b"same"] == ran
