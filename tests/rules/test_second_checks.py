"""8.1 point 6: lots, samples and acceptance numbers of ISO 2859-1 (level II, AQL 4.0), blindness, verdicts."""

import pytest
from msgspec.structs import replace

from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import second_checks
from backhaul.partner.rules.around import Around, By
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.second_checks import SecondCheck, SecondStatus, Verdict, Week
from backhaul.partner.rules.words import InspectionStatus, Mark
from tests.partner.cast import RUSLAN, SONIA, THREE_PHOTOS, TIMUR, VERA, ParcelStory, announced, moscow, scan

MONDAY = moscow("2024-09-30 00:00")
OPEN = Around(second_open=True)
REASON = "The scratch is plainly seen on the photo."


def marked(mark: do.Mark | None = None) -> ParcelStory:
    """Vera has marked a unit."""
    story = ParcelStory(announced(serial="SN-1"))
    story.does(RUSLAN, scan(moscow("2024-10-03 16:42")), "2024-10-03 16:42")
    story.does(VERA, mark or do.Mark(Mark.SERVICEABLE, note="Unused"))
    return story


def checked(found: do.Mark, by: By = TIMUR) -> SecondCheck:
    second = SecondCheck(100_017, "vera", MONDAY)
    return second_checks.check(second, marked().it, found, by, moscow("2024-10-08 10:00"), Policy())


SCRATCH = do.Mark(Mark.PARTIALLY_DAMAGED, "Scratch", photos=("p1",))


@pytest.mark.parametrize(
    ("marks", "normal", "tightened"),
    [
        (1, (1, 0), (1, 0)), (2, (2, 0), (2, 0)), (3, (3, 0), (3, 0)), (25, (3, 0), (5, 0)), (26, (13, 1), (5, 0)),
        (50, (13, 1), (5, 0)), (51, (13, 1), (20, 1)), (90, (13, 1), (20, 1)), (91, (20, 2), (20, 1)),
        (150, (20, 2), (20, 1)), (151, (32, 3), (32, 2)), (280, (32, 3), (32, 2)), (281, (50, 5), (50, 3)),
        (500, (50, 5), (50, 3)), (501, (80, 7), (80, 5)), (1200, (80, 7), (80, 5)), (1201, (125, 10), (125, 8)),
        (9000, (125, 10), (125, 8)),
    ],
)  # fmt: skip
def test_the_sample_of_a_week_is_that_of_the_table(
    marks: int, normal: tuple[int, int], tightened: tuple[int, int]
) -> None:
    assert normal == second_checks.plan(marks, Policy(), tightened=False)
    assert tightened == second_checks.plan(marks, Policy(), tightened=True)


@pytest.mark.parametrize(("at", "monday"), [
    ("2024-09-30 00:00", "2024-09-30 00:00"), ("2024-10-06 23:59", "2024-09-30 00:00"), ("2024-10-07 00:00", "2024-10-07 00:00"),
])  # fmt: skip
def test_a_week_begins_on_monday_in_moscow(at: str, monday: str) -> None:
    assert moscow(monday) == second_checks.week_of(moscow(at))


def week(differing: int) -> Week:
    return Week("vera", MONDAY, 100, 20, 2, tightened=False, checked=20, differing=differing)


@pytest.mark.parametrize(("differing", "failed", "agreement"), [(0, False, 100), (2, False, 90), (3, True, 85)])
def test_a_week_fails_with_more_differences_than_accepted(differing: int, failed: bool, agreement: int) -> None:  # noqa: FBT001
    assert (failed, agreement) == (week(differing).failed, week(differing).agreement_pct)


@pytest.mark.parametrize(("weeks", "tightened"), [
    ([3, 0, 0, 0, 0], False), ([3, 0, 0, 0, 3], True), ([3, 0, 0, 0, 0, 3], False), ([], False), ([3, 3], True),
])  # fmt: skip
def test_two_failed_weeks_of_five_tighten_the_samples(weeks: list[int], tightened: bool) -> None:  # noqa: FBT001
    assert tightened is second_checks.is_tightened([week(n) for n in weeks], Policy())


def test_which_units_are_checked_again_depends_on_a_key_that_nobody_knows() -> None:
    numbers = {n: f"R-{n}" for n in range(100)}
    one, other = second_checks.pick(numbers, 20, "one"), second_checks.pick(numbers, 20, "other")

    assert (20, one) == (len(set(one)), second_checks.pick(numbers, 20, "one"))
    assert one != other


def test_another_inspector_does_not_see_the_mark_while_the_check_is_open() -> None:
    it = marked(SCRATCH).it
    seen = second_checks.blinded(it, TIMUR, OPEN)

    assert (None, (), "", (), 0) == (
        seen.inspection.mark, seen.inspection.photos, seen.inspection.defect, seen.inspection.by, seen.inspection.revision,
    )  # fmt: skip
    for by, around in ((VERA, OPEN), (SONIA, OPEN), (RUSLAN, OPEN), (TIMUR, Around())):
        assert it == second_checks.blinded(it, by, around)


def test_meanwhile_another_inspector_cannot_revise_the_mark() -> None:
    story = marked()
    story.around = OPEN

    assert ("second_check_open", "forbidden") == story.refuses(TIMUR, do.Mark(Mark.SERVICEABLE))
    assert 1 == len(story.does(VERA, do.Mark(Mark.SERVICEABLE)))


def test_a_proposal_neither_ends_the_blindness_nor_is_confirmed_by_whoever_shall_check() -> None:
    """Vera finds that it is another product after all; the sample had drawn her first mark."""
    story = marked()
    story.around = replace(story.around, second_open=True)
    story.does(VERA, do.Mark(Mark.SUBSTITUTED, comparison="Another model", photos=THREE_PHOTOS))
    seen = second_checks.blinded(story.it, TIMUR, story.around)

    assert InspectionStatus.AWAITING_SECOND is story.it.inspection.status
    assert (InspectionStatus.DONE, None, None) == (
        seen.inspection.status, seen.inspection.mark, seen.inspection.proposed,
    )  # fmt: skip
    assert ("second_check_open", "forbidden") == story.refuses(TIMUR, do.ConfirmMark())
    assert 1 == len(story.does(SONIA, do.ConfirmMark()))


def test_what_has_left_is_checked_by_nobody() -> None:
    gone = second_checks.leave(SecondCheck(100_017, "vera", MONDAY))
    with pytest.raises(Refused) as refused:
        second_checks.check(gone, marked().it, do.Mark(Mark.SERVICEABLE), TIMUR, moscow("2024-10-08 10:00"), Policy())

    assert ("gone", "second_check_gone") == (gone.status, refused.value.code)
    done = checked(SCRATCH)
    assert done is second_checks.leave(done)


@pytest.mark.parametrize(("checked_units", "gone", "complete"), [(19, 0, False), (19, 1, True), (20, 0, True)])
def test_a_week_is_complete_without_what_has_left(checked_units: int, gone: int, complete: bool) -> None:  # noqa: FBT001
    assert complete is replace(week(0), checked=checked_units, gone=gone).complete


def test_the_same_mark_agrees_and_another_one_differs() -> None:
    agreed, differs = checked(do.Mark(Mark.SERVICEABLE)), checked(SCRATCH)

    assert (SecondStatus.AGREED, "timur", Mark.SERVICEABLE) == (agreed.status, agreed.second, agreed.first)
    assert (SecondStatus.DIFFERS, SCRATCH) == (differs.status, differs.found)


def test_nobody_checks_an_own_mark_and_only_inspectors_check() -> None:
    for by, code in ((VERA, "second_person_needed"), (SONIA, "not_your_role"), (RUSLAN, "not_your_role")):
        with pytest.raises(Refused) as refused:
            checked(do.Mark(Mark.SERVICEABLE), by)
        assert code == refused.value.code


def test_a_second_finding_needs_the_same_evidence() -> None:
    with pytest.raises(Refused) as refused:
        checked(do.Mark(Mark.PARTIALLY_DAMAGED, "Scratch"))

    assert "photos_needed" == refused.value.code


def verdict(second: SecondCheck, by: By = SONIA, comment: str = REASON) -> SecondCheck:
    return second_checks.review(second, Verdict.FIRST_STANDS, comment, by, moscow("2024-10-09 10:00"), Policy())


def test_a_supervisor_decides_a_difference_with_a_reason() -> None:
    done = verdict(checked(SCRATCH))

    assert (SecondStatus.FIRST_STANDS, "sonia", REASON) == (done.status, done.reviewed_by, done.comment)


def test_a_verdict_without_a_reason_by_somebody_else_or_without_a_difference_is_refused() -> None:
    differs, agreed = checked(SCRATCH), checked(do.Mark(Mark.SERVICEABLE))

    for second, by, comment, code in (
        (differs, SONIA, "short", "explanation_required"), (differs, TIMUR, REASON, "not_your_role"),
        (agreed, SONIA, REASON, "nothing_to_review"), (verdict(differs), SONIA, REASON, "nothing_to_review"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            verdict(second, by, comment)
        assert code == refused.value.code
