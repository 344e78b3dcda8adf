"""Which returns on their way a number of the policy still decides about."""

import msgspec

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.policy_reach import ELSEWHERE, REACH, changed, reached
from backhaul.marketplace.rules.words import Status


def test_every_number_decides_about_returns_on_their_way_or_about_something_else() -> None:
    fields = {field.name for field in msgspec.structs.fields(Policy)}

    assert fields == REACH.keys() | ELSEWHERE
    assert not REACH.keys() & ELSEWHERE


def test_a_number_counts_up_to_the_step_that_reads_it() -> None:
    """A seller's answer is due from the submission on, a drop-off from the approval, an arrival's decision from the arrival."""
    assert reached(["answer_days"]) == {Status.NEW, Status.PRE_MODERATION, Status.AWAITING_CUSTOMER}
    assert Status.SELLER_REVIEW in reached(["dropoff_days"])
    assert Status.APPROVED not in reached(["dropoff_days"])
    assert Status.ON_THE_WAY in reached(["partner_decision_days_min"])
    assert Status.AT_PARTNER not in reached(["partner_decision_days_min"])
    assert not reached(["keys_max", "no_such_number"])


def test_what_changed_is_told_in_the_order_of_the_policy() -> None:
    assert ["answer_days", "keys_max"] == changed(Policy(), Policy(answer_days=4, keys_max=9))
    assert [] == changed(Policy(), Policy())
