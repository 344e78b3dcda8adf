"""How a database would answer each statement of a house that reads: found by walking its modules, asked with made-up values."""

# ruff: noqa: SLF001 -- SQLAlchemy does not say otherwise what a statement is limited, grouped and ordered by

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors

from backhaul.kit.database import Statement, Tx, among
from backhaul.kit.whole_tables import inerted

PLACES = {"sqlite": r"(?<![:\w]):(\w+)", "postgresql": r"%\((\w+)\)s"}
# What a statement has found itself by then.
OF_VALUES = re.compile(r"json_each|\(subquery|anon_\d|CONSTANT ROW|\d+$|(waiting|due|at_\w+)$")


def reads(package: Any) -> Iterator[tuple[str, Statement]]:
    """Every statement of a house that looks, by module and name; also those that stand in tables of statements."""
    for found in sorted(pkgutil.walk_packages(package.__path__, f"{package.__name__}."), key=lambda one: one.name):
        if ".migrations" not in found.name:
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                for place, statement in _statements(value):
                    if isinstance(statement.core, sa.Select | sa.CompoundSelect):
                        yield f"{found.name.partition('.')[2].partition('.')[2]}.{name}{place}", statement


def _statements(value: Any) -> Iterator[tuple[str, Statement]]:
    if isinstance(value, Statement):
        yield "", value
    elif isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            for place, statement in _statements(inner):
                yield f"[{key}]{place}", statement


def looked_through(tx: Tx, statement: Statement, metadata: sa.MetaData) -> list[str]:
    """The tables that would be read from end to end, or an index of theirs would.

    Not meant: a partial index, which holds what is open; and a whole list in its own order, which ends with its page.
    """
    if _is_a_list_of_all(statement):
        return []
    partial = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    if tx.dialect == "sqlite":
        lines = [str(row[3]) for row in _explained(tx, statement, "EXPLAIN QUERY PLAN ")]
        scans = [line.removeprefix("SCAN ") for line in lines if line.startswith("SCAN ")]
        return [one for one in scans if not OF_VALUES.match(one) and one.split()[-1] not in partial]
    tx.connection.execute("SET LOCAL enable_seqscan = off")  # a table without rows would be read whole
    (plan,) = _explained(tx, statement, "EXPLAIN (FORMAT JSON) ")[0]
    scans = []
    for node in _nodes(plan[0]["Plan"]):
        if node["Node Type"] == "Seq Scan":
            scans.append(node["Relation Name"])
        elif "Index Name" in node and "Index Cond" not in node and node["Index Name"] not in partial:
            scans.append(f"{node.get('Relation Name', '')} by {node['Index Name']}")
    return scans


def sorts_it_all(tx: Tx, statement: Statement) -> bool:
    """Whether everything that is found is sorted before the first row of the list; rows that share a key do not count."""
    lines = [str(row[3]) for row in _explained(tx, statement, "EXPLAIN QUERY PLAN ")]
    return statement.core._limit_clause is not None and "USE TEMP B-TREE FOR ORDER BY" in lines


def _is_a_list_of_all(statement: Statement) -> bool:
    """A page of one whole table by its key: nothing is left out, so nothing is looked through."""
    core = statement.core
    if (
        not isinstance(core, sa.Select)
        or core.whereclause is not None
        or core._limit_clause is None
        or core._group_by_clauses
    ):
        return False
    tables = [one for one in core.get_final_froms() if isinstance(one, sa.Table)]
    ordered = [one.element if isinstance(one, sa.UnaryExpression) else one for one in core._order_by_clauses]
    return len(core.get_final_froms()) == 1 and any(ordered == list(table.primary_key.columns) for table in tables)


def _explained(tx: Tx, statement: Statement, explain: str) -> list[tuple[Any, ...]]:
    inerted(tx, ())
    text, constants = statement.text(tx.dialect)
    names = set(re.findall(PLACES[tx.dialect], text))
    said = {**values(statement, tx.dialect), "inerted": "{}", **{n: v for n, v in constants.items() if v is not None}}
    asked = {name: said[name] for name in names}
    try:
        with tx.savepoint():
            return list(tx.connection.execute(explain + text, asked).fetchall())
    except psycopg.Error:  # of what type a value is was not said; a text that is a number is either
        asked = {name: "1" if value == 1 else value for name, value in asked.items()}
        return list(tx.connection.execute(explain + text, asked).fetchall())


def values(statement: Statement, dialect: str) -> dict[str, Any]:
    """Something of the right type for each place."""
    lists: dict[str, list[Any]] = {
        element.parameter.key: [1] if isinstance(element.column.type, sa.Integer) else ["x"]
        for element in visitors.iterate(statement.core)
        if isinstance(element, among)
    }
    said: dict[str, Any] = {}
    dialect_of: Any = postgresql.dialect
    for name, bind in statement.core.compile(dialect=dialect_of()).binds.items():
        if name in lists:
            said[name] = json.dumps(lists[name]) if dialect == "sqlite" else lists[name]
        else:
            said[name] = "x" if isinstance(bind.type, sa.Text) else b"x" if isinstance(bind.type, sa.LargeBinary) else 1
    return said


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)
