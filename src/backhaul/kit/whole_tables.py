"""A whole query as a table that leaves the database as a stream: never held, in one snapshot, on a connection that only reads.

As CSV the rows are worded by the database itself, PostgreSQL's with COPY; Python only passes them on.
"""

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from backhaul.kit.cells import HARMLESS_FIRST, inert
from backhaul.kit.database import Statement, Tx

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

ROWS_A_PIECE = 2000
BYTES_A_PIECE = 65_536
# As `cells.inert` has it, and a little narrower: what it does not let pass, Python looks at.
_HARMLESS = f"^[{HARMLESS_FIRST}][^;\ufffe\uffff[:cntrl:]]*$"


# The same of whole lines of CSV as they leave PostgreSQL, narrower still. A byte is one that a harmless cell may begin with (a),
# stands between cells (,), is a quote ("), is in no harmless cell (!), or only inside of one (x).
_KINDS = bytes(
    ord(
        "," if n in b",\n"
        else '"' if n == ord('"')
        else "!" if n < 32 or n in b";\x7f"
        else "a" if (chr(n).isascii() and chr(n).isalnum()) or n in b"\xd0\xd1" or 0xE4 <= n <= 0xE9
        else "x"
    )
    for n in range(256)
)  # fmt: skip
_ODD = (b"!", b",x", b',"x')
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")


def is_harmless(lines: bytes) -> bool:
    """Whether no cell of these whole lines can be a formula to any program, nor holds what `cells.clean` takes out."""
    kinds = b"," + lines.translate(_KINDS)
    return not any(odd in kinds for odd in _ODD) and not any(one in lines for one in _NO_CHARACTERS)


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
    # As to_char would, in two thirds of the time; `csv_pieces` sees to it that times have the form of ISO.
    return f"replace(CAST({seconds} AT TIME ZONE 'UTC' AS TEXT), ' ', 'T') || 'Z'"


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
        tx.connection.execute("SET LOCAL datestyle = 'ISO'")
        with tx.connection.cursor() as cursor:  # noqa: SIM117 -- one after the other
            with cursor.copy(f"COPY ({text}) TO STDOUT (FORMAT csv)", {**constants, **values}) as copy:
                yield from _blocks(tx.connection, copy)
        return
    for rows in pieces(tx, statement, **values):
        lines = io.StringIO(newline="")
        csv.writer(lines, lineterminator="\n").writerows(rows)
        yield lines.getvalue().encode()


def _blocks(connection: Any, copy: Any) -> Iterator[bytes]:
    """PostgreSQL gives line by line, and psycopg waits for each by itself, which takes longer than the line."""

    def block() -> Generator[Any, Any, bytes]:
        lines, size = list[Any](), 0
        while size < BYTES_A_PIECE and (line := (yield from copy._read_gen())):  # noqa: SLF001 -- what `read` waits for
            lines.append(line)
            size += len(line)
        return b"".join(lines)

    while found := connection.wait(block()):
        yield found


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
