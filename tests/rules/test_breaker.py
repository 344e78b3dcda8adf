"""D9: the breaker holds destruction only, never under 50 an hour, until two people release it; announced catch-up is known."""

from datetime import timedelta

import msgspec
import pytest

from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.breaker import Breaker, BreakerTurn, Turn, propose, release
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.words import DisposalStatus, Status
from tests.partner.cast import CALENDAR, LIU_NA, RUSLAN, ParcelStory, moscow

NOW = moscow("2024-10-18 09:00")
POLICY = Policy()
BACKLOG = "The scanners stood still for a week."


@pytest.mark.parametrize(("mean_hour", "limit"), [(0, 50), (16, 50), (17, 51), (100, 300)])
def test_three_times_the_mean_hour_and_never_below_fifty(mean_hour: int, limit: int) -> None:
    assert limit == Breaker(days_before=mean_hour * 30 * 24).limit(POLICY)


@pytest.mark.parametrize(("this_hour", "nth", "stops"), [(49, 1, False), (50, 1, True), (0, 50, False), (0, 51, True)])
def test_the_fifty_first_unit_of_an_hour_waits(this_hour: int, nth: int, stops: bool) -> None:  # noqa: FBT001
    assert stops is Breaker(this_hour=this_hour).stops(nth, NOW, POLICY)


def test_once_tripped_everything_waits_until_a_second_person_agrees() -> None:
    tripped = Breaker((BreakerTurn(Turn.TRIPPED, NOW, count=50),))
    assert tripped.stops(1, NOW + timedelta(days=30), POLICY)
    proposed = Breaker((*tripped.turns, propose(Breaker(), BACKLOG, "sonia", NOW)))
    assert proposed.stops(1, NOW, POLICY)
    with pytest.raises(Refused) as own:
        release(proposed, "sonia", NOW, POLICY)
    assert "second_person_needed" == own.value.code
    released = Breaker((*proposed.turns, release(proposed, "boris", NOW, POLICY)), this_hour=5000)

    assert not released.stops(1, NOW + timedelta(hours=24) - timedelta(seconds=1), POLICY)
    assert released.stops(1, NOW + timedelta(hours=24), POLICY)  # the calm is over, and far more than fifty came up


def test_a_catch_up_is_announced_beforehand_by_the_same_two() -> None:
    proposed = Breaker((propose(Breaker(), BACKLOG, "sonia", NOW),))
    announced = Breaker((*proposed.turns, release(proposed, "boris", NOW, POLICY)), this_hour=50)

    assert not announced.stops(1, NOW, POLICY)


def test_there_must_be_a_reason_and_something_to_release() -> None:
    with pytest.raises(Refused) as short:
        propose(Breaker(), "backlog", "sonia", NOW)
    with pytest.raises(Refused) as nothing:
        release(Breaker(), "boris", NOW, POLICY)

    assert ("explanation_required", "nothing_to_confirm") == (short.value.code, nothing.value.code)


def test_a_release_that_waits_is_agreed_to_and_not_proposed_again() -> None:
    """Else twenty proposals would push the trip out of what is remembered, and one person would have opened it alone."""
    waiting = Breaker((BreakerTurn(Turn.TRIPPED, NOW, count=50), propose(Breaker(), BACKLOG, "sonia", NOW)))
    for who in ("sonia", "boris"):
        with pytest.raises(Refused) as again:
            propose(waiting, BACKLOG, who, NOW)
        assert ("release_waits", {"by": "sonia"}) == (again.value.code, again.value.facts)
    tripped_again = Breaker((*waiting.turns, BreakerTurn(Turn.TRIPPED, NOW, count=51)))

    assert Turn.RELEASE_PROPOSED is propose(tripped_again, BACKLOG, "boris", NOW).turn


def test_an_open_breaker_postpones_the_destruction_and_nothing_else() -> None:
    story = ParcelStory().arrived("2024-10-03 16:42")
    story.around = msgspec.structs.replace(story.around, breaker_open=True)
    story.passes("2024-10-18 00:00")
    assert Status.DISPOSAL_DUE is story.it.status  # the deadline passes as ever
    story.does(CALENDAR, do.InstructDisposal(), "2024-10-18 09:00")
    assert (DisposalStatus.HELD, moscow("2024-10-18 13:00")) == (story.it.disposal.status, story.it.disposal.hold_until)
    story.around = msgspec.structs.replace(story.around, breaker_open=False)
    story.does(CALENDAR, do.InstructDisposal(), "2024-10-18 13:00")

    assert DisposalStatus.INSTRUCTED is story.it.disposal.status
    story.around = msgspec.structs.replace(story.around, breaker_open=True)
    assert "breaker_open" == story.refuses(RUSLAN, do.StartDisposal())[0]


def test_whoever_may_decide_still_may_while_the_breaker_is_open() -> None:
    story = ParcelStory().arrived("2024-10-03 16:42").decided("dispose", at="2024-10-05 10:00")
    story.around = msgspec.structs.replace(story.around, breaker_open=True)
    story.does(LIU_NA, do.Decide("pickup"), "2024-10-05 13:00")

    assert DisposalStatus.NONE is story.it.disposal.status
