"""How long what a customer wrote can be read, on both sides of each bound; and that nothing goes while anything holds it."""

import random
from datetime import timedelta

import pytest

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.publishing import misfits
from backhaul.marketplace.rules.word_keeping import Step, step_of
from tests.marketplace.cast import moscow

OVER = moscow("2024-09-02 10:00")
MASKED, ERASED = moscow("2024-10-03 00:00"), moscow("2024-12-02 00:00")  # the ends of day 30 and of day 90
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "step", "look_at"),
    [
        (OVER, Step.READABLE, MASKED),
        (MASKED - SECOND, Step.READABLE, MASKED),
        (MASKED, Step.MASKED, ERASED),
        (ERASED - SECOND, Step.MASKED, ERASED),
        (ERASED, Step.ERASED, None),
    ],
)
def test_words_are_masked_and_then_erased_by_the_day(at: object, step: Step, look_at: object) -> None:
    assert (step, look_at) == step_of(OVER, at, Policy())  # type: ignore[arg-type]


def test_nothing_goes_while_anything_is_open_however_late_it_is() -> None:
    """Ten thousand customers at random instants and by random policies; a wrong one prints its seed."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for _ in range(10_000):
        policy = Policy(words_mask_days=chance.randrange(1, 400), words_keep_days=chance.randrange(1, 4000))
        at = OVER + timedelta(days=chance.randrange(20_000), seconds=chance.randrange(86_400))
        step, look_at = step_of(None, at, policy)
        assert (step, look_at) == (Step.READABLE, at + timedelta(days=1)), seed


def test_words_are_not_masked_after_they_are_erased_nor_erased_while_somebody_may_object() -> None:
    assert [] == list(misfits(Policy(words_mask_days=90)))
    assert ["words_keep_days"] == list(misfits(Policy(words_mask_days=91)))
    assert ["words_keep_days"] == list(misfits(Policy(words_mask_days=1, words_keep_days=13)))
    assert [] == list(misfits(Policy(words_mask_days=1, words_keep_days=14)))
