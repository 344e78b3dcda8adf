"""Statements that have forgotten whose rows they want: planted, to see that PostgreSQL holds them (D28)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from backhaul.kit.database import Statement, Tx

# How statements say whose rows they want, with the parameter's name.
SAID = re.compile(r"(\w+\.)?(seller_id|customer_ref|company_id|subject|owner) = (%\(\w+\)s(::\w+)?)")


def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on every statement loses its words about whose rows it wants."""
    text = Statement.text

    def without(self: Statement, dialect: str) -> tuple[str, dict[str, object]]:
        said, constants = text(self, dialect)
        return SAID.sub(r"(\3 IS NOT NULL OR TRUE)", said), constants

    monkeypatch.setattr(Statement, "text", without)


def whole(metadata: sa.MetaData, nobodys: set[str]) -> Iterator[tuple[str, Statement]]:
    """For each table with owners a statement for all of its rows, without what owners may not read."""
    hidden = metadata.info["secret_columns"]
    for table in metadata.sorted_tables:
        if table.name not in nobodys:
            columns = [column for column in table.columns if column.name not in hidden.get(table.name, ())]
            yield table.name, Statement(sa.select(*columns))


def seen(tx: Tx, statement: Statement) -> set[Any]:
    return {tuple(map(str, row)) for row in tx.rows(statement)}
