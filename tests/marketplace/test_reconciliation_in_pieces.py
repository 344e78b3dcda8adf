"""What is compared at once and by night comes in pieces that are bounded, and keeps nobody else waiting."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from backhaul.kit import database
from backhaul.kit.database import Statement
from backhaul.marketplace import (
    break_queries,
    invoice_files,
    partner_invoice_store,
    reconciliation_errands,
    reconciliation_queries,
)
from backhaul.marketplace import tables as t
from backhaul.marketplace.reconciliation_rounds import Reconciling
from backhaul.marketplace.rules.words import Status
from tests.marketplace.cast import CHEN, LUMITEK, Market, market, moscow
from tests.marketplace.papers import charge, paper
from tests.marketplace.people import Call, calling, let_in, session

HOME = "/api/v1/reconciliation"
PRICE_LISTS = 45  # more than the framework has threads
LINES = Statement(sa.select(sa.func.count()).select_from(t.partner_invoice_lines))
INVOICES = Statement(
    sa.select(t.partner_invoices.c.number, t.partner_invoices.c.status).order_by(t.partner_invoices.c.id)
)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with market(database_url, tmp_path) as opened:
        opened.errand(let_in)
        yield opened


@pytest.fixture
def call(shop: Market) -> Iterator[Call]:
    with calling(shop) as client:
        yield client


def bring(who: httpx2.Client, *lines: dict[str, object]) -> dict[str, Any]:
    answer = who.post(f"{HOME}/invoices", content=paper(*lines))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def breaks(who: httpx2.Client) -> list[tuple[str, str, bool]]:
    found = who.get(f"{HOME}/breaks").json()
    return sorted((one["return_number"], one["status"], one.get("closed_itself", False)) for one in found)


def twice(unit: str, **changes: object) -> list[dict[str, object]]:
    return [charge(unit, "receipt", "2024-09-02 10:00", 600, **changes) for _ in range(2)]


def test_a_night_of_invoices_in_small_pieces_finds_what_one_look_finds(shop: Market, call: Call) -> None:
    """Five units, three lines a piece, two workers in turns: a unit's lines are never seen apart, a break is found once."""
    units = [f"R-{shop.in_status(Status.AT_PARTNER)}" for _ in range(5)]
    put(shop, *(charge(unit, "receipt", "2024-09-02 10:00", 600) for unit in units))
    put(shop, *(line for unit in units for line in twice(unit, invoice="INV-2")))

    shop.clock.turn_to(moscow("2024-09-03 04:00"))
    office = shop.office
    workers = [Reconciling(office.database, office.house, office.desk, office.clock, 2, 3) for _ in range(2)]
    while sum(worker.run_due() for worker in workers):
        pass

    chen = call("chen")
    assert [(unit, "open", False) for unit in sorted(units * 2)] == breaks(chen)
    assert {1} == {one["version"] for one in chen.get(f"{HOME}/breaks").json()}


def put(shop: Market, *lines: dict[str, object], whole: bool = True) -> None:
    """An invoice without its comparison, as if the program had ended there."""
    it = invoice_files.read(paper(*lines))

    def run(tx: Any, at: Any) -> None:
        begun = reconciliation_errands.begin_invoice(tx, LUMITEK, it, "another file", CHEN, at)
        reconciliation_errands.add_lines(tx, begun.id, LUMITEK, it.lines)
        if whole:
            reconciliation_errands.finish_invoice(tx, begun.id, LUMITEK, it)

    shop.errand(run)


def test_what_a_correction_does_not_name_any_more_closes_and_other_units_are_left_alone(
    shop: Market, call: Call
) -> None:
    gone, kept, other = (f"R-{shop.in_status(Status.AT_PARTNER)}" for _ in range(3))
    chen = call("chen")
    bring(chen, *twice(kept), *twice(gone))
    bring(chen, *twice(other, invoice="INV-2"))

    corrected = bring(chen, *twice(kept, revision=2))

    assert (0, 0, 1) == (corrected["found"], corrected["changed"], corrected["gone"])
    assert sorted([(gone, "closed", True), (kept, "open", False), (other, "open", False)]) == breaks(chen)


def test_of_a_unit_with_more_lines_than_a_piece_all_are_compared_together(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted(f"R-{shop.in_status(Status.AT_PARTNER)}" for _ in range(2))
    chen, reconciling = call("chen"), shop.office.reconciling
    monkeypatch.setattr(reconciling, "lines_a_step", 2)

    brought = bring(chen, *(charge(first, "receipt", "2024-09-02 10:00", 600) for _ in range(5)), *twice(second))

    assert 5 == brought["found"]
    assert [(first, "open", False)] * 4 + [(second, "open", False)] == breaks(chen)
    monkeypatch.setattr(reconciling, "lines_a_step", reconciliation_queries.LINES_A_STEP)
    assert 0 == reconciling.compare_invoices(LUMITEK).moved


def test_a_comparison_needs_one_reading_connection_only(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection within a connection would wait for itself when many compare at once."""
    unit, chen = f"R-{shop.in_status(Status.AT_PARTNER)}", call("chen")
    shop.office.database.close()
    monkeypatch.setattr(database, "READERS_MAX", 1)

    assert 1 == bring(chen, *twice(unit))["found"]
    assert 1 == bring(chen, charge(unit, "receipt", "2024-09-02 10:00", 600, revision=2))["gone"]


def test_forty_five_price_lists_at_once_leave_pages_and_other_sellers_their_turn(shop: Market, call: Call) -> None:
    """While the comparisons of one seller cannot go on, everything else does."""
    reconciling, token = shop.office.reconciling, session(shop, "chen")
    url = str(call("").base_url)

    async def bring_all() -> list[int]:
        limits = httpx2.Limits(max_connections=PRICE_LISTS + 1)
        headers = {"authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=url, timeout=60, limits=limits, headers=headers) as client:
            with reconciling.lock_of(LUMITEK):
                lists = [
                    asyncio.create_task(client.post(f"{HOME}/price-lists", content=price_list(n)))
                    for n in range(PRICE_LISTS)
                ]
                while len((await client.get(f"{HOME}/price-lists")).json()) < PRICE_LISTS:
                    assert not any(one.done() for one in lists)
                other = {"authorization": f"Bearer {session(shop, 'elif')}"}
                answer = await client.post(f"{HOME}/price-lists", content=price_list(1), headers=other)
            return [answer.status_code, *(one.status_code for one in await asyncio.gather(*lists))]

    assert [201] * (PRICE_LISTS + 1) == asyncio.run(bring_all())


def price_list(version: int) -> bytes:
    return json.dumps({"version": str(version), "currency": "CNY", "prices_minor": {"receipt": 600}}).encode()


def test_what_an_import_has_left_that_broke_off_goes_in_pieces_by_night_and_counts_never(
    shop: Market, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, chen = f"R-{shop.in_status(Status.AT_PARTNER)}", call("chen")
    lines = [charge(unit, "receipt", "2024-09-02 10:00", 600) for _ in range(5)]
    put(shop, *lines, whole=False)
    assert [("INV-000001", "coming"), 5] == [*rows(shop, INVOICES), *count(shop)]

    assert 0 == bring(chen, lines[0])["found"]
    assert [("INV-000001", "broken_off"), ("INV-000001", "current"), 6] == [*rows(shop, INVOICES), *count(shop)]
    assert ["current"] == [one["status"] for one in chen.get(f"{HOME}/invoices").json()]

    monkeypatch.setattr(partner_invoice_store, "LINES_DROPPED_MAX", 2)
    shop.clock.turn_to(moscow("2024-09-03 04:00"))
    assert shop.office.reconciling.run_due()
    while shop.office.reconciling.run_due():
        pass
    assert [("INV-000001", "current"), 1] == [*rows(shop, INVOICES), *count(shop)]


def test_an_import_that_came_to_its_end_meanwhile_is_not_dropped(shop: Market) -> None:
    """It took longer than an hour: the look that found it came before its last step."""
    unit = f"R-{shop.in_status(Status.AT_PARTNER)}"
    put(shop, *(charge(unit, "receipt", "2024-09-02 10:00", 600) for _ in range(5)))
    ids = [row[0] for row in rows(shop, Statement(sa.select(t.partner_invoices.c.id)))]
    dropped: list[int] = []
    shop.errand(lambda tx, _: dropped.extend(reconciliation_errands.drop_invoice(tx, one) for one in ids))

    assert [0] == dropped
    assert [("INV-000001", "current"), 5] == [*rows(shop, INVOICES), *count(shop)]


def test_a_comparison_that_fails_keeps_nothing_else_of_the_round_waiting(shop: Market) -> None:
    shop.in_status(Status.SELLER_REVIEW)
    engine = shop.office.database.engine()
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE reconciliations"))
    engine.dispose()
    shop.clock.turn_to(moscow("2024-09-03 04:00"))
    placed = Statement(sa.select(sa.func.count(t.seller_events.c.position)))
    before = rows(shop, placed)
    with pytest.raises(Exception, match="reconciliations"):
        shop.office.work()

    assert ([(0,)], [(1,)]) == (before, rows(shop, placed))


def rows(shop: Market, statement: Statement) -> list[tuple[Any, ...]]:
    with shop.office.database.read() as tx:
        return [tuple(row) for row in tx.rows(statement)]


def count(shop: Market) -> list[int]:
    return [row[0] for row in rows(shop, LINES)]


@pytest.mark.parametrize(
    "statement",
    [
        reconciliation_queries.LINES[True],
        *(break_queries.STANDING_OF_INVOICES[True, bounded] for bounded in (True, False)),
    ],
    ids=["lines", "breaks up to a unit", "breaks"],
)
def test_units_that_are_named_are_looked_up_and_not_walked_to(shop: Market, statement: Statement) -> None:
    """Else each portion of an invoice would look at all that its seller ever brought."""
    dialect = shop.office.database.dialect
    text, constants = statement.text(dialect)
    numbers: object = '["R-1"]' if dialect == "sqlite" else ["R-1"]
    said = {**constants, "seller": 1, "unit": "", "until": "R-2", "after": 0, "most": 10, "numbers": numbers}
    with shop.office.database.read() as tx:
        if dialect == "sqlite":
            told = str(tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", said).fetchall())
        else:
            tx.connection.execute("SET LOCAL enable_seqscan = off")
            told = str(tx.connection.execute(f"EXPLAIN {text}", said).fetchall())

    assert ("(seller_id=? AND return_number=?)" if dialect == "sqlite" else "return_number = ANY") in told
