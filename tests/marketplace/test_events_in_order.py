"""The order in which sellers read events, when several processes write: nothing is skipped, nothing comes twice, nobody waits for long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from backhaul.kit.database import Statement, Tx, transaction
from backhaul.kit.days import to_us
from backhaul.marketplace import tables as t
from backhaul.marketplace import telling
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import ANADOLU, MORNING, Market, market


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        yield opened


def read(shop: Market, after: str = "") -> list[str]:
    with shop.office.database.read() as tx:
        return [one.id for one in telling.feed.page(tx, ANADOLU, after, 500, [])]


def a_row(shop: Market) -> dict[str, Any]:
    """Another event, as another process would write it."""
    row = dict(zip(t.seller_events.c.keys(), shop.dump()["seller_events"][0], strict=True))
    return {**row, "event_id": "evt_9_9", "position": None, "body": row["body"].replace(b"evt_100001_2", b"evt_9_9")}


def test_what_another_process_commits_late_is_read_later_and_not_never(shop: Market) -> None:
    """Numbers are taken before the commit. On PostgreSQL the other one is really open meanwhile; SQLite has one writer."""
    database = shop.office.database
    shop.in_status(Status.SELLER_REVIEW)
    row = a_row(shop)
    row.pop("id")
    other = database.writer()
    if database.dialect == "postgresql":
        other.execute("BEGIN")
        put(other, database.dialect, row)  # its number is taken
    shop.in_status(Status.SELLER_REVIEW)
    shop.office.events.place_due()
    first = read(shop)
    if database.dialect == "postgresql":
        other.execute("COMMIT")
    else:
        with transaction(other, database.dialect):
            put(other, database.dialect, row)
    other.close()
    shop.office.events.place_due()
    rest = read(shop, after=first[-1])

    assert ["evt_100001_2", "evt_100002_2"] == first
    assert ["evt_9_9"] == rest


def put(connection: Any, dialect: str, row: dict[str, Any]) -> None:

    Tx(connection, dialect).run(telling.events.insert, **row)


def test_two_workers_give_each_event_one_place(shop: Market) -> None:
    """The second waits for the counter's row, and finds nothing left to do."""
    database = shop.office.database
    for _ in range(3):
        shop.in_status(Status.SELLER_REVIEW)
    shop.office.events.place_due()  # the counter is there
    for _ in range(3):
        shop.in_status(Status.APPROVED)
    one, other = database.writer(), database.writer()
    began = Event()

    def second() -> int:
        began.set()
        with transaction(other, database.dialect) as tx:
            return telling.events.place(tx, to_us(MORNING))

    with ThreadPoolExecutor(1) as threads:
        with transaction(one, database.dialect) as tx:
            first = telling.events.place(tx, to_us(MORNING))
            later = threads.submit(second)
            began.wait(5)
        counts = first, later.result(10)
    one.close()
    other.close()
    positions = [row[-1] for row in shop.dump()["seller_events"]]

    assert (6, 0) == counts
    assert list(range(1, 10)) == positions


def test_a_burst_gets_its_places_round_by_round(shop: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Statement(telling.events.unplaced.core.limit(None).limit(2))
    monkeypatch.setattr(telling.events, "unplaced", few)
    for _ in range(5):
        shop.in_status(Status.SELLER_REVIEW)
    rounds = [shop.office.events.place_due() for _ in range(4)]

    assert [2, 2, 1, 0] == rounds
    assert [f"evt_{100_001 + n}_2" for n in range(5)] == read(shop)
