"""Every deadline of a parcel: since when, until when, what then and by which number; and where it stands (issue 6, R76, R115)."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from backhaul.kit.days import MOSCOW
from backhaul.kit.machine import Refused
from backhaul.partner import clock_texts, policy_texts
from backhaul.partner.rules import clocks as law
from backhaul.partner.rules import commands as do
from backhaul.partner.rules.around import By
from backhaul.partner.rules.calendar import timers
from backhaul.partner.rules.decisions import decide, open_acts, shut_acts
from backhaul.partner.rules.explaining import standing
from backhaul.partner.rules.lifecycle import PARCEL
from backhaul.partner.rules.words import Mark, Role, Status
from tests.partner.cast import (
    BOOK,
    CHEN,
    HONG_KONG,
    LINKED,
    LIU_NA,
    LUMITEK_KEY,
    RUSLAN,
    SONIA,
    VERA,
    VIEW_ONLY,
    ParcelStory,
    moscow,
    scan,
)


def running(story: ParcelStory, at: str = "2024-10-03 17:00") -> dict[str, tuple[str, str, str, tuple[str, ...]]]:
    """By name: started, due, what then, by which numbers. Of several reminders the next one."""
    place = None if story.it.destination is None else BOOK[story.it.destination.id]
    found: dict[str, tuple[str, str, str, tuple[str, ...]]] = {}
    for one in law.clocks(story.it, place, moscow(at), story.terms.policy):
        found.setdefault(one.name, (shown(one.started), shown(one.due), one.then, one.rules))
    return found


def shown(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(MOSCOW).strftime("%d %b %H:%M")


def test_an_arrival_begins_the_window_its_reminders_and_the_days_for_photos() -> None:
    """P3: day 14 after the arrival ends at 00:00 of 18 October. P11: photos by the end of day 12."""
    story = ParcelStory().arrived("2024-10-03 16:42")

    assert {
        "decision": ("03 Oct 16:42", "18 Oct 00:00", "MissDeadline", ("decision_days",)),
        "reminder": ("03 Oct 16:42", "10 Oct 10:00", "Remind", ("reminder_days", "reminder_hour")),
        "media_order": ("03 Oct 16:42", "16 Oct 00:00", "no_longer_in_time", ("media_order_by_day",)),
    } == running(story)
    assert "media_order" not in running(story, "2024-10-16 00:00")


def test_nothing_runs_before_the_arrival() -> None:
    assert {} == running(ParcelStory())


def test_a_scan_without_a_weight_owes_the_gate_check_which_sellers_are_not_told_of() -> None:
    story = ParcelStory()
    story.does(RUSLAN, scan(moscow("2024-10-03 16:42"), weight_gram=None), "2024-10-03 16:42")
    found = law.clocks(story.it, None, moscow("2024-10-03 17:00"), story.terms.policy)

    assert ("03 Oct 16:42", "04 Oct 16:42", "AlarmGate", ("gate_check_hours",)) == running(story)["gate_check"]
    assert "gate_check" in {one.name for one in law.for_eyes_of(Role.RECEIVER, found)}
    assert "gate_check" not in {one.name for one in law.for_eyes_of(Role.SELLER, found)}


def test_late_photos_move_the_deadline() -> None:
    """P11: ordered on 14 October, due by the end of the 16th; five days at most are given back."""
    story = ParcelStory().arrived("2024-10-03 16:42")
    story.does(LIU_NA, do.OrderMedia(), "2024-10-14 12:00")
    found = running(story, "2024-10-14 12:00")

    assert ("14 Oct 12:00", "17 Oct 00:00", "deadline_moves", ("media_working_days",)) == found["media"]
    assert "ExtendDeadline" == found["decision"][2]
    assert ("decision_days", "media_delay_days_max") == found["decision"][3]
    clocks = law.clocks(story.it, None, story.now, story.terms.policy)
    assert "23 Oct 00:00" == shown(law.deadline(story.it, do.Decide, clocks, story.terms.policy))


@pytest.mark.parametrize(
    ("by", "due", "rule"),
    [(LIU_NA, "05 Oct 12:00", "undo_hours_person"), (LUMITEK_KEY, "06 Oct 10:00", "undo_hours_key")],
)
def test_a_disposal_can_be_taken_back_for_hours(by: By, due: str, rule: str) -> None:
    story = ParcelStory().arrived("2024-10-03 16:42")
    story.does(by, do.Decide("dispose"), "2024-10-05 10:00")

    assert ("05 Oct 10:00", due, "InstructDisposal", (rule,)) == running(story)["undo"]


def test_a_missed_deadline_waits_for_the_next_working_day() -> None:
    """P14: the window of a Saturday ends with a Saturday, destruction waits until Monday 21 October begins."""
    story = ParcelStory().arrived("2024-10-05 16:42")
    story.passes("2024-10-20 00:00")

    assert Status.DISPOSAL_DUE is story.it.status
    assert ("", "21 Oct 00:00", "InstructDisposal", ()) == running(story)["undo"]
    story.does(SONIA, do.Reopen("The seller's line was down."), "2024-10-20 12:00")
    assert ("20 Oct 12:00", "24 Oct 00:00", "MissDeadline", ("reopen_days",)) == running(story)["decision"]


def test_what_nobody_collects_has_a_round_of_notice() -> None:
    """P13: 14 days to collect, then 14 of notice."""
    story = ParcelStory().arrived("2024-10-03 16:42").decided("pickup", at="2024-10-04 12:00")
    assert ("04 Oct 12:00", "19 Oct 00:00", "KeepExpired", ("keep_days",)) == running(story)["collection"]
    story.passes("2024-10-19 00:00")
    assert ("19 Oct 00:00", "03 Nov 00:00", "MissDeadline", ("notice_days",)) == running(story)["decision"]


def test_a_shipment_leaves_within_working_days_and_its_pictures_go_after_its_end() -> None:
    story = ParcelStory().arrived("2024-10-03 16:42").decided("ship_hk", HONG_KONG, at="2024-10-04 12:00")
    assert ("04 Oct 12:00", "10 Oct 00:00", "late", ("ship_working_days",)) == running(story)["shipment"]
    story.does(RUSLAN, do.PrintLabel("Line", "T-1"), "2024-10-07 12:00")
    assert {} == running(story)
    story.does(RUSLAN, do.ConfirmDelivery(), "2024-10-20 12:00")
    assert {"pictures": ("20 Oct 12:00", "18 Jan 12:00", "deleted", ("media_keep_days",))} == running(story)
    assert {} == running(story, "2025-01-18 12:00")


def stories() -> dict[str, ParcelStory]:
    """A parcel in every state, and in what matters inside of them."""
    coming, here = ParcelStory(), ParcelStory().arrived("2024-10-03 16:42")
    lost = ParcelStory()
    lost.it = replace(lost.it, lost_at=moscow("2024-10-01 12:00"))
    missed, destroying, to_destroy = ParcelStory().arrived("2024-10-05 16:42"), here.copy(), here.copy()
    missed.passes("2024-10-20 00:00")
    for one in (to_destroy, destroying):
        one.decided("dispose", at="2024-10-05 10:00").passes("2024-10-05 12:00")
    destroying.does(RUSLAN, do.StartDisposal())
    destroyed = destroying.copy()
    destroyed.does(RUSLAN, do.Destroy("shredding", "M. Orlova", ("photo",)))
    labelled = here.copy().decided("ship_hk", HONG_KONG, at="2024-10-04 12:00")
    labelled.does(RUSLAN, do.PrintLabel("Line", "T-1"))
    sent, gone, delivered = labelled.copy(), labelled.copy(), labelled.copy()
    sent.does(RUSLAN, do.Dispatch("T-1"))
    gone.does(RUSLAN, do.NoteShipmentLost("gone"))
    delivered.does(RUSLAN, do.ConfirmDelivery())
    collected = here.copy().decided("pickup", at="2024-10-04 12:00")
    collected.does(RUSLAN, do.HandOver("Ivan P.", LINKED.pickup_code))
    return {
        "now_expected": coming, "now_lost": lost, "now_undecided": here, "now_missed": missed,
        "now_to_ship": here.copy().decided("ship_hk", HONG_KONG, at="2024-10-04 12:00"),
        "now_to_collect": here.copy().decided("pickup", at="2024-10-04 12:00"),
        "now_disposal_held": here.copy().decided("dispose", at="2024-10-05 10:00"),
        "now_to_destroy": to_destroy, "now_being_destroyed": destroying, "now_disposed": destroyed,
        "now_label_printed": labelled, "now_dispatched": sent, "now_lost_on_the_way": gone,
        "now_delivered": delivered, "now_picked_up": collected,
    }  # fmt: skip


def test_every_state_says_where_it_stands_and_has_words() -> None:
    found = {expected: standing(story.it).code for expected, story in stories().items()}

    assert {code: code for code in clock_texts.NOW} == found
    assert set(Status) == {story.it.status for story in stories().values()}


def test_no_timer_of_the_calendar_is_missing_and_every_clock_has_words() -> None:
    for story in stories().values():
        policy = story.terms.policy
        found = law.clocks(story.it, None, story.now, policy)
        assert {type(command).__name__ for _, command in timers(story.it, policy)} <= {one.then for one in found}
        for one in found:
            assert one.name in clock_texts.CLOCKS
            assert one.then in clock_texts.THEN
            assert set(one.rules) <= set(policy_texts.POLICY_LABELS)
    automatic = {row.command.__name__ for row in PARCEL.rows if Role.CALENDAR in row.by}
    assert automatic <= set(clock_texts.THEN)


SAYS: dict[str, Any] = {
    "Decide": do.Decide("pickup"), "OrderMedia": do.OrderMedia(), "DisposeOnArrival": do.DisposeOnArrival(),
    "Reopen": do.Reopen("The seller's line was down."), "ConfirmMark": do.ConfirmMark(), "Dispatch": do.Dispatch("T"),
    "ConfirmDelivery": do.ConfirmDelivery(), "StartDisposal": do.StartDisposal(), "Mark": do.Mark(Mark.SERVICEABLE),
    "QueueInspection": do.QueueInspection("by hand"), "PutAway": do.PutAway("B-1"),
    "HandOver": do.HandOver("Ivan", "1"), "PrintLabel": do.PrintLabel("Line"), "TakeUpClaim": do.TakeUpClaim(),
}  # fmt: skip


@pytest.mark.parametrize("by", [CHEN, RUSLAN, VERA, SONIA])
def test_what_is_not_available_is_refused_with_the_code_that_was_told_and_the_rest_is_open(by: By) -> None:
    for story in stories().values():
        now = open_acts(story.it, by, story.now, story.terms, LINKED)
        shut = shut_acts(story.it, by, story.now, story.terms, LINKED)
        theirs = {row.command for row in PARCEL.rows if by.role in row.by}
        if story.it.status is Status.EXPECTED and by is VERA:
            assert ([], []) == (now, shut)  # for an inspector it is not there
            continue
        assert theirs == {*now, *(act for act, _ in shut)}
        for act, refused in shut:
            if act.__name__ in SAYS:
                with pytest.raises(Refused) as told:
                    decide(story.it, SAYS[act.__name__], by, story.now, story.terms, LINKED)
                assert refused.code == told.value.code


def test_who_may_only_look_is_told_so_of_every_act() -> None:
    story = ParcelStory().arrived()
    shut = shut_acts(story.it, CHEN, story.now, story.terms, VIEW_ONLY)
    assert {"link_view_only"} == {refused.code for _, refused in shut}
