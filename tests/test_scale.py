"""Every statement of both houses is bound to one home, or stands on a list with its reason: the law behind docs/scale.md."""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.sql.dml import UpdateBase

import backhaul
from backhaul.kit.database import Statement, Tx, among
from backhaul.marketplace import tables as marketplace
from backhaul.marketplace.rules import commands as do
from backhaul.marketplace.rules.words import Status
from backhaul.partner import tables as partner
from tests.marketplace.cast import KETTLE, MARINA, market
from tests.scale import document, everywhere, houses, statements
from tests.scale.statements import Bound

HOUSES = {"marketplace": (marketplace.metadata, houses.MARKETPLACE), "partner": (partner.metadata, houses.PARTNER)}


# What makes statements when a house opens; `statements.named` finds those in its office and in its modules.
MAKERS = {
    "kit/chains.py", "kit/changed_columns.py", "kit/event_queries.py", "kit/event_store.py", "kit/gauges.py", "kit/journal.py", "kit/key_reminders.py", "kit/mailing.py", "kit/media_book.py", "kit/media_proof.py",
    "kit/noticeboard.py", "kit/outbox.py", "kit/retention.py", "kit/rounds.py", "kit/comparing_photos.py", "kit/seen_photos.py", "kit/statements.py", "kit/terms.py", "kit/turns.py", "kit/whole_tables.py", "marketplace/returns_table.py",
    "kit/second_factor.py", "kit/webhook_queries.py", "kit/webhook_store.py", "marketplace/cancellation_queries.py", "partner/receiving_queries.py",
    "partner/unit_queries.py",
}  # fmt: skip


@pytest.mark.parametrize("house", HOUSES)
def test_every_table_has_a_place_by_columns_that_it_has(house: str) -> None:
    metadata, places = HOUSES[house]
    assert set(places) == set(metadata.tables)
    for name, place in places.items():
        columns = set(metadata.tables[name].columns.keys())
        assert {*place.follows, *place.beside, *([place.key] if place.key else [])} <= columns, name
        assert place.key or place.why, f"{name}: says neither by which column it stands nor why"


def test_no_statement_is_made_where_nobody_looks() -> None:
    """Constants of modules are found; so is what these files make. Another that makes some belongs here once they are found."""
    source = Path(backhaul.__file__).parent
    makers = set()
    for file in source.rglob("*.py"):
        text = file.read_text()
        if "Statement(" not in text or ".migrations" in str(file):
            continue
        functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)]
        calls = [one for function in functions for one in ast.walk(function) if isinstance(one, ast.Call)]
        if any(getattr(one.func, "id", "") == "Statement" for one in calls):
            makers.add(file.relative_to(source).as_posix())

    assert makers == MAKERS


def test_nothing_speaks_to_the_database_but_statements() -> None:
    """SQL as text would be read by nobody. Who must write some says here which home it runs in: three run when a house opens, one streams a `Statement`."""
    source = Path(backhaul.__file__).parent
    speaking = {file.relative_to(source).as_posix() for file in source.rglob("*.py") if "/versions/" not in file.as_posix()
                and re.search(r"connection\.execute|cursor\(\)|\.copy\(", file.read_text())}  # fmt: skip

    assert speaking == {
        "doctor.py", "erasing_again.py", "kit/database.py", "kit/migrations.py", "kit/row_owners.py", "kit/whole_tables.py",
    }  # fmt: skip


@pytest.mark.parametrize("house", HOUSES)
def test_every_statement_is_bound_to_one_home_or_has_a_reason(house: str) -> None:
    """A new one that fails here: bind it by its key, or say in tests/scale/everywhere.py why it runs in every home."""
    without = [name for name, bound in document.readings(house).items()
               if bound is Bound.EVERY and not document.named_reason(name)]  # fmt: skip
    assert without == []


def test_nothing_stands_on_the_list_that_need_not() -> None:
    everywhere_bound = {name.partition("[")[0] for house in HOUSES for name, bound in document.readings(house).items()
                        if bound is Bound.EVERY}  # fmt: skip
    listed = [name for names in everywhere.EVERYWHERE.values() for name in names]
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) - everywhere_bound == set()


@pytest.mark.parametrize("house", HOUSES)
def test_every_table_that_a_statement_touches_was_read(house: str) -> None:
    for name, one in statements.named(house).items():
        touched = {str(table.name) for table in statements.tables_of(one)}
        assert touched == document.read_all(house)[name].tables, name


def test_the_page_tells_it_as_it_is() -> None:
    """`python -m tests.scale.document` writes it anew."""
    assert document.PAGE.read_text() == document.page()


# -- The reader itself, on queries whose answer is plain --------------------------------------------------------------

R, F, E, P = marketplace.returns.c, marketplace.return_facets.c, marketplace.journal.events.c, marketplace.points.c
OTHER = marketplace.returns.alias()
OF_SELLER = sa.select(R.id).where(R.seller_id == bindparam("seller")).limit(9).subquery()
QUERIES = {
    "by its seller": (sa.select(R.id).where(R.seller_id == bindparam("seller"), R.status == "new"), Bound.TENANT),
    "by its number": (sa.select(R.status).where(R.id == bindparam("id")), Bound.FOLLOWS),
    "by numbers": (sa.select(R.status).where(among(R.id, "ids")), Bound.FOLLOWS),
    "by nothing": (sa.select(R.id).where(R.status == bindparam("status")), Bound.EVERY),
    "by its seller or not": (sa.select(R.id).where((R.seller_id == bindparam("s")) | (R.status == "new")), Bound.EVERY),
    "by another than its seller": (sa.select(R.id).where(R.seller_id != bindparam("seller")), Bound.EVERY),
    "after a number": (sa.select(R.id).where(R.id > bindparam("after")), Bound.EVERY),
    "with what belongs to it": (sa.select(F.words).join_from(marketplace.returns, marketplace.return_facets, R.id == F.return_id)
                                .where(R.seller_id == bindparam("seller")), Bound.FOLLOWS),
    "beside another that is loose": (sa.select(R.id, OTHER.c.id).where(R.id == bindparam("id"), OTHER.c.status == "new"), Bound.EVERY),
    "with what nothing joins": (sa.select(R.id, E.kind).where(R.seller_id == bindparam("seller")), Bound.EVERY),
    "of a list of its seller's": (sa.select(E.kind).join_from(OF_SELLER, marketplace.journal.events, E.case_id == OF_SELLER.c.id),
                                  Bound.FOLLOWS),
    "that has an event": (sa.select(R.id).where(R.seller_id == bindparam("s"), sa.exists().where(E.case_id == R.id)), Bound.FOLLOWS),
    "when any has an event": (sa.select(R.id).where(R.seller_id == bindparam("s"), sa.exists().where(E.kind == "x")), Bound.EVERY),
    "shared": (sa.select(P.address).where(P.kind == "pickup"), Bound.SHARED),
    "both halves by their seller": (sa.union_all(sa.select(R.id).where(R.seller_id == bindparam("a")),
                                                 sa.select(F.return_id).where(F.seller_id == bindparam("a"))), Bound.TENANT),
    "one half by nothing": (sa.union_all(sa.select(R.id).where(R.seller_id == bindparam("a")), sa.select(F.return_id)), Bound.EVERY),
    "changed by number": (marketplace.returns.update().where(R.id == bindparam("which")), Bound.FOLLOWS),
    "all changed": (marketplace.returns.update().values(route="a"), Bound.EVERY),
    "written": (marketplace.returns.insert(), Bound.TENANT),
    "an event written": (marketplace.journal.events.insert(), Bound.FOLLOWS),
}  # fmt: skip


@pytest.mark.parametrize("which", QUERIES)
def test_a_statement_is_read_for_what_binds_it(which: str) -> None:
    core, bound = QUERIES[which]
    assert statements.read(Statement(core), houses.MARKETPLACE).verdict() is bound


# -- The commands of a return -----------------------------------------------------------------------------------------


@contextmanager
def watched() -> Iterator[list[Statement]]:
    """Whatever is run meanwhile."""
    ran: list[Statement] = []
    execute, many = Tx._execute, Tx._many  # noqa: SLF001 -- what it is for

    def executing(tx: Tx, statement: Statement, values: Any) -> Any:
        ran.append(statement)
        return execute(tx, statement, values)

    def running(tx: Tx, statement: Statement, values: Any) -> Any:
        ran.append(statement)
        return many(tx, statement, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tx, "_execute", executing)
        patch.setattr(Tx, "_many", running)
        yield ran


def test_the_commands_of_a_return_ask_and_write_by_keys_only(tmp_path: Path) -> None:
    """From the request to the money: the return's home, the customer's block by its customer, the photos by their hash."""
    with market(f"sqlite:///{tmp_path / 'market.db'}", tmp_path) as shop, watched() as ran:
        return_id = shop.in_status(Status.AT_PARTNER, KETTLE)
        shop.does(MARINA, return_id, do.SendRefund())

    names = {id(one): name for name, one in statements.named("marketplace").items()}
    of_house = [one for one in ran if id(one) in names]
    readings = [document.read_all("marketplace")[names[id(one)]] for one in of_house]
    written = [
        reading.groups for one, reading in zip(of_house, readings, strict=True) if isinstance(one.core, UpdateBase)
    ]
    assert len(of_house) > 50
    assert [reading.tables for reading in readings if reading.verdict() is Bound.EVERY] == []
    assert set().union(*(reading.groups for reading in readings)) == {"seller", "customer", "file"}
    assert set().union(*written) == {"seller", "file"}
