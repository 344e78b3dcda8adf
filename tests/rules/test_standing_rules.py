"""P25: standing rules by price, SKU and reason; every condition that is said must hold."""

import msgspec
import pytest

from backhaul.kit.machine import Refused
from backhaul.partner.rules import commands as do
from backhaul.partner.rules import events as e
from backhaul.partner.rules.policy import Policy
from backhaul.partner.rules.standing import Wanted, ceiling, check, fits
from backhaul.partner.rules.words import Decision, InspectionStatus, Status
from tests.partner.cast import LIU_NA, LUMITEK_COMPANY, RUSLAN, ParcelStory, announced, cheaper_than, moscow, rub


def rule(below_rub: int | None = None, sku: int | None = None, reason: str = "", rule_id: int = 1) -> e.StandingRule:
    return e.StandingRule(rule_id, LUMITEK_COMPANY, below_rub, sku, reason)


@pytest.mark.parametrize(
    ("conditions", "disposed"),
    [
        (rule(sku=700_100), True),
        (rule(sku=700_101), False),
        (rule(reason="did_not_fit"), True),
        (rule(reason="changed_mind"), False),
        (rule(2301, 700_100, "did_not_fit"), True),
        (rule(2300, 700_100, "did_not_fit"), False),  # the hub costs 2,300.00: not below
        (rule(2301, 700_101, "did_not_fit"), False),
        (rule(), False),
    ],
)
def test_every_condition_of_a_rule_must_hold(conditions: e.StandingRule, disposed: bool) -> None:  # noqa: FBT001
    story = ParcelStory(announced(sku=700_100, price=rub("2300.00"), reason="did_not_fit"))
    story.around = msgspec.structs.replace(story.around, rules=(conditions,))
    story.arrived()

    assert disposed is fits(conditions, story.it.unit)
    assert disposed is (story.it.decision is Decision.DISPOSE)


def test_the_timeline_names_the_oldest_rule_that_fits_and_a_person_has_two_hours() -> None:
    story = ParcelStory()
    rules = (cheaper_than(9000, rule_id=7), rule(reason="did_not_fit", rule_id=3))
    story.around = msgspec.structs.replace(story.around, rules=rules)
    decided = story.arrived("2024-10-03 16:42").events[-1]

    assert ("rule", 3) == (decided.by_whom, decided.rule.id)
    assert moscow("2024-10-03 18:42") == story.it.disposal.hold_until
    story.does(LIU_NA, do.Decide("pickup"), "2024-10-03 18:41")
    assert Decision.PICKUP is story.it.decision


@pytest.mark.parametrize(("is_defect", "disposed"), [(True, False), (False, True), (None, True)])
def test_a_rule_may_look_at_units_with_or_without_a_defect_only(is_defect: bool | None, disposed: bool) -> None:  # noqa: FBT001
    story = ParcelStory(announced(price=rub("2300.00"), reason="did_not_fit"))
    rules = (e.StandingRule(1, LUMITEK_COMPANY, 2301, is_defect=is_defect),)
    story.around = msgspec.structs.replace(story.around, rules=rules)
    story.arrived()

    assert disposed is (story.it.decision is Decision.DISPOSE)


def test_what_a_rule_of_a_key_chose_can_be_undone_for_a_day() -> None:
    story = ParcelStory()
    rules = (e.StandingRule(1, LUMITEK_COMPANY, 9000, through_key=True),)
    story.around = msgspec.structs.replace(story.around, rules=rules)
    story.arrived("2024-10-03 16:42")

    assert moscow("2024-10-04 16:42") == story.it.disposal.hold_until


def test_a_ceiling_is_the_highest_rule_that_looks_at_the_price_alone() -> None:
    rules = [
        rule(500), rule(900, sku=700_100), rule(900, reason="did_not_fit"),
        e.StandingRule(4, LUMITEK_COMPANY, 700, is_defect=True), e.StandingRule(5, LUMITEK_COMPANY, 300, is_defect=False),
    ]  # fmt: skip

    assert [700, 500] == [ceiling(rules, is_defect=is_defect) for is_defect in (True, False)]
    assert ceiling(rules[1:3], is_defect=True) is None
    assert Wanted(500, is_defect=True).same_as(rules[3]) is False
    assert Wanted(700, is_defect=True).same_as(rules[3])


@pytest.mark.parametrize(
    ("shown", "taken"),
    [
        ("123456", True),
        (" PK0000000000ABCD ", True),
        ("pk0000000000abcd", True),
        ("PK0000000000ABCE", False),
        ("", False),
    ],
)
def test_the_units_code_or_the_sellers_bar_code_opens_the_shelf(shown: str, taken: bool) -> None:  # noqa: FBT001
    story = ParcelStory()
    story.around = msgspec.structs.replace(story.around, pickup_code="123456", pickup_barcode="PK0000000000ABCD")
    story.arrived("2024-10-03 16:42")
    story.does(LIU_NA, do.Decide("pickup"), "2024-10-03 18:00")
    hand_over = do.HandOver("Sun Li", shown)

    if taken:
        story.does(RUSLAN, hand_over, "2024-10-04 10:00")
        assert Status.PICKED_UP is story.it.status
    else:
        with pytest.raises(Refused, match="wrong_code"):
            story.does(RUSLAN, hand_over, "2024-10-04 10:00")


def test_without_a_bar_code_nothing_opens_with_nothing() -> None:
    story = ParcelStory()
    story.around = msgspec.structs.replace(story.around, pickup_code="", pickup_barcode="")
    story.arrived("2024-10-03 16:42")
    story.does(LIU_NA, do.Decide("pickup"), "2024-10-03 18:00")

    with pytest.raises(Refused, match="wrong_code"):
        story.does(RUSLAN, do.HandOver("Sun Li", ""), "2024-10-04 10:00")


def test_a_choice_for_the_one_unit_names_no_rule() -> None:
    story = ParcelStory()
    story.around = msgspec.structs.replace(story.around, rules=(cheaper_than(9000),))
    story.does(LIU_NA, do.DisposeOnArrival())

    assert story.arrived().events[-1].rule is None


def test_a_rule_never_reaches_a_unit_that_must_be_inspected() -> None:
    story = ParcelStory(announced(reason="defective", reason_group="defect"))
    story.around = msgspec.structs.replace(story.around, rules=(cheaper_than(9000),))
    story.arrived()

    assert (Decision.NONE, InspectionStatus.QUEUED) == (story.it.decision, story.it.inspection.status)


@pytest.mark.parametrize(
    ("wanted", "country", "code"),
    [
        (Wanted(), "CN", "rule_without_condition"),
        (Wanted(below_rub=1500), "TR", "disposal_not_in_your_variant"),
        (Wanted(below_rub=9000), "CN", "rule_is_there"),
    ],
)
def test_a_rule_that_says_nothing_or_the_same_is_refused(wanted: Wanted, country: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check(wanted, [cheaper_than(9000)], country, Policy())

    assert code == refused.value.code


def test_a_seller_has_so_many_rules_and_no_more() -> None:
    there = [rule(sku=n, rule_id=n) for n in range(1, 100)]
    check(Wanted(sku=100), there, "CN", Policy())
    with pytest.raises(Refused) as refused:
        check(Wanted(sku=101), [*there, rule(sku=100, rule_id=100)], "CN", Policy())

    assert ("too_many_rules", {"rules_max": 100}) == (refused.value.code, refused.value.facts)
