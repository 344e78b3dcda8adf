"""Payouts, files and entries are found by an index, on both databases; the worker asks for them twice a second."""

import re
from pathlib import Path

from backhaul.kit.database import Statement
from backhaul.marketplace import payout_queries, payout_store, statement_store
from tests.marketplace.cast import market

ASKED = {
    "most": 50, "now_us": 1, "batch": 1, "state": "sent", "of_statement": 1, "said": "x", "before": 10,
    "ids": "[1]", "payout": "x", "hash": "x", "place": 1,
}  # fmt: skip
LOOKS = {
    name: getattr(module, name)
    for module, names in (
        (payout_queries, ("ANY_WAITING", "ANY_ENTRY_WAITING", "BATCHES_DUE", "IN_DOUBT", "WAITING", "OF_BATCH", "OPEN_OF_BATCH",
                          "BATCHES", "BY_HASH", "OUTCOMES", "ENTRIES", "BREAKS", "CONTRADICTED")),
        (payout_store, ("TO_LEAVE", "PAYOUT_LOCKED", "ANSWERED_OF_BATCH")),
        (statement_store, ("TO_APPLY", "SAME_REFERENCE", "TRUE_OF_KEY", "LEFT", "OPEN_BREAKS")),
    )
    for name in names
}  # fmt: skip
TABLES = "payouts|payout_batches|bank_statements|bank_entries"


def test_no_look_reads_a_table_from_end_to_end(database_url: str, tmp_path: Path) -> None:
    with market(database_url, tmp_path) as shop, shop.office.database.read() as tx:
        found = {}
        for look, statement in LOOKS.items():
            assert isinstance(statement, Statement)
            text, constants = statement.text(tx.dialect)
            said = {**constants, **ASKED, "after": 0 if look == "ENTRIES" else ""}
            if tx.dialect == "sqlite":
                told = str(tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", said).fetchall())
                found[look] = re.search(rf"SCAN ({TABLES})(?! USING (COVERING )?INDEX)", told)
            else:
                tx.connection.execute("SET enable_seqscan = off")
                text = text.replace("FOR UPDATE SKIP LOCKED", "").replace("FOR UPDATE", "")
                told = str(tx.connection.execute(f"EXPLAIN {text}", {**said, "ids": [1]}).fetchall())
                found[look] = re.search(rf"Seq Scan on ({TABLES})", told)

    assert {} == {look: one for look, one in found.items() if one}
