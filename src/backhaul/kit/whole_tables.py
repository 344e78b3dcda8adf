"""A whole query as a table that leaves the database as a stream: never held, in one snapshot, on a connection that only reads.

As CSV the rows are worded by the database itself, PostgreSQL's with COPY; Python only passes them on.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from backhaul.kit.cells import HARMLESS_FIRST, inert
from backhaul.kit.database import Statement, Tx

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

ROWS_A_PIECE = 2000
# As `cells.inert` has it, and a little narrower: what it does not let pass, Python looks at.
_HARMLESS = f"^[{HARMLESS_FIRST}][^;\ufffe\uffff[:cntrl:]]*$"


class instant(ColumnElement[str]):  # noqa: N801 -- reads as a function
    """Microseconds since 1970 as `2024-09-02T07:00:00Z`, nothing for nothing."""

    inherit_cache = True

    def __init__(self, column: sa.Column[Any]) -> None:
        self.column, self.type = column, sa.Text()


class harmless(ColumnElement[str]):  # noqa: N801
    """A text that no program takes for a formula. `inerted`: by text the few that had to be changed."""

    inherit_cache = True

    def __init__(self, column: sa.Column[Any]) -> None:
        self.column, self.type = column, sa.Text()
        self.inerted = sa.bindparam("inerted", type_=sa.Text())


@compiles(instant, "sqlite")
def _instant_sqlite(element: instant, compiler: "SQLCompiler", **kw: Any) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {compiler.process(element.column, **kw)} / 1000000, 'unixepoch')"


@compiles(instant, "postgresql")
def _instant_postgresql(element: instant, compiler: "SQLCompiler", **kw: Any) -> str:
    seconds = f"to_timestamp({compiler.process(element.column, **kw)} / 1000000)"
    return f"""to_char({seconds} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


@compiles(harmless, "sqlite")
def _harmless_sqlite(element: harmless, compiler: "SQLCompiler", **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    usual = f"{column} GLOB '[0-9A-Za-z]*' AND NOT {column} GLOB '*[^ -:<-~]*'"  # ASCII without a semicolon
    return f"CASE WHEN {usual} THEN {column} ELSE inert({column}, {compiler.process(element.inerted, **kw)}) END"


@compiles(harmless, "postgresql")
def _harmless_postgresql(element: harmless, compiler: "SQLCompiler", **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    changed = f"CAST({compiler.process(element.inerted, **kw)} AS JSONB) ->> {column}"
    return f"CASE WHEN {column} ~ '{_HARMLESS}' THEN {column} ELSE COALESCE({changed}, '''' || {column}) END"


def suspicious(column: sa.Column[Any]) -> Statement:
    """The texts of a column that Python must look at before PostgreSQL words them."""
    return Statement(sa.select(column).distinct().where(~column.regexp_match(sa.literal_column(f"'{_HARMLESS}'"))))


def inerted(tx: Tx, statements: Sequence[Statement]) -> dict[str, str]:
    """What `harmless` columns need to know; SQLite asks Python itself."""
    if tx.dialect == "sqlite":
        tx.connection.create_function("inert", 2, lambda text, _: inert(text), deterministic=True)
        return {}
    return {row[0]: inert(row[0]) for statement in statements for row in tx.rows(statement)}


def csv_pieces(tx: Tx, statement: Statement, header: Sequence[str], **values: object) -> Iterator[bytes]:
    """The rows as CSV (UTF-8, a line ends with LF), in pieces of whole lines."""
    yield (",".join(header) + "\n").encode()
    text, constants = statement.text(tx.dialect)
    if tx.dialect == "postgresql":
        with tx.connection.cursor() as cursor:  # noqa: SIM117 -- one after the other
            with cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv)", {**constants, **values}) as copy:
                for piece in copy:
                    yield bytes(piece)
        return
    for rows in pieces(tx, statement, **values):
        lines = io.StringIO(newline="")
        csv.writer(lines, lineterminator="\n").writerows(rows)
        yield lines.getvalue().encode()


def pieces(tx: Tx, statement: Statement, **values: object) -> Iterator[list[tuple[Any, ...]]]:
    """The rows, some at a time."""
    text, constants = statement.text(tx.dialect)
    cursor = tx.connection.cursor() if tx.dialect == "sqlite" else tx.connection.cursor(name="whole_table")
    try:
        cursor.execute(text, {**constants, **values})
        while rows := cursor.fetchmany(ROWS_A_PIECE):
            yield rows
    finally:
        cursor.close()
