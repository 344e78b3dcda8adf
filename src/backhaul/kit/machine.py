"""A lifecycle is a table of allowed moves; everything else is refused."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import FunctionType
from typing import Generic, TypeVar, cast

import msgspec

S = TypeVar("S", bound=StrEnum)
R = TypeVar("R", bound=StrEnum)


class Refused(Exception):
    """The law says no. `code` is stable and translated; `facts` fill the sentence and are shown to machines.

    `kind` decides the HTTP status: unreadable 400, invalid 422, conflict 409, forbidden 403, missing 404, unknown 401, too_many 429, away 503.
    """

    def __init__(self, code: str, kind: str = "conflict", field: str | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.field = field
        self.facts: Mapping[str, object] = facts


def cases_of(function: Callable[..., object], kinds: Iterable[type]) -> frozenset[type]:
    """Those of these classes that a function's code names. One that only matches classes says nothing of any other."""
    named = cast("FunctionType", function).__code__.co_names
    return frozenset(kind for kind in kinds if kind.__name__ in named)


class Storable(msgspec.Struct, frozen=True):
    """What somebody asks for, in words that can be kept: no database holds the character number 0.

    Words that may be left out and are nothing but blanks were left out.
    """

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if not isinstance(value, str):
                continue
            if "\0" in value:
                raise Refused("text_unstorable", "invalid", name)
            if value.isspace() and self._may_lack(name):
                msgspec.structs.force_setattr(self, name, "")

    def _may_lack(self, name: str) -> bool:
        fields, defaults = self.__struct_fields__, self.__struct_defaults__
        at = fields.index(name) - (len(fields) - len(defaults))
        return at >= 0 and defaults[at] == ""


class Row(msgspec.Struct, Generic[S, R], frozen=True):
    """While `before`, `command` given `by` one of these roles leads to one of `after`."""

    before: S
    command: type
    by: tuple[R, ...]
    after: tuple[S, ...]


class Lifecycle(Generic[S, R]):
    """The table of one noun. It checks itself: no cell twice, no state that nothing reaches.

    `undone_by`: who alone may still undo an end, because the world outside did; `again_after`: the ends of one after
    which another of its kind may begin.
    """

    def __init__(
        self,
        name: str,
        start: S,
        rows: Iterable[Row[S, R]],
        undone_by: tuple[R, ...] = (),
        again_after: tuple[S, ...] = (),
    ) -> None:
        self.name = name
        self.start = start
        self.rows = tuple(rows)
        self._cells: dict[tuple[S, type, R], Row[S, R]] = {}
        for row in self.rows:
            for role in row.by:
                cell = (row.before, row.command, role)
                if cell in self._cells:
                    msg = f"{name}: {cell} is said twice"
                    raise ValueError(msg)
                self._cells[cell] = row
        self._given = {(row.command, role) for row in self.rows for role in row.by}
        self.commands = tuple(dict.fromkeys(row.command for row in self.rows))
        reached = {start} | {after for row in self.rows for after in row.after}
        lonely = {row.before for row in self.rows} - reached
        if lonely:
            msg = f"{name}: nothing reaches {sorted(lonely)}"
            raise ValueError(msg)
        self.states = tuple(sorted(reached))
        onward = {r.before for r in self.rows if r.after != (r.before,) and not set(r.by) <= set(undone_by)}
        self.ends = tuple(s for s in self.states if s not in onward or s in again_after)

    def may_give(self, command: type, role: R) -> bool:
        """Whether a role may ever give a command, in whatever state."""
        return (command, role) in self._given

    def row(self, status: S, command: type, role: R) -> Row[S, R] | None:
        """The row that allows it, or None."""
        return self._cells.get((status, command, role))

    def open_to(self, status: S, role: R) -> Iterator[type]:
        """The commands that `role` may give while `status`, in the order of the table."""
        seen: set[type] = set()
        for row in self.rows:
            if row.before == status and role in row.by and row.command not in seen:
                seen.add(row.command)
                yield row.command

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start}"]
        arrows: dict[tuple[str, str], list[str]] = {}
        for row in self.rows:
            for after in row.after:
                text = f"{row.command.__name__} ({', '.join(row.by)})"
                arrows.setdefault((row.before, after), []).append(text)
        lines += [f"    {before} --> {after}: {' / '.join(texts)}" for (before, after), texts in arrows.items()]
        lines += [f"    {end} --> [*]" for end in self.ends]
        return "\n".join(lines)
