"""A round of the worker: each part has its turn."""

import pytest

from backhaul.kit.running import one_by_one


def fails(words: str) -> int:
    raise ValueError(words)


def test_parts_of_a_round_are_counted_together() -> None:
    assert 5 == one_by_one(lambda: 2, lambda: 0, lambda: 3)
    assert 0 == one_by_one()


def test_a_part_that_fails_leaves_the_others_their_turn_and_is_raised_afterwards() -> None:
    done: list[str] = []

    def works() -> int:
        done.append("works")
        return 1

    with pytest.raises(ValueError, match="first"):
        one_by_one(works, lambda: fails("first"), works)
    with pytest.raises(ExceptionGroup) as told:
        one_by_one(lambda: fails("first"), works, lambda: fails("second"))

    assert ["works"] * 3 == done
    assert ["first", "second"] == [str(one) for one in told.value.exceptions]
