"""J6: a drone is lost on the way; the claim on the carrier; found after the payment."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from backhaul.kit.database import Statement
from backhaul.kit.ledger import Entry
from backhaul.kit.money import Money
from backhaul.marketplace import queries
from backhaul.marketplace.rules.returns import Return
from backhaul.partner.tables import journal
from backhaul.world import World, link_seller
from tests.stories.books import CARRIERS, IN_TRANSIT, balances, payable
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, deliver, moscow
from tests.stories.test_dispose_and_compensate import press, sign_in
from tests.stories.test_ship_to_hong_kong import browse

LUMITEK = (2093311, "CN")
WAITING = Statement(sa.select(journal.outbox.c.id).where(journal.outbox.c.sent_us.is_(None)))
PRICE = Money(21_900_00)


def on_the_way(world: World) -> int:
    """Accepted on 1 September, handed to the carrier the same day; the refund goes on the 2nd at noon."""
    deliver(world, "Drone", 21_900, 1_100, seller=LUMITEK)
    link_seller(world, "CN")
    return_id, _ = world.request("CN", "did_not_fit")
    liu = Caller(world.stage.marketplace_web.url, "liu")
    assert liu.post(f"/returns/{return_id}/approve").status_code == 200
    world.stage.turn_to(moscow(9, 1, 15))
    world.stored(return_id)
    return int(return_id)


def found(world: World, return_id: int) -> Return:
    with world.stage.marketplace.database.read() as tx:
        it = queries.one(tx, return_id)
    assert it is not None
    return it


def entries(world: World, return_id: int) -> list[Entry]:
    with world.stage.marketplace.database.read() as tx:
        return queries.entries(tx, return_id)


def at(world: World, return_id: int, kind: str) -> list[datetime]:
    with world.stage.marketplace.database.read() as tx:
        return [h.at for h in queries.history(tx, return_id) if h.kind == kind]


def claimed(world: World, return_id: int) -> None:
    """The seller confirms the draft; the carrier accepts and pays on 20 October."""
    liu = browse(world.stage.marketplace_web.url, "liu").open("/returns?tab=resolved").follow(f"/returns/{return_id}")
    assert liu.press(f"/returns/{return_id}/file-claim").status == 200
    world.stage.turn_to(moscow(10, 20, 12))
    marina = browse(world.stage.marketplace_web.url, "marina").open("/support").follow(f"/returns/{return_id}")
    for act in ("take-up-claim", "approve-claim", "pay-claim"):
        assert marina.press(f"/returns/{return_id}/{act}").status == 200


def test_a_drone_is_late_then_lost_and_its_claim_is_paid_in_full(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(8, 29, 10))
    return_id = on_the_way(world)
    world.stage.turn_to(moscow(9, 16, 23, 59))
    assert not found(world, return_id).late
    world.stage.turn_to(moscow(9, 20))
    assert found(world, return_id).late
    assert [moscow(9, 17)] == at(world, return_id, "WentLate")
    world.stage.turn_to(moscow(10, 1, 23, 59))
    assert "on_the_way" == found(world, return_id).status
    world.stage.turn_to(moscow(10, 2, 0, 1))

    it = found(world, return_id)
    assert ("lost", "draft", "lost_in_transit", PRICE) == (it.status, it.claim.status, it.claim.kind, it.claim.amount)
    assert [moscow(10, 2)] == at(world, return_id, "WentMissing")
    assert (None, None) == (it.parcel, it.act_by)  # no 14-day clock before an arrival scan
    assert moscow(9, 2, 12) == it.refund.sent_at

    claimed(world, return_id)
    assert ("paid", "none") == (found(world, return_id).claim.status, found(world, return_id).compensation.status)
    assert {IN_TRANSIT: PRICE.minor, CARRIERS: -PRICE.minor} == balances(world)  # the seller's account comes to nothing
    assert len(entries(world, return_id)) == len({entry.cause for entry in entries(world, return_id)})


@pytest.mark.parametrize(
    ("act", "status", "claim", "owed"),
    [
        ("keep-money", "lost", "paid", Money(0)),
        ("take-product", "at_partner", "reversed", Money(-21_900_00)),
        ("", "lost", "paid", Money(0)),  # seven days of silence keep the money
    ],
)
def test_found_after_the_payment_the_seller_chooses_within_seven_days(
    raise_curtain: Raise, act: str, status: str, claim: str, owed: Money
) -> None:
    world = raise_curtain(moscow(8, 29, 10))
    return_id = on_the_way(world)
    world.stage.turn_to(moscow(10, 2, 0, 1))
    claimed(world, return_id)
    world.stage.turn_to(moscow(10, 25, 11))
    world.arrive(return_id)
    it = found(world, return_id)
    assert ("found_after_claim", moscow(11, 2)) == (it.status, it.act_by)

    if act:
        liu = browse(world.stage.marketplace_web.url, "liu").open(f"/returns/{return_id}")
        assert liu.press(f"/returns/{return_id}/{act}").status == 200
    world.stage.turn_to(moscow(11, 3))

    it = found(world, return_id)
    assert (status, claim) == (it.status, it.claim.status)
    seller = payable(LUMITEK)
    kept = {IN_TRANSIT: PRICE.minor, CARRIERS: -PRICE.minor}
    assert ({**kept} if owed == Money(0) else {IN_TRANSIT: PRICE.minor, seller: owed.minor}) == balances(world)
    if not act:
        assert [moscow(11, 2)] == at(world, return_id, "MoneyKept")


def test_what_becomes_of_a_product_whose_money_was_kept_is_told_and_no_letter_waits(raise_curtain: Raise) -> None:
    """It is the carrier's. The partner goes on telling: its 14 days end on 9 November."""
    world = raise_curtain(moscow(8, 29, 10))
    return_id = on_the_way(world)
    world.stage.turn_to(moscow(10, 2, 0, 1))
    claimed(world, return_id)
    world.stage.turn_to(moscow(10, 25, 11))
    world.arrive(return_id)
    world.stage.turn_to(moscow(11, 3))
    before = balances(world)
    world.stage.turn_to(moscow(11, 12))

    it = found(world, return_id)
    assert it.parcel is not None
    assert ("lost", "paid", "none") == (it.status, it.claim.status, it.parcel.decision)
    assert before == balances(world)
    with world.stage.partner.database.read() as tx:
        assert [] == tx.rows(WAITING)


def test_found_before_the_payment_it_is_not_lost_and_nothing_is_paid(raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(8, 29, 10))
    return_id = on_the_way(world)
    world.stage.turn_to(moscow(10, 5))
    world.arrive(return_id)

    it = found(world, return_id)
    assert ("at_partner", "refused", moscow(10, 20)) == (
        it.status, it.claim.status, it.parcel.decide_by if it.parcel else None,
    )  # fmt: skip
    assert {payable(LUMITEK): -PRICE.minor, IN_TRANSIT: PRICE.minor} == balances(world)


def test_a_payment_taken_back_while_the_seller_chooses_leaves_the_product(raise_curtain: Raise) -> None:
    """Nobody is left with neither: the product is the seller's, the 14 days run at the partner."""
    world = raise_curtain(moscow(8, 29, 10))
    return_id = on_the_way(world)
    world.stage.turn_to(moscow(10, 2, 0, 1))
    claimed(world, return_id)
    world.stage.turn_to(moscow(10, 25, 11))
    world.arrive(return_id)
    marina = Caller(world.stage.marketplace_web.url, "marina")
    marina.post(f"/returns/{return_id}/reverse-claim", {"comment": "Found whole."}).raise_for_status()
    world.stage.turn_to(moscow(11, 3))

    it = found(world, return_id)
    assert ("at_partner", "reversed", []) == (it.status, it.claim.status, at(world, return_id, "MoneyKept"))
    assert {payable(LUMITEK): -PRICE.minor, IN_TRANSIT: PRICE.minor} == balances(world)


def test_the_seller_files_the_claim_in_a_browser(page: Page, raise_curtain: Raise) -> None:
    world = raise_curtain(moscow(8, 29, 10))
    return_id = on_the_way(world)
    world.stage.turn_to(moscow(10, 2, 0, 1))
    sign_in(page, world, "liu")
    page.goto(f"{world.stage.marketplace_web.url}/returns?tab=resolved&lang=en")
    page.get_by_role("link", name=f"R-{return_id}").click()
    expect(page.locator("#money")).to_contain_text("21,900.00 RUB")
    press(page, "file-claim")

    expect(page.locator("#money")).to_contain_text("Filed")
    assert "filed" == found(world, return_id).claim.status
