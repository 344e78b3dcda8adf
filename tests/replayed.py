"""The tables of a marketplace once more, from nothing but its events: what is derived must come out the same (T14).

Every change is saved once more by the house's own `store.save` into an empty SQLite database, in the order of its case; then the
tables are compared row for row.
"""

import itertools
import os
import shutil
import tempfile
import zlib
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from backhaul.kit.database import Database, Statement, Tx, transaction
from backhaul.kit.desk import Change
from backhaul.kit.journal import Mark
from backhaul.marketplace import queries, store, tables
from backhaul.marketplace.office import Office
from backhaul.marketplace.queries import decode_event
from backhaul.marketplace.rules import events as e
from backhaul.marketplace.rules.policy import Policy
from backhaul.marketplace.rules.returns import Return, born, evolve
from backhaul.serving import HOUSES
from tests import templates

DERIVED = (tables.returns, tables.return_money, tables.return_facets, tables.return_outcomes, tables.return_claims)
EVENTS_MAX = 400
NOT_REPLAYED = ("test_a_lived_in_database",)  # brought on from a schema that knew less
# What the events do not say: when the calendar looks again follows from the policy of then, and media go by the clock.
NOT_FROM_EVENTS = {"due_us", "over_us", "copies_over_us"}
ROWS = {table.name: Statement(table.select().order_by(*table.primary_key.columns)) for table in DERIVED}
UNITS = Statement(tables.units.select())
FREE_UNIT = Statement(tables.units.insert())
FREE = Statement(tables.units.update().where(tables.units.c.return_id.is_not(None)).values(return_id=sa.null()))
COUNT = Statement(sa.select(sa.func.count()).select_from(tables.journal.events))


def is_looked_at(directory: Path) -> bool:
    """Whether the database that a test leaves is replayed. `BACKHAUL_REPLAY=1`: every one, 16: one in sixteen, always the same ones."""
    share = int(os.environ.get("BACKHAUL_REPLAY", "0"))
    if not share or directory.name.startswith(NOT_REPLAYED):
        return False
    return zlib.crc32(directory.name.encode()) % share == 0


def check(office: Office, directory: Path) -> None:
    """At the end of a test that went well."""
    if is_looked_at(directory):
        assert differences(office) == []


def check_folds(name: str, office: Any, directory: Path) -> None:
    """The same for the rows of any house: every case folds to its row, every chain holds."""
    if not is_looked_at(directory):
        return
    with office.database.read() as tx:
        for noun, shelf in HOUSES[name].shelves.items():
            for case_id, _ in shelf.all_ids(tx):
                again, chained = shelf.replay(tx, case_id)
                assert chained, f"{noun} {case_id}: the chain is broken"
                assert again == shelf.one(tx, case_id), f"{noun} {case_id}"


def differences(office: Office, *, skip: int = 0) -> list[str]:
    """Rows that the events do not bring, or bring otherwise. `skip`: the control, that many last events of each case are left out."""
    folder = Path(tempfile.mkdtemp(prefix="backhaul-replay-"))
    url = f"sqlite:///{folder / 'again.sqlite'}"
    try:
        templates.fill(url, "backhaul.marketplace", tables.metadata)
        with office.database.read() as then, closing(Database(url)) as database:
            if (then.one(COUNT) or (0,))[0] > EVENTS_MAX:
                return []
            with closing(database.writer()) as connection, transaction(connection, "sqlite") as tx:
                _replay(then, tx, office.house.terms.policy, skip)
                return list(_compared(then, tx))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replay(then: Tx, tx: Tx, policy: Policy, skip: int) -> None:
    tx.many(FREE_UNIT, [{"line_id": row[0], "unit_no": row[1], "return_id": None} for row in then.rows(UNITS)])
    changes: list[Change[Return]] = []
    after = 0
    while ids := queries.all_ids(then, after):
        for case_id, _ in ids:
            changes += _changes(then, case_id, skip)
        after = ids[-1][0]
    for change in changes:
        tx.run(FREE)  # who held a unit when is for the sequence of all cases; here each comes by itself
        store.save(tx, [change], policy)


def _changes(then: Tx, case_id: int, skip: int) -> list[Change[Return]]:
    """One for each time that something was written to a case."""
    rows = then.rows(tables.journal.history, case_id=case_id)
    before: Return | None = None
    found = []
    for _, some in itertools.groupby(rows[: len(rows) - skip], key=lambda row: (row[5], row[7], row[8])):
        after, events, head = before, [], b""
        for row in some:
            event = decode_event(row[3])
            after = born(case_id, event) if isinstance(event, e.Requested) else evolve(_there(after), event)
            by: Any = None
            at: datetime | None = None
            events.append((row[1], (event, by, at, after), Mark(row[4], row[5], row[6], row[7], row[8])))
            head = bytes(row[9])
        found.append(Change(before, _there(after), case_id, head, events))  # type: ignore[arg-type]
        before = after
    return found


def _there(it: Return | None) -> Return:
    assert it is not None
    return it


def _compared(then: Tx, again: Tx) -> Any:
    for table in DERIVED:
        names = [column.name for column in table.columns]
        kept = [n for n, name in enumerate(names) if name not in NOT_FROM_EVENTS]
        left, right = then.rows(ROWS[table.name]), again.rows(ROWS[table.name])
        if len(left) != len(right):
            yield f"{table.name}: {len(left)} rows, and {len(right)} from the events"
        for one, other in zip(left, right, strict=False):
            wrong = [names[n] for n in kept if _plain(one[n]) != _plain(other[n])]
            if wrong:
                yield f"{table.name} {one[0]}: {', '.join(wrong)}"


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
