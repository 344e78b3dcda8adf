"""8.1 and D21: who is drawn, how the share of a stratum moves, and that anybody computes the same from the published key.

Expected HMACs were made with another tool (`openssl dgst -sha256 -hmac`), the bounds with the binomial distribution.
"""

from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import msgspec
import pytest

from backhaul.partner.rules import events as e
from backhaul.partner.rules import sampling
from backhaul.partner.rules.policy import Policy, Terms
from backhaul.partner.rules.sampling import Drawing, Stratum, Ticket
from backhaul.partner.rules.words import InspectionStatus, Mark
from tests.partner.cast import ALWAYS, LINKED, NOT_DRAWN, PROVEN, ParcelStory, announced, cheaper_than, moscow, rub

KEY = b"an epoch key of thirty-two bytes"
HALF = "8" + "0" * 63
EDGE = "3" * 64  # 0.2 in binary is 0.00110011...: this is the last number below 0.20
ABOVE = "3" * 63 + "4"


def drawing(digest: str, *strata: Stratum, **more: Any) -> Drawing:
    usual = Drawing((Ticket(12, *ALWAYS, digest),), strata or PROVEN, 1000, 1000)  # type: ignore[arg-type]
    return msgspec.structs.replace(usual, **more)


def arrives(
    found: Drawing | None, policy: Policy | None = None, at: str = "2024-10-03 16:42", **told: Any
) -> ParcelStory:
    around = msgspec.structs.replace(LINKED, drawing=found)
    story = ParcelStory(announced(**told), around, Terms(policy or Policy(), "7"))
    return story.arrived(at)


# -- The number -------------------------------------------------------------------------------------------------------


def test_the_number_is_the_hmac_of_the_return_number() -> None:
    """RFC 4231, test case 2."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert expected == sampling.digest(b"Jefe", "what do ya want for nothing?")


@pytest.mark.parametrize(
    ("digest", "share_pct", "drawn"),
    [
        ("0" * 64, 0, False), ("0" * 64, 1, True), (EDGE, 20, True), (ABOVE, 20, False), ("f" * 64, 99, False),
        ("f" * 64, 100, True), (HALF, 50, False), ("7" + "f" * 63, 50, True),
    ],
)  # fmt: skip
def test_drawn_is_what_lies_below_the_share(digest: str, share_pct: int, drawn: bool) -> None:  # noqa: FBT001
    assert drawn is sampling.is_below(digest, share_pct)


def test_the_shown_number_is_cut_and_never_rounded_up_to_the_share() -> None:
    assert "0.199999" == sampling.decimal(EDGE)
    assert "0.500000" == sampling.decimal(HALF)
    assert "0.999999" == sampling.decimal("f" * 64)
    assert "0.000000" == sampling.decimal("0" * 64)


def test_for_a_fixed_key_and_share_the_drawn_share_lies_in_its_binomial_bounds() -> None:
    """D21: 100,000 numbers, 20 %: within 4 standard deviations of 20,000; and the same again from the same key."""
    count, share = 100_000, 20
    numbers = [sampling.digest(KEY, f"R-{n}") for n in range(count)]
    drawn = sum(sampling.is_below(number, share) for number in numbers)
    deviation = sqrt(count * 0.20 * 0.80)

    assert 126 < deviation < 127
    assert abs(drawn - 20_000) < 4 * deviation
    assert numbers[::1000] == [sampling.digest(KEY, f"R-{n}") for n in range(0, count, 1000)]


# -- CSP-1 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("clean_run", "share"), [(0, 100), (24, 100), (25, 20), (400, 20)])
def test_everything_is_checked_until_25_in_a_row_were_clean(clean_run: int, share: int) -> None:
    assert share == sampling.share_pct(Stratum("all", 500, clean_run), Policy(), overloaded=False)


@pytest.mark.parametrize(("policy", "overloaded", "share"), [
    (Policy(), True, 5), (Policy(draw_share_pct=3), False, 5), (Policy(draw_share_pct=5), False, 5),
    (Policy(draw_floor_pct=0), True, 0),
])  # fmt: skip
def test_the_share_never_falls_below_the_floor(policy: Policy, overloaded: bool, share: int) -> None:  # noqa: FBT001
    assert share == sampling.share_pct(Stratum("all", 500, 25), policy, overloaded=overloaded)


@pytest.mark.parametrize(("own", "seller", "house", "speaks"), [
    (25, 30, 90, "own"), (24, 25, 90, "seller"), (24, 24, 90, "house"), (0, 0, 0, "house"),
])  # fmt: skip
def test_a_thin_stratum_shares_its_parent_until_it_has_25_units(own: int, seller: int, house: int, speaks: str) -> None:
    strata = (Stratum("own", own), Stratum("seller", seller), Stratum("house", house))

    assert speaks == sampling.governing(strata, Policy()).name


def test_a_stratum_is_seller_by_point_by_category() -> None:
    unit = ParcelStory(announced(point_id="77-0412")).it.unit

    assert ("seller:2093311/point:77-0412/electronics", "seller:2093311", "all") == sampling.scopes(unit)
    assert "sku:2093311/700100" == sampling.sku_scope(unit)


@pytest.mark.parametrize(("told", "mark", "finding"), [
    ({}, Mark.SERVICEABLE, False), ({}, Mark.PARTIALLY_DAMAGED, True), ({}, Mark.COMPLETELY_DAMAGED, True),
    ({}, Mark.SUBSTITUTED, True), ({"used": True}, Mark.PARTIALLY_DAMAGED, False),
    ({"used": True}, Mark.COMPLETELY_DAMAGED, True), ({"complete": False}, Mark.PARTIALLY_DAMAGED, False),
    ({"reason_group": "defect"}, Mark.COMPLETELY_DAMAGED, False), ({"reason_group": "defect"}, Mark.SERVICEABLE, True),
    ({"reason_group": "damage_on_delivery"}, Mark.PARTIALLY_DAMAGED, False),
    ({"reason_group": "defect"}, Mark.SUBSTITUTED, True), ({"reason_group": "misgrading"}, Mark.SERVICEABLE, False),
])  # fmt: skip
def test_a_finding_is_a_mark_that_reason_and_pick_up_check_do_not_predict(
    told: dict[str, Any], mark: Mark, finding: bool  # noqa: FBT001
) -> None:  # fmt: skip
    assert finding is sampling.is_finding(ParcelStory(announced(**told)).it.unit, mark)


# -- The arrival ------------------------------------------------------------------------------------------------------


def test_a_number_below_the_share_is_checked_and_says_why() -> None:
    story = arrives(drawing(EDGE), point_id="77-0412")

    expected = e.Draw(12, EDGE, 20, drawn=True, stratum="seller:2093311/point:77-0412/electronics", basis=PROVEN[0].name,
                      policy_version="7")  # fmt: skip
    assert expected == story.it.draw
    assert (InspectionStatus.QUEUED, ("drawn",)) == (story.it.inspection.status, story.it.inspection.reasons)


def test_a_number_on_the_share_is_not_inspected_and_the_draw_is_kept() -> None:
    story = arrives(drawing(ABOVE))

    assert InspectionStatus.NONE is story.it.inspection.status
    assert (12, 20, False) == (story.it.draw.epoch, story.it.draw.share_pct, story.it.draw.drawn)  # type: ignore[union-attr]


def test_a_rule_picks_whatever_was_drawn_and_stands_in_the_log() -> None:
    story = arrives(drawing(ABOVE), serial="SN-1")

    assert ("serial",) == story.it.inspection.reasons
    assert (False, ("serial",)) == (story.it.draw.drawn, story.it.draw.rules)  # type: ignore[union-attr]


def test_an_unproven_stratum_is_checked_whole() -> None:
    story = arrives(drawing("f" * 64, Stratum("own", 30, 24), Stratum("seller", 90, 90), Stratum("all", 90, 90)))

    assert ("drawn",) == story.it.inspection.reasons
    assert (100, "own") == (story.it.draw.share_pct, story.it.draw.basis)  # type: ignore[union-attr]


@pytest.mark.parametrize(("seller", "sku", "reasons"), [
    (19, 1000, ("seller_new",)), (20, 1000, ()), (1000, 9, ("sku_new",)), (1000, 10, ()), (19, 9, ("seller_new", "sku_new")),
])  # fmt: skip
def test_the_first_20_units_of_a_seller_and_10_of_a_product_are_checked(
    seller: int, sku: int, reasons: tuple[str, ...]
) -> None:
    story = arrives(drawing(HALF, seller_arrived=seller, sku_arrived=sku))

    assert reasons == story.it.inspection.reasons


@pytest.mark.parametrize(("at", "drawn"), [("2024-09-30 00:00", 5), ("2024-10-06 23:59", 5), ("2024-10-07 00:00", 6)])
def test_an_epoch_holds_from_its_first_instant_to_the_last_before_the_next(at: str, drawn: int) -> None:
    tickets = (
        Ticket(6, moscow("2024-10-07 00:00"), moscow("2024-10-14 00:00"), HALF),
        Ticket(5, moscow("2024-09-30 00:00"), moscow("2024-10-07 00:00"), HALF),
    )
    story = arrives(drawing(HALF, tickets=tickets), at=at)

    assert drawn == story.it.draw.epoch  # type: ignore[union-attr]


@pytest.mark.parametrize("found", [None, drawing(HALF, tickets=()), drawing(
    HALF, tickets=(Ticket(5, moscow("2024-09-01 00:00"), moscow("2024-10-03 16:42"), HALF),))])  # fmt: skip
def test_without_a_published_epoch_everything_is_checked(found: Drawing | None) -> None:
    story = arrives(found)

    assert (None, ("draw_closed",)) == (story.it.draw, story.it.inspection.reasons)


@pytest.mark.parametrize(("due", "share"), [("2024-10-03 16:42", 5), ("2024-10-03 16:43", 100)])
def test_a_queue_beyond_its_target_leaves_only_the_floor_to_the_draw(due: str, share: int) -> None:
    new = (Stratum("own"), Stratum("seller"), Stratum("all"))
    story = arrives(drawing(HALF, *new, queue_due=moscow(due)))

    assert share == story.it.draw.share_pct  # type: ignore[union-attr]


def test_overload_never_touches_the_rules() -> None:
    story = arrives(drawing(HALF, queue_due=moscow("2024-10-01 00:00")), price=rub("10000.01"))

    assert ("price",) == story.it.inspection.reasons


@pytest.mark.parametrize(("policy", "told", "reason"), [
    (Policy(watched_points=("77-0412",)), {"point_id": "77-0412"}, "point_watched"),
    (Policy(), {"watch": ("dispute",)}, "dispute"),
])  # fmt: skip
def test_what_is_watched_is_checked(policy: Policy, told: dict[str, Any], reason: str) -> None:
    assert (reason,) == arrives(NOT_DRAWN, policy, **told).it.inspection.reasons


@pytest.mark.parametrize(
    ("told", "reasons"), [({"used": True}, ("disposal",)), ({"complete": False}, ("disposal",)), ({}, ())]
)
def test_a_unit_on_its_way_to_disposal_is_checked_when_somebody_may_be_liable(
    told: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    around = msgspec.structs.replace(LINKED, rules=(cheaper_than(3000),))
    story = ParcelStory(announced(**told), around).arrived()

    assert reasons == story.it.inspection.reasons
    assert ("none" if reasons else "dispose") == story.it.decision


def test_a_check_is_due_two_working_days_after_the_arrival() -> None:
    """3 October 2024 is a Thursday: until the end of Monday."""
    assert moscow("2024-10-08 00:00") == arrives(drawing("0" * 64)).it.inspection.due


# -- Epochs -----------------------------------------------------------------------------------------------------------


def epoch(last: datetime | None, at: str) -> tuple[datetime, datetime]:
    return sampling.next_epoch(last, moscow(at), Policy())


def test_the_first_epoch_begins_tomorrow_so_that_its_hash_is_public_before() -> None:
    assert (moscow("2024-10-04 00:00"), moscow("2024-10-11 00:00")) == epoch(None, "2024-10-03 16:42")


def test_the_next_epoch_begins_when_the_last_one_ends() -> None:
    assert (moscow("2024-10-11 00:00"), moscow("2024-10-18 00:00")) == epoch(
        moscow("2024-10-11 00:00"), "2024-10-04 00:00"
    )


def test_after_a_long_absence_the_next_epoch_begins_tomorrow() -> None:
    began, ended = epoch(moscow("2024-10-11 00:00"), "2024-11-20 08:00")

    assert moscow("2024-11-21 00:00") == began
    assert timedelta(days=7) == ended - began
