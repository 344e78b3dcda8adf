"""What can be wrong with a file of delivered orders: its header, a row, a posting that belongs to somebody else already.

The codes are stable; their sentences are for the operator at the command line, who reads English.
"""

import msgspec

Names = tuple[str, ...]

HINTS = {
    "empty": "the file has no header",
    "other_separator": "the columns are separated by semicolons or tabs; save the file with commas",
}
SENTENCES = {
    "control_character": "There is a character that cannot be printed.",
    "decimal_comma": "Write the decimals after a point, not after a comma.",
    "delivered_before_ordered": "This is before the day of the order.",
    "in_the_future": "This is in the future.",
    "line_repeated": "This line of the posting stands in the file twice.",
    "missing_value": "The cell is empty, but a value is needed.",
    "negative": "This is less than zero.",
    "no_time_zone": "The time zone is missing, for example +03:00.",
    "not_a_date": "This is not a date like 2024-09-30.",
    "not_a_number": "This is not a plain number.",
    "not_a_time": "This is not a time like 2024-09-30T12:00:00+03:00.",
    "not_a_gtin": "This is not a GTIN of 8, 12, 13 or 14 digits with its check digit.",
    "not_an_email": "This is not an e-mail address.",
    "not_csv": "This is not a row of CSV.",
    "not_utf8": "There is a character that is not UTF-8; save the file as UTF-8.",
    "out_of_range": "This is too small or too large.",
    "posting_has_two_customers": "The posting stands in the file with another customer.",
    "posting_has_two_sellers": "The posting stands in the file with another seller.",
    "posting_number_shape": "This is not a posting number like 12345678-0001-1.",
    "posting_of_another_customer": "The posting was imported earlier for another customer.",
    "posting_of_another_seller": "The posting was imported earlier for another seller.",
    "price_rub_differs": "This is not the price times the rate, rounded to the kopeck: leave one of them out.",
    "quote_left_open": "A quotation mark is opened and not closed.",
    "rate_missing": "There is no exchange rate for the day of the order: run import-rates first, or state the rate.",
    "rate_of_rub_is_not_one": "The price is in roubles, so the rate must be 1.",
    "row_too_long": "The row is too long.",
    "seller_has_two_countries": "The seller stands in the file with another country.",
    "seller_of_another_country": "The seller was imported earlier with another country.",
    "too_long": "The text is too long.",
    "too_long_ago": "This is before the year 2000.",
    "too_many_decimals": "There are too many decimals.",
    "unknown_country": "This is not a country code like CN.",
    "unknown_currency": "This currency is not known.",
    "unknown_language": "This language is not one of en, ru, zh, tr.",
    "wrong_number_of_cells": "The row has not as many cells as the header.",
}


class BadRow(msgspec.Struct, frozen=True):
    """One fault of the row that starts on `line` (the header: 1). `column` is empty when the whole row is at fault."""

    line: int
    column: str
    code: str
    value: str


class Conflict(msgspec.Struct, frozen=True):
    """A line, by its place among those handed in, whose posting has another owner or whose seller another country."""

    place: int
    column: str
    code: str


class Imported(msgspec.Struct, frozen=True):
    """What became of lines that were handed in: how many are new, and which were refused; the rest was there already."""

    new: int
    conflicts: list[Conflict]


class BadHeader(ValueError):
    """No row can be read. `hint` is a key of HINTS, or the code of a row that is no CSV, when that is the cause."""

    def __init__(self, missing: Names, unknown: Names = (), duplicate: Names = (), hint: str | None = None) -> None:
        self.missing, self.unknown, self.duplicate, self.hint = missing, unknown, duplicate, hint
        lists = {"missing": missing, "unknown": unknown, "duplicate": duplicate}
        faults = [f"{word}: {', '.join(names[:30])}" for word, names in lists.items() if names]
        why = HINTS.get(hint) or f"the header cannot be read: {SENTENCES[hint]}" if hint else ""
        super().__init__("; ".join([why, *faults] if why else faults))


def told(bad: BadRow) -> str:
    """A fault as the operator reads it."""
    where = f"line {bad.line}, column {bad.column}" if bad.column else f"line {bad.line}"
    return f"{where}: {SENTENCES[bad.code]} Found: {bad.value!r}"
