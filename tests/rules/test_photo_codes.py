"""Threat 7: a code in the frame ties photos to a parcel, a person and a few minutes, and works once."""

import msgspec
import pytest

from backhaul.partner.rules import commands as do
from backhaul.partner.rules import photo_codes
from backhaul.partner.rules.around import By
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.words import Mark, Role
from tests.partner.cast import LINKED, RUSLAN, TIMUR, VERA, ParcelStory, announced, moscow, scan

KEY = "the house's key for codes"
AROUND = msgspec.structs.replace(LINKED, photo_key=KEY)
NOON = "2024-10-04 12:00"
SCRATCH = do.Mark(Mark.PARTIALLY_DAMAGED, "Scratch", photos=("p1",))


def inspected(**told: object) -> ParcelStory:
    story = ParcelStory(announced(serial="SN-1", **told), AROUND)
    story.does(RUSLAN, scan(moscow("2024-10-03 16:42"), photos=()), "2024-10-03 16:42")
    return story


def coded(story: ParcelStory, by: By, at: str, command: do.Mark = SCRATCH) -> do.Mark:
    code = photo_codes.fresh(KEY, story.it, by, moscow(at))
    return msgspec.structs.replace(command, photo_code=code)


def test_photos_with_the_code_of_the_moment_are_taken_and_the_event_keeps_it() -> None:
    story = inspected()
    command = coded(story, VERA, NOON)
    marked = story.does(VERA, command, NOON)[0]

    assert command.photo_code == marked.photo_code
    assert (command.photo_code,) == story.it.photo_codes


def test_photos_without_a_code_are_refused_and_a_mark_without_photos_needs_none() -> None:
    story = inspected()

    assert ("photo_code_needed", "invalid") == story.refuses(VERA, SCRATCH, NOON)
    assert 1 == len(story.does(VERA, do.Mark(Mark.SERVICEABLE), NOON))


@pytest.mark.parametrize(
    ("at", "good"), [("2024-10-04 12:15", True), ("2024-10-04 12:16", False), ("2024-10-04 11:59", False)]
)
def test_a_code_is_good_for_fifteen_minutes(at: str, good: bool) -> None:  # noqa: FBT001
    story = inspected()
    command = coded(story, VERA, NOON)

    if good:
        assert 1 == len(story.does(VERA, command, at))
    else:
        assert ("photo_code_wrong", "invalid") == story.refuses(VERA, command, at)


def test_a_code_is_told_until_when_it_is_good() -> None:
    assert moscow("2024-10-04 12:16") == photo_codes.valid_until(moscow(NOON), Policy())


def test_a_code_works_once() -> None:
    story = inspected()
    command = coded(story, VERA, NOON)
    story.does(VERA, command, NOON)

    assert ("photo_code_used", "invalid") == story.refuses(VERA, command, NOON)
    assert command.photo_code != photo_codes.fresh(KEY, story.it, VERA, moscow(NOON))


def test_a_colleagues_code_and_another_parcels_code_are_refused() -> None:
    story, other = inspected(), inspected(return_id=100_018)

    assert ("photo_code_wrong", "invalid") == story.refuses(VERA, coded(story, TIMUR, NOON), NOON)
    assert ("photo_code_wrong", "invalid") == story.refuses(VERA, coded(other, VERA, NOON), NOON)


def test_gate_check_and_destruction_need_a_code_too() -> None:
    story = ParcelStory(announced(), AROUND)

    assert ("photo_code_needed", "invalid") == story.refuses(RUSLAN, scan(moscow(NOON)), NOON)


def test_the_separate_gate_check_needs_a_code_and_uses_it_up() -> None:
    story = ParcelStory(announced(), AROUND).arrived("2024-10-03 16:42", weight_gram=None, photos=())
    check = do.CheckGate(label_matches=True, item_code="700100", weight_gram=350, photos=("outer",))
    coded_check = msgspec.structs.replace(check, photo_code=photo_codes.fresh(KEY, story.it, RUSLAN, moscow(NOON)))

    assert ("photo_code_needed", "invalid") == story.refuses(RUSLAN, check, NOON)
    checked = story.does(RUSLAN, coded_check, NOON)[0]
    assert coded_check.photo_code == checked.photo_code
    assert (coded_check.photo_code,) == story.it.photo_codes


def test_small_letters_and_blanks_do_not_matter() -> None:
    story = inspected()
    command = coded(story, VERA, NOON)
    typed = msgspec.structs.replace(command, photo_code=f" {command.photo_code.lower()} ")

    assert command.photo_code == story.does(VERA, typed, NOON)[0].photo_code


def test_a_policy_can_do_without_codes() -> None:
    story = inspected()
    story.terms = Terms(Policy(photo_codes=False))

    assert 1 == len(story.does(VERA, SCRATCH, NOON))


def test_codes_have_no_letters_that_are_taken_for_others() -> None:
    story = inspected()
    codes = {photo_codes.code(KEY, story.it, By(Role.INSPECTOR, f"i{n}"), 1) for n in range(500)}

    assert 500 == len(codes)
    assert set() == set("".join(codes)) & set("01IO")
