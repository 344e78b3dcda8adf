"""What can be wrong with a file of delivered orders: its header, a row, a posting that belongs to somebody else already.

The codes are stable. At the command line their sentences are English, in the result of an import in the words of who asked.
"""

import msgspec

from backhaul.kit.i18n import N_

Names = tuple[str, ...]

HINTS = {
    "empty": "the file has no header",
    "not_utf8": "this is not a text in UTF-8; save the file as CSV in UTF-8",
    "semicolons": "the columns are separated by semicolons; save the file with commas",
    "tabs": "the columns are separated by tabs; save the file with commas",
}
SENTENCES = {
    "control_character": N_("There is a character that cannot be printed."),
    "decimal_comma": N_("Write the decimals after a point, not after a comma."),
    "delivered_before_ordered": N_("This is before the day of the order."),
    "in_the_future": N_("This is in the future."),
    "line_repeated": N_("This line of the posting stands in the file twice."),
    "missing_value": N_("The cell is empty, but a value is needed."),
    "negative": N_("This is less than zero."),
    "no_time_zone": N_("The time zone is missing, for example +03:00."),
    "not_a_date": N_("This is not a date like 2024-09-30."),
    "not_a_number": N_("This is not a plain number."),
    "not_a_time": N_("This is not a time like 2024-09-30T12:00:00+03:00."),
    "not_a_gtin": N_("This is not a GTIN of 8, 12, 13 or 14 digits with its check digit."),
    "not_an_email": N_("This is not an e-mail address."),
    "not_csv": N_("This is not a row of CSV."),
    "not_utf8": N_("There is a character that is not UTF-8; save the file as UTF-8."),
    "out_of_range": N_("This is too small or too large."),
    "posting_has_two_customers": N_("The posting stands in the file with another customer."),
    "posting_has_two_sellers": N_("The posting stands in the file with another seller."),
    "posting_number_shape": N_("This is not a posting number like 12345678-0001-1."),
    "posting_of_another_customer": N_("The posting was imported earlier for another customer."),
    "posting_of_another_seller": N_("The posting was imported earlier for another seller."),
    "price_rub_differs": N_("This is not the price times the rate, rounded to the kopeck: leave one of them out."),
    "quote_left_open": N_("A quotation mark is opened and not closed."),
    "rate_missing": N_(
        "There is no exchange rate for the day of the order: hand in the rates first, or state the rate."
    ),
    "rate_of_rub_is_not_one": N_("The price is in roubles, so the rate must be 1."),
    "row_too_long": N_("The row is too long."),
    "seller_has_two_countries": N_("The seller stands in the file with another country."),
    "seller_of_another_country": N_("The seller was imported earlier with another country."),
    "too_long": N_("The text is too long."),
    "too_long_ago": N_("This is before the year 2000."),
    "too_many_decimals": N_("There are too many decimals."),
    "unknown_country": N_("This is not a country code like CN."),
    "unknown_currency": N_("This currency is not known."),
    "unknown_language": N_("This language is not one of en, ru, zh, tr."),
    "wrong_number_of_cells": N_("The row has not as many cells as the header."),
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

    @property
    def rule(self) -> str:
        """Which sentence says it to people (`texts.REFUSALS`): what caused it, or which columns are otherwise."""
        if self.hint:
            return self.hint if self.hint in HINTS else "no_row"
        if self.duplicate:
            return "duplicate"
        return "_and_".join(word for word in ("missing", "unknown") if getattr(self, word))

    def facts(self) -> dict[str, str]:
        """What a refusal says of it: its rule, and the columns where there is no other cause."""
        lists = {} if self.hint else {"missing": self.missing, "unknown": self.unknown, "duplicate": self.duplicate}
        return {"rule": self.rule, **{word: ", ".join(names[:30]) for word, names in lists.items() if names}}


def told(bad: BadRow) -> str:
    """A fault as the operator reads it."""
    where = f"line {bad.line}, column {bad.column}" if bad.column else f"line {bad.line}"
    return f"{where}: {SENTENCES[bad.code]} Found: {bad.value!r}"
