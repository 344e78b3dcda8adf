"""What fraud analysts, the lead of points and compliance look at, by hand on a small world, through API v1 and the pages' queries."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.kit.money import Money
from backhaul.marketplace import (
    block_errands,
    block_queries,
    outcome_store,
    oversight_queries,
    oversight_views,
    point_queries,
    publications,
    staff_views,
    tables,
    term_queries,
)
from backhaul.marketplace.rules import blocks as b
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.words import Mark, Route, Status
from tests.marketplace.cast import ELIF, EXPLAINED, IML, IRINA, KETTLE, MARINA, MUG, NADIA, OLEG, Market, market, moscow
from tests.marketplace.people import calling, let_in, session, told
from tests.test_plans import plan

SUBSTITUTED = do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", ("a", "b", "c"))


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def swapped(shop: Market) -> int:
    return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.does(IML, return_id, SUBSTITUTED)
    return return_id


def substitutions(shop: Market, days: int = 30) -> oversight_views.SubstitutionsView:
    with shop.office.database.read() as tx:
        asked = staff_views.over(shop.clock.now(), days)
        return oversight_views.substitutions(tx, asked)


def compliance(shop: Market, days: int = 30) -> oversight_views.ComplianceView:
    with shop.office.database.read() as tx:
        asked = staff_views.over(shop.clock.now(), days)
        return oversight_views.compliance(tx, asked, shop.office.house.terms.policy)


def test_substitutions_are_counted_by_customer_and_point_and_a_revised_mark_is_none(shop: Market) -> None:
    """Of three kettles one was swapped; the mark of another was revised. Its block stands for the first still."""
    first, second = shop.in_status(Status.AT_PARTNER, KETTLE), shop.in_status(Status.AT_PARTNER, KETTLE)
    shop.in_status(Status.AT_PARTNER, KETTLE)
    for return_id in (first, second):
        shop.does(IML, return_id, SUBSTITUTED)
    shop.does(IML, second, do.RecordMark(Mark.SERVICEABLE, 2, "", ("a",)))
    told_of = substitutions(shop)

    assert (1, Money(5_300_00)) == (told_of.substituted, told_of.worth)
    assert [oversight_queries.SwappingCustomer(IRINA.subject, 1, 1, Money(5_300_00))] == list(told_of.customers)
    [point] = told_of.points
    assert (OLEG.subject, 1, 3, 6, 79) == (
        point.point_id, point.substituted.part, point.substituted.whole, point.substituted.low_pct, point.substituted.high_pct,
    )  # fmt: skip
    assert (1, 0, None, 0.0) == (
        told_of.appeals.blocks, told_of.appeals.open, told_of.appeals.upheld.pct, told_of.appeals.false.pct,
    )  # fmt: skip


@pytest.mark.parametrize(("upheld", "share"), [(True, 100.0), (False, 0.0)])
def test_a_block_whose_appeal_was_upheld_was_false(shop: Market, upheld: bool, share: float) -> None:  # noqa: FBT001 -- the case
    swapped(shop)
    policy = shop.office.house.terms.policy
    shop.errand(lambda tx, at: block_errands.appeal(tx, b.Appeal(EXPLAINED), IRINA, policy, at))
    assert 1 == substitutions(shop).appeals.open
    answer = b.DecideAppeal(upheld=upheld, comment=EXPLAINED)
    shop.errand(lambda tx, at: block_errands.review(tx, 1, answer, NADIA, policy, at))
    found = substitutions(shop).appeals

    assert (0, share, share) == (found.open, found.upheld.pct, found.false.pct)
    shop.clock.turn_to(shop.clock.now() + timedelta(days=31))
    assert (0, 1) == (substitutions(shop).appeals.blocks, substitutions(shop, 90).appeals.blocks)


def test_a_block_that_a_revised_mark_ended_was_false(shop: Market) -> None:
    shop.does(IML, swapped(shop), do.RecordMark(Mark.SERVICEABLE, 2, "", ("a",)))
    found = substitutions(shop).appeals

    assert (1, 100.0, None) == (found.blocks, found.false.pct, found.upheld.pct)


def test_a_refund_is_near_its_last_day_two_days_before_it(shop: Market) -> None:
    """Asked for on 2 September at 10:00, so it may be paid until 12 September at 10:00 (D10)."""
    return_id = shop.in_status(Status.REFUNDED_WITHOUT_RETURN, MUG)
    shop.clock.turn_to(moscow("2024-09-10 09:59"))
    assert () == compliance(shop).refunds
    shop.clock.turn_to(moscow("2024-09-10 10:00"))

    [late] = compliance(shop).refunds
    assert (return_id, "held", Money(1_200_00), moscow("2024-09-12 10:00")) == (
        late.return_id, late.refund, late.amount, late.until,
    )  # fmt: skip


def test_a_refund_is_near_the_last_day_that_the_law_counts_from_the_sending_and_the_acceptance(shop: Market) -> None:
    """Drafted on 2 September, sent on 5 September at 10:00: until 15 September. The point takes the other in on the 13th at 12:00.

    Where the law gave five days, the first would have until 10 September, and the other a day after its acceptance.
    """
    drafted, accepted = shop.draft(MUG), shop.draft()
    shop.clock.turn_to(moscow("2024-09-05 10:00"))
    for by, return_id, given in (
        (IRINA, drafted, do.Submit()), (ELIF, drafted, do.RefundWithoutReturn()), (IRINA, accepted, do.Submit()),
    ):  # fmt: skip
        shop.does(by, return_id, given)
    shop.does(ELIF, accepted, do.Approve(Route.A), "2024-09-08 10:00")
    shop.clock.turn_to(moscow("2024-09-13 12:00"))
    check = do.CheckIn(OLEG.subject, same_product=True, used=False, photos=(shop.photo,) * 2)
    for at, found in (("2024-09-13 09:59", ()), ("2024-09-13 10:00", (drafted,))):
        with shop.office.database.read() as tx:
            asked = staff_views.over(moscow(at), 30)
            looked = oversight_views.compliance(tx, asked, shop.office.house.terms.policy)
        assert found == tuple(one.return_id for one in looked.refunds)
    shop.does(OLEG, accepted, check)
    policy = Policy(refund_ceiling_days=5)
    with shop.office.database.read() as tx:
        both = [
            [it.id for it in oversight_queries.late_refunds(tx, moscow(before), policy)[0]]
            for before in ("2024-09-14 11:59", "2024-09-14 12:00")
        ]
        first, count = oversight_queries.late_refunds(tx, moscow("2024-09-14 12:00"), policy, 1)

    assert [[drafted], [drafted, accepted]] == both
    assert ([drafted], 2) == ([it.id for it in first], count)


def test_rejections_stand_by_their_reason_with_what_disputes_made_of_them(shop: Market) -> None:
    shop.in_status(Status.REJECTED)
    disputed = shop.in_status(Status.DISPUTE)
    shop.does(NADIA, disputed, do.DecideDispute(for_customer=True, comment=EXPLAINED))
    shop.in_status(Status.DISPUTE)
    [reason] = compliance(shop).rejections

    assert ("looks_used", 3, 2, 1, 1) == (
        reason.reason, reason.rejected, reason.disputed, reason.overturned.part, reason.overturned.whole,
    )  # fmt: skip


def test_disposals_and_published_terms_stand_the_latest_first(shop: Market) -> None:
    first = shop.in_status(Status.DISPOSED_BY_MARKETPLACE)
    shop.clock.turn_to(shop.clock.now() + timedelta(days=1))
    second = shop.in_status(Status.DISPOSED_BY_MARKETPLACE)
    changed, why = Policy(answer_days=4), "Sellers asked for one day more."
    shop.errand(lambda tx, at: publications.publish_policy(tx, changed, at, MARINA, why, at, seen="0"))
    with shop.office.database.read() as tx:
        [latest], onward = oversight_queries.disposed(tx, most=1)
        assert onward is not None
        [behind], end = oversight_queries.disposed(tx, onward, 1)
    [published] = compliance(shop).published

    assert (second, first, None) == (latest.return_id, behind.return_id, end)
    assert (shop.now_is(first).certificate, "A", moscow("2024-09-02 10:00")) == (
        behind.certificate,
        behind.route,
        behind.at,
    )
    assert ("policy", "2", "marina", why) == (published.kind, published.version, published.published_by, published.why)


def test_points_tell_what_they_did_in_the_days_and_what_waits_now(shop: Market) -> None:
    shop.in_status(Status.REFUSED_AT_PVZ)
    shop.in_status(Status.ACCEPTED_AT_PVZ)
    shop.in_status(Status.ON_THE_WAY)
    now = shop.clock.now()
    with shop.office.database.read() as tx:
        [inside] = point_queries.figures(tx, now, now, now)
        [outside] = point_queries.figures(
            tx, now + timedelta(seconds=1), now + timedelta(days=1), now + timedelta(days=1)
        )

    assert (2, 1, 1, 0, 0) == (inside.accepted, inside.refused, inside.waiting, inside.dwelling, inside.hold_us)
    assert (0, 0, 1, 1, None) == (outside.accepted, outside.refused, outside.waiting, outside.dwelling, outside.hold_us)


def test_the_worst_of_many_points_is_ranked_before_the_list_is_cut(shop: Market) -> None:
    """Of 601 points the last one by its name refused all, and half of what it took in was substituted."""
    us = to_us(shop.clock.now())
    row = {
        "seller_id": 1, "customer_ref": "C-9", "reason_group": "defect", "price_minor": 1, "earlier": 0, "asked_us": us,
        "queue": "", "act_us": None, "rejected": "", "reason": "", "dispute": "", "unchecked": 0, "accepted_us": None,
        "hold_us": None, "certificate": "", "disposed_us": None,
    }  # fmt: skip
    outcomes = [
        {**row, "return_id": 10_000 * taken + n, "point_id": f"P{n:03}", "taken": ("refused", "accepted")[taken],
         "mark": "substituted" if taken and (n < 101 or n == 600) else ""}
        for n in range(601)
        for taken in (0, *[1] * (n != 600))
    ]  # fmt: skip
    worst = [
        {**outcomes[0], "return_id": 90_000 + n, "point_id": "P600", "taken": ("accepted", "refused")[n > 3],
         "mark": "substituted" if n < 4 else ""}
        for n in range(40)
    ]  # fmt: skip
    points = [{"id": f"P{n:03}", "kind": "pickup", "address": f"Street {n}"} for n in range(601)]
    shop.errand(lambda tx, _: tx.many(outcome_store.INSERT, [*outcomes, *worst]))
    shop.errand(lambda tx, _: tx.many(Statement(tables.points.insert()), points))
    shop.errand(let_in)
    told_of = substitutions(shop)
    with calling(shop) as call:
        page = call(session(shop, "marina")).get(
            "/support/points", headers={"cookie": f"marketplace_session={session(shop, 'marina')}"}
        )
        by_api = call("marina").get("/api/v1/points").json()

    assert ("P600", 4, 4, 100, 102) == (
        told_of.points[0].point_id, told_of.points[0].substituted.part, told_of.points[0].substituted.whole,
        len(told_of.points), told_of.points_count,
    )  # fmt: skip
    shown = re.findall(r"<b>(P\d{3})</b>", page.text)
    assert (100, "P600", "Street 600") == (len(shown), shown[0], re.findall(r"Street \d+", page.text)[0])
    assert "The first 100 of 601 points are shown." in page.text
    assert (601, "P600", 37) == (len(by_api), by_api[-1]["id"], by_api[-1]["refused"])


def test_open_appeals_go_on_by_api_v1_and_are_narrowed(shop: Market) -> None:
    shop.errand(let_in)
    swapped(shop)
    policy = shop.office.house.terms.policy
    shop.errand(lambda tx, at: block_errands.appeal(tx, b.Appeal(EXPLAINED), IRINA, policy, at))
    with calling(shop) as call:
        nadia = call("nadia")
        found = {
            said: [one["id"] for one in nadia.get(f"/api/v1/blocks?appeals=true&{said}").json()]
            for said in ("limit=1", "level=level_2", "within_hours=1", f"after={2**62}-1", "after=nonsense")
        }
        refused = told(nadia.get("/api/v1/blocks?appeals=true&within_hours=0"))

    assert {
        "limit=1": [1],
        "level=level_2": [],
        "within_hours=1": [],
        f"after={2**62}-1": [],
        "after=nonsense": [1],
    } == found
    assert (422, "field_invalid") == refused


def test_no_figure_reads_all_returns(shop: Market) -> None:
    values: dict[str, Any] = {
        "from_us": 0, "until_us": 1, "before_us": 1, "after_request_us": 1, "after_acceptance_us": 1, "before_id": 1, "status": "accepted_at_pvz", "states": ["held"],
        "statuses": ["new"], "appeal": "open", "level": "", "after_us": 0, "after_id": 0,
    }  # fmt: skip
    statements = (
        oversight_queries.CUSTOMERS, oversight_queries.SUBSTITUTED, oversight_queries.BLOCKS, oversight_queries.REJECTED,
        oversight_queries.LATE_REFUNDS, oversight_queries.DISPOSED, point_queries.FIGURES, point_queries.WAITING,
        point_queries.SWAPPING,
        block_queries.APPEALS, term_queries.IN_STATUSES,
    )  # fmt: skip
    with shop.office.database.read() as tx:
        if tx.dialect == "sqlite":
            values |= {"states": '["held"]', "statuses": '["new"]'}
        plans = [plan(tx, statement, tx.dialect, **values) for statement in statements]

    tables = "returns|return_outcomes|return_money|blocks"
    assert "return_outcomes_rejected" in plans[3]
    assert [] == [one for one in plans if re.search(rf"SCAN ({tables})\b(?! USING)|Seq Scan on ({tables})\b", one)]


def test_they_are_read_by_api_v1_by_those_whose_work_it_is(shop: Market) -> None:
    shop.errand(let_in)
    swapped(shop)

    with calling(shop) as call:
        marina, nadia = call("marina"), call("nadia")
        figures = nadia.get("/api/v1/metrics/substitutions?days=30").json()
        looked = marina.get("/api/v1/metrics/compliance").json()
        disposals = marina.get("/api/v1/disposals?limit=1").json()
        [point] = marina.get("/api/v1/points?days=90").json()
        refused = [
            told(nadia.get("/api/v1/metrics/compliance")), told(nadia.get("/api/v1/disposals")),
            told(call("oleg").get("/api/v1/metrics/substitutions")), told(marina.get("/api/v1/metrics/substitutions?days=7")),
            told(marina.get("/api/v1/points?days=7")),
        ]  # fmt: skip

    assert (1, IRINA.subject) == (figures["substituted"], figures["customers"][0]["customer_ref"])
    assert 1 == looked["appeals"]["blocks"] == figures["appeals"]["blocks"]
    assert ([], "") == (disposals["disposals"], disposals["next"])
    assert (1, 1, 21, 100) == tuple(
        point[name] for name in ("accepted", "substituted", "substituted_low_pct", "substituted_high_pct")
    )
    wrong, not_theirs = (422, "field_invalid"), (403, "not_your_role")
    assert [not_theirs, not_theirs, not_theirs, wrong, wrong] == refused
