"""Every deadline with why it is what it is; and what a role does but not now, with the answer that `decide` would give."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backhaul.kit.machine import Refused
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import decisions
from backhaul.marketplace.rules.calendar import timers
from backhaul.marketplace.rules.clocks import CountedBy, Run, clock_of, clocks, running, seen_by, waits_for
from backhaul.marketplace.rules.decisions import By, closed_acts, open_acts
from backhaul.marketplace.rules.lifecycle import TABLES
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.words import Role, Route
from tests.rules.cast import (
    CALENDAR,
    CHEN,
    ELIF,
    EXPLAINED,
    IRINA,
    LUMITEK,
    MARINA,
    NADIA,
    OLEG,
    ZHAO,
    Story,
    moscow,
    payloads,
)

POLICY = Policy()


class Told(Story):
    """A story that remembers when what happened, by whom."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.history: list[tuple[Any, datetime, str]] = [(self.requested, self.now, Role.CUSTOMER)]

    def does(self, by: By, command: do.Command, at: str | datetime | None = None) -> list[Any]:
        happened = super().does(by, command, at)
        self.history += [(event, self.now, by.role) for event in happened]
        return happened

    @property
    def runs(self) -> dict[str, Run]:
        return {run.clock.code: run for run in clocks(17, self.history, POLICY)}


def test_a_draft_and_the_sellers_answer_end_with_day_3_in_moscow() -> None:
    story = Told(at="2024-09-02 10:00")
    story.submitted("2024-09-02 23:59")
    draft, answer = story.runs["draft"], story.runs["seller_answer"]

    assert (moscow("2024-09-02 10:00"), moscow("2024-09-06 00:00")) == (draft.started_at, draft.clock.due_at)
    assert ("met", moscow("2024-09-02 23:59"), "Submitted") == (draft.state(story.now), draft.ended_at, draft.ended_by)
    assert (moscow("2024-09-02 23:59"), moscow("2024-09-06 00:00")) == (answer.started_at, answer.clock.due_at)
    assert (("answer_days",), CountedBy.END_OF_DAY, do.Approve) == (
        answer.clock.numbers, answer.clock.counted_by, answer.clock.does,
    )  # fmt: skip


def _submitted() -> Told:
    story = Told(at="2024-09-02 10:00")
    story.submitted("2024-09-02 12:00")
    return story


def test_a_clock_runs_until_its_bound_and_has_passed_at_it() -> None:
    answer = _submitted().runs["seller_answer"]

    assert "running" == answer.state(answer.clock.due_at - timedelta(microseconds=1))
    assert "passed" == answer.state(answer.clock.due_at)


def test_what_the_calendar_did_has_passed_and_what_somebody_did_is_met() -> None:
    silent, quick = Told(), Told()
    for story in (silent, quick):
        story.submitted("2024-09-02 12:00")
    silent.does(CALENDAR, do.Approve(), "2024-09-06 00:00")
    quick.does(ELIF, do.Approve(), "2024-09-05 23:59")

    assert ("passed", "Approved") == (
        silent.runs["seller_answer"].state(silent.now),
        silent.runs["seller_answer"].ended_by,
    )
    assert "met" == quick.runs["seller_answer"].state(quick.now)
    assert [moscow("2024-09-12 00:00"), moscow("2024-09-11 00:00")] == [
        story.runs["drop_off"].clock.due_at for story in (silent, quick)
    ]


def test_choosing_a_point_leaves_the_time_to_hand_in_as_it_is() -> None:
    story = Told()
    story.approved("2024-09-03 10:00")
    before = story.runs["drop_off"]
    story.does(IRINA, do.ChoosePoint(OLEG.subject))

    assert before == story.runs["drop_off"]


def test_the_time_to_decide_at_the_partner_is_day_14_and_never_less_than_14_times_24_hours() -> None:
    story = Told(LUMITEK)
    story.accepted("2024-09-03 10:00")
    story.dispatched("2024-09-03 18:00")
    story.arrived("2024-09-10 23:30")
    run = story.runs["partner_decision"]

    assert (moscow("2024-09-25 00:00"), CountedBy.LONGER_OF, "seller") == (
        run.clock.due_at, run.clock.counted_by, run.clock.whose,
    )  # fmt: skip
    assert run.clock.due_at - run.started_at >= timedelta(days=14)


def test_a_refund_that_is_held_longer_goes_on_with_the_later_bound() -> None:
    story = Told()
    story.accepted("2024-09-03 10:00")
    first = story.runs["refund_run"]
    story.does(MARINA, do.HoldRefund(EXPLAINED), "2024-09-03 11:00")
    held = story.runs["refund_run"]

    assert moscow("2024-09-03 12:00") == first.clock.due_at
    assert (first.started_at, moscow("2024-09-12 10:01")) == (held.started_at, held.clock.due_at)
    assert story.runs["refund_ceiling"].clock.due_at == held.clock.due_at


def test_what_passed_under_another_policy_has_passed() -> None:
    """The alarm came on day 3; that a later policy gives four days does not undo it."""
    story = Told()
    story.accepted("2024-09-03 10:00")
    story.does(CALENDAR, do.AlarmDwell(), "2024-09-07 00:00")
    longer = {run.clock.code: run for run in clocks(17, story.history, Policy(dwell_alarm_days=4))}

    assert moscow("2024-09-07 00:00") == story.runs["point_dwell"].clock.due_at
    assert ["passed", "passed"] == [runs["point_dwell"].state(story.now) for runs in (story.runs, longer)]


def long_story() -> list[Told]:
    """Returns on both routes, each as it stood after each step."""
    steps: list[Told] = []

    def then(story: Told) -> None:
        kept = Told.__new__(Told)
        kept.__dict__.update(story.__dict__, history=list(story.history))
        steps.append(kept)

    offered = Told()
    ways: list[tuple[By, do.Command]] = [
        (IRINA, do.Submit()), (ELIF, do.Offer(500)), (IRINA, do.DeclineOffer()), (ELIF, do.Approve(Route.A)),
        (IRINA, do.ChoosePoint(OLEG.subject)),
    ]  # fmt: skip
    for by, command in ways:
        offered.does(by, command)
        then(offered)
    for step in (offered.accepted, offered.dispatched, offered.refunded):
        step()
        then(offered)
    offered.lost(offered.it.accepted_at + timedelta(days=31) if offered.it.accepted_at else None)
    then(offered)
    disputed = Told(LUMITEK)
    for by, command in (
        (IRINA, do.Submit()), (CHEN, do.Reject("looks_used", EXPLAINED)), (IRINA, do.OpenDispute(EXPLAINED)),
        (NADIA, do.DecideDispute(for_customer=True, comment=EXPLAINED)),
    ):  # fmt: skip
        disputed.does(by, command)
        then(disputed)
    for step in (disputed.accepted, disputed.dispatched, disputed.arrived):
        step()
        then(disputed)
    return steps


def test_what_the_calendar_will_do_is_a_clock_at_the_same_instant() -> None:
    """All but reminders: those are no bounds."""
    for story in long_story():
        expected = {
            (due, type(command)) for due, command in timers(story.it, POLICY) if not isinstance(command, do.Remind)
        }

        assert expected == {(c.due_at, c.does) for c in running(story.it, POLICY) if c.does is not None}, (
            story.it.status
        )


def test_who_has_to_act_follows_from_where_the_return_stands() -> None:
    stories = long_story()

    assert [
        "seller", "customer", "seller", "customer", "customer", "clerk", "carrier", "carrier", "calendar",
        "seller", "customer", "moderator", "customer", "clerk", "carrier", "seller",
    ] == [waits_for(story.it, POLICY) for story in stories]  # fmt: skip


def test_customers_and_points_are_told_of_their_own_clocks() -> None:
    customer, clerk = seen_by(Role.CUSTOMER), seen_by(Role.CLERK)

    assert customer is not None
    assert clerk is not None
    assert {"drop_off"} == customer & clerk
    assert not {code for code in customer if code.startswith(("compensation", "claim", "partner", "weight"))}
    assert seen_by(Role.SELLER) is None


def test_an_act_is_bounded_by_the_clock_of_its_noun() -> None:
    story = _submitted()
    found = clock_of(story.it, do.Reject, POLICY)

    assert found is not None
    assert moscow("2024-09-06 00:00") == found.due_at
    assert clock_of(story.it, do.FileClaim, POLICY) is None


@pytest.mark.parametrize("by", [ELIF, CHEN, ZHAO, IRINA, OLEG, NADIA, MARINA], ids=lambda by: by.id)
def test_every_act_of_a_role_is_open_or_closed_for_the_reason_that_the_law_gives(by: By) -> None:
    """Cell by cell: each closed act is refused with the same code by `decide`."""
    terms = Terms()
    own = {act for act, table in TABLES.items() if any(act is row.command and by.role in row.by for row in table.rows)}
    for story in long_story():
        it, now = story.it, story.now
        open_now, closed = set(open_acts(it, by, now, terms)), closed_acts(it, by, now, terms)
        if not decisions.concerns(it, by):
            assert (set(), []) == (open_now, closed)
            continue
        assert own == open_now | {act for act, _ in closed}
        assert not open_now & {act for act, _ in closed}
        for act, why in closed:
            with pytest.raises(Refused) as refusal:
                decisions.decide(it, payloads(act.__name__, it, now)[0], by, now, terms, story.facts)
            assert (why.code, why.kind) == (refusal.value.code, refusal.value.kind), (it.status, act)
