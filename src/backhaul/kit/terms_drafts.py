"""What was typed into the form of one version, carried over to a form of another that somebody published meanwhile."""

from collections.abc import Mapping
from typing import Any

from backhaul.kit.terms_form import Part, is_sent, rows_of, spread, typed


def carried_over(form: Mapping[str, Part], values: Mapping[str, str], drawn: Any, current: Any) -> dict[str, str]:
    """The texts of a form of `current`: what was changed in that of `drawn`, all else as it is now, row by row of a table."""
    kept = dict(values)
    for name, part in form.items():
        was, now = spread(part, getattr(drawn, name)), spread(part, getattr(current, name))
        if was == now or not is_sent(part, values):
            continue
        texts = typed(part, values)
        kept = {one: text for one, text in kept.items() if one != name and not one.startswith(f"{name}.")}
        if texts != was:
            kept |= _rows(part, texts, was, now) if part.is_table else texts
    return kept


def _rows(part: Part, texts: Mapping[str, str], was: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """The rows that were typed or changed, and those that are in force now; a row that lost its key is not drawn again."""
    before, after = (dict(_pairs(part, one)) for one in (was, now))
    rows = []
    for n in rows_of(part, texts):
        key, value = texts[f"{part.name}.{n}.key"], texts[f"{part.name}.{n}.value"]
        is_as_drawn = key in before and value == before[key]
        if (not key and was.get(f"{part.name}.{n}.key")) or (is_as_drawn and key not in after):
            continue
        rows.append((key, after[key] if is_as_drawn else value))
    stands = {key for key, _ in rows} | before.keys()
    rows += [(key, value) for key, value in after.items() if key not in stands]
    return {
        f"{part.name}.{n}.{end}": text
        for n, row in enumerate(rows)
        for end, text in zip(("key", "value"), row, strict=True)
    }


def _pairs(part: Part, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(texts[f"{part.name}.{n}.key"], texts[f"{part.name}.{n}.value"]) for n in rows_of(part, texts)]
