"""A command is its own form: fields are read off its type, and a filled-in form becomes the command again."""

import re
import types
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from backhaul.kit.i18n import N_, Message, ngettext
from backhaul.kit.machine import Refused

T = TypeVar("T")
LONG_TEXT_CHARACTERS = 500
NUMBER_DIGITS_MAX = 18

# What can be wrong with a field, in words: the fact `problem` of a refusal `field_invalid`.
PROBLEMS: dict[str, Message] = {
    "missing": N_("Fill in this field: {field}."),
    "unknown_field": N_("There is no field {field} here."),
    "too_long": ngettext(
        "{field}: at most {characters_max} character.",
        "{field}: at most {characters_max} characters.",
        "characters_max",
    ),
    "too_short": ngettext(
        "{field}: at least {characters_min} character.",
        "{field}: at least {characters_min} characters.",
        "characters_min",
    ),
    "too_many": ngettext(
        "{field}: at most {count_max} is allowed.", "{field}: at most {count_max} are allowed.", "count_max"
    ),
    "too_small": N_("{field}: {low} or more."),
    "too_large": N_("{field}: {high} or less."),
    "not_a_number": N_("{field}: a whole number is needed."),
    "not_a_choice": N_("{field}: choose one of the choices."),
    "wrong_type": N_("{field}: this is something else than is asked for."),
}
WRONG_SHAPE = N_("This is not built as it is asked for.")
# What can be wrong with a body as a whole: the fact `problem` of a refusal `body_invalid`.
BODY_PROBLEMS: dict[str, Message] = {
    "not_json": N_("The body is not JSON."),
    "too_deep": N_("The body is nested too deeply."),
    "unreadable": N_("The request cannot be read."),
}
FIELD_CHARACTERS_MAX = 80

_BOUNDS = (
    (re.compile(r"^Expected `str` of length <= (\d+)"), "too_long", "characters_max"),
    (re.compile(r"^Expected `str` of length >= (\d+)"), "too_short", "characters_min"),
    (re.compile(r"^Expected `array` of length <= (\d+)"), "too_many", "count_max"),
    (re.compile(r"^Expected `int` >= (-?\d+)"), "too_small", "low"),
    (re.compile(r"^Expected `int` <= (-?\d+)"), "too_large", "high"),
)
_KINDS = (
    ("Object missing required field", "missing"),
    ("Object contains unknown field", "unknown_field"),
    ("Expected `int", "not_a_number"),
    ("Invalid enum value", "not_a_choice"),
)


class Field(msgspec.Struct, frozen=True):
    """One field of a form. `kind`: text, long, number, yes_no, choice, photos, videos."""

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
        kind = "videos" if field.name == "videos" else "photos"
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
        raise misfit(message, path.rstrip("`").split("[")[0]) from error


def misfit(message: str, field: str = "") -> Refused:
    """The decoder's message as a refusal: which field, and in the fact `problem` how it does not fit."""
    problem = next((code for start, code in _KINDS if message.startswith(start)), "wrong_type")
    if problem in {"missing", "unknown_field"}:
        field = message.split("`")[1]
    for pattern, code, fact in _BOUNDS:
        found = pattern.match(message)
        if found:
            bound = {fact: int(found.group(1))}
            return Refused("field_invalid", "invalid", field or None, reason=message, problem=code, **bound)
    return Refused("field_invalid", "invalid", field or None, reason=message, problem=problem)


def unknown(field: str) -> Refused:
    """That nothing here takes this field."""
    return Refused("field_invalid", "invalid", field[:FIELD_CHARACTERS_MAX], problem="unknown_field")


def whole_number(text: str) -> int | None:
    """A version or count that somebody sent, or None when it is no plain whole number."""
    return int(text) if len(text) <= NUMBER_DIGITS_MAX and text.isascii() and text.isdigit() else None
