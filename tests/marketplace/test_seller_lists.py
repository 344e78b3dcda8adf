"""Lists of a seller that read a page and not the past: periods of the Seller API, counts that stop at a bound, filters beside states."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from backhaul.kit.database import Statement
from backhaul.kit.days import to_us
from backhaul.marketplace import facet_queries, filters, queries, tables
from backhaul.marketplace.filters import ALL, TABS, Filter
from backhaul.marketplace.pages.to_decide import counted
from backhaul.marketplace.rules.wire_states import ON_THE_ROAD, REQUESTS
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, LUMITEK, MUG, Market, market, moscow

_r = tables.returns.c
ASKED = Statement(sa.update(tables.returns).where(_r.id == sa.bindparam("of")).values(requested_us=sa.bindparam("us")))
FIRST, SECOND, THIRD = moscow("2024-09-02 10:00"), moscow("2024-09-03 10:00"), moscow("2024-09-04 10:00")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def asked_for(shop: Market, *at: datetime) -> list[int]:
    """Returns that were asked for then, in this order of their ids."""
    ids = [shop.in_status(Status.SELLER_REVIEW, MUG) for _ in at]
    rows = [{"of": return_id, "us": to_us(instant)} for return_id, instant in zip(ids, at, strict=True)]
    shop.errand(lambda tx, _: tx.many(ASKED, rows))
    return ids


def between(shop: Market, start: datetime, end: datetime, after: int = 0, group: tuple[str, ...] = ()) -> list[int]:
    with shop.office.database.read() as tx:
        found = queries.wire_list(tx, ANADOLU, group, after=after, most=50, from_us=to_us(start), to_us=to_us(end))
    return [it.id for it in found]


def test_a_period_of_the_seller_api_is_found_whole_also_where_ids_do_not_follow_time(shop: Market) -> None:
    third, first, second = asked_for(shop, THIRD, FIRST, SECOND)

    assert [third, first, second] == between(shop, FIRST, moscow("2024-09-05 00:00"))
    assert [first, second] == between(shop, FIRST, THIRD)
    assert [first] == between(shop, FIRST, SECOND)
    assert [third, second] == between(shop, SECOND, moscow("2024-09-05 00:00"), group=("new",))
    assert [second] == between(shop, FIRST, THIRD, after=first)
    assert [] == between(shop, moscow("2024-09-01 00:00"), FIRST)


def test_a_list_of_states_or_days_is_merged_newest_first_goes_on_and_is_counted(shop: Market) -> None:
    older, road, newer = (
        shop.in_status(status, MUG) for status in (Status.SELLER_REVIEW, Status.ON_THE_WAY, Status.SELLER_REVIEW)
    )
    no = shop.in_status(Status.REJECTED, MUG)
    by_days, at = filters.read({"days_to": "300"}), shop.clock.now()
    with shop.office.database.read() as tx:

        def found(wanted: Filter, tab: str = "", before: int = 2**62) -> list[int]:
            lists = facet_queries.newest(tx, ANADOLU, wanted, at, TABS.get(tab, ALL), before=before)
            return [it.id for it in lists]

        assert [no, newer, road, older] == found(Filter())
        assert [no, newer, older] == found(Filter(), REQUESTS)
        assert [newer, older] == found(Filter(), REQUESTS, no)
        assert [road] == found(Filter(), ON_THE_ROAD)
        assert [] == found(Filter(state=Status.ON_THE_WAY), REQUESTS)
        assert [newer, older] == found(by_days)
        assert [older] == found(by_days, before=newer)
        counts = facet_queries.some_by_status(tx, ANADOLU)
        assert (
            {Status.SELLER_REVIEW: 2, Status.ON_THE_WAY: 1, Status.REJECTED: 1}
            == counts
            == facet_queries.by_status(tx, ANADOLU)
        )
        assert {} == facet_queries.some_by_status(tx, LUMITEK)


def test_beyond_the_bound_a_count_says_that_there_are_more() -> None:
    assert "999" == counted(999)
    assert "1000" == counted(1000)
    assert "1000+" == counted(1001)
