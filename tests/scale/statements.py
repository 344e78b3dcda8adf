"""Finds every `Statement` of a house and asks by which keys it is bound."""

import importlib
import pkgutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import dml, elements, operators, selectable, visitors
from sqlalchemy.sql.expression import ColumnElement

import backhaul
from backhaul.kit.changed_columns import ChangedColumns
from backhaul.kit.clock import Clock
from backhaul.kit.database import Statement, among
from backhaul.marketplace.office import open_office as open_marketplace
from backhaul.partner.office import open_office as open_partner

DEPTH_MAX = 4


@dataclass(frozen=True)
class Place:
    """Where a table's rows stand: a group of shards that are cut alike, by its `key`, or by `follows` where that says as much.

    Without a group the table is shared: small and the same on every shard, or looked up before a shard is known.
    """

    group: str = ""
    key: str = ""
    follows: tuple[str, ...] = ()
    why: str = ""
    beside: tuple[str, ...] = ()  # binds nothing, but what is joined by it stands on the same shard


class Bound(Enum):
    """What a statement needs: nothing that is sharded, its tenant's key, a key the shard follows from, or every shard."""

    SHARED = "shared"
    TENANT = "tenant"
    FOLLOWS = "follows"
    EVERY = "every"


@dataclass
class Reading:
    """What was found in one statement: its tables, and those that nothing binds to one shard."""

    places: Mapping[str, Place]
    groups: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)
    follows: bool = False

    def verdict(self) -> Bound:
        if not self.groups:
            return Bound.SHARED
        if self.loose or len(self.groups) > 1:
            return Bound.EVERY
        return Bound.FOLLOWS if self.follows else Bound.TENANT


TRUE = (None, operators.is_true)
INSIDE = (selectable.SelectStatementGrouping, selectable.Subquery, selectable.CTE, selectable.ScalarSelect)


COMPILER = sqlite.dialect().statement_compiler(sqlite.dialect(), None)
OPEN: dict[str, Callable[[str, Path, Clock], Any]] = {"marketplace": open_marketplace, "partner": open_partner}


@dataclass(frozen=True)
class Outer:
    """What the query around this one reads from, and which columns are bound there."""

    leaves: set[Any] = field(default_factory=set)
    bound: set[Any] = field(default_factory=set)


def import_all() -> None:
    """Every module that may hold a statement."""
    for found in pkgutil.walk_packages(backhaul.__path__, "backhaul."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)


@cache
def named(house: str) -> dict[str, Statement]:
    """All statements of a house by a name: module and constant, then attribute or key where it is inside one.

    Those that `kit` makes for a house when it opens are found in its open office.
    """
    import_all()
    found: dict[int, tuple[str, Statement]] = {}
    for name in sorted(sys.modules, key=lambda one: (not one.endswith(".tables"), one)):
        if name.startswith(f"backhaul.{house}"):
            for where, one in _inside(sys.modules[name], name.removeprefix("backhaul.")):
                found.setdefault(id(one), (where, one))
    texts = {one.text("sqlite")[0] for _, one in found.values()}
    with tempfile.TemporaryDirectory() as folder:
        office = OPEN[house](f"sqlite:///{folder}/house.db", Path(folder), Clock())
        for where, one in _held(office, f"{house}.office", 0):
            if one.text("sqlite")[0] not in texts:
                found.setdefault(id(one), (where, one))
        office.close()
    return dict(found.values())


def tables_of(one: Statement) -> set[sa.Table]:
    """Every table that a statement touches."""
    found = {each for each in visitors.iterate(one.core) if isinstance(each, sa.Table)}
    found |= {each.table for each in visitors.iterate(one.core)
              if isinstance(each, sa.Column) and isinstance(each.table, sa.Table)}  # fmt: skip
    return found | ({one.core.table} if isinstance(one.core, dml.UpdateBase) else set())  # type: ignore[arg-type]


def read(one: Statement, places: Mapping[str, Place]) -> Reading:
    """How a statement is bound."""
    reading = Reading(places)
    core = one.core
    if isinstance(core, dml.Insert):
        _insert(core, reading)
    elif isinstance(core, dml.Update | dml.Delete):
        conditions = [] if core.whereclause is None else [core.whereclause]
        _nested(core, [], reading, _bind([core.table], conditions, reading, Outer()))
    else:
        _select(core, reading, Outer())
    return reading


def _inside(holder: ModuleType, name: str) -> Iterator[tuple[str, Statement]]:
    for key, value in list(vars(holder).items()):
        if not key.startswith("__"):
            yield from _held(value, f"{name}.{key}", 0)


def _held(value: Any, name: str, depth: int) -> Iterator[tuple[str, Statement]]:
    if isinstance(value, Statement):
        yield name, value
    elif isinstance(value, ChangedColumns):
        widest = frozenset(value._table.columns.keys()) | value._keys  # noqa: SLF001 -- each sets some of these
        yield name, value._of(widest)  # noqa: SLF001
    elif depth > DEPTH_MAX or isinstance(value, ModuleType):
        return
    elif isinstance(value, Mapping):
        for key, one in list(value.items()):
            said = key.name if isinstance(key, sa.Table) else key
            yield from _held(one, f"{name}[{said}]", depth + 1)
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from _held(one, f"{name}[{place}]", depth + 1)
    elif type(value).__module__.startswith("backhaul.") and not isinstance(value, type):
        members = dict(getattr(value, "__dict__", {}))
        for key in getattr(type(value), "__struct_fields__", ()):
            members[key] = getattr(value, key)
        for key, one in members.items():
            yield from _held(one, f"{name}.{key}", depth + 1)


def _insert(core: dml.Insert, reading: Reading) -> None:
    place = _note(core.table, reading)
    if core.select is not None:
        _select(core.select, reading, Outer())
    elif place is not None and not {place.key, *place.follows} & {one.name for one in core.table.columns}:
        reading.loose.add(str(core.table.name))
    elif place is not None and place.key not in core.table.columns:
        reading.follows = True


def _select(core: Any, reading: Reading, outer: Outer) -> set[Any]:
    """Reads a query; those of its columns that say where it stood."""
    if isinstance(core, INSIDE):
        return _select(core.element, reading, outer)
    if isinstance(core, selectable.CompoundSelect):
        sets = [_select(one, reading, outer) for one in core.selects]
        places = [{n for n, column in enumerate(one.selected_columns) if column in known}
                  for one, known in zip(core.selects, sets, strict=True)]  # fmt: skip
        return {list(core.selected_columns)[n] for n in set.intersection(*places)}
    if not isinstance(core, sa.Select):
        return set()
    leaves: list[Any] = []
    conditions = [] if core.whereclause is None else [core.whereclause]
    for one in _froms(core):
        _leaves(one, leaves, conditions)
    own = [one for one in leaves if one not in outer.leaves] or leaves  # the others are those of the query around it
    inner = _bind(own, conditions, reading, outer)
    _nested(core, own, reading, inner)
    return inner.bound


def _froms(core: Any) -> Iterable[Any]:
    """What it reads from, as `get_final_froms` says it, with a compiler that need not write it down."""
    state = core._compile_state_factory(core, COMPILER)  # noqa: SLF001 -- as SQLAlchemy does
    return state._get_display_froms()  # type: ignore[no-any-return]  # noqa: SLF001


def _bind(leaves: list[Any], conditions: list[Any], reading: Reading, outer: Outer) -> Outer:
    """Binds the tables of one FROM by its conditions; what is bound then, for queries inside."""
    equal = [pair for one in conditions for pair in _equal(one)]
    pairs = [(column, other) for column, other in equal if isinstance(other, ColumnElement)]
    values = {column for column, other in equal if other is None} | outer.bound
    values |= _known_inside([leaf for leaf in leaves if isinstance(leaf, INSIDE)], reading, outer)
    for column, query in equal:
        if isinstance(query, INSIDE) and next(iter(_columns(query))) in _select(query, Reading(reading.places), outer):
            values.add(column)
    said = _closed(values, pairs)
    bound = set(said)
    placed = [(one, _place(one, reading)) for one in leaves]
    sharded = {id(one): (one, place) for one, place in placed if place is not None}
    for _ in range(len(sharded)):
        for each, (leaf, place) in list(sharded.items()):
            keys = {leaf.c[name] for name in (place.key, *place.follows) if name in leaf.c}
            if keys & bound:
                del sharded[each]
                beside = {leaf.c[name] for name in place.beside}
                bound = _closed(bound | keys | beside, pairs)  # what is joined by any of these stands on the same shard
                reading.follows |= place.key not in leaf.c or leaf.c[place.key] not in said
    reading.loose |= {_name(leaf) for leaf, _ in sharded.values()}
    return Outer(outer.leaves | set(leaves), bound)


def _known_inside(queries: list[Any], reading: Reading, outer: Outer) -> set[Any]:
    """The columns of queries that are read from which say where those stood."""
    known: set[Any] = set()
    for one in queries:
        inner = _select(one.element, reading, outer)
        known |= {column for column, of in zip(one.c, _columns(one), strict=True) if of in inner}
    return known


def _columns(query: Any) -> Iterable[Any]:
    while isinstance(query, INSIDE):
        query = query.element
    for one in query.selected_columns:
        yield one.element if isinstance(one, elements.Label) else one


def _closed(bound: set[Any], pairs: list[tuple[Any, Any]]) -> set[Any]:
    """With all that equals one of them."""
    bound = set(bound)
    for _ in range(len(pairs)):
        for a, b in pairs:
            if a in bound or b in bound:
                bound |= {a, b}
    return bound


def _leaves(one: Any, leaves: list[Any], conditions: list[Any]) -> None:
    if isinstance(one, selectable.Join):
        _leaves(one.left, leaves, conditions)
        _leaves(one.right, leaves, conditions)
        conditions.append(one.onclause)
    else:
        leaves.append(one)


def _equal(condition: Any) -> Iterator[tuple[Any, Any]]:
    """Columns that are equal to a value (`None` beside them) or to another column, and hold for the whole condition."""
    if isinstance(condition, elements.Grouping | elements.UnaryExpression) and condition.operator in TRUE:
        yield from _equal(condition.element)
    elif isinstance(condition, elements.BooleanClauseList) and condition.operator is operators.and_:
        for one in condition.clauses:
            yield from _equal(one)
    elif isinstance(condition, among):
        yield condition.column, None
    elif isinstance(condition, elements.BinaryExpression) and condition.operator in {operators.eq, operators.in_op}:
        left, right = condition.left, condition.right
        for a, b in ((left, right), (right, left)):
            if isinstance(a, sa.Column | elements.ColumnClause):
                if isinstance(b, elements.BindParameter | elements.Cast):
                    yield a, None
                elif isinstance(b, sa.Column | elements.ColumnClause):
                    yield a, b
                    break
                elif isinstance(b, INSIDE):
                    yield a, b


def _nested(core: Any, own: list[Any], reading: Reading, outer: Outer) -> None:
    """Queries inside columns and conditions; those that are read from have been seen."""
    seen = {id(one) for leaf in own if isinstance(leaf, INSIDE) for one in visitors.iterate(leaf)}
    seen |= {id(core)}
    for one in visitors.iterate(core):
        if id(one) not in seen and isinstance(one, sa.Select | selectable.CompoundSelect):
            seen |= {id(inside) for inside in visitors.iterate(one)}
            _select(one, reading, outer)


def _place(leaf: Any, reading: Reading) -> Place | None:
    if isinstance(leaf, sa.Table):
        return _note(leaf, reading)
    if isinstance(leaf, selectable.Alias):
        return _note(leaf.element, reading)
    return None


def _note(table: Any, reading: Reading) -> Place | None:
    place = reading.places[str(table.name)]
    reading.tables.add(str(table.name))
    if not place.group:
        return None
    reading.groups.add(place.group)
    return place


def _name(leaf: Any) -> str:
    return str(getattr(leaf, "element", leaf).name)
