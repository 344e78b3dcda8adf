"""Terms as a form: what each field is drawn with, how it is read back, and what differs between two versions.

A field's kind follows from its type, its unit from the end of its name. `Refused` says which field does not fit.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from backhaul.kit.days import MOSCOW
from backhaul.kit.i18n import N_
from backhaul.kit.machine import Refused

T = TypeVar("T")

MOMENT_FORM = "%Y-%m-%dT%H:%M"
COUNT_MAX = 1_000_000
CHARACTERS_MAX = 400
LINES_CHARACTERS_MAX = 4000
ROWS_MAX = 300
WHOLE = re.compile(r"-?[0-9]{1,18}")
PRICE = re.compile(r"([0-9]{1,10})(?:[.,]([0-9]{1,2}))?")
SEPARATED = re.compile(r"[,;\s]+")
UNITS = {
    "days": N_("days"),
    "hours": N_("hours"),
    "hour": N_("o'clock, Moscow time"),
    "minutes": N_("minutes"),
    "months": N_("months"),
    "characters": N_("characters"),
    "photos": N_("photos"),
    "rub": N_("roubles"),
    "minor": N_("kopecks"),
    "gram": N_("grams"),
    "pct": N_("per cent"),
    "until": N_("Moscow time"),
}
SHOWN_AS = {"true": N_("Yes"), "false": N_("No")}


class Topic(msgspec.Struct, frozen=True):
    """Fields that a reader looks for together."""

    name: str
    label: str
    fields: tuple[str, ...]


class Part(msgspec.Struct, frozen=True):
    """A field of the terms. `keys`: what a table has rows for, when that is fixed."""

    name: str
    kind: str
    keys: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What a number counts, by the end of the field's name."""
        words = [word for word in self.name.split("_") if word not in {"min", "max"}]
        return UNITS.get(words[-1], "") if words and self.kind in {"number", "numbers", "instant"} else ""

    @property
    def is_table(self) -> bool:
        """Whether it has rows of a key and a value."""
        return self.kind in {"switches", "lists", "counts", "prices"}


def parts(shape: type) -> dict[str, Part]:
    """The fields of terms with what each is drawn with."""
    return {name: _part(name, hint) for name, hint in get_type_hints(shape).items()}


def _part(name: str, hint: Any) -> Part:
    plain = {bool: "switch", int: "number", str: "instant" if name.endswith(("_until", "_at")) else "text"}
    origin, inside = get_origin(hint), get_args(hint)
    if hint in plain:
        return Part(name, plain[hint])
    if origin is tuple and inside in {(int, ...), (str, ...)}:
        return Part(name, "numbers" if inside[0] is int else "lines")
    if origin is dict and isinstance(inside[0], type) and issubclass(inside[0], str):
        keys = tuple(inside[0]) if issubclass(inside[0], StrEnum) else ()
        values = {bool: "switches", tuple[str, ...]: "lists", int: "prices" if name.endswith("_minor") else "counts"}
        if inside[1] in values:
            return Part(name, values[inside[1]], keys)
    return Part(name, "json")


# -- A value as the texts of its inputs -------------------------------------------------------------------------------


def spread(part: Part, value: Any) -> dict[str, str]:
    """The texts of a field's inputs by their names: `answer_days`, or `by_country.0.key` and `by_country.0.value`."""
    if not part.is_table:
        return {part.name: _text(part.kind, value)}
    found = {str(key): entry for key, entry in value.items()}
    texts = {}
    for n, key in enumerate(dict.fromkeys((*part.keys, *found))):
        entry = found.get(key)
        texts[f"{part.name}.{n}.key"] = key
        texts[f"{part.name}.{n}.value"] = "" if entry is None else _text(ENTRY_KINDS[part.kind], entry)
    return texts


ENTRY_KINDS = {"switches": "switch", "lists": "list", "counts": "number", "prices": "price"}


def _text(kind: str, value: Any) -> str:  # noqa: PLR0911 -- one case a kind
    match kind:
        case "switch":
            return "true" if value else "false"
        case "number" | "text":
            return str(value)
        case "numbers" | "list":
            return ", ".join(map(str, value))
        case "lines":
            return "\n".join(value)
        case "price":
            return f"{value // 100}.{value % 100:02}"
        case "instant":
            return datetime.fromisoformat(value).astimezone(MOSCOW).strftime(MOMENT_FORM)
        case _:
            return msgspec.json.encode(value).decode()


def rows_of(part: Part, values: Mapping[str, str]) -> list[int]:
    """The numbers of the rows of a table that a form has."""
    found = set()
    for name in values:
        start, _, end = name.removeprefix(f"{part.name}.").partition(".")
        if name.startswith(f"{part.name}.") and end in {"key", "value"} and start.isdecimal() and len(start) < 4:
            found.add(int(start))
    return sorted(found)[:ROWS_MAX]


def is_sent(part: Part, values: Mapping[str, str]) -> bool:
    """Whether a form has this field at all."""
    return bool(rows_of(part, values)) if part.is_table else part.name in values


# -- Read back --------------------------------------------------------------------------------------------------------


def read(drawn: T, before: T, form: Mapping[str, Part], values: Mapping[str, str], check: Callable[[T], Iterator[str]],
         ) -> tuple[T, list[Refused]]:  # fmt: skip
    """The terms that a form describes, and what does not fit, field by field; then the terms are those before.

    What a form does not have, and what reads as it was drawn, stays as it is before: of a table each row by itself.
    """
    known, shown, wrong = msgspec.to_builtins(before), msgspec.to_builtins(drawn), set[str]()
    for name, part in form.items():
        texts = spread(part, getattr(drawn, name))
        if not is_sent(part, values) or texts == typed(part, values):
            continue
        try:
            value = _value(part, values, texts)
            known[name] = merged(shown[name], known[name], value) if part.is_table else value
        except ValueError:
            wrong.add(name)
    return built(known, before, form, check, wrong)


def built(known: Mapping[str, Any], before: T, form: Mapping[str, Part], check: Callable[[T], Iterator[str]],
          unread: Iterable[str] = ()) -> tuple[T, list[Refused]]:  # fmt: skip
    """The terms of these values, and what does not fit, in the order of the form; then the terms are those before."""
    wrong = set(unread)
    try:
        after: T = msgspec.convert(known, type(before))
        wrong |= {*_out_of_range(after), *check(after)}
    except msgspec.ValidationError as error:
        _, _, path = str(error).partition(" - at `$.")
        wrong.add(re.split(r"[.\[`]", path)[0])
    places = {name: n for n, name in enumerate(form)}
    in_order = sorted(wrong, key=lambda name: places.get(name, len(places)))
    return (before if wrong else after), [misfit(name) for name in in_order]


def merged(drawn: Mapping[str, Any], before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The rows before with those that differ between what was drawn and what is wanted."""
    changed = {key: value for key, value in wanted.items() if key not in drawn or drawn[key] != value}
    gone = drawn.keys() - wanted.keys()
    return {key: value for key, value in {**before, **changed}.items() if key not in gone}


def misfit(field: str) -> Refused:
    """That the value of a field does not fit."""
    return Refused("policy_value_invalid", "invalid", field or None)


def typed(part: Part, values: Mapping[str, str]) -> dict[str, str]:
    """What stands in the inputs of a field, without the empty rows of its table."""
    if not part.is_table:
        return {part.name: _lines(values.get(part.name, ""))}
    found = dict[str, str]()
    for n in rows_of(part, values):
        key, value = (values.get(f"{part.name}.{n}.{end}", "").strip() for end in ("key", "value"))
        if key or (value and part.kind != "switches"):
            found |= {f"{part.name}.{n}.key": key, f"{part.name}.{n}.value": value}
    return found


def _lines(text: str) -> str:
    """Browsers end a line with two characters."""
    return text.replace("\r\n", "\n")


def _value(part: Part, values: Mapping[str, str], drawn: Mapping[str, str]) -> Any:
    """A row that has lost its key is taken away; one that never had it lacks it."""
    if not part.is_table:
        return _parsed(part.kind, _lines(values[part.name]))
    texts, found = typed(part, values), dict[str, Any]()
    for n in rows_of(part, texts):
        key = texts[f"{part.name}.{n}.key"]
        if not key and drawn.get(f"{part.name}.{n}.key"):
            continue
        if not key or key in found or len(key) > CHARACTERS_MAX or (part.keys and key not in part.keys):
            raise ValueError(part.name)
        found[key] = _parsed(ENTRY_KINDS[part.kind], texts[f"{part.name}.{n}.value"])
    return found


def _parsed(kind: str, text: str) -> Any:  # noqa: PLR0911 -- one case a kind
    if len(text) > (LINES_CHARACTERS_MAX if kind in {"lines", "list"} else CHARACTERS_MAX) or "\0" in text:
        raise ValueError(kind)
    text = text.strip()
    match kind:
        case "switch":
            return bool(("false", "true").index(text))
        case "number":
            return _whole(text)
        case "numbers":
            return [_whole(one) for one in SEPARATED.split(text) if one]
        case "list":
            return tuple(one for one in SEPARATED.split(text) if one)
        case "lines":
            return [one.strip() for one in text.split("\n") if one.strip()]
        case "price":
            return _price(text)
        case "instant":
            at = datetime.strptime(text, MOMENT_FORM).replace(tzinfo=MOSCOW)
            return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "text":
            return text
        case _:
            return _json(text)


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(text) from error


def _whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _price(text: str) -> int:
    found = PRICE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _out_of_range(terms: Any) -> Iterator[str]:
    """No number is less than nothing or absurdly large; an hour is one of the day, a share not more than all."""
    for name in terms.__struct_fields__:
        value = getattr(terms, name)
        several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
        most = 23 if name.endswith("_hour") else 100 if name.endswith("_pct") else COUNT_MAX
        if any(isinstance(n, int) and not 0 <= n <= most for n in several):
            yield name


# -- What differs -----------------------------------------------------------------------------------------------------


def differences(before: Any, after: Any, form: Mapping[str, Part]) -> list[tuple[str, str, str, str]]:
    """(field, key, text before, text after) for all that differs; a table differs row by row, `key` names the row."""
    found = []
    for name, part in form.items():
        one, other = getattr(before, name), getattr(after, name)
        if part.is_table:
            kind = ENTRY_KINDS[part.kind]
            for key in dict.fromkeys((*one, *other)):
                was, will = (_text(kind, said[key]) if key in said else "" for said in (one, other))
                if was != will:
                    found.append((name, str(key), was, will))
        elif one != other:
            found.append((name, "", _text(part.kind, one), _text(part.kind, other)))
    return found
