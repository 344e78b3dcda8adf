"""The words for what can be wrong with a version, and for what differs between two: rate cards and catalogues."""

from collections.abc import Callable
from decimal import Decimal

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.marketplace import texts
from backhaul.marketplace.rules.versions import Fault

FAULTS = {
    # Files
    "file_too_large": N_("The file is larger than {kb_max} KB."),
    "file_empty": N_("The file is empty."),
    "not_utf8": N_("The file is no UTF-8 text: save it as CSV UTF-8."),
    "not_json": N_("This is no JSON: {reason}."),
    "not_a_rate_card": N_("This JSON is no rate card: {reason}."),
    "not_csv": N_("This is no CSV: {reason}."),
    "column_missing": N_("The column {column} is missing."),
    "column_unknown": N_("There is no column {column}."),
    "column_twice": N_("A column stands twice in the header."),
    "row_length": N_("Row {row}: {cells} cells, but there are {columns} columns."),
    # Rows of a rate card
    "too_many_cells": N_("There are more than {cells_max} rows."),
    "class_unknown": N_("Row {row}: “{value}” is no class; proper, improper or seller_fault."),
    "number_invalid": N_("Row {row}, {column}: “{value}” is no number that fits here."),
    "out_of_range": N_("Row {row}, {column}: {value} is out of range."),
    "band_empty": N_("Row {row}, {column}: the band ends at {value}, before it begins."),
    # A rate card as a whole
    "too_few_bands": N_("There is at least one limit of weight and one of price."),
    "too_many_bands": N_("There are more than {bands_max} bands of weight or of price."),
    "gap": N_("Gap: no row covers {class}, weight {weight} g, price {price} RUB."),
    "overlap": N_("Overlap: rows {other} and {row} both cover {class}, weight {weight} g, price {price} RUB."),
    # Catalogues
    "value_invalid": N_("{code}: this entry does not fit: {reason}."),
    "code_invalid": N_("{code}: a code is 3 to 40 small Latin letters, digits and _, and begins with a letter."),
    "code_twice": N_("{code}: this code stands twice."),
    "code_gone": N_("{code}: a published code stays; retire it instead."),
    "meaning_changed": N_("{code}: number, group and defect of a published code stay as they are; make another code."),
    "number_twice": N_("The number {number} stands twice."),
    "number_out_of_range": N_("{code}: a number is from 1 to {number_max}."),
    "name_missing": N_("{code}: the name in {language} is missing."),
    "name_too_long": N_("{code}: the name in {language} is longer than {characters_max} characters."),
    "hint_missing": N_("{code}: the hint in {language} is missing; fill in all languages or none."),
    "hint_too_long": N_("{code}: the hint in {language} is longer than {characters_max} characters."),
    "language_unknown": N_("{code}: names and hints are in en, ru, zh and tr."),
    "photos_out_of_range": N_("{code}: from 0 to {photos_max} photos."),
    "comment_out_of_range": N_("{code}: from 0 to {characters_max} characters."),
    "group_empty": N_("The group “{group}” has no active reason."),
    "nothing_active": N_("No reason is active."),
    "too_many_entries": N_("There are more than {entries_max} reasons."),
}

FIELDS = {
    "place": N_("Place in the list"),
    "number": N_("Number for programs"),
    "group": N_("Group"),
    "is_defect": N_("Counts as a defect"),
    "names": N_("Name"),
    "hints": N_("Hint"),
    "comment_required": N_("A comment is required"),
    "photos_min": N_("Photos, at least"),
    "characters_min": N_("Characters of the comment, at least"),
    "active": N_("Can be chosen"),
}

_WORDS = {"group": texts.REASON_GROUPS, "class": texts.QUALITY_LABELS}


def sentence(fault: Fault, language: str) -> str:
    """A fault in the reader's language; codes of classes and groups by their names."""
    facts: dict[str, object] = {
        name: i18n.gettext(language, _WORDS[name].get(str(value), str(value))) if name in _WORDS else value
        for name, value in fault.facts.items()
    }
    if "language" in facts:
        facts["language"] = i18n.LANGUAGES[str(facts["language"])]
    return i18n.sentence(language, FAULTS[fault.code], facts)


def band(low: int, high: int | None, show: Callable[[int], str], language: str) -> str:
    """A (low, high] band in words; 0 is from the beginning, None is open."""
    if high is None:
        return i18n.sentence(language, N_("more than {low}"), {"low": show(low)})
    return f"{show(low)}–{show(high)}" if low else i18n.sentence(language, N_("up to {high}"), {"high": show(high)})


def weight_band(low_gram: int, high_gram: int | None, language: str) -> str:
    """A band of weights in kilograms, without the unit."""
    return band(low_gram, high_gram, lambda gram: i18n.number(Decimal(gram) / 1000, language), language)


def price_band(low_minor: int, high_minor: int | None, language: str) -> str:
    """A band of prices in roubles, without the unit."""
    return band(low_minor, high_minor, lambda minor: i18n.number(Decimal(minor) / 100, language), language)
