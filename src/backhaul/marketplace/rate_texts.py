"""The words for what can be wrong with exchange rates."""

from backhaul.kit import i18n
from backhaul.kit.i18n import N_
from backhaul.marketplace import version_texts
from backhaul.marketplace.rules.versions import Fault

FAULTS = {
    "too_many_rates": N_("There are more than {rows_max} rates."),
    "day_unreadable": N_("Row {row}, {column}: “{value}” is no date like 2024-09-30."),
    "not_a_rate_sheet": N_("This XML is no sheet of exchange rates: {reason}."),
    "no_known_currency": N_("The sheet has none of the currencies that orders have."),
    "currency_unknown": N_("Row {row}: {currency} is no currency that orders have."),
    "rate_day_out_of_range": N_("Row {row}: {day} is too early or too far ahead."),
    "nominal_invalid": N_("Row {row}: the rate is for 1, 10, 100 and so on, not for {nominal}."),
    "rate_out_of_range": N_("Row {row}: the rate of {currency} on {day} is too small or too large."),
    "source_invalid": N_("Row {row}: say whose rate it is, in {characters_max} characters at most."),
    "rate_twice": N_("Row {row}: {currency} has two different rates on {day}."),
}


def sentence(fault: Fault, language: str) -> str:
    """A fault in the reader's language."""
    if fault.code in FAULTS:
        return i18n.sentence(language, FAULTS[fault.code], fault.facts)
    return version_texts.sentence(fault, language)
