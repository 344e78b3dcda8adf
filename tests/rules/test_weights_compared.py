"""A weight on the way back is told when it is more than max(50 g, 5 %) away from the order's (issue 9, row 4). Both sides of each bound."""

import pytest
from msgspec.structs import replace

from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import ParcelMirror
from backhaul.marketplace.rules.weights_compared import weighed
from tests.rules.cast import Story


def told(sent: int | None, catalogue: int, partner: int | None) -> list[tuple[str, int, int, bool]]:
    it = Story().it
    line = replace(it.line, outbound_weight_gram=sent, weight_gram=catalogue)
    it = replace(it, line=line, parcel=ParcelMirror(weight_gram=partner), check=None)
    return [(one.basis, one.difference_gram, one.bound_gram, one.is_off) for one in weighed(it, Policy())]


@pytest.mark.parametrize(
    ("sent", "catalogue", "partner", "expected"),
    [
        (400, 900, 350, ("outbound", -50, 50, False)),  # 5 % of 400 g are 20 g: fifty grams are free
        (400, 900, 349, ("outbound", -51, 50, True)),
        (None, 400, 450, ("catalogue", 50, 50, False)),
        (None, 400, 451, ("catalogue", 51, 50, True)),
        (2_000, 900, 1_900, ("outbound", -100, 100, False)),  # 5 % of 2 kg
        (2_000, 900, 1_899, ("outbound", -101, 100, True)),
        (2_000, 900, 2_101, ("outbound", 101, 100, True)),
        (1_010, 900, 1_060, ("outbound", 50, 50, False)),  # 5 % are 50.5 g: half a gram is no gram
        (1_010, 900, 1_061, ("outbound", 51, 50, True)),
    ],
)
def test_what_is_off_is_more_than_the_bound_away(
    sent: int | None, catalogue: int, partner: int, expected: tuple[str, int, int, bool]
) -> None:
    assert [expected] == told(sent, catalogue, partner)


def test_what_nobody_weighed_is_not_told() -> None:
    assert [] == told(400, 400, None)
