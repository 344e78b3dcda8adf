"""Whatever is looked for among a million rows is found by an index, on both databases: every statement that reads, or its reason."""

import gc
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import backhaul.marketplace
import backhaul.partner
from backhaul.kit.database import Database, Statement, Tx, transaction
from backhaul.marketplace import tables as marketplace_tables
from backhaul.partner import loads, orphan_queries, queries
from backhaul.partner import tables as partner_tables
from tests import plans, templates
from tests.partner.house import ID, opened

HOUSES = {
    "marketplace": (backhaul.marketplace, marketplace_tables.metadata),
    "partner": (backhaul.partner, partner_tables.metadata),
}
_TERMS, _SITES = "versions of terms: a few a year", "platforms and links: one a seller, not one a return"
_TABLE = "all returns leave as one table, on purpose"
_AUDIT = "`backhaul verify` compares everything, on purpose"
# What is read from end to end, or is where a table has no rows, and why it may be.
WHOLE = {
    "marketplace.break_queries.COUNTS[False]": "breaks are what went wrong; support's one page counts them",
    "marketplace.gauge_queries.QUEUES[pushes]": "the first 10,000 of what waits; what was sent is gone",
    "marketplace.oversight_queries.PUBLISHED": _TERMS,
    "marketplace.store.TERMS": _TERMS,
    "marketplace.store.NEXT_TERMS": _TERMS,
    **{f"marketplace.returns_table.{name}": _TABLE for name in ("COUNT", "DATED", "RAW", "WORDED")},
    **{f"marketplace.returns_table.SUSPICIOUS[{n}]": _TABLE for n in range(2)},
    "partner.store.TERMS": _TERMS,
    "partner.store.NEXT_TERMS": _TERMS,
    "partner.inspection_store.LAST_EPOCH": "one row a day",
    "partner.ledger_doors.LINKED_SELLERS": _SITES,
    "partner.platform_queries.LINK_COUNTS": _SITES,
    "partner.platform_queries.FOREIGN_COUNTS": _SITES,
    "partner.platform_queries.POLL_HEALTH": _SITES,
    "partner.arrival_pass_queries.COMING": "PostgreSQL, where there are none: passes of cars, few days ahead",
    "partner.invoice_queries.ALL": "PostgreSQL joins what has no rows; invoices are months of sellers",
    "partner.invoice_store.NEWEST_CLOSED": "one row a month",
    "partner.queries.BY_CODE": "PostgreSQL joins what has no rows; the tests above ask it with a parcel",
    "partner.sync_queries.OPEN_RUN": "one row a comparison",
    "partner.sync_queries.RUNS": "one row a comparison",
    **{f"partner.invoice_audit.CHECKS[{n}][1]": _AUDIT for n in range(6)},
    **{f"partner.invoice_audit.NUMBERS[{n}][1]": _AUDIT for n in range(2)},
}
ONLY_POSTGRESQL = {f"returns_table.SUSPICIOUS[{n}]" for n in range(2)}
_PERIOD = "a figure of a period, not a page of a list"
_OPEN, _OWN = "only what is open: as much as comes, not as much as came", "of one person, company, seller or return"
# Lists of which everything that matches is sorted for a page: why that is never much.
SORTED = {
    "marketplace.answer_queries.LANGUAGE_OF_SELLER": _OWN,
    "marketplace.block_queries.UPHELD": "upheld appeals of blocked customers",
    "marketplace.claim_queries.OPEN": _OPEN,
    "marketplace.facet_queries.NEWEST[('waits', False)]": _OPEN,
    "marketplace.facet_queries.NEWEST[('waits', True)]": _OPEN,
    "marketplace.facet_queries.SOONEST[True]": _OPEN,
    "marketplace.mailboxes.MAILBOXES_OF_ROLE": "staff",
    "marketplace.metric_queries.PRODUCTS": _PERIOD,
    "marketplace.metric_queries.REASONS_OF_PRODUCTS": _PERIOD,
    "marketplace.money_queries.BY_CELL": _PERIOD,
    "marketplace.oversight_queries.CUSTOMERS": _PERIOD,
    "marketplace.oversight_queries.LATE_REFUNDS": _OPEN,
    "marketplace.oversight_queries.PUBLISHED": _TERMS,
    "marketplace.person_queries.BROUGHT": _OWN,
    "marketplace.queries.AT_POINT_BY_DEADLINE": _OPEN,
    "marketplace.queries.CLAIMS_IN": _OPEN,
    "marketplace.queries.LINES_AFTER": _OWN,
    "marketplace.queries.LINES_OF_CUSTOMER": _OWN,
    "marketplace.queries.REFUNDS_IN": _OPEN,
    "marketplace.reconciliation_queries.INVOICES": "invoices that a seller brought: one a month",
    "marketplace.reconciliation_queries.TARIFFS": _TERMS,
    "marketplace.search_queries.KEYS_BY_END": "of a million keys hardly one ends the same",
    "marketplace.term_queries.DOCS": _TERMS,
    "partner.consignment_queries.BY_TRACKING": _OWN,
    "partner.consignment_queries.GROUPS": _OPEN,
    "partner.decision_queries.BY_NUMBER": _OWN,
    "partner.decision_queries.TO_DECIDE": _OPEN,
    "partner.instruction_queries.RULES": _OWN,
    "partner.instruction_queries.RULES_EVER": _OWN,
    "partner.invoice_audit.CHECKS[4][1]": _AUDIT,
    "partner.invoice_queries.OF_COMPANY": "invoices of one company: one a month and seller",
    "partner.invoice_queries.STATEMENT": _PERIOD,
    "partner.invoice_store.LAST_PAYER": "invoices of one seller: one a month",
    "partner.invoice_store.OWNER_LANGUAGE": _OWN,
    "partner.invoice_store.PAYERS": _SITES,
    "partner.invoice_store.SELLER_NAME": _SITES,
    "partner.platform_queries.FOREIGN_KEY": _SITES,
    "partner.platform_queries.KEY": _SITES,
    "partner.platform_queries.TO_READ": _OPEN,
    "partner.platform_queries.WATCHED": _OPEN,
    "partner.queries.BY_CODE": "at most 2,000 of a code",
    "partner.queries.IN_CLAIM": _OPEN,
    "partner.queries.RULES_OF_COMPANY": _OWN,
    "partner.receiving_queries.ON_SHELF": "what lies on one shelf",
    "partner.receiving_queries.SHELVES": "what lies in the warehouse",
    "partner.workload_queries.BY_SELLER": "what lies in the warehouse",
}

ASKED = {"code": "R-100017", "ids": f"[{ID}]", "most": 50}


def test_no_list_is_compared_with_a_number() -> None:
    """`IN (…) = 1` is the same to a reader and no index to SQLite."""
    for package in (backhaul.marketplace, backhaul.partner):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                importlib.import_module(found.name)
    lists = [text for one in gc.get_objects() if isinstance(one, Statement)
             for text, _ in [one.text("sqlite")] if "json_each" in text]  # fmt: skip

    assert len(lists) > 40  # one for each statement with a list of values
    assert [] == [text for text in lists if ") = 1" in text]


def plan(tx: Tx, statement: Statement, dialect: str, **asked: object) -> str:
    text, constants = statement.text(dialect)
    said = {**constants, **ASKED, **asked}
    if dialect != "sqlite":
        tx.connection.execute("SET enable_seqscan = off")  # of a table with one row, it would be read whole
        return str(tx.connection.execute(f"EXPLAIN {text}", {**said, "ids": [ID]}).fetchall())
    return str(tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", said).fetchall())


@pytest.mark.parametrize(
    "statement", [queries.BY_CODE, loads.LOAD, orphan_queries.BY_CODE], ids=["codes", "parcels", "orphans"]
)
def test_a_scan_finds_its_parcel_by_an_index(statement: Statement, database_url: str, tmp_path: Path) -> None:
    with opened(database_url, tmp_path) as house, house.office.database.read() as tx:
        told = plan(tx, statement, house.office.database.dialect)

    tables = "parcels|parcel_codes|orphans|orphan_codes"
    assert not re.search(rf"SCAN ({tables})|Seq Scan on ({tables})", told)
    assert re.search(rf"SEARCH ({tables}) |Index (Only )?Scan .*on ({tables})", told)


@pytest.mark.parametrize("house", HOUSES)
def test_a_page_is_found_by_an_index_and_read_in_its_order(house: str, database_url: str) -> None:
    package, metadata = HOUSES[house]
    templates.fill(database_url, package.__name__, metadata)
    database = Database(database_url)
    connection = database.writer()
    scans, sorts = {}, []
    with transaction(connection, database.dialect) as tx:
        for name, statement in plans.reads(package):
            if tx.dialect == "sqlite" and name in ONLY_POSTGRESQL:
                continue
            if found := plans.looked_through(tx, statement, metadata):
                scans[f"{house}.{name}"] = found
            if tx.dialect == "sqlite" and plans.sorts_it_all(tx, statement):
                sorts.append(f"{house}.{name}")
    connection.close()

    assert {} == {name: found for name, found in scans.items() if name not in WHOLE}
    assert database.dialect != "sqlite" or sorted(name for name in SORTED if name.startswith(house)) == sorted(sorts)


def test_every_statement_that_reads_is_looked_at() -> None:
    counts = {house: len(list(plans.reads(package))) for house, (package, _) in HOUSES.items()}

    assert counts["marketplace"] > 290
    assert counts["partner"] > 230
