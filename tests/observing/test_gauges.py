"""Gauges of the business: what they say of a real house, and that no look ever reads a table through."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backhaul.kit import gauges
from backhaul.kit.database import Statement, Tx
from backhaul.kit.days import from_us
from backhaul.marketplace import gauge_queries as at_marketplace
from backhaul.marketplace import tables
from backhaul.marketplace.rules.words import Status
from backhaul.partner import gauge_queries as at_partner
from tests.marketplace.cast import market
from tests.partner.house import opened

ASKED: dict[str, object] = {"most": 10, "now_us": 1, "after_us": 0, "until_us": 1}


def figures(office: Any, house: str, asked: Any) -> dict[tuple[str, ...], float]:
    found = gauges.Gauges(house, office.database, office.clock, asked.NOUNS, asked.QUEUES)
    return {
        (family.name.removeprefix("backhaul_"), *list(one.labels.values())[1:]): one.value
        for family in found.collect()
        for one in family.samples
    }


def statements(asked: Any) -> list[Statement]:
    of_nouns = [one for noun in asked.NOUNS for one in (noun.by_stage, noun.due, noun.oldest_due)]
    return [*of_nouns, *asked.QUEUES.values()]


def plan(tx: Tx, statement: Statement) -> str:
    text, constants = statement.text(tx.dialect)
    said = {**constants, **{name: value for name, value in ASKED.items() if name in text}}
    if tx.dialect == "sqlite":
        return "\n".join(str(row[3]) for row in tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", said))
    tx.connection.execute("SET enable_seqscan = off")  # of a table with one row, it would be read whole
    return "\n".join(str(row[0]) for row in tx.connection.execute(f"EXPLAIN {text}", said))


def read_through(tx: Tx, asked: Any) -> list[str]:
    """Plans that read a table from its beginning. By its key and with a limit is no reading through: it stops."""
    tables = r"(returns|parcels|outbox|mails|webhook_deliveries|jobs|reports)"
    found = [plan(tx, one) for one in statements(asked)]
    whole = rf"Seq Scan|SCAN {tables}(?! USING)"
    return [one for one in found if re.search(whole, one)]


def test_a_look_walks_an_index_and_stops_in_both_houses(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop, shop.office.database.read() as tx:
        assert [] == read_through(tx, at_marketplace)
    limits = [
        one.text("sqlite")[0].count("LIMIT") for asked in (at_marketplace, at_partner) for one in statements(asked)
    ]
    assert {0} == {limits[2], limits[2 + len(statements(at_marketplace))]}  # the smallest of an index
    assert 2 == limits.count(0)


def test_the_same_at_the_partner_with_a_parcel_in_it(database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as house:
        house.expects()
        with house.office.database.read() as tx:
            assert [] == read_through(tx, at_partner)
        expected = figures(house.office, "partner", at_partner)
        house.arrives()
        arrived = figures(house.office, "partner", at_partner)

    assert (1, 0) == (expected["cases", "parcel", "expected"], expected["cases", "parcel", "arrived"])
    assert (0, 1) == (arrived["cases", "parcel", "expected"], arrived["cases", "parcel", "arrived"])
    assert 1 <= arrived["queue_waiting", "letters"]


def test_stages_deadlines_and_queues_are_counted_as_they_are(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop:
        return_id = shop.in_status(Status.SELLER_REVIEW)
        returns = tables.returns
        with shop.office.database.read() as tx:
            row = tx.one(
                Statement(returns.select().with_only_columns(returns.c.due_us).where(returns.c.id == return_id))
            )
        assert row is not None
        due = from_us(row[0])
        shop.clock.turn_to(due - timedelta(hours=1))
        before = figures(shop.office, "marketplace", at_marketplace)
        shop.clock.turn_to(due)
        at_once = figures(shop.office, "marketplace", at_marketplace)
        shop.clock.turn(timedelta(seconds=90))
        late = figures(shop.office, "marketplace", at_marketplace)
        shop.office.desk.sweep()
        swept = figures(shop.office, "marketplace", at_marketplace)

    review, deadline = ("cases", "return", "seller_review"), ("deadlines", "return", "seller_review")
    assert (1, 1, 0) == (before[review], before[*deadline, "today"], before[*deadline, "overdue"])
    assert (0, 1, 0) == (
        at_once[*deadline, "today"],
        at_once[*deadline, "overdue"],
        at_once["sweep_late_seconds", "return"],
    )
    assert 90 == late["sweep_late_seconds", "return"]
    assert (0, 0) == (swept["sweep_late_seconds", "return"], swept[*deadline, "overdue"])
    assert swept["queue_oldest_seconds", "mails"] > 3600
    assert 1 == swept["gauges_fresh",]


def test_a_figure_stops_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "CASES_MAX", 2)
    monkeypatch.setattr(gauges, "ROWS_MAX", 3)
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:
        for _ in range(4):
            shop.in_status(Status.SELLER_REVIEW)
        found = figures(shop.office, "marketplace", at_marketplace)

    assert (2, 3) == (found["cases", "return", "seller_review"], found["queue_waiting", "mails"])


def test_a_look_is_kept_for_half_a_minute(tmp_path: Path) -> None:
    with market(f"sqlite:///{tmp_path / 'database.sqlite'}", tmp_path) as shop:
        looks = gauges.Gauges(
            "marketplace", shop.office.database, shop.clock, at_marketplace.NOUNS, at_marketplace.QUEUES
        )
        first = list(looks.collect())
        shop.in_status(Status.SELLER_REVIEW)

        assert first == list(looks.collect())
