"""R99: what differs between both houses, and what heals it, cell by cell. No remedy makes a physical fact (D17)."""

import pytest
from msgspec.structs import replace

from backhaul.partner.rules.agreement import Gap, Remedy, Side, Stage, What, gaps

COMING = Side()
LOST = Side(Stage.LOST)
HERE = Side(Stage.HERE, 1000, parcel_status="arrived", decision="none", decide_by_us=9000)
MARKED = replace(HERE, mark="serviceable", mark_revision=1)
SHIPPED = replace(MARKED, parcel_status="in_work", decision="ship_hk")
GONE = replace(MARKED, parcel_status="disposed", decision="dispose", certificate="DC-1")

CELLS = [
    (None, None, []),
    (COMING, COMING, []),
    (HERE, HERE, []),
    (GONE, GONE, []),
    (COMING, None, [(What.MISSING_THERE, Remedy.PERSON)]),
    (None, COMING, [(What.MISSING_HERE, Remedy.ASK)]),
    (None, HERE, [(What.MISSING_HERE, Remedy.ASK)]),
    (COMING, LOST, [(What.LOSS, Remedy.ASK)]),
    (LOST, COMING, [(What.LOSS, Remedy.PERSON)]),
    # An arrival is told again by who saw it; nobody invents one.
    (HERE, COMING, [(What.ARRIVAL, Remedy.TELL)]),
    (HERE, LOST, [(What.ARRIVAL, Remedy.TELL)]),
    (COMING, HERE, [(What.ARRIVAL, Remedy.PERSON)]),
    (LOST, HERE, [(What.ARRIVAL, Remedy.PERSON)]),
    (HERE, replace(HERE, arrived_at_us=1001), [(What.ARRIVAL, Remedy.PERSON)]),
    (MARKED, HERE, [(What.MARK, Remedy.TELL)]),
    (HERE, MARKED, [(What.MARK, Remedy.PERSON)]),
    (MARKED, replace(MARKED, mark="substituted"), [(What.MARK, Remedy.PERSON)]),
    (replace(MARKED, mark_revision=2), MARKED, [(What.MARK, Remedy.TELL)]),
    (SHIPPED, MARKED, [(What.STATUS, Remedy.TELL), (What.DECISION, Remedy.TELL)]),
    (GONE, replace(GONE, certificate=""), [(What.DISPOSAL, Remedy.TELL)]),
    (replace(GONE, certificate=""), GONE, [(What.DISPOSAL, Remedy.PERSON)]),
    (HERE, replace(HERE, decide_by_us=8999), [(What.DEADLINE, Remedy.TELL)]),
    # A bound counts only while somebody still has to decide.
    (replace(HERE, decision="pickup"), replace(HERE, decision="pickup", decide_by_us=1), []),
    # What the marketplace holds until a claim is settled cannot be compared.
    (HERE, Side(Stage.HELD), []),
    (None, Side(Stage.HELD), []),
]


@pytest.mark.parametrize(("ours", "theirs", "found"), CELLS)
def test_what_differs_and_what_heals_it(
    ours: Side | None, theirs: Side | None, found: list[tuple[What, Remedy]]
) -> None:
    assert found == [(gap.what, gap.remedy) for gap in gaps(ours, theirs)]


def test_a_gap_says_what_each_side_holds() -> None:
    assert [Gap(What.MARK, "serviceable 1", "", Remedy.TELL)] == gaps(MARKED, HERE)
    assert [Gap(What.ARRIVAL, "1000", "", Remedy.TELL)] == gaps(HERE, COMING)
