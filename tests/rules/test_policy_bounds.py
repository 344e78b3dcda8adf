"""R107: numbers of the partner's policy that do not make sense cannot be published."""

import pytest
from msgspec.structs import replace

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
