"""A command is its own form: fields are read off its type, and a filled-in form becomes the command again."""

import types
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from backhaul.kit.machine import Refused

T = TypeVar("T")
LONG_TEXT_CHARACTERS = 500
NUMBER_DIGITS_MAX = 18


class Field(msgspec.Struct, frozen=True):
    """One field of a form. `kind`: text, long, number, yes_no, choice, photos."""

    name: str
    kind: str
    required: bool
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    length_max: int | None = None
    default: Any = None


def fields(command: type, choices: Mapping[str, Iterable[str]] | None = None) -> list[Field]:
    """The fields of a command. `choices` gives the values of text fields that name something in a catalogue."""
    hints = get_type_hints(command, include_extras=True)
    return [_field(f, hints[f.name], choices or {}) for f in msgspec.structs.fields(command)]


def _field(field: msgspec.structs.FieldInfo, hint: Any, choices: Mapping[str, Iterable[str]]) -> Field:
    inner, meta, optional = _unwrapped(hint)
    default = None if field.default is msgspec.NODEFAULT else field.default
    required = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT and not optional
    values: tuple[str, ...] = tuple(choices.get(field.name, ()))
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        kind, values = "choice", values or tuple(inner)
    elif values:
        kind = "choice"
    elif inner is bool:
        kind = "yes_no"
    elif inner is int:
        kind = "number"
    elif get_origin(inner) is tuple:
        kind = "photos"
    else:
        kind = "long" if meta and (meta.max_length or 0) > LONG_TEXT_CHARACTERS else "text"
    return Field(
        name=field.name,
        kind=kind,
        required=required,
        choices=values,
        low=int(meta.ge) if meta and meta.ge is not None else None,
        high=int(meta.le) if meta and meta.le is not None else None,
        length_max=meta.max_length if meta else None,
        default=default,
    )


def _unwrapped(hint: Any) -> tuple[Any, msgspec.Meta | None, bool]:
    """The plain type, its limits, and whether None is allowed."""
    meta: msgspec.Meta | None = None
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        optional = type(None) in get_args(hint)
        hint = next(a for a in get_args(hint) if a is not type(None))
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        meta = next((x for x in extras if isinstance(x, msgspec.Meta)), None)
    return hint, meta, optional


def parse(command: type[T], values: Mapping[str, Any]) -> T:
    """A command from a form's texts. `Refused` names the first field that does not fit."""
    wanted: dict[str, Any] = {}
    for field in fields(command):
        value = values.get(field.name)
        if field.kind == "yes_no":
            wanted[field.name] = value in (True, "yes", "on", "true", "1")
        elif value not in (None, ""):
            wanted[field.name] = value.strip() if isinstance(value, str) and field.kind != "long" else value
    return convert(command, wanted, strict=False)


def convert(shape: type[T], values: Any, *, strict: bool = True) -> T:
    """A value of a type, or `Refused` that says which field is wrong and how."""
    try:
        return msgspec.convert(values, shape, strict=strict)
    except msgspec.ValidationError as error:
        text = str(error)
        message, _, path = text.partition(" - at `$.")
        name = path.rstrip("`").split("[")[0] if path else _missing(message)
        raise Refused("field_invalid", "invalid", name or None, reason=message) from error


def _missing(message: str) -> str:
    parts = message.split("`")
    return parts[1] if "missing required field" in message and len(parts) > 1 else ""


def whole_number(text: str) -> int | None:
    """A version or count that somebody sent, or None when it is no plain whole number."""
    return int(text) if len(text) <= NUMBER_DIGITS_MAX and text.isascii() and text.isdigit() else None
