"""The rows of a house, read with the driver alone: what is new since the last look, as plain dicts."""

import json
import sqlite3
from typing import Any

Row = dict[str, Any]


class Fault(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(f"{invariant}: {text}")
        self.invariant = invariant


class Rows:
    """One database. `seen` is how far each table was read."""

    TABLES = ("events", "entries", "outbox", "answers")

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.seen = dict.fromkeys(self.TABLES, 0)

    def news(self, table: str) -> list[Row]:
        """What was appended."""
        found = [
            dict(row)
            for row in self.connection.execute(
                f"SELECT rowid AS place, * FROM {table} WHERE rowid > ? ORDER BY rowid",  # noqa: S608 -- one of TABLES
                (self.seen[table],),
            )
        ]
        if found:
            self.seen[table] = found[-1]["place"]
        return found

    def all_of(self, sql: str, *values: object) -> list[Row]:
        """Rows of a query."""
        return [dict(row) for row in self.connection.execute(sql, values)]

    def close(self) -> None:
        self.connection.close()


def said(row: Row) -> Row:
    """What an event says."""
    found: Row = json.loads(row["data"])
    return found
