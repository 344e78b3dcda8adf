"""T02: every path of one unit through both houses within a small scope, by the real law; no rule is broken and nothing is left unexplored."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from backhaul.partner.rules import commands as pdo
from backhaul.partner.rules import warehouse
from tests.simulation import small_scope
from tests.simulation.checker.rows import Fault
from tests.simulation.small_scope import Scope


def test_every_path_of_a_cheap_unit_keeps_the_rules() -> None:
    """Letters arrive before anything else happens; handed in, a day later, and the bound: the search ends by itself."""
    scope = Scope()

    assert scope.search() > 500
    assert {parcel for _, parcel in scope.ends} >= {"disposed", "delivered", "picked_up"}


def test_a_day_less_to_decide_is_found() -> None:
    """The control: what breaks a rule on one path is found."""
    with (
        patch.object(warehouse, "decision_bound", lambda at, policy: at + timedelta(days=policy.decision_days - 1)),
        pytest.raises(Fault, match="TIM-3"),
    ):
        Scope().search()


def test_a_unit_handed_over_undecided_is_found() -> None:
    """The control on a path that ends at the counter."""
    original = warehouse.stands_in_the_way

    def looks(it: Any, act: type, *given: Any) -> Any:
        found = original(it, act, *given)
        return None if found is not None and found.code == "not_decided_so" and act is pdo.HandOver else found

    with patch.object(warehouse, "stands_in_the_way", looks), pytest.raises(Fault, match="GDS-4"):
        Scope().search()


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_path_of_a_dear_unit_keeps_the_rules() -> None:
    """Checked in full, perhaps substituted, three letters on their way, seventeen days and both edges of two bounds."""
    scope = Scope(price="12400.00", hours=small_scope.MANY, in_flight_max=3)

    assert scope.search() > 50_000
