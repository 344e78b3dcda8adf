"""What waits for a seller's decision: by time left and value, by filters that an address keeps, on the page and by API v1."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from backhaul.kit import migrations
from backhaul.kit.days import end_of_day, to_us
from backhaul.kit.machine import Refused
from backhaul.marketplace import facet_queries, filters, tables
from backhaul.marketplace.calendar_texts import CLOCKS, clocks
from backhaul.marketplace.facet_queries import Waiting
from backhaul.marketplace.filters import ALL, Filter
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.lifecycle import CLAIM, COMPENSATION, REFUND, RETURN, WEIGHT
from backhaul.marketplace.rules.returns import Return
from backhaul.marketplace.rules.words import Mark, ReasonGroup, Role, Route, Status
from tests.kit.test_schema_of_notices import migrate
from tests.marketplace.cast import ANADOLU, ELIF, IML, IRINA, KETTLE, LUMITEK, MUG, Market, market, moscow
from tests.marketplace.people import calling, let_in, told


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def facets(shop: Market) -> list[tuple[Any, ...]]:
    return sorted(row for row in shop.dump()["return_facets"])


def newest(shop: Market, seller_id: int = ANADOLU, **wanted: Any) -> list[int]:
    with shop.office.database.read() as tx:
        found = facet_queries.newest(tx, seller_id, filters.read(wanted), shop.clock.now())
        assert facet_queries.count(tx, seller_id, filters.read(wanted), shop.clock.now()) == len(found)
    return [it.id for it in found]


def soonest(shop: Market, seller_id: int = ANADOLU, **wanted: Any) -> list[int]:
    with shop.office.database.read() as tx:
        found, _ = facet_queries.soonest(tx, seller_id, filters.read(wanted), shop.clock.now())
    return [it.id for it in found]


def bound(it: Return) -> Any:
    assert it.act_by is not None
    return it.act_by


# -- What waits -------------------------------------------------------------------------------------------------------


def test_what_waits_stands_by_its_deadline_and_of_one_deadline_the_dearest_first(shop: Market) -> None:
    cheap, dear = shop.in_status(Status.SELLER_REVIEW, MUG), shop.in_status(Status.SELLER_REVIEW)
    shop.clock.turn_to(moscow("2024-09-03 10:00"))
    later = shop.in_status(Status.SELLER_REVIEW)
    shop.in_status(Status.OFFER_SENT)
    shop.draft()

    assert bound(shop.now_is(cheap)) == bound(shop.now_is(dear)) < bound(shop.now_is(later))
    assert [dear, cheap, later] == soonest(shop)


def test_pages_of_what_waits_follow_each_other_without_a_gap_and_nothing_twice(shop: Market) -> None:
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in range(3)] + [shop.in_status(Status.SELLER_REVIEW)]
    seen, after, pages = [], facet_queries.START, 0
    with shop.office.database.read() as tx:
        while True:
            found, onward = facet_queries.soonest(tx, ANADOLU, Filter(), shop.clock.now(), after=after, most=1)
            seen += [it.id for it in found]
            pages += 1
            if onward is None:
                break
            after = facet_queries.place(str(onward))

    assert (4, [ids[3], ids[0], ids[1], ids[2]]) == (pages, seen)


def test_a_unit_at_the_partner_waits_until_its_decision_and_not_after_it(shop: Market) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    parcel = shop.now_is(return_id).parcel
    assert parcel is not None
    assert parcel.decide_by is not None
    until = to_us(parcel.decide_by)
    assert [return_id] == soonest(shop, LUMITEK)
    assert [] == soonest(shop)  # nobody else's

    shop.does(IML, return_id, do.RecordDecision("ship_cn", "arrived", "seller", until))
    assert [] == soonest(shop, LUMITEK)
    assert [return_id] == newest(shop, LUMITEK)


def test_what_waits_is_counted_by_days_left_and_value(shop: Market) -> None:
    """12,400 and 1,200 roubles; the answer's last day is in `left` days, and today once the clock is there."""
    it = shop.now_is(shop.in_status(Status.SELLER_REVIEW))
    shop.in_status(Status.SELLER_REVIEW, MUG)
    shop.in_status(Status.SELLER_REVIEW, MUG)
    with shop.office.database.read() as tx:
        early = facet_queries.by_band(tx, ANADOLU, Filter(), shop.clock.now())
        last_day = facet_queries.by_band(tx, ANADOLU, Filter(), bound(it) - timedelta(hours=1))
        dear = facet_queries.by_band(tx, ANADOLU, Filter(price_from=3000, days_to=0), shop.clock.now())

    assert [(1, 2, 2_400_00), (3, 1, 12_400_00)] == [(b.value, b.count, b.minor) for b in early]
    assert {0} == {b.day for b in last_day}
    assert dear == early  # the map shows all of both axes
    assert isinstance(early[0], Waiting)


# -- Filters ----------------------------------------------------------------------------------------------------------


def test_every_field_of_the_filter_keeps_what_fits_and_nothing_else(shop: Market) -> None:
    throw, mug = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.REJECTED, MUG, "does_not_work")
    road = shop.in_status(Status.ON_THE_WAY)

    assert [road, mug, throw] == newest(shop)
    assert [mug] == newest(shop, state="rejected")
    assert [mug] == newest(shop, reason_group="defect")
    assert [road] == newest(shop, route="A")
    assert [road, mug, throw] == newest(shop, sku="701000")
    assert [] == newest(shop, sku="701001")
    assert [mug] == newest(shop, price_below="1201")
    assert [road, throw] == newest(shop, price_below="12401", price_from="12400")
    assert [] == newest(shop, price_below="12400", price_from="1201")
    assert [] == newest(shop, mark="serviceable")
    assert [throw] == newest(shop, days_from="0")
    assert [] == newest(shop, LUMITEK)


def test_a_mark_of_the_inspection_is_filtered_by(shop: Market) -> None:
    return_id = shop.in_status(Status.AT_PARTNER)
    shop.in_status(Status.AT_PARTNER)
    shop.does(IML, return_id, do.RecordMark(Mark.PARTIALLY_DAMAGED, 1, "", (shop.photo,)))

    assert [return_id] == newest(shop, LUMITEK, mark="partially_damaged")
    assert [return_id] == soonest(shop, LUMITEK, mark="partially_damaged")


@pytest.mark.parametrize("letters", ["R-{id}", "r-{id}", "10000002-0001", "MUG", " mug "])
def test_letters_of_number_posting_article_and_product_find_it(shop: Market, letters: str) -> None:
    mug = shop.in_status(Status.SELLER_REVIEW, MUG)
    shop.in_status(Status.SELLER_REVIEW)
    it = shop.now_is(mug)
    text = it.number.replace("R-", letters[:2]) if "{id}" in letters else letters

    assert [mug] == newest(shop, q=text)
    assert [mug] == soonest(shop, q=text)


@pytest.mark.parametrize("letters", ["%", "_", "\\", "M%G"])
def test_signs_of_the_database_are_letters_like_others(shop: Market, letters: str) -> None:
    shop.in_status(Status.SELLER_REVIEW, MUG)

    assert [] == newest(shop, q=letters)


def test_days_left_are_calendar_days_on_both_sides_of_midnight(shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    until = bound(shop.now_is(return_id))  # midnight in Moscow
    shop.clock.turn_to(end_of_day(until, -3))  # the first moment of the day before the last one
    assert ([return_id], []) == (soonest(shop, days_from="1", days_to="1"), soonest(shop, days_to="0"))
    shop.clock.turn_to(end_of_day(until, -2))
    assert ([], [return_id]) == (soonest(shop, days_from="1"), soonest(shop, days_to="0"))


@pytest.mark.parametrize(
    ("said", "field"),
    [({"mark": "shiny"}, "mark"), ({"price_from": "x"}, "price_from"), ({"price_from": "-1"}, "price_from"),
     ({"days_to": "367"}, "days_to"), ({"q": "x" * 101}, "q"), ({"state": "new"}, "state"), ({"sku": "0"}, "sku")],
)  # fmt: skip
def test_what_is_no_filter_is_told_by_its_field(said: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refused:
        filters.read(said)

    assert ("field_invalid", field) == (refused.value.code, refused.value.field)


def test_an_address_says_what_counts_and_reads_back_the_same() -> None:
    wanted = Filter(
        q="mug", mark=Mark.SERVICEABLE, reason_group=ReasonGroup.FIT, route=Route.B, price_from=0, days_to=0
    )

    assert (
        "/to-decide?q=mug&mark=serviceable&reason_group=fit_or_dislike&route=B&price_from=0&days_to=0"
        == wanted.address("/to-decide")
    )
    assert wanted == filters.read(wanted.said)
    assert "/to-decide" == Filter().address("/to-decide")


# -- The row ----------------------------------------------------------------------------------------------------------


def test_what_was_there_before_the_table_is_filtered_as_what_came_after_it(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop:
        shop.in_status(Status.SELLER_REVIEW)
        shop.in_status(Status.REJECTED, MUG, "does_not_work")
        marked = shop.in_status(Status.AT_PARTNER, KETTLE)
        shop.does(IML, marked, do.RecordMark(Mark.SERVICEABLE, 1, "", (shop.photo,)))
        shop.does(IRINA, shop.in_status(Status.SELLER_REVIEW), do.Cancel())
        shop.draft()
        before = facets(shop)
        database = shop.office.database
        migrate(database, "marketplace", command.downgrade, "0023")
        migrations.upgrade(database, "backhaul.marketplace", tables.metadata)

        assert 4 == len(before)
        assert before == facets(shop)


def test_no_list_reads_all_returns(shop: Market) -> None:
    values = {
        "seller": 1, "mark": "", "reason_group": "", "route": "", "sku": 0, "price_low": 0, "price_high": 9,
        "statuses": [*map(str, ALL)], "low_us": -1, "high_us": 9, "pattern": "%x%", "before": 9, "after_us": -1,
        "after_minor": 9, "after_id": 0, "most": 50, "status": "approved", **{f"day_{n}": n for n in range(5)},
    }  # fmt: skip
    looks = [facet_queries.BY_STATUS, facet_queries.COUNT_IN_STATUS]
    for kind in ("NEWEST", "SOONEST", "COUNT", "COUNT_WAITING", "WAITING_BY_BAND"):
        looks += getattr(facet_queries, kind).values()
    plans = []
    with shop.office.database.read() as tx:
        sqlite = tx.dialect == "sqlite"
        if not sqlite:
            tx.connection.execute("SET enable_seqscan = off")
        for look in looks:
            text, constants = look.text(tx.dialect)
            said = {**constants, **values, "statuses": "[]" if sqlite else []}
            plans.append(
                str(tx.connection.execute(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{text}", said).fetchall())
            )

    assert 32 == len(plans)
    assert [] == [plan for plan in plans if re.search(r"SCAN return_facets|Seq Scan on return_facets", plan)]
    assert all("return_facets_of_seller" in plan or "return_facets_to_decide" in plan for plan in plans)


def test_the_row_is_written_only_when_it_looks_another_way(shop: Market) -> None:
    return_id = shop.in_status(Status.SELLER_REVIEW)
    with shop.office.database.read() as tx:
        rows = tx.connection.execute(str(sa.select(sa.func.count()).select_from(tables.return_facets))).fetchall()
    shop.does(ELIF, return_id, do.Approve())

    assert [(1,)] == [tuple(row) for row in rows]
    assert [return_id] == newest(shop, state="approved")
    assert [] == soonest(shop)


# -- Through the doors ------------------------------------------------------------------------------------------------


def test_api_v1_lists_counts_and_tries_by_the_same_filter(shop: Market) -> None:
    shop.errand(let_in)
    dear, cheap = shop.in_status(Status.SELLER_REVIEW), shop.in_status(Status.SELLER_REVIEW, MUG)
    for _ in range(25):
        shop.in_status(Status.SELLER_REVIEW)
        shop.in_status(Status.SELLER_REVIEW, MUG)
    name = {"q": f"r-{dear}"}
    shop.in_status(Status.AT_PARTNER)
    with calling(shop) as call:
        key = call(shop.key(ELIF, read_only=True))
        first = key.get("/api/v1/returns?to_decide=true")
        onward = re.findall(r'<(.*)>; rel="next"', first.headers["link"])
        rest = key.get(onward[0])
        found = key.get("/api/v1/returns", params={"price_from": 12_400, **name})
        waiting = key.get("/api/v1/returns/to-decide").json()
        tried = (
            call(shop.key(ELIF, "Writes"))
            .get("/api/v1/returns/bulk", params={"act": "refund-without-return", **name})
            .json()
        )
        refused = [told(key.get("/api/v1/returns", params={"mark": "shiny"})), told(key.get("/api/v1/returns/bulk?act=offer")),
                   told(key.get("/api/v1/returns?days_to=x")),
                   *(told(call("irina").get(f"/api/v1/returns{path}")) for path in ("?q=a", "/to-decide", "/bulk?act=approve")),
                   told(call("").get("/api/v1/returns/to-decide"))]  # fmt: skip
        mine = call("irina").get("/api/v1/returns")

    assert (dear, cheap, 50) == (first.json()[0]["id"], first.json()[26]["id"], len(first.json()))
    assert (2, False) == (len(rest.json()), "link" in rest.headers)
    assert [dear] == [it["id"] for it in found.json()]
    rouble = {"currency": "RUB"}
    assert {"count": 52, "today": 0, "worth": {"minor": 353_600_00, **rouble}} == {
        name: waiting[name] for name in ("count", "today", "worth")
    }
    assert {(10_000, 30_000, 26), (1_000, 3_000, 26)} == {
        (b["price_from"], b["price_below"], b["count"]) for b in waiting["bands"]
    }
    assert {
        "act": "refund-without-return", "worth": {"minor": 12_400_00, **rouble}, "refunds": {"minor": 12_400_00, **rouble},
        "items": [{"return_id": dear, "seen": 2}], "left_out": [],
    } == tried  # fmt: skip
    assert [
        (422, "field_invalid"),
        (422, "unknown_act"),
        (422, "field_invalid"),
        *[(403, "not_your_role")] * 3,
        (401, "sign_in_needed"),
    ] == refused
    assert 200 == mine.status_code


# -- The clocks of one return -----------------------------------------------------------------------------------------


def test_whatever_the_calendar_gives_has_words() -> None:
    given = {command for cells in (RETURN, REFUND, COMPENSATION, CLAIM, WEIGHT) for row in cells.rows if Role.CALENDAR in row.by
             for command in (row.command.__name__,)}  # fmt: skip

    assert given - {"QuestionRefund", "RetryRefund"} <= {*CLOCKS}  # those wait for no instant of the return


def test_the_clocks_of_a_return_stand_by_their_instants_and_the_partners_bound_is_one(shop: Market) -> None:
    policy = shop.office.house.terms.policy
    waits = shop.now_is(shop.in_status(Status.SELLER_REVIEW))
    told_of = [(clock.what, clock.at) for clock in clocks(waits, policy)]
    at_partner = shop.now_is(shop.in_status(Status.AT_PARTNER))

    assert ("The return is approved if nobody answers", bound(waits)) == told_of[-1]
    assert sorted(told_of, key=lambda one: one[1]) == told_of
    assert "The time to decide at the partner is over" in {clock.what for clock in clocks(at_partner, policy)}
