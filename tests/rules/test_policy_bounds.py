"""R107: numbers of the partner's policy that do not make sense cannot be published."""

import pytest
from msgspec.structs import replace

from backhaul.marketplace.rules.policy import Policy as MarketplacePolicy
from backhaul.marketplace.rules.publishing import misfits as marketplace_misfits
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.publishing import misfits


def test_the_first_version_makes_sense() -> None:
    assert [] == list(misfits(Policy()))


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("poll_minutes", 1, 1440),  # without a pause the platform would be asked on and on
        ("recheck_minutes", 1, 1440),
        ("poll_days", 1, 3650),  # no such day was ever before the beginning of the calendar
        ("breaker_mean_days", 1, 365),  # the mean of no days is none
        ("breaker_look_again_hours", 1, 168),
    ],
)
def test_what_is_done_again_and_again_has_a_pause_and_days_back_have_an_end(field: str, least: int, most: int) -> None:
    for fits in (least, most):
        assert [] == list(misfits(replace(Policy(), **{field: fits})))
    for wrong in (least - 1, most + 1):
        assert [field] == list(misfits(replace(Policy(), **{field: wrong})))


@pytest.mark.parametrize(
    ("days", "wrong"),
    [((1,), []), ((1, 29), []), ((), []), ((0,), ["link_reminder_days"]), ((1, 30), ["link_reminder_days"])],
)
def test_who_linked_nothing_is_reminded_before_nobody_is_any_more(days: tuple[int, ...], wrong: list[str]) -> None:
    """From the thirtieth day on nobody is reminded: a later stage would never be told."""
    assert wrong == list(misfits(replace(Policy(), link_reminder_days=days)))


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("event_keep_days", 36_500),
        ("arrival_pass_keep_days", 36_500),
        ("second_check_weeks", 5_214),  # a hundred years are 5,214 whole weeks
        ("webhooks_max", 100),
    ],
)
def test_no_number_reaches_beyond_the_calendar_or_its_list(field: str, most: int) -> None:
    """A job that reckons with such a number would stop for ever."""
    assert field not in misfits(replace(Policy(), **{field: most}))
    assert [field] == list(misfits(replace(Policy(), **{field: most + 1})))


@pytest.mark.parametrize(
    ("field", "fits", "wrong"),
    [
        ("premoderation_price_version", "2024-11", ""),
        ("premoderation_price_version", "x" * 80, "x" * 81),
        ("moderation_free_until", "2200-12-31T00:00:00+03:00", "2201-01-01T00:00:00+03:00"),
        ("moderation_free_until", "2000-01-01T00:00:00+03:00", "0001-01-01T00:00:00+03:00"),
        ("event_keep_days", 36_500, 36_501),
        ("webhooks_max", 100, 101),
    ],
)
def test_what_the_marketplace_publishes_can_be_agreed_to_and_drawn(field: str, fits: object, wrong: object) -> None:
    """P23: who never agreed is stored as the empty price; no version in force may be called so."""
    assert [] == list(marketplace_misfits(replace(MarketplacePolicy(), **{field: fits})))
    assert [field] == list(marketplace_misfits(replace(MarketplacePolicy(), **{field: wrong})))
