"""Who is not there: asked again after 5 s, 10 s … 5 minutes, and what counts as a receipt of a letter."""

from datetime import UTC, datetime, timedelta

import pytest

from backhaul.kit.outbox import is_receipt
from backhaul.kit.rounds import Reach

NOW = datetime(2024, 9, 1, 10, tzinfo=UTC)


def waits(reach: Reach) -> int:
    """The seconds until it is asked again."""
    return next(n for n in range(400) if not reach.is_away("partner", NOW + timedelta(seconds=n)))


def test_who_is_away_is_asked_later_and_later_and_at_once_when_back() -> None:
    reach, found = Reach(), []
    for _ in range(9):
        reach.missed("partner", NOW, jitter=1.0)
        found.append(waits(reach))

    assert [5, 10, 20, 40, 80, 160, 300, 300, 300] == found
    assert not reach.is_away("another", NOW)
    assert reach.answered("partner")
    assert 0 == waits(reach)
    assert not reach.answered("partner")


@pytest.mark.parametrize(("fails", "hurries"), [(0, False), (2, False), (3, True)])
def test_three_calls_in_a_row_mean_that_it_was_away(fails: int, hurries: bool) -> None:  # noqa: FBT001
    reach = Reach()
    for _ in range(fails):
        reach.missed("partner", NOW, jitter=1.0)

    assert hurries == reach.answered("partner")


def test_with_patience_two_calls_in_a_row_are_nobodys_absence() -> None:
    reach, found = Reach(patience=3), []
    for _ in range(4):
        reach.missed("partner", NOW, jitter=1.0)
        found.append(waits(reach))

    assert [0, 0, 5, 10] == found


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b"", True), (b"{}", True), (b'{"taken": true}', True), (b"[]", False), (b"null", False), (b'"ok"', False), (b"ok", False),
        (b"<html>", False), (b"{", False), (b'{"a": 1, "a": 2}', False), (b"\xff\xfe", False), (b"[" * 99_999, False),
    ],
)  # fmt: skip
def test_a_house_takes_a_letter_with_an_object_or_without_a_word(body: bytes, is_one: bool) -> None:  # noqa: FBT001
    assert is_one == is_receipt(body)
