"""A value inside a stored document, for statements that group by it; on both databases, as text, NULL where it is not."""

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class inside(ColumnElement[str]):  # noqa: N801 -- reads as an operator
    """`inside(column, "parcel.mark")`: the names of the path are ours, never a reader's."""

    inherit_cache = False

    def __init__(self, column: sa.Column[Any], path: str) -> None:
        self.column = column
        self.path = path
        self.type = sa.Text()


@compiles(inside, "sqlite")
def _inside_sqlite(element: inside, compiler: "SQLCompiler", **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    # Of a blob SQLite would read its own form of JSON.
    return f"CAST(json_extract(CAST({column} AS TEXT), '$.{element.path}') AS TEXT)"


@compiles(inside, "postgresql")
def _inside_postgresql(element: inside, compiler: "SQLCompiler", **kw: Any) -> str:
    column = compiler.process(element.column, **kw)
    names = element.path.replace(".", ",")
    return f"(convert_from({column}, 'UTF8')::jsonb #>> '{{{names}}}')"


def holds(column: sa.Column[Any], path: str) -> ColumnElement[bool]:
    """Whether the value is true: `1` to the one database, `true` to the other."""
    found = inside(column, path)
    return sa.or_(found == sa.literal_column("'1'"), found == sa.literal_column("'true'"))


def whole(column: sa.Column[Any], path: str) -> ColumnElement[int]:
    """The value as a whole number."""
    return sa.cast(inside(column, path), sa.BigInteger())
