"""J8.2, R75, P26: the claim files itself, the partner reviews it with what each hand saw, both sides see where it stands."""

from typing import Any

import pytest

from backhaul.marketplace import queries
from backhaul.marketplace.ledger_proof import faults
from backhaul.marketplace.rules import chart
from backhaul.partner import queries as partner_queries
from backhaul.partner.rules.parcels import Parcel
from backhaul.world import World
from tests.stories.books import FRAUD_FUND, IN_TRANSIT, balances
from tests.stories.conftest import Raise
from tests.stories.telling import Caller, moscow
from tests.stories.test_ship_to_hong_kong import browse
from tests.stories.test_substituted import (
    blocked,
    code_of,
    found_another,
    found_other_model,
    handed_in,
    opened,
    revised,
    the_return,
)

REFUSED = "The box was opened before it came to the point: nobody can say who changed the watch."


def parcel(world: World, parcel_id: int) -> Parcel:
    with world.stage.partner.database.read() as tx:
        it = partner_queries.one(tx, parcel_id)
    assert it is not None
    return it


def paid_by(world: World, return_id: int) -> list[tuple[str, int]]:
    """Who was debited for a claim, and how much."""
    with world.stage.marketplace.database.read() as tx:
        return [
            (entry.debit, entry.amount.minor)
            for entry in queries.entries(tx, return_id)
            if entry.cause.startswith("claim:")
        ]


def test_the_partner_reviews_grants_and_the_fraud_fund_pays(raise_curtain: Raise) -> None:
    """J8.2: 8 October marked; checklist present, the box closed, no scales: approved 14 October, paid 17 October."""
    world, return_id = blocked(raise_curtain)
    sonia = browse(world.stage.partner_web.url, "vera").open("/warehouse?queue=claims").follow(f"/parcels/{return_id}")
    assert "Claim for the substituted product" in sonia.text
    assert "18,500.50" in sonia.text
    assert "to be decided until 15 Oct 2024, 23:59 Moscow time" in sonia.text  # five working days
    assert "The marketplace's fraud fund proposed by what each hand saw" in sonia.text
    photos = [link for link in sonia.page.links if link.startswith("/claim-photos/")]
    assert [200, 200] == [sonia.client.get(link).status_code for link in photos]
    sonia.press(f"/parcels/{return_id}/take-up-claim")
    world.stage.pump()
    assert "in_review" == the_return(world, return_id).claim.status

    world.stage.turn_to(moscow(10, 14, 10))
    sonia.open(f"/parcels/{return_id}").press(f"/parcels/{return_id}/approve-claim", {"payer": "fraud_fund"})
    world.stage.pump()
    assert "approved" == the_return(world, return_id).claim.status
    assert "Claim granted" in browse(world.stage.partner_web.url, "chen@example.com").open("/messages").text
    world.stage.turn_to(moscow(10, 17, 10))
    Caller(world.stage.marketplace_web.url, "marina").post(f"/returns/{return_id}/pay-claim").raise_for_status()
    world.stage.pump()

    assert [(chart.FRAUD_FUND, 18_500_50)] == paid_by(world, return_id)
    assert {IN_TRANSIT: 18_500_50, FRAUD_FUND: -18_500_50} == balances(world)
    assert "paid" == parcel(world, return_id).claim.status
    seller = browse(world.stage.partner_web.url, "chen@example.com").open(f"/parcels/{return_id}").text
    assert "The marketplace's fraud fund" in seller
    assert "What each hand saw" not in seller


@pytest.mark.parametrize("words", ["", "No.", REFUSED[:29]])
def test_a_refusal_explains_itself(raise_curtain: Raise, words: str) -> None:
    world, return_id = blocked(raise_curtain)
    vera = Caller(world.stage.partner_web.url, "vera")
    vera.post(f"/parcels/{return_id}/take-up-claim").raise_for_status()
    assert (422, "explanation_required") == code_of(vera.post(f"/parcels/{return_id}/refuse-claim", {"comment": words}))
    vera.post(f"/parcels/{return_id}/refuse-claim", {"comment": REFUSED}).raise_for_status()
    world.stage.pump()

    assert "refused" == the_return(world, return_id).claim.status
    assert REFUSED in browse(world.stage.marketplace_web.url, "chen").open(f"/returns/{return_id}").text


def test_before_the_refund_there_is_nothing_to_review(raise_curtain: Raise) -> None:
    """J8.4: the refund on hold is cancelled, no claim object is created, neither here nor there."""
    world = opened(raise_curtain)
    return_id = handed_in(world)
    marina = Caller(world.stage.marketplace_web.url, "marina")
    marina.post(f"/returns/{return_id}/hold-refund", {"comment": "Risk check."}).raise_for_status()
    world.stage.turn_to(moscow(9, 29, 10))
    found_another(world, return_id)

    assert ("cancelled", "none") == (
        the_return(world, return_id).refund.status,
        the_return(world, return_id).claim.status,
    )
    assert "none" == parcel(world, return_id).claim.status


def test_only_a_supervisor_reviews_and_only_in_its_order(raise_curtain: Raise) -> None:
    world, return_id = blocked(raise_curtain)
    vera: Any = Caller(world.stage.partner_web.url, "vera")
    for login in ("timur", "darya", "chen@example.com"):
        answer = Caller(world.stage.partner_web.url, login).post(f"/parcels/{return_id}/take-up-claim")
        assert (403, "not_your_role") == code_of(answer)
    assert (409, "not_in_this_state") == code_of(vera.post(f"/parcels/{return_id}/approve-claim", {"payer": "carrier"}))
    vera.post(f"/parcels/{return_id}/take-up-claim").raise_for_status()

    assert code_of(vera.post(f"/parcels/{return_id}/approve-claim", {"payer": "somebody"}))[0] in {400, 422}


def test_a_review_that_crosses_supports_decision_changes_nothing_and_blocks_no_letter(raise_curtain: Raise) -> None:
    world, return_id = blocked(raise_curtain)
    vera, marina = Caller(world.stage.partner_web.url, "vera"), Caller(world.stage.marketplace_web.url, "marina")
    vera.post(f"/parcels/{return_id}/take-up-claim").raise_for_status()
    world.stage.pump()
    vera.post(f"/parcels/{return_id}/approve-claim", {"payer": "carrier"}).raise_for_status()
    marina.post(f"/returns/{return_id}/refuse-claim", {"comment": REFUSED}).raise_for_status()
    world.stage.pump()

    assert ("refused", "refused") == (the_return(world, return_id).claim.status, parcel(world, return_id).claim.status)
    assert [] == paid_by(world, return_id)


def test_a_finding_that_comes_back_is_a_new_claim_in_both_houses(raise_curtain: Raise) -> None:
    """R68, R112: granted and paid, taken back by a newer mark, found once more: paid once more, and the price once in all."""
    world, return_id = blocked(raise_curtain)
    vera, marina = Caller(world.stage.partner_web.url, "vera"), Caller(world.stage.marketplace_web.url, "marina")

    def grants() -> None:
        vera.post(f"/parcels/{return_id}/take-up-claim").raise_for_status()
        vera.post(f"/parcels/{return_id}/approve-claim", {"payer": "fraud_fund"}).raise_for_status()
        world.stage.pump()
        marina.post(f"/returns/{return_id}/pay-claim").raise_for_status()
        world.stage.pump()

    grants()
    revised(world, return_id)
    assert ("reversed", "reversed") == (
        the_return(world, return_id).claim.status,
        parcel(world, return_id).claim.status,
    )
    world.stage.turn_to(moscow(10, 16, 10))
    found_other_model(world, return_id)
    filed = parcel(world, return_id).claim
    assert ("filed", moscow(10, 16, 10).date()) == (filed.status, filed.filed_at and filed.filed_at.date())
    assert filed.review_by is not None
    assert filed.review_by > moscow(10, 22, 10)  # five working days of its own
    grants()

    assert [(chart.FRAUD_FUND, 18_500_50)] * 2 == paid_by(world, return_id)
    assert -18_500_50 == balances(world)[FRAUD_FUND]
    page = browse(world.stage.marketplace_web.url, "chen").open(f"/returns/{return_id}").text
    assert "Earlier claim: Substituted product" in page
    with world.stage.marketplace.database.read() as tx:
        assert [] == list(faults(tx, world.stage.marketplace.blobs, the_return(world, return_id)))
