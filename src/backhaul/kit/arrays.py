"""One statement of PostgreSQL for many rows: each parameter becomes an array, and the rows are made of the arrays by the server.

`executemany` asks the server once for each row; this asks once for all, with the same values and the same triggers.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

_PARAMETER = re.compile(r"%\((\w+)\)s(?:::\w+)?")
_RETURNING = re.compile(r" RETURNING [\w., ]+$")
_INSERT = re.compile(r"(INSERT INTO \w+ \([\w, ]+\)) VALUES \((.+)\)", re.DOTALL)
_UPDATE = re.compile(r"(UPDATE \w+ SET .+) (WHERE .+)", re.DOTALL)
# By the type of the parameter; what is not among these is asked row by row.
_ARRAYS: tuple[tuple[type[Any], str], ...] = (
    (sa.Integer, "BIGINT[]"),
    (sa.Boolean, "BOOLEAN[]"),
    (sa.LargeBinary, "BYTEA[]"),
    (sa.String, "TEXT[]"),
)


def over_arrays(text: str, types: Mapping[str, Any], *, updates: bool) -> str:
    """The text of an INSERT or, with `updates`, an UPDATE, worded over arrays; empty where it cannot be."""
    names = list(dict.fromkeys(_PARAMETER.findall(text)))
    arrays = [next((array for kind, array in _ARRAYS if isinstance(types[name], kind)), "") for name in names]
    inserting = _INSERT.fullmatch(_RETURNING.sub("", text))
    updating = _UPDATE.fullmatch(text) if updates else None
    if not names or not all(arrays) or (inserting is None and updating is None):
        return ""
    # Bytes travel as they are, not as text twice as long.
    said = ", ".join(
        f"%({name}){'b' if array == 'BYTEA[]' else 's'}::{array}" for name, array in zip(names, arrays, strict=True)
    )
    rows = f"FROM unnest({said}) AS rows_of({', '.join(f'p_{name}' for name in names)})"
    if inserting is not None:
        return f"{inserting[1]} SELECT {_of_row(inserting[2])} {rows}"
    assert updating is not None  # noqa: S101 -- one of the two
    return f"{_of_row(updating[1])} {rows} {_of_row(updating[2])}"


def _of_row(part: str) -> str:
    return _PARAMETER.sub(r"rows_of.p_\1", part)


def columns_of(rows: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
    """The rows' values by parameter. Members of enumerations become the texts and numbers that they are: an array has one type."""
    return {name: [_plain(row[name]) for row in rows] for name in rows[0]}


def _plain(value: object) -> object:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    return int(value) if isinstance(value, int) and kind is not bool else value
