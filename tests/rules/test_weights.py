"""J13: a weight measured in another band needs a photo of the scale, and the seller has five days to object."""

import msgspec
import pytest

from backhaul.kit.money import Money
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.compensation import SEED_CARD
from backhaul.marketplace.rules.decisions import open_acts
from backhaul.marketplace.rules.words import Route
from tests.rules.cast import (
    CALENDAR,
    ELIF,
    EXPLAINED,
    LUMITEK,
    MARINA,
    OLEG,
    Story,
    balance,
    check_in,
    line,
    moscow,
    rub,
)

SELLER = "payable:seller:1180457"
ACCRUED = "liability:accrued_compensation"


def handed_in(measured: int | None, *, scale: tuple[str, ...] = ("scale",), catalogue: int = 980) -> Story:
    """17,000.00 RUB, Proper: 35 % are 5,950.00 up to 1 kg, 25 % are 4,250.00 from there to 4 kg."""
    story = Story(of=line("17000.00", catalogue), at="2024-09-02 10:00").submitted().approved(route=Route.A)
    check = msgspec.structs.replace(check_in(), weight_gram=measured, scale_photos=scale)
    return story.accepted("2024-09-06 14:00", check)


def test_without_a_photo_of_the_scale_another_band_is_refused() -> None:
    story = Story(of=line("17000.00", 980), at="2024-09-02 10:00").submitted().approved(route=Route.A)
    check = msgspec.structs.replace(check_in(), weight_gram=1_060)
    clerk = story.refuses(OLEG, check, "2024-09-06 14:00")

    assert ("scale_photo_needed", "invalid") == clerk


@pytest.mark.parametrize(("measured", "status"), [(None, "none"), (1_000, "none"), (1_001, "open"), (4_001, "open")])
def test_only_another_band_is_a_question(measured: int | None, status: str) -> None:
    assert status == handed_in(measured).it.weighing.status


def test_on_the_way_to_the_partner_a_weight_changes_no_money() -> None:
    check = msgspec.structs.replace(check_in(), weight_gram=4_500)
    story = Story(LUMITEK, of=line("17000.00", 980)).submitted().approved().accepted(check=check)

    assert "none" == story.it.weighing.status


@pytest.mark.parametrize("objects", [False, True])
def test_what_the_catalogue_weighs_out_of_the_table_and_the_scales_into_it_is_compensated(objects: bool) -> None:  # noqa: FBT001
    """17,000.00 RUB: above 7 kg nothing, from 1 to 4 kg 25 %: 4,250.00, with the days of the refund."""
    story = handed_in(3_000, catalogue=8_000).refunded("2024-09-07 12:00")
    assert "none" == story.it.compensation.status
    if objects:
        story.does(ELIF, do.ObjectToWeight(EXPLAINED), "2024-09-10 12:00")
        story.does(MARINA, do.DecideWeight(measured=True, comment=EXPLAINED), "2024-09-11 12:00")
    else:
        story.does(CALENDAR, do.ApplyWeight(), "2024-09-12 00:00")

    accrued = story.it.compensation
    assert ("accrued", rub("4250.00")) == (accrued.status, accrued.quote and accrued.quote.amount)
    assert (moscow("2024-09-13 02:00"), moscow("2024-09-15 00:00")) == (accrued.credit_at, accrued.due_by)
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")
    assert 0 == balance(story.entries, ACCRUED)


def test_nobody_objects_and_the_measured_weight_is_credited() -> None:
    """Accepted on 6 Sep, day 0: the last moment to object is 11 Sep 23:59:59; the credit runs on 13 Sep at 02:00."""
    story = handed_in(1_060).refunded("2024-09-07 12:00")
    quoted = story.it.compensation.quote
    applied = [at for at, command in timers(story.it, story.terms.policy) if isinstance(command, do.ApplyWeight)]
    story.does(CALENDAR, do.ApplyWeight(), "2024-09-12 00:00")
    accrued = balance(story.entries, ACCRUED)
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")

    assert quoted is not None
    assert rub("5950.00") == quoted.amount
    assert [moscow("2024-09-12 00:00")] == applied
    assert 4_250_00 == accrued
    assert 0 == balance(story.entries, ACCRUED)
    assert 4_250_00 - 17_000_00 == balance(story.entries, SELLER)
    assert SEED_CARD.version == story.it.compensation.quote.card_version  # type: ignore[union-attr]


@pytest.mark.parametrize(("measured", "credited"), [(True, 4_250_00), (False, 5_950_00)])
def test_support_decides_an_objection(measured: bool, credited: int) -> None:  # noqa: FBT001 -- the outcome
    story = handed_in(1_060).refunded("2024-09-07 12:00")
    story.does(ELIF, do.ObjectToWeight(EXPLAINED), "2024-09-11 23:59")
    story.does(MARINA, do.DecideWeight(measured=measured, comment=EXPLAINED), "2024-09-12 15:00")
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")

    assert credited - 17_000_00 == balance(story.entries, SELLER)
    assert ("measured" if measured else "catalogue") == story.it.weighing.status


def test_an_objection_after_five_days_is_too_late() -> None:
    story = handed_in(1_060).refunded("2024-09-07 12:00")

    assert ("too_late", "conflict") == story.refuses(ELIF, do.ObjectToWeight(EXPLAINED), "2024-09-12 00:00")
    assert do.ObjectToWeight not in open_acts(story.it, ELIF, moscow("2024-09-12 00:00"), story.terms)
    assert do.ObjectToWeight in open_acts(story.it, ELIF, moscow("2024-09-11 23:59"), story.terms)


def test_what_nobody_decided_is_credited_as_it_was_quoted() -> None:
    story = handed_in(1_060).refunded("2024-09-07 12:00")
    story.does(ELIF, do.ObjectToWeight(EXPLAINED), "2024-09-08 10:00")
    story.does(CALENDAR, do.CreditCompensation(), "2024-09-13 02:00")

    assert 5_950_00 - 17_000_00 == balance(story.entries, SELLER)
    assert "catalogue" == story.it.weighing.status
    assert ("not_in_this_state", "conflict") == story.refuses(
        MARINA, do.DecideWeight(measured=True, comment=EXPLAINED), "2024-09-13 09:00"
    )


def test_a_weight_that_is_settled_before_the_refund_is_what_accrues() -> None:
    story = handed_in(1_060)
    story.does(MARINA, do.HoldRefund("Risk check."), "2024-09-07 09:00")
    story.does(CALENDAR, do.ApplyWeight(), "2024-09-12 00:00")
    story.refunded("2024-09-12 10:00")

    assert rub("4250.00") == story.it.compensation.quote.amount  # type: ignore[union-attr]
    assert ["compensation_accrual:17:1"] == [x.cause for x in story.entries if "compensation" in x.cause]


def test_a_weight_that_brings_nothing_takes_the_accrual_back() -> None:
    story = handed_in(7_001).refunded("2024-09-07 12:00")
    story.does(CALENDAR, do.ApplyWeight(), "2024-09-12 00:00")

    assert "none" == story.it.compensation.status
    assert 0 == balance(story.entries, ACCRUED)
    assert Money(0) == story.it.weighing.quote.amount  # type: ignore[union-attr]


def test_a_refund_that_fails_after_a_measured_weight_accrues_by_that_weight_again() -> None:
    story = handed_in(1_060).refunded("2024-09-07 12:00")
    story.does(CALENDAR, do.ApplyWeight(), "2024-09-12 00:00")
    story.does(MARINA, do.FailRefund("The card is closed."), "2024-09-12 10:00")
    story.does(MARINA, do.SendRefund(), "2024-09-12 11:00")
    causes = [one.cause for one in story.entries]

    assert rub("4250.00") == story.it.compensation.quote.amount  # type: ignore[union-attr]
    assert 4_250_00 == balance(story.entries, ACCRUED)
    assert len(set(causes)) == len(causes)
