"""Of which products too many come back: both sides of each bound."""

import pytest
from msgspec.structs import replace

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.quality import comes_back_too_often

POLICY = Policy()  # twice the category's rate, from 20 delivered and 3 returned units on


@pytest.mark.parametrize(
    ("delivered", "returned", "of_category", "expected"),
    [
        (100, 20, (1000, 100), True),  # 20 % of 10 %: twice
        (100, 19, (1000, 100), False),
        (20, 4, (1000, 100), True),
        (19, 19, (1000, 100), False),  # too few were delivered
        (20, 3, (1000, 75), True),  # 15 % of 7.5 %
        (20, 2, (1000, 10), False),  # too few came back
        (30, 3, (30, 3), False),  # the product is its whole category
        (30, 3, (1000, 3), True),  # nothing else comes back
        (30, 3, (1000, 0), False),  # nothing at all: there is no rate to compare with
    ],
)
def test_a_product_comes_back_too_often_at_twice_the_rate_of_its_category(
    delivered: int,
    returned: int,
    of_category: tuple[int, int],
    expected: bool,  # noqa: FBT001 -- a column
) -> None:
    assert expected is comes_back_too_often(delivered, returned, of_category, POLICY)


def test_how_many_times_is_policy() -> None:
    assert not comes_back_too_often(100, 20, (1000, 100), replace(POLICY, many_returns_times=3))
