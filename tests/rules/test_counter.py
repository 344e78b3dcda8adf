"""The law of the counter, cell by cell: P7's truth table, marking codes (R110), own orders, seals, witnesses, the dwell alarm (R56)."""

from itertools import product

import pytest
from msgspec.structs import replace

from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.calendar import dwells_before, next_due, timers
from backhaul.marketplace.rules.decisions import By, open_acts
from backhaul.marketplace.rules.marking import compared
from backhaul.marketplace.rules.policy import Policy, Terms
from backhaul.marketplace.rules.words import REASONS, Marking, Role, WitnessRole
from tests.rules.cast import ANADOLU, CALENDAR, IRINA, OLEG, TWO_PHOTOS, Story, check_in, line, moscow

CODE = "010460123456789021abcDEF1234567"
NINA = By(Role.CLERK, "nina", "SORT-1", point_kind="sorting", name="Nina")
OLEG_AT_THE_POINT = replace(OLEG, point_kind="pickup", name="Oleg")
OLEG_WHO_BUYS = replace(OLEG, customer_ref=IRINA.subject)

# Requirements 6.1: the reasons of taste; all others are defects, misgrading or damage.
TASTE = {"did_not_fit", "did_not_like", "changed_mind"}
OTHERS = {
    "does_not_work", "external_defects", "used_before_me", "broke_in_use", "counterfeit",
    "wrong_item", "part_missing", "incomplete",
    "packaging_and_product_damaged", "product_damaged_packaging_intact",
}  # fmt: skip

# P7 and J5, every cell by hand: (checked, same product, used) -> what becomes of a reason of taste, and of any other.
ACCEPTED, UNCHECKED = "accepted", "accepted, to be inspected"
ANOTHER, WORN = "not_the_requested_product", "used_and_reason_fit_or_dislike"
TRUTH = {
    (True, True, False): (ACCEPTED, ACCEPTED),
    (True, True, True): (WORN, ACCEPTED),
    (True, False, False): (ANOTHER, ANOTHER),
    (True, False, True): (ANOTHER, ANOTHER),
    (False, True, False): (UNCHECKED, UNCHECKED),
    (False, True, True): (UNCHECKED, UNCHECKED),
    (False, False, False): (UNCHECKED, UNCHECKED),
    (False, False, True): (UNCHECKED, UNCHECKED),
}


def approved(reason: str = "did_not_like", *, code: str | None = None) -> Story:
    story = Story(ANADOLU, reason=reason, of=replace(line(), marking_code=code))
    story.does(IRINA, do.Submit())
    story.does(story.seller, do.Approve())
    return story


def accepted(at: str = "2024-09-06 15:00") -> Story:
    story = approved()
    story.does(OLEG, replace(check_in(), seal="S-17"), at)
    return story


def on_the_way() -> Story:
    story = accepted()
    story.does(OLEG, do.Dispatch("Linehaul", "W-1"))
    return story


def received() -> Story:
    story = on_the_way()
    story.does(NINA, do.ReceiveForDisposal("s-17"))
    return story


def outcome(story: Story) -> str:
    if story.it.refused_because:
        return story.it.refused_because
    assert story.it.check is not None
    return ACCEPTED if story.it.check.checked else UNCHECKED


# -- The truth table --------------------------------------------------------------------------------------------------


def test_every_reason_of_the_catalogue_is_in_the_truth_table() -> None:
    assert set(REASONS) == TASTE | OTHERS
    assert set(TRUTH) == set(product((True, False), repeat=3))
    assert {ACCEPTED, UNCHECKED, ANOTHER, WORN} == {what for cell in TRUTH.values() for what in cell}


@pytest.mark.parametrize("reason", sorted(TASTE | OTHERS))
@pytest.mark.parametrize(("checked", "same_product", "used"), TRUTH)
def test_the_four_outcomes_follow_from_reason_use_match_and_check(
    reason: str,
    checked: bool,  # noqa: FBT001
    same_product: bool,  # noqa: FBT001
    used: bool,  # noqa: FBT001
) -> None:
    story = approved(reason)
    story.does(OLEG, check_in(same_product=same_product, used=used, checked=checked))
    expected = TRUTH[checked, same_product, used][0 if reason in TASTE else 1]
    refused = expected in {ANOTHER, WORN}

    assert expected == outcome(story)
    assert ("refused_at_pvz" if refused else "accepted_at_pvz") == story.it.status
    assert ("none" if refused else "held") == story.it.refund.status


def test_a_refusal_keeps_what_the_clerk_saw() -> None:
    """J5.1: two photos, use marks and the hour stay with the return."""
    story = approved("did_not_fit")
    story.does(OLEG, check_in(used=True), "2024-09-06 15:00")
    seen = story.it.turned_away

    assert seen is not None
    assert (WORN, TWO_PHOTOS, True, moscow("2024-09-06 15:00")) == (seen.reason, seen.photos, seen.used, seen.at)


# -- Marking codes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "read", "unreadable", "marking"),
    [
        (None, "", False, Marking.NOT_EXPECTED),
        (None, CODE, False, Marking.NOT_EXPECTED),
        (CODE, CODE, False, Marking.MATCHES),
        (CODE, f"]d2{CODE}\x1d91EE10\x1d92abc=", False, Marking.MATCHES),  # a scanner adds symbology and signature
        (CODE, "(01)04601234567890(21)abcDEF1234567", False, Marking.MATCHES),
        (CODE, CODE.lower(), False, Marking.DIFFERS),  # case is part of a serial number
        (CODE, CODE[:17], False, Marking.DIFFERS),
        (CODE, "010460123456789021abcDEF1234568", False, Marking.DIFFERS),
        (CODE, CODE, True, Marking.MATCHES),
        (CODE, "", True, Marking.UNREADABLE),
        (CODE, " ", False, Marking.UNCHECKED),
    ],
)
def test_a_marking_code_matches_differs_or_cannot_be_read(
    expected: str | None,
    read: str,
    unreadable: bool,  # noqa: FBT001
    marking: Marking,
) -> None:
    assert marking is compared(expected, read, unreadable=unreadable)


def test_an_expected_marking_code_is_scanned_or_said_to_be_unreadable() -> None:
    """R110: the code keeps with the product; the clerk cannot pass over it, unless nothing could be checked."""
    assert ("marking_code_needed", "invalid") == approved(code=CODE).refuses(OLEG, check_in())
    unreadable, other, unchecked = approved(code=CODE), approved(code=CODE), approved(code=CODE)
    unreadable.does(OLEG, replace(check_in(), marking_unreadable=True))
    other.does(OLEG, replace(check_in(), marking_code="0104601234567890"))
    unchecked.does(OLEG, check_in(checked=False, photos=()))

    seen = [story.it.check.marking for story in (unreadable, other, unchecked) if story.it.check]
    assert [Marking.UNREADABLE, Marking.DIFFERS, Marking.UNCHECKED] == seen
    assert other.it.check is not None
    assert "0104601234567890" == other.it.check.marking_code


def test_misgraded_goods_need_not_carry_the_code_of_the_order() -> None:
    """J5.4: what the customer got is another product; it is compared with the customer's photos."""
    story = approved("wrong_item", code=CODE)
    story.does(OLEG, check_in())

    assert "accepted_at_pvz" == story.it.status


# -- Who, and where ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "command"),
    [
        (approved(), check_in()),
        (accepted(), do.Dispatch("Linehaul")),
        (on_the_way(), do.ReceiveForDisposal()),
        (received(), do.CertifyDisposal("shredding", "N. Orlova", TWO_PHOTOS)),
    ],
    ids=["check-in", "dispatch", "receive", "certify"],
)
def test_no_clerk_handles_their_own_order(story: Story, command: do.Command) -> None:
    assert ("own_order", "forbidden") == story.refuses(OLEG_WHO_BUYS, command)
    assert [] == open_acts(story.it, OLEG_WHO_BUYS, story.now, Terms())
    assert type(command) in open_acts(story.it, replace(OLEG, customer_ref="C-2"), story.now, Terms())


def test_a_pick_up_point_destroys_nothing_and_the_sorting_point_meets_no_customer() -> None:
    """D3."""
    wrong = ("wrong_kind_of_point", "forbidden")

    assert wrong == on_the_way().refuses(OLEG_AT_THE_POINT, do.ReceiveForDisposal())
    assert wrong == received().refuses(OLEG_AT_THE_POINT, do.CertifyDisposal("shredding", "N. Orlova", TWO_PHOTOS))
    assert wrong == approved().refuses(NINA, replace(check_in(), point_id="SORT-1"))


def test_only_the_point_that_holds_a_product_hands_it_over() -> None:
    """R98: the custody chain has no gap."""
    elsewhere = By(Role.CLERK, "petr", "78-0031")

    assert ("not_held_here", "conflict") == accepted().refuses(elsewhere, do.Dispatch("Linehaul"))


# -- The sorting point ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "intact", "matches"), [("S-17", True, True), (" s-17 ", True, True), ("", True, None)]
)
def test_the_seal_is_compared_with_the_one_of_the_pick_up_point(
    typed: str,
    intact: bool,  # noqa: FBT001
    matches: bool | None,  # noqa: FBT001
) -> None:
    story = on_the_way()
    story.does(NINA, do.ReceiveForDisposal(typed, seal_intact=intact), "2024-09-12 10:00")

    assert story.it.received is not None
    assert ("SORT-1", matches, moscow("2024-09-12 10:00")) == (
        story.it.received.point_id,
        story.it.received.seal_matches,
        story.it.received.at,
    )


@pytest.mark.parametrize("command", [do.ReceiveForDisposal("S-18"), do.ReceiveForDisposal("S-17", seal_intact=False)])
def test_a_broken_or_another_seal_is_shown_in_a_photo(command: do.ReceiveForDisposal) -> None:
    assert ("seal_photo_needed", "invalid") == on_the_way().refuses(NINA, command)
    story = on_the_way()
    story.does(NINA, replace(command, photos=("seal",)))

    assert "disposing_by_marketplace" == story.it.status


@pytest.mark.parametrize("witness", ["nina", " NINA ", "Nina", "   "])
def test_nobody_is_their_own_witness(witness: str) -> None:
    """R109."""
    command = do.CertifyDisposal("shredding", witness, TWO_PHOTOS)

    assert ("witness_is_yourself", "invalid") == received().refuses(NINA, command)


def test_a_disposal_says_how() -> None:
    assert ("method_needed", "invalid") == received().refuses(NINA, do.CertifyDisposal("   ", "N. Orlova", TWO_PHOTOS))


def test_a_disposal_is_certified_with_a_photo_and_names_method_weight_and_the_role_of_its_witness() -> None:
    """R109, D3."""
    bare = do.CertifyDisposal("shredding", "N. Orlova", (), WitnessRole.SECURITY, 905)
    assert ("photos_needed", "invalid") == received().refuses(NINA, bare)
    story = received()
    story.does(NINA, replace(bare, photos=("shreds",)), "2024-09-16 12:00")
    done = story.it.disposal

    assert done is not None
    assert f"DC-{story.it.id}" == done.certificate == story.it.certificate
    assert ("shredding", "security", 905, ("shreds",)) == (
        done.method,
        done.witness_role,
        done.weight_gram,
        done.photos,
    )
    assert ("SORT-1", moscow("2024-09-16 12:00")) == (done.point_id, done.at)


# -- The dwell --------------------------------------------------------------------------------------------------------


def test_the_dwell_alarm_is_due_when_the_third_day_is_over() -> None:
    """R56, P3: accepted on 6 September, days 7, 8 and 9 pass, the alarm is at 00:00 of the 10th."""
    story = accepted("2024-09-06 23:59")
    due = [at for at, command in timers(story.it, Policy()) if isinstance(command, do.AlarmDwell)]

    assert [moscow("2024-09-10 00:00")] == due


def test_the_alarm_comes_once_and_moves_nothing() -> None:
    story = accepted()
    story.does(CALENDAR, do.AlarmDwell(), "2024-09-10 00:00")

    assert ("accepted_at_pvz", True) == (story.it.status, story.it.dwells)
    assert [] == [command for _, command in timers(story.it, Policy()) if isinstance(command, do.AlarmDwell)]
    assert e.DwellAlarmed("77-0412", moscow("2024-09-06 15:00")) == story.events[-1]
    story.does(OLEG, do.Dispatch("Linehaul"))
    assert not story.it.dwells


def test_what_left_in_time_is_no_alarm() -> None:
    story = on_the_way()

    assert moscow("2024-09-10 00:00") != next_due(story.it, Policy())
    assert not any(isinstance(command, do.AlarmDwell) for _, command in timers(story.it, Policy()))


@pytest.mark.parametrize(
    ("now", "before"),
    [("2024-09-09 23:59", "2024-09-06 00:00"), ("2024-09-10 00:00", "2024-09-07 00:00")],
)
def test_lists_of_what_waits_too_long_count_as_the_calendar_does(now: str, before: str) -> None:
    assert moscow(before) == dwells_before(moscow(now), Policy())
