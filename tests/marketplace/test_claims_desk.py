"""What the claims desk works through: open claims by time left and filter, their evidence, and how claims end."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit.days import to_us
from backhaul.kit.machine import Refused
from backhaul.kit.money import Money
from backhaul.marketplace import claim_queries, queue_filters, staff_views
from backhaul.marketplace.filters import EVER_US
from backhaul.marketplace.places import START
from backhaul.marketplace.queue_filters import ClaimFilter
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.outcomes import missing_evidence
from backhaul.marketplace.rules.words import ClaimKind, Mark, Status
from tests.marketplace.cast import ANADOLU, CHEN, IML, KETTLE, LUMITEK, MARINA, Market, market
from tests.marketplace.people import calling, let_in, told
from tests.test_plans import plan

PHOTOS = ("a", "b", "c")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def lost(shop: Market) -> tuple[int, int, int]:
    """Three kettles that the carrier lost; the claim of the first is filed."""
    first, second, third = (shop.in_status(Status.ON_THE_WAY, KETTLE) for _ in range(3))
    shop.clock.turn_to(shop.clock.now() + timedelta(days=32))
    while shop.office.desk.sweep():
        pass
    shop.does(CHEN, first, do.FileClaim())
    return first, second, third


def listed(shop: Market, **wanted: Any) -> list[int]:
    with shop.office.database.read() as tx:
        return [it.id for it in claim_queries.soonest(tx, queue_filters.read(ClaimFilter, wanted), shop.clock.now())[0]]


def test_open_claims_stand_by_their_next_step_and_are_narrowed_by_each_filter(shop: Market) -> None:
    """A draft is filed within 14 days, a carrier answers within 30."""
    filed, draft, last = lost(shop)
    file_by = shop.now_is(draft).claim.file_by
    assert file_by is not None
    days = (file_by - shop.clock.now()).days

    assert [draft, last, filed] == listed(shop)
    assert [filed] == listed(shop, state="filed") == listed(shop, state="filed", seller=LUMITEK)
    assert [draft, last] == listed(shop, state="draft", kind=ClaimKind.LOST_IN_TRANSIT, carrier="Linehaul")
    assert ([draft, last], []) == (listed(shop, within_days=days), listed(shop, within_days=days - 1))
    assert (
        []
        == listed(shop, carrier="Nobody")
        == listed(shop, seller=ANADOLU)
        == listed(shop, kind=ClaimKind.SUBSTITUTION)
    )
    with shop.office.database.read() as tx:
        first, onward = claim_queries.soonest(tx, ClaimFilter(), shop.clock.now(), START, 2)
        assert onward is not None
        rest, end = claim_queries.soonest(tx, ClaimFilter(), shop.clock.now(), onward, 2)
    assert ([draft, last], [filed], None) == ([it.id for it in first], [it.id for it in rest], end)
    with pytest.raises(Refused) as refused:
        queue_filters.read(ClaimFilter, {"within_days": "soon"})
    assert ("field_invalid", "within_days") == (refused.value.code, refused.value.field)


def test_the_evidence_of_a_loss_is_the_points_and_of_a_finding_the_inspections_too(shop: Market) -> None:
    filed, *_ = lost(shop)

    assert () == missing_evidence(shop.now_is(filed))


def test_what_ended_is_counted_by_who_paid_and_how_soon(shop: Market) -> None:
    """Five days after its filing 5,300 are paid; another claim is refused, the third is open still."""
    filed, draft, last = lost(shop)
    shop.does(CHEN, last, do.FileClaim())
    shop.clock.turn_to(shop.clock.now() + timedelta(days=5))
    for return_id, commands in (
        (filed, (do.TakeUpClaim(), do.ApproveClaim(), do.PayClaim())),
        (last, (do.TakeUpClaim(), do.RefuseClaim("The carrier has a signature of the receiver."))),
    ):
        for command in commands:
            shop.does(MARINA, return_id, command)
    with shop.office.database.read() as tx:
        told_of = staff_views.claims(tx, staff_views.over(shop.clock.now(), 90))
        before = staff_views.claims(tx, staff_views.over(shop.clock.now() - timedelta(days=8), 30))

    [open_row], [ended] = told_of.open, told_of.ended
    assert ("Linehaul", 1, Money(5_300_00), 0) == (open_row.carrier, open_row.count, open_row.amount, open_row.late)
    assert (1, 2, 50.0, Money(5_300_00), 5) == (
        ended.won.part, ended.won.whole, ended.won.pct, ended.paid, ended.days_to_money,
    )  # fmt: skip
    assert (9, 91) == (ended.won.low_pct, ended.won.high_pct)
    assert () == before.ended
    assert [draft] == listed(shop)


def test_a_claim_that_came_to_nothing_stays_counted_when_the_next_one_is_drafted(shop: Market) -> None:
    """Two lost kettles are found: one is another product, the box of the other is broken, and a day later it is another one, too."""
    _, swapped, broken = lost(shop)
    bound = to_us(shop.clock.now() + timedelta(days=14))
    damaged = do.RecordMark(Mark.COMPLETELY_DAMAGED, 1, "Cracked", PHOTOS, packaging_intact=False)
    for return_id, given in (
        (swapped, do.RecordArrival("P-1", to_us(shop.clock.now()), bound)),
        (swapped, do.RecordMark(Mark.SUBSTITUTED, 1, "Other model", PHOTOS)),
        (broken, do.RecordArrival("P-2", to_us(shop.clock.now()), bound, packaging_intact=False)),
        (broken, damaged),
    ):
        shop.does(IML, return_id, given)
    found_at = to_us(shop.clock.now())
    shop.clock.turn_to(shop.clock.now() + timedelta(days=1))
    shop.does(IML, broken, do.RecordMark(Mark.SUBSTITUTED, 2, "Other model", PHOTOS))
    now_us = to_us(shop.clock.now())
    rows = sorted((row for row in shop.dump()["return_claims"] if row[0] == broken), key=lambda row: int(row[1]))
    with shop.office.database.read() as tx:
        told_of = staff_views.claims(tx, staff_views.over(shop.clock.now(), 90))

    assert [(1, "lost_in_transit", "refused"), (2, "carrier_damage", "refused"), (3, "substitution", "filed")] == [
        (row[1], row[4], row[5]) for row in rows
    ]
    assert [(None, found_at), (None, now_us), (now_us, None)] == [tuple(row[-2:]) for row in rows]
    assert [None, None, EVER_US] == [row[7] for row in rows]
    assert {"lost_in_transit": (0, 2), "carrier_damage": (0, 1)} == {
        one.kind: (one.won.part, one.won.whole) for one in told_of.ended
    }
    assert {"lost_in_transit": 1, "substitution": 2} == {one.kind: one.count for one in told_of.open}
    assert 3 == len(listed(shop))


def test_no_list_reads_all_claims(shop: Market) -> None:
    values = {
        "after_us": 0, "until_us": EVER_US, "after_id": 0, "kind": "", "status": "", "carrier": "", "seller": 0, "now_us": 1,
        "from_us": 0,
    }  # fmt: skip
    with shop.office.database.read() as tx:
        statements = (claim_queries.SOONEST, claim_queries.OPEN, claim_queries.ENDED, claim_queries.TIMES)
        plans = [plan(tx, statement, tx.dialect, **values) for statement in statements]

    assert [] == [one for one in plans if re.search(r"SCAN return_claims(?! USING)|Seq Scan on return_claims", one)]
    assert all("return_claims_" in one for one in plans)


def test_support_reads_claims_by_api_v1(shop: Market) -> None:
    shop.errand(let_in)
    filed, draft, last = lost(shop)
    with calling(shop) as call:
        marina = call("marina")
        first = marina.get("/api/v1/claims?limit=2").json()
        [behind] = marina.get("/api/v1/claims", params={"after": first["next"]}).json()["claims"]
        figures = marina.get("/api/v1/metrics/claims?days=30").json()
        refused = [
            told(marina.get("/api/v1/claims?kind=theft")), told(marina.get("/api/v1/metrics/claims?days=1")),
            told(call("nadia").get("/api/v1/claims")), told(call("elif").get("/api/v1/metrics/claims")),
        ]  # fmt: skip

    assert [draft, last] == [one["return_id"] for one in first["claims"]]
    assert (filed, "filed", [], f"/api/v1/returns/{filed}/claim-evidence") == tuple(
        behind[name] for name in ("return_id", "status", "lacks", "evidence")
    )
    assert [("lost_in_transit", "Linehaul", 3)] == [
        tuple(one[name] for name in ("kind", "carrier", "count")) for one in figures["open"]
    ]
    wrong, not_theirs = (422, "field_invalid"), (403, "not_your_role")
    assert [wrong, wrong, not_theirs, not_theirs] == refused
