"""Updates that name only the columns which changed: SQLite writes every index anew whose columns are named, also with what they hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from backhaul.kit.database import Statement, Tx
from backhaul.kit.machine import Refused


class ChangedColumns:
    """Updates of one table. `where` are parameters by the columns that they must equal; together they name one row.

    Rows of one call each touch their own row of the table.
    """

    def __init__(self, table: sa.Table, where: Mapping[str, str]) -> None:
        self._table = table
        self._where = [table.c[column] == bindparam(name) for column, name in where.items()]
        self._keys = frozenset(where.values())
        self._statements: dict[frozenset[str], Statement] = {}

    def put(self, tx: Tx, rows: Sequence[Mapping[str, Any]], or_else: Refused | None = None) -> None:
        """Set what each row says besides its key. `or_else`, at the latest before COMMIT: not every row was there."""
        for statement, those in self._by_statement(rows):
            tx.put(statement, those, or_else)

    def _by_statement(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Statement, list[Mapping[str, Any]]]]:
        groups: dict[frozenset[str], list[Mapping[str, Any]]] = {}
        for row in rows:
            groups.setdefault(frozenset(row), []).append(row)
        return [(self._of(names), those) for names, those in groups.items()]

    def _of(self, names: frozenset[str]) -> Statement:
        found = self._statements.get(names)
        if found is None:
            values: dict[str, object] = {name: bindparam(name) for name in sorted(names - self._keys)}
            found = Statement(self._table.update().where(*self._where).values(values), once_a_row=True)
            self._statements[names] = found
        return found


def changed(after: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the columns that are not as they were."""
    return {name: value for name, value in after.items() if value != before[name]}
