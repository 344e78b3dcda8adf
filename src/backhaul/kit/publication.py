"""Terms that a house publishes, and each of their fields as it is drawn on the page (`terms_pages.py`)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response

from backhaul.kit import http, i18n, terms_form
from backhaul.kit.database import Tx
from backhaul.kit.days import MOSCOW
from backhaul.kit.i18n import N_
from backhaul.kit.terms import Shelf
from backhaul.kit.terms_form import MOMENT_FORM, Part, Topic

Req = Request[Any, Any, Any]
OTHER = "other"
EMPTY_ROWS = 2


class Publication(msgspec.Struct, frozen=True):
    """Terms of one kind, and how a house draws and publishes them.

    `who` is the visitor if they may publish, else `Refused`; `draw` is the house's `(request, who, template, status, **context)`;
    `publish` takes (tx, document, valid_from, by, why, at, seen), and after the commit `renew` makes the desk read it.
    `touched` tells how many open cases each changed field still decides about, all of them under the empty name.
    """

    kind: str
    path: str
    title: str
    first: Any
    topics: tuple[Topic, ...]
    labels: Mapping[str, str]
    check: Callable[[Any], Iterator[str]]
    decode: Callable[[bytes], Any]
    publish: Callable[[Tx, Any, datetime, Any, str, datetime, str], None]
    who: Callable[[Req], Any]
    draw: Callable[..., Response[Any]]
    known: Callable[[Any], Any]
    renew: Callable[[], None]
    refusals: http.Texts
    shelf: Shelf
    hints: Mapping[str, str] = {}
    key_labels: Mapping[str, Mapping[str, str]] = {}
    unit: Callable[[Any], str] = lambda _: ""
    touched: Callable[[Tx, Any, Any], Mapping[str, int]] | None = None

    def form(self) -> dict[str, Part]:
        """What can be changed: the fields of the topics, and those that no topic names yet."""
        fields = terms_form.parts(type(self.first))
        named = [name for topic in self.all_topics() for name in topic.fields]
        return {name: fields[name] for name in named}

    def all_topics(self) -> list[Topic]:
        """The topics as they are; a field that nobody has sorted stands in the last one."""
        fields = terms_form.parts(type(self.first))
        sorted_in = {name for topic in self.topics for name in topic.fields}
        rest = tuple(name for name in fields if name not in sorted_in and name in self.labels)
        known = [
            msgspec.structs.replace(one, fields=tuple(f for f in one.fields if f in fields)) for one in self.topics
        ]
        return [*known, *([Topic(OTHER, N_("Other"), rest)] if rest else [])]


class Row(msgspec.Struct, frozen=True):
    """A row of a table of the form."""

    number: int
    key: str
    value: str
    was_key: str
    was_value: str
    label: str


class Entry(msgspec.Struct, frozen=True):
    """A field as it is drawn."""

    part: Part
    label: str
    unit: str
    hint: str
    text: str
    was: str
    rows: list[Row]
    changed: bool
    fault: str


def entry(it: Publication, part: Part, terms: Any, typed: dict[str, str], fault: str, language: str) -> Entry:
    """A field with what was typed into it, else with what is in force; a table also with empty rows to add some."""
    drawn = terms_form.spread(part, getattr(terms, part.name))
    sent = terms_form.is_sent(part, typed)
    text, was = typed.get(part.name, drawn.get(part.name, "")), drawn.get(part.name, "")
    rows = []
    if part.is_table:
        texts = terms_form.typed(part, typed) if sent else drawn
        numbers = terms_form.rows_of(part, texts)
        empty = () if part.keys else range(max(numbers, default=-1) + 1, max(numbers, default=-1) + 1 + EMPTY_ROWS)
        for n in (*numbers, *empty):
            key, value = f"{part.name}.{n}.key", f"{part.name}.{n}.value"
            label = key_label(it, part.name, texts.get(key, ""), language)
            rows.append(
                Row(n, texts.get(key, ""), texts.get(value, ""), drawn.get(key, ""), drawn.get(value, ""), label)
            )
    changed = text.replace("\r\n", "\n") != was or any(
        row.key != row.was_key or (row.value != row.was_value and bool(row.key)) for row in rows
    )
    return Entry(
        part, it.labels[part.name], part.unit or it.unit(terms), it.hints.get(part.name, ""), text, was, rows, changed,
        fault,
    )  # fmt: skip


def key_label(it: Publication, name: str, key: str, language: str) -> str:
    """What a key of a table means: a label of the house's, or the name of a country."""
    if key in it.key_labels.get(name, {}):
        return i18n.gettext(language, it.key_labels[name][key])
    return str(i18n.locale(language).territories.get(key, "")) if name.endswith("_by_country") else ""


def shown(part: Part, text: str, language: str) -> str:
    """A value as a reader writes it."""
    if part.kind in {"switch", "switches"}:
        return i18n.gettext(language, terms_form.SHOWN_AS.get(text, text))
    if part.kind == "instant" and text:
        return i18n.moment(datetime.strptime(text, MOMENT_FORM).replace(tzinfo=MOSCOW), language)
    return ", ".join(text.split("\n"))
