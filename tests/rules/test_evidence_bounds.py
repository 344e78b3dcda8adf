"""Which values of the policies make sense together, at both houses: how long evidence is kept (D22)."""

import pytest
from msgspec.structs import replace

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import misfits
from backhaul.partner.rules.policy import Policy as PartnerPolicy
from backhaul.partner.rules.publishing import misfits as misfits_at_the_partner


@pytest.mark.parametrize(("days", "fits"), [(13, False), (14, True), (36_500, True), (36_501, False)])
def test_photos_are_kept_while_somebody_may_still_want_them_and_at_most_a_hundred_years(
    days: int, *, fits: bool
) -> None:
    """A customer objects to a block, and a claim is filed, in 14 days; a dispute is opened in 5."""
    assert fits is ([] == list(misfits(Policy(media_keep_days=days))))
    assert fits is ([] == list(misfits(Policy(inspection_photos_keep_days=days))))


@pytest.mark.parametrize("name", ["dispute_open_days", "block_appeal_days", "claim_file_days"])
def test_none_of_these_times_is_longer_than_photos_are_kept(name: str) -> None:
    assert [] == list(misfits(replace(Policy(media_keep_days=30), **{name: 30})))
    assert ["media_keep_days"] == list(misfits(replace(Policy(media_keep_days=30), **{name: 31})))


@pytest.mark.parametrize(("days", "fits"), [(0, True), (36_500, True), (36_501, False)])
def test_the_partner_keeps_photos_at_most_a_hundred_years(days: int, *, fits: bool) -> None:
    assert fits is ([] == list(misfits_at_the_partner(PartnerPolicy(media_keep_days=days))))
